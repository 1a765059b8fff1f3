package vn.chibo.sotay.screens

import android.view.View
import vn.chibo.FieldInfo
import vn.chibo.Text
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Tone

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
    val key = "$HELD$path"
    fun left(entry: Entry?, typed: String) {
        // Held before it is tried: the process may end before the answer comes.
        if (entry != null) route.state[key] = typed
        host.save({
            save(entry, typed)
            if (route.state[key] == typed) route.state.remove(key)
            host.keepTyped(this)
        }) { why ->
            wrong(entry, why)
            host.keepTyped(this)
        }
    }
    val held = route.state[key]
    val view = Form.inputOf(kit, info, held ?: recorded, missing) { entry, typed -> left(entry, typed) }
    // Tried again, so that the reason stands under it as before.
    if (held != null) left(view as? Entry, held)
    return view
}

/** What could not be saved is given up with the rest of what was not sent. */
fun Screen.forgetHeld() {
    route.state.keys.removeAll { it.startsWith(HELD) }
    host.keepTyped(this)
}

private fun Screen.wrong(entry: Entry?, why: Text) {
    if (entry != null) entry.tell(why) else host.tell(why, Tone.ALARM)
}
