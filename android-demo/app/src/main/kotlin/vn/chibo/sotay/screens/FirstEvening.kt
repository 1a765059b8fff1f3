package vn.chibo.sotay.screens

import vn.chibo.DocumentView
import vn.chibo.FieldEdit
import vn.chibo.FieldView
import vn.chibo.ListQuery
import vn.chibo.ListRow
import vn.chibo.Text
import vn.chibo.sotay.ui.Choice
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayOf
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/**
 * The first evening: paper in one hand, the phone in the other, one person after another. Right is
 * one tap; what is wrong is tapped and typed. It goes on where it stopped, and ends with the next
 * attendance sheet.
 */
class FirstEvening(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Kiểm lại với sổ giấy", "Check against paper")
    override val help =
        t(
            "So từng người với sổ giấy. Đúng thì bấm “Đúng, người tiếp”. Ô nào sai thì chạm vào ô đó và gõ lại.",
            "Compare each person with paper. If right, go on. If a field is wrong, tap it and type.",
        )

    /** How far it has come is kept as what was typed is: it may take another evening. */
    override fun isTyped(key: String) = true

    override suspend fun draw(page: Page) {
        val people = inOrder(ask { it.list(ListQuery("member", "", null, 0u, 0u)) })
        val at = place(people)
        if (people.isEmpty()) {
            page +=
                kit.words(
                    t(
                        "Danh sách chưa về máy. Bấm “Gửi ngay” khi có sóng.",
                        "The list has not come yet. Press “Send now” with a signal.",
                    )
                )
            page += kit.button(t("Gửi ngay", "Send now"), Weight.MAIN) { sendNow(host) }
            return
        }
        val person = people.getOrNull(at) ?: return end(page, people)
        val document =
            ask { it.record(person.place) }.documents.find { it.at.kind == "member" } ?: return
        page +=
            kit.faint(
                t("Người thứ ${at + 1} trong ${people.size}", "Person ${at + 1} of ${people.size}")
            )
        page += kit.data(person.title, 24f, bold = true)
        for (field in checked(document)) cell(page, document, field)
        if (document.missing > 0u)
            page +=
                kit.faint(
                    t(
                        "Còn thiếu ${document.missing} ô khác, bổ sung sau.",
                        "${document.missing} other fields are missing, for later.",
                    )
                )
        page += kit.button(t("Đúng, người tiếp", "Right, the next"), Weight.MAIN) {
                turn(people.getOrNull(at + 1))
            }
        if (at > 0)
            page += kit.button(t("Người trước", "The one before")) { turn(people[at - 1]) }
        page +=
            kit.button(t("Sai nhiều: mở cả hồ sơ", "Much is wrong: open the record")) {
                host.go(Member.CODE, person.place)
            }
    }

    /**
     * The order in which they were met first. The roll is sorted by name, so a name that is put right, or somebody who comes
     * by a sync, would move the others: those stay where they were, and who is new comes last.
     */
    private fun inOrder(roll: List<ListRow>): List<ListRow> {
        val known = route.state[ORDER].orEmpty().split(" ").filter { it.isNotEmpty() }
        val order = known + roll.map { it.place }.filter { it !in known.toSet() }
        // Who is not here any more keeps a place: they may be the one at whom it stopped, or come back.
        route.state[ORDER] = order.joinToString(" ")
        val rows = roll.associateBy { it.place }
        return order.mapNotNull(rows::get)
    }

    /** Where among them it stands; behind the last one: they were all checked. */
    private fun place(people: List<ListRow>): Int {
        val order = route.state[ORDER].orEmpty().split(" ")
        val checked = route.state[CHECKED]?.toIntOrNull() ?: 0
        val before = order.take(checked).toSet()
        return people.count { it.place in before }
    }

    /**
     * What came from the office, and how to reach them: what is not there yet waits for another
     * evening.
     */
    private fun checked(document: DocumentView): List<FieldView> =
        document.fields.filter { field ->
            (field.value != null && !field.field.endsWith(PlaceEntry.CODE)) ||
                field.field in setOf("phone", "card_number")
        }

    private fun cell(page: Page, document: DocumentView, field: FieldView) {
        val info = Kinds.field("member", field.field) ?: return
        val path = "${document.at.place}/${field.path}"
        // What was not taken stands there to be put right, whoever has gone on meanwhile.
        if (route.state["cell"] != field.path && held(path) == null) {
            val shown = field.shown.said(kit.language)
            val value =
                if (shown.isEmpty()) kit.words(t("chưa có", "missing"), 18f, kit.colors.alarm)
                else kit.data(shown, bold = true)
            val row =
                kit.row(value, kit.faint(field.label)) {
                    route.state["cell"] = field.path
                    host.redraw()
                }
            row.contentDescription = "${kit.say(field.label)}: $shown"
            page += row
            return
        }
        suspend fun save(vararg said: FieldEdit) {
            ask { it.edit(document.at, said.toList()) }
            // Another row may have been opened meanwhile.
            if (route.state["cell"] == field.path) route.state.remove("cell")
            if (host.screen === this) host.redraw()
        }
        val recorded = Form.recorded(field)
        // A place and its code are one input: a code that stayed behind would say another place.
        val code = Kinds.communeCode("member", field.field)
        val input =
            if (code != null)
                savedPlace(info.label, path, recorded, false) { _, words, chosen ->
                    save(FieldEdit(field.path, words), FieldEdit(code.name, chosen))
                }
            else savedInput(info, path, recorded, false) { _, typed -> save(FieldEdit(field.path, typed)) }
        page += input
        if (route.state["cell"] != field.path) return
        // With the tap that opened it one is in it: the next one chooses.
        (input as? Choice)?.open()
        val entry = input as? Entry ?: (input as? PlaceEntry)?.entry
        entry?.edit?.post { entry.edit.requestFocus() }
    }

    /** Goes to somebody; `null`: behind the last one. */
    private fun turn(to: ListRow?) {
        val order = route.state[ORDER].orEmpty().split(" ")
        route.state[CHECKED] = "${if (to == null) order.size else order.indexOf(to.place)}"
        route.state.remove("cell")
        host.keepTyped(this)
        host.show()
    }

    private fun end(page: Page, people: List<ListRow>) {
        val all = people.size
        page += kit.notice(t("Đã xem đủ $all người.", "All $all people were checked."), Tone.CALM)
        notTaken(page, people)
        page +=
            kit.button(t("Tờ điểm danh buổi tới", "The next attendance sheet"), Weight.MAIN) {
                val tomorrow = host.app.desk.clock.now().toLong() + 86_400
                host.instead(Route(Attendance.CODE, dayOf(tomorrow)))
            }
        page +=
            kit.button(t("Thêm người chưa có", "Add somebody who is not there")) {
                host.go(AddMember.CODE)
            }
        page += kit.button(t("Xem lại từ đầu", "From the beginning")) { turn(people.first()) }
    }

    /** What was typed and not taken on the way is told at the end, and leads back to whom it is about. */
    private fun notTaken(page: Page, people: List<ListRow>) {
        val of = heldPaths().groupBy { it.substringBefore('/') }
        for (person in people) {
            val count = of[person.place]?.size ?: continue
            page +=
                kit.rowOf(
                    person.title,
                    null,
                    t("$count ô gõ chưa được", "$count fields were not taken"),
                    Tone.ALARM,
                ) {
                    turn(person)
                }
        }
    }

    companion object {
        const val CODE = "M90"
        private const val ORDER = "order"

        /** How many of [ORDER] were gone through. */
        private const val CHECKED = "checked"
    }
}
