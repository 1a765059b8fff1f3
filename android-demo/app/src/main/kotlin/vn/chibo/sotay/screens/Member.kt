package vn.chibo.sotay.screens

import android.content.ActivityNotFoundException
import android.content.Intent
import android.net.Uri
import vn.chibo.Change
import vn.chibo.DocumentView
import vn.chibo.Text
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/**
 * One member: a section for each document, as it stands; what is missing is said and never asked
 * for first.
 */
class Member(host: Host, route: Route) : Screen(host, route) {
    private val place = route.arg(0).orEmpty()

    override val title: Text = t("Hồ sơ", "Record")
    override val help =
        t(
            "Hồ sơ chia từng phần. Bấm “Sửa phần này” để ghi; ghi đến đâu lưu đến đó. Thiếu ô nào cũng không sao.",
            "The record in sections. Press “Edit this section”; each field is saved as it is left. Nothing is compulsory.",
        )

    override fun hears(change: Change) = change.place == place

    override suspend fun draw(page: Page) {
        val documents = ask { it.record(place) }.documents
        val person = documents.find { it.at.kind == "member" }
        val main = person ?: documents.firstOrNull()
        val name =
            main
                ?.fields
                ?.find { it.path == Kinds.of(main.at.kind)?.title }
                ?.shown
                ?.said(kit.language)
                .orEmpty()
        page += kit.data(name, 24f, bold = true)
        person
            ?.fields
            ?.find { it.path == "phone" }
            ?.shown
            ?.vi
            ?.takeIf { it.isNotEmpty() }
            ?.let { number -> page += kit.button(t("Gọi điện", "Call")) { call(number) } }
        if (person != null)
            page +=
                kit.button(t("Ghi chỗ ở hiện nay", "Note where they are")) {
                    host.go(CheckIn.CODE, place)
                }
        for (document in documents) section(page, document)
        others(page)
        if (person == null) return
        val role = ask { it.owner() }.role
        if (role == "secretary" || role == "deputy")
            page +=
                kit.button(
                    t("Phiếu cho người này dùng máy riêng", "A ticket for their own phone")
                ) {
                    host.go(LetIn.CODE, place)
                }
        page += kit.button(t("Hồ sơ giấy", "Paper dossier")) { host.go(PaperDossier.CODE, place) }
        page +=
            kit.button(
                t("Ghi thêm giấy tờ: địa chỉ, quyết định…", "Add a paper: an address, a decision…")
            ) {
                host.go(AddPaper.CODE, place)
            }
        page +=
            kit.button(t("Ghi về người này, ai đã xem", "What is recorded, who looked")) {
                host.go(AboutMe.CODE, place)
            }
        page +=
            kit.button(t("Làm hồ sơ chuyển, miễn sinh hoạt…", "Begin a transfer, an exemption…")) {
                host.go(BeginCase.CODE, place)
            }
    }

    /** How many fields of its form did not take what was typed. */
    private suspend fun notTaken(document: DocumentView): Int {
        if (!document.mayWrite) return 0
        val form = Route(Form.CODE, place, document.at.kind).head()
        return Route.states(ask { it.typed(form) }.orEmpty()).keys.count { it.startsWith(HELD) }
    }

    private suspend fun section(page: Page, document: DocumentView) {
        page += kit.heading(document.label)
        val differ = document.fields.count { it.versions.isNotEmpty() }
        if (differ > 0) {
            page +=
                kit.row(
                    t("Hai người ghi khác nhau: $differ ô", "Written differently: $differ fields"),
                    t("Chạm để chọn giữ bản nào", "Tap to choose"),
                    t("cần chọn", "choose"),
                    Tone.ALARM,
                ) {
                    host.go(Conflicts.CODE, document.at.doc, place, document.at.kind)
                }
        }
        val held = notTaken(document)
        if (held > 0)
            page +=
                kit.row(
                    t("$held ô gõ chưa được", "$held fields were not taken"),
                    t("Chạm để xem vì sao và gõ lại", "Tap to see why and type again"),
                    t("chưa lưu", "not saved"),
                    Tone.ALARM,
                ) {
                    host.go(Form.CODE, place, document.at.kind)
                }
        if (document.missing > 0u) {
            val first = document.fields.filter { it.missing }.take(3)
            val vi = first.joinToString { it.label.vi.lowercase() }
            val en = first.joinToString { it.label.en.lowercase() }
            page +=
                kit.faint(
                    t("Còn thiếu ${document.missing} ô: $vi…", "${document.missing} missing: $en…")
                )
        }
        for (field in document.fields.filter { it.value != null }) page +=
            kit.value(
                pathLabel(document.at.kind, field.path, field.label),
                PlaceEntry.shown(field.path, field.shown.said(kit.language)),
                field.told,
                field.cautions,
            )
        if (!document.exists) page += kit.faint(t("Chưa ghi gì.", "Nothing is written."))
        if (document.mayWrite)
            page +=
                kit.button(t("Sửa phần này", "Edit this section")) {
                    host.go(Form.CODE, place, document.at.kind)
                }
        if (document.exists)
            page +=
                kit.button(t("Ai sửa gì, lúc nào", "Who changed what, when")) {
                    host.go(History.CODE, document.at.doc)
                }
    }

    /** Documents of which a member has as many as were made: cases, check-ins, addresses. */
    private suspend fun others(page: Page) {
        val kinds =
            Kinds.everything().filter { !it.single && "look" !in it.name && it.name != "meeting" }
        papers(page, kinds, place, t("Giấy tờ, việc đã ghi", "Papers and acts"))
    }

    private fun call(number: String) {
        val dial = Intent(Intent.ACTION_DIAL, Uri.fromParts("tel", number, null))
        try {
            host.activity.startActivity(dial)
        } catch (_: ActivityNotFoundException) {
            host.tell(t("Máy này không gọi điện được.", "This device makes no calls."), Tone.CARE)
        }
    }

    companion object {
        const val CODE = "M12"

        /** The label of a value; in a list of entries also which cell it is. */
        fun pathLabel(kind: String, path: String, label: Text): Text {
            if (path.count { it == '/' } != 2) return label
            val cell = Kinds.at(kind, path)?.label ?: return label
            return t("${label.vi}: ${cell.vi.lowercase()}", "${label.en}: ${cell.en.lowercase()}")
        }
    }
}

/** What two people wrote into the same field, side by side; a tap keeps one. */
class Conflicts(host: Host, route: Route) : Screen(host, route) {
    private val doc = route.arg(0).orEmpty()

    override val title: Text = t("Chọn bản giữ lại", "Choose what stays")
    override val help =
        t(
            "Hỏi lại người ghi nếu chưa chắc. Chọn rồi vẫn sửa được.",
            "Ask who wrote it if unsure. It can be changed afterwards.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val document = ask { it.document(doc) }
        val differing = document.fields.filter { it.versions.isNotEmpty() }
        if (differing.isEmpty()) {
            page +=
                kit.notice(
                    t(
                        "Đã chọn xong. Không còn ô nào ghi khác nhau.",
                        "Done. Nothing differs any more.",
                    ),
                    Tone.CALM,
                )
            page += kit.button(t("Trở lại", "Back"), Weight.MAIN) { host.back() }
        }
        for (field in differing) {
            page += kit.heading(Member.pathLabel(document.at.kind, field.path, field.label))
            for ((n, version) in field.versions.withIndex()) {
                val role = version.role?.let { r -> ask { it.roleLabel(r) } }?.said(kit.language)
                val by =
                    listOfNotNull(version.name, role).joinToString(" · ").ifEmpty {
                        kit.say(t("Chưa rõ ai ghi", "Not known who"))
                    }
                val shown =
                    version.shown.said(kit.language).ifEmpty { kit.say(t("(để trống)", "(empty)")) }
                page +=
                    kit.rowOf(
                        shown,
                        by,
                        if (version.isShown) t("đang hiện", "shown now") else null,
                        Tone.CALM,
                    )
                if (document.mayWrite)
                    page +=
                        kit.button(t("Giữ bản này", "Keep this one")) {
                            host.work {
                                ask { it.choose(document.at, field.path, n.toUInt()) }
                                host.redraw()
                            }
                        }
            }
        }
    }

    companion object {
        const val CODE = "M14"
    }
}
