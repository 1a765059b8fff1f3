package vn.chibo.sotay.screens

import android.view.View
import vn.chibo.Ending
import vn.chibo.ListQuery
import vn.chibo.MailOutcome
import vn.chibo.Outbox
import vn.chibo.Refusal
import vn.chibo.Refused
import vn.chibo.SyncOutcome
import vn.chibo.SyncSteps
import vn.chibo.Text
import vn.chibo.Waiting
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.bytesShown
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.told
import vn.chibo.sotay.work.Notices
import vn.chibo.sotay.work.SyncState

/** "Gửi ngay": what waits, how far it has come, what came, what failed and what to do about it. */
class Sync(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Gửi và nhận", "Send and fetch")
    override val help =
        t(
            "Bấm “Gửi ngay” khi có sóng. Mất sóng giữa chừng không hỏng gì, bấm lại là đi tiếp. Không có mạng thì gửi bằng tệp.",
            "Press “Send now” with a signal. A broken line harms nothing: press again. Without a network send a file.",
        )
    override val hearsSync = true

    private val run
        get() = host.app.sync

    private val nearby = Nearby(this)

    override suspend fun draw(page: Page) {
        if (saysPractice(page)) return
        val outbox = ask { it.outbox() }
        // A book whose right has ended shows nothing more, and what waits in it goes to the office all the same.
        val home = if (outbox.ended) null else ask { it.home() }
        if (outbox.ended) ended(page, outbox)
        when (val state = run.state) {
            is SyncState.Going -> going(page, state.soFar)
            // What was in step is not any more, once something was written after it.
            is SyncState.Done ->
                if (!state.outcome.synced || outbox.changes == 0u) done(page, state.outcome, outbox)
            is SyncState.Mailed -> mailed(page, state.outcome, outbox)
            is SyncState.Failed -> {
                page += kit.notice(told(state.why), Tone.ALARM)
                steps(page, state.soFar)
            }
            is SyncState.Stopped -> {
                page += kit.notice(t("Đã dừng. Phần đã tới vẫn còn.", "Stopped. What came stays."))
                steps(page, state.soFar)
            }
            SyncState.Never -> Unit
        }
        val address = ask { it.nodeAddress() }
        if (route.state[ASKS_NEAR] != null) {
            if (nearby.asksFirst(address)) return nearby.ask(page)
            route.state -= ASKS_NEAR
        }
        nearby.refused(page, address)
        Otherwise.line(this, page, home?.otherwise)
        if (!outbox.ended && Notices.isToBeAsked(host.app)) notices(page)
        page += kit.heading(t("Còn lại trên máy", "Still on this phone"))
        page += kit.words(outbox.said)
        if (outbox.inMailbox)
            page +=
                kit.faint(
                    t(
                        "Có thư đang nằm ở hộp thư, xã chưa trả lời.",
                        "A letter lies in the mailbox; the office has not answered.",
                    )
                )
        if (outbox.provisional > 0u) page += kit.faint(provisionalSaid(outbox))
        home?.let { page += kit.faint(it.lastSyncSaid) }
        if (!run.isGoing)
            page +=
                kit.button(t("Gửi ngay", "Send now"), Weight.MAIN) {
                    Notices.sentByHand(host.app)
                    begin(address)
                }
        if (!run.isGoing) mailbox(page, outbox.inMailbox)
        page +=
            kit.button(t("Gửi bằng tệp (không cần mạng)", "Send by file (no network)")) {
                host.go(Files.CODE)
            }
        page += kit.button(t("Về trang đầu", "To the first page")) { host.home() }
    }

    /** Sends, after the system's leave to speak to the office's PC was asked for where that is needed. */
    private fun begin(address: String) {
        if (!nearby.asksFirst(address)) {
            run.begin()
            return
        }
        route.state[ASKS_NEAR] = "1"
        host.redraw()
    }

    override fun leaveSaid(given: Boolean) {
        if (route.state.remove(ASKS_NEAR) != null && given) run.begin()
    }

    /** Why the system is going to ask, before it does: once, at the first sending. */
    private fun notices(page: Page) {
        page += kit.heading(t("Có cần máy báo không?", "Shall the phone tell you?"))
        page +=
            kit.words(
                t(
                    "Khi việc gửi đi bị trả lại hoặc xã cần bác xem, máy hiện một dòng “Có việc cần bác xem”, không nói việc gì. Ngoài ra không báo gì.",
                    "When something is sent back or the office needs you, one line says “Something needs you” and nothing of what it is. Nothing else is ever shown.",
                )
            )
        fun answer(leave: Boolean) {
            Notices.asked(host.activity, leave)
            host.redraw()
        }
        page += kit.button(t("Cho máy báo", "Yes, tell me")) { answer(true) }
        page += kit.button(t("Không cần", "No need")) { answer(false) }
    }

    private fun going(page: Page, soFar: SyncSteps?) {
        page +=
            kit.notice(
                t(
                    "Đang gửi và nhận… Cứ làm việc khác, không sao.",
                    "Sending and fetching… You may go on working.",
                ),
                Tone.CALM,
            )
        steps(page, soFar)
        page += kit.button(t("Dừng lại", "Stop"), Weight.GRAVE) { host.work { run.stop() } }
    }

    private fun steps(page: Page, soFar: SyncSteps?) {
        if (soFar == null) return
        val up = bytesShown(soFar.bytesUp)
        val down = bytesShown(soFar.bytesDown)
        page +=
            kit.words(t("Đã gửi $up, đã nhận $down.", "Sent $up, received $down.")).apply {
                layoutParams = kit.below(8)
            }
    }

    private suspend fun done(page: Page, outcome: SyncOutcome, outbox: Outbox) {
        if (outcome.synced)
            page += kit.notice(t("Đã khớp với xã.", "In step with the office."), Tone.CALM)
        waits(page, outcome)
        if (outcome.handedOver > 0u)
            page +=
                kit.words(
                    t(
                        "Xã đã nhận ${outcome.handedOver} thay đổi của máy này.",
                        "The office received ${outcome.handedOver} changes.",
                    )
                )
        if (outcome.came > 0u) came(page, outcome.came, outbox)
        if (outcome.handedOver == 0u && outcome.came == 0u && outcome.synced)
            page += kit.words(t("Không có gì mới.", "Nothing new."))
        steps(page, outcome.steps)
        refused(page, outcome.refused, outbox)
        if (outcome.held > 0u)
            page +=
                kit.notice(
                    t(
                        "${outcome.held} thay đổi chờ xã quyết định.",
                        "${outcome.held} changes wait for the office's decision.",
                    )
                )
        if (outcome.waiting > 0u)
            page +=
                kit.notice(
                    t(
                        "Còn ${outcome.waiting} thay đổi chưa gửi xong. Xin bấm gửi lại.",
                        "${outcome.waiting} changes still wait. Send again.",
                    )
                )
        if (outcome.tooMuchToday > 0u)
            page +=
                kit.notice(
                    t(
                        "Hôm nay gửi đã nhiều. Phần còn lại để mai gửi tiếp.",
                        "Enough was sent today. The rest goes tomorrow.",
                    )
                )
        outcome.clockOffSeconds?.let {
            page +=
                kit.notice(
                    t(
                        "Đồng hồ của máy lệch ${minutes(it)} phút. Xin chỉnh lại giờ.",
                        "The clock is off by ${minutes(it)} minutes. Set it.",
                    )
                )
        }
    }

    /** How much came, and at whose records, as far as a page has room for it. */
    private suspend fun came(page: Page, items: UInt, outbox: Outbox) {
        page += kit.words(t("Về máy $items mục mới.", "$items new items came."))
        if (outbox.ended) return
        val places = run.changedAt
        val whose = ask { it.list(ListQuery("member", "", null, 0u, 0u)) }.filter { it.place in places }
        for (one in whose.take(NAMED)) page += kit.rowOf(one.title) { host.go(Member.CODE, one.place) }
        val more = whose.size - NAMED
        if (more > 0) page += kit.faint(t("Và $more người khác.", "And $more others."))
    }

    /** What the office did not take in. A book whose right has ended shows none of it, and says what it can still do. */
    private suspend fun refused(page: Page, all: List<Refused>, outbox: Outbox) {
        val first = all.firstOrNull() ?: return
        page +=
            kit.notice(
                t(
                    "${all.size} thay đổi không được nhận: ${first.why.vi}",
                    "${all.size} changes were refused: ${first.why.en}",
                ),
                Tone.ALARM,
            )
        if (outbox.ended) {
            page += host.wayOut()
            return
        }
        for (one in ask { it.refusals() }.take(all.size)) page += refusal(one)
        page += kit.button(t("Xem cái nào, vì sao", "See which and why")) { host.go(Refusals.CODE) }
    }

    private suspend fun mailed(page: Page, outcome: MailOutcome, outbox: Outbox) {
        page += kit.notice(outcome.said, if (outcome.synced) Tone.CALM else Tone.CARE)
        if (outcome.handedOver > 0u)
            page +=
                kit.words(
                    t(
                        "Xã đã nhận ${outcome.handedOver} thay đổi của máy này.",
                        "The office received ${outcome.handedOver} changes.",
                    )
                )
        if (outcome.came > 0u) came(page, outcome.came, outbox)
        if (outcome.newKeys)
            page +=
                kit.notice(
                    t("Xã đã đổi khóa. Xin gửi lại.", "The office has new keys. Send again.")
                )
        refused(page, outcome.refused, outbox)
    }

    /** For when the office's machine is off: a letter lies sealed in a box until it is fetched. */
    private suspend fun mailbox(page: Page, waits: Boolean) {
        val kept = ask { it.mailbox() }
        if (kept.isNotEmpty()) {
            val words =
                if (waits)
                    t(
                        "Hỏi hộp thư xem xã trả lời chưa",
                        "Ask the mailbox for the office's answer",
                    )
                else t("Gửi qua hộp thư (máy văn phòng đang tắt)", "By mailbox (the office is off)")
            page += kit.button(words) { run.begin(kept) }
            return
        }
        if (route.state["mailbox"] == null) {
            page +=
                kit.button(
                    t("Máy văn phòng tắt: gửi qua hộp thư", "The office is off: by mailbox")
                ) {
                    route.state["mailbox"] = "1"
                    host.redraw()
                }
            return
        }
        val address =
            Entry(
                kit,
                t("Địa chỉ hộp thư do xã cho", "The mailbox's address, from the office"),
                route.state["address"].orEmpty(),
                Typing.TICKET,
            ) {
                route.state["address"] = it
            }
        page += address
        page +=
            kit.button(t("Gửi qua hộp thư này", "Send by this mailbox")) {
                if (address.typed.isBlank()) address.tell(t("Chưa ghi gì.", "Nothing is written."))
                else run.begin(address.typed.trim())
            }
    }

    private fun waits(page: Page, outcome: SyncOutcome) {
        outcome.waits?.let {
            page +=
                kit.notice(
                    when (it) {
                        Waiting.RESTORED ->
                            t(
                                "Máy văn phòng vừa phục hồi, đang chờ người ở đó xác nhận. Việc của bác vẫn nằm đủ trên máy này.",
                                "The office's machine was restored and waits for its people. Your work is all here.",
                            )
                        Waiting.UNSEEN ->
                            t(
                                "Lâu quá máy này chưa liên lạc. Xin gọi xã.",
                                "This phone was silent for long. Call the office.",
                            )
                        Waiting.NOT_BEGUN ->
                            t(
                                "Quyền của máy này chưa đến ngày bắt đầu.",
                                "This phone's rights have not begun yet.",
                            )
                    }
                )
        }
    }

    private fun minutes(seconds: Long) = (kotlin.math.abs(seconds) + 59) / 60

    companion object {
        const val CODE = "M20"
        private const val NAMED = 5
        private const val ASKS_NEAR = "asks-near"

        /** The screen, sending at once; where the person is to be asked first, asking. */
        suspend fun now(host: Host) {
            val address = host.app.desk.ask { it.nodeAddress() }
            val route = Route(CODE)
            if (Nearby(host.screen).asksFirst(address)) route.state[ASKS_NEAR] = "1"
            else host.app.sync.begin()
            host.go(route)
        }
    }
}

/** That this book's right has ended, how, and where its place went if it went anywhere. */
fun Screen.ended(page: Page, outbox: Outbox) {
    page +=
        kit.notice(
            when (outbox.ending) {
                Ending.SUCCEEDED ->
                    t(
                        "Khóa của máy này đã được thay bằng khóa mới. Sổ không cho xem và ghi nữa.",
                        "Another key has taken this one's place. The book shows and takes nothing more.",
                    )
                Ending.MOVED_AWAY ->
                    t(
                        "Nơi này đã chuyển sang xã khác giữ sổ. Xin lấy phiếu mới ở đó.",
                        "This place went to another office. Ask there for a ticket.",
                    )
                // What was wiped is gone; what was handed over leaves an empty book.
                Ending.WIPED ->
                    t(
                        "Quyền của máy này đã hết: sổ đã bàn giao hoặc đã xóa, ở đây không còn hồ sơ nào.",
                        "This phone's rights have ended: the book was handed over or removed, and no record is left here.",
                    )
                Ending.OVER,
                null ->
                    t(
                        "Quyền của máy này đã hết. Sổ không cho xem và ghi nữa; xin hỏi xã.",
                        "This phone's rights have ended. The book shows and takes nothing more; ask the office.",
                    )
            },
            Tone.ALARM,
        )
    // A new office that nobody has reached yet has none.
    outbox.movedTo?.takeIf { it.isNotEmpty() }?.let { page += kit.value(t("Địa chỉ máy của xã mới", "The new office's address"), it) }
}

/** How much of what others wrote lies here by hand, and was not received yet as far as this phone has heard. */
fun provisionalSaid(outbox: Outbox) =
    t(
        "${outbox.provisional} thay đổi nhận tay từ máy khác, xã chưa xác nhận.",
        "${outbox.provisional} changes came by hand and are not confirmed.",
    )

/** Own work that does not stand: whose, what was written, why. */
private fun Screen.refusal(one: Refusal): View {
    val what = one.kinds.joinToString { it.said(kit.language) }
    val mark =
        if (one.waitsForOffice) t("chờ xã quyết", "the office decides")
        else t("không nhận", "refused")
    val written = one.written.map { written(it, kit.language) }
    val under = (listOf(what, one.why.said(kit.language)) + written).joinToString("\n")
    val place = one.place
    return kit.rowOf(
        one.name.ifEmpty { what },
        under,
        mark,
        if (one.waitsForOffice) Tone.CARE else Tone.ALARM,
        then = place?.let { { host.go(Member.CODE, it) } },
    )
}

/** Own work that the office did not let stand, what it said, why, and what to do. */
class Refusals(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Không được nhận", "Refused")
    override val help =
        t(
            "Chữ đã ghi của việc bị trả lại còn ở đây để đọc. Mở hồ sơ và ghi lại cho đúng, hoặc gọi xã.",
            "What was written stands here to be read. Open the record and write it again as it should be, or call the office.",
        )

    override suspend fun draw(page: Page) {
        // A notice may have led here; of a book whose right has ended M10 says what can still be done.
        if (ask { it.outbox() }.ended) return host.instead(Route(Home.CODE))
        val all = ask { it.refusals() }
        if (all.isEmpty()) page += kit.faint(t("Không có gì bị trả lại.", "Nothing was refused."))
        for (one in all) page += refusal(one)
        if (all.isNotEmpty()) ask { it.refusalsTold() }
    }

    companion object {
        const val CODE = "M22"
    }
}
