package vn.chibo.sotay.ui

import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Rect
import android.view.View
import android.view.ViewGroup
import android.widget.ImageView
import android.widget.TextView

/**
 * A picture of the screen to ask somebody with (*gửi ảnh hỏi*). Every text that is not the app's
 * own is a black bar: names, numbers, whatever was typed. A view that nobody thought of is a black
 * bar as well.
 */
object Picture {
    fun of(root: View): Bitmap {
        val picture =
            Bitmap.createBitmap(
                root.width.coerceAtLeast(1),
                root.height.coerceAtLeast(1),
                Bitmap.Config.ARGB_8888,
            )
        val canvas = Canvas(picture)
        root.draw(canvas)
        blacken(root, root, canvas, Paint().apply { color = 0xFF000000.toInt() })
        return picture
    }

    /** The texts that are blacked out. */
    fun hidden(view: View): List<View> =
        when (view) {
            is ViewGroup -> (0 until view.childCount).flatMap { hidden(view.getChildAt(it)) }
            is TextView ->
                if (view.getTag(OWN_WORDS) == true || view.text.isEmpty()) emptyList()
                else listOf(view)
            // A ticket's square says as much as its words do.
            is ImageView -> if (view.getTag(OWN_WORDS) == true) emptyList() else listOf(view)
            else -> emptyList()
        }

    private fun blacken(root: View, view: View, canvas: Canvas, black: Paint) {
        for (text in hidden(view)) {
            val at = Rect()
            if (!text.isShown || !text.getGlobalVisibleRect(at)) continue
            val base = Rect().also { root.getGlobalVisibleRect(it) }
            at.offset(-base.left, -base.top)
            canvas.drawRect(at, black)
        }
    }
}
