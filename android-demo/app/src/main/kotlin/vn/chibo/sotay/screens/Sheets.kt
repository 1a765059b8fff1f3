package vn.chibo.sotay.screens

import vn.chibo.Change
import vn.chibo.ChiboException
import vn.chibo.Sheet
import vn.chibo.SheetAct
import vn.chibo.SheetRow
import vn.chibo.SheetWeight
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayShown
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.told

/** The lists that the core makes of the members: badges, card numbers, supplements and whatever it makes later. */
class Sheets(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Danh sách khác", "Other lists")
    override val help =
        t(
            "Các danh sách máy tự lập từ sổ: danh sách theo ngày, huy hiệu, số thẻ, kỷ luật. Chạm để mở.",
            "Lists that are made from the book: the roll of a day, badges, card numbers, discipline. Tap one to open it.",
        )

    override suspend fun draw(page: Page) {
        for (one in ask { it.sheets() }) page += kit.row(one.label) { host.go(OneSheet.CODE, one.code) }
    }

    companion object {
        const val CODE = "M27"
    }
}

/**
 * One of these lists, drawn from its columns and rows. A row that can be answered where it stands opens under a tap; any
 * other leads to the record or the case that it is about.
 */
class OneSheet(host: Host, route: Route) : Screen(host, route) {
    private val code = route.arg(0).orEmpty()

    override val title: Text = t("Danh sách", "A list")
    override val help =
        t(
            "Máy tự lập từ sổ. Chạm vào một dòng để ghi ngay hoặc mở hồ sơ. Sai thì sửa trong hồ sơ.",
            "Made from the book. Tap a row to note something or to open the record. What is wrong is put right there.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val asked = route.state[WHEN]
        val sheet = ask { it.sheet(code, asked, null) }
        page += kit.words(sheet.label, 20f, bold = true)
        sheet.year?.let { years(page, it.toInt()) }
        sheet.on?.let { day(page, it) }
        for (one in sheet.said) page += kit.words(one).apply { layoutParams = kit.below(8) }
        for (part in sheet.parts) {
            if (part.heading.vi.isNotEmpty()) page += kit.heading(part.heading)
            for (row in part.rows) row(page, sheet, row)
        }
        if (sheet.parts.isEmpty() && sheet.said.isEmpty()) page += kit.faint(t("Không có dòng nào.", "There are no rows."))
    }

    private fun years(page: Page, year: Int) {
        page += kit.words(t("Năm $year", "Year $year"), 24f, bold = true)
        for ((other, words) in
            listOf(
                year - 1 to t("Xem năm ${year - 1}", "See ${year - 1}"),
                year + 1 to t("Xem năm ${year + 1}", "See ${year + 1}"),
            )) {
            page +=
                kit.button(words) {
                    route.state[WHEN] = "$other"
                    host.redraw()
                }
        }
    }

    /** How it stood on another day; what is no day is said under the field, and the list stays. */
    private fun day(page: Page, on: String) {
        var entry: Entry? = null
        entry =
            Entry(kit, t("Tính đến ngày", "As of"), dayShown(on), Typing.DATE) { typed ->
                host.work {
                    try {
                        ask { it.sheet(code, typed, null) }
                    } catch (e: ChiboException.Invalid) {
                        return@work entry!!.tell(told(e))
                    }
                    route.state[WHEN] = typed
                    host.redraw()
                }
            }
        page += entry
        if (route.state[WHEN] != null)
            page +=
                kit.button(t("Tính đến hôm nay", "As of today")) {
                    route.state -= WHEN
                    host.redraw()
                }
    }

    private fun row(page: Page, sheet: Sheet, row: SheetRow) {
        val key = row.at?.doc ?: row.member
        val isOpen = row.acts.isNotEmpty() && route.state[OPEN] == key
        val cells =
            sheet.columns.zip(row.cells).mapNotNull { (column, cell) ->
                val said = cell.said(kit.language)
                if (said.isEmpty()) null else "${kit.say(column)}: $said"
            }
        page +=
            kit.rowOf(
                row.name,
                cells.joinToString("\n"),
                row.mark?.words,
                when (row.mark?.weight) {
                    SheetWeight.LATE -> Tone.ALARM
                    SheetWeight.OPEN -> Tone.CARE
                    else -> Tone.CALM
                },
            ) {
                if (row.acts.isEmpty()) return@rowOf further(row)
                if (isOpen) route.state -= OPEN else route.state[OPEN] = key
                host.redraw()
            }
        if (!isOpen) return
        for (act in row.acts) page += kit.button(act.label, Weight.MAIN) { say(row, act) }
        page +=
            kit.button(
                if (row.isThere) t("Mở tờ này", "Open the paper") else t("Mở hồ sơ", "Open the record")
            ) {
                further(row)
            }
    }

    private fun say(row: SheetRow, act: SheetAct) {
        val at = row.at ?: return
        host.work {
            ask { it.edit(at, act.edits) }
            route.state -= OPEN
            host.redraw()
            host.tell(t("Đã ghi.", "Noted."))
        }
    }

    /** To what the row is about. */
    private fun further(row: SheetRow) {
        val at = row.at?.takeIf { row.isThere } ?: return host.go(Member.CODE, row.member)
        if (Kinds.of(at.kind)?.isCase == true) host.go(Case.CODE, at.doc)
        else host.go(Form.CODE, at.place, at.kind, at.doc)
    }

    companion object {
        const val CODE = "M28"
        private const val WHEN = "when"
        private const val OPEN = "open"
    }
}
