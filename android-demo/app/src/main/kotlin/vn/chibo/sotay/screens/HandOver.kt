package vn.chibo.sotay.screens

import android.content.Intent
import android.widget.ImageView
import vn.chibo.Succession
import vn.chibo.Tally
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.same
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.work.Squares

/**
 * The branch's book goes to a new secretary (*bàn giao*): two sides that both sign, three files, no
 * line.
 */
class HandOver(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Bàn giao", "Hand-over")
    override val help =
        t(
            "Ba bước: người cũ ký và gửi tệp; người mới mở tệp, ký và gửi lại; người cũ mở tệp đó thì máy cũ được dọn sạch.",
            "Three steps: the one before signs and sends a file; the new one opens it, signs and sends it back; then the old phone is emptied.",
        )

    private var tally: Map<String, Entry> = emptyMap()

    override fun isTyped(key: String) = key != "step"

    override val isWrittenAsWhole
        get() = route.state["step"] in setOf("give", "take")

    override suspend fun draw(page: Page) {
        if (host.app.desk.isPractice)
            page +=
                kit.notice(
                    t("Đang chạy thử: không bàn giao được.", "Practice: nothing is handed over.")
                )
        for (done in ask { it.successions() }) story(page, done)
        when (route.state["step"]) {
            "give" -> counted(page, t("Ký giao và gửi tệp", "Sign and send the file")) { give() }
            "take" ->
                counted(page, t("Chọn tệp nhận được và ký nhận", "Choose the file and sign")) {
                    Files.pick(host, TAKE)
                }
            "finish" -> finish(page)
            else -> steps(page)
        }
    }

    private fun steps(page: Page) {
        step(
            page,
            t("Tôi giao sổ", "I hand over"),
            t("Bước 1, trên máy người cũ", "Step 1, on the old phone"),
            "give",
        )
        step(
            page,
            t("Tôi nhận sổ", "I take over"),
            t("Bước 2, trên máy người mới", "Step 2, on the new phone"),
            "take",
        )
        step(
            page,
            t("Xong bàn giao, dọn máy cũ", "Finish, empty the old phone"),
            t("Bước 3, trên máy người cũ", "Step 3, on the old phone"),
            "finish",
        )
        page +=
            kit.row(
                t("Việc còn thiếu ở máy này", "What is missing here"),
                t("Khi máy người trước bị mất", "When the phone of before was lost"),
            ) {
                host.go(Missing.CODE)
            }
    }

    private fun step(page: Page, title: Text, under: Text, to: String) {
        page +=
            kit.row(title, under) {
                route.state["step"] = to
                host.redraw()
            }
    }

    override fun back(): Boolean {
        if (route.state.remove("step") == null) return false
        host.redraw()
        return true
    }

    private fun counted(page: Page, words: Text, then: () -> Unit) {
        page += kit.words(t("Đếm và ghi những gì đang có.", "Count what is there."), 20f)
        val fields =
            listOf(
                Triple("name", t("Họ tên người ký", "Name of who signs"), Typing.NAME),
                Triple("cash", t("Tiền mặt trong quỹ (đồng)", "Cash (đồng)"), Typing.NUMBER),
                Triple("dossiers", t("Số túi hồ sơ giấy", "Paper dossiers"), Typing.NUMBER),
                Triple(
                    "books",
                    t("Sổ giấy nào, đến trang mấy", "Which paper books, to which page"),
                    Typing.LINE,
                ),
                Triple("note", t("Ghi thêm", "Note"), Typing.PROSE),
            )
        tally =
            fields.associate { (name, label, typing) ->
                name to
                    Entry(kit, label, route.state["t-$name"].orEmpty(), typing) {
                        hold("t-$name", it)
                    }
            }
        tally.values.forEach { page += it }
        if (route.state["step"] == "give") {
            val card =
                Entry(
                    kit,
                    t(
                        "Mã máy người nhận (nếu máy đó mới)",
                        "The new phone's card, if it is new here",
                    ),
                    route.state["card"].orEmpty(),
                    Typing.TICKET,
                ) {
                    hold("card", it)
                }
            page += card
            page +=
                kit.button(
                    t("Chụp mã trên máy người nhận", "Photograph the code on the new phone")
                ) {
                    host.work {
                        if (!Squares.photograph(host.activity, CARD))
                            host.tell(
                                t("Máy không có ứng dụng chụp ảnh.", "There is no camera app."),
                                Tone.CARE,
                            )
                    }
                }
        }
        page +=
            kit.button(words, Weight.MAIN) {
                if (tally.getValue("name").typed.isBlank())
                    tally.getValue("name").tell(t("Chưa ghi tên người ký.", "Who signs?"))
                else then()
            }
        if (route.state["step"] == "take")
            page +=
                kit.button(t("Cho xem mã máy này", "Show this phone's card")) { host.go(Card.CODE) }
    }

    private fun signed(): Tally {
        fun said(name: String) = tally[name]?.typed.orEmpty().trim()
        val counts =
            listOf("cash", "dossiers")
                .mapNotNull { name -> said(name).toLongOrNull()?.let { name to it } }
                .toMap()
        return Tally(said("name"), counts, said("books"), said("note"), null)
    }

    private fun give() =
        host.work {
            val sealed = ask { it.give(signed(), route.state["card"]?.trim()?.ifEmpty { null }) }
            Files.shareFile(host, "ban-giao", sealed.file)
            route.state.clear()
            forgetTyped()
            host.redraw()
            host.tell(
                t(
                    "Đã ký. Chuyển tệp cho người nhận.",
                    "Signed. Bring the file to the one who takes over.",
                )
            )
        }

    private fun finish(page: Page) {
        page +=
            kit.notice(
                t(
                    "Sau bước này máy này không còn hồ sơ nào của chi bộ. Chỉ làm khi người nhận đã ký và gửi tệp lại.",
                    "After this, no record of the branch is left on this phone.",
                ),
                Tone.ALARM,
            )
        page +=
            kit.button(
                t("Chọn tệp người nhận gửi lại", "Choose the file that came back"),
                Weight.GRAVE,
            ) {
                Files.pick(host, FINISH)
            }
        page += kit.button(t("Chưa, để sau", "Not yet")) { back() }
    }

    override fun given(request: Int, data: Intent?) {
        if (request == CARD) return photographed()
        val from = data?.data ?: return
        host.work {
            val file = Files.read(host, from)
            if (request == TAKE) {
                val sealed = ask { it.takeOver(file, signed()) }
                Files.shareFile(host, "nhan-ban-giao", sealed.file)
                route.state.clear()
                forgetTyped()
                host.redraw()
                host.tell(
                    t("Đã ký nhận. Gửi tệp này lại cho người giao.", "Signed. Send this file back.")
                )
            } else {
                val person = host.app.desk.person
                val sealed = ask { it.layDown(file) }
                Parted.with(host, person, "mang-den-van-phong", sealed.file)
            }
        }
    }

    private fun photographed() =
        host.work {
            val text = Squares.read(host.activity)
            if (text == null)
                return@work host.tell(
                    t(
                        "Không thấy mã trong ảnh. Xin chụp lại gần hơn.",
                        "No code is seen. Go nearer.",
                    ),
                    Tone.CARE,
                )
            hold("card", text)
            host.redraw()
        }

    /** What a count of the hand-over is called. */
    private fun counted(name: String): Text {
        val fields = Kinds.of("succession")?.fields.orEmpty()
        return (fields + fields.flatMap { it.cells }).find { it.name == name }?.label ?: same(name)
    }

    private fun story(page: Page, done: Succession) {
        page += kit.heading(t("Biên bản bàn giao", "Hand-over record"))
        done.given?.let { page += kit.value(t("Người giao", "Given by"), it.name) }
        page +=
            kit.value(
                t("Người nhận", "Taken by"),
                done.taken?.name ?: kit.say(t("chưa ký", "not signed yet")),
            )
        for (name in done.differences) {
            page +=
                kit.row(
                    kit.words(counted(name), bold = true),
                    mark = t("hai bên đếm khác nhau", "counted differently"),
                    tone = Tone.ALARM,
                )
        }
    }

    companion object {
        const val CODE = "M60"
        private const val TAKE = 2
        private const val FINISH = 3
        private const val CARD = 4
    }
}

/** This phone's card, to be photographed by the phone that hands over. */
class Card(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Mã máy này", "This phone's card")
    override val help =
        t(
            "Máy người giao chụp ô vuông này (mã QR). Mã không phải bí mật.",
            "The giver's phone photographs this square. It is no secret.",
        )

    override suspend fun draw(page: Page) {
        val card = ask { it.card() }
        page +=
            kit.words(
                t("Đưa máy này cho máy người giao chụp.", "Let the giver's phone photograph this."),
                20f,
            )
        Squares.draw(card, kit.dp(328))?.let { square ->
            page +=
                ImageView(kit.context).apply {
                    setImageBitmap(square)
                    adjustViewBounds = true
                    contentDescription = kit.say(t("Ô vuông của mã máy", "The square of the card"))
                    layoutParams = kit.below(12)
                }
        }
        page +=
            kit.button(t("Gửi mã bằng tin nhắn", "Send it as a message")) {
                val send =
                    Intent(Intent.ACTION_SEND)
                        .setType("text/plain")
                        .putExtra(Intent.EXTRA_TEXT, card)
                host.activity.startActivity(Intent.createChooser(send, null))
            }
    }

    companion object {
        const val CODE = "M61"
    }
}
