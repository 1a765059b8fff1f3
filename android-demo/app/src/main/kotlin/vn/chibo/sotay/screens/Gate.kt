package vn.chibo.sotay.screens

import vn.chibo.ChiboException
import vn.chibo.Text
import vn.chibo.sotay.Desk
import vn.chibo.sotay.Language
import vn.chibo.sotay.Settings
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.PinPad
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.told

/**
 * Before everything: whose book, and the PIN that opens it. What was shown before the lock comes
 * back behind it.
 */
class Gate(host: Host, route: Route) : Screen(host, route) {
    private enum class At {
        FIRST,
        WHO,
        PIN,
        NEW,
        AGAIN,
        CODE,
    }

    private val desk
        get() = host.app.desk

    /**
     * A code that is being read out over the telephone and was typed halfway outlives the process,
     * with whose book it is for; a PIN never does.
     */
    private var person =
        (route.state[WHOSE] ?: route.state[OLD])?.toIntOrNull()?.takeIf(desk::isThere)
            ?: desk.people().firstOrNull()
            ?: 0
    private var at =
        when {
            route.state[WHOSE] != null && desk.isThere(person) -> At.CODE
            tooOld && desk.isThere(person) -> At.PIN
            desk.people().isEmpty() -> At.FIRST
            desk.people().size == 1 -> At.PIN
            else -> At.WHO
        }
    private var pad: PinPad? = null
    private var first = ""

    /** Whether the book, or its lock, is of a newer app than this one. */
    private val tooOld
        get() = route.state[OLD] != null
    private val code
        get() = route.state[TYPED].orEmpty().trim()

    private val typed
        get() = pad?.typed.orEmpty()

    override val needsStore = false
    override val title: Text = t("Sổ tay", "Notebook")
    override val help =
        t(
            "Nhập mã PIN rồi bấm Mở. Quên mã thì bấm “Quên mã PIN” và gọi văn phòng: việc chưa gửi không mất.",
            "Type the PIN and press Open. If it is forgotten, press “PIN forgotten” and call the office: unsent work is not lost.",
        )

    override suspend fun draw(page: Page) {
        if (host.app.settings.wiped)
            page +=
                kit.notice(
                    t(
                        "Văn phòng đã yêu cầu xóa sổ trên máy này. Sổ đã xóa sạch; việc chưa gửi đã gửi về văn phòng. Không rõ vì sao thì gọi văn phòng.",
                        "The office told this phone to remove a book. It is gone; what was not sent is at the office. Call them if you do not know why.",
                    ),
                    Tone.ALARM,
                )
        Parted.line(this, page)
        step(page)
        // The bar has no way back before the lock is open, and not every phone shows one of its own.
        if (before() != null)
            page += kit.button(t("‹ Trở lại", "‹ Back"), Weight.LIGHT) { back() }
        look(page)
    }

    private fun step(page: Page) =
        when (at) {
            At.FIRST -> welcome(page)
            At.WHO -> who(page)
            At.PIN -> pin(page, t("Nhập mã PIN", "Type the PIN"))
            At.NEW ->
                pin(page, t("Đặt mã PIN mới, ít nhất 6 số", "Choose a new PIN, at least 6 digits"))
            At.AGAIN -> pin(page, t("Nhập lại mã PIN vừa đặt", "Type the new PIN once more"))
            At.CODE -> recovery(page)
        }

    /** The step before this one, if there is one. */
    private fun before(): At? =
        when (at) {
            At.FIRST,
            At.WHO -> null
            At.PIN -> if (desk.people().size > 1) At.WHO else null
            At.NEW,
            At.AGAIN ->
                if (code.isNotEmpty()) At.CODE
                else if (desk.people().isEmpty()) At.FIRST else At.PIN
            At.CODE -> At.PIN
        }

    override fun back(): Boolean {
        val before = before() ?: return false
        // Who was going to be the second person is not there.
        if (!desk.isThere(person)) person = desk.people().firstOrNull() ?: 0
        turn(before)
        return true
    }

    /** Larger letters and the other language, for who cannot read what stands here. */
    private fun look(page: Page) {
        if (at !in setOf(At.FIRST, At.WHO, At.PIN)) return
        val settings = host.app.settings
        page +=
            kit.button(t("Chữ to hơn, nhỏ hơn", "Larger, smaller letters"), Weight.LIGHT) {
                settings.size = (settings.size + 1) % Settings.SIZES.size
                host.show()
            }
        // Each in the words of who looks for it.
        page +=
            kit.button(t("English", "Tiếng Việt"), Weight.LIGHT) {
                settings.language = if (settings.language == Language.VI) Language.EN else Language.VI
                host.show()
            }
    }

    private fun turn(to: At, tooOld: Boolean = false) {
        at = to
        when (to) {
            At.CODE -> route.state[WHOSE] = "$person"
            At.NEW,
            At.AGAIN -> Unit
            else -> route.state.clear()
        }
        if (tooOld) route.state[OLD] = "$person"
        pad = null
        host.redraw()
    }

    private fun welcome(page: Page) {
        page +=
            kit.words(
                t(
                    "Sổ ghi chép của mình, dùng được khi không có mạng.",
                    "Your own records, also without a network.",
                ),
                20f,
            )
        page +=
            kit.button(t("Bắt đầu dùng", "Begin"), Weight.MAIN) {
                person = 0
                turn(At.NEW)
            }
        page +=
            kit.faint(
                    t(
                        "Cần phiếu đăng ký do văn phòng cấp. Đặt mã PIN trước, nhập phiếu sau.",
                        "The office gives you a ticket. First choose a PIN, then enter the ticket.",
                    )
                )
                .apply { layoutParams = kit.below(4) }
        page +=
            kit.button(t("Chạy thử, không cần phiếu", "Practise, without a ticket")) { practise() }
        page +=
            kit.faint(
                    t(
                        "Mười hai người bịa ra, tha hồ bấm thử. Không gửi đi đâu.",
                        "Twelve invented people. Nothing is sent.",
                    )
                )
                .apply { layoutParams = kit.below(4) }
        page +=
            kit.button(t("Máy cũ hỏng, còn bản sao", "From a copy of a book"), Weight.LIGHT) {
                host.go(Restore.CODE)
            }
    }

    private fun who(page: Page) {
        page += kit.heading(t("Sổ của ai?", "Whose book?"))
        for (n in desk.people()) page +=
            kit.row(name(n)) {
                person = n
                turn(At.PIN)
            }
    }

    private fun name(n: Int) =
        if (n == 0) t("Người thứ nhất", "The first person")
        else t("Người thứ hai", "The second person")

    private fun pin(page: Page, ask: Text) {
        if (desk.people().size > 1 || person > 0)
            page += kit.words(name(person), 18f, kit.colors.faint)
        page += kit.words(ask, 20f, bold = true).apply { layoutParams = kit.below(4) }
        if (tooOld) update(page)
        val pad = PinPad(kit, host::quiet).also { this.pad = it }
        page += pad
        page +=
            kit.button(
                if (at == At.PIN) t("Mở", "Open") else t("Tiếp tục", "Go on"),
                Weight.MAIN,
                ::entered,
            )
        if (at != At.PIN) return
        page += kit.button(t("Quên mã PIN", "PIN forgotten")) { turn(At.CODE) }
        if (desk.people().size < Desk.PEOPLE) {
            page +=
                kit.button(
                    t("Thêm người thứ hai dùng máy này", "A second person uses this phone")
                ) {
                    person = (0 until Desk.PEOPLE).first { !desk.isThere(it) }
                    turn(At.NEW)
                }
        }
        page += kit.button(t("Chạy thử", "Practise")) { practise() }
    }

    private fun update(page: Page) {
        page += kit.notice(told(ChiboException.AppTooOld()), Tone.ALARM)
        page +=
            kit.button(t("Cập nhật ứng dụng", "Update the app"), Weight.MAIN) {
                host.go(Update.CODE)
            }
    }

    /** Opens a book; of one that is of a newer app the way out is shown. */
    private suspend fun open(how: suspend () -> Unit) {
        try {
            how()
        } catch (_: ChiboException.AppTooOld) {
            return turn(At.PIN, tooOld = true)
        }
        host.app.settings.wiped = false
        host.show()
    }

    private fun entered() =
        when (at) {
            At.NEW -> {
                if (typed.length < PinPad.LEAST)
                    host.tell(
                        t(
                            "Mã PIN phải có ít nhất ${PinPad.LEAST} số.",
                            "The PIN needs at least ${PinPad.LEAST} digits.",
                        ),
                        Tone.ALARM,
                    )
                else {
                    first = typed
                    turn(At.AGAIN)
                }
            }
            At.AGAIN -> {
                if (typed != first) {
                    host.tell(
                        t(
                            "Hai lần nhập không giống nhau. Xin đặt lại.",
                            "They differ. Choose once more.",
                        ),
                        Tone.ALARM,
                    )
                    turn(At.NEW)
                } else
                    host.work {
                        val pin = first
                        open {
                            if (code.isEmpty()) desk.create(person, pin)
                            else desk.recover(person, code, pin)
                        }
                    }
            }
            else ->
                host.work {
                    open {
                        try {
                            desk.open(person, typed)
                        } finally {
                            pad?.clear()
                        }
                    }
                }
        }

    private fun recovery(page: Page) {
        page +=
            kit.words(
                t(
                    "Gọi văn phòng hoặc bí thư. Nghe đọc mã và gõ vào đây: sáu nhóm, mỗi nhóm năm số.",
                    "Call the office or the secretary, and type the code that is read out: six groups of five digits.",
                )
            )
        val entry =
            Entry(kit, t("Mã mở lại", "Recovery code"), code, Typing.TICKET) {
                route.state[TYPED] = it
            }
        page += entry
        page +=
            kit.button(t("Tiếp tục", "Go on"), Weight.MAIN) {
                route.state[TYPED] = entry.typed
                if (code.isEmpty()) entry.tell(t("Chưa ghi gì.", "Nothing is written."))
                else turn(At.NEW)
            }
    }

    private fun practise() =
        host.work {
            desk.practise()
            host.home()
        }

    companion object {
        const val CODE = "M01"
        private const val WHOSE = "whose"
        private const val TYPED = "code"
        private const val OLD = "too-old"
    }
}
