package vn.chibo.sotay

import org.junit.Assert.assertEquals
import org.junit.Test

/** What the office does not take in is read where it was written. */
class RefusedTest : AppTest() {
    @Test
    fun `of work that waits for the office's word, what was written is read on the phone`() {
        Office().serve().use { office ->
            World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
            office.kill()
            // While this phone hears nothing, somebody is offered to another commune.
            office.offer("tran duc an")
            val hand = Hand().pin().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Sửa phần này")
            hand.type("Bí danh", "Ba").type("Nghề nghiệp", "Thợ nề").tap("Xong")
            office.serve()
            hand.go("M20").tap("Gửi ngay").mustSee("1 thay đổi chờ xã quyết định").shot("M20-held")
            hand.go("M22").mustSee("Trần Đức An", "chờ xã quyết", "Bí danh: Ba", "Nghề nghiệp: Thợ nề").shot("M22-held")
            hand.tap("Trần Đức An")
            assertEquals("M12", hand.screen())
        }
    }
}
