package vn.chibo.sotay.screens

import android.net.Uri

/**
 * Where somebody is: the code of a screen, whom or what it is about (ids, never names), and what
 * was chosen on it. It outlives the process as a text; everything else is read from the store
 * again.
 */
class Route(val code: String, vararg val args: String) {
    /** What a screen keeps of its own: a filter, how far a flow has come. */
    val state = sortedMapOf<String, String>()

    /** In whose book somebody was here; `null`: it was begun before the lock, and goes to whoever opens. */
    var whose: Int? = null

    /** What the store keeps of what was typed here, as far as it is known; `null`: it was not asked yet. */
    var kept: String? = null

    /** Whether something that was typed on an earlier visit stands here again. */
    var isTakenUp = false

    /** How far down its page was when another screen was opened from it. It goes with the process. */
    var scrolled: Int? = null

    /** What is looked for on it, part of somebody's name perhaps: it goes with the process too, and is kept nowhere. */
    var sought = ""

    fun arg(n: Int): String? = args.getOrNull(n)?.ifEmpty { null }

    /** The screen, and whom or what it is about. */
    fun head() = (listOf(code) + args).joinToString("|") { Uri.encode(it) }

    /** The part of [state] whose keys are wanted, as a text. */
    fun stateText(wanted: (String) -> Boolean) =
        state.filterKeys(wanted).entries.joinToString("") {
            "#${Uri.encode(it.key)}=${Uri.encode(it.value)}"
        }

    /** What outlives the process; without what is kept in the store. */
    fun toText(isKept: (String) -> Boolean = { false }) =
        whose?.let { "$it@" }.orEmpty() + head() + stateText { !isKept(it) }

    companion object {
        fun of(text: String): Route {
            val parts = text.split("#")
            val head = parts[0].substringAfter("@").split("|").map { Uri.decode(it) }
            val route = Route(head[0], *head.drop(1).toTypedArray())
            route.whose = parts[0].substringBefore("@", "").toIntOrNull()
            route.state += states(text)
            return route
        }

        /** What [stateText] wrote. */
        fun states(text: String): Map<String, String> =
            text.split("#").drop(1).associate { pair ->
                Uri.decode(pair.substringBefore("=")) to Uri.decode(pair.substringAfter("=", ""))
            }
    }
}
