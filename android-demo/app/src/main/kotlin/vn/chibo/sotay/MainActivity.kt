package vn.chibo.sotay

import android.app.Activity
import android.content.Intent
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Build
import android.os.Bundle
import android.view.View
import android.view.WindowInsetsController
import android.view.WindowManager
import android.window.OnBackInvokedDispatcher
import kotlinx.coroutines.launch
import vn.chibo.sotay.screens.Files
import vn.chibo.sotay.screens.Host
import vn.chibo.sotay.screens.Route
import vn.chibo.sotay.ui.Kit
import vn.chibo.sotay.work.LocalNetwork
import vn.chibo.sotay.work.SyncJob

/** The one window. What it shows is the [Host]'s; what it remembers is where somebody was. */
class MainActivity : Activity() {
    lateinit var host: Host
        private set

    override fun onCreate(saved: Bundle?) {
        val dark = Kit(this, (application as App).settings).isDark
        setTheme(
            if (dark) android.R.style.Theme_DeviceDefault_NoActionBar
            else android.R.style.Theme_DeviceDefault_Light_NoActionBar
        )
        super.onCreate(saved)
        // No picture of what is shown: not by the system, not in the list of recent apps.
        window.addFlags(WindowManager.LayoutParams.FLAG_SECURE)
        // No tap through another app's window, and nothing for an autofill service to learn.
        window.decorView.filterTouchesWhenObscured = true
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) {
            window.decorView.importantForAutofill =
                View.IMPORTANT_FOR_AUTOFILL_NO_EXCLUDE_DESCENDANTS
        }
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) {
            setRecentsScreenshotEnabled(false)
            onBackInvokedDispatcher.registerOnBackInvokedCallback(
                OnBackInvokedDispatcher.PRIORITY_DEFAULT
            ) {
                goBack()
            }
        }
        host = Host(this, application as App)
        host.start(saved?.getStringArrayList(STACK))
        if (saved == null) take(intent)
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        take(intent)
    }

    /** A sealed file that another app hands over is taken in where files are. */
    private fun take(intent: Intent?) {
        if (intent?.action != Intent.ACTION_SEND) return
        @Suppress("DEPRECATION")
        val from = intent.getParcelableExtra<Uri>(Intent.EXTRA_STREAM) ?: return
        host.go(Route(Files.CODE, from.toString()))
    }

    override fun onSaveInstanceState(out: Bundle) {
        super.onSaveInstanceState(out)
        out.putStringArrayList(STACK, host.saved())
    }

    override fun onPause() {
        host.leave()
        super.onPause()
    }

    override fun onStop() {
        super.onStop()
        (application as App).left()
        SyncJob.plan(this)
    }

    override fun onStart() {
        super.onStart()
        val app = application as App
        app.desk.scope.launch { if (app.cameBack() && !isDestroyed) host.show() }
    }

    @Deprecated("Deprecated in Java") override fun onBackPressed() = goBack()

    private fun goBack() {
        if (!host.back()) moveTaskToBack(true)
    }

    @Deprecated("Deprecated in Java")
    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        @Suppress("DEPRECATION") super.onActivityResult(request, result, data)
        if (result == RESULT_OK) host.given(request, data)
    }

    override fun onRequestPermissionsResult(request: Int, asked: Array<String>, given: IntArray) {
        super.onRequestPermissionsResult(request, asked, given)
        if (request != LocalNetwork.REQUEST) return
        host.screen.leaveSaid(given.firstOrNull() == PackageManager.PERMISSION_GRANTED)
        host.redraw()
    }

    override fun onDestroy() {
        host.end()
        super.onDestroy()
    }

    /** Dark signs on light bars of the system, and the other way round. */
    fun bars(kit: Kit) {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
            val light =
                WindowInsetsController.APPEARANCE_LIGHT_STATUS_BARS or
                    WindowInsetsController.APPEARANCE_LIGHT_NAVIGATION_BARS
            window.insetsController?.setSystemBarsAppearance(if (kit.isDark) 0 else light, light)
        } else {
            @Suppress("DEPRECATION")
            window.decorView.systemUiVisibility =
                if (kit.isDark) 0 else View.SYSTEM_UI_FLAG_LIGHT_STATUS_BAR
            @Suppress("DEPRECATION")
            window.statusBarColor = kit.colors.paper
        }
        window.decorView.setBackgroundColor(kit.colors.paper)
    }

    companion object {
        private const val STACK = "screens"
    }
}
