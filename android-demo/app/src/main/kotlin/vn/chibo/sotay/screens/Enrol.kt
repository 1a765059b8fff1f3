package vn.chibo.sotay.screens

import android.content.Intent
import vn.chibo.ChiboException
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.work.Squares

/** The ticket that the office gave becomes this phone's right to the records of its place. */
class Enrol(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Ghi tên máy", "Enrol this phone")
    override val help =
        t(
            "Văn phòng in cho một phiếu có ô vuông đen trắng và một dòng chữ. Chụp ô vuông đó, hoặc gõ dòng chữ. Lúc này cần có mạng.",
            "The office prints a ticket with a square and a line of text. Take a picture of the square, or type the line. This needs a network.",
        )

    private var entry: Entry? = null

    override suspend fun draw(page: Page) {
        page +=
            kit.words(
                t("Nhập phiếu do văn phòng cấp.", "Enter the ticket that the office gave you."),
                20f,
            )
        page += kit.button(t("Chụp mã trên phiếu", "Take a picture of the code")) { photograph() }
        val field =
            Entry(
                kit,
                t("Hoặc gõ dòng chữ trên phiếu", "Or type the line of text"),
                route.state["typed"].orEmpty(),
                Typing.TICKET,
            ) {
                route.state["typed"] = it
            }
        entry = field
        page += field.hint(t("chibo1-…", "chibo1-…"))
        val address =
            Entry(
                kit,
                t(
                    "Địa chỉ văn phòng (nếu văn phòng cho địa chỉ khác)",
                    "The office's address, if it is another one",
                ),
                "",
                Typing.TICKET,
            ) {}
        page +=
            kit.button(t("Ghi tên", "Enrol"), Weight.MAIN) {
                val ticket = field.typed.trim()
                if (ticket.isEmpty())
                    return@button field.tell(t("Chưa có phiếu.", "There is no ticket yet."))
                host.work { enrol(ticket, address.typed.trim().ifEmpty { null }) }
            }
        page += address
    }

    private suspend fun enrol(ticket: String, url: String?) {
        val phone = host.app.desk.phone ?: throw ChiboException.Closed()
        host.tell(t("Đang hỏi văn phòng…", "Asking the office…"))
        val enrolled = phone.enrol(ticket, url)
        route.state.clear()
        host.app.sync.begin()
        host.instead(Route(Enrolled.CODE, enrolled.confirmation))
    }

    private fun photograph() {
        if (Squares.photograph(host.activity, 1)) return
        host.tell(
            t(
                "Máy không có ứng dụng chụp ảnh. Xin gõ dòng chữ trên phiếu.",
                "No camera app. Type the line of text.",
            ),
            Tone.CARE,
        )
    }

    override fun given(request: Int, data: Intent?) =
        host.work {
            val text = Squares.read(host.activity)
            if (text == null) {
                host.tell(
                    t(
                        "Không thấy mã trong ảnh. Xin chụp gần hơn, đủ sáng, hoặc gõ dòng chữ.",
                        "No code is seen in the picture. Go nearer, or type the line.",
                    ),
                    Tone.CARE,
                )
                return@work
            }
            entry?.edit?.setText(text)
            route.state["typed"] = text
            enrol(text, null)
        }

    companion object {
        const val CODE = "M02"
    }
}

/** It worked: the number to compare by telephone. */
class Enrolled(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Đã ghi tên", "Enrolled")
    override val help =
        t(
            "Đọc dãy số trên màn hình cho văn phòng nghe, để chắc là đúng máy này.",
            "Read the number out to the office, so that they know this phone.",
        )

    override suspend fun draw(page: Page) {
        page += kit.notice(t("Máy này đã được ghi tên.", "This phone is enrolled."))
        page +=
            kit.words(t("Đọc số này cho văn phòng nghe:", "Read this number out to the office:"))
        page += kit.data(route.arg(0).orEmpty(), 26f, bold = true)
        page +=
            kit.words(
                    t("Hồ sơ đang về máy. Bấm tiếp để xem.", "The records are on their way."),
                    18f,
                )
                .apply { layoutParams = kit.below(12) }
        page +=
            kit.button(t("Kiểm lại người của chi bộ", "Check my branch's people"), Weight.MAIN) {
                host.instead(Route(FirstEvening.CODE))
            }
        page += kit.button(t("Vào sổ", "To the book")) { host.home() }
    }

    companion object {
        const val CODE = "M03"
    }
}
