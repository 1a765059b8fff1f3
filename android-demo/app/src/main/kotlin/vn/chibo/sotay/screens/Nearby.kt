package vn.chibo.sotay.screens

import android.content.ActivityNotFoundException
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.t

/**
 * The part of a screen that speaks to the office in the network of its building: since Android 17 the system asks the person
 * first, so here stands why, before it does. Asked once; after a no the screen says what does not work then, and how else.
 */
class Nearby(private val form: Screen) {
    private val host = form.host
    private val kit = form.kit
    private val network = host.app.network

    /** What was to be done when the person had to be asked first. */
    private var then: (suspend () -> Unit)? = null

    /** Does something by the office's line, after the person was asked for it where the system wants that. */
    fun work(act: suspend () -> Unit) =
        host.work {
            if (!asksFirst(host.app.desk.ask { it.nodeAddress() })) return@work act()
            then = act
            form.route.state[ASKS] = "1"
            host.redraw()
        }

    /** Whether the question stands where the screen would. */
    suspend fun draws(page: Page): Boolean {
        if (form.route.state[ASKS] == null) return false
        if (asksFirst(host.app.desk.ask { it.nodeAddress() })) {
            ask(page)
            return true
        }
        form.route.state -= ASKS
        return false
    }

    /** The person has answered: what was to be done is done. */
    fun said(given: Boolean) {
        form.route.state -= ASKS
        val act = then
        then = null
        if (given && act != null) host.work { act() }
    }

    /** Whether the person is to be asked before this address is spoken to. */
    fun asksFirst(address: String) = network.isShut(address) && !host.app.settings.askedForNearby

    /** Why the system is going to ask. */
    fun ask(page: Page) {
        page += kit.heading(t("Cho vào mạng của văn phòng?", "May it use the office's network?"))
        page +=
            kit.words(
                t(
                    "Máy của văn phòng ở ngay trong mạng Wi-Fi này. Máy sẽ hỏi bác có cho ứng dụng thấy “thiết bị ở gần” không. Chỉ dùng để gửi và nhận với văn phòng, không dò máy nào khác.",
                    "The office's PC is in this very Wi-Fi. The phone will ask whether this app may see “nearby devices”. It is used to send to the office and fetch from it, and to look for nothing else.",
                )
            )
        page +=
            kit.button(t("Được, hỏi đi", "Yes, ask me"), Weight.MAIN) {
                host.app.settings.askedForNearby = true
                network.ask(host.activity)
            }
        page +=
            kit.button(t("Không, gửi cách khác", "No, another way")) {
                host.app.settings.askedForNearby = true
                form.leaveSaid(false)
                host.redraw()
            }
    }

    /** What a no means, while it stands. */
    fun refused(page: Page, address: String) {
        if (!network.isShut(address) || !host.app.settings.askedForNearby) return
        page +=
            kit.notice(
                t(
                    "Máy chưa cho ứng dụng vào mạng của văn phòng, nên không gửi thẳng được. Gửi qua hộp thư hoặc bằng tệp; hoặc vào cài đặt của máy, bật quyền “Thiết bị ở gần”.",
                    "The phone does not let this app into the office's network. Send by mailbox or by file, or allow “nearby devices” in the phone's settings.",
                ),
                Tone.CARE,
            )
        page +=
            kit.button(t("Mở cài đặt của máy", "Open the phone's settings"), Weight.LIGHT) {
                try {
                    host.activity.startActivity(network.settings())
                } catch (_: ActivityNotFoundException) {
                    host.tell(t("Máy không mở được cài đặt từ đây.", "The settings do not open from here."), Tone.CARE)
                }
            }
    }

    private companion object {
        const val ASKS = "asks-nearby"
    }
}
