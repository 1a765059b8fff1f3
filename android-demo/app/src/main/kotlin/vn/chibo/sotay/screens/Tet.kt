package vn.chibo.sotay.screens

import vn.chibo.AwayRow
import vn.chibo.Change
import vn.chibo.ChiboException
import vn.chibo.FieldEdit
import vn.chibo.FieldValue
import vn.chibo.ListQuery
import vn.chibo.Text
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayOf
import vn.chibo.sotay.ui.t

/**
 * Tết: who works away is home for ten days. One list; whoever was spoken to is ticked by what was
 * noted, not by a tick.
 */
class Tet(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Tết: người về quê", "Tết: who comes home")
    override val help =
        t(
            "Gặp ai thì chạm vào tên người đó, hỏi và ghi trong ba phút. Ai đã gặp thì xuống cuối danh sách.",
            "Tap whom you meet; three minutes each. Whoever was met goes to the end of the list.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val since = dayOf(host.app.desk.clock.now().toLong() - HOME_DAYS * 86_400L)
        val rows = ask { it.away(null) }
        val (met, waiting) = rows.partition { it.heardSince(since) && metOn(it.member) >= since }
        page +=
            kit.words(
                t(
                    "Còn ${waiting.size} người chưa gặp, đã gặp ${met.size}.",
                    "${waiting.size} still to meet, ${met.size} met.",
                ),
                20f,
            )
        if (rows.isEmpty())
            page +=
                kit.words(
                    t(
                        "Chưa ghi ai đi xa, nên chưa có ai để gặp. Có người đi thì mở hồ sơ người đó và ghi chỗ ở.",
                        "Nobody is noted as away, so nobody is to be met. Open a record and note where they are.",
                    )
                )
        for (row in waiting) page +=
            kit.rowOf(row.name, row.address, Away.mark(row)) { host.go(HomeComer.CODE, row.member) }
        for (row in met) page +=
            kit.rowOf(row.name, row.address, t("đã gặp", "met"), Tone.CALM) {
                host.go(HomeComer.CODE, row.member)
            }
    }

    private fun AwayRow.heardSince(day: String) = (lastHeard ?: "") >= day

    companion object {
        const val CODE = "M91"
        private const val HOME_DAYS = 15
    }
}

/**
 * The last day on which somebody was met, by what was noted: in person, or by the secretary without a word on how. What came
 * from their own phone, by telephone or from others says where they are, and not that they are home. Empty: never.
 */
private suspend fun Screen.metOn(member: String): String = ask { phone ->
    // A check-in is titled by its day.
    phone
        .list(ListQuery("check_in", "", member, 0u, 0u))
        .sortedByDescending { it.title }
        .firstOrNull { row ->
            val how = phone.document(row.doc).fields.find { it.path == "how" }?.value
            how == null || (how as? FieldValue.Words)?.text == IN_PERSON
        }
        ?.title
        .orEmpty()
}

private const val IN_PERSON = "in_person"

/** One home-comer: what to ask, in one pass. */
class HomeComer(host: Host, route: Route) : Screen(host, route) {
    private val member = route.arg(0).orEmpty()

    override val title: Text = t("Người về quê", "Home for Tết")
    override val help =
        t(
            "Hỏi lần lượt từ trên xuống. Ô nào chưa rõ thì bỏ qua. Xong thì bấm “Đã gặp”.",
            "Ask from top to bottom. Leave out what is not known. Then press “Met”.",
        )

    override suspend fun draw(page: Page) {
        val document =
            ask { it.record(member) }.documents.find { it.at.kind == "member" } ?: throw ChiboException.NotHere()
        page +=
            kit.data(
                document.fields.find { it.path == "full_name" }?.shown?.vi.orEmpty(),
                24f,
                bold = true,
            )
        page +=
            kit.button(
                t("1. Chỗ ở, đảng phí, việc được giao", "1. Where they live, dues, tasks"),
                Weight.MAIN,
            ) {
                host.go(CheckIn.CODE, member)
            }
        page += kit.heading(t("2. Liên lạc và thẻ", "2. Contact and card"))
        for (name in
            listOf("phone", "away_contact", "contact_person", "occupation", "card_number")) {
            val info = Kinds.field("member", name) ?: continue
            val field = document.fields.find { it.path == name } ?: continue
            page +=
                savedInput(info, name, Form.recorded(field), field.missing) { entry, typed ->
                    ask { it.edit(document.at, listOf(FieldEdit(name, typed))) }
                    entry?.tell(t("Đã lưu", "Saved"), alarm = false)
                }
        }
        page +=
            kit.button(t("Đã gặp, về danh sách", "Met, back to the list"), Weight.MAIN) { met() }
        page += kit.button(t("Mở cả hồ sơ", "Open the record")) { host.go(Member.CODE, member) }
    }

    /**
     * Whoever was met is noted as heard of today, also where nothing was new; what was noted of them today already says
     * it.
     */
    private fun met() =
        host.work {
            val today = dayOf(host.app.desk.clock.now().toLong())
            if (metOn(member) != today)
                ask { it.checkIn(member, listOf(FieldEdit("said_on", today), FieldEdit("how", IN_PERSON))) }
            // The field that was left by this very tap has its answer by now.
            val wrong = heldPaths().mapNotNull { Kinds.field("member", it)?.label }
            host.back()
            if (wrong.isNotEmpty())
                host.tell(
                    t(
                        "Đã gặp, nhưng có ô gõ chưa được: ${wrong.joinToString { it.vi }}. Chạm vào tên để gõ lại.",
                        "Met, but not taken: ${wrong.joinToString { it.en }}. Tap the name to type it again.",
                    ),
                    Tone.ALARM,
                )
        }

    companion object {
        const val CODE = "M92"
    }
}
