package vn.chibo.sotay.screens

import android.graphics.Rect
import android.widget.LinearLayout
import android.widget.ScrollView
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import vn.chibo.CommuneInfo
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Kit
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.after
import vn.chibo.sotay.ui.t

/**
 * Where somebody is or comes from: typed as people say it, without diacritics too, by names of
 * today or of before July 2025; whatever fits of the official list is offered below and chosen with
 * a tap. What is not in the list is kept as it was typed.
 */
class PlaceEntry(
    private val kit: Kit,
    private val scope: CoroutineScope,
    label: Text,
    now: String,
    private val changed: (text: String, code: String) -> Unit,
) : LinearLayout(kit.context) {
    private var chosen = now
    private var searching: Job? = null
    private val offered = kit.column()

    /** Whether something is offered that was not laid out yet. */
    private var isNew = false

    val entry =
        Entry(kit, label, now, Typing.LINE) { typed -> if (typed != chosen) kept(typed, "") }

    init {
        orientation = VERTICAL
        addView(entry.hint(t("ví dụ: di an", "for example: di an")))
        addView(offered)
        // What can be chosen now is of no use below the edge, or behind the keyboard.
        offered.addOnLayoutChangeListener { _, _, _, _, _, _, _, _, _ ->
            if (isNew) post(::comeIntoView)
            isNew = false
        }
        entry.edit.addTextChangedListener(after { typed -> if (typed != chosen) search(typed) })
    }

    /** The field first, and below it as many of what is offered as there is room for. */
    private fun comeIntoView() {
        val page = generateSequence(parent) { it.parent }.firstNotNullOfOrNull { it as? ScrollView } ?: return
        val room = page.height - page.paddingTop - page.paddingBottom
        requestRectangleOnScreen(Rect(0, 0, width, height.coerceAtMost(room)), true)
    }

    private fun search(typed: String) {
        searching?.cancel()
        if (typed.trim().length < 2) return offered.removeAllViews()
        searching =
            scope.launch {
                val fitting =
                    withContext(Dispatchers.Default) { vn.chibo.findCommune(typed, null, MOST + 1u) }
                offer(fitting)
                if (fitting.isEmpty())
                    offered.addView(
                        kit.faint(
                            t(
                                "Chưa thấy trong danh sách; cứ ghi như bác nói.",
                                "Not in the list; it is kept as you write it.",
                            )
                        )
                    )
            }
    }

    /** Puts these there to be chosen from: what was typed may mean each of them. */
    fun offer(fitting: List<CommuneInfo>) {
        offered.removeAllViews()
        isNew = fitting.isNotEmpty()
        for (one in fitting.take(MOST.toInt())) {
            offered.addView(
                kit.row(
                    kit.data(one.name, bold = true),
                    kit.data(under(one), 16f, kit.colors.faint),
                ) {
                    choose(one)
                }
            )
        }
        if (fitting.size > MOST.toInt())
            offered.addView(
                kit.faint(
                    t("Còn nữa: gõ thêm huyện, tỉnh.", "There are more: add the district, the province.")
                )
            )
    }

    private fun under(one: CommuneInfo): String {
        val was = one.was ?: return one.province
        return kit.say(t("${one.province} (trước là $was)", "${one.province} (was $was)"))
    }

    private fun choose(one: CommuneInfo) {
        val words = "${one.name}, ${one.province}"
        put(words)
        changed(words, one.code)
    }

    /** Puts words there that are recorded: they need no saving, and nothing is to be chosen. */
    fun put(words: String) {
        searching?.cancel()
        chosen = words
        entry.put(words)
        offered.removeAllViews()
    }

    private fun kept(typed: String, code: String) {
        chosen = typed
        changed(typed, code)
    }

    companion object {
        private const val MOST = 8u

        /** A commune's code as people read it; other texts stay as they are. */
        fun shown(path: String, shown: String): String {
            if (!path.endsWith(CODE) || shown.isEmpty()) return shown
            return vn.chibo.communeByCode(shown)?.let { "${it.name}, ${it.province}" } ?: shown
        }

        const val CODE = "_code"
    }
}
