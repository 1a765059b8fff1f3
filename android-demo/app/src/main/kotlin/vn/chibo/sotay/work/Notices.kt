package vn.chibo.sotay.work

import android.Manifest
import android.app.Activity
import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import android.content.pm.PackageManager
import android.os.Build
import vn.chibo.NodeWord
import vn.chibo.Waiting
import vn.chibo.sotay.App
import vn.chibo.sotay.MainActivity
import vn.chibo.sotay.ui.said
import vn.chibo.sotay.ui.t

/**
 * A notification, and only when a person has to do something. It says that, and nothing of what it
 * is about.
 */
object Notices {
    private const val CHANNEL = "needed"
    private const val ID = 1

    /** Whether a person has to do something, by whichever way the office's word came. */
    fun isNeeded(state: SyncState) =
        when (state) {
            is SyncState.Done -> {
                val told = state.outcome
                told.refused.isNotEmpty() || told.ended != null || told.waits == Waiting.UNSEEN
            }
            is SyncState.Mailed -> {
                val told = state.outcome
                told.refused.isNotEmpty() ||
                    told.ended != null ||
                    told.toldOtherwise > 0u ||
                    told.word is NodeWord.Refused
            }
            else -> false
        }

    /** Whether the system wants a person's leave first, and has not got it. */
    private fun needsLeave(context: Context) =
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU &&
            context.checkSelfPermission(Manifest.permission.POST_NOTIFICATIONS) !=
                PackageManager.PERMISSION_GRANTED

    /** Somebody sends for the first time: from now on there is something to be told of. */
    fun sentByHand(app: App) {
        if (app.settings.asksForNotices == 0 && needsLeave(app)) app.settings.asksForNotices = 1
    }

    fun isToBeAsked(app: App) = app.settings.asksForNotices == 1 && needsLeave(app)

    /** A person has read why; with [leave] the system asks them. Neither comes a second time. */
    fun asked(activity: Activity, leave: Boolean) {
        (activity.application as App).settings.asksForNotices = 2
        if (leave && Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU)
            activity.requestPermissions(arrayOf(Manifest.permission.POST_NOTIFICATIONS), 0)
    }

    fun tell(context: Context) {
        val app = context.applicationContext as App
        val manager = context.getSystemService(NotificationManager::class.java)
        val title = t("Sổ tay", "Notebook").said(app.settings.language)
        val builder =
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.O) {
                manager.createNotificationChannel(
                    NotificationChannel(CHANNEL, title, NotificationManager.IMPORTANCE_DEFAULT)
                )
                Notification.Builder(context, CHANNEL)
            } else {
                @Suppress("DEPRECATION") Notification.Builder(context)
            }
        val open =
            PendingIntent.getActivity(
                context,
                0,
                Intent(context, MainActivity::class.java),
                PendingIntent.FLAG_IMMUTABLE,
            )
        val notice =
            builder
                .setSmallIcon(android.R.drawable.ic_dialog_info)
                .setContentTitle(title)
                .setContentText(
                    t("Có việc cần bác xem.", "Something needs you.").said(app.settings.language)
                )
                .setVisibility(Notification.VISIBILITY_SECRET)
                .setContentIntent(open)
                .setAutoCancel(true)
                .build()
        manager.notify(ID, notice)
    }
}
