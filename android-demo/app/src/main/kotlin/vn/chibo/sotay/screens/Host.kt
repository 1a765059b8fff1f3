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
import kotlinx.coroutines.CancellationException
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
import vn.chibo.sotay.MainActivity
import vn.chibo.sotay.ui.Kit
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.Watermark
import vn.chibo.sotay.ui.leaveField
import vn.chibo.sotay.ui.own
import vn.chibo.sotay.ui.same
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.tapped
import vn.chibo.sotay.ui.told

/**
 * Shows one screen after another, and brings back the one before. The stack of [Route]s is all that
 * it has to remember.
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
    private var waiting: Pair<Int, Intent?>? = null

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

    fun saved() = ArrayList((stack + listOf(gate).filter { isGate() }).map { it.toText() })

    fun end() {
        deaf()
        scope.cancel()
    }

    fun go(code: String, vararg args: String) = go(Route(code, *args))

    fun go(route: Route) {
        stack.add(route)
        show()
    }

    /** In the place of this screen. */
    fun instead(route: Route) {
        stack.removeLast(1)
        go(route)
    }

    fun home() {
        stack = arrayListOf(Route(Home.CODE))
        show()
    }

    /** `false`: there is nothing before this screen. */
    fun back(): Boolean {
        window().leaveField()
        if (screen.back()) return true
        if (isGate() || stack.size < 2) return false
        stack.removeLast(1)
        show()
        return true
    }

    private fun isGate() = screen.route.code == Gate.CODE

    private fun window(): View = activity.window.decorView

    private fun top(): Screen {
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
        draw(scroll, null)
    }

    /** Reads again what is shown, and stays where the eye is. */
    fun redraw() = draw(scroll, scroll.scrollY)

    /**
     * The same because something has changed elsewhere: never under the fingers of who is typing.
     */
    private fun refresh() {
        if (window().findFocus() is EditText) stale = true else redraw()
    }

    /**
     * Something that another app gave back. The system may have taken this one away meanwhile: then it
     * waits behind the lock for the screen that asked.
     */
    fun given(request: Int, data: Intent?) {
        if (isGate()) waiting = request to data else screen.given(request, data)
    }

    private fun handOut(shown: Screen) {
        val (request, data) = waiting ?: return
        waiting = null
        shown.given(request, data)
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
                try {
                    shown.draw(page)
                } catch (e: CancellationException) {
                    throw e
                } catch (e: ChiboException) {
                    if (app.desk.phone == null && shown.needsStore) return@launch show()
                    page += kit.notice(told(e), Tone.ALARM)
                    page += kit.button(t("Thử lại", "Try again")) { redraw() }
                }
                into.removeAllViews()
                into.addView(page.column)
                scrollTo?.let { y -> into.post { into.scrollTo(0, y) } }
                if (!isGate()) handOut(shown)
            }
    }

    private fun changed(changes: List<Change>) {
        if (changes.any(screen::hears)) refresh()
    }

    /** Says something above the page until the next screen is shown. */
    fun tell(words: Text, tone: Tone = Tone.CALM) {
        notices.removeAllViews()
        notices.addView(kit.notice(words, tone))
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
                what()
            } catch (e: ChiboException) {
                tell(told(e), Tone.ALARM)
            } finally {
                busy = false
                if (stale) refresh()
            }
        }
    }

    /**
     * Saves what was typed, whatever is shown meanwhile; then says so, or what was wrong, to who is
     * still there.
     */
    fun save(what: suspend () -> Unit, wrong: (Text) -> Unit) {
        app.desk.scope.launch {
            try {
                what()
            } catch (e: ChiboException) {
                wrong(told(e))
            }
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
