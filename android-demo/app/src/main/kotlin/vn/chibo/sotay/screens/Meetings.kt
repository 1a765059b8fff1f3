package vn.chibo.sotay.screens

import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.widget.LinearLayout
import vn.chibo.Change
import vn.chibo.ChiboException
import vn.chibo.ListQuery
import vn.chibo.Mark
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.OWN_WORDS
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayOf
import vn.chibo.sotay.ui.dayShown
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.tapped
import vn.chibo.sotay.ui.told

/** The meetings of the branch, the last first. */
class Meetings(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Sinh hoạt", "Meetings")
    override val help =
        t(
            "Bấm “Điểm danh hôm nay” khi vào họp. Biên bản vẫn viết tay; ở đây ghi ai có mặt và trang sổ.",
            "Press “Attendance today”. Minutes stay on paper; here stand who came and the page.",
        )

    override fun hears(change: Change) = change.kind == "meeting"

    override suspend fun draw(page: Page) {
        val today = dayOf(host.app.desk.clock.now().toLong())
        page +=
            kit.button(
                t("Điểm danh hôm nay, ${dayShown(today)}", "Attendance today, ${dayShown(today)}"),
                Weight.MAIN,
            ) {
                host.go(Attendance.CODE, today)
            }
        val other =
            Entry(kit, t("Hoặc ngày khác", "Or another day"), route.state["day"].orEmpty(), Typing.DATE) {
                route.state["day"] = it
            }
        page += other.hint(t("ngày/tháng/năm", "day/month/year"))
        page +=
            kit.button(t("Điểm danh ngày đó", "Attendance of that day")) {
                host.work {
                    val branch = ask { it.outbox() }.place ?: return@work
                    try {
                        ask { it.newDocument(branch, "meeting", other.typed.trim()) }
                        host.go(
                            Attendance.CODE,
                            isoDay(other.typed.trim())
                                ?: return@work other.tell(
                                    t("Xin ghi đủ ngày, tháng, năm.", "Give day, month and year.")
                                ),
                        )
                    } catch (e: ChiboException.Invalid) {
                        other.tell(told(e))
                    }
                }
            }
        val rows =
            ask { it.list(ListQuery("meeting", "", null, 0u, 0u)) }.sortedByDescending { it.title }
        page += kit.heading(t("Các buổi đã ghi", "Recorded"))
        if (rows.isEmpty()) page += kit.faint(t("Chưa ghi buổi nào.", "None yet."))
        for (row in rows.take(36)) page +=
            kit.rowOf(
                dayShown(row.title),
                null,
                if (row.pending) t("chưa gửi", "not sent") else null,
            ) {
                host.go(Attendance.CODE, row.title)
            }
    }

    companion object {
        const val CODE = "M30"

        /** `3/2/2027` as `2027-02-03`. */
        fun isoDay(typed: String): String? {
            val parts =
                typed
                    .split(Regex("[^0-9]+"))
                    .filter { it.isNotEmpty() }
                    .mapNotNull { it.toIntOrNull() }
            if (parts.size != 3) return null
            val (d, m, y) =
                if (parts[0] > 31) Triple(parts[2], parts[1], parts[0])
                else Triple(parts[0], parts[1], parts[2])
            if (d !in 1..31 || m !in 1..12 || y !in 1900..2200) return null
            return "%04d-%02d-%02d".format(y, m, d)
        }
    }
}

/**
 * Who came: one tap for who is there, two for who is not and why. Each tap is on disk before the
 * next.
 */
class Attendance(host: Host, route: Route) : Screen(host, route) {
    private val on = route.arg(0).orEmpty()

    override val title: Text = t("Điểm danh ${dayShown(on)}", "Attendance ${dayShown(on)}")
    override val help =
        t(
            "Chạm “Có mặt”, hoặc “Vắng” rồi chọn lý do. Bấm đến đâu lưu đến đó; máy tắt giữa chừng không mất.",
            "Tap “Present”, or “Absent” and the reason. Each tap is saved at once.",
        )

    private class Person(val place: String, val name: String, val from: String?)

    private val counter by lazy { kit.words(t("", ""), 20f, bold = true) }
    private val marks = mutableMapOf<String, String>()
    private var people: List<Person> = emptyList()
    private var branch = ""
    private var mine = false

    override fun hears(change: Change) = change.kind in HEARD && !mine

    override suspend fun draw(page: Page) {
        branch = ask { it.outbox() }.place.orEmpty()
        val own =
            ask { it.list(ListQuery("member", "", null, 0u, 0u)) }
                .filter { it.status !in GONE }
                .map { Person(it.place, it.title, null) }
        val doc = ask { it.newDocument(branch, "meeting", on) }.doc
        marks.clear()
        for (mark in ask { it.attendance(branch, on) }) marks[mark.member] = mark.code
        people = own + guests()
        (counter.parent as? LinearLayout)?.removeView(counter)
        page += counter
        count()
        for (person in people) page += line(person)
        page +=
            kit.button(t("Những người chưa điểm: có mặt", "All not marked: present")) {
                val rest = people.filter { it.place !in marks }.map { Mark(it.place, PRESENT) }
                if (rest.isNotEmpty())
                    host.work {
                        ask { it.attend(branch, on, rest) }
                        route.state[AT_ONCE] = rest.joinToString(" ") { it.member }
                        host.redraw()
                    }
            }
        atOnce(page)
        page +=
            kit.button(t("Ghi trang sổ, địa điểm, nội dung", "Page of the book, place, agenda")) {
                host.go(Form.CODE, branch, "meeting", doc)
            }
        page += kit.button(t("Xong", "Done"), Weight.MAIN) { host.back() }
    }

    /** Who takes part here for a time, from another branch: now, or when this meeting was. */
    private suspend fun guests(): List<Person> {
        val known = ask { it.placements() }
        val now = known.filter { it.isGuest && it.until != null }.map { Person(it.placement, it.name, it.home) }
        // Of a stay that is over only its document is left here.
        val over =
            ask { it.list(ListQuery("placement", "", null, 0u, 0u)) }
                .filter { row -> known.none { it.placement == row.place } }
                .mapNotNull { row ->
                    val said = ask { it.document(row.doc) }.fields.associate { it.path to Form.recorded(it) }
                    val wasHere = on >= said["from"].orEmpty() && on <= said["until"].orEmpty()
                    if (wasHere || row.place in marks) Person(row.place, row.title, said["home"].orEmpty()) else null
                }
        return now + over
    }

    /** One tap marked many: one takes it back, of those who are marked so still. */
    private fun atOnce(page: Page) {
        val marked = route.state[AT_ONCE].orEmpty().split(" ").filter { marks[it] == PRESENT }
        if (marked.isEmpty()) return
        page +=
            kit.button(
                t("Bỏ dấu vừa điểm một loạt (${marked.size} người)", "Take the ${marked.size} marks back"),
                Weight.GRAVE,
            ) {
                host.work {
                    ask { it.attend(branch, on, marked.map { member -> Mark(member, "") }) }
                    route.state -= AT_ONCE
                    host.redraw()
                }
            }
    }

    private fun count() {
        val there = people.count { marks[it.place] == PRESENT }
        val done = people.count { it.place in marks }
        counter.text =
            kit.say(
                t(
                    "Đã điểm $done/${people.size}, có mặt $there",
                    "Marked $done/${people.size}, present $there",
                )
            )
    }

    private fun line(person: Person): View {
        val card =
            kit.column().apply {
                background = kit.shape(kit.colors.card, kit.colors.line)
                setPadding(kit.dp(12), kit.dp(8), kit.dp(12), kit.dp(10))
                layoutParams = kit.below(6)
            }
        fill(card, person, open = false)
        return card
    }

    private fun fill(card: LinearLayout, person: Person, open: Boolean) {
        card.removeAllViews()
        val mark = marks[person.place]
        card.addView(kit.data(person.name, 19f, bold = true))
        person.from?.let {
            card.addView(kit.data(kit.say(t("từ $it", "from $it")), 16f, kit.colors.faint))
        }
        val pair = LinearLayout(kit.context)
        pair.addView(
            choice(person, t("Có mặt", "Present"), mark == PRESENT) { put(card, person, PRESENT) },
            half(),
        )
        val isAbsent = mark != null && mark != PRESENT
        val why = if (isAbsent) Kinds.code("meeting", "attendance", mark!!) else null
        val absent =
            choice(person, why ?: t("Vắng", "Absent"), isAbsent) { fill(card, person, !open) }
        // Why somebody is not there is said of them: it is blacked out as their name is.
        if (why != null) absent.setTag(OWN_WORDS, false)
        pair.addView(absent, half())
        card.addView(pair)
        if (!open) return
        for (code in Kinds.codes("meeting", "attendance").filter { it.code != PRESENT }) {
            card.addView(kit.row(code.label) { put(card, person, code.code) })
        }
    }

    private fun half() =
        LinearLayout.LayoutParams(0, ViewGroup.LayoutParams.MATCH_PARENT, 1f).apply {
            setMargins(0, kit.dp(6), kit.dp(6), 0)
        }

    private fun choice(person: Person, words: Text, chosen: Boolean, then: () -> Unit) =
        kit.words(words, 18f, if (chosen) kit.colors.onAccent else kit.colors.accent, bold = true)
            .apply {
                gravity = Gravity.CENTER
                minHeight = kit.dp(52)
                setPadding(kit.dp(6), kit.dp(6), kit.dp(6), kit.dp(6))
                background =
                    kit.shape(if (chosen) kit.colors.accent else kit.colors.card, kit.colors.accent)
                isSelected = chosen
                contentDescription = "${person.name}: ${words.said(kit.language)}"
                tapped(then)
            }

    private fun put(card: LinearLayout, person: Person, code: String) {
        marks[person.place] = code
        fill(card, person, open = false)
        count()
        mine = true
        host.save({
            ask { it.attend(branch, on, listOf(Mark(person.place, code))) }
            mine = false
        }) { why ->
            mine = false
            host.tell(why, Tone.ALARM)
            host.redraw()
        }
    }

    companion object {
        const val CODE = "M31"
        private const val AT_ONCE = "at-once"
        private const val PRESENT = "present"
        private val HEARD = setOf("meeting", "placement_attendance")

        /** Who is on no roll any more. */
        private val GONE =
            setOf("transferred", "struck_off", "withdrew", "expelled", "left", "deceased")
    }
}
