package vn.chibo.sotay.screens

import android.content.Intent
import vn.chibo.Asking
import vn.chibo.ChiboException
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.told
import vn.chibo.sotay.work.Squares

/** The ticket that the office gave becomes this phone's right to the records of its place. */
class Enrol(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Đăng ký máy", "Enrol this phone")
    override val help =
        t(
            "Văn phòng in cho một phiếu có ô vuông đen trắng (mã QR), và bên dưới một mã ngắn bảy nhóm với địa chỉ văn phòng. Chụp ô vuông đó, hoặc gõ mã và địa chỉ; chữ hoa chữ thường như nhau. Không vào mạng của văn phòng được thì gửi qua hộp thư hoặc bằng tệp: khi đó phải chụp ô vuông, hoặc gõ cả dòng chữ dài.",
            "The office prints a ticket with a square, and below it a short code of seven groups and the office's address. Take a picture of the square, or type the code and the address; capitals do not matter. Without the office's network it goes by mailbox or by file: then the square is needed, or the long line of text.",
        )

    private var entry: Entry? = null

    // A ticket is a secret for as long as it is not used.
    override fun isTyped(key: String) = key != DROPS

    private val nearby = Nearby(this)

    private val letter =
        ByLetter(
            this,
            ByLetter.Asks(
                t("Gửi phiếu qua hộp thư này", "Send it by this mailbox"),
                t("Gửi phiếu bằng tệp", "Send it by file"),
                t("Đã xin đăng ký, xã chưa trả lời.", "Asked for, not yet answered."),
            ),
        )

    override suspend fun draw(page: Page) {
        if (route.state[ANOTHER] == null && ask { it.asking() } == Asking.TO_BE_ENROLLED)
            return waiting(page)
        if (route.state[ASKS_NEAR] != null) return nearby.ask(page)
        route.state["typed"]?.let { typed ->
            // What is no ticket says so when it is used.
            runCatching { addressOf(typed) }.onSuccess { if (it != null) nearby.refused(page, it) }
        }
        page +=
            kit.words(
                t("Nhập phiếu do văn phòng cấp.", "Enter the ticket that the office gave you."),
                20f,
            )
        page += kit.button(t("Chụp ô vuông trên phiếu (mã QR)", "Take a picture of the square")) { photograph() }
        val field =
            Entry(
                kit,
                t("Hoặc gõ mã ngắn, hay cả dòng chữ, trên phiếu", "Or type the ticket's short code, or its whole line"),
                route.state["typed"].orEmpty(),
                Typing.CODE,
            ) {
                hold("typed", it)
                checkTyped()
            }
        entry = field
        checkTyped()
        page += field.hint(t("7 nhóm, mỗi nhóm 4 chữ và số", "7 groups of 4 signs"))
        val address =
            Entry(
                kit,
                t("Địa chỉ văn phòng, ghi cạnh mã ngắn", "The office's address, beside the short code"),
                route.state[ADDRESS].orEmpty(),
                Typing.CODE,
            ) {
                hold(ADDRESS, it)
            }
        page += address.hint(t("Ví dụ: 192.168.1.10:8443", "Such as 192.168.1.10:8443"))
        page +=
            kit.button(t("Đăng ký", "Enrol"), Weight.MAIN) {
                val ticket = field.typed.trim()
                if (ticket.isEmpty())
                    return@button field.tell(t("Chưa có phiếu.", "There is no ticket yet."))
                if (!checkTyped()) return@button
                val typed = address.typed.trim()
                if (typed.isEmpty() && addressOf(ticket) == null)
                    return@button address.tell(told(ChiboException.CodeNeedsAddress()))
                host.work { begin(ticket, typed.ifEmpty { null }) }
            }
        letter.offer(page) {
            val typed = field.typed.trim()
            if (typed.isEmpty()) field.tell(t("Chưa có phiếu.", "There is no ticket yet."))
            val may = typed.isNotEmpty() && checkTyped(needsAll = true)
            if (may) {
                ask { it.enrolByLetter(typed) }
                route.state.remove(ANOTHER)
            }
            may
        }
        ways(page, mayDrop = true)
    }

    /** Where a ticket leads; `null`: it is a short code. */
    private fun addressOf(ticket: String) = vn.chibo.ticketAddress(ticket.trim())

    /**
     * Says under the field what is wrong with what was typed there; nothing is sent for that. A code stands in its groups then,
     * as on the ticket, however it was typed.
     */
    private fun checkTyped(needsAll: Boolean = false): Boolean {
        val field = entry ?: return false
        var isCode = false
        val wrong =
            try {
                isCode = addressOf(field.typed) == null
                if (isCode && needsAll) ChiboException.CodeNeedsLine() else null
            } catch (e: ChiboException) {
                isCode = e is ChiboException.BadCode
                e
            }
        if (isCode) {
            val signs = field.typed.filter(Char::isLetterOrDigit).uppercase()
            val groups = signs.chunked(4).joinToString(" ")
            if (groups != field.typed) {
                field.put(groups)
                hold("typed", groups)
            }
        }
        field.tell(wrong?.takeIf { field.typed.isNotBlank() }?.let(::told))
        return wrong == null
    }

    private suspend fun waiting(page: Page) {
        letter.waiting(page)
        page +=
            kit.button(t("Nhập phiếu khác, hoặc đăng ký qua mạng", "Another ticket, or by network")) {
                route.state[ANOTHER] = "1"
                host.redraw()
            }
        // The ticket may be used already: with the book its key would be gone.
        ways(page, mayDrop = false)
    }

    /** Enrols, after the system's leave to speak to the office's PC was asked for where that is needed. */
    private suspend fun begin(ticket: String, url: String?) {
        if (!nearby.asksFirst(url ?: addressOf(ticket).orEmpty())) return enrol(ticket, url)
        route.state[ASKS_NEAR] = url.orEmpty()
        hold("typed", ticket)
        host.redraw()
    }

    override fun leaveSaid(given: Boolean) {
        val url = route.state.remove(ASKS_NEAR) ?: return
        val ticket = route.state["typed"]?.trim().orEmpty()
        if (given) host.work { enrol(ticket, url.ifEmpty { null }) }
    }

    private suspend fun enrol(ticket: String, url: String?) {
        val phone = host.app.desk.phone ?: throw ChiboException.Closed()
        host.tell(t("Đang hỏi văn phòng…", "Asking the office…"))
        val enrolled = phone.enrol(ticket, url)
        forgetTyped()
        host.app.sync.begin()
        host.instead(Route(Enrolled.CODE, enrolled.confirmation))
    }

    private fun photograph() =
        host.work {
            if (!Squares.photograph(host.activity, 1))
                host.tell(
                    t(
                        "Máy không có ứng dụng chụp ảnh. Xin gõ mã ngắn trên phiếu.",
                        "No camera app. Type the short code.",
                    ),
                    Tone.CARE,
                )
        }

    /** What can be done with a book that nobody has enrolled yet: no dead end for who came here without a ticket. */
    private fun ways(page: Page, mayDrop: Boolean) {
        val app = host.app
        page += kit.heading(if (mayDrop) t("Chưa có phiếu?", "No ticket yet?") else t("Trong khi đợi", "Meanwhile"))
        page +=
            kit.button(t("Chạy thử trước", "Practise first")) {
                host.work {
                    app.desk.practise()
                    host.home()
                }
            }
        page += kit.button(t("Cài đặt", "Settings")) { host.go(Preferences.CODE) }
        page +=
            kit.button(t("Khóa ứng dụng", "Lock")) { lockBook() }
        if (!mayDrop) return
        if (route.state[DROPS] == null) {
            page +=
                kit.button(t("Bỏ sổ trống này", "Remove this empty book"), Weight.LIGHT) {
                    route.state[DROPS] = "1"
                    host.redraw()
                }
            return
        }
        page +=
            kit.notice(
                t(
                    "Sổ này chưa có hồ sơ nào. Bỏ đi thì mã PIN của sổ cũng bỏ; phiếu chưa dùng vẫn dùng được.",
                    "There is no record in this book. Its PIN goes with it; a ticket that was not used stays good.",
                )
            )
        page +=
            kit.button(t("Bỏ sổ này", "Remove it"), Weight.GRAVE) {
                host.work {
                    app.sync.stop()
                    app.desk.discard(app.desk.person)
                    host.home()
                }
            }
        page +=
            kit.button(t("Thôi, giữ lại", "Keep it")) {
                route.state -= DROPS
                host.redraw()
            }
    }

    override fun given(request: Int, data: Intent?) {
        if (request == ByLetter.ANSWER) data?.data?.let(letter::read) else photographed()
    }

    private fun photographed() =
        host.work {
            val text = Squares.read(host.activity)
            if (text == null) {
                host.tell(
                    t(
                        "Không thấy ô vuông trong ảnh. Xin chụp gần hơn, đủ sáng, hoặc gõ mã ngắn.",
                        "No square is seen in the picture. Go nearer, or type the short code.",
                    ),
                    Tone.CARE,
                )
                return@work
            }
            entry?.edit?.setText(text)
            hold("typed", text)
            // Without a line the ticket is only taken off the paper here.
            if (route.state[ByLetter.MEANT] == null) begin(text, null)
        }

    companion object {
        const val CODE = "M02"
        private const val ANOTHER = "letter-another"
        private const val ADDRESS = "address"
        private const val DROPS = "drops"
        private const val ASKS_NEAR = "asks-near"
    }
}

/** It worked: the number to compare by telephone. */
class Enrolled(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Đã đăng ký", "Enrolled")
    override val help =
        t(
            "Đọc dãy số trên màn hình cho văn phòng nghe, để chắc là đúng máy này.",
            "Read the number out to the office, so that they know this phone.",
        )

    override suspend fun draw(page: Page) {
        page += kit.notice(t("Máy này đã đăng ký xong.", "This phone is enrolled."), Tone.CALM)
        page +=
            kit.words(t("Đọc số này cho văn phòng nghe:", "Read this number out to the office:"))
        page += kit.data(route.arg(0).orEmpty(), 26f, bold = true)
        val byLetter = route.arg(1) != null
        page +=
            kit.words(
                    if (byLetter)
                        t(
                            "Hồ sơ về máy ở lần gửi và nhận tới, cũng bằng đường này.",
                            "The records come with the next sending and fetching, by the same way.",
                        )
                    else t("Hồ sơ đang về máy. Bấm tiếp để xem.", "The records are on their way."),
                    18f,
                )
                .apply { layoutParams = kit.below(12) }
        if (byLetter) {
            page +=
                kit.button(t("Gửi và nhận", "Send and fetch"), Weight.MAIN) {
                    host.instead(Route(Sync.CODE))
                }
            page += kit.button(t("Vào sổ", "To the book")) { host.home() }
            return
        }
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
