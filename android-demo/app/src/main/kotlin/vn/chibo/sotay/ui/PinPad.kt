package vn.chibo.sotay.ui

import android.view.Gravity
import android.view.View
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.LinearLayout

/** Ten large digits and what was typed as dots: no keyboard of another maker sees a PIN. */
class PinPad(private val kit: Kit, private val touched: () -> Unit = {}) :
    LinearLayout(kit.context) {
    var typed = ""
        private set

    private val dots =
        kit.words(same(""), 30f, kit.colors.accent, bold = true).apply {
            gravity = Gravity.CENTER
            minHeight = kit.dp(48)
        }

    init {
        orientation = VERTICAL
        addView(dots)
        for (keys in listOf("123", "456", "789", "⌫0")) addView(line(keys))
        tell()
    }

    fun clear() {
        typed = ""
        tell()
    }

    private fun line(keys: String) =
        LinearLayout(kit.context).apply {
            for (key in keys) addView(
                key(key),
                LayoutParams(0, WRAP_CONTENT, 1f).apply {
                    setMargins(kit.dp(4), kit.dp(4), kit.dp(4), kit.dp(4))
                },
            )
            // The last line has two keys, and the nought stands in the middle.
            if (keys.length < 3)
                addView(
                    View(kit.context),
                    LayoutParams(0, 1, 1f).apply { setMargins(kit.dp(4), 0, kit.dp(4), 0) },
                )
        }

    private fun key(key: Char) =
        kit.words(same(key.toString()), 24f, kit.colors.ink, bold = true).apply {
            gravity = Gravity.CENTER
            minHeight = kit.dp(60)
            background = kit.shape(kit.colors.card, kit.colors.line)
            if (key == '⌫') contentDescription = kit.say(t("Xóa một số", "Delete one digit"))
            tapped {
                typed = if (key == '⌫') typed.dropLast(1) else (typed + key).take(MOST)
                touched()
                tell()
            }
        }

    private fun tell() {
        dots.text = "●".repeat(typed.length)
        dots.contentDescription =
            kit.say(t("Đã nhập ${typed.length} số", "${typed.length} digits typed"))
    }

    companion object {
        const val LEAST = 6
        private const val MOST = 16
    }
}
