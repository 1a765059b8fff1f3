package vn.chibo.sotay.screens

import vn.chibo.Change
import vn.chibo.Dossier
import vn.chibo.FieldEdit
import vn.chibo.FieldInfo
import vn.chibo.MissingPaper
import vn.chibo.PaperRow
import vn.chibo.Text
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.partialDayShown
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.same
import vn.chibo.sotay.ui.t

/** How many there are of each sort (*cơ cấu*); a tap lists who they are. */
class Counts(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Cơ cấu chi bộ", "Figures")
    override val help =
        t(
            "Số đảng viên và số người theo từng mục, tính đến hôm nay. Chạm vào một dòng có mũi tên để xem là những ai.",
            "The size of the unit and how many of each sort, as of today. Tap a line with an arrow to see who they are.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val counted = ask { it.figures(null) }
        page +=
            kit.words(
                t("Đang sinh hoạt: ${counted.members} người", "Belong here: ${counted.members}"),
                20f,
                bold = true,
            )
        if (counted.unknown > 0u)
            page += kit.faint(t("Chưa rõ tình trạng: ${counted.unknown}", "Status not known: ${counted.unknown}"))
        page += kit.heading(t("Số đảng viên", "Size of the unit"))
        for (unit in counted.units) {
            page +=
                kit.rowOf(
                    unit.name,
                    kit.say(
                        t(
                            "Chính thức ${unit.official}, dự bị ${unit.members - unit.official}",
                            "Official ${unit.official}, on probation ${unit.members - unit.official}",
                        )
                    ),
                    t("${unit.members} người", "${unit.members} members"),
                    Tone.CALM,
                )
            for (caution in unit.cautions) page += kit.care(caution)
        }
        for (figure in counted.figures) {
            page += kit.heading(figure.label)
            for (part in figure.parts) {
                val code = "${figure.field}=${part.code}"
                val isOfTheRoll = vn.chibo.narrowingLabel("member", code) != null
                page +=
                    kit.row(
                        part.label,
                        mark = same("${part.members}"),
                        tone = Tone.CALM,
                        then = if (isOfTheRoll) ({ Members.only(host, code) }) else null,
                    )
            }
            if (figure.unknown > 0u)
                page += kit.faint(t("Chưa ghi: ${figure.unknown}", "Not recorded: ${figure.unknown}"))
        }
    }

    companion object {
        const val CODE = "M24"
    }
}

/** Whose paper dossier lacks what. */
class Dossiers(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Hồ sơ giấy còn thiếu", "What dossiers lack")
    override val help =
        t(
            "Theo mục lục đã ghi. Chạm vào tên để ghi giấy tờ đã thấy, hoặc giao nhận hồ sơ.",
            "By the index that was written. Tap a name to note papers, or hand the dossier over.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val lacking = ask { it.dossiersLacking(null) }
        page +=
            kit.faint(
                if (lacking.isEmpty()) t("Không hồ sơ nào thiếu giấy tờ.", "No dossier lacks a paper.")
                else t("${lacking.size} hồ sơ còn thiếu giấy tờ", "${lacking.size} dossiers lack papers")
            )
        for (of in lacking) {
            page +=
                kit.rowOf(
                    of.name,
                    null,
                    t("thiếu ${of.missing.size}", "lacks ${of.missing.size}"),
                ) {
                    host.go(PaperDossier.CODE, of.member)
                }
        }
    }

    companion object {
        const val CODE = "M25"
    }
}

/** One member's paper dossier: what lies in it, what it lacks, and that it goes to somebody else. */
class PaperDossier(host: Host, route: Route) : Screen(host, route) {
    private val member = route.arg(0).orEmpty()

    override val title: Text = t("Hồ sơ giấy", "Paper dossier")
    override val help =
        t(
            "Mở tủ, thấy tờ nào thì chạm vào tờ đó ở phần “Còn thiếu” và ghi bản gì, mấy tờ. Chỉ ghi có hay không, không chép nội dung.",
            "Tap a paper under “Missing” once you have seen it, and note its form and sheets. What it says is not written down.",
        )

    override fun hears(change: Change) = change.place == member

    override suspend fun draw(page: Page) {
        val of = ask { it.dossier(member) }
        page += kit.data(of.name, 24f, bold = true)
        page +=
            if (of.liesAt.isEmpty()) kit.faint(t("Chưa ghi để ở đâu.", "Where it is kept is not written."))
            else kit.value(t("Nơi giữ", "Kept at"), of.liesAt)
        page += kit.words(t("Có ${of.there} giấy tờ, ${of.sheets} tờ", "${of.there} papers, ${of.sheets} sheets"))
        val mayWrite = "dossier" in ask { it.writes() }
        page += kit.heading(t("Còn thiếu", "Missing"))
        if (of.missing.isEmpty()) page += kit.faint(t("Không thiếu gì.", "Nothing."))
        for (one in of.missing) missing(page, one, mayWrite)
        if (of.papers.isNotEmpty()) page += kit.heading(t("Đã ghi trong mục lục", "In the index"))
        for (paper in of.papers) {
            page += listed(paper)
            if (mayWrite) notTaken(page, paper)
        }
        if (mayWrite)
            page +=
                kit.button(t("Sửa mục lục", "Edit the index")) { host.go(Form.CODE, member, "dossier") }
        if ("dossier_handover" in ask { it.writes() }) handOver(page, of)
    }

    private suspend fun missing(page: Page, paper: MissingPaper, mayWrite: Boolean) {
        // What was not taken stands there to be put right.
        val isOpen = route.state["paper"] == paper.code || heldOf(paper.code).isNotEmpty()
        page +=
            kit.row(
                paper.label,
                same(paper.source),
                if (paper.isVerified) null else t("chưa kiểm chứng", "unverified"),
                then =
                    if (mayWrite)
                        ({
                            if (isOpen) route.state -= "paper" else route.state["paper"] = paper.code
                            host.redraw()
                        })
                    else null,
            )
        if (!isOpen || !mayWrite) return
        // How it was seen comes last: with that the paper is there, and leaves this list. Papers of which there is one have
        // one entry, whoever lists them.
        for (cell in cells().filter { it.name != "paper" }.sortedBy { it.name == "seen" })
            input(page, cell, paper.code, listOf("paper" to paper.code))
    }

    private fun cells() = Kinds.field("dossier", "papers")?.cells.orEmpty()

    /** What of an entry of the index was typed and not taken, by cell. */
    private fun heldOf(entry: String): List<String> =
        heldPaths().filter { it.startsWith("papers/$entry/") }.map { it.substringAfterLast('/') }

    /** Of a paper that is in the index by now. */
    private suspend fun notTaken(page: Page, paper: PaperRow) {
        val held = heldOf(paper.id)
        for (cell in cells().filter { it.name in held }) input(page, cell, paper.id, emptyList())
    }

    private suspend fun input(page: Page, cell: FieldInfo, entry: String, beside: List<Pair<String, String>>) {
        val document = ask { it.record(member) }.documents.first { it.at.kind == "dossier" }
        val path = "papers/$entry/${cell.name}"
        page +=
            savedInput(cell, path, Form.recorded(document.fields.find { it.path == path }), false) { input, typed ->
                val said = beside + (cell.name to typed)
                ask { it.edit(document.at, said.map { (name, text) -> FieldEdit("papers/$entry/$name", text) }) }
                // What was chosen and not typed may have left this list.
                input?.tell(t("Đã lưu", "Saved"), alarm = false) ?: host.redraw()
            }
    }

    private fun listed(paper: PaperRow) =
        kit.row(
            kit.data(paper.label.said(kit.language), bold = true),
            kit.data(
                listOfNotNull(
                        paper.seen.said(kit.language),
                        paper.sheets?.let { kit.say(t("$it tờ", "$it sheets")) },
                        paper.dated?.let(::partialDayShown),
                        paper.liesAt,
                    )
                    .filter { it.isNotEmpty() }
                    .joinToString(" · "),
                16f,
                kit.colors.faint,
            ),
        )

    /** Two acts of two people: one says what was given or taken, the other signs on their own phone. */
    private suspend fun handOver(page: Page, of: Dossier) {
        page += kit.heading(t("Giao nhận hồ sơ", "It goes to somebody else"))
        page +=
            kit.faint(
                t(
                    "Một bên ghi, bên kia ký trên máy của mình.",
                    "One side writes it, the other signs on their own phone.",
                )
            )
        // One that was begun is gone on with here, and not begun again.
        papers(page, listOfNotNull(Kinds.of("dossier_handover")), member)
        for ((act, words) in
            listOf("give" to t("Tôi giao hồ sơ này", "I give it"), "take" to t("Tôi nhận hồ sơ này", "I take it"))) {
            page +=
                kit.button(words, Weight.PLAIN) {
                    host.work {
                        val counted =
                            listOf(
                                FieldEdit("papers", "${of.there}"),
                                FieldEdit("sheets", "${of.sheets}"),
                            )
                        val begun = ask { it.beginCase(member, "dossier_handover", act, counted) }
                        host.go(Case.CODE, begun.at.doc)
                    }
                }
        }
    }

    companion object {
        const val CODE = "M26"
    }
}
