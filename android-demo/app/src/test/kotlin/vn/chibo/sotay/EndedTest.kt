package vn.chibo.sotay

import android.content.Intent
import android.net.Uri
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import vn.chibo.ListQuery

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
            // From any other page of it as well, such as one that was open.
            hand.go("M71").mustSee("Quyền của máy này đã hết").mustNotSee("Thử lại").tap("Sổ này còn làm được gì")
            assertEquals("M10", hand.screen())
        }
    }

    @Test
    fun `what the office does not take in is said by letter too, and leads to what can still be done`() {
        val (mailbox, box) = Office.mailbox()
        try {
            Office().serve().use { office ->
                World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
                val hand = Hand().pin().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Sửa phần này")
                hand.type("Bí danh", "Ba").go("M21").tap("Tệp cho văn phòng")
                val stick = hand.carried()
                office.revokeLast()
                office.kill()
                // Somebody brings the file, and the office says no; the phone has heard of nothing yet.
                office.answer(File(stick.path!!))
                office.drop(1)
                hand.go("M11").tap("Trần Đức An").tap("Sửa phần này").type("Nghề nghiệp", "Thợ nề").go("M20")
                hand.tap("gửi qua hộp thư").type("Địa chỉ hộp thư", mailbox).tap("Gửi qua hộp thư này")
                office.collect(mailbox)
                hand.tap("Hỏi hộp thư").mustSee("Quyền của máy này đã hết", "thay đổi không được nhận: ")
                hand.mustNotSee("xem vì sao", "Thử lại").shot("M20-ended-refused").tap("Sổ này còn làm được gì")
                assertEquals("M10", hand.screen())
                hand.mustSee("Quyền của máy này đã hết", "Gửi phần còn lại cho xã").mustNotSee("Thử lại")
                // Whatever else leads there leads to the same.
                hand.go("M22").mustSee("Gửi phần còn lại cho xã").mustNotSee("Thử lại")
            }
        } finally {
            box.destroyForcibly().waitFor()
        }
    }

    @Test
    fun `what a colleague gave from hand to hand and the office may not have is counted before the book is removed`() {
        Office().serve().use { office ->
            val deputy = World.phone(office.ticket("deputy", person = "tran duc an"))
            World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
            val hand = Hand().pin()
            val place = app.desk.phone!!.list(ListQuery("member", "quang", null, 0u, 0u)).first().place
            World.sync(deputy)
            World.edit(deputy, place, "alias", "Tư")
            val file = File(app.cacheDir, "chi-bo.chibo").apply { writeBytes(World.file(deputy)) }
            hand.go("M21").tap("Tệp cho văn phòng")
            val stick = hand.carried()
            office.revokeLast()
            office.kill()
            office.answer(File(stick.path!!))
            hand.go("M21", Uri.fromFile(file).toString()).tap("Đọc tệp này").go("M21").host.screen.given(1, Intent().setData(stick))
            hand.still()
            hand.go("M10").mustSee("Quyền của máy này đã hết", "1 thay đổi nhận tay từ máy khác").shot("M10-ended-by-hand")
            hand.tap("Bỏ sổ này, nhập phiếu mới").mustSee("Mất theo sổ: ", "1 thay đổi nhận tay từ máy khác, xã chưa xác nhận").mustNotSee("Không còn việc nào chưa gửi")
            hand.shot("M10-ended-removes-by-hand").tap("Bỏ hẳn sổ này").mustSee("Bắt đầu dùng")
        }
    }

    @Test
    fun `of a branch that went to another commune the book says where its new office is, and begins anew there`() {
        Office().serve().use { office ->
            Office().serve().use { other ->
                World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
                val hand = Hand().pin()
                val branch = app.desk.phone!!.outbox().place!!
                office.handOver(Office.BRANCH, other)
                val gone = "Nơi này đã chuyển sang xã khác giữ sổ"
                hand.go("M20").tap("Gửi ngay").mustSee(gone, other.address).mustNotSee("Có cần máy báo không?").shot("M20-moved")
                hand.go("M10").mustSee(gone, "Địa chỉ máy của xã mới", other.address).mustNotSee("Trần Đức An", "Thử lại")
                hand.shot("M10-moved").goneAndOpenedAnew().pin().mustSee(other.address)
                hand.tap("Bỏ sổ này, nhập phiếu mới").tap("Bỏ hẳn sổ này").tap("Bắt đầu dùng")
                hand.pin(then = "Tiếp tục").pin(then = "Tiếp tục")
                hand.type("Hoặc gõ mã ngắn", other.ticket(scope = branch)).tap("Đăng ký")
                hand.mustSee("Máy này đã đăng ký").tap("Vào sổ").tap("Danh sách đảng viên").mustSee("12 người")
            }
        }
    }

    @Test
    fun `of a new office that has no address yet nothing stands there empty`() {
        Office().serve().use { office ->
            World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
            Office().use { other -> office.handOver(Office.BRANCH, other) }
            Hand().pin().go("M20").tap("Gửi ngay").mustSee("Nơi này đã chuyển sang xã khác").mustNotSee("Địa chỉ máy của xã mới")
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
