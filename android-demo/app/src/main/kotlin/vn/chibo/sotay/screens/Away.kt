package vn.chibo.sotay.screens

import vn.chibo.AwayRow
import vn.chibo.Change
import vn.chibo.FieldEdit
import vn.chibo.ListQuery
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayOf
import vn.chibo.sotay.ui.dayShown
import vn.chibo.sotay.ui.t

/** Who is away, where, and when they were last heard of. */
class Away(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Người đi xa", "Away")
    override val help =
        t(
            "Ai có dấu vàng thì gọi hỏi. Chạm vào tên để ghi lại chỗ ở.",
            "Call whoever has a mark. Tap a name to note where they are.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val rows = ask { it.away(null) }
        page += kit.faint(t("${rows.size} người đang đi xa", "${rows.size} are away"))
        if (rows.isEmpty())
            page +=
                kit.words(
                    t(
                        "Chưa ghi ai đi xa. Khi có người đi, mở hồ sơ và ghi chỗ ở của họ.",
                        "Nobody is noted as away. Open a record and note where they are.",
                    )
                )
        for (row in rows) page += line(row)
    }

    private fun line(row: AwayRow) =
        kit.rowOf(
            row.name,
            listOfNotNull(row.address.ifEmpty { null }, row.contact, heard(row)).joinToString("\n"),
            mark(row),
        ) {
            host.go(CheckIn.CODE, row.member)
        }

    private fun heard(row: AwayRow): String {
        val on = row.lastHeard ?: return kit.say(t("chưa nghe tin", "never heard of"))
        return kit.say(t("nghe tin ngày ${dayShown(on)}", "heard of on ${dayShown(on)}"))
    }

    companion object {
        const val CODE = "M40"

        fun mark(row: AwayRow): Text? =
            when (row.unclear.firstOrNull()) {
                null -> if (row.lastHeard == null) t("chưa nghe tin", "not heard of") else null
                "empty" -> t("chưa ghi chỗ ở", "no address")
                "only_province" -> t("mới biết tỉnh", "only the province")
                "several" -> t("có mấy xã trùng tên", "several of that name")
                "old" -> t("lâu chưa hỏi lại", "not asked for long")
                "said_elsewhere" -> t("nơi báo khác nhau", "said differently")
                else -> t("chưa rõ xã nào", "commune not clear")
            }
    }
}

/**
 * Where somebody is now: what a member says on their own phone, or the secretary notes for them.
 * Province and commune are chosen from the official list by what is typed, old names too; what is
 * not found is kept as it was said.
 */
class CheckIn(host: Host, route: Route) : Screen(host, route) {
    private val member = route.arg(0).orEmpty()
    private val isOwn = route.arg(1) != null

    /** What is typed into, by path, and where the commune is chosen. */
    private val inputs = mutableMapOf<String, Entry>()
    private var place: PlaceEntry? = null

    override val title: Text =
        if (isOwn) t("Tôi đang ở đâu", "Where I am") else t("Ghi chỗ ở", "Where they are")
    override val help =
        t(
            "Gõ tên xã, phường không cần dấu, tên cũ cũng được, rồi chạm vào dòng đúng.",
            "Type the commune without diacritics, an old name too, and tap the right line.",
        )

    override fun isTyped(key: String) = true

    override val isWrittenAsWhole = true

    override suspend fun draw(page: Page) {
        val kind = Kinds.of("check_in") ?: return
        if (!isOwn) page += kit.data(name(), 22f, bold = true)
        inputs.clear()
        val commune =
            PlaceEntry(
                kit,
                host.scope,
                t("Đang ở xã, phường nào", "In which commune"),
                route.state["commune"].orEmpty(),
            ) { words, code ->
                hold("commune", words)
                hold("commune_code", code)
            }
        place = commune
        inputs["commune"] = commune.entry
        page += commune
        if (route.state["commune"] == null) stillThere(page)
        val hidden =
            setOf("commune", "commune_code", "recorded_by", "said_on") +
                if (isOwn) setOf("said_by", "how") else emptySet()
        for (field in kind.fields.filter { it.name !in hidden }) {
            page +=
                Form.inputOf(kit, field, route.state[field.name].orEmpty(), false) { _, typed ->
                        hold(field.name, typed)
                    }
                    .also { view -> if (view is Entry) inputs[field.name] = view }
        }
        page +=
            kit.button(
                if (isOwn) t("Báo với chi bộ", "Tell my branch") else t("Ghi lại", "Note it"),
                Weight.MAIN,
            ) {
                send()
            }
        if (isOwn)
            page +=
                kit.faint(
                        t(
                            "Chỉ ghi điều bác gõ. Máy không dò vị trí.",
                            "Only what you type is recorded. The phone is never located.",
                        )
                    )
                    .apply { layoutParams = kit.below(8) }
    }

    /** Whoever is where they said last time need not type it again. */
    private suspend fun stillThere(page: Page) {
        // A word at Tết says when somebody was met and names no place: then it is the one before.
        val words = ask { it.list(ListQuery("check_in", "", member, 0u, 0u)) }.sortedByDescending { it.title }.take(LAST_WORDS)
        var said = emptyMap<String, String>()
        for (word in words) {
            said = ask { it.document(word.doc) }.fields.associate { it.path to Form.recorded(it) }
            if (!said["commune"].isNullOrEmpty()) break
        }
        val place = said["commune"].orEmpty()
        if (place.isEmpty()) return
        page +=
            kit.row(kit.words(t("Vẫn ở chỗ cũ", "Still there"), bold = true), kit.data(place, 16f, kit.colors.faint)) {
                hold("commune", place)
                hold("commune_code", said["commune_code"].orEmpty())
                host.redraw()
            }
    }

    private suspend fun name() =
        ask { it.record(member) }
            .documents
            .find { it.at.kind == "member" }
            ?.fields
            ?.find { it.path == "full_name" }
            ?.shown
            ?.vi
            .orEmpty()

    private fun send() =
        workOn("check_in", inputs) {
            val edits = route.state.map { FieldEdit(it.key, it.value) }.toMutableList()
            if (edits.isEmpty())
                return@workOn host.tell(t("Chưa ghi gì.", "Nothing is written."), Tone.CARE)
            edits += FieldEdit("said_on", dayOf(host.app.desk.clock.now().toLong()))
            if (isOwn) edits += FieldEdit("how", "app")
            val done = ask { it.checkIn(member, edits) }
            if (!done.isClear && done.mayBe.isNotEmpty()) {
                host.tell(
                    t(
                        "Đã ghi. Có mấy nơi trùng tên, xin chọn một ở dưới rồi ghi lại.",
                        "Noted. Several have that name: choose one below and note it again.",
                    ),
                    Tone.CARE,
                )
                // By which old name each is meant is what tells them apart.
                val named = vn.chibo.findCommune(route.state["commune"].orEmpty(), null, MANY).associateBy { it.code }
                place?.offer(done.mayBe.map { named[it.code] ?: it })
                return@workOn
            }
            forgetTyped()
            host.back()
            host.tell(
                if (isOwn)
                    t(
                        "Đã ghi. Bấm “Gửi ngay” để chi bộ nhận được.",
                        "Noted. Press “Send now” so that your branch has it.",
                    )
                else t("Đã ghi.", "Noted.")
            )
        }

    companion object {
        const val CODE = "M41"

        /** How many of the last words are asked for where somebody is. */
        private const val LAST_WORDS = 5

        /** More communes than had one name before July 2025. */
        private const val MANY = 100u
    }
}
