package vn.chibo.sotay.screens

import vn.chibo.Against
import vn.chibo.Change
import vn.chibo.HistoryRow
import vn.chibo.Reached
import vn.chibo.Text
import vn.chibo.TypedBy
import vn.chibo.WrittenField
import vn.chibo.sotay.Language
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.dayShown
import vn.chibo.sotay.ui.momentShown
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/** What was written into a field, in the place of what, and whose words it is. */
fun written(one: WrittenField, language: Language): String {
    val before = PlaceEntry.shown(one.path, one.before.said(language))
    val after =
        PlaceEntry.shown(one.path, one.after.said(language)).ifEmpty {
            t("(để trống)", "(empty)").said(language)
        }
    val label = one.label.said(language)
    val change = if (before.isEmpty()) "$label: $after" else "$label: $before → $after"
    return (listOf(change) + one.told.map { "(${it.said(language)})" }).joinToString("\n")
}

/** Who changed what when in a document, the last first. */
class History(host: Host, route: Route) : Screen(host, route) {
    private val doc = route.arg(0).orEmpty()

    override val title: Text = t("Ai sửa gì, lúc nào", "Who changed what")
    override val help =
        t(
            "Mới nhất ở trên. Mỗi dòng: ai, lúc nào, ô nào, trước là gì, nay là gì.",
            "The last first. Who, when, which field, what stood before, what stands now.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val most = route.state["most"]?.toIntOrNull() ?: PAGE
        val rows = ask { it.history(doc, 0u, (most + 1).toUInt()) }
        if (rows.isEmpty()) page += kit.faint(t("Chưa có thay đổi nào.", "Nothing was changed."))
        else
            page +=
                kit.button(t("Kiểm chữ ký người ghi", "Check who signed it"), Weight.LIGHT) {
                    host.go(Signatures.CODE, doc)
                }
        val said = Roles(this)
        for (row in rows.take(most)) {
            val head =
                when {
                    row.by != null -> said.by(row.by!!)
                    row.reached == Reached.DRAFTED ->
                        kit.say(t("Máy này, vừa ghi", "This phone, just now"))
                    else -> kit.say(t("Văn phòng nhập", "Entered by the office"))
                }
            page +=
                kit.row(kit.data(head, 17f, bold = true), kit.data(changes(row), 17f), mark(row))
        }
        if (rows.size > most)
            page +=
                kit.button(t("Xem thêm", "More")) {
                    route.state["most"] = "${most + PAGE}"
                    host.redraw()
                }
    }

    private fun changes(row: HistoryRow) =
        row.written.joinToString("\n") { written(it, kit.language) }

    private fun mark(row: HistoryRow): Text? =
        when (row.reached) {
            Reached.RECEIVED -> null
            Reached.UNSENT,
            Reached.DRAFTED -> t("chưa gửi", "not sent")
            Reached.PROVISIONAL -> t("nhận tay, chưa xác nhận", "by hand, not confirmed")
        }

    companion object {
        const val CODE = "M15"
        private const val PAGE = 30
    }
}

/** People with the role under which they wrote, as one reads it. */
private class Roles(private val screen: Screen) {
    private val labels = mutableMapOf<String, String>()

    suspend fun role(name: String): String {
        labels[name]?.let {
            return it
        }
        val label = screen.ask { it.roleLabel(name) }?.said(screen.kit.language) ?: name
        labels[name] = label
        return label
    }

    suspend fun by(typed: TypedBy): String {
        val here = t("vừa ghi trên máy này", "just written on this phone")
        val time = typed.at?.let { momentShown(it.toLong()) } ?: screen.kit.say(here)
        return listOfNotNull(typed.name, role(typed.role), time).joinToString(" · ")
    }
}

/**
 * All that is recorded about a person, whose words it is, and who else looked. The person may say
 * against each sentence what they think; it is answered in the days that the rules set.
 */
class AboutMe(host: Host, route: Route) : Screen(host, route) {
    private val member = route.arg(0)

    override val title: Text =
        if (member == null) t("Ghi về tôi", "Recorded about me")
        else t("Ghi về người này", "Recorded about them")
    override val help =
        t(
            "Mỗi ô cho biết ai ghi, lúc nào. Thấy sai thì chạm vào ô đó và nói lại. Ai đã xem: dòng đầu trang.",
            "Who wrote each field and when. If it is wrong, tap it and say so. Who looked: the first line.",
        )

    override fun hears(change: Change) = true

    override fun isTyped(key: String) = true

    override val isWrittenAsWhole
        get() = !route.state["words"].isNullOrEmpty()

    override suspend fun draw(page: Page) {
        val about = ask { it.about(member) }
        val said = Roles(this)
        page +=
            kit.row(
                t("Ai đã xem: ${about.looks.size} lần", "Who looked: ${about.looks.size} times")
            ) {
                host.go(Looks.CODE, member.orEmpty())
            }
        page +=
            kit.row(t("In, lưu ra tệp", "Print, save as a file")) {
                host.go(OwnPage.CODE, member.orEmpty())
            }
        if (about.contests.isNotEmpty()) {
            page += kit.heading(t("Ý kiến đã nói", "What was said against it"))
            for (contest in about.contests) {
                val state = ask { it.case(contest.doc) }.stateLabel.said(kit.language)
                page +=
                    kit.row(
                        kit.data(state, bold = true),
                        contest.raised?.let { kit.data(said.by(it), 16f, kit.colors.faint) },
                    ) {
                        host.go(Case.CODE, contest.doc)
                    }
            }
        }
        if (about.records.isNotEmpty())
            page +=
                kit.faint(
                        t(
                            "Ô nào chưa đúng thì chạm vào ô đó để nói lại.",
                            "Tap a field that is not right.",
                        )
                    )
                    .apply { layoutParams = kit.below(12) }
        for (record in about.records) {
            page += kit.heading(record.label)
            // What is not sealed yet has no author in the record, and stands on this phone only.
            val paths = record.values.map { it.path }.toSet()
            for (value in
                record.values.filter {
                    it.path.removeSuffix(PlaceEntry.CODE) !in paths - it.path
                }) {
                val office = t("văn phòng nhập", "entered by the office")
                val by = value.typed?.let { said.by(it) } ?: kit.say(office)
                val id = "${record.doc} ${value.path}"
                page +=
                    kit.row(
                        kit.value(
                            value.label,
                            PlaceEntry.shown(value.path, value.shown.said(kit.language)),
                            value.told,
                        ),
                        kit.data(by, 15f, kit.colors.faint),
                        if (value.contested)
                            t("đã có ý kiến, chờ trả lời", "contested, to be answered")
                        else null,
                        then =
                            if (value.contested) null
                            else {
                                {
                                    route.state["against"] = id
                                    host.redraw()
                                }
                            },
                    )
                if (route.state["against"] == id) against(page, record.doc, value.path)
            }
        }
        if (about.records.isEmpty()) page += kit.faint(t("Chưa ghi gì.", "Nothing is recorded."))
    }

    private fun against(page: Page, doc: String, path: String) {
        val words =
            Entry(
                kit,
                t("Đúng ra là thế nào?", "What is right?"),
                route.state["words"].orEmpty(),
                Typing.PROSE,
            ) {
                hold("words", it)
            }
        page += words
        page +=
            kit.button(t("Gửi ý kiến", "Say it"), Weight.MAIN) {
                if (words.typed.isBlank())
                    return@button words.tell(t("Chưa ghi gì.", "Nothing is written."))
                host.work {
                    ask { it.contest(member, Against(doc, path, words.typed, null, null)) }
                    forgetTyped()
                    host.redraw()
                    host.tell(
                        t(
                            "Đã ghi ý kiến. Bấm “Gửi ngay” để chi bộ và văn phòng nhận.",
                            "Noted. Press “Send now” so that it is received.",
                        )
                    )
                }
            }
        page +=
            kit.button(t("Thôi", "Not now")) {
                forgetTyped()
                host.redraw()
            }
    }

    companion object {
        const val CODE = "M71"
    }
}

/** Who else opened, printed or exported the record. */
class Looks(host: Host, route: Route) : Screen(host, route) {
    private val member = route.arg(0)

    override val title: Text = t("Ai đã xem", "Who looked")
    override val help =
        t(
            "Việc hằng ngày của bí thư không kể ở đây; người khác xem thì có ghi.",
            "The secretary's daily work is not listed; everybody else's looking is.",
        )

    override suspend fun draw(page: Page) {
        val looks = ask { it.about(member) }.looks
        val said = Roles(this)
        if (looks.isEmpty()) page += kit.faint(t("Chưa có ai khác xem.", "Nobody else has looked."))
        for (look in looks) {
            val by =
                listOfNotNull(look.name, said.role(look.role), look.mandate.ifEmpty { null })
                    .joinToString(" · ")
            page += kit.rowOf("${dayShown(look.on)}: ${look.what.said(kit.language)}", by)
        }
    }

    companion object {
        const val CODE = "M72"
    }
}
