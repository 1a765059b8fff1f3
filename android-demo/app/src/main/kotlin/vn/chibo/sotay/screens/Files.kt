package vn.chibo.sotay.screens

import android.content.ActivityNotFoundException
import android.content.Intent
import android.net.Uri
import java.io.IOException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import vn.chibo.Addressee
import vn.chibo.ChiboException
import vn.chibo.Text
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.bytesShown
import vn.chibo.sotay.ui.dayOf
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.work.Outgoing

/**
 * Without a network: what waits goes out as a sealed file, by Zalo, a cable or an SD card; what
 * comes back is read here.
 */
class Files(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Gửi bằng tệp", "By file")
    override val help =
        t(
            "Tệp đã niêm phong: ai chuyển hộ cũng không đọc được. Gửi tệp chưa phải là văn phòng đã nhận; nhận xong họ gửi tệp trả lời.",
            "The file is sealed: who carries it cannot read it. Sent is not yet received: the office answers with a file.",
        )

    override suspend fun draw(page: Page) {
        if (saysPractice(page)) return
        page += kit.heading(t("Gửi đi", "Send"))
        page +=
            kit.button(t("Tệp cho văn phòng", "A file for the office"), Weight.MAIN) {
                send(Addressee.NODE)
            }
        // For others of the branch nothing leaves a book whose right has ended.
        if (!ask { it.outbox() }.ended)
            page +=
                kit.button(t("Tệp cho máy khác trong chi bộ", "A file for the branch's other phones")) {
                    send(Addressee.BRANCH)
                }
        page += kit.heading(t("Nhận về", "Receive"))
        page += kit.button(t("Mở tệp nhận được", "Open a file that came")) { pick(host, 1) }
        route
            .arg(0)
            ?.takeIf { route.state["read"] == null }
            ?.let { waiting ->
                page +=
                    kit.notice(
                        t("Có một tệp vừa được chuyển đến.", "A file was handed over."),
                        Tone.CALM,
                    )
                page +=
                    kit.button(t("Đọc tệp này", "Read this file"), Weight.MAIN) {
                        route.state["read"] = "1"
                        take(Uri.parse(waiting))
                    }
            }
    }

    private fun send(whom: Addressee) =
        host.work {
            val sealed = ask { it.putIntoFile(whom, ByteArray(0)) }
            shareFile(host, if (whom == Addressee.NODE) "van-phong" else "chi-bo", sealed.file)
            val size = bytesShown(sealed.file.size.toULong())
            host.tell(
                t(
                    "Tệp $size, có ${sealed.changes} thay đổi. Văn phòng nhận rồi mới hết chờ.",
                    "A file of $size with ${sealed.changes} changes. It counts as sent when the office has it.",
                )
            )
        }

    override fun given(request: Int, data: Intent?) {
        data?.data?.let(::take)
    }

    private fun take(from: Uri) =
        host.work {
            val person = host.app.desk.person
            val taken = read(host, from).let { file -> ask { it.takeFromFile(file) } }
            taken.wiped?.let { word ->
                // The office reported this phone as lost: its records are gone, and the file says so.
                host.app.settings.wiped = true
                return@work Parted.with(host, person, "van-phong", word)
            }
            host.redraw()
            if (ByLetter.heard(host, taken.word)) return@work
            if (taken.toldOtherwise > 0u) return@work host.go(Otherwise.CODE)
            val came = taken.came + taken.shared
            val words =
                when {
                    taken.newKeys ->
                        t(
                            "Văn phòng đã đổi khóa. Xin gửi lại tệp.",
                            "The office has new keys. Send the file again.",
                        )
                    taken.answers == 0u && taken.late > 0u ->
                        t("Tệp này đã đọc rồi.", "This file was read before.")
                    else ->
                        t(
                            "Đã đọc. Văn phòng nhận ${taken.handedOver} thay đổi; về máy $came mục.",
                            "Read. ${taken.handedOver} changes were received; $came items came.",
                        )
                }
            host.tell(words, Tone.CALM)
            if (taken.noRoom > 0u)
                host.tell(
                    t(
                        "${taken.noRoom} thay đổi của máy khác chưa nhận: máy này không còn chỗ giữ hộ; máy đưa vẫn giữ. Xin gửi và nhận với xã rồi đọc lại.",
                        "${taken.noRoom} changes of other devices were not taken: there is no more room here for what is theirs; whoever gave them keeps them. Sync with the office, then read it again.",
                    ),
                    Tone.ALARM,
                )
            if (taken.damaged > 0u)
                host.tell(
                    t(
                        "${taken.damaged} lá thư trong tệp không đọc được. Xin nhờ gửi lại.",
                        "${taken.damaged} letters in it cannot be read. Ask for it again.",
                    ),
                    Tone.ALARM,
                )
        }

    companion object {
        const val CODE = "M21"
        private const val MOST_BYTES = 64 * 1024 * 1024

        /** Asks the system for a file. */
        fun pick(host: Host, request: Int) {
            val open =
                Intent(Intent.ACTION_OPEN_DOCUMENT)
                    .addCategory(Intent.CATEGORY_OPENABLE)
                    .setType("*/*")
            try {
                host.activity.startActivityForResult(open, request)
            } catch (_: ActivityNotFoundException) {
                host.tell(
                    t("Máy không có ứng dụng chọn tệp.", "No app to choose files."),
                    Tone.ALARM,
                )
            }
        }

        /**
         * The bytes of a file that somebody chose or sent; a file that cannot be ours by its size
         * is not read.
         */
        suspend fun read(host: Host, from: Uri): ByteArray =
            withContext(Dispatchers.IO) {
                try {
                    val stream =
                        host.activity.contentResolver.openInputStream(from)
                            ?: throw ChiboException.NotAFile()
                    stream.use { input ->
                        val out = java.io.ByteArrayOutputStream()
                        val piece = ByteArray(64 * 1024)
                        while (true) {
                            val n = input.read(piece)
                            if (n < 0) break
                            if (out.size() + n > MOST_BYTES) throw ChiboException.NotAFile()
                            out.write(piece, 0, n)
                        }
                        out.toByteArray()
                    }
                } catch (_: IOException) {
                    throw ChiboException.NotAFile()
                } catch (_: SecurityException) {
                    throw ChiboException.NotAFile()
                }
            }

        /** A name that says nothing about whose it is. */
        suspend fun shareFile(host: Host, whom: String, bytes: ByteArray) {
            val name = "so-tay-$whom-${dayOf(host.app.desk.clock.now().toLong())}.chibo"
            val uri = withContext(Dispatchers.IO) { Outgoing.put(host.activity, name, bytes) }
            host.activity.startActivity(
                Outgoing.share(host.activity, uri, "application/octet-stream")
            )
        }
    }
}
