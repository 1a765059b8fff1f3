package vn.chibo.sotay

import android.content.Intent
import android.net.Uri
import java.io.File
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import vn.chibo.sotay.work.Outgoing
import vn.chibo.sotay.work.Parting

/**
 * Two people's books on one phone stand for two phones here: they share nothing but the file that
 * is carried.
 */
class HandOverTest : AppTest() {
    private fun opened(hand: Hand, name: String) =
        hand.apply {
            if (screen() != "M01") go("M80").tap("Khóa ứng dụng")
            tap(name).pin()
            assertEquals("M10", screen())
        }

    private fun Hand.chose(request: Int, file: Uri) = apply {
        activity.host.screen.given(request, Intent().setData(file))
        still()
    }

    @Test
    fun `a word to wipe that comes in a file leaves one that says it was obeyed, and that stays until it is on its way`() {
        Office().serve().use { office ->
            World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
            office.revokeLast("--wipe")
            office.kill()
            val hand = Hand().pin().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Sửa phần này")
            hand.type("Bí danh", "Ba").tap("Xong").go("M21").tap("Tệp cho văn phòng")
            val stick = hand.carried()
            office.answer(File(stick.path!!))
            hand.tap("Mở tệp nhận được").chose(1, stick)
            assertEquals("M63", hand.screen())
            assertTrue(File(hand.carried().path!!).length() > 100)
            assertEquals(emptyList<Int>(), app.desk.people())
            hand.goneAndOpenedAnew().mustSee("yêu cầu xóa sổ trên máy này").tap("Còn tệp phải mang").tap("Gửi lại")
            office.answer(File(hand.carried().path!!))
            assertTrue("what it had waits for the office's word", "\"says\":\"Ba\"" in office.held())
            hand.tap("Đã gửi, cất được rồi").tap("cất hẳn").mustNotSee("Còn tệp phải mang").mustSee("Bắt đầu dùng")
        }
    }

    @Test
    fun `a book that was begun since is not put away with the last file of the one before it`() {
        Office().serve().use { office ->
            World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
            val hand = Hand().pin().go("M21").tap("Tệp cho văn phòng")
            val stick = hand.carried()
            office.revokeLast("--wipe")
            office.kill()
            office.answer(File(stick.path!!))
            office.serve()
            hand.tap("Mở tệp nhận được").chose(1, stick)
            assertEquals("M63", hand.screen())
            // The same phone is enrolled anew, and is worked with.
            hand.tap("Để sau").tap("Bắt đầu dùng").pin(then = "Tiếp tục").pin(then = "Tiếp tục")
            hand.type("Hoặc gõ mã ngắn", office.ticket(person = "tran duc an")).tap("Đăng ký").tap("Vào sổ")
            hand.tap("Danh sách đảng viên").tap("Trần Đức An").tap("Sửa phần này").type("Bí danh", "Tư").tap("Xong")
            hand.go("M80").tap("Khóa ứng dụng").tap("Còn tệp phải mang").tap("Đã gửi, cất được rồi")
            hand.mustSee("Văn phòng đã nhận được chưa?").shot("M63-asks").tap("Chưa chắc, giữ lại").mustSee("Gửi lại")
            hand.tap("Đã gửi, cất được rồi").tap("cất hẳn").mustNotSee("Còn tệp phải mang")
            assertEquals(listOf(0), app.desk.people())
            hand.pin().mustSee("1 thay đổi chưa gửi")
        }
    }

    @Test
    fun `each file is kept beside the others, and takes only its own empty book with it`() {
        World.secretary(app)
        val first = Parting.keep(app, "van-phong", ByteArray(3) { 1 })
        val second = Parting.keep(app, "van-phong", ByteArray(3) { 2 })
        val kept = Parting.all(app).map { it.bytes().first().toInt() }
        assertEquals(setOf(1, 2), kept.toSet())
        runBlocking {
            app.desk.layDown(0, first.id)
            app.desk.discardLaidDown(second.id)
            assertEquals("another's", listOf(0), app.desk.people())
            // It is removed otherwise, and a new book is begun in its place.
            app.desk.discard(0)
            app.desk.create(0, PIN)
            app.desk.discardLaidDown(first.id)
            assertEquals("begun since", listOf(0), app.desk.people())
            app.desk.layDown(0, second.id)
            app.desk.discardLaidDown(second.id)
        }
        assertEquals("its own", emptyList<Int>(), app.desk.people())
    }

    @Test
    fun `a branch goes to a new secretary in three files, and the old phone is emptied`() {
        Office().serve().use { office ->
            World.phone(office.ticket(person = "dinh van quang"))
                .copyRecursively(app.desk.folder(0))
            World.phone(office.ticket(person = "tran duc an")).copyRecursively(app.desk.folder(1))
            val hand = opened(Hand(), "Người thứ hai").go("M61").shot("M61-card")
            val card = app.desk.phone!!.card()

            opened(hand, "Người thứ nhất").tap("Bàn giao cho người mới").tap("Tôi giao sổ")
            hand.tap("Ký giao và gửi tệp").mustSee("Chưa ghi tên người ký")
            hand
                .type("Họ tên người ký", "Đinh Văn Quang")
                .type("Tiền mặt", "250000")
                .type("Mã máy người nhận", card)
            hand.tap("Ký giao và gửi tệp").mustSee("Đã ký")
            val given = hand.carried()

            opened(hand, "Người thứ hai").tap("Bàn giao cho người mới").tap("Tôi nhận sổ")
            hand
                .type("Họ tên người ký", "Trần Đức An")
                .type("Tiền mặt", "240000")
                .tap("Chọn tệp nhận được và ký nhận")
                .chose(2, given)
            hand
                .mustSee("Đã ký nhận", "Đinh Văn Quang", "Trần Đức An", "hai bên đếm khác nhau")
                .shot("M60-differs")
            val taken = hand.carried()

            opened(hand, "Người thứ nhất")
                .tap("Bàn giao cho người mới")
                .tap("Xong bàn giao")
                .shot("M60-finish")
                .chose(3, taken)
            assertEquals("M63", hand.screen())
            val word = File(hand.carried().path!!).readBytes()
            assertTrue(word.size > 100)
            // Nobody chose where it goes: it is there still, also when another file went out and the app was away.
            Outgoing.put(app, "other.chibo", ByteArray(3))
            hand.shot("M63-parted").goneAndOpenedAnew().mustSee("Còn tệp phải mang đến văn phòng").shot("M01-parted")
            hand.tap("Người thứ nhất").pin().mustSee("Quyền của máy này đã hết").mustNotSee("Đinh Văn Quang")
            hand.leftForLong().tap("Còn tệp phải mang").tap("Gửi lại")
            assertTrue(word.contentEquals(File(hand.carried().path!!).readBytes()))
            hand.tap("Đã gửi, cất được rồi").tap("cất hẳn").mustNotSee("Còn tệp phải mang")
            assertEquals(listOf(1), app.desk.people())
            hand.pin()
            assertEquals("M10", hand.screen())
        }
    }
}
