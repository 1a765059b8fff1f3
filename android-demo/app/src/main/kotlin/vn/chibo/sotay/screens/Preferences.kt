package vn.chibo.sotay.screens

import vn.chibo.Text
import vn.chibo.sotay.Desk
import vn.chibo.sotay.Language
import vn.chibo.sotay.Shade
import vn.chibo.sotay.ui.Choice
import vn.chibo.sotay.ui.Option
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.t

/** Forgets the key of the open book; its PIN opens it again. */
fun Screen.lockBook() =
    host.work {
        host.app.sync.stop()
        host.app.desk.shut()
        host.home()
    }

/** How it looks and speaks, and the lock. */
class Preferences(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Cài đặt", "Settings")
    override val help =
        t(
            "Chữ nhỏ thì chọn cỡ lớn hơn. “Khóa ứng dụng” khi đưa máy cho người khác.",
            "Choose larger text. “Lock” before the phone goes into other hands.",
        )

    override suspend fun draw(page: Page) {
        val settings = host.app.settings
        val sizes = listOf(t("Vừa", "Usual"), t("Lớn", "Large"), t("Rất lớn", "Very large"))
        page += choice(t("Cỡ chữ", "Text size"), sizes, settings.size) { settings.size = it }
        page +=
            choice(
                t("Ngôn ngữ", "Language"),
                listOf(t("Tiếng Việt", "Tiếng Việt"), t("English", "English")),
                settings.language.ordinal,
            ) {
                settings.language = Language.entries[it]
            }
        val shades = listOf(t("Theo máy", "As the phone"), t("Sáng", "Light"), t("Tối", "Dark"))
        page +=
            choice(t("Màu nền", "Background"), shades, settings.shade.ordinal) {
                settings.shade = Shade.entries[it]
            }
        val roams = listOf(t("Không gửi", "Do not send"), t("Vẫn gửi", "Send"))
        page +=
            choice(
                t("Khi dùng sóng của mạng khác (chuyển vùng)", "While roaming"),
                roams,
                if (settings.roaming) 1 else 0,
            ) {
                settings.roaming = it == 1
            }
        // Of a book whose right has ended there is nothing to be copied, and no key that the office would take.
        val isUsed = !host.app.desk.isPractice && !ask { it.outbox() }.ended
        if (!host.app.desk.isPractice)
            page += kit.button(t("Đổi mã PIN", "Change the PIN")) { host.go(ChangePin.CODE) }
        if (isUsed)
            page +=
                kit.button(t("Máy từng rời tay: đổi khóa", "It was out of my hands: new key")) {
                    host.go(ChangeKey.CODE)
                }
        if (isUsed)
            page +=
                kit.button(t("Bản sao của sổ", "A copy of the book")) { host.go(Backup.CODE) }
        page += kit.button(t("Cập nhật", "Update")) { host.go(Update.CODE) }
        page +=
            kit.button(t("Khóa ứng dụng", "Lock"), Weight.MAIN) { lockBook() }
        if (host.app.desk.isPractice) {
            page +=
                kit.button(t("Thôi chạy thử, xóa hết", "End practice, remove all"), Weight.GRAVE) {
                    host.work {
                        host.app.desk.endPractice()
                        host.home()
                    }
                }
        } else if (host.app.desk.people().size < Desk.PEOPLE) {
            page +=
                kit.faint(
                        t(
                            "Người thứ hai dùng chung máy: khóa ứng dụng, rồi chọn “Thêm người thứ hai”. Mỗi người một mã PIN.",
                            "A second person on this phone: lock, then “A second person”. Each has a PIN.",
                        )
                    )
                    .apply { layoutParams = kit.below(12) }
        }
    }

    private fun choice(label: Text, options: List<Text>, now: Int, choose: (Int) -> Unit) =
        Choice(
            kit,
            label,
            options.mapIndexed { n, words -> Option("$n", words) },
            "$now",
            mayClear = false,
        ) {
            choose(it.toInt())
            host.show()
        }

    companion object {
        const val CODE = "M80"
    }
}
