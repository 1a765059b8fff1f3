package vn.chibo.sotay.screens

import vn.chibo.Change
import vn.chibo.DueState
import vn.chibo.Outbox
import vn.chibo.Text
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayShown
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/**
 * The first screen: who is waiting for me, and the few doors to everything else. What it is depends
 * on who opened the book.
 */
class Home(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Sổ tay", "Notebook")
    override val help =
        t(
            "Trên cùng là việc đang chờ. Bên dưới là danh sách, sinh hoạt, người đi xa. “Gửi ngay” để gửi và nhận.",
            "On top is what waits. Below are the list, meetings, who is away. “Send now” sends and fetches.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val outbox = ask { it.outbox() }
        if (host.app.desk.isPractice) practice(page)
        when {
            outbox.ended -> over(page, outbox)
            outbox.role == null -> return host.instead(Route(Enrol.CODE))
            outbox.role == "member" -> return host.instead(Route(OwnHome.CODE))
            else -> secretary(page)
        }
    }

    private fun practice(page: Page) {
        page +=
            kit.notice(
                t(
                    "Đang chạy thử: người và số liệu đều bịa ra, không gửi đi đâu.",
                    "Practice: everything is invented, nothing is sent.",
                )
            )
        page +=
            kit.button(t("Thôi chạy thử, xóa hết", "End practice, remove all"), Weight.GRAVE) {
                host.work {
                    host.app.desk.endPractice()
                    host.home()
                }
            }
    }

    /** Of a book whose right has ended: what waits goes to the office, and then the book makes room for another. */
    private fun over(page: Page, outbox: Outbox) {
        ended(page, outbox)
        page += kit.words(outbox.said).apply { layoutParams = kit.below(12) }
        if (outbox.provisional > 0u) page += kit.faint(provisionalSaid(outbox))
        val nothingWaits = outbox.changes + outbox.unsent == 0u
        page +=
            kit.button(
                t("Gửi phần còn lại cho xã", "Send what is left to the office"),
                if (nothingWaits && outbox.drafts + outbox.provisional == 0u) Weight.PLAIN else Weight.MAIN,
            ) {
                host.go(Sync.CODE)
            }
        if (!nothingWaits)
            page +=
                kit.faint(
                    t(
                        "Xã nhận hết phần còn lại thì bỏ được sổ này và nhập phiếu mới.",
                        "When the office has received what is left, this book can go and a new ticket be used.",
                    )
                )
        else removal(page, outbox)
        page += kit.button(t("Cài đặt", "Settings")) { host.go(Preferences.CODE) }
        page += kit.button(t("Khóa ứng dụng", "Lock")) { lockBook() }
    }

    private fun removal(page: Page, outbox: Outbox) {
        if (route.state[REMOVES] == null) {
            page +=
                kit.button(t("Bỏ sổ này, nhập phiếu mới", "Remove this book, use a new ticket")) {
                    route.state[REMOVES] = "1"
                    host.redraw()
                }
            return
        }
        page +=
            kit.notice(
                t(
                    "Sổ này và mã PIN của nó sẽ bỏ hẳn khỏi máy. ${left(outbox).vi} Sau đó bấm “Bắt đầu dùng” và nhập phiếu mới.",
                    "This book and its PIN go from this phone. ${left(outbox).en} Then press “Begin” and enter the new ticket.",
                ),
                if (outbox.drafts + outbox.provisional > 0u) Tone.ALARM else Tone.CARE,
            )
        page +=
            kit.button(t("Bỏ hẳn sổ này", "Remove it"), Weight.GRAVE) {
                host.work {
                    host.app.sync.stop()
                    host.app.desk.discard(host.app.desk.person)
                    host.home()
                }
            }
        page +=
            kit.button(t("Thôi, giữ lại", "Keep it")) {
                route.state -= REMOVES
                host.redraw()
            }
    }

    /** What goes with the book, and what does not. */
    private fun left(outbox: Outbox): Text {
        val lost =
            listOfNotNull(
                t("${outbox.drafts} tờ ghi dở chưa gửi", "${outbox.drafts} drafts that were not sent")
                    .takeIf { outbox.drafts > 0u },
                t(
                        "${outbox.provisional} thay đổi nhận tay từ máy khác, xã chưa xác nhận",
                        "${outbox.provisional} changes that came by hand and are not confirmed",
                    )
                    .takeIf { outbox.provisional > 0u },
            )
        if (lost.isEmpty()) return t("Không còn việc nào chưa gửi.", "Nothing waits in it.")
        val ask =
            if (outbox.provisional == 0u) t("", "")
            else t(" Hỏi người ghi xem xã đã nhận chưa.", " Ask who wrote them whether the office has them.")
        return t(
            "Mất theo sổ: ${lost.joinToString("; ") { it.vi }}.${ask.vi}",
            "Lost with it: ${lost.joinToString("; ") { it.en }}.${ask.en}",
        )
    }

    private suspend fun secretary(page: Page) {
        val home = ask { it.home() }
        val owner = ask { it.owner() }
        page +=
            kit.data(
                listOfNotNull(owner.placeName, owner.name, owner.roleLabel.said(kit.language))
                    .joinToString(" · "),
                16f,
                kit.colors.faint,
            )
        page += kit.heading(t("Đang chờ bác", "Waiting for you"))
        Otherwise.line(this, page, home.otherwise)
        home.due.firstOrNull()?.let { first ->
            val late = home.due.count { it.state is DueState.Late }
            val mark = if (late > 0) t("$late việc quá hạn", "$late late") else null
            val next =
                t(
                    "${first.label.vi}: ${dayShown(first.due)}",
                    "${first.label.en}: ${dayShown(first.due)}",
                )
            page +=
                kit.row(
                    t("Việc có hạn: ${home.due.size}", "Deadlines: ${home.due.size}"),
                    next,
                    mark,
                    Tone.ALARM,
                ) {
                    host.go(DueList.CODE)
                }
        }
        if (home.conflicts.isNotEmpty()) {
            page +=
                kit.row(
                    t(
                        "Hai người ghi khác nhau: ${home.conflicts.size}",
                        "Written differently: ${home.conflicts.size}",
                    ),
                    t("Xem và chọn giữ bản nào", "Look and choose"),
                ) {
                    host.go(Differ.CODE)
                }
        }
        if (home.unheard.isNotEmpty()) {
            page +=
                kit.row(
                    t(
                        "Đi xa lâu chưa có tin: ${home.unheard.size}",
                        "Away and not heard of: ${home.unheard.size}",
                    ),
                    t("Gọi hỏi và ghi lại", "Call and note"),
                ) {
                    host.go(Away.CODE)
                }
        }
        if (home.openCases > 0u) {
            page +=
                kit.row(
                    t("Việc đang làm dở: ${home.openCases}", "Open cases: ${home.openCases}"),
                    t("Chuyển, miễn sinh hoạt…", "Transfers, exemptions…"),
                ) {
                    host.go(Cases.CODE)
                }
        }
        if (home.refused > 0u) {
            page +=
                kit.row(
                    t("Không được nhận: ${home.refused}", "Refused: ${home.refused}"),
                    t("Xem vì sao", "See why"),
                    t("mới", "new"),
                    Tone.ALARM,
                ) {
                    host.go(Refusals.CODE)
                }
        }
        val calm =
            home.due.isEmpty() &&
                home.conflicts.isEmpty() &&
                home.unheard.isEmpty() &&
                home.openCases == 0u &&
                home.refused == 0u &&
                home.otherwise == null
        if (calm) page += kit.faint(t("Không có việc nào chờ.", "Nothing waits."))

        sending(page, home)
        page += kit.heading(t("Sổ của chi bộ", "The branch's book"))
        page += kit.row(t("Danh sách đảng viên", "Members")) { host.go(Members.CODE) }
        page += kit.row(t("Cơ cấu chi bộ", "Figures")) { host.go(Counts.CODE) }
        page += kit.row(t("Hồ sơ giấy", "Paper dossiers")) { host.go(Dossiers.CODE) }
        page +=
            kit.row(
                t("Danh sách khác", "Other lists"),
                t("Theo ngày, huy hiệu, số thẻ, kỷ luật", "Of a day, badges, cards, discipline"),
            ) {
                host.go(Sheets.CODE)
            }
        page +=
            kit.row(t("Sinh hoạt, điểm danh", "Meetings, attendance")) { host.go(Meetings.CODE) }
        page += kit.row(t("Người đi xa", "Away")) { host.go(Away.CODE) }
        page +=
            kit.row(t("Chuyển, miễn sinh hoạt", "Transfers, exemptions")) { host.go(Cases.CODE) }
        page += kit.row(t("Sinh hoạt tạm thời", "Placed for a time")) { host.go(Guests.CODE) }
        page += kit.row(t("Tết: người về quê", "Tết: who comes home")) { host.go(Tet.CODE) }
        page +=
            kit.row(t("Kiểm lại với sổ giấy", "Check against paper")) { host.go(FirstEvening.CODE) }
        page +=
            kit.row(t("Giúp người quên PIN", "Help with a forgotten PIN")) {
                host.go(ForgottenPin.CODE)
            }
        page +=
            kit.row(t("Bàn giao cho người mới", "Hand over to a successor")) {
                host.go(HandOver.CODE)
            }
        page += kit.row(t("Cài đặt, khóa ứng dụng", "Settings, lock")) { host.go(Preferences.CODE) }
    }

    companion object {
        const val CODE = "M10"
        private const val REMOVES = "removes"
    }
}

/** What is due, whatever is most urgent first. */
class DueList(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Việc có hạn", "Deadlines")
    override val help =
        t(
            "Việc gấp ở trên. Chạm vào một việc để mở đúng việc đó, hoặc hồ sơ người đó.",
            "The most urgent first. Tap one to open its case, or the person's record.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val list = ask { it.deadlines(null, false) }
        if (list.due.isEmpty())
            page += kit.faint(t("Không có việc nào sắp đến hạn.", "Nothing is due."))
        for (due in list.due) {
            val (mark, tone) = stateSaid(due.state)
            val label = due.label.said(kit.language)
            // Of what was not held against its document it is said.
            val doubt = if (due.isVerified) null else t("chưa kiểm chứng", "unverified")
            val day = kit.say(t("hạn ${dayShown(due.due)}", "due ${dayShown(due.due)}"))
            val under = listOf(label, day, due.source).filter { it.isNotEmpty() }
            page +=
                kit.rowOf(due.name, under.joinToString("\n"), mark, tone, doubt) {
                    val at = due.at
                    if (at != null && Kinds.of(at.kind)?.isCase == true) host.go(Case.CODE, at.doc)
                    else host.go(Member.CODE, due.place)
                }
        }
        if (list.gaps > 0u)
            page +=
                kit.faint(
                    t(
                        "${list.gaps} việc chưa tính được hạn vì thiếu quy định của ngày đó.",
                        "${list.gaps} cannot be worked out: no rule of that day is known.",
                    )
                )
    }

    companion object {
        const val CODE = "M17"

        fun stateSaid(state: DueState): Pair<Text, Tone> =
            when (state) {
                is DueState.Late ->
                    t("quá hạn ${state.days} ngày", "${state.days} days late") to Tone.ALARM
                is DueState.Today -> t("hạn hôm nay", "today") to Tone.ALARM
                is DueState.Open ->
                    t("còn ${state.days} ngày", "${state.days} days left") to Tone.CARE
                is DueState.Done -> t("xong", "done") to Tone.CALM
                is DueState.DoneLate ->
                    t("xong, chậm ${state.days} ngày", "done ${state.days} days late") to Tone.CARE
            }
    }
}
