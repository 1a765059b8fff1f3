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

    fun arg(n: Int): String? = args.getOrNull(n)?.ifEmpty { null }

    fun toText(): String {
        val head = (listOf(code) + args).joinToString("|") { Uri.encode(it) }
        return head +
            state.entries.joinToString("") { "#${Uri.encode(it.key)}=${Uri.encode(it.value)}" }
    }

    companion object {
        fun of(text: String): Route {
            val parts = text.split("#")
            val head = parts[0].split("|").map { Uri.decode(it) }
            val route = Route(head[0], *head.drop(1).toTypedArray())
            for (pair in parts.drop(1)) {
                route.state[Uri.decode(pair.substringBefore("="))] =
                    Uri.decode(pair.substringAfter("=", ""))
            }
            return route
        }
    }
}
