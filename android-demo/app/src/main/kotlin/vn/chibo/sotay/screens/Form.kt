package vn.chibo.sotay.screens

import android.view.View
import java.util.UUID
import vn.chibo.Addressed
import vn.chibo.ChiboException
import vn.chibo.DocumentView
import vn.chibo.FieldEdit
import vn.chibo.FieldInfo
import vn.chibo.FieldValue
import vn.chibo.FieldView
import vn.chibo.Text
import vn.chibo.ValueType
import vn.chibo.sotay.ui.Choice
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Kit
import vn.chibo.sotay.ui.Option
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.partialDayShown
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/**
 * A document as a form, drawn from what the core says of its kind. Leaving a field saves it. A
 * field that does not take what was typed says why under it and keeps the words; the others are
 * saved all the same.
 *
 * Arguments: place and kind of a document that a place has one of; or, third, the id of any other.
 */
class Form(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Ghi hồ sơ", "Edit")
    override val help =
        t(
            "Ghi xong một ô là đã lưu. “Hoàn lại” bỏ những gì chưa gửi ở phần này.",
            "A field is saved when it is left. “Undo” takes back what was not sent in this section.",
        )

    private var once = false

    override suspend fun draw(page: Page) {
        val document = read()
        // What is only added to is written once, as a whole.
        once = Kinds.of(document.at.kind)?.appendOnly == true
        page += kit.heading(document.label).apply { setPadding(0, 0, 0, 0) }
        page +=
            kit.faint(
                if (once)
                    t(
                        "Tờ này ghi một lần, sau chỉ ghi thêm tờ mới.",
                        "This is written once; later ones are added.",
                    )
                else t("Ghi đến đâu lưu đến đó.", "Saved as you go.")
            )
        val onlyMissing = route.state["missing"] != null
        if (document.missing > 0u) {
            page +=
                kit.button(
                    if (onlyMissing) t("Hiện tất cả các ô", "Show all fields")
                    else
                        t(
                            "Chỉ hiện ${document.missing} ô còn thiếu",
                            "Only the ${document.missing} missing ones",
                        )
                ) {
                    if (onlyMissing) route.state.remove("missing") else route.state["missing"] = "1"
                    host.redraw()
                }
        }
        for ((name, values) in document.fields.groupBy { it.field }) {
            val info = Kinds.field(document.at.kind, name) ?: continue
            if (onlyMissing && values.none { it.missing }) continue
            field(page, document, info, values)
        }
        if (!document.mayWrite || (once && document.exists)) return
        if (once) return writeOnce(page, document.at)
        page += kit.button(t("Xong", "Done"), Weight.MAIN) { host.back() }
        page +=
            kit.button(t("Hoàn lại phần chưa gửi", "Undo what is not sent"), Weight.GRAVE) {
                undo(document)
            }
    }

    private suspend fun read(): DocumentView {
        val doc = route.arg(2)
        val kind = route.arg(1).orEmpty()
        val place = route.arg(0).orEmpty()
        if (doc == null)
            return ask { it.record(place) }.documents.find { it.at.kind == kind }
                ?: throw ChiboException.NotHere()
        return try {
            ask { it.document(doc) }
        } catch (e: ChiboException.NotHere) {
            if (kind.isEmpty()) throw e
            blank(Addressed(place, kind, doc))
        }
    }

    /** One that is made by its first field. */
    private fun blank(at: Addressed): DocumentView {
        val kind = Kinds.of(at.kind) ?: throw ChiboException.NotHere()
        val nothing =
            kind.fields.map {
                FieldView(it.name, it.name, it.label, null, Text("", ""), emptyList(), false, emptyList())
            }
        return DocumentView(at, kind.label, false, true, nothing, 0u)
    }

    private fun field(
        page: Page,
        document: DocumentView,
        info: FieldInfo,
        values: List<FieldView>,
    ) {
        if (info.holds == ValueType.MARKS) return
        // A place and its code are one input.
        if (Kinds.isCommuneCode(document.at.kind, info.name)) return
        if (info.holds == ValueType.ENTRIES) return entries(page, document, info, values)
        val one = values.first()
        if (!document.mayWrite || (once && document.exists)) {
            if (one.value != null) page += kit.value(one.label, one.shown.said(kit.language))
            return
        }
        val code = Kinds.communeCode(document.at.kind, info.name)
        page +=
            if (code != null) place(document.at, one, code.name)
            else input(document.at, info, one.path, one)
        if (one.versions.isNotEmpty())
            page +=
                kit.button(t("Hai người ghi khác nhau: chọn", "Written differently: choose")) {
                    host.go(Conflicts.CODE, document.at.doc)
                }
    }

    private fun input(at: Addressed, info: FieldInfo, path: String, view: FieldView?) =
        inputOf(kit, info, route.state["once-$path"] ?: recorded(view), view?.missing == true) {
            entry,
            typed ->
            if (once) hold(path, typed)
            else
                host.save({
                    val saved = ask { it.edit(at, listOf(FieldEdit(path, typed))) }
                    // A note and no refusal: it is written all the same.
                    val care = saved.cautions.firstOrNull()?.said
                    if (care != null)
                        entry?.tell(t("Lưu ý: ${care.vi}", "Note: ${care.en}"), alarm = true)
                    else
                        entry?.tell(
                            if (saved.nearlyFull)
                                t("Tờ này gần đầy.", "This document is nearly full.")
                            else t("Đã lưu", "Saved"),
                            alarm = false,
                        )
                }) { why ->
                    if (entry != null) entry.tell(why) else host.tell(why, Tone.ALARM)
                }
        }

    private fun place(at: Addressed, view: FieldView, code: String): PlaceEntry {
        val label =
            if (view.missing) t("${view.label.vi} (còn thiếu)", "${view.label.en} (missing)")
            else view.label
        lateinit var input: PlaceEntry
        input =
            PlaceEntry(
                kit,
                host.scope,
                label,
                route.state["once-${view.path}"] ?: recorded(view),
            ) { words, chosen ->
                if (once) {
                    hold(view.path, words)
                    hold(code, chosen)
                } else
                    host.save({
                        ask {
                            it.edit(
                                at,
                                listOf(FieldEdit(view.path, words), FieldEdit(code, chosen)),
                            )
                        }
                        input.entry.tell(t("Đã lưu", "Saved"), alarm = false)
                    }) { why ->
                        input.entry.tell(why)
                    }
            }
        return input
    }

    private fun entries(
        page: Page,
        document: DocumentView,
        info: FieldInfo,
        values: List<FieldView>,
    ) {
        page += kit.heading(info.label)
        val known =
            values.filter { it.path.count { c -> c == '/' } == 2 }.groupBy { it.path.split("/")[1] }
        val new = if (document.mayWrite) route.state["entry-${info.name}"] else null
        for (id in known.keys + setOfNotNull(new)) {
            val card =
                kit.column().apply {
                    background = kit.shape(kit.colors.card, kit.colors.line)
                    setPadding(kit.dp(12), kit.dp(4), kit.dp(12), kit.dp(12))
                    layoutParams = kit.below(8)
                }
            for (cell in info.cells) {
                val path = "${info.name}/$id/${cell.name}"
                val view = known[id]?.find { it.path == path }
                if (document.mayWrite) card.addView(input(document.at, cell, path, view))
                else if (view != null)
                    card.addView(kit.value(cell.label, view.shown.said(kit.language)))
            }
            page += card
        }
        if (!document.mayWrite) return
        page +=
            kit.button(
                t("Thêm: ${info.label.vi.lowercase()}", "Add: ${info.label.en.lowercase()}")
            ) {
                route.state["entry-${info.name}"] = UUID.randomUUID().toString().replace("-", "")
                host.redraw()
            }
    }

    private fun hold(path: String, typed: String) {
        if (typed.isEmpty()) route.state.remove("once-$path") else route.state["once-$path"] = typed
    }

    private fun writeOnce(page: Page, at: Addressed) {
        page +=
            kit.button(t("Ghi lại", "Write it"), Weight.MAIN) {
                val edits =
                    route.state
                        .filterKeys { it.startsWith("once-") }
                        .map { FieldEdit(it.key.removePrefix("once-"), it.value) }
                if (edits.isEmpty())
                    return@button host.tell(t("Chưa ghi gì.", "Nothing is written."), Tone.CARE)
                host.work {
                    ask { it.edit(at, edits) }
                    host.back()
                    host.tell(t("Đã ghi.", "Noted."))
                }
            }
    }

    private fun undo(document: DocumentView) =
        host.work {
            val some = ask { it.undo(document.at.doc) }
            host.redraw()
            host.tell(
                if (some)
                    t(
                        "Đã bỏ những gì chưa gửi ở phần này.",
                        "What was not sent here is taken back.",
                    )
                else t("Không có gì chưa gửi.", "Nothing here is unsent.")
            )
        }

    companion object {
        const val CODE = "M13"

        fun recorded(view: FieldView?): String =
            when (val value = view?.value) {
                is FieldValue.Words -> value.text
                is FieldValue.Number -> value.number.toString()
                is FieldValue.YesNo -> if (value.yes) "yes" else "no"
                null -> ""
            }

        /**
         * How a field is typed or chosen; `leave` hears what was typed, and where to say what was
         * wrong.
         */
        fun inputOf(
            kit: Kit,
            info: FieldInfo,
            now: String,
            missing: Boolean,
            leave: (Entry?, String) -> Unit,
        ): View {
            val label =
                if (missing) t("${info.label.vi} (còn thiếu)", "${info.label.en} (missing)")
                else info.label
            if (info.holds == ValueType.CODE) {
                return Choice(kit, label, info.codes.map { Option(it.code, it.label) }, now) {
                    leave(null, it)
                }
            }
            if (info.holds == ValueType.YES_NO) {
                val both = listOf(Option("yes", t("Có", "Yes")), Option("no", t("Không", "No")))
                return Choice(kit, label, both, now) { leave(null, it) }
            }
            val typing =
                when (info.holds) {
                    ValueType.NAME -> Typing.NAME
                    ValueType.PROSE -> Typing.PROSE
                    ValueType.DATE -> Typing.DATE
                    ValueType.COUNT -> Typing.NUMBER
                    else -> Typing.LINE
                }
            val shown = if (info.holds == ValueType.DATE) partialDayShown(now) else now
            lateinit var entry: Entry
            entry = Entry(kit, label, shown, typing) { leave(entry, it) }
            if (info.holds == ValueType.DATE)
                entry.hint(t("ngày/tháng/năm hoặc tháng/năm", "day/month/year or month/year"))
            return entry
        }
    }
}
