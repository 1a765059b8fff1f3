package vn.chibo.sotay.screens

import android.content.Intent
import android.view.View
import android.widget.LinearLayout
import vn.chibo.Change
import vn.chibo.Chibo
import vn.chibo.Text
import vn.chibo.sotay.ui.Kit

/**
 * One screen. It holds nothing that cannot be read again: [draw] reads the store and puts widgets
 * on a page, when it is shown and when something that it [hears] of has changed.
 */
abstract class Screen(val host: Host, val route: Route) {
    abstract val title: Text

    /** What somebody on the telephone is told about it. */
    abstract val help: Text

    /** Whether it shows anything of an open store. */
    open val needsStore = true

    val kit: Kit
        get() = host.kit

    abstract suspend fun draw(page: Page)

    open fun hears(change: Change) = false

    /** Whether it shows how sending and fetching goes. */
    open val hearsSync = false

    /** Goes one step back inside the screen; `false`: there is none. */
    open fun back() = false

    /** What another app gave back to it. */
    open fun given(request: Int, data: Intent?) = Unit

    suspend fun <R> ask(call: (Chibo) -> R): R = host.app.desk.ask(call)
}

/** What a screen is put on. */
class Page(val column: LinearLayout) {
    operator fun plusAssign(view: View) = column.addView(view)
}
