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
import vn.chibo.sotay.ui.dayOf
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

    /** What is typed into on a paper that is written as a whole, by path. */
    private val inputs = mutableMapOf<String, Entry>()
    private val whose = WhoseWords(this)

    // Which fields are shown is a way to look; the rest was typed.
    override fun isTyped(key: String) = key != "missing"

    // A new paper gets another id each time that somebody begins one: it is known by its kind.
    override val typedName
        get() =
            if (route.arg(3) == null) route.head()
            else Route(CODE, route.arg(0).orEmpty(), route.arg(1).orEmpty(), "", NEW).head()

    override val isWrittenAsWhole
        get() = once && route.state.keys.any { it.startsWith(ONCE) }

    override suspend fun draw(page: Page) {
        val document = read()
        inputs.clear()
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
        if (document.mayWrite && Kinds.of(document.at.kind)?.keepsWords == true) whose.draw(page)
        val onlyMissing = route.state["missing"] != null
        val isWritten = once && document.exists && route.state[ADDING] != MORE
        if (document.missing > 0u && !isWritten) {
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
        if (!document.mayWrite) return
        if (once && document.exists) return stands(page, document)
        if (once) return writeOnce(page, document.at)
        page += kit.button(t("Xong", "Done"), Weight.MAIN) { host.back() }
        wayBack(page, document.at)
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
                FieldView(
                    it.name, it.name, it.label, null, Text("", ""), emptyList(), false, emptyList(), emptyList(),
                )
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
        // Who types it and which year it is about follow from where it is written.
        if (once && !document.exists && info.name in BY_ITSELF) return
        // A place and its code are one input.
        if (Kinds.isCommuneCode(document.at.kind, info.name)) return
        if (info.holds == ValueType.ENTRIES) return entries(page, document, info, values)
        val one = values.first()
        val stays = once && document.exists && (one.value != null || route.state[ADDING] != MORE)
        if (!document.mayWrite || stays) {
            if (one.value != null)
                page +=
                    kit.value(
                        one.label,
                        PlaceEntry.shown(one.path, one.shown.said(kit.language)),
                        one.told,
                        one.cautions,
                    )
            return
        }
        val code = Kinds.communeCode(document.at.kind, info.name)
        page +=
            if (code != null) place(document.at, one, code.name)
            else input(document.at, info, one.path, one)
        for (caution in one.cautions) page += kit.care(caution)
        if (one.versions.isNotEmpty())
            page +=
                kit.button(t("Hai người ghi khác nhau: chọn", "Written differently: choose")) {
                    host.go(Conflicts.CODE, document.at.doc)
                }
    }

    private fun input(at: Addressed, info: FieldInfo, path: String, view: FieldView?): View {
        val missing = view?.missing == true
        if (once) {
            val now = route.state["$ONCE$path"] ?: recorded(view)
            return inputOf(kit, info, now, missing) { _, typed -> hold("$ONCE$path", typed) }
                .also { view -> if (view is Entry) inputs[path] = view }
        }
        return savedInput(info, path, recorded(view), missing) { entry, typed ->
            val saved = whose.save(at, listOf(FieldEdit(path, typed)))
            // A note and no refusal: it is written all the same.
            val care = saved.cautions.firstOrNull()?.said
            if (care != null) entry?.tell(t(care.vi, care.en), alarm = true, quotes = true)
            else
                entry?.tell(
                    if (saved.nearlyFull) t("Tờ này gần đầy.", "This document is nearly full.")
                    else t("Đã lưu", "Saved"),
                    alarm = false,
                )
        }
    }

    private fun place(at: Addressed, view: FieldView, code: String): PlaceEntry {
        if (!once)
            return savedPlace(view.label, view.path, recorded(view), view.missing) { entry, words, chosen ->
                whose.save(at, listOf(FieldEdit(view.path, words), FieldEdit(code, chosen)))
                entry.tell(t("Đã lưu", "Saved"), alarm = false)
            }
        val label =
            if (view.missing) t("${view.label.vi} (còn thiếu)", "${view.label.en} (missing)")
            else view.label
        val now = route.state["$ONCE${view.path}"] ?: recorded(view)
        return PlaceEntry(kit, host.scope, label, now) { words, chosen ->
                hold("$ONCE${view.path}", words)
                hold("$ONCE$code", chosen)
            }
            .also { inputs[view.path] = it.entry }
    }

    private fun entries(
        page: Page,
        document: DocumentView,
        info: FieldInfo,
        values: List<FieldView>,
    ) {
        val known =
            values.filter { it.path.count { c -> c == '/' } == 2 }.groupBy { it.path.split("/")[1] }
        val new = if (document.mayWrite) route.state["$ENTRY${info.name}"] else null
        val mayAdd = document.mayWrite && !(once && document.exists && route.state[ADDING] != MORE)
        if (known.isEmpty() && new == null && !mayAdd) return
        page += kit.heading(info.label)
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
                // What was once written into such a paper stands.
                val stays = once && document.exists && id != new
                if (document.mayWrite && !stays) {
                    card.addView(input(document.at, cell, path, view))
                    for (caution in view?.cautions.orEmpty()) card.addView(kit.care(caution))
                } else if (view?.value != null)
                    card.addView(
                        kit.value(cell.label, view.shown.said(kit.language), view.told, view.cautions)
                    )
            }
            page += card
        }
        if (!mayAdd || (once && document.exists && new != null)) return
        page +=
            kit.button(
                t("Thêm: ${info.label.vi.lowercase()}", "Add: ${info.label.en.lowercase()}")
            ) {
                route.state["$ENTRY${info.name}"] = newEntry()
                host.redraw()
            }
    }

    private fun writeOnce(page: Page, at: Addressed) {
        page +=
            kit.button(t("Ghi lại", "Write it"), Weight.MAIN) {
                val edits =
                    route.state
                        .filterKeys { it.startsWith(ONCE) }
                        .map { FieldEdit(it.key.removePrefix(ONCE), it.value) }
                if (edits.isEmpty())
                    return@button host.tell(t("Chưa ghi gì.", "Nothing is written."), Tone.CARE)
                workOn(at.kind, inputs) {
                    val saved = ask { it.edit(at, edits) }
                    forgetTyped()
                    host.back()
                    val care = saved.cautions.firstOrNull()?.said
                    host.tell(care ?: t("Đã ghi.", "Noted."), if (care == null) Tone.CALM else Tone.CARE, quotes = care != null)
                }
            }
    }

    /**
     * A paper that was written: nothing of it is changed any more, what it lacks is added, and one that was written by
     * mistake is cancelled with a reason, where its kind knows that.
     */
    private fun stands(page: Page, document: DocumentView) {
        if (route.state[ADDING] != null) {
            writeOnce(page, document.at)
            page +=
                kit.button(t("Thôi", "Not now")) {
                    route.state.keys.removeAll { it.startsWith(ONCE) || it.startsWith(ENTRY) }
                    route.state.remove(ADDING)
                    host.redraw()
                }
            return
        }
        page +=
            kit.button(t("Ghi thêm vào tờ này", "Add to this paper")) {
                route.state[ADDING] = MORE
                host.redraw()
            }
        if (Kinds.field(document.at.kind, CANCELLED) != null)
            page +=
                kit.button(t("Ghi nhầm: hủy tờ này", "A mistake: cancel it"), Weight.GRAVE) {
                    val entry = newEntry()
                    route.state[ADDING] = CANCELLED
                    route.state["$ENTRY$CANCELLED"] = entry
                    hold("$ONCE$CANCELLED/$entry/on", dayOf(host.app.desk.clock.now().toLong()))
                    host.redraw()
                }
        page +=
            kit.button(t("Hoàn lại phần chưa gửi", "Undo what is not sent"), Weight.GRAVE) {
                undo(document)
            }
    }

    private fun undo(document: DocumentView) =
        host.work {
            val before = ask { it.document(document.at.doc) }
            val some = ask { it.undo(document.at.doc) }
            val after = if (some) left(document) else before
            val undone =
                before.said().filter { (path, typed) ->
                    after.said()[path] != typed && path.substringBefore('/') !in KEPT
                }
            if (once) forgetTyped() else forgetHeld()
            if (some && once) return@work writtenOnceUndone(document.at, undone)
            undone.forEach { (path, typed) -> route.state["$UNDONE$path"] = typed }
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

    /** What is left of it; nothing, if it was only just made. */
    private suspend fun left(document: DocumentView) =
        try {
            ask { it.document(document.at.doc) }
        } catch (_: ChiboException.NotHere) {
            document.copy(fields = emptyList())
        }

    /** What stands in it, as one would type it. */
    private fun DocumentView.said(): Map<String, String> =
        fields
            .filter { it.value != null }
            .associate { view ->
                val isDay = Kinds.field(at.kind, view.field)?.holds == ValueType.DATE
                view.path to recorded(view).let { if (isDay) partialDayShown(it) else it }
            }

    /** Of a paper that was only just written nothing is left to be shown: its words wait where a new one is begun. */
    private suspend fun writtenOnceUndone(at: Addressed, undone: Map<String, String>) {
        val anew = Route(CODE, at.place, at.kind, at.doc, NEW)
        undone.filterKeys { it !in BY_ITSELF }.forEach { (path, typed) -> anew.state["$ONCE$path"] = typed }
        val name = Form(host, anew).typedName
        ask { it.keepTyped(name, anew.stateText { true }) }
        host.back()
        host.tell(
            t(
                "Đã bỏ. Chữ đã ghi vẫn còn: mở lại ở “Ghi thêm giấy tờ”.",
                "Taken back. Its words are kept: begin such a paper again to see them.",
            )
        )
    }

    /** The way back from an undoing, until the person leaves it be. */
    private fun wayBack(page: Page, at: Addressed) {
        val undone = route.state.filterKeys { it.startsWith(UNDONE) }
        if (undone.isEmpty()) return
        fun forget() {
            route.state.keys.removeAll { it.startsWith(UNDONE) }
            host.redraw()
        }
        page +=
            kit.button(t("Lấy lại ${undone.size} ô vừa bỏ", "Bring back the ${undone.size} that were undone")) {
                host.work {
                    ask { phone -> phone.edit(at, undone.map { FieldEdit(it.key.removePrefix(UNDONE), it.value) }) }
                    forget()
                }
            }
        page += kit.button(t("Thôi, bỏ hẳn", "Leave it undone"), Weight.LIGHT) { forget() }
    }

    companion object {
        const val CODE = "M13"

        /** Says of a route that its document is only being made. */
        const val NEW = "new"
        private const val ONCE = "once-"
        private const val ENTRY = "entry-"
        private const val UNDONE = "undone-"
        private const val ADDING = "adding"
        private const val MORE = "more"
        private val BY_ITSELF = setOf("recorded_by", "year")

        /** What stood before, which an edit keeps by itself: nobody typed it, and typing the rest again keeps it again. */
        private val KEPT = setOf("statuses", "replaced")
        private const val CANCELLED = "cancelled"

        private fun newEntry() = UUID.randomUUID().toString().replace("-", "")

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
                entry.hint(t("ví dụ 3/2/1971, 2/1971", "say 3/2/1971, 2/1971"))
            return entry
        }
    }
}
