package vn.chibo.sotay.screens

import vn.chibo.ActInfo
import vn.chibo.CaseView
import vn.chibo.Change
import vn.chibo.Chibo
import vn.chibo.DoneAct
import vn.chibo.FieldEdit
import vn.chibo.FieldInfo
import vn.chibo.KindInfo
import vn.chibo.LetterSource
import vn.chibo.Text
import vn.chibo.sotay.ui.Choice
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Option
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/** What is under way: transfers, exemptions and whatever else the core knows as a case. */
class Cases(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Việc đang làm dở", "Open cases")
    override val help =
        t(
            "Mỗi dòng là một việc đang làm dở. Muốn làm việc mới thì mở hồ sơ của người đó.",
            "Each line is a case under way. To begin one, open the person's record.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val cases = ask { it.openCases() }
        if (cases.isEmpty())
            page += kit.words(t("Không có việc nào đang làm dở.", "No case is open."))
        for (case in cases) {
            page +=
                kit.rowOf(
                    case.name,
                    // Of one whose first step lacks something no state is known yet.
                    listOf(case.label, case.stateLabel).map { it.said(kit.language) }.filter { it.isNotEmpty() }.joinToString(" · "),
                    if (case.toChoose) t("cần chọn", "choose")
                    else if (case.late != null) t("cần nêu lý do chậm", "say why it is late")
                    else if (case.state.isEmpty()) t("còn thiếu mục", "something is missing")
                    else null,
                    Tone.ALARM,
                ) {
                    host.go(Case.CODE, case.at.doc)
                }
        }
        page +=
            kit.button(t("Tìm người để làm hồ sơ mới", "Find whom to begin one for")) {
                host.go(Members.CODE)
            }
        val branch = ask { it.outbox() }.place ?: return
        if (ask { casesAt(it, branch) }.isNotEmpty())
            page +=
                kit.button(t("Việc mới của chi bộ", "A case about the branch")) {
                    host.go(BeginCase.CODE, branch)
                }
    }

    companion object {
        const val CODE = "M50"
    }
}

/** One case: what was done, what can be done now. */
class Case(host: Host, route: Route) : Screen(host, route) {
    private val doc = route.arg(0).orEmpty()
    private var kind = ""

    override val title: Text = t("Việc đang làm", "Case")
    override val help =
        t(
            "Trên là các bước đã làm, dưới là bước làm được lúc này. Bước cuối ghi nhầm thì hủy được, có lý do.",
            "Above is what was done, below what can be done now. The last step can be cancelled with a reason.",
        )

    override fun hears(change: Change) = true

    override fun isTyped(key: String) = true

    override val isWrittenAsWhole
        get() = route.state.keys.any { it.startsWith(SAID) || it == WHY }

    override suspend fun draw(page: Page) {
        val case = ask { it.case(doc) }
        kind = case.at.kind
        page += kit.data(case.name, 22f, bold = true)
        page +=
            kit.data(
                // Of one whose first step lacks something no state is known yet.
                listOf(case.label, case.stateLabel).map { it.said(kit.language) }.filter { it.isNotEmpty() }.joinToString(": "),
                18f,
                kit.colors.faint,
            )
        case.late?.let { page += kit.notice(it, Tone.ALARM) }
        for (caution in case.cautions) page += kit.care(caution)
        for (gap in case.undated) page += kit.notice(gap)
        if (case.lacks.isNotEmpty()) page += lacks(case.lacks, case.at.place)
        if (case.givesLetter)
            page +=
                kit.button(t("Số liệu giấy giới thiệu", "Data of the letter")) {
                    host.go(Letter.CODE, doc)
                }
        page += kit.heading(t("Đã làm", "Done"))
        if (case.acts.isEmpty()) page += kit.faint(t("Chưa có bước nào.", "Nothing yet."))
        for (act in case.acts) done(page, case, act)
        if (case.next.isNotEmpty()) page += kit.heading(t("Làm tiếp", "Next"))
        val chosen = case.next.find { it.code == route.state[STEP] }
        if (chosen != null) return form(page, case, chosen)
        for (act in case.next) page +=
            kit.button(act.label) {
                route.state[STEP] = act.code
                host.redraw()
            }
    }

    private fun done(page: Page, case: CaseView, act: DoneAct) {
        val said =
            act.said
                .filter { it.field !in OF_THE_PROGRAM }
                .joinToString("\n") {
                    val shown = PlaceEntry.shown(it.field, it.shown.said(kit.language))
                    "${label(case, it.field)}: $shown"
                }
        val mark =
            when {
                act.setAside -> t("không tính", "set aside")
                act.toChoose -> t("hai người cùng ghi", "two at once")
                !act.effective -> t("còn thiếu mục", "incomplete")
                else -> null
            }
        page +=
            kit.row(
                kit.data(act.act.label.said(kit.language), bold = true),
                kit.data(said, 16f, kit.colors.faint),
                mark,
            )
        if (act.toChoose)
            page +=
                kit.button(t("Giữ bước này", "Keep this one")) { act(KEEP, act.id, emptyList()) }
        if (act.id == case.canCancel) cancel(page)
        if (act.effective || act.setAside) return
        for (need in act.act.needs.filter { n -> act.said.none { it.field == n } }) {
            val cell = cell(case, need) ?: continue
            page +=
                savedInput(cell, "acts/${act.id}/$need", "", true) { _, typed ->
                    ask { it.edit(case.at, listOf(FieldEdit("acts/${act.id}/$need", typed))) }
                }
        }
    }

    /** The last step can be taken back for as long as none follows it; both stay to be read. */
    private fun cancel(page: Page) {
        if (route.state[CANCELLING] == null) {
            page +=
                kit.button(t("Ghi nhầm: hủy bước này", "A mistake: cancel this step"), Weight.GRAVE) {
                    route.state[CANCELLING] = "1"
                    host.redraw()
                }
            return
        }
        val why =
            Entry(kit, t("Vì sao hủy?", "Why?"), route.state[WHY].orEmpty(), Typing.LINE) {
                hold(WHY, it)
            }
        page += why
        page +=
            kit.button(t("Hủy bước này", "Cancel this step"), Weight.GRAVE) {
                if (why.typed.isBlank())
                    return@button why.tell(t("Xin ghi lý do.", "Give a reason."))
                act(CANCEL, null, listOf(FieldEdit("note", why.typed)))
            }
        page +=
            kit.button(t("Thôi, không hủy", "Do not cancel it")) {
                forget(ofCancelling)
                host.redraw()
            }
    }

    private fun notNow() =
        kit.button(t("Thôi", "Not now")) {
            forget(ofStep)
            host.redraw()
        }

    /** Of what was typed on this page only that goes which was written, or given up. */
    private fun forget(what: (String) -> Boolean) {
        route.state.keys.removeAll(what)
        route.isTakenUp = route.isTakenUp && isWrittenAsWhole
        host.keepTyped(this)
    }

    private fun cell(case: CaseView, name: String): FieldInfo? =
        Kinds.field(case.at.kind, "acts")?.cells?.find { it.name == name }

    private fun label(case: CaseView, name: String) =
        cell(case, name)?.label?.said(kit.language) ?: name

    private fun form(page: Page, case: CaseView, act: ActInfo) {
        page += kit.words(act.label, 20f, bold = true)
        val typed = sortedMapOf<String, String>()
        val inputs = mutableMapOf<String, Entry>()
        // Every act says its day and may say a note, beside what it cannot do without; the rest where it is asked for.
        val usual =
            (act.needs + listOf(CORRECTION).filter { it in act.takes } + listOf("on", "note")).distinct()
        val rest = act.takes.filter { it !in usual && it !in OF_THE_PROGRAM && it !in OF_THE_OFFICE }
        val more = route.state[MORE] != null || rest.any { "$SAID$it" in route.state }
        val cells = Kinds.field(case.at.kind, "acts")?.cells.orEmpty()
        for (name in usual + if (more) rest else emptyList()) {
            if (Kinds.isCommuneCode(cells, name)) continue
            val info = cell(case, name) ?: continue
            val code = Kinds.communeCode(cells, name)
            val now = route.state["$SAID$name"].orEmpty()
            if (code != null) {
                page +=
                    PlaceEntry(kit, host.scope, info.label, now) { words, chosen ->
                        hold("$SAID$name", words)
                        hold("$SAID${code.name}", chosen)
                    }
                continue
            }
            val view = Form.inputOf(kit, info, now, false) { _, said -> hold("$SAID$name", said) }
            if (view is Entry) inputs[name] = view
            page += view
        }
        if (!more && rest.isNotEmpty())
            page +=
                kit.button(t("Ghi thêm mục khác", "More to be said")) {
                    route.state[MORE] = "1"
                    host.redraw()
                }
        page +=
            kit.button(t("Ghi bước này", "Record it"), Weight.MAIN) {
                route.state
                    .filterKeys { it.startsWith(SAID) }
                    .forEach { typed[it.key.removePrefix(SAID)] = it.value }
                act(
                    act.code,
                    null,
                    typed.filterValues { it.isNotEmpty() }.map { FieldEdit(it.key, it.value) },
                    inputs,
                )
            }
        page += notNow()
    }

    private fun act(
        code: String,
        about: String?,
        said: List<FieldEdit>,
        inputs: Map<String, Entry> = emptyMap(),
    ) =
        workOn(kind, inputs) {
            val case = ask { it.case(doc) }
            val saved = ask { it.act(case.at, code, about, said) }
            if (code == CANCEL) forget(ofCancelling) else if (code != KEEP) forget(ofStep)
            host.redraw()
            // What is to be looked at stands above the steps as well, for as long as it stands.
            val care = saved.cautions.firstOrNull()?.said
            host.tell(care ?: t("Đã ghi.", "Recorded."), if (care == null) Tone.CALM else Tone.CARE, quotes = care != null)
        }

    companion object {
        const val CODE = "M51"
        private const val KEEP = "keep"
        private const val CANCEL = "cancel"
        private const val STEP = "act"
        private const val SAID = "said-"
        private const val MORE = "more"
        private const val CANCELLING = "cancelling"
        private const val WHY = "cancel-why"
        private val ofStep = { key: String -> key == STEP || key == MORE || key.startsWith(SAID) }
        private val ofCancelling = { key: String -> key == CANCELLING || key == WHY }

        /** What stands in the record from now on, where somebody's words against it are right. */
        private const val CORRECTION = "correction"

        /** Ids that only the office's own machine finds by name. */
        private val OF_THE_OFFICE = setOf("to_unit", "decision", "sentence", "words")

        /** What the program alone reads and writes. */
        private val OF_THE_PROGRAM = setOf("record", "path", "to_unit")
    }
}

/** How many papers a dossier lacks; a tap says which. */
private fun Screen.lacks(papers: List<Text>, member: String) =
    kit.row(
        t("Hồ sơ giấy còn thiếu ${papers.size} giấy tờ", "The dossier lacks ${papers.size} papers"),
        t("Chạm để xem tờ nào", "Tap to see which"),
    ) {
        host.go(PaperDossier.CODE, member)
    }

/**
 * What is written onto the printed blank of a transfer letter, line by line (*giấy giới thiệu sinh hoạt đảng*). What is
 * missing is said and blocks nothing: people have ink.
 */
class Letter(host: Host, route: Route) : Screen(host, route) {
    private val doc = route.arg(0).orEmpty()

    override val title: Text = t("Giấy giới thiệu", "Transfer letter")
    override val help =
        t(
            "Chép từng dòng lên giấy in sẵn. Dòng nào còn thiếu thì chạm vào để ghi, hoặc viết tay.",
            "Copy line by line onto the printed blank. Tap what is missing to fill it in, or use ink.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val sheet = ask { it.letter(doc) }
        val place = ask { it.case(doc) }.at.place
        page += kit.data(sheet.name, 22f, bold = true)
        page +=
            kit.words(
                if (sheet.missing == 0u) t("Đủ số liệu.", "Nothing is missing.")
                else t("Còn thiếu ${sheet.missing} dòng.", "${sheet.missing} lines are missing.")
            )
        for (line in sheet.lines) {
            val shown = PlaceEntry.shown(line.field, line.shown.said(kit.language))
            page +=
                if (shown.isNotEmpty()) kit.value(line.label, shown)
                else
                    kit.row(
                        line.label,
                        when (line.saidIn) {
                            LetterSource.RECORD -> t("Chạm để ghi vào hồ sơ", "Tap to write it into the record")
                            LetterSource.CASE -> t("Chạm để ghi vào việc này", "Tap to say it in the case")
                            LetterSource.ISSUE -> t("Ghi khi cấp giấy", "Said when the letter is issued")
                        },
                        t("còn thiếu", "missing"),
                        then =
                            when (line.saidIn) {
                                LetterSource.RECORD -> ({ host.go(Form.CODE, place, "member") })
                                LetterSource.CASE -> ({ host.back() })
                                LetterSource.ISSUE -> null
                            },
                    )
        }
        if (sheet.lacks.isNotEmpty()) page += lacks(sheet.lacks, place)
        page += kit.button(t("Xong", "Done"), Weight.MAIN) { host.back() }
    }

    companion object {
        const val CODE = "M53"
    }
}

/**
 * The kinds of cases that can be begun here at a place, whichever the core knows: what is said against a record is begun at
 * the field that it is about, and a dossier is handed over where it is shown.
 */
fun casesAt(phone: Chibo, place: String): List<KindInfo> {
    val written = phone.writes()
    return Kinds.everything().filter {
        it.isCase && it.name in written && it.name !in WITH_A_DOOR && phone.mayStandAt(place, it)
    }
}

private val WITH_A_DOOR = setOf("contest", "contest_apart", "dossier_handover")

/** A new case about somebody: which one, and it stands with its first step. */
class BeginCase(host: Host, route: Route) : Screen(host, route) {
    private val place = route.arg(0).orEmpty()

    override val title: Text = t("Làm hồ sơ mới", "Begin a case")
    override val help =
        t(
            "Chọn loại việc. Các mục còn thiếu ghi thêm sau.",
            "Choose what it is. What is missing is filled in later.",
        )

    override suspend fun draw(page: Page) {
        val kinds = ask { casesAt(it, place) }
        if (kinds.any { it.name in OF_WHO_GOES }) advice(page)
        page += kit.words(t("Làm việc gì?", "What is to be done?"), 20f)
        for (kind in kinds) {
            page +=
                kit.row(kind.label) {
                    host.work {
                        val begun = ask { it.beginCase(place, kind.name, null, emptyList()) }
                        host.instead(Route(Case.CODE, begun.at.doc))
                    }
                }
        }
    }

    /**
     * Which procedure fits somebody who is away or is about to go, as the rules say. Advice: who is competent decides.
     */
    private suspend fun advice(page: Page) {
        val away = ask { it.away(null) }.find { it.member == place }
        for (fits in away?.procedures.orEmpty())
            page += kit.care(t("theo chỗ ở đã ghi, hợp với ${fits.vi}.", "by where they are: ${fits.en}."))
        if (route.state[PLAN] == null) {
            page +=
                kit.button(t("Đi xa thì làm thủ tục gì?", "Which procedure fits an absence?"), Weight.LIGHT) {
                    route.state[PLAN] = ""
                    host.redraw()
                }
            return
        }
        page +=
            Entry(kit, t("Đi mấy tháng", "For how many months"), route.state[PLAN].orEmpty(), Typing.NUMBER) {
                    route.state[PLAN] = it
                    host.redraw()
                }
                .hint(t("để trống: chưa biết ngày về", "empty: no end is known"))
        fun ask(label: Text, key: String) {
            val both = listOf(Option("yes", t("Có", "Yes")), Option("no", t("Không", "No")))
            page +=
                Choice(kit, label, both, route.state[key] ?: "no", mayClear = false) {
                    route.state[key] = it
                    host.redraw()
                }
        }
        ask(t("Nơi ở, việc làm ổn định", "Home and work are settled"), STABLE)
        ask(t("Nơi đến có chi bộ nhận", "A branch there takes them in"), HOSTED)
        val months = route.state[PLAN]?.trim()?.toUShortOrNull()
        val said =
            ask { it.whichProcedure(months, route.state[STABLE] == "yes", route.state[HOSTED] == "yes") }
        page += kit.data(said.said(kit.language), bold = true).apply { layoutParams = kit.below(12) }
        page +=
            kit.faint(
                t(
                    "Gợi ý; người có thẩm quyền quyết định.",
                    "Advice; whoever is competent decides.",
                )
            )
    }

    companion object {
        const val CODE = "M52"
        private const val PLAN = "plan"
        private const val STABLE = "stable"
        private const val HOSTED = "hosted"
        private val OF_WHO_GOES = setOf("transfer", "temp_exemption")
    }
}
