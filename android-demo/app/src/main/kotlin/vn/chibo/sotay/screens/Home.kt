package vn.chibo.sotay.screens

import vn.chibo.Change
import vn.chibo.DueState
import vn.chibo.ListQuery
import vn.chibo.ListRow
import vn.chibo.Outbox
import vn.chibo.Text
import vn.chibo.sotay.ui.Kit
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.agoShown
import vn.chibo.sotay.ui.dayShown
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/** The first screen: who is waiting for me, and the few doors to everything else. What it is depends on who opened the book. */
class Home(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Sổ tay", "Notebook")
    override val help = t(
        "Trên cùng là việc đang chờ. Bên dưới là danh sách, sinh hoạt, người đi xa. “Gửi ngay” để gửi và nhận.",
        "On top is what waits. Below are the list, meetings, who is away. “Send now” sends and fetches.",
    )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val outbox = ask { it.outbox() }
        if (host.app.desk.isPractice) practice(page)
        when {
            outbox.ended -> ended(page)
            outbox.role == null -> return host.instead(Route(Enrol.CODE))
            outbox.role == "member" -> return host.instead(Route(OwnHome.CODE))
            else -> secretary(page, outbox)
        }
    }

    private fun practice(page: Page) {
        page += kit.notice(t("Đang chạy thử: người và số liệu đều bịa ra, không gửi đi đâu.", "Practice: everything is invented, nothing is sent."))
        page += kit.button(t("Thôi chạy thử, xóa hết", "End practice, remove all"), Weight.GRAVE) {
            host.work {
                host.app.desk.endPractice()
                host.home()
            }
        }
    }

    private fun ended(page: Page) {
        page += kit.notice(t("Quyền của máy này đã hết. Sổ không cho xem và ghi nữa.", "This phone's rights have ended."), Tone.ALARM)
        page += kit.button(t("Gửi phần còn lại cho văn phòng", "Send what is left to the office"), Weight.MAIN) { host.go(Sync.CODE) }
    }

    private suspend fun secretary(page: Page, outbox: Outbox) {
        val now = host.app.desk.clock.now().toLong()
        val waiting = ask { it.deadlines(null, false) }.due
        val away = ask { it.away(null) }
        val cases = ask { it.openCases() }
        val differ = ask { phone -> conflicts(phone) }

        page += kit.heading(t("Đang chờ bác", "Waiting for you")).apply { setPadding(0, kit.dp(4), 0, kit.dp(4)) }
        val late = waiting.count { it.state is DueState.Late }
        if (waiting.isNotEmpty()) {
            val mark = if (late > 0) t("$late việc quá hạn", "$late late") else null
            val first = waiting.first()
            page += kit.row(
                t("Việc có hạn: ${waiting.size}", "Deadlines: ${waiting.size}"),
                t("${first.label.vi}: ${dayShown(first.due)}", "${first.label.en}: ${dayShown(first.due)}"), mark, Tone.ALARM,
            ) { host.go(DueList.CODE) }
        }
        if (differ.isNotEmpty()) {
            page += kit.row(
                t("Hai người ghi khác nhau: ${differ.size} hồ sơ", "Written differently: ${differ.size} records"),
                t("Xem và chọn giữ bản nào", "Look and choose"),
            ) { host.go(Differ.CODE) }
        }
        val unheard = away.count { it.lastHeard == null || it.unclear.isNotEmpty() }
        if (unheard > 0) {
            page += kit.row(t("Đi xa chưa rõ chỗ ở: $unheard", "Away, place not clear: $unheard"), t("Gọi hỏi và ghi lại", "Call and note")) { host.go(Away.CODE) }
        }
        if (cases.isNotEmpty()) {
            page += kit.row(t("Hồ sơ đang làm dở: ${cases.size}", "Open cases: ${cases.size}"), t("Chuyển sinh hoạt, miễn sinh hoạt…", "Transfers, exemptions…")) { host.go(Cases.CODE) }
        }
        if (waiting.isEmpty() && differ.isEmpty() && unheard == 0 && cases.isEmpty()) {
            page += kit.faint(t("Không có việc nào chờ.", "Nothing waits."))
        }
        sending(page, outbox, now)

        page += kit.heading(t("Sổ của chi bộ", "The branch's book"))
        page += kit.row(t("Danh sách đảng viên", "Members")) { host.go(Members.CODE) }
        page += kit.row(t("Sinh hoạt, điểm danh", "Meetings, attendance")) { host.go(Meetings.CODE) }
        page += kit.row(t("Người đi xa", "Away"), t("${away.size} người", "${away.size}")) { host.go(Away.CODE) }
        page += kit.row(t("Chuyển, miễn sinh hoạt", "Transfers, exemptions")) { host.go(Cases.CODE) }
        page += kit.row(t("Tết: người về quê", "Tết: who comes home")) { host.go(Tet.CODE) }
        page += kit.row(t("Kiểm lại với sổ giấy", "Check against paper")) { host.go(FirstEvening.CODE) }
        page += kit.row(t("Bàn giao cho người mới", "Hand over to a successor")) { host.go(HandOver.CODE) }
        page += kit.row(t("Cài đặt, khóa sổ", "Settings, lock")) { host.go(Preferences.CODE) }
    }

    private fun sending(page: Page, outbox: Outbox, now: Long) {
        page += kit.heading(t("Gửi và nhận", "Sending"))
        page += kit.words(outboxSaid(outbox, now))
        page += kit.faint(lastSaid(host.app.settings.lastSync(host.app.desk.person), now))
        if (!host.app.desk.isPractice) page += kit.button(t("Gửi ngay", "Send now"), Weight.MAIN) { sendNow(host) }
    }

    companion object {
        const val CODE = "M10"

        fun sendNow(host: Host) {
            host.app.sync.begin()
            host.go(Sync.CODE)
        }

        /** Members whose record two people filled in differently. */
        fun conflicts(phone: vn.chibo.Chibo): List<ListRow> =
            Kinds.everything().filter { !it.isCase }.flatMap { phone.list(ListQuery(it.name, "", null, 0u, 0u)) }.filter { it.conflicts > 0u }

        fun outboxSaid(outbox: Outbox, now: Long): Text {
            val waits = (outbox.drafts + outbox.unsent).toInt()
            val since = outbox.since?.toLong()?.let { agoShown(it, now) }
            return when {
                waits == 0 -> t("Không còn gì chưa gửi.", "Nothing waits to be sent.")
                since == null -> t("$waits tờ mới ghi, chưa gửi.", "$waits changes are not sent yet.")
                else -> t("$waits thay đổi chưa gửi, từ ${since.vi}.", "$waits changes wait since ${since.en}.")
            }
        }

        fun lastSaid(last: Long, now: Long): Text = when (last) {
            0L -> t("Chưa gửi nhận lần nào.", "Never sent or fetched yet.")
            else -> agoShown(last, now).let { t("Lần cuối khớp với văn phòng: ${it.vi}.", "Last in step with the office: ${it.en}.") }
        }
    }
}

/** What is due, whatever is most urgent first. */
class DueList(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Việc có hạn", "Deadlines")
    override val help = t("Việc gấp ở trên. Chạm vào một việc để mở hồ sơ người đó.", "The most urgent first. Tap one to open the record.")

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val list = ask { it.deadlines(null, false) }
        if (list.due.isEmpty()) page += kit.faint(t("Không có việc nào sắp đến hạn.", "Nothing is due."))
        for (due in list.due) {
            val (mark, tone) = stateSaid(due.state)
            val label = due.label.said(kit.language)
            page += kit.rowOf(due.name, "$label · ${dayShown(due.due)}", mark, tone) { host.go(Member.CODE, due.place) }
        }
        if (list.gaps > 0u) page += kit.faint(t("${list.gaps} việc chưa tính được hạn vì thiếu quy định của ngày đó.", "${list.gaps} cannot be worked out: no rule of that day is known."))
    }

    companion object {
        const val CODE = "M17"

        fun stateSaid(state: DueState): Pair<Text, Tone> = when (state) {
            is DueState.Late -> t("quá hạn ${state.days} ngày", "${state.days} days late") to Tone.ALARM
            is DueState.Today -> t("hạn hôm nay", "today") to Tone.ALARM
            is DueState.Open -> t("còn ${state.days} ngày", "${state.days} days left") to Tone.CARE
            is DueState.Done -> t("xong", "done") to Tone.CALM
            is DueState.DoneLate -> t("xong, chậm ${state.days} ngày", "done ${state.days} days late") to Tone.CARE
        }
    }
}
