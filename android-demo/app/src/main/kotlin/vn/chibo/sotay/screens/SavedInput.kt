package vn.chibo.sotay.screens

import android.graphics.Rect
import android.view.View
import vn.chibo.ChiboException
import vn.chibo.FieldInfo
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.told

/**
 * A field that is saved as it is left. What the core does not take is lost to nobody: it stands there as it was typed, with
 * the reason under it, until it is put right, whatever happened to the screen or the process meanwhile.
 *
 * `path` names the field on this screen; `save` writes what was typed.
 */
fun Screen.savedInput(
    info: FieldInfo,
    path: String,
    recorded: String,
    missing: Boolean,
    save: suspend (Entry?, String) -> Unit,
): View {
    val held = held(path)
    fun left(entry: Entry?, typed: String) =
        keep(path, info.label, entry, typed) { save(entry, typed) }
    val view = Form.inputOf(kit, info, held ?: recorded, missing) { entry, typed -> left(entry, typed) }
    // Tried again, so that the reason stands under it as before.
    if (held != null) left(view as? Entry, held)
    return view
}

/** The same for a place: its words and the code of its commune are one input, and written together. */
fun Screen.savedPlace(
    label: Text,
    path: String,
    recorded: String,
    missing: Boolean,
    save: suspend (Entry, String, String) -> Unit,
): PlaceEntry {
    val held = held(path)
    val shown = if (missing) t("${label.vi} (còn thiếu)", "${label.en} (missing)") else label
    lateinit var input: PlaceEntry
    fun left(words: String, code: String) =
        keep(path, label, input.entry, words) { save(input.entry, words, code) }
    input = PlaceEntry(kit, host.scope, shown, held ?: recorded, ::left)
    if (held != null) left(held, "")
    return input
}

/** What was typed into a field and was not taken; `null`: nothing. */
fun Screen.held(path: String): String? = route.state["$HELD$path"]

/** The fields of this screen that did not take what was typed. */
fun Screen.heldPaths(): List<String> =
    route.state.keys.filter { it.startsWith(HELD) }.map { it.removePrefix(HELD) }

private fun Screen.keep(
    path: String,
    label: Text,
    entry: Entry?,
    typed: String,
    save: suspend () -> Unit,
) {
    val key = "$HELD$path"
    // Held before it is tried: the process may end before the answer comes.
    if (entry != null) route.state[key] = typed
    host.save({
        save()
        if (route.state[key] == typed) route.state.remove(key)
        host.keepTyped(this)
        // Another screen may be shown by now, that says of a field that it was not taken.
        if (host.screen !== this) host.refresh()
    }) { why ->
        wrong(entry, label, why)
        host.keepTyped(this)
        if (host.screen !== this) host.refresh()
    }
}

/** What could not be saved is given up with the rest of what was not sent. */
fun Screen.forgetHeld() {
    route.state.keys.removeAll { it.startsWith(HELD) }
    host.keepTyped(this)
}

/** Says what is wrong under the field, and on whatever is shown if that is another screen by now. */
private fun Screen.wrong(entry: Entry?, label: Text, why: Text) {
    entry?.tell(why)
    if (entry == null || host.screen !== this) host.tell(named(label, why), Tone.ALARM)
}

private fun named(label: Text, why: Text) =
    t("Ô “${label.vi}”: ${why.vi}", "“${label.en}”: ${why.en}")

/**
 * As [Host.work], for what is written as a whole: what a field does not take stands under it, and the page goes there; of one
 * that is not typed into, or not shown, its label says which. `entries` are the fields that are shown, by their paths; of an
 * act by its cells.
 */
fun Screen.workOn(
    kind: String,
    entries: Map<String, Entry>,
    what: suspend () -> Unit,
) =
    host.work {
        entries.values.forEach { it.tell(null) }
        try {
            what()
        } catch (e: ChiboException.Invalid) {
            val why = told(e)
            val entry = entries[e.field] ?: entries[e.field.substringAfterLast('/')]
            if (entry != null) {
                entry.tell(why)
                entry.post { entry.requestRectangleOnScreen(Rect(0, 0, entry.width, entry.height)) }
            } else {
                val label = Kinds.at(kind, e.field)?.label ?: throw e
                host.tell(named(label, why), Tone.ALARM)
            }
        }
    }
