package vn.chibo.sotay

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** What was typed and is in no document yet is lost to nobody: not by going back, not by the end of the app. */
class TypedTest : AppTest() {
    /** One way to a field of a screen, by taps from the first one. */
    private class Way(val code: String, val field: String, val taps: List<String>)

    private val ways =
        listOf(
            Way("M41", "Việc được giao", listOf("Tết: người", "Vũ Đình Hòa", "1. Chỗ ở")),
            Way("M16", "Họ và tên", listOf("Danh sách đảng viên", "Thêm người mới")),
            Way("M13", "Số", listOf("Danh sách đảng viên", "Trần Đức An", "Ghi thêm giấy tờ", "Quyết định")),
            Way("M71", "Đúng ra là thế nào", listOf("Danh sách đảng viên", "Trần Đức An", "Ghi về người này", "Ngày sinh")),
            Way("M60", "Họ tên người ký", listOf("Bàn giao cho người mới", "Tôi giao sổ")),
        )

    private fun Hand.home() = apply { while (screen() != "M10") tap("Trở lại") }

    private fun Hand.follow(way: Way) = apply {
        way.taps.forEach { tap(it) }
        assertEquals(way.code, screen())
    }

    private fun Hand.stillThere(way: Way, words: String, how: String) =
        mustSee(way.field).let {
            assertEquals("“${way.field}” of ${way.code} $how", words, entry(way.field).typed)
        }

    @Test
    fun `what was typed for later is there again after going back, after the lock, and after the app was swiped away`() {
        val hand = secretary()
        for (way in ways) {
            hand.home().follow(way).type(way.field, "chữ gõ dở")
            hand.home().follow(way).stillThere(way, "chữ gõ dở", "after going back")
            hand.mustSee("Chữ bác gõ dở lần trước vẫn còn đây")
            // The field is not even left when the app goes.
            hand.entry(way.field).edit.apply {
                requestFocus()
                setText("chữ gõ dở, thêm nữa")
            }
            hand.goneAndOpenedAnew().pin()
            assertEquals("M10", hand.screen())
            hand.follow(way).stillThere(way, "chữ gõ dở, thêm nữa", "after the app was swiped away")
            hand.leftForLong().pin().stillThere(way, "chữ gõ dở, thêm nữa", "after the lock")
            assertTrue("nothing of it in what the system keeps", hand.host.saved().none { "g%C3%B5" in it || "gõ" in it })
            if (way.code == "M41") hand.shot("M41-taken-up")
            hand.tap("Bỏ phần gõ dở")
            // What was said against a field is about none, once it is given up.
            if (way.code == "M71") hand.tap(way.taps.last())
            hand.stillThere(way, "", "given up")
            hand.home().follow(way).stillThere(way, "", "given up, on another day")
        }
    }

    @Test
    fun `the words of a case's next step wait, whatever else is done, and are gone once they are written`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Vũ Đình Hòa").tap("Làm hồ sơ chuyển")
        hand.tap("Chuyển sinh hoạt").tap("Bắt đầu làm thủ tục").type("Lý do, ghi chú", "theo vợ vào Nam")
        hand.home().goneAndOpenedAnew().pin().tap("Việc đang làm dở").tap("Vũ Đình Hòa")
        assertEquals("M51", hand.screen())
        assertEquals("theo vợ vào Nam", hand.entry("Lý do, ghi chú").typed)
        hand.tap("Ghi bước này").mustSee("theo vợ vào Nam").home()
        hand.goneAndOpenedAnew().pin().tap("Việc đang làm dở").tap("Vũ Đình Hòa")
        hand.mustNotSee("gõ dở", "Ghi bước này")
        // A reason for a cancelling that was not made waits too.
        hand.tap("Ghi nhầm: hủy bước này").type("Vì sao hủy", "ghi nhầm người").home()
        hand.tap("Việc đang làm dở").tap("Vũ Đình Hòa")
        assertEquals("ghi nhầm người", hand.entry("Vì sao hủy").typed)
    }

    @Test
    fun `what was written as a whole is not offered again, and a new paper begins empty`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Ghi thêm giấy tờ")
        hand.tap("Quyết định").type("Số", "12").home()
        hand.tap("Danh sách đảng viên").tap("Trần Đức An").tap("Ghi thêm giấy tờ").tap("Quyết định")
        hand.type("Ngày", "2/3/2026").tap("Ghi lại").mustSee("Đã ghi").tap("Ghi thêm giấy tờ").tap("Quyết định")
        hand.mustNotSee("gõ dở")
        assertEquals("", hand.entry("Số").typed)
        hand.go("M27").tap("Quyết định, giấy giới thiệu").mustSee("Số: 12")
    }

    @Test
    fun `what a guest's remark says so far stays when the dues are noted`() {
        Office().apply { guest() }.serve().use { office ->
            World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
            val hand = Hand().pin().tap("Sinh hoạt tạm thời").tap("Mai Thị Lan")
            hand.type("Nhận xét", "Dự họp đủ.").type("Tháng", "11/2026").type("Số tiền", "45000")
            hand.goneAndOpenedAnew().pin().tap("Sinh hoạt tạm thời").tap("Mai Thị Lan")
            hand.tap("Ghi đảng phí").mustSee("Đã ghi.", "11/2026")
            assertEquals("Dự họp đủ.", hand.entry("Nhận xét").typed)
            assertEquals("", hand.entry("Số tiền").typed)
        }
    }

    @Test
    fun `the first evening misses nobody, whatever name is put right and whoever comes meanwhile, and goes on another day`() {
        val hand = secretary().tap("Kiểm lại với sổ giấy")
        val seen = mutableListOf<String>()
        fun note() = seen.add(hand.texts()[hand.texts().indexOfFirst { it.startsWith("Người thứ") } + 1])
        note()
        // The first of the roll becomes its last.
        hand.tap("Họ và tên").type("Họ và tên", "Trần Đức Yên").mustSee("Trần Đức Yên")
        repeat(3) {
            hand.tap("Đúng, người tiếp")
            note()
        }
        app.desk.phone!!.let { it.addMember(it.outbox().place!!, "Cao Văn Anh") }
        hand.tap("Đúng, người tiếp")
        note()
        hand.tap("Người trước").mustSee(seen[3]).tap("Đúng, người tiếp").mustSee(seen[4])
        hand.goneAndOpenedAnew().pin().tap("Kiểm lại với sổ giấy").mustSee(seen[4], "Người thứ 5 trong 13")
        repeat(8) {
            hand.tap("Đúng, người tiếp")
            note()
        }
        hand.tap("Đúng, người tiếp").mustSee("Đã xem đủ 13 người")
        val all = Office.PEOPLE.map { it.substringBefore(",") } + "Cao Văn Anh"
        assertEquals(all.sorted(), seen.sorted())
    }
}
