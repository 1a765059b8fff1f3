package vn.chibo.sotay.ui

import android.text.Editable
import android.text.TextWatcher
import android.view.View
import android.widget.LinearLayout
import java.text.Normalizer
import vn.chibo.Text

/** Something that can be chosen: what is kept, and what people read. */
class Option(val code: String, val label: Text)

/**
 * One of a list. It shows what is chosen; a tap opens the list below it, in the page itself: no
 * window that hides what was there. Long lists are searched by what is typed, with or without
 * diacritics.
 */
class Choice(
    private val kit: Kit,
    label: Text,
    private val options: List<Option>,
    private var chosen: String?,
    private val mayClear: Boolean = true,
    private val choose: (String) -> Unit,
) : LinearLayout(kit.context) {
    private val list = kit.column()
    private val shown = kit.data("", 18f)
    private val label = label
    private val opener: LinearLayout

    init {
        orientation = VERTICAL
        layoutParams = kit.below(12)
        addView(kit.words(label, 16f, kit.colors.faint))
        opener = kit.row(shown) { toggle() }
        addView(opener)
        addView(list)
        list.visibility = GONE
        list.setPadding(kit.dp(12), 0, 0, 0)
        tell()
    }

    private fun tell() {
        val now = options.find { it.code == chosen }?.let { kit.say(it.label) } ?: chosen.orEmpty()
        shown.text = now.ifEmpty { kit.say(t("Chưa chọn", "Not chosen")) }
        opener.contentDescription = "${kit.say(label)}: ${shown.text}"
    }

    /** Shows what can be chosen, as a tap does. */
    fun open() {
        if (list.visibility != VISIBLE) toggle()
    }

    private fun toggle() {
        if (list.visibility == VISIBLE) return close()
        list.removeAllViews()
        val found = kit.column()
        if (options.size > LONG) {
            val search =
                Entry(kit, t("Gõ để tìm (không cần dấu)", "Type to search"), "", Typing.LINE) {}
            search.edit.addTextChangedListener(after { fill(found, it) })
            list.addView(search)
        }
        list.addView(found)
        fill(found, "")
        list.visibility = VISIBLE
    }

    private fun fill(found: LinearLayout, typed: String) {
        found.removeAllViews()
        val words = unmarked(typed)
        val fitting =
            options.filter { words in unmarked(it.label.vi) || words in unmarked(it.label.en) }
        for (option in fitting.take(SHOWN)) {
            val mark = if (option.code == chosen) t("đang chọn", "chosen") else null
            found.addView(
                kit.row(option.label, mark = mark, tone = Tone.CALM) { pick(option.code) }
            )
        }
        if (fitting.size > SHOWN)
            found.addView(kit.faint(t("Còn nữa: gõ thêm chữ để tìm.", "There are more: type on.")))
        if (mayClear && !chosen.isNullOrEmpty())
            found.addView(kit.button(t("Bỏ trống", "Leave empty")) { pick("") })
    }

    private fun pick(code: String) {
        chosen = code
        tell()
        close()
        choose(code)
    }

    private fun close() {
        list.removeAllViews()
        list.visibility = View.GONE
    }

    private companion object {
        const val LONG = 12
        const val SHOWN = 20
    }
}

/** A text without diacritics and capitals, to be compared with what is typed in a hurry. */
fun unmarked(text: String): String =
    Normalizer.normalize(text.lowercase(), Normalizer.Form.NFD)
        .replace(Regex("\\p{M}+"), "")
        .replace('đ', 'd')
        .trim()

fun after(change: (String) -> Unit) =
    object : TextWatcher {
        override fun beforeTextChanged(s: CharSequence?, start: Int, count: Int, after: Int) = Unit

        override fun onTextChanged(s: CharSequence?, start: Int, before: Int, count: Int) = Unit

        override fun afterTextChanged(s: Editable?) = change(s?.toString().orEmpty())
    }
