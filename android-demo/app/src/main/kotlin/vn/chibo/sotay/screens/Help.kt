package vn.chibo.sotay.screens

import android.graphics.Bitmap
import android.widget.ImageView
import java.io.ByteArrayOutputStream
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import vn.chibo.Text
import vn.chibo.sotay.ui.Picture
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.same
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.work.Outgoing

/**
 * Help by telephone: the code to say, what the screen is for, and a picture of it without anybody's
 * data.
 */
class Help(host: Host, route: Route) : Screen(host, route) {
    override val needsStore = false
    override val title: Text = t("Giúp đỡ", "Help")
    override val help = t("Đọc mã màn hình cho người giúp nghe.", "Read the code out to who helps.")

    override suspend fun draw(page: Page) {
        val code = route.arg(0).orEmpty()
        page += kit.words(t("Mã màn hình", "Screen code"), 18f, kit.colors.faint)
        page += kit.words(same(code), 40f, kit.colors.accent, bold = true)
        SCREENS[code]?.let { page += kit.words(it(host, Route(code)).help, 20f) }
        page +=
            kit.words(
                    t(
                        "Gọi người giúp và đọc mã trên. Hoặc gửi ảnh màn hình: tên, số và mọi điều đã ghi đều được bôi đen.",
                        "Call and read the code out. Or send a picture: names and all that was written are blacked out.",
                    )
                )
                .apply { layoutParams = kit.below(16) }
        val picture = seen ?: return
        page += kit.button(t("Gửi ảnh hỏi", "Send a picture to ask"), Weight.MAIN) { send(picture) }
        page +=
            ImageView(kit.context).apply {
                setImageBitmap(picture)
                adjustViewBounds = true
                contentDescription =
                    kit.say(t("Ảnh sẽ gửi, đã bôi đen", "The picture, blacked out"))
                layoutParams = kit.below(12)
            }
    }

    private fun send(picture: Bitmap) =
        host.work {
            val uri =
                withContext(Dispatchers.IO) {
                    val bytes = ByteArrayOutputStream()
                    picture.compress(Bitmap.CompressFormat.PNG, 100, bytes)
                    Outgoing.put(host.activity, "man-hinh-${route.arg(0)}.png", bytes.toByteArray())
                }
            host.activity.startActivity(Outgoing.share(host.activity, uri, "image/png"))
        }

    companion object {
        const val CODE = "M81"

        /** What was shown when help was asked for; never on disk before somebody sends it. */
        private var seen: Bitmap? = null

        fun about(host: Host) {
            seen = Picture.of(host.activity.window.decorView)
            host.go(CODE, host.screen.route.code)
        }
    }
}
