package vn.chibo.sotay.ui

import android.text.InputType
import android.view.View
import android.view.inputmethod.EditorInfo
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import vn.chibo.Text

/** How a text is typed. */
enum class Typing {
    NAME,
    LINE,
    PROSE,
    DATE,
    NUMBER,
    TICKET,
    /** Signs that are no words: a ticket's code, an address. */
    CODE,
}

/**
 * A field that is typed into. Leaving it is saving it: [leave] is told what was typed when the
 * field loses the cursor, when a button is pressed or when the app goes away, and only if it
 * differs from what was told last. What is wrong stands under it, and what was typed stays.
 */
class Entry(
    private val kit: Kit,
    label: Text,
    now: String,
    typing: Typing,
    private val leave: (String) -> Unit,
) : LinearLayout(kit.context) {
    private var told = now
    private val under: TextView
    private val label = label

    /** What stands below the field while its words are not in the record. */
    private val beneath = mutableListOf<View>()

    val edit =
        EditText(kit.context).apply {
            setText(now)
            textSize = 18f * kit.scale
            setTextColor(kit.colors.ink)
            setHintTextColor(kit.colors.faint)
            background = kit.shape(kit.colors.card, kit.colors.line, 8)
            setPadding(kit.dp(12), kit.dp(10), kit.dp(12), kit.dp(10))
            minimumHeight = kit.dp(52)
            contentDescription = null
            inputType =
                when (typing) {
                    Typing.NAME ->
                        InputType.TYPE_CLASS_TEXT or
                            InputType.TYPE_TEXT_FLAG_CAP_WORDS or
                            InputType.TYPE_TEXT_VARIATION_PERSON_NAME
                    Typing.LINE ->
                        InputType.TYPE_CLASS_TEXT or InputType.TYPE_TEXT_FLAG_CAP_SENTENCES
                    Typing.PROSE ->
                        InputType.TYPE_CLASS_TEXT or
                            InputType.TYPE_TEXT_FLAG_CAP_SENTENCES or
                            InputType.TYPE_TEXT_FLAG_MULTI_LINE
                    // Day, month and year with whatever stands between them.
                    Typing.DATE ->
                        InputType.TYPE_CLASS_DATETIME or InputType.TYPE_DATETIME_VARIATION_DATE
                    Typing.NUMBER -> InputType.TYPE_CLASS_NUMBER
                    Typing.TICKET ->
                        InputType.TYPE_CLASS_TEXT or
                            InputType.TYPE_TEXT_FLAG_NO_SUGGESTIONS or
                            InputType.TYPE_TEXT_FLAG_MULTI_LINE
                    // Else a Vietnamese keyboard makes one letter of two, such as Â of AA.
                    Typing.CODE ->
                        InputType.TYPE_CLASS_TEXT or
                            InputType.TYPE_TEXT_FLAG_NO_SUGGESTIONS or
                            InputType.TYPE_TEXT_VARIATION_VISIBLE_PASSWORD
                }
            if (typing == Typing.LINE || typing == Typing.NAME || typing == Typing.CODE) {
                // One line to type, as many as it takes to read.
                setHorizontallyScrolling(false)
                maxLines = 4
            }
            imeOptions = EditorInfo.IME_ACTION_NEXT or EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING
            setTag(LEAVES, { left() })
            onFocusChangeListener = View.OnFocusChangeListener { _, has -> if (!has) left() }
        }

    init {
        orientation = VERTICAL
        layoutParams = kit.below(12)
        val head = kit.words(label, 16f, kit.colors.faint)
        edit.id = View.generateViewId()
        head.labelFor = edit.id
        under = kit.words(same(""), 16f, kit.colors.alarm)
        under.visibility = GONE
        under.accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
        addView(head)
        addView(edit)
        addView(under)
    }

    val typed: String
        get() = edit.text.toString()

    fun hint(words: Text) = apply { edit.hint = kit.say(words) }

    /** Says what is wrong, or what is to be known; `null`: nothing. `quotes`: it says what was written, so it is data. */
    fun tell(words: Text?, alarm: Boolean = true, quotes: Boolean = false) {
        under.setTag(OWN_WORDS, !quotes)
        under.text = words?.let(kit::say).orEmpty()
        under.setTextColor(if (alarm) kit.colors.alarm else kit.colors.faint)
        under.visibility = if (words == null) GONE else VISIBLE
    }

    /**
     * The words in the field are in no record: says below them what the record holds instead, and offers to give them up.
     */
    fun unsaved(recorded: String, giveUp: () -> Unit) {
        saved()
        beneath +=
            if (recorded.isEmpty()) kit.faint(t("Trong sổ chưa ghi gì.", "Nothing is recorded."))
            else {
                val said = t("Đang ghi trong sổ: $recorded", "In the record: $recorded")
                kit.data(kit.say(said), 16f, kit.colors.faint)
            }
        val words = t("Bỏ chữ gõ dở", "Give these words up")
        beneath +=
            kit.button(words, Weight.LIGHT, giveUp).apply {
                contentDescription = "${kit.say(words)}: ${kit.say(label)}"
            }
        beneath.forEach(::addView)
    }

    /** The words in the field are those of the record. */
    fun saved() {
        beneath.forEach(::removeView)
        beneath.clear()
    }

    /** Puts a text there that was not typed but chosen: it needs no saving. */
    fun put(words: String) {
        told = words
        edit.setText(words)
    }

    private fun left() {
        if (typed == told) return
        told = typed
        leave(typed)
    }
}
