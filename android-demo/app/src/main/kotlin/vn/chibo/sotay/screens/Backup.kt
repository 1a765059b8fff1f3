package vn.chibo.sotay.screens

import android.content.Intent
import android.net.Uri
import vn.chibo.Text
import vn.chibo.passphraseLeast
import vn.chibo.sotay.Desk
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.PinPad
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.bytesShown
import vn.chibo.sotay.ui.t

/**
 * A copy of the whole book, sealed with a passphrase, for the day when the phone is broken (*bản sao*). The words are
 * secret: nothing of this screen keeps them.
 */
class Backup(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Bản sao của sổ", "A copy of the book")
    override val help =
        t(
            "Đặt mật khẩu dài, ghi ra giấy, cất riêng. Tệp bản sao để ở thẻ nhớ hoặc máy tính. Máy hỏng thì mở lại được.",
            "Choose long words, write them on paper, keep them apart. Put the file on a card or a PC. It opens when the phone is broken.",
        )

    override suspend fun draw(page: Page) {
        if (saysPractice(page)) return
        page +=
            kit.words(
                t(
                    "Việc đã gửi thì văn phòng giữ rồi. Bản sao giữ cả việc chưa gửi, phòng khi máy hỏng.",
                    "What was sent the office has. A copy also keeps what was not sent, in case the phone breaks.",
                )
            )
        page +=
            kit.notice(
                t(
                    "Ai có tệp và mật khẩu là đọc được cả sổ. Mất mật khẩu thì không ai mở được.",
                    "Whoever has the file and the words reads the book. Without the words nobody opens it.",
                )
            )
        val least = passphraseLeast()
        val words =
            Entry(
                kit,
                t("Mật khẩu, ít nhất $least ký tự, kể cả dấu cách", "Passphrase, at least $least characters, blanks count"),
                "",
                Typing.TICKET,
            ) {}
        val again = Entry(kit, t("Gõ lại mật khẩu", "The same once more"), "", Typing.TICKET) {}
        page += words
        page += again
        page +=
            kit.button(t("Làm bản sao", "Make the copy"), Weight.MAIN) {
                words.tell(null)
                again.tell(null)
                val typed = words.typed.trim()
                when {
                    typed.length < least.toInt() ->
                        words.tell(
                            t("Cần ít nhất $least ký tự, kể cả dấu cách.", "It needs at least $least characters.")
                        )
                    typed != again.typed.trim() ->
                        again.tell(
                            t("Hai lần gõ không giống nhau.", "They differ.")
                        )
                    else -> make(typed)
                }
            }
    }

    private fun make(words: String) =
        host.work {
            host.tell(t("Đang làm bản sao, xin đợi…", "Making the copy, please wait…"))
            val file = ask { it.backup(words) }
            Files.shareFile(host, "ban-sao", file)
            val size = bytesShown(file.size.toULong())
            host.redraw()
            host.tell(
                t(
                    "Bản sao $size, đã mở thử: còn nguyên. Cất ở chỗ khác máy này.",
                    "A copy of $size; it was opened and is whole. Keep it away from this phone.",
                )
            )
        }

    companion object {
        const val CODE = "M85"
    }
}

/** A book comes back from its copy, on a phone that has none: the file, the words, a new PIN. */
class Restore(host: Host, route: Route) : Screen(host, route) {
    private val person
        get() = (0 until Desk.PEOPLE).firstOrNull { !host.app.desk.isThere(it) }

    // Secrets: gone with the screen.
    private var words = ""
    private var first = ""

    override val needsStore = false
    override val title: Text = t("Mở từ bản sao", "From a copy")
    override val help =
        t(
            "Chọn tệp bản sao, gõ mật khẩu đã ghi ra giấy, rồi đặt mã PIN mới. Xong thì bấm “Gửi ngay”.",
            "Choose the file, type the words from the paper, then choose a new PIN. Afterwards press “Send now”.",
        )

    override suspend fun draw(page: Page) {
        if (person == null) {
            page += kit.notice(t("Máy này đã đủ hai sổ.", "There are two books on this phone."))
            return
        }
        when {
            route.state[FILE] == null -> file(page)
            words.isEmpty() -> words(page)
            else -> pin(page)
        }
    }

    private fun file(page: Page) {
        page +=
            kit.words(
                t(
                    "Máy cũ hỏng hoặc mất mà còn bản sao: mở lại sổ ở đây. Việc ghi sau bản sao và chưa gửi thì không còn.",
                    "The old phone is broken or lost and a copy is left: open the book here. What was written after it and not sent is gone.",
                )
            )
        page +=
            kit.notice(
                t(
                    "Máy cũ còn dùng được thì đừng mở bản sao: một sổ chỉ ở một máy.",
                    "If the old phone still works, do not open the copy: a book lives on one phone.",
                )
            )
        page +=
            kit.button(t("Chọn tệp bản sao", "Choose the file"), Weight.MAIN) {
                Files.pick(host, PICKED)
            }
    }

    override fun given(request: Int, data: Intent?) {
        route.state[FILE] = data?.data?.toString() ?: return
        host.redraw()
    }

    private fun words(page: Page) {
        val entry = Entry(kit, t("Mật khẩu của bản sao", "Passphrase of the copy"), "", Typing.TICKET) {}
        page += entry
        page +=
            kit.button(t("Tiếp tục", "Go on"), Weight.MAIN) {
                words = entry.typed.trim()
                if (words.isEmpty()) entry.tell(t("Chưa ghi gì.", "Nothing is written."))
                else host.redraw()
            }
        page +=
            kit.button(t("Chọn tệp khác", "Another file")) {
                route.state -= FILE
                host.redraw()
            }
    }

    private fun pin(page: Page) {
        page +=
            kit.words(
                if (first.isEmpty())
                    t("Đặt mã PIN mới, ít nhất 6 số", "Choose a new PIN, at least 6 digits")
                else t("Nhập lại mã PIN vừa đặt", "Type the new PIN once more"),
                20f,
                bold = true,
            )
        val pad = PinPad(kit, host::quiet)
        page += pad
        page += kit.button(t("Tiếp tục", "Go on"), Weight.MAIN) { entered(pad.typed) }
    }

    private fun entered(typed: String) {
        when {
            typed.length < PinPad.LEAST ->
                host.tell(
                    t("Mã PIN phải có ít nhất 6 số.", "The PIN needs at least 6 digits."),
                    Tone.ALARM,
                )
            first.isEmpty() -> {
                first = typed
                host.redraw()
            }
            first != typed -> {
                first = ""
                host.redraw()
                host.tell(
                    t("Hai lần nhập không giống nhau. Xin đặt lại.", "They differ. Choose once more."),
                    Tone.ALARM,
                )
            }
            else -> open(typed)
        }
    }

    private fun open(pin: String) =
        host.work {
            host.tell(t("Đang mở bản sao, xin đợi…", "Opening the copy, please wait…"))
            val (typed, whose) = words to (person ?: return@work)
            // Whatever goes wrong, the words are asked for again.
            words = ""
            first = ""
            try {
                val file = Files.read(host, Uri.parse(route.state[FILE]))
                host.app.desk.restore(whose, file, typed, pin)
            } finally {
                if (host.app.desk.phone == null) host.redraw()
            }
            host.home()
        }

    override fun back(): Boolean {
        if (words.isEmpty()) return false
        words = ""
        first = ""
        host.redraw()
        return true
    }

    companion object {
        const val CODE = "M04"
        private const val FILE = "file"
        private const val PICKED = 1
    }
}
