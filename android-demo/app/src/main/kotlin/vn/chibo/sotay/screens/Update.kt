package vn.chibo.sotay.screens

import android.content.ActivityNotFoundException
import android.content.Intent
import java.io.File
import java.io.IOException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import vn.chibo.AppOffer
import vn.chibo.ChiboException
import vn.chibo.FetchProgress
import vn.chibo.Text
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.bytesShown
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.work.Updates
import vn.chibo.sotay.work.Verdict
import vn.chibo.sotay.work.judge

/**
 * Another version of this app: from the office, from a card or another phone; and this one for
 * another phone. What is installed is signed by who signed this one, or it is not handed on.
 */
class Update(host: Host, route: Route) : Screen(host, route) {
    override val needsStore = false
    override val title: Text = t("Cập nhật", "Update")
    override val help =
        t(
            "Bản mới lấy từ văn phòng, thẻ nhớ hoặc máy khác. Máy tự kiểm tra có đúng của Sổ tay không. Cài xong, sổ vẫn còn nguyên.",
            "A new version comes from the office, a card or another phone. The phone checks that it is genuine. Your book stays as it is.",
        )

    private val packages
        get() = host.app.packages

    /** What the office offered, as the route remembers it. */
    private var offer: AppOffer?
        get() {
            val (size, hash, here) = route.state["offer"]?.split(" ") ?: return null
            return AppOffer(size.toULong(), hash, here.toULong())
        }
        set(it) {
            if (it == null) route.state -= "offer"
            else route.state["offer"] = "${it.size} ${it.sha256} ${it.here}"
        }

    private val nearby = Nearby(this)

    override fun leaveSaid(given: Boolean) = nearby.said(given)

    override suspend fun draw(page: Page) {
        if (nearby.draws(page)) return
        val own = withContext(Dispatchers.IO) { packages.own() }
        page += kit.words(t("Bản đang dùng: ${own.versionName}", "This version: ${own.versionName}"))
        val ready = route.state["ready"]
        if (ready != null) return ready(page, File(ready))
        val phone = host.app.desk.phone
        val offered = offer
        when {
            host.app.desk.isPractice -> Unit
            phone == null ->
                page +=
                    kit.faint(
                        t(
                            "Sổ đang khóa nên không hỏi qua mạng được. Xin văn phòng tệp cài đặt, hoặc lấy từ thẻ nhớ, máy khác.",
                            "The book is locked, so the office cannot be asked over the network. Ask for the file, or take it from a card or another phone.",
                        )
                    )
            offered != null -> offered(page, offered)
            else ->
                page +=
                    kit.button(
                        t("Hỏi văn phòng có bản mới không", "Ask the office for a new version"),
                        Weight.MAIN,
                    ) {
                        inquire()
                    }
        }
        page += kit.heading(t("Từ thẻ nhớ, máy khác", "From a card or another phone"))
        page += kit.button(t("Chọn tệp cài đặt", "Choose the file")) { Files.pick(host, 1) }
        page += kit.heading(t("Đưa ứng dụng sang máy khác", "For another phone"))
        page +=
            kit.faint(
                t(
                    "Chỉ đưa ứng dụng. Sổ và tên người không đi theo.",
                    "Only the app goes, not your book.",
                )
            )
        page += kit.button(t("Đưa máy khác", "Give to another phone")) { share() }
    }

    private fun inquire() =
        nearby.work {
            val phone = host.app.desk.phone ?: throw ChiboException.Closed()
            offer = phone.appOffer(Updates.fromNode(host.activity).path)
            host.redraw()
            if (offer == null)
                host.tell(
                    t(
                        "Văn phòng chưa có bản cài đặt nào. Có thể lấy từ thẻ nhớ hoặc máy khác.",
                        "The office offers none. Take it from a card or another phone.",
                    )
                )
        }

    private fun offered(page: Page, offer: AppOffer) {
        val left = bytesShown(offer.size - offer.here)
        page +=
            kit.notice(
                t(
                    "Văn phòng có bản cài đặt, ${bytesShown(offer.size)}. Tải qua mạng nào?",
                    "The office has it: ${bytesShown(offer.size)}. Over which network?",
                )
            )
        page +=
            kit.words(
                when (Updates.isMetered(host.activity)) {
                    null -> t("Máy đang không có mạng.", "There is no network now.")
                    true ->
                        t(
                            "Máy đang dùng mạng tính tiền theo dung lượng. Có Wi-Fi thì nên đợi.",
                            "The network of now costs by the megabyte. Wi-Fi is cheaper.",
                        )
                    false -> t("Máy đang dùng Wi-Fi.", "The phone is on Wi-Fi.")
                }
            )
        val words =
            if (offer.here > 0u) t("Tải tiếp, còn $left", "Go on, $left left")
            else t("Tải bây giờ, $left", "Fetch now, $left")
        page += kit.button(words, Weight.MAIN) { fetch(offer) }
        page +=
            kit.button(t("Để sau", "Later")) {
                this.offer = null
                host.redraw()
            }
    }

    private fun fetch(offer: AppOffer) {
        val activity = host.activity
        val to = Updates.fromNode(activity)
        nearby.work {
            val phone = host.app.desk.phone ?: throw ChiboException.Closed()
            val progress =
                object : FetchProgress {
                    override fun heard(here: ULong) = activity.runOnUiThread { came(here, offer) }
                }
            came(offer.here, offer)
            try {
                phone.fetchApp(offer, to.path, progress)
            } catch (e: ChiboException) {
                // What came is still there, or it was of another package: it is asked anew.
                this.offer = null
                host.redraw()
                throw e
            }
            this.offer = null
            check(to)
        }
    }

    /** Says how far it has come. Going back, or away, stops it; what came stays. */
    private fun came(here: ULong, offer: AppOffer) {
        if (!host.busy || host.screen !== this) return
        host.tell(
            t(
                "Đang tải: ${bytesShown(here)} trong ${bytesShown(offer.size)}. Bấm “‹” để dừng, lần sau tải tiếp.",
                "Fetching: ${bytesShown(here)} of ${bytesShown(offer.size)}. “‹” stops it; next time it goes on.",
            )
        )
    }

    override fun given(request: Int, data: Intent?) {
        val from = data?.data ?: return
        host.work {
            val copied = withContext(Dispatchers.IO) { Updates.copy(host.activity, from) }
            if (copied) check(Updates.chosen(host.activity)) else host.tell(refused(Verdict.NO_PACKAGE), Tone.ALARM)
        }
    }

    /** Nothing goes to the installer that is not this app, by the same signer, and newer. */
    private suspend fun check(file: File) {
        val verdict = judged(file)
        if (verdict == Verdict.NEWER) route.state["ready"] = file.path
        else withContext(Dispatchers.IO) { file.delete() }
        host.redraw()
        if (verdict == Verdict.NEWER) host.quiet()
        else host.tell(refused(verdict), if (verdict == Verdict.SAME) Tone.CALM else Tone.ALARM)
    }

    private suspend fun judged(file: File) =
        withContext(Dispatchers.IO) { judge(packages.own(), packages.inFile(file)) }

    private suspend fun ready(page: Page, file: File) {
        val found = withContext(Dispatchers.IO) { packages.inFile(file) }
        val shown = found?.versionName.orEmpty()
        page +=
            kit.notice(
                t(
                    "Bản mới $shown đã kiểm tra: đúng của Sổ tay. Cài xong, sổ trên máy vẫn còn nguyên.",
                    "Version $shown was checked: it is genuine. Your book stays as it is.",
                ),
                Tone.CALM,
            )
        page +=
            kit.words(
                t(
                    "Máy sẽ hỏi lại trước khi cài. Nếu máy hỏi có cho Sổ tay cài ứng dụng không, chọn cho phép.",
                    "The phone asks before it installs. If it asks whether this app may install apps, allow it.",
                )
            )
        page += kit.button(t("Cài đặt bản mới", "Install"), Weight.MAIN) { install(file) }
        page +=
            kit.button(t("Để sau", "Later")) {
                route.state -= "ready"
                host.redraw()
            }
    }

    private fun install(file: File) =
        host.work {
            // The system may have emptied the cache while this screen was away.
            if (judged(file) != Verdict.NEWER) {
                route.state -= "ready"
                host.redraw()
                host.tell(refused(Verdict.NO_PACKAGE), Tone.ALARM)
                return@work
            }
            start { Updates.install(host.activity, file) }
        }

    private fun share() =
        host.work {
            val own = packages.ownFile()
            if (own == null)
                host.tell(
                    t(
                        "Ứng dụng trên máy này không đưa đi được. Xin lấy bản cài đặt ở văn phòng.",
                        "The app of this phone cannot be given on. Ask the office for it.",
                    ),
                    Tone.ALARM,
                )
            else start { Updates.share(host.activity, own) }
        }

    private suspend fun start(what: () -> Intent) =
        try {
            host.activity.startActivity(withContext(Dispatchers.IO) { what() })
        } catch (_: IOException) {
            throw ChiboException.FileFailed()
        } catch (_: ActivityNotFoundException) {
            host.tell(t("Máy không làm được việc này.", "This phone cannot do that."), Tone.ALARM)
        }

    private fun refused(verdict: Verdict): Text =
        when (verdict) {
            Verdict.ANOTHER_APP ->
                t(
                    "Tệp này là ứng dụng khác, không phải Sổ tay. Không cài.",
                    "This file is another app. It is not installed.",
                )
            Verdict.ANOTHER_SIGNER ->
                t(
                    "Tệp này không do nơi làm ra Sổ tay ký, có thể là giả. Không cài. Xin báo văn phòng.",
                    "This file is not signed by the maker of this app. It may be a fake. Tell the office.",
                )
            Verdict.OLDER ->
                t(
                    "Tệp này là bản cũ hơn bản đang dùng. Không cài.",
                    "This file is older than the version in use.",
                )
            Verdict.SAME,
            Verdict.NEWER ->
                t("Máy đang dùng đúng bản này rồi.", "This phone has this version already.")
            Verdict.NO_PACKAGE ->
                t(
                    "Tệp này không phải bản cài đặt, hoặc đã hỏng. Xin lấy lại.",
                    "This file is no package, or damaged. Take it again.",
                )
        }

    companion object {
        const val CODE = "M83"
    }
}
