package vn.chibo.sotay.screens

import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.work.Notices

/** In practice nothing leaves the phone: says so; whether this is practice. */
fun Screen.saysPractice(page: Page): Boolean {
    if (!host.app.desk.isPractice) return false
    page += kit.notice(t("Đang chạy thử: không gửi đi đâu.", "Practice: nothing is sent."))
    return true
}

/** What waits, when the office answered last, and the one button. */
fun Screen.sending(page: Page, home: vn.chibo.Home) {
    page += kit.heading(t("Gửi và nhận", "Sending"))
    page += kit.words(home.outbox.said)
    page += kit.faint(home.lastSyncSaid)
    if (!host.app.desk.isPractice)
        page += kit.button(t("Gửi ngay", "Send now"), Weight.MAIN) { sendNow(host) }
}

fun sendNow(host: Host) {
    Notices.sentByHand(host.app)
    host.work { Sync.now(host) }
}
