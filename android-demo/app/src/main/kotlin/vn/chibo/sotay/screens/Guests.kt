package vn.chibo.sotay.screens

import vn.chibo.Change
import vn.chibo.FieldEdit
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayShown
import vn.chibo.sotay.ui.t

/**
 * Who takes part in another branch for a time (*sinh hoạt tạm thời*): guests here, and own people
 * elsewhere.
 */
class Guests(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Sinh hoạt tạm thời", "Placed for a time")
    override val help =
        t(
            "Khách của chi bộ: chạm vào tên để ghi đảng phí hoặc nhận xét. Văn phòng ghi ai sinh hoạt ở đâu.",
            "Guests: tap a name to note dues or a remark. The office says who is placed where.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val (guests, elsewhere) = ask { it.placements() }.partition { it.isGuest }
        page += kit.heading(t("Khách của chi bộ", "Guests here"))
        if (guests.isEmpty()) page += kit.faint(t("Không có ai.", "Nobody."))
        for (guest in guests) page +=
            kit.rowOf(
                guest.name,
                listOf(guest.home, guest.phone).filter { it.isNotEmpty() }.joinToString("\n"),
                until(guest.until),
                toneOf(guest.until),
            ) {
                host.go(Guest.CODE, guest.placement)
            }
        page += kit.heading(t("Người của mình ở nơi khác", "Own people elsewhere"))
        if (elsewhere.isEmpty()) page += kit.faint(t("Không có ai.", "Nobody."))
        for (one in elsewhere) {
            val member = one.member
            page +=
                kit.rowOf(
                    one.name,
                    null,
                    until(one.until),
                    toneOf(one.until),
                    then = member?.let { { host.go(Member.CODE, it) } },
                )
        }
    }

    private fun until(day: String?): Text =
        if (day == null) t("đã hết hạn", "has ended")
        else t("đến ${dayShown(day)}", "until ${dayShown(day)}")

    private fun toneOf(day: String?) = if (day == null) Tone.CARE else Tone.CALM

    companion object {
        const val CODE = "M42"
    }
}

/** One guest: dues that were collected, and what the host says of them. */
class Guest(host: Host, route: Route) : Screen(host, route) {
    private val placement = route.arg(0).orEmpty()

    override val title: Text = t("Khách sinh hoạt", "A guest")
    override val help =
        t(
            "Ghi đảng phí đã thu của tháng, hoặc nhận xét. Hai việc ghi riêng.",
            "Note dues of a month, or a remark: each by itself.",
        )

    override fun isTyped(key: String) = true

    override val isWrittenAsWhole = true

    override suspend fun draw(page: Page) {
        val guest = ask { it.placements() }.find { it.placement == placement } ?: return gone(page)
        page += kit.data(guest.name, 24f, bold = true)
        noted(page)
        page += kit.heading(t("Đảng phí đã thu", "Dues collected"))
        val month =
            Entry(kit, t("Tháng", "Month"), route.state["month"].orEmpty(), Typing.DATE) {
                hold("month", it)
            }
        page += month.hint(t("tháng/năm", "month/year"))
        val dues = fields(page, "placement_dues", "d") + ("month" to month)
        page +=
            kit.button(t("Ghi đảng phí", "Note dues"), Weight.MAIN) {
                workOn("placement_dues", dues) {
                    ask { it.guestDues(placement, month.typed.trim(), said("d")) }
                    noted("d")
                }
            }
        page += kit.heading(t("Nhận xét của nơi nhận", "The host's remark"))
        val remark = fields(page, "placement_remark", "r")
        page +=
            kit.button(t("Ghi nhận xét", "Note the remark"), Weight.MAIN) {
                val said = said("r")
                if (said.isEmpty())
                    return@button host.tell(t("Chưa ghi gì.", "Nothing is written."), Tone.CARE)
                workOn("placement_remark", remark) {
                    ask { it.guestRemark(placement, said) }
                    noted("r")
                }
            }
    }

    private fun gone(page: Page) {
        page +=
            kit.words(
                t("Người này không còn sinh hoạt tạm thời ở đây.", "This person does not take part here any more.")
            )
    }

    /** What stands already, so that nobody notes a month twice. */
    private suspend fun noted(page: Page) {
        val kinds = listOf("placement_dues", "placement_remark").mapNotNull(Kinds::of)
        papers(page, kinds, placement)
    }

    /** The fields of a kind; gives those that are typed into, by name. */
    private fun fields(page: Page, kind: String, mark: String): Map<String, Entry> {
        val entries = mutableMapOf<String, Entry>()
        for (field in Kinds.of(kind)?.fields.orEmpty().filter { it.name != "month" }) {
            val key = "$mark-${field.name}"
            val view =
                Form.inputOf(kit, field, route.state[key].orEmpty(), false) { _, typed ->
                    hold(key, typed)
                }
            if (view is Entry) entries[field.name] = view
            page += view
        }
        return entries
    }

    private fun said(mark: String) =
        route.state
            .filterKeys { it.startsWith("$mark-") }
            .map { FieldEdit(it.key.removePrefix("$mark-"), it.value) }

    /** What was noted is typed no more; the other half of the page stays as it was. */
    private fun noted(mark: String) {
        route.state.keys.removeAll { it.startsWith("$mark-") || (mark == "d" && it == "month") }
        host.redraw()
        host.tell(t("Đã ghi.", "Noted."))
    }

    companion object {
        const val CODE = "M43"
    }
}
