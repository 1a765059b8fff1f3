package vn.chibo.sotay.work

import android.Manifest
import android.app.Activity
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Build
import android.provider.Settings

/**
 * Since Android 17 a person's leave is needed before an app speaks to anything in the network that the phone is in, such as
 * the office's PC; an address on the internet needs none.
 */
class LocalNetwork(private val context: Context) {
    /** Whether this system asks. */
    var isGuarded = Build.VERSION.SDK_INT >= Build.VERSION_CODES.CINNAMON_BUN

    /** Which addresses it asks for. */
    var near: (String) -> Boolean = ::isNear

    /** Whether an address cannot be spoken to without a leave that nobody has given. */
    fun isShut(address: String) =
        isGuarded &&
            context.checkSelfPermission(Manifest.permission.ACCESS_LOCAL_NETWORK) !=
                PackageManager.PERMISSION_GRANTED &&
            near(address)

    fun ask(activity: Activity) =
        activity.requestPermissions(arrayOf(Manifest.permission.ACCESS_LOCAL_NETWORK), REQUEST)

    /** Where somebody changes their mind. */
    fun settings() =
        Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", context.packageName, null))

    companion object {
        const val REQUEST = 17

        /** Whether an address lies in a network of one's own, as the system draws that line. */
        fun isNear(address: String): Boolean {
            val host =
                address.substringAfter("://").substringBefore("/").let {
                    if (it.startsWith("[")) it.drop(1).substringBefore("]") else it.substringBefore(":")
                }
            val name = host.lowercase().trimEnd('.')
            val four = name.split(".").map { it.toIntOrNull() }
            if (four.size == 4 && four.none { it == null || it !in 0..255 }) {
                val (a, b) = four.filterNotNull()
                return a == 10 ||
                    (a == 172 && b in 16..31) ||
                    (a == 192 && b == 168) ||
                    (a == 169 && b == 254) ||
                    (a == 100 && b in 64..127)
            }
            // A link's own, and a network's own, addresses of the newer kind.
            if (":" in name) return Regex("fe[89ab].*|f[cd].*").matches(name)
            // Names that no server on the internet has.
            return name.isNotEmpty() && name != "localhost" && ("." !in name || name.endsWith(".local"))
        }
    }
}
