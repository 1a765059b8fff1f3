package vn.chibo.sotay.screens

import vn.chibo.ChiboException
import vn.chibo.Proof
import vn.chibo.Text
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/**
 * Who really wrote a document: the office is asked for the signatures of those who did, and this phone holds them
 * against what stands in it. Needs a network.
 */
class Signatures(host: Host, route: Route) : Screen(host, route) {
    private val doc = route.arg(0).orEmpty()

    override val title: Text = t("Chữ ký người ghi", "Who signed it")
    override val help =
        t(
            "Máy hỏi văn phòng lấy chữ ký của từng người ghi rồi tự kiểm lại. Cần có mạng.",
            "The phone asks the office for each author's signature and checks it by itself. It needs a network.",
        )

    /** What came; asked for anew after the process died. */
    private var proof: Proof? = null

    private val nearby = Nearby(this)

    override suspend fun draw(page: Page) {
        if (nearby.draws(page)) return
        page +=
            kit.words(
                t(
                    "Mỗi lần ghi đều có chữ ký của máy người ghi. Ở đây máy này kiểm lại: ai ghi thật, văn phòng không ghi thay được.",
                    "Each change is signed by its author's phone. Here this phone checks who really wrote it: the office cannot write in their name.",
                )
            )
        page +=
            kit.button(t("Hỏi văn phòng và kiểm", "Ask the office and check"), Weight.MAIN) { check() }
        val proof = proof ?: return
        page += kit.notice(proof.said, if (proof.attested == 0u) Tone.CALM else Tone.CARE)
        for (one in proof.signed)
            page +=
                kit.rowOf(
                    one.name ?: kit.say(t("Văn phòng, hoặc người không có hồ sơ ở đây", "The office, or somebody not recorded here")),
                    null,
                    t("${one.changes} lần ghi có chữ ký đúng", "${one.changes} changes, signature holds"),
                    Tone.CALM,
                )
        if (proof.attested > 0u)
            page +=
                kit.faint(
                    t(
                        "${proof.attested} lần chỉ do văn phòng xác nhận: văn phòng nhập, hoặc chữ ký không còn giữ.",
                        "${proof.attested} are attested by the office only: it typed them, or the signature is not kept.",
                    )
                )
    }

    override fun leaveSaid(given: Boolean) = nearby.said(given)

    private fun check() =
        nearby.work {
            host.tell(t("Đang hỏi văn phòng…", "Asking the office…"))
            val phone = host.app.desk.phone ?: throw ChiboException.Closed()
            proof = phone.proof(doc)
            host.quiet()
            host.redraw()
        }

    companion object {
        const val CODE = "M54"
    }
}

/** Work of others that this phone saw go by without what comes before it: what a lost phone may have had. */
class Missing(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Việc còn thiếu", "What is missing here")
    override val help =
        t(
            "Việc người khác đã ghi mà máy này biết là chưa nhận được, như của máy đã mất. Hỏi lại người đó hoặc văn phòng.",
            "What others wrote and this phone knows it has not got, such as a lost phone's. Ask them or the office.",
        )

    override suspend fun draw(page: Page) {
        val missing = ask { it.missingWork() }
        if (missing.isEmpty())
            page +=
                kit.words(
                    t(
                        "Theo máy này thì không thiếu lần ghi nào.",
                        "As far as this phone knows nothing is missing.",
                    )
                )
        for (one in missing) page += kit.row(kit.data(one.said.said(kit.language)))
        page +=
            kit.faint(
                    t(
                        "Điều chỉ máy đã mất có và chưa ai nghe thấy thì không máy nào biết được.",
                        "What only a lost phone had and nobody heard of, no phone can know.",
                    )
                )
                .apply { layoutParams = kit.below(12) }
    }

    companion object {
        const val CODE = "M62"
    }
}
