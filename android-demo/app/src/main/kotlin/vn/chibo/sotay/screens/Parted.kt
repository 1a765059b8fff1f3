package vn.chibo.sotay.screens

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import vn.chibo.Text
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.caught
import vn.chibo.sotay.ui.momentShown
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.told
import vn.chibo.sotay.work.Parting

/** A book's records are gone from this phone, and its last file must reach the office: sent as often as it takes. */
class Parted(host: Host, route: Route) : Screen(host, route) {
    override val needsStore = false
    override val title: Text = t("Tệp cuối của sổ", "The book's last file")
    override val help =
        t(
            "Chuyển tệp này đến văn phòng. Chưa chắc đã đi thì bấm “Gửi lại”. Chắc rồi mới bấm “Đã gửi, cất được rồi”.",
            "Bring this file to the office. If it may not have gone, send it again. Put it away only when it has.",
        )

    override suspend fun draw(page: Page) {
        val all = withContext(Dispatchers.IO) { Parting.all(host.activity) }
        if (all.isEmpty()) page += kit.words(t("Không còn tệp nào phải gửi.", "No file is left to be sent."))
        else
            page +=
                kit.notice(
                    t(
                        "Hồ sơ không còn trên máy này. Tệp này chỉ văn phòng mở được, và chỉ máy này có.",
                        "The records are gone from this phone. Only the office opens this file, and only this phone has it.",
                    )
                )
        for (one in all) {
            val kept = momentShown(one.since)
            page += kit.faint(t("Tệp có từ $kept", "Since $kept")).apply { layoutParams = kit.below(12) }
            page += kit.button(t("Gửi lại", "Send it again"), Weight.MAIN) { host.work { share(host, one) } }
            if (route.state[PUTS_AWAY] == one.id) surely(page, one, all.size)
            else
                page +=
                    kit.button(t("Đã gửi, cất được rồi", "It is on its way: put it away"), Weight.GRAVE) {
                        route.state[PUTS_AWAY] = one.id
                        host.redraw()
                    }
        }
        page += kit.button(t("Để sau", "Later")) { host.home() }
    }

    /** Nobody else has the file: it is asked once. */
    private fun surely(page: Page, one: Parting, all: Int) {
        page +=
            kit.notice(
                t(
                    "Cất rồi thì máy này không còn tệp để gửi lại. Văn phòng đã nhận được chưa?",
                    "Once put away it cannot be sent again from here. Does the office have it?",
                ),
                Tone.ALARM,
            )
        page +=
            kit.button(t("Nhận được rồi, cất hẳn", "They have it: put it away"), Weight.GRAVE) {
                host.work {
                    host.app.desk.discardLaidDown(one.id)
                    withContext(Dispatchers.IO) { one.forget() }
                    route.state -= PUTS_AWAY
                    if (all > 1) host.redraw() else host.home()
                }
            }
        page +=
            kit.button(t("Chưa chắc, giữ lại", "Not sure: keep it")) {
                route.state -= PUTS_AWAY
                host.redraw()
            }
    }

    companion object {
        const val CODE = "M63"
        private const val PUTS_AWAY = "puts-away"

        private suspend fun share(host: Host, one: Parting) {
            val bytes = withContext(Dispatchers.IO) { one.bytes() }
            Files.shareFile(host, one.whom, bytes)
        }

        /** Keeps a book's last file, sends it a first time, and shows this screen; whether it went is said here. */
        suspend fun with(host: Host, person: Int, whom: String, bytes: ByteArray) {
            val kept = withContext(Dispatchers.IO) { Parting.keep(host.activity, whom, bytes) }
            host.app.desk.layDown(person, kept.id)
            val wrong = caught { Files.shareFile(host, whom, bytes) }
            host.app.desk.shut()
            host.home()
            host.go(CODE)
            wrong?.let { host.tell(told(it), Tone.ALARM) }
        }

        /** The line that leads here from the lock, while something is to be sent. */
        suspend fun line(screen: Screen, page: Page) {
            val host = screen.host
            if (withContext(Dispatchers.IO) { Parting.all(host.activity) }.isEmpty()) return
            page +=
                screen.kit.row(
                    t("Còn tệp phải mang đến văn phòng", "A file is to be brought to the office"),
                    mark = t("phải gửi", "to be sent"),
                    tone = Tone.ALARM,
                ) {
                    host.go(CODE)
                }
        }
    }
}
