package vn.chibo.sotay.work

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.app.job.JobService
import android.content.ComponentName
import android.content.Context
import java.io.File
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import vn.chibo.ChiboException
import vn.chibo.sotay.App

/**
 * Sends and fetches when the system lets it, while a store is open in this process. A store that a
 * PIN closes is closed for a job too, and nobody is asked for the PIN by it: of everybody whose store
 * is closed, whoever's is open, it only leaves in the mailbox what they tried to send before, which
 * lies sealed beside their store. "Gửi ngay" is the main way; this one only makes it rarer.
 */
class SyncJob : JobService() {
    private var work: Job? = null

    /** Whether the sync that goes on is this job's, and not a person's own "Gửi ngay". */
    private var isOwn = false

    override fun onStartJob(parameters: JobParameters?): Boolean {
        val app = application as App
        if (app.desk.phone == null && app.desk.sealed().isEmpty()) return false
        work =
            app.desk.scope.launch {
                app.lockIfLong()
                val syncs = app.desk.phone != null && !app.desk.isPractice
                isOwn = syncs && app.sync.begin()
                val left = leave(app.desk.sealed())
                val state = if (syncs) app.sync.ended() else SyncState.Never
                isOwn = false
                if (Notices.isNeeded(state)) Notices.tell(this@SyncJob)
                // Only a line that broke is worth another try by itself.
                jobFinished(parameters, !left || state is SyncState.Failed)
            }
        return true
    }

    /** Lays what waits in these folders into the mailbox; nothing is opened. Whether all of it went. */
    private suspend fun leave(sealed: List<File>): Boolean {
        var whole = true
        for (folder in sealed) {
            try {
                vn.chibo.leaveOutbox(folder.path)
            } catch (_: ChiboException) {
                whole = false
            }
        }
        return whole
    }

    /**
     * The system wants an end: what this job began stops where it is, and goes on from there next time. What was begun by a
     * person's own "Gửi ngay" goes on, until the book closes by itself.
     */
    override fun onStopJob(parameters: JobParameters?): Boolean {
        work?.cancel()
        val app = application as App
        if (isOwn) app.desk.scope.launch { app.sync.stop() }
        isOwn = false
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
