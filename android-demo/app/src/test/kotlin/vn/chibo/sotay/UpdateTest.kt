package vn.chibo.sotay

import android.content.Intent
import android.net.Uri
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import vn.chibo.sotay.work.Outgoing
import vn.chibo.sotay.work.Packaged
import vn.chibo.sotay.work.Packages
import vn.chibo.sotay.work.SystemPackages
import vn.chibo.sotay.work.Updates
import vn.chibo.sotay.work.Verdict
import vn.chibo.sotay.work.judge

private val OWN = Packaged("vn.chibo.sotay", 5, "0.5", setOf("maker"))
private val NEWER = OWN.copy(version = 6, versionName = "0.6")

/** A system that says of every file the same. */
private class Said(private val found: Packaged?, private val mine: File? = null) : Packages {
    override fun own() = OWN

    override fun inFile(file: File) = found.takeIf { file.exists() }

    override fun ownFile() = mine
}

class UpdateTest : AppTest() {
    private fun file(name: String, bytes: ByteArray) =
        File(app.cacheDir, name).apply { writeBytes(bytes) }

    private val package_ = "PK\u0003\u0004".toByteArray() + ByteArray(700_000) { (it / 3).toByte() }

    private fun Hand.choose(file: File) = apply {
        host.given(1, Intent().setData(Uri.fromFile(file)))
        still()
    }

    private fun started(hand: Hand): Intent? = shadowOf(hand.activity).nextStartedActivity

    @Test
    fun `only this very app, by the same signer, and newer, may take its place`() {
        fun of(other: Packaged?) = judge(OWN, other)
        assertEquals(Verdict.NEWER, of(NEWER))
        assertEquals(Verdict.SAME, of(OWN))
        assertEquals(Verdict.OLDER, of(OWN.copy(version = 4)))
        assertEquals(Verdict.NO_PACKAGE, of(null))
        assertEquals(Verdict.ANOTHER_APP, of(NEWER.copy(name = "vn.chibo.sotay2")))
        val strangers =
            listOf(
                NEWER.copy(signers = setOf("stranger")),
                NEWER.copy(signers = setOf()),
                NEWER.copy(signers = setOf("maker", "stranger")),
                NEWER.copy(signers = setOf("stranger"), before = setOf("another")),
                NEWER.copy(signers = setOf("a", "b"), before = setOf("maker")),
            )
        for (bad in strangers) assertEquals("$bad", Verdict.ANOTHER_SIGNER, of(bad))
        // Its maker has a new key, and the old one vouches for it; not the other way round.
        val after = NEWER.copy(signers = setOf("new key"), before = setOf("maker", "new key"))
        assertEquals(Verdict.NEWER, of(after))
        assertEquals(Verdict.ANOTHER_SIGNER, judge(after, OWN.copy(version = 9)))
        assertEquals(Verdict.ANOTHER_SIGNER, judge(OWN.copy(signers = setOf()), NEWER))
    }

    @Test
    fun `a newer version from the office is told by its size, fetched, checked and handed to the installer`() {
        val offered = file("office.apk", package_)
        Office().serve("--app", offered.path).use { office ->
            World.phone(office.ticket()).copyRecursively(app.desk.folder(0))
            app.packages = Said(NEWER)
            val hand = Hand().pin().tap("Cài đặt").tap("Cập nhật")
            assertEquals("M83", hand.screen())
            hand
                .mustSee("Bản đang dùng: 0.5")
                .shot("M83-update")
                .tap("Hỏi văn phòng")
                .mustSee("700 KB. Tải qua mạng nào?", "mạng")
                .shot("M83-offered")
            hand
                .tap("Tải bây giờ, 700 KB")
                .mustSee("Bản mới 0.6 đã kiểm tra", "sổ trên máy vẫn còn nguyên")
                .shot("M83-ready")
            assertTrue(Updates.fromNode(app).readBytes().contentEquals(package_))
            // What was found outlives the process.
            hand.dieAndComeBack().mustSee("Bản mới 0.6").tap("Cài đặt bản mới")
            val install = started(hand)!!
            assertEquals(Intent.ACTION_VIEW, install.action)
            assertEquals(Updates.TYPE, install.type)
            assertTrue(install.flags and Intent.FLAG_GRANT_READ_URI_PERMISSION != 0)
            val given = File(Outgoing.folder(app), install.data!!.lastPathSegment!!)
            assertTrue(given.readBytes().contentEquals(package_))
        }
    }

    @Test
    fun `a line that breaks is said, and no half of a package is there`() {
        val offered = file("office.apk", package_)
        app.packages = Said(NEWER)
        Office().serve("--app", offered.path).use { office ->
            World.phone(office.ticket()).copyRecursively(app.desk.folder(0))
            val hand = Hand().pin().go("M83").tap("Hỏi văn phòng")
            office.kill()
            hand.tap("Tải bây giờ").mustSee("Không liên lạc được", "Hỏi văn phòng")
            assertFalse(Updates.fromNode(app).exists())
        }
    }

    @Test
    fun `an office without a package says so, and another way is named`() {
        Office().serve().use { office ->
            World.phone(office.ticket()).copyRecursively(app.desk.folder(0))
            val hand = Hand().pin().go("M83").tap("Hỏi văn phòng")
            hand.mustSee("Văn phòng chưa có bản cài đặt nào").tap("Chọn tệp cài đặt")
            assertEquals(Intent.ACTION_OPEN_DOCUMENT, started(hand)!!.action)
        }
    }

    @Test
    fun `a file that is no package is refused by the system itself, whatever is in it`() {
        val hand = secretary().go("M83")
        assertTrue(app.packages is SystemPackages)
        val bad =
            listOf(
                file("anh.jpg", ByteArray(5000) { it.toByte() }),
                file("giả.apk", package_),
                file("rỗng.apk", ByteArray(0)),
                File(app.cacheDir, "nowhere.apk"),
                File(app.filesDir, "stores"),
            )
        for (file in bad) {
            hand.choose(file).mustSee("không phải bản cài đặt, hoặc đã hỏng")
            hand.mustNotSee("Cài đặt bản mới")
            assertFalse(Updates.chosen(app).exists())
        }
        assertNull(started(hand))
    }

    @Test
    fun `what is another's, older or here already is refused in words, and nothing of it stays`() {
        val hand = secretary().go("M83")
        val chosen = file("chosen-by-hand.apk", package_)
        val refusals =
            listOf(
                NEWER.copy(name = "com.other") to "ứng dụng khác",
                NEWER.copy(signers = setOf("stranger")) to "có thể là giả",
                OWN.copy(version = 4) to "bản cũ hơn",
                OWN to "đang dùng đúng bản này",
            )
        for ((found, words) in refusals) {
            app.packages = Said(found)
            hand.choose(chosen).mustSee(words).mustNotSee("Cài đặt bản mới")
            assertFalse(Updates.chosen(app).exists())
        }
        assertNull(started(hand))
        app.packages = Said(NEWER)
        hand.choose(chosen).mustSee("Bản mới 0.6")
        // The file becomes another's before it is handed on.
        app.packages = Said(NEWER.copy(signers = setOf("stranger")))
        hand.tap("Cài đặt bản mới").mustSee("Xin lấy lại")
        assertNull(started(hand))
    }

    @Test
    fun `the app itself goes to another phone, and nothing else does`() {
        val mine = file("base.apk", package_)
        app.packages = Said(null, mine)
        val hand = secretary().go("M83").tap("Đưa máy khác")
        @Suppress("DEPRECATION")
        val send = started(hand)!!.getParcelableExtra<Intent>(Intent.EXTRA_INTENT)!!
        assertEquals(Updates.TYPE, send.type)
        @Suppress("DEPRECATION") val uri = send.getParcelableExtra<Uri>(Intent.EXTRA_STREAM)!!
        val provider = Robolectric.buildContentProvider(Outgoing::class.java)
        assertEquals(Updates.TYPE, provider.create("vn.chibo.sotay.outgoing").get().getType(uri))
        assertEquals(listOf("so-tay.apk"), Outgoing.folder(app).list()!!.toList())
        assertTrue(mine.readBytes().contentEquals(package_))
        // Installed in pieces, or gone: said, and no half of it is given.
        app.packages = Said(null)
        hand.tap("Đưa máy khác").mustSee("không đưa đi được")
        app.packages = Said(null, File("/nowhere.apk"))
        hand.tap("Đưa máy khác")
        assertNull(started(hand))
    }

    @Test
    fun `in practice nobody is asked`() {
        val hand = Hand().tap("Chạy thử, không cần phiếu").go("M83")
        hand.mustSee("Đưa máy khác").mustNotSee("Hỏi văn phòng")
    }
}
