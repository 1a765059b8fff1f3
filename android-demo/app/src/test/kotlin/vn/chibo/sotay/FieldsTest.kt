package vn.chibo.sotay

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import vn.chibo.FieldEdit
import vn.chibo.FieldValue
import vn.chibo.ListQuery

/** What a field does not take is told to who typed it, wherever they have gone with the same tap. */
class FieldsTest : AppTest() {
    private val wrong = "31/2/58x"

    @Test
    fun `a button that is pressed right after typing tells on the next screen what the field did not take, and it waits there`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Đinh Văn Quang").tap("Sửa phần này")
        hand.typeOnly("Ngày sinh", wrong).tap("Xong")
        assertEquals("M12", hand.screen())
        hand.mustSee("Ô “Ngày sinh”: Chưa phải ngày tháng", "1 ô gõ chưa được", "03/02/1958").shot("M12-not-taken")
        hand.goneAndOpenedAnew().pin().tap("Danh sách đảng viên").tap("Đinh Văn Quang").tap("1 ô gõ chưa được")
        assertEquals("M13", hand.screen())
        hand.mustSee("Chưa phải ngày tháng")
        assertEquals(wrong, hand.entry("Ngày sinh").typed)
        hand.typeOnly("Ngày sinh", "4/2/1958").tap("Xong").mustSee("04/02/1958").mustNotSee("ô gõ chưa được")
    }

    @Test
    fun `on the first evening it is told beside the next person, stands there when one goes back, and is counted at the end`() {
        val hand = secretary().tap("Kiểm lại với sổ giấy")
        val first = hand.texts()[hand.texts().indexOfFirst { it.startsWith("Người thứ") } + 1]
        hand.tap("Ngày sinh").typeOnly("Ngày sinh", wrong).tap("Đúng, người tiếp")
        hand.mustSee("Người thứ 2 trong 12", "Ô “Ngày sinh”: Chưa phải ngày tháng").shot("M90-not-taken")
        hand.tap("Người trước").mustSee("Người thứ 1 trong 12", "Chưa phải ngày tháng")
        assertEquals(wrong, hand.entry("Ngày sinh").typed)
        repeat(12) { hand.tap("Đúng, người tiếp") }
        hand.mustSee("Đã xem đủ 12 người", first, "1 ô gõ chưa được").shot("M90-end-not-taken").tap(first)
        hand.mustSee("Người thứ 1 trong 12").type("Ngày sinh", "12/8/1964").mustNotSee("Chưa phải ngày tháng")
        repeat(12) { hand.tap("Đúng, người tiếp") }
        hand.mustSee("Đã xem đủ 12 người").mustNotSee("gõ chưa được")
    }

    @Test
    fun `of whom one met at Tết it is told on the list`() {
        val hand = secretary().go("M91").tap("Vũ Đình Hòa")
        hand.typeOnly("Nghề nghiệp", "thợ ".repeat(2_000)).tap("Đã gặp, về danh sách")
        assertEquals("M91", hand.screen())
        hand.mustSee("Còn 1 người chưa gặp", "có ô gõ chưa được: Nghề nghiệp")
        hand.tap("Vũ Đình Hòa").mustSee("Dài quá")
    }

    private fun document(name: String) =
        app.desk.phone!!.let { phone ->
            val place = phone.list(ListQuery("member", name, null, 0u, 0u)).first().place
            phone.record(place).documents.first { it.at.kind == "member" }
        }

    private fun said(name: String, field: String) =
        (document(name).fields.first { it.path == field }.value as? FieldValue.Words)?.text

    @Test
    fun `on the first evening the code of a commune follows what is typed in its place`() {
        val hand = secretary()
        val name = "lê thị duyên"
        val (old, new) = vn.chibo.findCommune("di an", null, 1u).single() to vn.chibo.findCommune("hoan kiem", null, 1u).single()
        val hometown = listOf(FieldEdit("hometown", "Quê cũ"), FieldEdit("hometown_code", old.code))
        app.desk.phone!!.edit(document(name).at, hometown)
        hand.tap("Kiểm lại với sổ giấy")
        while (!hand.sees("Lê Thị Duyên")) hand.tap("Đúng, người tiếp")
        hand.tap("Quê cũ").typeOnly("Quê quán", "hoan kiem").picture("M90-place").tap(new.name).mustSee(new.name)
        assertEquals(new.code, said(name, "hometown_code"))
        hand.tap(new.name).typeOnly("Quê quán", "Làng không có trong danh sách").tap("Đúng, người tiếp")
        assertEquals(null, said(name, "hometown_code"))
        assertEquals("Làng không có trong danh sách", said(name, "hometown"))
    }

    @Test
    fun `where a paper is written as a whole, the field that does not take it says why`() {
        val hand = secretary().go("M91").tap("Vũ Đình Hòa").tap("1. Chỗ ở")
        hand.type("Việc được giao", "Gặp thanh niên").type("Đã đóng đảng phí đến tháng", "hôm kia").tap("Ghi lại")
        assertEquals("M41", hand.screen())
        assertTrue(under(hand, "Đã đóng đảng phí đến tháng").any { "Chưa phải ngày tháng" in it })
        hand.picture("M41-not-taken").type("Đã đóng đảng phí đến tháng", "10/2026").tap("Ghi lại").mustSee("Đã ghi")

        hand.go("M11").tap("Trần Đức An").tap("Ghi thêm giấy tờ").tap("Quyết định").type("Số", "12")
        hand.type("Ngày", "hôm kia").tap("Ghi lại")
        assertTrue(under(hand, "Ngày").any { "Chưa phải ngày tháng" in it })
    }

    /** What stands in a field's own box. */
    private fun under(hand: Hand, label: String) =
        hand.entry(label).let { entry ->
            (0 until entry.childCount).map { (entry.getChildAt(it) as android.widget.TextView).text.toString() }
        }

    @Test
    fun `more communes than are shown are said to be there, and of several of one name one is chosen by a tap`() {
        val hand = secretary().go("M91").tap("Vũ Đình Hòa").tap("1. Chỗ ở")
        hand.typeOnly("Đang ở xã", "tan").mustSee("Còn nữa: gõ thêm huyện, tỉnh").picture("M41-more")
        hand.typeOnly("Đang ở xã", "hoan kiem ha noi").mustSee("Phường Hoàn Kiếm").mustNotSee("Còn nữa")
        hand.typeOnly("Đang ở xã", "Tân Lập").tap("Ghi lại").mustSee("Có mấy nơi trùng tên", "Xã Tân Quang", "trước là Tân Lập, Huyện Bắc Quang").picture("M41-several")
        hand.tap("Xã Tân Quang").tap("Ghi lại").mustNotSee("Có mấy nơi trùng tên").mustSee("Đã ghi")
    }

    @Test
    fun `the communes to choose from come into view, with the largest letters above the keyboard and from the end of the page`() {
        app.settings.size = 2
        val hand = secretary().go("M91").tap("Vũ Đình Hòa").tap("1. Chỗ ở").keyboard(340)
        hand.typeOnly("Đang ở xã", "di an").picture("M41-found-largest")
        assertTrue(hand.isInView("Phường Dĩ An"))
        hand.typeOnly("Đang ở xã", "Tân Lập").keyboard(0).swipeDown().tap("Ghi lại").picture("M41-several-largest")
        assertTrue(hand.isInView("Xã Tân Quang"))
    }

    @Test
    fun `whatever case can be written at a member is offered, but for what has a door of its own`() {
        val hand = secretary()
        val phone = app.desk.phone!!
        val member = document("trần đức an").at.place
        val offered =
            vn.chibo.kinds().filter { kind ->
                kind.isCase && kind.name in phone.writes() && runCatching { phone.newDocument(member, kind.name, null) }.isSuccess
            }
        val (byDoor, here) = offered.partition { it.name in setOf("contest", "contest_apart", "dossier_handover") }
        assertTrue("$offered", here.size >= 4 && byDoor.isNotEmpty())
        hand.go("M52", member).mustSee(*here.map { it.label.vi }.toTypedArray())
        for (kind in byDoor) assertFalse(kind.name, hand.sees(kind.label.vi))
        // And of the branch itself.
        hand.go("M50").tap("Việc mới của chi bộ").mustSee("Chuyển sinh hoạt đến").mustNotSee("Đi xa thì")
    }
}
