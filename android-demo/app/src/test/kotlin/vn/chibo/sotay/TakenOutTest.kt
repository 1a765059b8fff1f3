package vn.chibo.sotay

import android.content.Intent
import android.net.Uri
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf
import org.robolectric.shadows.ShadowLooper
import vn.chibo.sotay.work.Outgoing
import vn.chibo.sotay.work.Squares

/** What leaves the phone in somebody's hand, and where what stands on it comes from. */
class TakenOutTest : AppTest() {
    private val words = "tre lang giong dau xanh"

    /** The system's chooser gives the place that somebody chose for a file. */
    private fun Hand.chose(type: String, into: File) = apply {
        val asked = shadowOf(activity).nextStartedActivityForResult
        assertEquals(Intent.ACTION_CREATE_DOCUMENT, asked.intent.action)
        assertEquals(type, asked.intent.type)
        val name = asked.intent.getStringExtra(Intent.EXTRA_TITLE)!!
        assertFalse("no name in a file's name: $name", "an" in name || "tran" in name)
        host.given(asked.requestCode, Intent().setData(Uri.fromFile(into)))
        still()
    }

    @Test
    fun `what is recorded about a person is saved to print where somebody chooses, and they see that it was`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Ghi về người này")
        hand.tap("In, lưu ra tệp")
        assertEquals("M73", hand.screen())
        hand.mustSee("không niêm phong", "được ghi lại").shot("M73-take-out")
        val page = File.createTempFile("page", ".html").apply { writeText("what stood there before ".repeat(9_000)) }
        hand.tap("Lưu trang để in").chose("text/html", page).mustSee("Đã lưu")
        val html = page.readText()
        assertTrue(html.startsWith("<!doctype html><html lang=\"vi\">") && html.endsWith("</html>"))
        assertTrue("Trần Đức An" in html)
        assertEquals("no copy of it is left in the app", 0, Outgoing.folder(app).listFiles()!!.size)
        hand.dieAndComeBack().pin().tap("Mở trang vừa lưu để in")
        val view = shadowOf(hand.activity).nextStartedActivity
        assertEquals(Intent.ACTION_VIEW to Uri.fromFile(page), view.action to view.data)
        val json = File.createTempFile("page", ".json")
        hand.tap("Lưu cho máy tính đọc").chose("application/json", json).mustSee("Đã lưu")
        assertTrue(json.readText().startsWith("{") && "\"records\"" in json.readText())
        hand.back().tap("Ai đã xem")
        hand.mustSee("In", "Xuất")
        // Where no app chooses files, or the place is gone, it is said.
        hand.back().tap("In, lưu ra tệp").tap("Lưu trang để in")
        hand.host.given(1, Intent().setData(Uri.fromFile(File("/nowhere/page.html"))))
        hand.still()
        hand.mustSee("Không đọc hoặc ghi được tệp này")
    }

    @Test
    fun `a member takes out what is recorded about herself`() {
        val hand = member().tap("Ghi gì về tôi").tap("In, lưu ra tệp").mustNotSee("được ghi lại")
        hand.shot("M73-own")
        val page = File.createTempFile("page", ".html")
        hand.tap("Lưu trang để in").chose("text/html", page).mustSee("Đã lưu")
        assertTrue("Lê Thị Duyên" in page.readText())
        hand.back().tap("Ai đã xem").mustSee("Chưa có ai khác xem")
    }

    @Test
    fun `a book comes back from its copy on a phone that has none, with what was not sent`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Sửa phần này")
        hand.type("Bí danh", "Ba").tap("Xong").go("M80").tap("Bản sao của sổ")
        assertEquals("M85", hand.screen())
        hand.shot("M85-copy").type("Mật khẩu, ít nhất", "ngắn").tap("Làm bản sao").mustSee("Cần ít nhất 12 ký tự")
        hand.type("Mật khẩu, ít nhất", words).type("Gõ lại mật khẩu", "khác hẳn đi").tap("Làm bản sao")
        hand.mustSee("Hai lần gõ không giống nhau").type("Gõ lại mật khẩu", words).tap("Làm bản sao")
        hand.mustSee("đã mở thử: còn nguyên").picture("M85-done")
        assertTrue("the words are nowhere in what is remembered", hand.host.saved().none { "giong" in it })
        val send = shadowOf(hand.activity).nextStartedActivity
        @Suppress("DEPRECATION") val file = send.getParcelableExtra<Intent>(Intent.EXTRA_INTENT)!!
        @Suppress("DEPRECATION") val uri = file.getParcelableExtra<Uri>(Intent.EXTRA_STREAM)!!
        val copy = File.createTempFile("copy", ".chibo")
        File(Outgoing.folder(app), uri.lastPathSegment!!).copyTo(copy, overwrite = true)
        assertFalse("nothing is read in it", "Trần Đức An" in copy.readText())

        // The phone breaks.
        hand.go("M80").tap("Khóa ứng dụng")
        app.desk.folder(0).deleteRecursively()
        val other = Hand().tap("Máy cũ hỏng, còn bản sao")
        assertEquals("M04", other.screen())
        other.mustSee("một sổ chỉ ở một máy").shot("M04-from-a-copy").tap("Chọn tệp bản sao")
        other.host.given(1, Intent().setData(Uri.fromFile(copy)))
        other.still()
        other.dieAndComeBack()
        assertEquals("the file is remembered", "M04", other.screen())
        other.shot("M04-words").type("Mật khẩu của bản sao", "mot mat khau khac").tap("Tiếp tục")
        other.pin("864200", "Tiếp tục").pin("864200", "Tiếp tục").mustSee("Mật khẩu không đúng")
        assertEquals(emptyList<Int>(), app.desk.people())
        other.type("Mật khẩu của bản sao", words).tap("Tiếp tục").pin("123", "Tiếp tục").mustSee("ít nhất 6 số")
        other.pin("864200", "Tiếp tục").pin("864201", "Tiếp tục").mustSee("không giống nhau").picture("M04-pin")
        other.pin("864200", "Tiếp tục").pin("864200", "Tiếp tục")
        assertEquals("M10", other.screen())
        other.mustSee("chưa gửi").tap("Danh sách đảng viên").tap("Trần Đức An").mustSee("Ba")
        other.go("M80").tap("Khóa ứng dụng").pin(PIN).mustSee("Sai mã PIN").pin("864200")
        assertEquals("M10", other.screen())
    }

    @Test
    fun `what is no copy makes no book, and says so`() {
        val junk = File.createTempFile("junk", ".chibo").apply { writeText("nothing of ours") }
        val hand = Hand().tap("Máy cũ hỏng, còn bản sao")
        hand.host.given(1, Intent().setData(Uri.fromFile(junk)))
        hand.still()
        hand.type("Mật khẩu của bản sao", words).tap("Tiếp tục")
        hand.pin("864200", "Tiếp tục").pin("864200", "Tiếp tục").mustSee("Đây không phải tệp của sổ")
        assertEquals(emptyList<Int>(), app.desk.people())
        hand.tap("Chọn tệp khác").mustSee("Chọn tệp bản sao").back()
        assertEquals("M01", hand.screen())
    }

    @Test
    fun `who really wrote a record is checked by their signatures, and without the office it is said`() {
        Office().serve().use { office ->
            World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
            val hand = Hand().pin().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Sửa phần này")
            hand.type("Bí danh", "Ba").tap("Xong").go("M20").tap("Gửi ngay").mustSee("Đã khớp").back()
            hand.tap("Ai sửa gì, lúc nào").tap("Kiểm chữ ký người ghi")
            assertEquals("M54", hand.screen())
            hand.tap("Hỏi văn phòng và kiểm").mustSee("2 lần ghi có chữ ký của 2 người ghi", "Đinh Văn Quang", "Văn phòng, hoặc", "chữ ký đúng")
            hand.picture("M54-proven")
            office.kill()
            hand.shot("M54-signatures").tap("Hỏi văn phòng và kiểm").mustSee("Không liên lạc được")
        }
    }

    @Test
    fun `what of a lost phone's work is missing here is said, also that nothing is`() {
        val hand = secretary().tap("Bàn giao cho người mới").tap("Việc còn thiếu ở máy này")
        assertEquals("M62", hand.screen())
        hand.mustSee("không thiếu lần ghi nào", "không máy nào biết được").shot("M62-missing")
    }

    @Test
    fun `the roll of another day and discipline from paper are lists as the others`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Sửa phần này")
        hand.tap("Tình trạng: Chính thức").tap("Từ trần").type("Tình trạng từ ngày", "1/3/2026").tap("Xong")
        hand.go("M27").tap("Danh sách đảng viên theo ngày").mustSee("Đang sinh hoạt: 11; không còn: 1")
        hand.type("Tính đến ngày", "28/2/2026").mustSee("Đang sinh hoạt: 12; không còn: 0").shot("M28-roll")
        hand.type("Tính đến ngày", "hôm kia").mustSee("Chưa phải ngày tháng", "Đang sinh hoạt: 12")
        hand.dieAndComeBack().pin().mustSee("Đang sinh hoạt: 12").tap("Tính đến hôm nay")
        hand.mustSee("Đang sinh hoạt: 11; không còn: 1", "Không còn sinh hoạt ở đây")
        hand.go("M27").tap("Kỷ luật").mustSee("Không có quyết định kỷ luật").shot("M28-discipline")
    }

    @Test
    fun `a ticket that is shown is the one that was made, drawn again, turned, or after the process died`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Lê Thị Duyên").tap("Phiếu cho người này")
        hand.tap("Hiện ô vuông").mustSee("Dùng được đến ngày").shot("M44-ticket")
        fun shown() = Squares.text(hand.image("Ô vuông của phiếu"))!!
        val made = shown()
        assertTrue("no ticket in what the system keeps", hand.host.saved().none { "chibo1" in it.lowercase() })
        hand.host.redraw()
        hand.still()
        assertEquals("drawn again", made, shown())
        hand.controller.recreate()
        hand.still()
        assertEquals("turned", made, shown())
        hand.dieAndComeBack().pin()
        assertEquals("M44", hand.screen())
        assertEquals("after the process died", made, shown())
        hand.back().tap("Phiếu cho người này").tap("Hiện ô vuông")
        assertEquals("on another day", made, shown())
        hand.tap("làm phiếu khác").mustSee("Đây là phiếu khác")
        assertNotEquals(made, shown())
    }

    @Test
    fun `a ticket of minutes says how many are left, and when they are over it says so and makes none by itself`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Lê Thị Duyên").tap("Phiếu cho người này")
        hand.tap("Người đó ở ngay đây").mustSee("Còn dùng được 15 phút").shot("M44-minutes")
        val made = Squares.text(hand.image("Ô vuông của phiếu"))!!
        app.ahead = 9 * 60 + 30
        ShadowLooper.idleMainLooper(11, java.util.concurrent.TimeUnit.SECONDS)
        hand.still()
        hand.mustSee("Còn dùng được 6 phút")
        app.ahead = 15 * 60 + 1
        ShadowLooper.idleMainLooper(11, java.util.concurrent.TimeUnit.SECONDS)
        hand.still()
        hand.mustSee("đã dùng rồi hoặc đã hết hạn").mustNotSee("Còn dùng được").shot("M44-over")
        hand.dieAndComeBack().pin().mustSee("đã hết hạn").tap("Làm phiếu mới").tap("Người đó ở ngay đây")
        hand.mustSee("Còn dùng được 15 phút")
        assertNotEquals(made, Squares.text(hand.image("Ô vuông của phiếu"))!!)
    }

    @Test
    fun `at Tết a word by telephone or from her own phone says where she is, and not that she was met`() {
        val hand = secretary().tap("Tết: người").mustSee("Còn 2 người chưa gặp, đã gặp 0").tap("Lê Thị Duyên")
        hand.tap("1. Chỗ ở").type("Việc được giao", "Gặp thanh niên").tap("Báo bằng cách nào: Chưa chọn")
        hand.tap("Qua điện thoại").tap("Ghi lại").mustSee("Đã ghi").tap("Trở lại")
        hand.mustSee("Còn 2 người chưa gặp, đã gặp 0").tap("Lê Thị Duyên").tap("Đã gặp, về danh sách")
        hand.mustSee("Còn 1 người chưa gặp, đã gặp 1")
    }

    @Test
    fun `at Tết with nobody away the list says why it is empty`() {
        val hand = Hand().tap("Chạy thử, không cần phiếu")
        val phone = app.desk.phone!!
        for (row in phone.away(null)) {
            val member = phone.record(row.member).documents.first { it.at.kind == "member" }
            for (field in member.fields.filter { it.value != null && it.field.startsWith("away") })
                phone.edit(member.at, listOf(vn.chibo.FieldEdit(field.path, "")))
        }
        if (phone.away(null).isEmpty()) hand.tap("Tết: người").mustSee("Chưa ghi ai đi xa").shot("M91-empty")
        else throw AssertionError("still away: ${phone.away(null)}")
    }

    @Test
    fun `a deadline that belongs to a case opens the case, any other the person's record`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Ghi về người này")
        hand.tap("Ngày sinh").type("Đúng ra là thế nào", "Tôi sinh năm 1972").tap("Gửi ý kiến")
        hand.go("M17").tap("Trần Đức An")
        assertEquals("M51", hand.screen())
        hand.mustSee("Tôi sinh năm 1972")
    }

    @Test
    fun `at Tết who was met goes to the end of the list, also who has nothing new, and stays there`() {
        val hand = secretary().go("M91").mustSee("Còn 2 người chưa gặp, đã gặp 0")
        hand.tap("Vũ Đình Hòa").type("Số điện thoại", "0912345678").mustSee("Đã lưu")
        hand.back().mustSee("Còn 2 người chưa gặp")
        hand.tap("Vũ Đình Hòa").tap("Đã gặp, về danh sách")
        assertEquals("M91", hand.screen())
        hand.mustSee("Còn 1 người chưa gặp, đã gặp 1").shot("M91-met")
        hand.dieAndComeBack().pin()
        assertEquals("M91", hand.screen())
        hand.mustSee("Còn 1 người chưa gặp, đã gặp 1")
        val rows = hand.texts().filter { it == "Vũ Đình Hòa" || it == "Lê Thị Duyên" }
        assertEquals(listOf("Lê Thị Duyên", "Vũ Đình Hòa"), rows)
        // Who says where they are is met by that; pressing the button then writes nothing over it.
        hand.tap("Lê Thị Duyên").tap("1. Chỗ ở").entry("Đang ở xã").edit.setText("di an")
        hand.still()
        hand.tap("Phường Dĩ An").type("Việc được giao", "Gặp thanh niên").tap("Ghi lại").mustSee("Đã ghi")
        hand.tap("Đã gặp, về danh sách").mustSee("Còn 0 người chưa gặp, đã gặp 2")
        hand.tap("Lê Thị Duyên").tap("Mở cả hồ sơ").mustSee("Báo nơi ở")
        assertEquals("one word of one day", 1, hand.texts().count { it == "Báo nơi ở" })
    }
}
