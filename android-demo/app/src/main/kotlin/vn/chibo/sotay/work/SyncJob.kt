package vn.chibo.sotay.work

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import vn.chibo.ChiboException
import vn.chibo.sotay.App

/**
 * Sends and fetches when the system lets it, while the store is open in this process. A store that a
 * PIN closes is closed for a job too, and nobody is asked for the PIN by it: then it only leaves in
 * the mailbox what somebody tried to send before, which lies sealed beside the store. "Gửi ngay" is
 * the main way; this one only makes it rarer.
 */
class SyncJob : JobService() {
    private var stopHearing: () -> Unit = {}
    private var leaving: Job? = null

    override fun onStartJob(parameters: JobParameters?): Boolean {
        val app = application as App
        if (app.desk.isPractice) return false
        if (app.desk.phone == null) return leaveSealed(app, parameters)
        stopHearing =
            app.sync.hear {
                val state = app.sync.state
                if (state is SyncState.Going) return@hear
                stopHearing()
                if (state is SyncState.Done && Notices.isNeeded(state.outcome)) Notices.tell(this)
                // Only a line that broke is worth another try by itself.
                jobFinished(parameters, state is SyncState.Failed)
            }
        app.sync.begin()
        return true
    }

    /** Whether there is something to do without anybody's PIN; it is begun then. */
    private fun leaveSealed(app: App, parameters: JobParameters?): Boolean {
        val sealed = app.desk.sealed()
        if (sealed.isEmpty()) return false
        leaving =
            app.desk.scope.launch {
                var failed = false
                for (folder in sealed) {
                    try {
                        vn.chibo.leaveOutbox(folder.path)
                    } catch (_: ChiboException) {
                        failed = true
                    }
                }
                jobFinished(parameters, failed)
            }
        return true
    }

    override fun onStopJob(parameters: JobParameters?): Boolean {
        stopHearing()
        leaving?.cancel()
        return true
    }

    companion object {
        private const val ID = 1
        private const val BACKOFF_MS = 10 * 60 * 1000L

        /** Plans one, in the place of the one that was planned: so it is never doubled. */
        fun plan(context: Context) {
            val app = context.applicationContext as App
            val scheduler = context.getSystemService(JobScheduler::class.java)
            val isOpen = app.desk.phone != null && !app.desk.isPractice
            if (!isOpen && app.desk.sealed().isEmpty()) return scheduler.cancel(ID)
            val network =
                if (app.settings.roaming) JobInfo.NETWORK_TYPE_ANY
                else JobInfo.NETWORK_TYPE_NOT_ROAMING
            val job =
                JobInfo.Builder(ID, ComponentName(context, SyncJob::class.java))
                    .setRequiredNetworkType(network)
                    // What lies sealed waits for a line also after the phone was off.
                    .setPersisted(true)
                    .setBackoffCriteria(BACKOFF_MS, JobInfo.BACKOFF_POLICY_EXPONENTIAL)
                    .build()
            scheduler.schedule(job)
        }
    }
}
