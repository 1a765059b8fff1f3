package vn.chibo.sotay.ui

import android.content.Context
import android.content.res.ColorStateList
import android.content.res.Configuration
import android.graphics.Typeface
import android.graphics.drawable.Drawable
import android.graphics.drawable.GradientDrawable
import android.graphics.drawable.RippleDrawable
import android.os.Build
import android.view.Gravity
import android.view.View
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.view.inputmethod.InputMethodManager
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.TextView
import vn.chibo.Text
import vn.chibo.sotay.Language
import vn.chibo.sotay.Settings
import vn.chibo.sotay.Shade

enum class Weight {
    MAIN,
    PLAIN,
    LIGHT,
    GRAVE,
}

enum class Tone {
    CALM,
    CARE,
    ALARM,
}

/**
 * The few widgets of which every screen is made: text of 18 sp, targets of 56 dp, one column. Words
 * of the app itself are [Text]s in both languages; what comes from a record is a String, and only
 * such a view is blacked out in a picture of the screen ([Picture]): a view of which nobody said
 * that it shows the app's own words counts as somebody's data.
 */
class Kit(val context: Context, settings: Settings) {
    val language: Language = settings.language
    val scale = Settings.SIZES[settings.size]
    private val night =
        context.resources.configuration.uiMode and Configuration.UI_MODE_NIGHT_MASK ==
            Configuration.UI_MODE_NIGHT_YES
    val isDark = settings.shade == Shade.DARK || (settings.shade == Shade.SYSTEM && night)
    val colors = if (isDark) Palette.DARK else Palette.LIGHT

    fun dp(n: Int) = (n * context.resources.displayMetrics.density + 0.5f).toInt()

    fun say(words: Text) = words.said(language)

    fun column(padded: Boolean = false) =
        LinearLayout(context).apply {
            orientation = LinearLayout.VERTICAL
            if (padded) setPadding(dp(16), dp(8), dp(16), dp(32))
        }

    private fun plain(words: CharSequence, sp: Float, color: Int, bold: Boolean) =
        TextView(context).apply {
            text = words
            textSize = sp * scale
            setTextColor(color)
            if (bold) setTypeface(typeface, Typeface.BOLD)
            setLineSpacing(0f, 1.1f)
        }

    /** Words of the app. */
    fun words(words: Text, sp: Float = 18f, color: Int = colors.ink, bold: Boolean = false) =
        plain(say(words), sp, color, bold).own()

    /** Words of a record. */
    fun data(words: String, sp: Float = 18f, color: Int = colors.ink, bold: Boolean = false) =
        plain(words, sp, color, bold)

    fun heading(words: Text) =
        words(words, 20f, bold = true).apply {
            setPadding(0, dp(20), 0, dp(8))
            asHeading(this)
        }

    fun faint(words: Text) = words(words, 16f, colors.faint)

    fun asHeading(view: View) {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) view.isAccessibilityHeading = true
    }

    fun shape(fill: Int, edge: Int? = null, round: Int = 12): Drawable =
        GradientDrawable().apply {
            setColor(fill)
            cornerRadius = dp(round).toFloat()
            edge?.let { setStroke(dp(1), it) }
        }

    private fun pressable(shape: Drawable) =
        RippleDrawable(ColorStateList.valueOf(0x33888888), shape, null)

    fun button(words: Text, weight: Weight = Weight.PLAIN, then: () -> Unit) =
        TextView(context).apply {
            val (fill, ink, edge) =
                when (weight) {
                    Weight.MAIN -> Triple(colors.accent, colors.onAccent, null)
                    Weight.PLAIN -> Triple(colors.card, colors.accent, colors.accent)
                    Weight.LIGHT -> Triple(colors.paper, colors.accent, null)
                    Weight.GRAVE -> Triple(colors.card, colors.alarm, colors.alarm)
                }
            text = say(words)
            textSize = 18f * scale
            setTypeface(typeface, Typeface.BOLD)
            setTextColor(ink)
            // What few people need stands as a line of text, as large to the finger as any other.
            val isLight = weight == Weight.LIGHT
            gravity = if (isLight) Gravity.START or Gravity.CENTER_VERTICAL else Gravity.CENTER
            minHeight = dp(56)
            val side = if (isLight) 0 else dp(16)
            setPadding(side, dp(12), side, dp(12))
            background = pressable(shape(fill, edge))
            tapped(then)
            layoutParams = below(8)
            own()
        }

    /**
     * One line of a list: what it is, what is to be known of it, a mark if it asks for something, and another if what it
     * says is to be taken with care.
     */
    fun row(
        title: View,
        under: View? = null,
        mark: Text? = null,
        tone: Tone = Tone.CARE,
        doubt: Text? = null,
        then: (() -> Unit)? = null,
    ): LinearLayout {
        val line =
            LinearLayout(context).apply {
                gravity = Gravity.CENTER_VERTICAL
                minimumHeight = dp(64)
                setPadding(dp(14), dp(10), dp(14), dp(10))
                background =
                    if (then == null) shape(colors.card, colors.line)
                    else pressable(shape(colors.card, colors.line))
                layoutParams = below(6)
            }
        val text = column()
        text.addView(title)
        under?.let { text.addView(it) }
        mark?.let { text.addView(badge(it, tone)) }
        doubt?.let { text.addView(badge(it, Tone.CARE)) }
        line.addView(text, LinearLayout.LayoutParams(0, WRAP_CONTENT, 1f))
        if (then != null) {
            line.addView(
                words(same("›"), 24f, colors.accent).apply {
                    setPadding(dp(10), 0, 0, 0)
                    importantForAccessibility = View.IMPORTANT_FOR_ACCESSIBILITY_NO
                }
            )
            line.tapped(then)
        }
        return line
    }

    fun row(
        title: Text,
        under: Text? = null,
        mark: Text? = null,
        tone: Tone = Tone.CARE,
        then: (() -> Unit)? = null,
    ) = row(words(title, bold = true), under?.let(::faint), mark, tone, then = then)

    /** A row about somebody. */
    fun rowOf(
        title: String,
        under: String? = null,
        mark: Text? = null,
        tone: Tone = Tone.CARE,
        doubt: Text? = null,
        then: (() -> Unit)? = null,
    ) =
        row(
            data(title, bold = true),
            under?.takeIf { it.isNotEmpty() }?.let { data(it, 16f, colors.faint) },
            mark,
            tone,
            doubt,
            then,
        )

    fun badge(words: Text, tone: Tone) =
        words(words, 15f, inkOf(tone), bold = true).apply {
            background = shape(fillOf(tone), round = 6)
            setPadding(dp(8), dp(3), dp(8), dp(3))
            layoutParams =
                LinearLayout.LayoutParams(WRAP_CONTENT, WRAP_CONTENT).apply { topMargin = dp(6) }
        }

    private fun fillOf(tone: Tone) =
        when (tone) {
            Tone.CALM -> colors.calm
            Tone.CARE -> colors.care
            Tone.ALARM -> colors.alarm
        }

    private fun inkOf(tone: Tone) =
        when (tone) {
            Tone.CALM -> colors.onCalm
            Tone.CARE -> colors.onCare
            Tone.ALARM -> colors.onAlarm
        }

    /** Something that has to be read; it is read out when it appears. */
    fun notice(words: Text, tone: Tone = Tone.CARE) =
        words(words, 18f, inkOf(tone)).apply {
            background = shape(fillOf(tone))
            setPadding(dp(14), dp(12), dp(14), dp(12))
            accessibilityLiveRegion = View.ACCESSIBILITY_LIVE_REGION_POLITE
            layoutParams = below(8)
        }

    /**
     * A value with its label above it; under it whose words it is where somebody else said it, and what is to be looked
     * at.
     */
    fun value(
        label: Text,
        shown: String,
        told: List<Text> = emptyList(),
        cautions: List<Text> = emptyList(),
    ): LinearLayout =
        column().apply {
            addView(words(label, 16f, colors.faint))
            addView(data(shown, 18f))
            for (one in told) addView(data(say(one), 16f, colors.faint))
            for (one in cautions) addView(care(one))
            layoutParams = below(10)
        }

    /** What of a record is to be looked at. It quotes what was written, so it counts as somebody's data. */
    fun care(caution: Text) =
        data(say(t("Lưu ý: ${caution.vi}", "Note: ${caution.en}")), 16f, colors.onCare).apply {
            background = shape(colors.care, round = 8)
            setPadding(dp(10), dp(8), dp(10), dp(8))
            layoutParams = below(6)
        }

    fun below(margin: Int) =
        LinearLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT).apply { topMargin = dp(margin) }
}

/** Says that a view shows the app's own words and nobody's data. */
fun <V : View> V.own(): V = apply { setTag(OWN_WORDS, true) }

// Keys of tags have to look like resources of the app; it has none of these.
const val OWN_WORDS = 0x7f0f0001

/** One tap with the finger, the keyboard or a switch: what was typed before is kept first. */
fun View.tapped(then: () -> Unit) {
    isClickable = true
    isFocusable = true
    setOnClickListener {
        rootView.leaveField()
        rootView.findFocus()?.let { field ->
            if (field is EditText) {
                field.clearFocus()
                context
                    .getSystemService(InputMethodManager::class.java)
                    .hideSoftInputFromWindow(windowToken, 0)
            }
        }
        then()
    }
}

const val LEAVES = 0x7f0f0002

/** Keeps what was typed into the field that has the cursor. */
@Suppress("UNCHECKED_CAST")
fun View.leaveField() {
    (findFocus()?.getTag(LEAVES) as? () -> Unit)?.invoke()
}
