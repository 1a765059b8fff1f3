package vn.chibo.sotay

import android.content.Intent
import android.net.Uri
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import vn.chibo.ListQuery

/** Two people on one phone: nothing that one of them did or typed is met by the other. */
class BooksTest : AppTest() {
    private val other = "135790"

    private fun both(): Hand {
        World.secretary(app, 0)
        World.member(app, 1)
        return Hand().tap("Người thứ nhất").pin()
    }

    @Test
    fun `after the lock the other person's PIN opens their own first screen, and what was typed stays with whose it is`() {
        val hand = both().tap("Danh sách đảng viên").tap("Nguyễn Thị Ấm").tap("Sửa phần này")
        hand.type("Ngày sinh", "hôm kia").mustSee("Chưa phải ngày tháng").leftForLong()
        assertEquals("M01", hand.screen())
        hand.tap("Người thứ hai").pin()
        assertEquals("M70", hand.screen())
        hand.mustNotSee("Nguyễn Thị Ấm", "hôm kia")
        assertFalse("nothing lies behind it", hand.host.back())
        assertEquals(0u, app.desk.phone!!.outbox().changes)
        assertTrue(hand.host.saved().none { "M13" in it || "M12" in it })
        hand.tap("Cài đặt").tap("Khóa ứng dụng").tap("Người thứ nhất").pin()
        hand.tap("Danh sách đảng viên").tap("Nguyễn Thị Ấm").tap("Sửa phần này").mustSee("Chưa phải ngày tháng")
        assertEquals("hôm kia", hand.entry("Ngày sinh").typed)
    }

    @Test
    fun `the same after the process died, and who comes back to their own book is where they were`() {
        val hand = both().tap("Danh sách đảng viên").tap("Nguyễn Thị Ấm").dieAndComeBack()
        hand.tap("Người thứ nhất").pin().mustSee("Nguyễn Thị Ấm")
        assertEquals("M12", hand.screen())
        hand.dieAndComeBack().tap("Người thứ hai").pin()
        assertEquals("M70", hand.screen())
        hand.mustNotSee("Nguyễn Thị Ấm")
    }

    @Test
    fun `what another app gives back is not handed to the other person, and a file that came while it was locked is whoever's opens`() {
        val hand = both().tap("Gửi ngay").tap("Gửi bằng tệp").tap("Mở tệp nhận được").leftForLong()
        val junk = File(app.cacheDir, "anh.jpg").apply { writeBytes(ByteArray(5000)) }
        hand.host.given(1, Intent().setData(Uri.fromFile(junk)))
        hand.tap("Người thứ hai").pin()
        assertEquals("M70", hand.screen())
        hand.mustNotSee("không phải tệp của sổ").tap("Cài đặt").tap("Khóa ứng dụng")
        val sent = Intent(Intent.ACTION_SEND).putExtra(Intent.EXTRA_STREAM, Uri.fromFile(junk))
        hand.controller.newIntent(sent)
        hand.still()
        hand.tap("Người thứ hai").pin().mustSee("Có một tệp vừa được chuyển đến").tap("Trở lại")
        assertEquals("M70", hand.screen())
    }

    @Test
    fun `how one person's sending went is not told to the other, nor to who opens the book anew`() {
        val hand = both().tap("Gửi ngay").mustSee("Đã khớp với xã").leftForLong()
        hand.tap("Người thứ hai").pin().tap("Gửi ngay", 0)
        assertEquals("M20", hand.screen())
        hand.tap("Về trang đầu").tap("Cài đặt").tap("Khóa ứng dụng").tap("Người thứ nhất").pin().go("M20")
        hand.mustNotSee("Đã khớp với xã", "Đã gửi ")
    }

    @Test
    fun `a book that begins where another was has none of its screens`() {
        val hand = both().tap("Danh sách đảng viên").tap("Nguyễn Thị Ấm")
        val file = app.desk.folder(0)
        hand.leftForLong()
        // The office's word, heard by the system's job.
        vn.chibo.discard(file.path)
        hand.host.show()
        hand.still()
        hand.tap("Thêm người thứ hai").pin(other, "Tiếp tục").pin(other, "Tiếp tục")
        assertEquals("M02", hand.screen())
        assertEquals(1, hand.host.saved().size)
    }
}
