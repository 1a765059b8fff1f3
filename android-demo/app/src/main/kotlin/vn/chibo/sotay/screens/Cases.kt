package vn.chibo.sotay.screens

import vn.chibo.ActInfo
import vn.chibo.CaseView
import vn.chibo.Change
import vn.chibo.ChiboException
import vn.chibo.DoneAct
import vn.chibo.FieldEdit
import vn.chibo.FieldInfo
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.told

/** What is under way: transfers, exemptions and whatever else the core knows as a case. */
class Cases(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Hồ sơ đang làm", "Open cases")
    override val help =
        t(
            "Mỗi dòng là một việc đang làm dở. Muốn làm việc mới thì mở hồ sơ của người đó.",
            "Each line is a case under way. To begin one, open the person's record.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val cases = ask { it.openCases() }
        if (cases.isEmpty())
            page += kit.words(t("Không có hồ sơ nào đang làm dở.", "No case is open."))
        for (case in cases) {
            page +=
                kit.rowOf(
                    case.name,
                    "${case.label.said(kit.language)} · ${case.stateLabel.said(kit.language)}",
                    if (case.toChoose) t("cần chọn", "choose") else null,
                    Tone.ALARM,
                ) {
                    host.go(Case.CODE, case.at.doc)
                }
        }
        page +=
            kit.button(t("Tìm người để làm hồ sơ mới", "Find whom to begin one for")) {
                host.go(Members.CODE)
            }
    }

    companion object {
        const val CODE = "M50"
    }
}

/** One case: what was done, what can be done now. */
class Case(host: Host, route: Route) : Screen(host, route) {
    private val doc = route.arg(0).orEmpty()

    override val title: Text = t("Việc đang làm", "Case")
    override val help =
        t(
            "Trên là các bước đã làm, dưới là bước làm được lúc này.",
            "Above is what was done, below what can be done now.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val case = ask { it.case(doc) }
        page += kit.data(case.name, 22f, bold = true)
        page +=
            kit.data(
                "${case.label.said(kit.language)}: ${case.stateLabel.said(kit.language)}",
                18f,
                kit.colors.faint,
            )
        page += kit.heading(t("Đã làm", "Done"))
        if (case.acts.isEmpty()) page += kit.faint(t("Chưa có bước nào.", "Nothing yet."))
        for (act in case.acts) done(page, case, act)
        if (case.next.isNotEmpty()) page += kit.heading(t("Làm tiếp", "Next"))
        val chosen = case.next.find { it.code == route.state["act"] }
        if (chosen != null) return form(page, case, chosen)
        for (act in case.next) page +=
            kit.button(act.label) {
                route.state["act"] = act.code
                host.redraw()
            }
    }

    private fun done(page: Page, case: CaseView, act: DoneAct) {
        val said =
            act.said.joinToString("\n") {
                "${label(case, it.field)}: ${it.shown.said(kit.language)}"
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
                kit.button(t("Giữ bước này", "Keep this one")) { act("keep", act.id, emptyList()) }
        if (act.effective || act.setAside) return
        for (need in act.act.needs.filter { n -> act.said.none { it.field == n } }) {
            val cell = cell(case, need) ?: continue
            page +=
                Form.inputOf(kit, cell, "", true) { entry, typed ->
                    host.save({
                        ask { it.edit(case.at, listOf(FieldEdit("acts/${act.id}/$need", typed))) }
                    }) { why ->
                        entry?.tell(why) ?: host.tell(why, Tone.ALARM)
                    }
                }
        }
    }

    private fun cell(case: CaseView, name: String): FieldInfo? =
        Kinds.field(case.at.kind, "acts")?.cells?.find { it.name == name }

    private fun label(case: CaseView, name: String) =
        cell(case, name)?.label?.said(kit.language) ?: name

    private fun form(page: Page, case: CaseView, act: ActInfo) {
        page += kit.words(act.label, 20f, bold = true)
        val typed = sortedMapOf<String, String>()
        val inputs = mutableMapOf<String, Entry>()
        // Every act says its day and may say a note, beside what it cannot do without.
        for (name in (act.needs + listOf("on", "note")).distinct()) {
            val info = cell(case, name) ?: continue
            val view =
                Form.inputOf(kit, info, route.state["said-$name"].orEmpty(), false) { _, now ->
                    route.state["said-$name"] = now
                }
            if (view is Entry) inputs[name] = view
            page += view
        }
        page +=
            kit.button(t("Ghi bước này", "Record it"), Weight.MAIN) {
                route.state
                    .filterKeys { it.startsWith("said-") }
                    .forEach { typed[it.key.removePrefix("said-")] = it.value }
                act(
                    act.code,
                    null,
                    typed.filterValues { it.isNotEmpty() }.map { FieldEdit(it.key, it.value) },
                    inputs,
                )
            }
        page +=
            kit.button(t("Thôi", "Not now")) {
                route.state.clear()
                host.redraw()
            }
    }

    private fun act(
        code: String,
        about: String?,
        said: List<FieldEdit>,
        inputs: Map<String, Entry> = emptyMap(),
    ) =
        host.work {
            val case = ask { it.case(doc) }
            try {
                ask { it.act(case.at, code, about, said) }
            } catch (e: ChiboException.Invalid) {
                val entry = inputs[e.field.substringAfterLast('/')] ?: throw e
                return@work entry.tell(told(e))
            }
            route.state.clear()
            host.redraw()
            host.tell(t("Đã ghi.", "Recorded."))
        }

    companion object {
        const val CODE = "M51"
    }
}

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
        val written = ask { it.writes() }
        page += kit.words(t("Làm việc gì?", "What is to be done?"), 20f)
        for (kind in
            Kinds.everything().filter {
                it.isCase && it.name in FOR_A_MEMBER && it.name in written
            }) {
            page +=
                kit.row(kind.label) {
                    host.work {
                        val begun = ask { it.beginCase(place, kind.name, null, emptyList()) }
                        host.instead(Route(Case.CODE, begun.at.doc))
                    }
                }
        }
    }

    companion object {
        const val CODE = "M52"
        private val FOR_A_MEMBER = setOf("transfer", "exemption", "temp_exemption", "lost_card")
    }
}
