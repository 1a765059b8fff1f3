package vn.chibo.sotay

import android.content.Intent
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** A book whose right has ended: nothing is read in it, and nothing that was written in it is lost. */
class EndedTest : AppTest() {
    /** It ended while a change waits here: the office's word came in a file that was asked for before the change. */
    private fun ended(office: Office): Hand {
        World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
        val hand = Hand().pin().go("M21").tap("Tệp cho văn phòng")
        val stick = hand.carried()
        office.revokeLast()
        office.kill()
        office.answer(File(stick.path!!))
        hand.go("M11").tap("Trần Đức An").tap("Sửa phần này").type("Bí danh", "Ba").tap("Xong")
        hand.go("M21").host.screen.given(1, Intent().setData(stick))
        hand.still()
        return hand.go("M10").mustSee("Quyền của máy này đã hết").mustNotSee("Trần Đức An")
    }

    @Test
    fun `what waits in it goes to the office from the screen that says so, and then the book makes room for a new ticket`() {
        Office().serve().use { office ->
            val hand = ended(office).mustSee("1 thay đổi chưa gửi", "Cài đặt", "Khóa ứng dụng").mustNotSee("Bỏ sổ này")
            hand.shot("M10-ended-waits").tap("Cài đặt").mustNotSee("Bản sao của sổ", "đổi khóa").tap("Trở lại")
            hand.tap("Gửi phần còn lại cho xã")
            assertEquals("M20", hand.screen())
            hand.mustSee("1 thay đổi chưa gửi", "Gửi ngay", "gửi qua hộp thư", "Gửi bằng tệp").mustNotSee("Thử lại")
            hand.shot("M20-ended").tap("Gửi ngay").mustSee("Không liên lạc được", "1 thay đổi chưa gửi")
            office.serve()
            hand.tap("Gửi ngay").mustSee("Không có gì chưa gửi")
            office.kill()
            assertTrue("what it had waits for the office's word", "\"says\":\"Ba\"" in office.held())
            hand.go("M10").mustSee("Không có gì chưa gửi").tap("Bỏ sổ này, nhập phiếu mới").shot("M10-ended-removes")
            hand.tap("Thôi, giữ lại").tap("Khóa ứng dụng").pin().tap("Bỏ sổ này, nhập phiếu mới").tap("Bỏ hẳn sổ này")
            assertEquals(emptyList<Int>(), app.desk.people())
            hand.mustSee("Bắt đầu dùng")
        }
    }

    @Test
    fun `a member's first page leads to the way out as well`() {
        Office().serve().use { office ->
            World.phone(office.ticket("member", "le thi duyen")).copyRecursively(app.desk.folder(0))
            val hand = Hand().pin()
            assertEquals("M70", hand.screen())
            office.revokeLast()
            hand.go("M20").tap("Gửi ngay")
            hand.go("M70").mustSee("Quyền của máy này đã hết", "Cài đặt", "Khóa ứng dụng").mustNotSee("Thử lại")
            assertEquals("M10", hand.screen())
        }
    }

    @Test
    fun `it goes by mailbox and by file as well`() {
        val (mailbox, box) = Office.mailbox()
        try {
            Office().serve().use { office ->
                val hand = ended(office).go("M20").tap("Gửi bằng tệp").mustNotSee("máy khác trong chi bộ")
                hand.tap("Tệp cho văn phòng").mustSee("có 1 thay đổi")
                assertTrue(File(hand.carried().path!!).length() > 100)
                hand.go("M20").tap("gửi qua hộp thư").type("Địa chỉ hộp thư", mailbox).tap("Gửi qua hộp thư này")
                hand.mustSee("xã chưa nhận")
                office.collect(mailbox)
                hand.tap("Hỏi hộp thư").mustSee("Không có gì chưa gửi")
                office.kill()
                assertTrue("\"says\":\"Ba\"" in office.held())
            }
        } finally {
            box.destroyForcibly().waitFor()
        }
    }
}
