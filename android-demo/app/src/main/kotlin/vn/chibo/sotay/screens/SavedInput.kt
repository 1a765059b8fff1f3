package vn.chibo.sotay.screens

import android.graphics.Rect
import android.view.View
import vn.chibo.ChiboException
import vn.chibo.FieldInfo
import vn.chibo.Text
import vn.chibo.ValueType
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone
import vn.chibo.sotay.ui.partialDayShown
import vn.chibo.sotay.ui.t
import vn.chibo.sotay.ui.told

/**
 * A field that is saved as it is left. What the core does not take is lost to nobody: it stands there as it was typed, with
 * the reason under it and what the record holds instead, until it is put right or given up, whatever happened to the screen
 * or the process meanwhile.
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
    val shown = if (info.holds == ValueType.DATE) partialDayShown(recorded) else recorded
    lateinit var field: KeptField
    val view =
        Form.inputOf(kit, info, held ?: recorded, missing) { entry, typed ->
            field.left(typed) { save(entry, typed) }
        }
    val entry = view as? Entry
    field = KeptField(this, path, info.label, entry, shown) { entry?.put(it) }
    // Tried again, so that the reason stands under it as before.
    if (held != null) field.again { save(entry, held) }
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
    lateinit var field: KeptField
    input =
        PlaceEntry(kit, host.scope, shown, held ?: recorded) { words, code ->
            field.left(words) { save(input.entry, words, code) }
        }
    field = KeptField(this, path, label, input.entry, recorded, input::put)
    if (held != null) field.again { save(input.entry, held, "") }
    return input
}

/** What was typed into a field and was not taken; `null`: nothing. */
fun Screen.held(path: String): String? = route.state["$HELD$path"]

/** The fields of this screen that did not take what was typed. */
fun Screen.heldPaths(): List<String> =
    route.state.keys.filter { it.startsWith(HELD) }.map { it.removePrefix(HELD) }

/**
 * One field between what was typed and what is recorded. `entry` is what it is typed into, if it is; `put` shows recorded
 * words in it.
 */
private class KeptField(
    private val screen: Screen,
    path: String,
    private val label: Text,
    private val entry: Entry?,
    private var recorded: String,
    private val put: (String) -> Unit,
) {
    private val key = "$HELD$path"
    private val host = screen.host
    private var held: String?
        get() = screen.route.state[key]
        set(typed) {
            if (typed == null) screen.route.state.remove(key) else screen.route.state[key] = typed
        }

    /** Somebody has left the field with other words in it. */
    fun left(typed: String, save: suspend () -> Unit) {
        // Who empties a field of words that were not taken means those, and not what is recorded behind them.
        if (entry != null && typed.isBlank() && !held.isNullOrBlank()) return giveUp()
        // Held before it is tried: the process may end before the answer comes.
        if (entry != null) held = typed
        keep(typed, save)
    }

    /** Words from before that stand in the field again. */
    fun again(save: suspend () -> Unit) {
        offer()
        held?.let { keep(it, save) }
    }

    private fun keep(typed: String, save: suspend () -> Unit) =
        host.save({
            save()
            taken(typed)
            host.keepTyped(screen)
            // Another screen may be shown by now, that says of a field that it was not taken.
            if (host.screen !== screen) host.refresh()
        }) { why ->
            notTaken(typed, why)
            host.keepTyped(screen)
            if (host.screen !== screen) host.refresh()
        }

    private fun taken(typed: String) {
        recorded = typed
        if (held == typed) held = null
        if (held != null || entry == null) return
        entry.saved()
        // Words that were given up while they were on their way are recorded all the same.
        if (entry.typed != typed && !entry.edit.isFocused) put(recorded)
    }

    private fun notTaken(typed: String, why: Text) {
        // Given up, or typed over, since it was tried: nobody asks any more.
        if (entry != null && held != typed) return
        entry?.tell(why)
        offer()
        if (entry == null || host.screen !== screen) host.tell(named(label, why), Tone.ALARM)
    }

    /** A way back to what is recorded stands below the words that are not. */
    private fun offer() =
        entry?.unsaved(recorded) {
            giveUp()
            // The record may hold it in other words than those that were typed.
            if (host.screen === screen) host.redraw()
        }

    private fun giveUp() {
        held = null
        put(recorded)
        entry?.tell(null)
        entry?.saved()
        host.keepTyped(screen)
    }
}

/** What could not be saved is given up with the rest of what was not sent. */
fun Screen.forgetHeld() {
    route.state.keys.removeAll { it.startsWith(HELD) }
    host.keepTyped(this)
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
