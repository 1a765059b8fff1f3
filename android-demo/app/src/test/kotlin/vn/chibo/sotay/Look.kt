package vn.chibo.sotay

import android.graphics.drawable.ColorDrawable
import android.graphics.drawable.Drawable
import android.graphics.drawable.GradientDrawable
import android.graphics.drawable.RippleDrawable
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.TextView
import org.junit.Assert.assertTrue
import vn.chibo.sotay.ui.Kit
import vn.chibo.sotay.ui.OWN_WORDS

/**
 * What a picture cannot be trusted to show: sizes of targets, cut words, words of the other
 * language.
 */
object Look {
    private fun all(view: View): Sequence<View> = sequence {
        yield(view)
        if (view is ViewGroup) for (n in 0 until view.childCount) yieldAll(all(view.getChildAt(n)))
    }

    fun over(root: View, where: String, kit: Kit) {
        val least = kit.dp(48) - 1
        val smallest = 15f * root.resources.displayMetrics.scaledDensity
        for (view in all(root).filter { it.isShown && it.width > 0 }) {
            if (view.isClickable || view is EditText) {
                assertTrue(
                    "$where: a target of ${view.width}x${view.height}: ${said(view)}",
                    view.width >= least && view.height >= least,
                )
                assertTrue("$where: a target that says nothing", said(view).isNotBlank())
            }
            if (view is TextView && view.text.isNotEmpty()) {
                assertTrue("$where: small text: ${view.text}", view.textSize >= smallest - 0.5f)
                standsOut(view, where)
                whole(view, where)
            }
            val at = IntArray(2).also(view::getLocationInWindow)
            assertTrue(
                "$where: beyond the edge: ${said(view)}",
                at[0] >= 0 && at[0] + view.width <= root.width + 1,
            )
        }
    }

    /** The colour that a view is painted with, if it is painted. */
    private fun paint(of: Drawable?): Int? =
        when (of) {
            is ColorDrawable -> of.color.takeIf { it ushr 24 != 0 }
            is GradientDrawable -> of.color?.defaultColor
            is RippleDrawable -> (0 until of.numberOfLayers).firstNotNullOfOrNull { paint(of.getDrawable(it)) }
            else -> null
        }

    /** Each text is read on what is really under it, whoever put it there. */
    private fun standsOut(view: TextView, where: String) {
        val under = generateSequence(view as View) { it.parent as? View }.firstNotNullOfOrNull { paint(it.background) }
        assertTrue("$where: on nothing: ${view.text}", under != null)
        val contrast = contrast(view.currentTextColor, under!!)
        assertTrue("$where: %.1f to 1: ${view.text}".format(contrast), contrast >= 4.5)
    }

    private fun whole(view: TextView, where: String) {
        val layout = view.layout ?: return
        val room = view.height - view.compoundPaddingTop - view.compoundPaddingBottom
        assertTrue("$where: cut: ${view.text}", layout.height <= room + 1)
        val wide = view.width - view.compoundPaddingLeft - view.compoundPaddingRight
        for (line in 0 until layout.lineCount) {
            assertTrue(
                "$where: runs out of its field: ${view.text}",
                layout.getLineMax(line) <= wide + 1,
            )
            assertTrue("$where: ellipsis: ${view.text}", layout.getEllipsisCount(line) == 0)
            // A word that is broken in its middle is not cut, but nobody reads it.
            val end = layout.getLineEnd(line)
            if (
                line < layout.lineCount - 1 && view !is EditText && view.getTag(OWN_WORDS) == true
            ) {
                assertTrue(
                    "$where: broken word: ${view.text}",
                    end == 0 || view.text[end - 1].isWhitespace() || view.text[end - 1] in "-/,…",
                )
            }
        }
    }

    private fun said(view: View): String =
        view.contentDescription?.toString()
            ?: all(view)
                .filterIsInstance<TextView>()
                .joinToString(" ") { it.text.toString() + (it.hint ?: "") }
                .trim()
                .ifEmpty {
                    (view.parent as? ViewGroup)
                        ?.let { p ->
                            all(p)
                                .filterIsInstance<TextView>()
                                .filter { it.labelFor == view.id }
                                .joinToString { it.text }
                        }
                        .orEmpty()
                }

    private val VIETNAMESE =
        Regex(
            "[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]",
            RegexOption.IGNORE_CASE,
        )

    /** Words that stay as they are in English. */
    private val STAY = listOf("Tết", "đồng", "Tiếng Việt")

    fun isEnglish(root: View, where: String) {
        for (view in
            all(root).filterIsInstance<TextView>().filter {
                it.isShown && it.getTag(OWN_WORDS) == true
            }) {
            val words = STAY.fold(view.text.toString()) { text, stay -> text.replace(stay, "") }
            assertTrue("$where: not English: ${view.text}", !VIETNAMESE.containsMatchIn(words))
        }
    }
}
