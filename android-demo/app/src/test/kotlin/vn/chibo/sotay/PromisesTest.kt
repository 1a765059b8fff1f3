package vn.chibo.sotay

import android.view.View
import android.view.ViewGroup
import android.view.WindowManager
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import vn.chibo.sotay.screens.SCREENS
import vn.chibo.sotay.ui.Entry

/** What holds of every screen alike, whichever is added later. */
class PromisesTest : AppTest() {
    private fun entries(view: View): List<Entry> =
        when {
            view is Entry -> if (view.isShown) listOf(view) else listOf()
            view is ViewGroup -> (0 until view.childCount).flatMap { entries(view.getChildAt(it)) }
            else -> listOf()
        }

    private fun Hand.entries() = entries(activity.window.decorView)

    /** Types into each field of the screen in turn and has the process die before the field is left. */
    private fun Hand.losesNothing(vararg except: String) {
        val code = screen()
        val labels = entries().map { (it.getChildAt(0) as android.widget.TextView).text.toString() }
        assertTrue("$code has fields", labels.isNotEmpty())
        // Words that few fields take as they are: what a field refuses is no less typed.
        for ((n, label) in labels.withIndex().filter { (_, l) -> except.none { it in l } }) {
            val typed = "chữ $n"
            entries()[n].edit.apply {
                requestFocus()
                setText(typed)
            }
            dieAndComeBack().pin()
            assertEquals(code, screen())
            assertEquals("“$label” of $code", typed, entries()[n].typed)
        }
    }

    @Test
    fun `what was typed is on its form again after the process died, whatever it is and whether the field takes it or not`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Nguyễn Thị Ấm").tap("Sửa phần này")
        hand.losesNothing()
        hand.back().tap("Ghi thêm giấy tờ").tap("Quyết định").losesNothing()
        hand.go("M16").losesNothing()
        hand.go("M91").tap("Vũ Đình Hòa").losesNothing()
        hand.tap("1. Chỗ ở").losesNothing()
        hand.go("M60").tap("Tôi giao sổ").losesNothing()
        hand.go("M25").tap("Trần Đức An").tap("Quyết định kết nạp").losesNothing()
        hand.go("M11").tap("Ngô Bá Mạnh").tap("Làm hồ sơ chuyển").tap("Đi xa thì").losesNothing()
        hand.tap("Chuyển sinh hoạt đi").tap("Bắt đầu làm thủ tục").tap("Ghi thêm mục khác").losesNothing()
        hand.go("M11").tap("Trần Đức An").tap("Ghi về người này").tap("Ngày sinh").losesNothing()
        hand.go("M90").tap("Ngày sinh").losesNothing()
    }

    @Test
    fun `what a field does not take stays as it was typed, with the reason, when one comes back to it`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Vũ Đình Hòa").tap("Sửa phần này")
        hand.type("Ngày sinh", "hôm kia").mustSee("Chưa phải ngày tháng")
        hand.dieAndComeBack().pin().mustSee("Chưa phải ngày tháng")
        assertEquals("hôm kia", hand.entry("Ngày sinh").typed)
        hand.tap("Hoàn lại phần chưa gửi").mustNotSee("Chưa phải ngày tháng")
        hand.type("Ngày sinh", "hôm kia").type("Ngày sinh", "9/9/1996").mustSee("Đã ghi rồi")
        hand.dieAndComeBack().pin().mustNotSee("Chưa phải ngày tháng")
        assertEquals("09/09/1996", hand.entry("Ngày sinh").typed)
    }

    @Test
    fun `every screen has a code, a title and a help in both languages, and none can be pictured by the system`() {
        val hand = secretary()
        for ((code, make) in SCREENS) {
            assertTrue(code, Regex("M\\d\\d").matches(code))
            val screen = make(hand.host, vn.chibo.sotay.screens.Route(code))
            for (words in listOf(screen.title, screen.help)) {
                assertTrue("$code: ${words.vi}", words.vi.length > 3)
                assertTrue("$code: ${words.en}", words.en.length > 3)
                assertNotEquals(code, words.vi, words.en)
            }
            // One window for all of them: what it forbids is forbidden on each.
            val flags = hand.activity.window.attributes.flags
            assertNotEquals(0, flags and WindowManager.LayoutParams.FLAG_SECURE)
        }
    }

    @Test
    fun `without a network no screen is a dead end`() {
        val office = Office().serve()
        World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
        office.close()
        val hand = Hand().pin()
        val phone = app.desk.phone!!
        val member = phone.list(vn.chibo.ListQuery("member", "an", null, 0u, 1u)).single().place
        val doc = phone.record(member).documents.first { it.at.kind == "member" }.at.doc
        val case = phone.beginCase(member, "transfer", null, emptyList()).at.doc
        val about =
            mapOf(
                "M13" to listOf(member, "member"),
                "M14" to listOf(doc),
                "M15" to listOf(doc),
                "M28" to listOf("roll"),
                "M31" to listOf("2026-11-28"),
                "M51" to listOf(case),
                "M53" to listOf(case),
                "M54" to listOf(doc),
            )
        for (code in SCREENS.keys - "M01") {
            hand.go("M10").go(code, *(about[code] ?: listOf(member)).toTypedArray())
            hand.mustNotSee("Thử lại", "Không liên lạc được")
            hand.tap("Trở lại")
        }
    }

    @Test
    fun `every kind of document that a secretary writes is drawn as a form from its description alone`() {
        val hand = secretary()
        val phone = app.desk.phone!!
        val member = phone.list(vn.chibo.ListQuery("member", "an", null, 0u, 1u)).single().place
        var forms = 0
        for (kind in vn.chibo.kinds().filter { it.name in phone.writes() && !it.isCase }) {
            val key = if ("remark" in kind.name || "supplement" in kind.name) "2026" else "2026-11-28"
            val at =
                try {
                    phone.newDocument(member, kind.name, key)
                } catch (_: vn.chibo.ChiboException) {
                    continue
                }
            forms += 1
            hand.go("M13", at.place, at.kind, at.doc).mustNotSee("Thử lại").mustSee(kind.label.vi)
            for (field in kind.fields.filter { it.holds == vn.chibo.ValueType.NAME || it.holds == vn.chibo.ValueType.PROSE })
                if (field.name !in setOf("recorded_by")) hand.mustSee(field.label.vi)
        }
        assertTrue("of $forms kinds", forms >= 8)
    }

    @Test
    fun `the system's job waits for a network, does not roam unless that was allowed, and tries again more and more seldom`() {
        val hand = secretary()
        val scheduler = app.getSystemService(android.app.job.JobScheduler::class.java)
        fun planned(): android.app.job.JobInfo {
            vn.chibo.sotay.work.SyncJob.plan(app)
            return scheduler.allPendingJobs.single()
        }
        val usual = planned()
        assertEquals(android.app.job.JobInfo.NETWORK_TYPE_NOT_ROAMING, usual.networkType)
        assertEquals(android.app.job.JobInfo.BACKOFF_POLICY_EXPONENTIAL, usual.backoffPolicy)
        assertTrue(usual.initialBackoffMillis >= 60_000 && usual.isPersisted)
        hand.tap("Cài đặt").tap("Khi dùng sóng của mạng khác (chuyển vùng): Không gửi").tap("Vẫn gửi")
        assertEquals(android.app.job.JobInfo.NETWORK_TYPE_ANY, planned().networkType)
    }

    private val sources =
        listOf("app/src/main", "src/main").map(::File).first { it.exists() }
            .walk().filter { it.extension == "kt" }.toList()

    @Test
    fun `nothing is said in a log, nothing needs a gesture, and no other window opens`() {
        assertTrue(sources.size > 50)
        val banned =
            mapOf(
                "a log" to Regex("""\bLog\.|println\(|printStackTrace|System\.(out|err)"""),
                "a gesture" to Regex("OnLongClick|OnTouchListener|GestureDetector|onTouchEvent|OnDrag|onFling"),
                // Their windows would not be secret by themselves.
                "a window of its own" to Regex("""\bDialog\b|AlertDialog|PopupWindow|Toast|Spinner\b"""),
                "a clipboard" to Regex("ClipboardManager|setPrimaryClip"),
            )
        for (source in sources) for ((what, words) in banned) {
            val found = words.find(source.readText())
            assertEquals("$what in ${source.name}", null, found?.value)
        }
    }
}
