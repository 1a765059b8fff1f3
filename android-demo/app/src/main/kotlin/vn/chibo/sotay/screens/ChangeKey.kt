package vn.chibo.sotay.screens

import android.content.Intent
import vn.chibo.Asking
import vn.chibo.Change
import vn.chibo.ChiboException
import vn.chibo.Text
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.t

/**
 * Another key for this phone, in case somebody else had a look at what signs for it: the phone was
 * lent, mended, or out of hand for a day. By the office's network at once, else by letter.
 */
class ChangeKey(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Đổi khóa của máy", "Change the phone's key")
    override val help =
        t(
            "Khóa này là chữ ký của máy, không phải mã PIN. Đổi khi máy từng rời tay: cho mượn, đem sửa, thất lạc rồi tìm lại được. Gửi hết việc trước rồi mới đổi.",
            "This key is how the phone signs; it is not the PIN. Change it if the phone was out of your hands. Send everything first.",
        )

    private val letter =
        ByLetter(
            this,
            ByLetter.Asks(
                t("Xin đổi khóa qua hộp thư này", "Ask by this mailbox"),
                t("Xin đổi khóa bằng tệp", "Ask by file"),
                t("Đã xin đổi khóa, xã chưa trả lời.", "Asked for, not yet answered."),
            ),
        )

    private val nearby = Nearby(this)

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        if (saysPractice(page) || nearby.draws(page)) return
        page +=
            kit.words(
                t(
                    "Đổi khóa khi máy từng rời tay bác. Khóa cũ không ký được gì nữa; sổ và mã PIN vẫn như cũ.",
                    "Change it if the phone was out of your hands. The old key signs nothing any more; book and PIN stay.",
                )
            )
        val home = ask { it.home() }
        if (ask { it.asking() } == Asking.FOR_NEW_KEY) {
            letter.waiting(page)
            page +=
                kit.button(t("Đổi qua mạng của văn phòng", "By the office's network"), then = ::byLine)
            return
        }
        if (home.outbox.changes > 0u) {
            page += kit.notice(t("Còn việc chưa gửi. Xin gửi trước đã.", "Unsent work waits. Send it first."))
            page += kit.words(home.outbox.said)
            page += kit.button(t("Gửi ngay", "Send now"), Weight.MAIN) { sendNow(host) }
            return
        }
        page += kit.button(t("Đổi khóa", "Change the key"), Weight.MAIN, ::byLine)
        letter.offer(page) {
            ask { it.changeKeyByLetter() }
            true
        }
    }

    override fun leaveSaid(given: Boolean) = nearby.said(given)

    private fun byLine() =
        nearby.work {
            val phone = host.app.desk.phone ?: throw ChiboException.Closed()
            host.tell(t("Đang hỏi văn phòng…", "Asking the office…"))
            try {
                phone.changeKey()
            } catch (e: ChiboException) {
                // It may have begun: then it goes on from there. Or the office refused, and it has not.
                host.redraw()
                throw e
            }
            changed(host)
        }

    override fun given(request: Int, data: Intent?) {
        if (request == ByLetter.ANSWER) data?.data?.let(letter::read)
    }

    companion object {
        const val CODE = "M84"

        fun changed(host: Host) {
            host.redraw()
            host.tell(
                t(
                    "Máy này dùng khóa mới; khóa cũ không còn giá trị.",
                    "This phone has a new key; the old one is worth nothing.",
                )
            )
        }
    }
}
