package vn.chibo.sotay.screens

import android.content.ActivityNotFoundException
import android.content.Intent
import android.net.Uri
import java.io.IOException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import vn.chibo.ChiboException
import vn.chibo.PageForm
import vn.chibo.PageLanguage
import vn.chibo.Text
import vn.chibo.sotay.Language
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayOf
import vn.chibo.sotay.ui.t

/**
 * All that is recorded about a person as a page to print or for machines. It is not sealed, so it goes only where somebody
 * puts it: into the file that they choose, never into this app's own cache.
 */
class OwnPage(host: Host, route: Route) : Screen(host, route) {
    private val member = route.arg(0)

    override val title: Text = t("In, lưu ra tệp", "Print, save")
    override val help =
        t(
            "Lưu mọi điều đã ghi về một người thành tệp để in hoặc để giữ. Tệp không niêm phong: cất kỹ.",
            "Saves all that is recorded about a person as a file to print or keep. It is not sealed: keep it well.",
        )

    override suspend fun draw(page: Page) {
        page +=
            kit.notice(
                t(
                    "Tệp này không niêm phong: ai cầm được là đọc được. Chọn chỗ lưu của mình; in xong thì xóa.",
                    "This file is not sealed: whoever has it reads it. Choose your own place; remove it when printed.",
                )
            )
        if (member != null)
            page +=
                kit.faint(
                    t(
                        "Việc in và lưu ra được ghi lại; người này xem thấy.",
                        "That it was printed or saved is noted, and they see it.",
                    )
                )
        page +=
            kit.button(t("Lưu trang để in", "Save the page to print"), Weight.MAIN) {
                put(PageForm.HTML)
            }
        page +=
            kit.button(t("Lưu cho máy tính đọc", "Save for machines")) { put(PageForm.JSON) }
        route.state[SAVED]?.let { saved ->
            page +=
                kit.button(t("Mở trang vừa lưu để in", "Open the page to print")) {
                    view(Uri.parse(saved))
                }
        }
    }

    private fun put(form: PageForm) {
        val json = form == PageForm.JSON
        // A name that says nothing about whose it is.
        val name = "so-tay-${dayOf(host.app.desk.clock.now().toLong())}.${if (json) "json" else "html"}"
        val choose =
            Intent(Intent.ACTION_CREATE_DOCUMENT)
                .addCategory(Intent.CATEGORY_OPENABLE)
                .setType(if (json) "application/json" else HTML)
                .putExtra(Intent.EXTRA_TITLE, name)
        try {
            host.activity.startActivityForResult(choose, if (json) AS_JSON else AS_HTML)
        } catch (_: ActivityNotFoundException) {
            host.tell(t("Máy không có ứng dụng chọn tệp.", "No app to choose files."), Tone.ALARM)
        }
    }

    override fun given(request: Int, data: Intent?) {
        val into = data?.data ?: return
        val form = if (request == AS_JSON) PageForm.JSON else PageForm.HTML
        host.work {
            val language = if (kit.language == Language.VI) PageLanguage.VI else PageLanguage.EN
            val open = withContext(Dispatchers.IO) { open(into) }
            open.use { file -> ask { it.ownPageIntoDescriptor(file.fd, member, form, language) } }
            if (form == PageForm.HTML) route.state[SAVED] = into.toString()
            host.redraw()
            host.tell(t("Đã lưu.", "Saved."))
        }
    }

    private fun open(into: Uri) =
        try {
            // What stood there before is cut off.
            host.activity.contentResolver.openFileDescriptor(into, "wt") ?: throw ChiboException.FileFailed()
        } catch (_: IOException) {
            throw ChiboException.FileFailed()
        } catch (_: SecurityException) {
            throw ChiboException.FileFailed()
        }

    private fun view(saved: Uri) {
        val view =
            Intent(Intent.ACTION_VIEW)
                .setDataAndType(saved, HTML)
                .addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
        try {
            host.activity.startActivity(view)
        } catch (_: ActivityNotFoundException) {
            host.tell(
                t(
                    "Máy không có ứng dụng mở trang này. Chép tệp sang máy khác để in.",
                    "No app opens it here. Copy the file to another machine to print.",
                ),
                Tone.CARE,
            )
        }
    }

    companion object {
        const val CODE = "M73"
        private const val HTML = "text/html"
        private const val AS_HTML = 1
        private const val AS_JSON = 2
        private const val SAVED = "saved"
    }
}
