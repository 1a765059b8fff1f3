package vn.chibo.sotay.screens

import android.content.Intent
import android.os.Build
import android.view.Gravity
import android.view.View
import android.view.ViewGroup
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.view.WindowInsets
import android.widget.EditText
import android.widget.FrameLayout
import android.widget.LinearLayout
import android.widget.ScrollView
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelChildren
import kotlinx.coroutines.launch
import vn.chibo.Change
import vn.chibo.ChiboException
import vn.chibo.Text
import vn.chibo.sotay.App
import vn.chibo.sotay.Desk
import vn.chibo.sotay.MainActivity
import vn.chibo.sotay.ui.Kit
import vn.chibo.sotay.ui.OWN_WORDS
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Watermark
import vn.chibo.sotay.ui.Weight
import vn.chibo.sotay.ui.caught
import vn.chibo.sotay.ui.leaveField
import vn.chibo.sotay.ui.own
import vn.chibo.sotay.ui.same
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.tapped
import vn.chibo.sotay.ui.told

/**
 * Shows one screen after another, and brings back the one before. The stack of [Route]s is all that
 * it has to remember; each of them is of one person, and nobody else comes to it.
 */
class Host(val activity: MainActivity, val app: App) {
    /** What ends with the screen that began it. */
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main)
    private var drawing: Job? = null
    private var deaf: () -> Unit = {}
    private var stack = arrayListOf<Route>()

    /** What was begun before the lock; forgotten when a book is open. */
    private var gate = Route(Gate.CODE)
    private var stale = false
    private var waiting: Given? = null

    /** What another app gave back, and to the screen of whose book. */
    private class Given(val whose: Int?, val request: Int, val data: Intent?)

    var kit = Kit(activity, app.settings)
        private set

    /** What is shown now: the top of the stack, or the lock before it. */
    lateinit var screen: Screen
        private set

    private lateinit var notices: LinearLayout
    private lateinit var scroll: ScrollView

    /** Whether something that a button has begun is under way. */
    var busy = false
        private set

    /** Whether nothing is being read or done. */
    val isStill
        get() = !busy && scope.coroutineContext[Job]!!.children.none { it.isActive }

    fun start(saved: List<String>?) {
        val (locked, open) =
            (saved ?: emptyList())
                .map(Route::of)
                .filter { it.code in SCREENS }
                .partition { it.code == Gate.CODE }
        gate = locked.lastOrNull() ?: gate
        stack = ArrayList(open)
        if (stack.isEmpty()) stack.add(Route(Home.CODE))
        val deafToStore = app.desk.hear { changes -> activity.runOnUiThread { changed(changes) } }
        val deafToSync = app.sync.hear { if (screen.hearsSync) refresh() }
        deaf = {
            deafToStore()
            deafToSync()
        }
        show()
    }

    fun saved() =
        ArrayList(
            (stack + listOf(gate).filter { isGate() }).map { route ->
                route.toText(SCREENS.getValue(route.code)(this, route)::isTyped)
            }
        )

    fun end() {
        deaf()
        scope.cancel()
    }

    fun go(code: String, vararg args: String) = go(Route(code, *args))

    fun go(route: Route) {
        leave()
        screen.route.scrolled = scroll.scrollY
        stack.add(route)
        show()
    }

    /** In the place of this screen. */
    fun instead(route: Route) {
        stack.removeLast(1)
        go(route)
    }

    fun home() {
        leave()
        stack = arrayListOf(Route(Home.CODE))
        show()
    }

    /** `false`: there is nothing before this screen. */
    fun back(): Boolean {
        leave()
        if (screen.back()) return true
        if (isGate() || stack.size < 2) return false
        stack.removeLast(1)
        show()
        return true
    }

    /** Keeps what was typed, as it is: the field that has the cursor, and what is in no document yet. */
    fun leave() {
        window().leaveField()
        keepTyped(screen)
    }

    /** Has the store keep what was typed on a screen and is in no document yet. */
    fun keepTyped(of: Screen) {
        val route = of.route
        val now = route.stateText(of::isTyped)
        // Before it was asked what is kept, nothing was shown that could be typed into.
        if (!of.needsStore || route.kept == null || route.kept == now) return
        route.kept = now
        val name = of.typedName
        app.desk.scope.launch {
            try {
                app.desk.ask { it.keepTyped(name, now) }
            } catch (_: ChiboException) {
                // Closed, or longer than anything is kept: it stands on the screen still.
                if (route.kept == now) route.kept = ""
            }
        }
    }

    /** What was typed here before and is kept comes back, once. What the system remembered of it is older. */
    private suspend fun takeUp(shown: Screen) {
        val route = shown.route
        if (!shown.needsStore || route.kept != null) return
        val kept =
            try {
                shown.ask { it.typed(shown.typedName) }.orEmpty()
            } catch (_: ChiboException) {
                // What the screen itself asks for says what is wrong.
                return
            }
        route.state.keys.removeAll(shown::isTyped)
        route.state += Route.states(kept).filterKeys(shown::isTyped)
        route.kept = route.stateText(shown::isTyped)
        route.isTakenUp = route.state.keys.any(shown::isTyped)
    }

    private fun isGate() = screen.route.code == Gate.CODE

    private fun window(): View = activity.window.decorView

    /** Screens of one person's book are shown to nobody else, nor to who begins another in its place. */
    private fun dropOthers() {
        val desk = app.desk
        val isOpen = desk.phone != null
        fun isOthers(whose: Int?) =
            if (isOpen) whose != null && whose != desk.person
            else whose != null && whose != Desk.PRACTICE && !desk.isThere(whose)
        val dropped = stack.removeAll { isOthers(it.whose) }
        waiting = waiting?.takeIf { !isOthers(it.whose) }
        if (stack.isEmpty() || (dropped && stack.first().code != Home.CODE))
            stack.add(0, Route(Home.CODE))
        if (isOpen) stack.forEach { it.whose = desk.person }
    }

    private fun top(): Screen {
        dropOthers()
        val route = stack.last()
        val made = SCREENS.getValue(route.code)(this, route)
        if (made.needsStore && app.desk.phone == null) return Gate(this, gate)
        if (app.desk.phone != null) gate = Route(Gate.CODE)
        return made
    }

    /**
     * Draws the top of the stack from the beginning: another screen, another language, another
     * size.
     */
    fun show() {
        scope.coroutineContext.cancelChildren()
        busy = false
        kit = Kit(activity, app.settings)
        screen = top()
        activity.setContentView(frame())
        activity.bars(kit)
        // Who comes back to a long list is where they left it.
        val down = screen.route.scrolled
        screen.route.scrolled = null
        draw(scroll, down)
    }

    /** Reads again what is shown, and stays where the eye is. */
    fun redraw() {
        keepTyped(screen)
        draw(scroll, scroll.scrollY)
    }

    /**
     * The same because something has changed elsewhere: never under the fingers of who is typing.
     */
    fun refresh() {
        if (window().findFocus() !is EditText) return redraw()
        stale = true
        screen.refreshBeside()
    }

    /**
     * Something that another app gave back. The system may have taken this one away meanwhile: then it
     * waits behind the lock for the screen that asked.
     */
    fun given(request: Int, data: Intent?) {
        if (isGate()) waiting = Given(stack.last().whose, request, data)
        else screen.given(request, data)
    }

    private fun handOut(shown: Screen) {
        val given = waiting ?: return
        waiting = null
        shown.given(given.request, given.data)
    }

    private fun draw(into: ScrollView, scrollTo: Int?) {
        stale = false
        drawing?.cancel()
        val shown = screen
        drawing =
            scope.launch {
                val page = Page(kit.column(padded = true))
                // It takes the cursor when a field gives it up, so that no keyboard jumps up by
                // itself.
                page.column.isFocusableInTouchMode = true
                page.column.descendantFocusability = ViewGroup.FOCUS_BEFORE_DESCENDANTS
                val wrong = caught {
                    takeUp(shown)
                    shown.draw(page)
                }
                if (wrong != null) {
                    if (app.desk.phone == null && shown.needsStore) return@launch show()
                    page += kit.notice(told(wrong), Tone.ALARM)
                    // What has ended comes to no other end by being tried again.
                    page +=
                        if (wrong is ChiboException.Ended) wayOut()
                        else kit.button(t("Thử lại", "Try again")) { redraw() }
                }
                if (shown.route.isTakenUp && shown.isWrittenAsWhole) takenUp(page, shown)
                into.removeAllViews()
                into.addView(page.column)
                scrollTo?.let { y -> into.post { into.scrollTo(0, y) } }
                if (!isGate()) handOut(shown)
            }
    }

    /** From what a book whose right has ended does not show to what it can still do. */
    fun wayOut() = kit.button(t("Sổ này còn làm được gì", "What this book can still do"), Weight.MAIN, ::home)

    /** What stands on a page from an earlier visit is said to be that, and can be given up. */
    private fun takenUp(page: Page, shown: Screen) {
        val anew =
            kit.button(t("Bỏ phần gõ dở", "Give that up"), Weight.LIGHT) {
                shown.forgetTyped()
                redraw()
            }
        val said = t("Chữ bác gõ dở lần trước vẫn còn đây.", "What you typed before is still here.")
        page.column.addView(kit.faint(said), 0)
        page.column.addView(anew, 1)
    }

    private fun changed(changes: List<Change>) {
        if (changes.any(screen::hears)) refresh()
    }

    /** Says something above the page until the next screen is shown. `quotes`: it says what was written, so it is data. */
    fun tell(words: Text, tone: Tone = Tone.CALM, quotes: Boolean = false) {
        notices.removeAllViews()
        notices.addView(kit.notice(words, tone).also { if (quotes) it.setTag(OWN_WORDS, false) })
        notices.visibility = View.VISIBLE
    }

    fun quiet() {
        notices.removeAllViews()
        notices.visibility = View.GONE
    }

    /**
     * Does what a button says, once, and tells what went wrong. Leaving the screen ends it; what
     * reached the disk stays.
     */
    fun work(what: suspend () -> Unit) {
        if (busy) return
        busy = true
        quiet()
        scope.launch {
            try {
                caught(what)?.let { tell(told(it), Tone.ALARM) }
            } finally {
                busy = false
                keepTyped(screen)
                if (stale) refresh()
            }
        }
    }

    /** Reads something for the screen beside all else; what went wrong is told. */
    fun meanwhile(what: suspend () -> Unit) {
        scope.launch { caught(what)?.let { tell(told(it), Tone.ALARM) } }
    }

    /**
     * Saves what was typed, whatever is shown meanwhile; then says so, or what was wrong, to who is
     * still there.
     */
    fun save(what: suspend () -> Unit, wrong: (Text) -> Unit) {
        app.desk.scope.launch {
            caught(what)?.let { wrong(told(it)) }
        }
    }

    private fun frame(): View {
        val all = kit.column().apply { setBackgroundColor(kit.colors.paper) }
        all.addView(bar())
        notices =
            kit.column().apply {
                setPadding(kit.dp(16), 0, kit.dp(16), kit.dp(4))
                visibility = View.GONE
            }
        all.addView(notices)
        scroll = ScrollView(activity).apply { isFillViewport = true }
        all.addView(scroll, LinearLayout.LayoutParams(MATCH_PARENT, 0, 1f))
        inset(all)
        if (!app.desk.isPractice) return all
        return FrameLayout(activity).apply {
            addView(all)
            addView(Watermark(kit), FrameLayout.LayoutParams(MATCH_PARENT, MATCH_PARENT))
        }
    }

    private fun bar() =
        LinearLayout(activity).apply {
            gravity = Gravity.CENTER_VERTICAL
            setPadding(kit.dp(4), kit.dp(4), kit.dp(8), kit.dp(4))
            if (stack.size > 1 && !isGate()) {
                addView(
                    kit.words(same("‹"), 30f, kit.colors.accent, bold = true).apply {
                        gravity = Gravity.CENTER
                        minWidth = kit.dp(48)
                        minHeight = kit.dp(48)
                        contentDescription = kit.say(t("Trở lại", "Back"))
                        tapped { back() }
                    }
                )
            } else {
                addView(View(activity), LinearLayout.LayoutParams(kit.dp(12), 1))
            }
            val name = kit.words(screen.title, 21f, bold = true)
            kit.asHeading(name)
            addView(name, LinearLayout.LayoutParams(0, WRAP_CONTENT, 1f))
            val code =
                kit.words(same(screen.route.code), 16f, kit.colors.accent, bold = true).apply {
                    gravity = Gravity.CENTER
                    minWidth = kit.dp(56)
                    minHeight = kit.dp(48)
                    background = kit.shape(kit.colors.card, kit.colors.line, 8)
                    val what =
                        t(
                            "Mã màn hình ${screen.route.code}. Chạm để được giúp.",
                            "Screen code ${screen.route.code}. Tap for help.",
                        )
                    contentDescription = kit.say(what)
                    own()
                }
            if (screen.route.code != Help.CODE) code.tapped { Help.about(this@Host) }
            addView(code)
        }

    private fun inset(all: View) =
        all.setOnApplyWindowInsetsListener { view, insets ->
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
                val taken =
                    insets.getInsets(
                        WindowInsets.Type.systemBars() or
                            WindowInsets.Type.ime() or
                            WindowInsets.Type.displayCutout()
                    )
                view.setPadding(taken.left, taken.top, taken.right, taken.bottom)
            } else {
                @Suppress("DEPRECATION")
                view.setPadding(
                    insets.systemWindowInsetLeft,
                    insets.systemWindowInsetTop,
                    insets.systemWindowInsetRight,
                    insets.systemWindowInsetBottom,
                )
            }
            insets
        }
}

private fun <T> ArrayList<T>.removeLast(n: Int) =
    repeat(n.coerceAtMost(size)) { removeAt(size - 1) }
