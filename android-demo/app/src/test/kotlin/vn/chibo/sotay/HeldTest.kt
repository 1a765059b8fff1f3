package vn.chibo.sotay

import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import vn.chibo.FieldValue
import vn.chibo.ListQuery
import vn.chibo.sotay.ui.partialDayShown

/** Words that a field did not take hide what is recorded from nobody, and never take its place by being removed. */
class HeldTest : AppTest() {
    private val wrong = "31/2/58x"
    private val long = "thợ ".repeat(150)
    private val giveUp = "Bỏ chữ gõ dở"

    private fun said(name: String, field: String): String? =
        app.desk.phone!!.let { phone ->
            val place = phone.list(ListQuery("member", name, null, 0u, 0u)).first().place
            val document = phone.record(place).documents.first { it.at.kind == "member" }
            (document.fields.first { it.path == field }.value as? FieldValue.Words)?.text
        }

    @Test
    fun `in a record they stand above what is recorded, are given up with a tap or by emptying the field, and nothing is cleared by that`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Đinh Văn Quang").tap("Sửa phần này")
        hand.mustNotSee(giveUp).type("Ngày sinh", wrong).mustSee("Chưa phải ngày tháng", "Đang ghi trong sổ: 03/02/1958", giveUp)
        hand.shot("M13-not-taken").tap(giveUp).mustNotSee("Chưa phải ngày tháng", "Đang ghi trong sổ", giveUp)
        assertEquals("03/02/1958", hand.entry("Ngày sinh").typed)

        hand.type("Ngày sinh", wrong).back().tap("1 ô gõ chưa được").mustSee("Đang ghi trong sổ: 03/02/1958")
        hand.type("Ngày sinh", "").mustNotSee("Đang ghi trong sổ", giveUp)
        assertEquals("03/02/1958", hand.entry("Ngày sinh").typed)
        assertEquals("1958-02-03", said("đinh văn quang", "born"))

        // What was saved since the page was drawn is what comes back.
        hand.type("Ngày sinh", "4/2/1958").type("Ngày sinh", wrong).mustSee("Đang ghi trong sổ: 4/2/1958").type("Ngày sinh", "")
        assertEquals("4/2/1958", hand.entry("Ngày sinh").typed)
        // What shows the record clears it.
        hand.type("Ngày sinh", "").tap("Xong")
        assertEquals(null, said("đinh văn quang", "born"))
        hand.mustNotSee("gõ chưa được")
    }

    @Test
    fun `on the first evening the same, of whoever one goes back to`() {
        val hand = secretary().tap("Kiểm lại với sổ giấy")
        val first = hand.texts()[hand.texts().indexOfFirst { it.startsWith("Người thứ") } + 1]
        val day = partialDayShown(said(first, "born")!!)
        hand.tap("Ngày sinh").typeOnly("Ngày sinh", wrong).tap("Đúng, người tiếp").tap("Người trước")
        hand.mustSee("Đang ghi trong sổ: $day").shot("M90-held").type("Ngày sinh", "").mustNotSee(giveUp)
        assertEquals(day, partialDayShown(said(first, "born")!!))
        hand.tap("Đúng, người tiếp").tap("Người trước").tap("Ngày sinh").type("Ngày sinh", wrong).tap(giveUp)
        hand.mustNotSee("Chưa phải ngày tháng")
        repeat(12) { hand.tap("Đúng, người tiếp") }
        hand.mustSee("Đã xem đủ 12 người").mustNotSee("gõ chưa được")
    }

    @Test
    fun `at Tết the same, and what was never recorded is said to be that`() {
        val hand = secretary().go("M91").tap("Vũ Đình Hòa").type("Số điện thoại", long).type("Nghề nghiệp", long)
        hand.mustSee("Dài quá", "Đang ghi trong sổ: 0912000006", "Trong sổ chưa ghi gì.").pictures("M92-held")
        hand.goneAndOpenedAnew().pin().go("M91").tap("Vũ Đình Hòa").mustSee("Đang ghi trong sổ: 0912000006")
        hand.type("Số điện thoại", "").tap(giveUp).mustNotSee("Dài quá", "trong sổ")
        assertEquals("0912000006", hand.entry("Số điện thoại").typed)
        assertEquals("", hand.entry("Nghề nghiệp").typed)
        assertEquals("0912000006", said("vũ đình hòa", "phone"))
    }

    @Test
    fun `of a paper in the dossier the same, also once the paper has left what is missing`() {
        val many = "99999999999999999999"
        val hand = secretary().tap("Hồ sơ giấy").tap("Trần Đức An").tap("Quyết định kết nạp")
        hand.type("Số tờ", "2").type("Số tờ", many).mustSee("Chưa phải số", "Đang ghi trong sổ: 2").picture("M26-held")
        hand.goneAndOpenedAnew().pin().tap("Hồ sơ giấy").tap("Trần Đức An").mustSee("Đang ghi trong sổ: 2")
        hand.tap("Đã xem: Chưa chọn").tap("Bản chính").mustSee("Bản chính · 2 tờ", "Chưa phải số", "Đang ghi trong sổ: 2")
        hand.shot("M26-held").type("Số tờ", "").mustSee("Bản chính · 2 tờ").mustNotSee("Chưa phải số", "trong sổ:")
        hand.back().tap("Trần Đức An").mustSee("Bản chính · 2 tờ").mustNotSee("Chưa phải số")
    }

    @Test
    fun `of a place the same, and its commune stays`() {
        val hand = secretary()
        val new = vn.chibo.findCommune("hoan kiem", null, 1u).single()
        hand.tap("Danh sách đảng viên").tap("Đinh Văn Quang").tap("Sửa phần này").typeOnly("Quê quán", "hoan kiem").tap(new.name)
        hand.type("Quê quán", long).mustSee("Dài quá", "Đang ghi trong sổ: ${new.name}").type("Quê quán", "")
        hand.mustNotSee("Dài quá", "Đang ghi trong sổ")
        assertTrue(hand.entry("Quê quán").typed.startsWith(new.name))
        assertEquals(new.code, said("đinh văn quang", "hometown_code"))
    }

    @Test
    fun `in a case they stay when the next step is written or left for another day, and are given up like anywhere`() {
        val hand = secretary().tap("Hồ sơ giấy").tap("Trần Đức An").tap("Tôi giao hồ sơ này")
        hand.type("Bên nhận", long).mustSee("Dài quá", "Trong sổ chưa ghi gì.").pictures("M51-held")
        fun stillThere() = assertEquals(long, hand.entry("Bên nhận").typed)
        hand.tap("Nhận hồ sơ").type("Lý do, ghi chú", "chữ khác").tap("Thôi")
        stillThere()
        hand.tap("Nhận hồ sơ")
        assertEquals("", hand.entry("Lý do, ghi chú").typed)
        hand.tap("Ghi bước này").mustSee("Đã ghi")
        stillThere()
        val case = hand.host.screen.route
        hand.goneAndOpenedAnew().pin().go(case.code, *case.args)
        stillThere()
        hand.tap(giveUp).mustNotSee("Dài quá")
        assertEquals("", hand.entry("Bên nhận").typed)
    }

    @Test
    fun `what is typed for the next step stays when the step before it is cancelled`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Vũ Đình Hòa").tap("Làm hồ sơ chuyển").tap("Chuyển sinh hoạt")
        hand.tap("Bắt đầu làm thủ tục").tap("Ghi bước này").tap("Ghi chú").type("Lý do, ghi chú", "theo vợ vào Nam")
        hand.tap("Ghi nhầm: hủy bước này").type("Vì sao hủy", "ghi nhầm người").tap("Hủy bước này").mustSee("không tính")
        assertEquals("theo vợ vào Nam", hand.entry("Lý do, ghi chú").typed)
    }
}
