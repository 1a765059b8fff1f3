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

    /** Reads again what stands beside a field in which somebody is typing, and leaves the field alone. */
    open fun refreshBeside() = Unit

    /** Whether it shows how sending and fetching goes. */
    open val hearsSync = false

    /**
     * Which of what [Route.state] holds somebody typed or chose for a document that is not written yet. It lies in the open
     * store until it is written or given up, whatever becomes of the screen or the process, and not in what the system
     * remembers of the app.
     */
    open fun isTyped(key: String) = key.startsWith(HELD)

    /** Under which name that is kept. */
    open val typedName
        get() = route.head()

    /** Whether what was typed on an earlier visit is offered to be given up. */
    open val isWrittenAsWhole = false

    /** Holds what was typed; an empty text: nothing. */
    fun hold(key: String, typed: String) {
        if (typed.isEmpty()) route.state.remove(key) else route.state[key] = typed
        host.keepTyped(this)
    }

    /** What was typed here was written, or is given up; but for what a field did not take, which is given up at that field. */
    fun forgetTyped() {
        route.state.keys.removeAll { isTyped(it) && !it.startsWith(HELD) }
        route.isTakenUp = false
        host.keepTyped(this)
    }

    /** Goes one step back inside the screen; `false`: there is none. */
    open fun back() = false

    /** The person has said whether the office's network may be used; no: also without being asked by the system. */
    open fun leaveSaid(given: Boolean) = Unit

    /** What another app gave back to it. */
    open fun given(request: Int, data: Intent?) = Unit

    suspend fun <R> ask(call: (Chibo) -> R): R = host.app.desk.ask(call)
}

/** What a screen is put on. */
class Page(val column: LinearLayout) {
    operator fun plusAssign(view: View) = column.addView(view)
}

/** What a field did not take is held under this and its path. */
const val HELD = "held-"
