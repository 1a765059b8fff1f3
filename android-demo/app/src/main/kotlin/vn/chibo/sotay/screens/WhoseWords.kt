package vn.chibo.sotay.screens

import vn.chibo.Addressed
import vn.chibo.FieldEdit
import vn.chibo.Saved
import vn.chibo.sotay.ui.Choice
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Option
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/**
 * In whose words a form is filled (*ghi hộ*): nobody else's, until a person says who told it to them
 * and how. Then it holds for every field that is left on this form, and stands above them.
 */
class WhoseWords(private val form: Screen) {
    private val host = form.host
    private val kit = form.kit
    private val state
        get() = form.route.state

    private val who
        get() = state[WHO].orEmpty()

    private val how
        get() = state[HOW].orEmpty()

    private val isSet
        get() = who.isNotEmpty() || how.isNotEmpty()

    fun draw(page: Page) {
        when {
            state[ASKED] != null -> ask(page)
            isSet -> {
                page +=
                    kit.data(said(), 17f, bold = true).apply { layoutParams = kit.below(8) }
                page +=
                    kit.button(
                        t("Thôi, ghi lời của mình", "No more: in my own words"),
                        Weight.LIGHT,
                    ) {
                        end()
                    }
            }
            else ->
                page +=
                    kit.button(t("Ghi theo lời ai?", "In whose words?"), Weight.LIGHT) {
                        state[ASKED] = "1"
                        host.redraw()
                    }
        }
    }

    private fun said(): String {
        val way = Kinds.code("check_in", "how", how)?.said(kit.language).orEmpty().lowercase()
        val by = if (who.isEmpty()) "" else kit.say(t("theo lời $who", "as told by $who"))
        val both = listOf(by, way).filter { it.isNotEmpty() }.joinToString(", ")
        return kit.say(t("Đang ghi $both", "Writing $both"))
    }

    private fun ask(page: Page) {
        lateinit var name: Entry
        name =
            Entry(
                kit,
                t("Theo lời ai (ví dụ: vợ ở nhà)", "As told by (say: his wife at home)"),
                who,
                Typing.LINE,
            ) {
                keep(WHO, it.trim())
                name.tell(null)
            }
        page += name
        val ways = Kinds.codes("check_in", "how").map { Option(it.code, it.label) }
        page +=
            Choice(kit, t("Báo bằng cách nào", "How it came"), ways, how) { keep(HOW, it) }
        page +=
            kit.button(t("Ghi theo lời người này", "Write it as their words"), Weight.MAIN) {
                keep(WHO, name.typed.trim())
                if (!isSet)
                    return@button name.tell(t("Chưa ghi ai.", "Nobody is named yet."))
                state.remove(ASKED)
                host.redraw()
            }
        page += kit.button(t("Thôi, ghi lời của mình", "No more: in my own words")) { end() }
    }

    private fun keep(what: String, typed: String) {
        if (typed.isEmpty()) state.remove(what) else state[what] = typed
    }

    private fun end() {
        for (what in listOf(WHO, HOW, ASKED)) state.remove(what)
        host.redraw()
    }

    /** Saves what was typed, as the words of whoever said it. */
    suspend fun save(at: Addressed, edits: List<FieldEdit>): Saved {
        // While it is being asked, it does not hold yet.
        val (by, way) = if (state[ASKED] == null) who to how else "" to ""
        return form.ask { if (isSet) it.editFor(at, edits, by, way) else it.edit(at, edits) }
    }

    private companion object {
        const val WHO = "whose-who"
        const val HOW = "whose-how"
        const val ASKED = "whose-asked"
    }
}
