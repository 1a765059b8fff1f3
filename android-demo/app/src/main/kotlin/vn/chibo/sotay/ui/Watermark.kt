package vn.chibo.sotay.ui

import android.graphics.Canvas
import android.graphics.Paint
import android.graphics.Typeface
import android.view.View

/** Says on every screen of practice that nothing here is real. Taps go through it. */
class Watermark(private val kit: Kit) : View(kit.context) {
    private val paint =
        Paint(Paint.ANTI_ALIAS_FLAG).apply {
            color = kit.colors.alarm
            alpha = 38
            textSize = kit.dp(44).toFloat()
            typeface = Typeface.DEFAULT_BOLD
            textAlign = Paint.Align.CENTER
        }

    init {
        importantForAccessibility = IMPORTANT_FOR_ACCESSIBILITY_NO
    }

    override fun onDraw(canvas: Canvas) {
        val words = kit.say(t("CHẠY THỬ", "PRACTICE"))
        canvas.rotate(-30f, width / 2f, height / 2f)
        for (row in -1..1) canvas.drawText(
            words,
            width / 2f,
            height / 2f + row * height / 3f,
            paint,
        )
    }
}
