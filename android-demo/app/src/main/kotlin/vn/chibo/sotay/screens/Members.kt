package vn.chibo.sotay.screens

import android.widget.LinearLayout
import vn.chibo.Change
import vn.chibo.ListQuery
import vn.chibo.ListRow
import vn.chibo.Text
import vn.chibo.sotay.ui.Choice
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Option
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Typing
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.after
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/**
 * The roll, by given name, found by what is typed without diacritics, and narrowed to those whom
 * one looks for.
 */
class Members(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Danh sách", "Members")
    override val help =
        t(
            "Gõ tên không cần dấu để tìm. Chạm vào tên để mở hồ sơ.",
            "Type a name without diacritics. Tap a name to open the record.",
        )

    private var typed by route::sought
    private var shown
        get() = route.state[SHOWN]?.toIntOrNull() ?: PAGE
        set(rows) {
            route.state[SHOWN] = "$rows"
        }

    /** The codes of the filters that were chosen; one that a newer version no longer has is dropped. */
    private val only
        get() =
            route.state[ONLY].orEmpty().split(" ").filter {
                it.isNotEmpty() && vn.chibo.narrowingLabel("member", it) != null
            }

    private val found by lazy { kit.column() }

    override fun hears(change: Change) = change.kind == "member" || change.kind == "decision"

    override fun refreshBeside() = host.meanwhile { fill() }

    override suspend fun draw(page: Page) {
        val search = Entry(kit, t("Tìm tên", "Search"), typed, Typing.NAME) {}
        search.edit.addTextChangedListener(
            after { now ->
                typed = now
                shown = PAGE
                host.meanwhile { fill() }
            }
        )
        page += search
        filters(page)
        (found.parent as? LinearLayout)?.removeView(found)
        page += found
        fill()
        page += kit.button(t("Thêm người mới", "Add a member")) { host.go(AddMember.CODE) }
    }

    /** What the list is narrowed by, each to be dropped, and by what it can be narrowed further: the core knows. */
    private suspend fun filters(page: Page) {
        for (code in only) {
            val label = vn.chibo.narrowingLabel("member", code) ?: continue
            page +=
                kit.row(label, mark = t("bỏ lọc", "drop"), tone = Tone.CALM) { narrow(only - code) }
        }
        val further = ask { it.narrowings(ListQuery("member", "", null, 0u, 0u, only)) }
        if (further.isEmpty()) return
        val options =
            further.map {
                val words = t("${it.label.vi} (${it.rows})", "${it.label.en} (${it.rows})")
                Option(it.code, words)
            }
        val label = if (only.isEmpty()) t("Lọc", "Filter") else t("Lọc thêm", "Filter further")
        page += Choice(kit, label, options, null, mayClear = false) { narrow(only + it) }
    }

    private fun narrow(codes: List<String>) {
        if (codes.isEmpty()) route.state -= ONLY else route.state[ONLY] = codes.joinToString(" ")
        shown = PAGE
        host.redraw()
    }

    private suspend fun fill() {
        val words = typed
        val rows = ask { it.list(ListQuery("member", words, null, 0u, 0u, only)) }
        if (words != typed) return
        found.removeAllViews()
        found.addView(
            kit.faint(t("${rows.size} người", "${rows.size} people")).apply {
                layoutParams = kit.below(8)
            }
        )
        for (row in rows.take(shown)) found.addView(line(row))
        if (rows.size > shown) {
            found.addView(
                kit.button(t("Xem thêm", "More")) {
                    shown += PAGE
                    host.redraw()
                }
            )
        }
    }

    private fun line(row: ListRow) =
        kit.rowOf(
            row.title,
            row.status?.let { Kinds.code("member", "status", it)?.said(kit.language) },
            if (row.conflicts > 0u)
                t("ghi khác nhau: ${row.conflicts}", "differs: ${row.conflicts}")
            else if (row.pending) t("chưa gửi", "not sent") else null,
            if (row.conflicts > 0u) Tone.ALARM else Tone.CARE,
        ) {
            host.go(Member.CODE, row.place)
        }

    companion object {
        const val CODE = "M11"
        private const val PAGE = 50
        private const val ONLY = "only"
        private const val SHOWN = "shown"

        /** The list, narrowed by one filter. */
        fun only(host: Host, code: String) =
            host.go(Route(CODE).apply { state[ONLY] = code })
    }
}

/** Whose record two people filled in differently. */
class Differ(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Ghi khác nhau", "Written differently")
    override val help =
        t(
            "Hai người cùng sửa một ô. Không bản nào mất; chọn một bản để giữ.",
            "Two people changed the same field. Nothing is lost: choose one.",
        )

    override fun hears(change: Change) = true

    override suspend fun draw(page: Page) {
        val rows = ask { it.conflicts() }
        if (rows.isEmpty())
            page += kit.faint(t("Không còn chỗ nào ghi khác nhau.", "Nothing differs any more."))
        for (row in rows) {
            val kind = Kinds.of(row.kind)?.label?.said(kit.language).orEmpty()
            page +=
                kit.rowOf(row.title, kind, t("${row.conflicts} ô", "${row.conflicts} fields")) {
                    host.go(Conflicts.CODE, row.doc)
                }
        }
    }

    companion object {
        const val CODE = "M18"
    }
}

/** A new member, of whom only the name is asked: everything else can be filled in later. */
class AddMember(host: Host, route: Route) : Screen(host, route) {
    override val title: Text = t("Thêm người", "Add a member")
    override val help =
        t("Chỉ cần họ và tên. Phần còn lại ghi sau.", "Only the name is needed now.")

    override fun isTyped(key: String) = true

    override val isWrittenAsWhole = true

    override suspend fun draw(page: Page) {
        val name =
            Entry(kit, t("Họ và tên", "Full name"), route.state["name"].orEmpty(), Typing.NAME) {
                hold("name", it)
            }
        page += name
        page +=
            kit.button(t("Thêm vào danh sách", "Add to the list"), Weight.MAIN) {
                if (name.typed.isBlank())
                    return@button name.tell(t("Chưa ghi tên.", "There is no name yet."))
                host.work {
                    val branch = ask { it.outbox() }.place ?: return@work
                    val member = ask { it.addMember(branch, name.typed) }
                    forgetTyped()
                    host.instead(Route(Member.CODE, member))
                }
            }
    }

    companion object {
        const val CODE = "M16"
    }
}
