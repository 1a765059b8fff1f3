package vn.chibo.sotay.screens

import android.view.View
import android.widget.ImageView
import vn.chibo.ChiboException
import vn.chibo.Text
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayOf
import vn.chibo.sotay.ui.dayShown
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.work.Squares

/**
 * A member gets their own book on their own phone: the secretary shows a square, the member's phone
 * photographs it.
 */
class LetIn(host: Host, route: Route) : Screen(host, route) {
    private val member = route.arg(0).orEmpty()

    override val title: Text = t("Phiếu cho người này", "A ticket for them")
    override val help =
        t(
            "Người này cài ứng dụng, chọn “Bắt đầu dùng”, rồi chụp ô vuông trên máy bác. Đừng gửi ảnh ô vuông cho ai khác.",
            "They install the app, choose “Begin” and photograph the square on your phone. Send a picture of it to nobody else.",
        )

    override suspend fun draw(page: Page) {
        page +=
            kit.words(
                t(
                    "Phiếu này cho người đó mở sổ của chính mình trên máy riêng, dùng được một lần.",
                    "With it they open their own book on their own phone, once.",
                )
            )
        page +=
            kit.notice(
                t(
                    "Ai chụp được ô vuông là dùng được phiếu. Chỉ cho đúng người đó chụp.",
                    "Whoever photographs the square can use it. Show it to that person only.",
                ),
                Tone.CARE,
            )
        val minutes = route.state[SHOWN]?.toUIntOrNull()
        if (minutes == null) {
            fun choice(label: Text, weight: Weight, minutes: Int) {
                page +=
                    kit.button(label, weight) {
                        route.state[SHOWN] = "$minutes"
                        host.redraw()
                    }
            }
            choice(t("Hiện ô vuông, dùng được $DAYS ngày", "Show the square, good for $DAYS days"), Weight.MAIN, DAYS * 24 * 60)
            choice(
                t("Người đó ở ngay đây: dùng trong $MINUTES phút", "They are here: good for $MINUTES minutes"),
                Weight.PLAIN,
                MINUTES,
            )
            return
        }
        // The store keeps it: drawn again, turned or back after the process died, this is the same ticket. Once it was used
        // or its time is over, another one is made only because somebody asks for it.
        val until = route.state[UNTIL]?.toLongOrNull()
        if (until != null && now() >= until) return over(page)
        val ticket = ask { it.ticketFor(member, minutes, false) }
        if (until != null && until != ticket.until.toLong()) return over(page)
        route.state[UNTIL] = "${ticket.until}"
        val square = Squares.draw(ticket.text, kit.dp(328)) ?: return
        page += limit(ticket.until.toLong())
        page +=
            ImageView(kit.context).apply {
                setImageBitmap(square)
                adjustViewBounds = true
                contentDescription = kit.say(t("Ô vuông của phiếu", "The square of the ticket"))
                layoutParams = kit.below(12)
            }
        page += kit.button(t("Xong", "Done"), Weight.MAIN) { host.back() }
        page +=
            kit.button(t("Ô vuông không dùng được: làm phiếu khác", "It does not work: another ticket")) {
                host.work {
                    ask { it.ticketFor(member, minutes, true) }
                    route.state -= UNTIL
                    host.redraw()
                    host.tell(
                        t(
                            "Đây là phiếu khác. Phiếu trước chưa dùng thì vẫn dùng được đến hết hạn.",
                            "This is another ticket. The one before, if unused, works until its time is over.",
                        ),
                        Tone.CARE,
                    )
                }
            }
    }

    private fun now() = host.app.desk.clock.now().toLong()

    /** How long it can be used still; it counts down while it is looked at, and the page says when it is over. */
    private fun limit(until: Long): View {
        val said = kit.words(left(until), bold = true).apply { layoutParams = kit.below(12) }
        val tick =
            object : Runnable {
                override fun run() {
                    if (!said.isAttachedToWindow) return
                    if (now() >= until) return host.redraw()
                    said.text = kit.say(left(until))
                    said.postDelayed(this, TICK_MS)
                }
            }
        said.postDelayed(tick, TICK_MS)
        return said
    }

    private fun left(until: Long): Text {
        val minutes = (until - now() + 59) / 60
        val day = dayShown(dayOf(until))
        return if (minutes <= 24 * 60) t("Còn dùng được $minutes phút.", "It can be used for $minutes more minutes.")
        else t("Dùng được đến ngày $day.", "It can be used until $day.")
    }

    private fun over(page: Page) {
        page +=
            kit.notice(
                t(
                    "Phiếu này đã dùng rồi hoặc đã hết hạn. Ô vuông đã cất đi.",
                    "This ticket was used, or its time is over. Its square is gone.",
                )
            )
        page +=
            kit.button(t("Làm phiếu mới", "Make another"), Weight.MAIN) {
                route.state -= listOf(SHOWN, UNTIL)
                host.redraw()
            }
        page += kit.button(t("Xong", "Done")) { host.back() }
    }

    companion object {
        const val CODE = "M44"
        private const val SHOWN = "shown"
        private const val UNTIL = "until"
        private const val TICK_MS = 10_000L
        private const val DAYS = 7
        private const val MINUTES = 15
    }
}

/**
 * A colleague forgot the PIN: the code that opens their phone is read out, on a number that one
 * knows.
 */
class ForgottenPin(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Giúp người quên PIN", "A forgotten PIN")
    override val help =
        t(
            "Gọi lại số quen của người đó để chắc là họ, rồi đọc mã. Văn phòng biết mã đã được đọc.",
            "Call them back on a number you know, then read the code out. The office sees that it was read.",
        )

    /** Not in what the system remembers of this screen: it goes with it. */
    private var code: String? = null

    private val nearby = Nearby(this)

    override suspend fun draw(page: Page) {
        if (nearby.draws(page)) return
        val all = ask { it.colleagues() }
        page +=
            kit.notice(
                t(
                    "Gọi lại số quen trước khi đọc mã: ai có máy và mã là mở được sổ.",
                    "Call back on a known number first: phone and code together open the book.",
                ),
                Tone.CARE,
            )
        if (all.isEmpty())
            page +=
                kit.faint(
                    t("Chưa biết máy nào của chi bộ.", "No phone of the branch is known yet.")
                )
        for (one in all) {
            val who = listOfNotNull(one.name, one.roleLabel.said(kit.language)).joinToString(" · ")
            page += kit.rowOf(who, one.confirmation) { read(one.number) }
        }
        code?.let { code ->
            page +=
                kit.words(t("Đọc từng nhóm số:", "Read it out, group by group:"), 20f, bold = true)
                    .apply { layoutParams = kit.below(16) }
            page += kit.data(code, 26f, bold = true)
        }
    }

    override fun leaveSaid(given: Boolean) = nearby.said(given)

    private fun read(number: ULong) =
        nearby.work {
            host.tell(t("Đang hỏi văn phòng…", "Asking the office…"))
            val phone = host.app.desk.phone ?: throw ChiboException.Closed()
            val code = phone.recoveryCode(number)
            if (code == null) {
                host.tell(
                    t(
                        "Máy đó chưa gửi mã bao giờ. Xin gọi văn phòng.",
                        "That phone never handed a code over. Call the office.",
                    ),
                    Tone.CARE,
                )
                return@work
            }
            this@ForgottenPin.code = code
            host.quiet()
            host.redraw()
        }

    companion object {
        const val CODE = "M45"
    }
}
