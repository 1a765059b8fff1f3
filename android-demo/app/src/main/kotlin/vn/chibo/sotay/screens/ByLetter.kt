package vn.chibo.sotay.screens

import android.net.Uri
import vn.chibo.Addressee
import vn.chibo.ChiboException
import vn.chibo.NodeWord
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.t

/**
 * The part of a screen for who cannot reach the office's network: this phone's request to be known,
 * by a ticket or under a new key, goes as a letter, in a mailbox or a file, and the office's word
 * comes back the same way. Until then: sent, not received.
 */
class ByLetter(private val form: Screen, private val asks: Asks) {
    /** What this screen's letter asks for. */
    class Asks(val byMailbox: Text, val byFile: Text, val asked: Text)

    private val host = form.host
    private val kit = form.kit
    private val state
        get() = form.route.state

    /** The two ways that need no line to the office; [begin] begins what the letter asks for, or says why not. */
    suspend fun offer(page: Page, begin: suspend () -> Boolean) {
        if (state[MEANT] == null) {
            page +=
                kit.button(
                    t(
                        "Không vào mạng của văn phòng được: gửi qua hộp thư hoặc bằng tệp",
                        "No way into the office's network: by mailbox or by file",
                    )
                ) {
                    state[MEANT] = "1"
                    host.redraw()
                }
            return
        }
        page += kit.heading(t("Không qua mạng của văn phòng", "Not by the office's network"))
        val address = address(form.ask { it.mailbox() })
        page += address
        page +=
            kit.button(asks.byMailbox) {
                if (address.typed.isBlank())
                    return@button address.tell(t("Chưa ghi gì.", "Nothing is written."))
                send(begin) { visit(address.typed.trim()) }
            }
        page += kit.button(asks.byFile) { send(begin) { share() } }
    }

    private fun address(kept: String) =
        Entry(
            kit,
            t("Địa chỉ hộp thư do văn phòng cho", "The mailbox's address, from the office"),
            state[BOX] ?: kept,
            Typing.TICKET,
        ) {
            state[BOX] = it
        }

    private fun send(begin: suspend () -> Boolean, send: suspend () -> Unit) =
        host.work {
            if (!begin()) return@work
            try {
                send()
            } finally {
                if (host.screen === form) host.redraw()
            }
        }

    /** The request is on its way, and the office has not answered. */
    suspend fun waiting(page: Page) {
        val lies = form.ask { it.outbox() }.inMailbox
        val said =
            when {
                lies -> t("Đã gửi vào hộp thư, xã chưa nhận.", "Sent, not yet received.")
                state[FILED] != null -> t("Đã gửi bằng tệp, xã chưa nhận.", "Sent by file, not yet received.")
                else -> asks.asked
            }
        page += kit.notice(said)
        page +=
            kit.words(
                    t(
                        "Văn phòng nhận xong thì trả lời cũng bằng đường này. Cứ tắt máy, không sao.",
                        "The office answers by the same way. The phone may be off meanwhile.",
                    )
                )
                .apply { layoutParams = kit.below(8) }
        val address = address(form.ask { it.mailbox() })
        page += kit.heading(t("Qua hộp thư", "By mailbox"))
        page += address
        page +=
            kit.button(t("Hỏi hộp thư", "Ask the mailbox"), Weight.MAIN) {
                if (address.typed.isBlank())
                    return@button address.tell(t("Chưa ghi gì.", "Nothing is written."))
                host.work {
                    visit(address.typed.trim())
                    if (host.screen === form) host.redraw()
                }
            }
        page += kit.heading(t("Bằng tệp", "By file"))
        page +=
            kit.button(t("Mở tệp trả lời", "Open the answer's file")) { Files.pick(host, ANSWER) }
        page +=
            kit.button(asks.byFile) {
                host.work {
                    share()
                    host.redraw()
                }
            }
    }

    private suspend fun visit(address: String) {
        val phone = host.app.desk.phone ?: throw ChiboException.Closed()
        host.tell(t("Đang hỏi hộp thư…", "Asking the mailbox…"))
        val outcome = phone.syncByMailbox(address)
        if (!heard(host, outcome.word)) host.tell(outcome.said, Tone.CARE)
    }

    private suspend fun share() {
        val sealed = form.ask { it.putIntoFile(Addressee.NODE, ByteArray(0)) }
        state[FILED] = "1"
        Files.shareFile(host, "van-phong", sealed.file)
    }

    /** The file with the office's answer. */
    fun read(from: Uri) =
        host.work {
            val taken = Files.read(host, from).let { file -> form.ask { it.takeFromFile(file) } }
            if (!heard(host, taken.word))
                host.tell(
                    t(
                        "Trong tệp này chưa có trả lời cho máy này.",
                        "There is no answer for this phone in it.",
                    ),
                    Tone.CARE,
                )
        }

    companion object {
        /** What the file with the answer is asked for with. */
        const val ANSWER = 2
        const val MEANT = "letter"
        private const val BOX = "letter-box"
        private const val FILED = "letter-filed"

        /** Acts on the office's word; whether there was one. */
        fun heard(host: Host, word: NodeWord?): Boolean {
            when (word) {
                null -> return false
                is NodeWord.Enrolled ->
                    host.instead(Route(Enrolled.CODE, word.enrolled.confirmation, "letter"))
                is NodeWord.NewKey -> ChangeKey.changed(host)
                is NodeWord.KnownAgain ->
                    host.tell(
                        t(
                            "Máy của xã khôi phục xong, đã nhận lại máy này.",
                            "The office's PC was restored and knows this phone again.",
                        ),
                    )
                is NodeWord.Refused -> {
                    host.redraw()
                    host.tell(word.why, Tone.ALARM)
                }
            }
            return true
        }
    }
}
