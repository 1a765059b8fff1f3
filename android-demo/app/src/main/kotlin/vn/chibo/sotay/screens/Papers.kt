package vn.chibo.sotay.screens

import vn.chibo.Addressed
import vn.chibo.Chibo
import vn.chibo.ChiboException
import vn.chibo.KindInfo
import vn.chibo.ListQuery
import vn.chibo.Text
import vn.chibo.sotay.ui.PinPad
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.partialDayShown
import vn.chibo.sotay.ui.t

/** A new paper about somebody: of every kind of which they have as many as people make. */
class AddPaper(host: Host, route: Route) : Screen(host, route) {
    private val place = route.arg(0).orEmpty()

    override val title: Text = t("Ghi thêm giấy tờ", "Add a paper")
    override val help = t("Chọn loại giấy tờ muốn ghi.", "Choose what it is.")

    override suspend fun draw(page: Page) {
        for ((kind, at) in ask(::fitting)) page +=
            kit.row(kind.label) { host.instead(Route(Form.CODE, at.place, at.kind, at.doc, Form.NEW)) }
    }

    /**
     * Check-ins, supplements and cases have screens of their own; what the office alone records is not offered.
     */
    private fun fitting(phone: Chibo): List<Pair<KindInfo, Addressed>> {
        val written = phone.writes()
        return Kinds.everything()
            .filter {
                it.name in written &&
                    !it.single &&
                    !it.isCase &&
                    it.name !in setOf("check_in", "meeting", "yearly_supplement") &&
                    "look" !in it.name
            }
            .mapNotNull { kind -> phone.newAt(place, kind)?.let { kind to it } }
    }

    companion object {
        const val CODE = "M19"
    }
}

/** A new document of a kind at a place, not written yet; `null`: such a place has none, or it needs a day. */
private fun Chibo.newAt(place: String, kind: KindInfo): Addressed? =
    try {
        newDocument(place, kind.name, null)
    } catch (_: ChiboException.NotHere) {
        null
    } catch (_: ChiboException.Invalid) {
        null
    }

/** Whether a place has documents of a kind. */
fun Chibo.mayStandAt(place: String, kind: KindInfo) = newAt(place, kind) != null

/** The documents of some kinds at a place, each opened by a tap, under a heading if there are any. */
suspend fun Screen.papers(page: Page, kinds: List<KindInfo>, place: String, heading: Text? = null) {
    val rows = ask { phone ->
        kinds.flatMap { kind ->
            phone.list(ListQuery(kind.name, "", place, 0u, 20u)).map { kind to it }
        }
    }
    if (rows.isNotEmpty()) heading?.let { page += kit.heading(it) }
    for ((kind, row) in rows) {
        val mark = if (row.pending) t("chưa gửi", "not sent") else null
        val title = kit.data(partialDayShown(row.title), 16f, kit.colors.faint)
        page +=
            kit.row(kit.words(kind.label, bold = true), title, mark) {
                if (kind.isCase) host.go(Case.CODE, row.doc)
                else host.go(Form.CODE, "", "", row.doc)
            }
    }
}

/** Another PIN in the place of the one that is known. */
class ChangePin(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Đổi mã PIN", "Change the PIN")
    override val help =
        t("Nhập mã mới hai lần, ít nhất 6 số.", "Type the new PIN twice, at least 6 digits.")

    private var first = ""

    override suspend fun draw(page: Page) {
        val pad = PinPad(kit, host::quiet)
        page +=
            kit.words(
                if (first.isEmpty())
                    t("Đặt mã PIN mới, ít nhất 6 số", "Choose a new PIN, at least 6 digits")
                else t("Nhập lại mã PIN vừa đặt", "Type the new PIN once more"),
                20f,
                bold = true,
            )
        page += pad
        page +=
            kit.button(t("Tiếp tục", "Go on"), Weight.MAIN) {
                val typed = pad.typed
                when {
                    typed.length < PinPad.LEAST ->
                        host.tell(
                            t("Mã PIN phải có ít nhất 6 số.", "The PIN needs at least 6 digits."),
                            Tone.ALARM,
                        )
                    first.isEmpty() -> {
                        first = typed
                        host.redraw()
                    }
                    first != typed -> {
                        first = ""
                        host.redraw()
                        host.tell(
                            t(
                                "Hai lần nhập không giống nhau. Xin đặt lại.",
                                "They differ. Choose once more.",
                            ),
                            Tone.ALARM,
                        )
                    }
                    else ->
                        host.work {
                            host.app.desk.changePin(typed)
                            host.back()
                            host.tell(t("Đã đổi mã PIN.", "The PIN is changed."))
                        }
                }
            }
    }

    companion object {
        const val CODE = "M82"
    }
}
