package vn.chibo.sotay.screens

import vn.chibo.Change
import vn.chibo.Text
import vn.chibo.ToldOtherwise
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.momentShown
import vn.chibo.sotay.ui.t

/**
 * The office told two phones differently, or one of them says so: what that is, and what a person
 * does about it. It stays until somebody says that it was reported.
 */
class Otherwise(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Hai máy nghe khác nhau", "Two phones were told differently")
    override val help =
        t(
            "Hai máy so với nhau thì thấy xã cho biết khác nhau. Giữ cả hai máy, đừng xóa gì, báo đảng ủy cấp trên.",
            "Two phones compared what the office told them, and it differs. Keep both, remove nothing, report it above.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val otherwise = ask { it.home() }.otherwise
        if (otherwise == null) {
            page += kit.faint(t("Không có gì phải báo.", "There is nothing to report."))
            return
        }
        page += kit.notice(otherwise.said, Tone.ALARM)
        val since = momentShown(otherwise.since.toLong())
        page += kit.words(t("Thấy lần đầu: $since", "First seen: $since")).apply { layoutParams = kit.below(8) }
        if (otherwise.about.isNotEmpty()) {
            page += kit.heading(t("Về hồ sơ của", "About"))
            for (name in otherwise.about) page += kit.rowOf(name)
        }
        page += kit.heading(t("Bác làm thế này", "What to do"))
        val steps =
            listOf(
                t("1. Giữ cả hai máy như đang có: đừng gỡ ứng dụng, đừng xóa sổ.", "1. Keep both phones as they are: do not remove the app or the book."),
                t("2. Giữ lại tệp vừa đọc, nếu còn.", "2. Keep the file that was read, if it is still there."),
                t("3. Báo đảng ủy cấp trên của xã, không báo qua máy của xã.", "3. Report it to the committee above the commune, not through the office's machine."),
                t("Việc trong sổ vẫn ghi bình thường.", "You may go on writing in the book."),
            )
        for (step in steps) page += kit.words(step).apply { layoutParams = kit.below(6) }
        if (route.state[REPORTED] == null) {
            page +=
                kit.button(t("Tôi đã báo cấp trên", "I have reported it"), Weight.GRAVE) {
                    route.state[REPORTED] = "1"
                    host.redraw()
                }
            return
        }
        page +=
            kit.notice(
                t(
                    "Bấm rồi thì dòng nhắc này không hiện nữa. Bác đã báo cấp trên chưa?",
                    "After this you are not reminded any more. Have you reported it?",
                ),
                Tone.ALARM,
            )
        page +=
            kit.button(t("Đã báo, thôi nhắc", "Reported: remind me no more"), Weight.GRAVE) {
                host.work {
                    ask { it.otherwiseReported() }
                    host.home()
                }
            }
        page +=
            kit.button(t("Chưa báo", "Not yet")) {
                route.state -= REPORTED
                host.redraw()
            }
    }

    companion object {
        const val CODE = "M23"
        private const val REPORTED = "reported"

        /** The line that leads here, on whatever shows how it stands with the office. */
        fun line(screen: Screen, page: Page, otherwise: ToldOtherwise?) {
            if (otherwise == null) return
            page +=
                screen.kit.row(
                    t("Xã cho hai máy biết khác nhau", "The office told two phones differently"),
                    t("Xem phải làm gì", "See what to do"),
                    t("phải báo", "report it"),
                    Tone.ALARM,
                ) {
                    screen.host.go(CODE)
                }
        }
    }
}
