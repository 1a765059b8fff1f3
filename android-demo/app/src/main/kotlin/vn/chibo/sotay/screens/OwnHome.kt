package vn.chibo.sotay.screens

import vn.chibo.Change
import vn.chibo.ListQuery
import vn.chibo.Text
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayShown
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/**
 * The first screen of a member who works away: say where I am, see that it arrived, see what is
 * recorded about me.
 */
class OwnHome(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Sổ tay", "Notebook")
    override val help =
        t(
            "Báo chỗ ở, xem việc của mình, xem ghi gì về mình. Ghi xong nhớ bấm “Gửi ngay”.",
            "Say where you are, see your own matters. Then press “Send now”.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        // Of a book whose right has ended M10 says what can still be done.
        if (ask { it.outbox() }.ended) return host.instead(Route(Home.CODE))
        val home = ask { it.home() }
        val own = home.outbox.place.orEmpty()
        Otherwise.line(this, page, home.otherwise)
        page +=
            kit.button(t("Báo tôi đang ở đâu", "Say where I am"), Weight.MAIN) {
                host.go(CheckIn.CODE, own, "own")
            }
        val last = ask { it.list(ListQuery("check_in", "", own, 0u, 0u)) }.maxByOrNull { it.title }
        page +=
            when {
                last == null -> kit.notice(t("Chưa báo lần nào.", "Nothing was said yet."))
                last.pending ->
                    kit.notice(
                        t(
                            "Báo ngày ${dayShown(last.title)}: còn trên máy, chưa gửi.",
                            "Said on ${dayShown(last.title)}: still on this phone.",
                        )
                    )
                else ->
                    kit.notice(
                        t(
                            "Báo ngày ${dayShown(last.title)}: xã đã nhận.",
                            "Said on ${dayShown(last.title)}: the office has it.",
                        ),
                        Tone.CALM,
                    )
            }
        sending(page, home)
        page += kit.heading(t("Việc của tôi", "My matters"))
        for (case in ask { it.openCases() }) {
            page +=
                kit.row(
                    kit.data(case.label.said(kit.language), bold = true),
                    kit.data(
                        case.stateLabel.said(kit.language).ifEmpty { kit.say(t("còn thiếu mục", "something is missing")) },
                        16f,
                        kit.colors.faint,
                    ),
                ) {
                    host.go(Case.CODE, case.at.doc)
                }
        }
        page +=
            kit.row(t("Xin chuyển, xin miễn sinh hoạt", "Ask for a transfer or exemption")) {
                host.go(BeginCase.CODE, own)
            }
        page += kit.row(t("Ghi gì về tôi", "What is recorded about me")) { host.go(AboutMe.CODE) }
        page += kit.row(t("Ai đã xem", "Who looked")) { host.go(Looks.CODE) }
        page += kit.row(t("Hồ sơ của tôi", "My record")) { host.go(Member.CODE, own) }
        page += kit.row(t("Cài đặt, khóa ứng dụng", "Settings, lock")) { host.go(Preferences.CODE) }
    }

    companion object {
        const val CODE = "M70"
    }
}
