package vn.chibo.sotay.work

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import vn.chibo.sotay.App

/**
 * Sends and fetches when the system lets it. It can only while the store is open in this process: a
 * store that a PIN closes is closed for a job too, and nobody is asked for the PIN by it. "Gửi
 * ngay" is the main way; this one only makes it rarer.
 */
class SyncJob : JobService() {
    private var stopHearing: () -> Unit = {}

    override fun onStartJob(parameters: JobParameters?): Boolean {
        val app = application as App
        if (app.desk.phone == null || app.desk.isPractice) return false
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

    override fun onStopJob(parameters: JobParameters?): Boolean {
        stopHearing()
        return true
    }

    companion object {
        private const val ID = 1
        private const val BACKOFF_MS = 10 * 60 * 1000L

        /** Plans one, in the place of the one that was planned: so it is never doubled. */
        fun plan(context: Context) {
            val app = context.applicationContext as App
            val scheduler = context.getSystemService(JobScheduler::class.java)
            if (app.desk.phone == null || app.desk.isPractice) return scheduler.cancel(ID)
            val network =
                if (app.settings.roaming) JobInfo.NETWORK_TYPE_ANY
                else JobInfo.NETWORK_TYPE_NOT_ROAMING
            val job =
                JobInfo.Builder(ID, ComponentName(context, SyncJob::class.java))
                    .setRequiredNetworkType(network)
                    .setBackoffCriteria(BACKOFF_MS, JobInfo.BACKOFF_POLICY_EXPONENTIAL)
                    .build()
            scheduler.schedule(job)
        }
    }
}
