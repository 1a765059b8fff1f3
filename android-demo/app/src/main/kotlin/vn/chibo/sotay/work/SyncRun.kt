package vn.chibo.sotay.work

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArraySet
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import vn.chibo.Chibo
import vn.chibo.ChiboException
import vn.chibo.MailOutcome
import vn.chibo.SyncOutcome
import vn.chibo.SyncProgress
import vn.chibo.SyncSteps
import vn.chibo.sotay.Desk
import vn.chibo.sotay.Settings

/** How sending and fetching goes. */
sealed interface SyncState {
    data object Never : SyncState

    data class Going(val soFar: SyncSteps?) : SyncState

    data class Done(val outcome: SyncOutcome) : SyncState

    /** The office does not answer; what waits lies in the mailbox. */
    data class Mailed(val outcome: MailOutcome) : SyncState

    data class Failed(val why: ChiboException, val soFar: SyncSteps?) : SyncState

    data class Stopped(val soFar: SyncSteps?) : SyncState
}

/**
 * The one sync of this process: it goes on whichever screen is shown, and a second one does not
 * begin beside it.
 */
class SyncRun(private val desk: Desk, private val settings: Settings) {
    private var job: Job? = null
    private val ears = CopyOnWriteArraySet<() -> Unit>()

    /** How the last one went, and whose it was. Read and set on the main thread. */
    private var last: SyncState = SyncState.Never
        set(value) {
            field = value
            ears.forEach { it() }
        }

    private var whose: Chibo? = null

    /** How it goes in the book that is open: what was said to another person, or before the lock, is nobody's here. */
    val state: SyncState
        get() = if (whose === desk.phone) last else SyncState.Never

    private val changed = ConcurrentHashMap.newKeySet<String>()

    /** The places at which something changed while the last one went on: what came, before all. */
    val changedAt: Set<String>
        get() = if (whose === desk.phone) changed.toSet() else emptySet()

    val isGoing
        get() = job?.isActive == true

    fun hear(ear: () -> Unit): () -> Unit {
        ears += ear
        return { ears -= ear }
    }

    /**
     * Begins, if nothing is under way; whether it did. Practice is never sent. If the office does not answer and a
     * mailbox is known (or [mailbox] is one), what waits is left there.
     */
    fun begin(mailbox: String? = null): Boolean {
        if (isGoing || desk.isPractice) return false
        val phone = desk.phone ?: return false
        val person = desk.person
        whose = phone
        last = SyncState.Going(null)
        changed.clear()
        job =
            desk.scope.launch {
                val deaf = desk.hear { changes -> changed += changes.map { it.place } }
                var soFar: SyncSteps? = null
                val progress =
                    object : SyncProgress {
                        override fun heard(soFar: SyncSteps) {
                            desk.scope.launch(Dispatchers.Main) { heardOf(soFar) }
                        }

                        fun heardOf(steps: SyncSteps) {
                            soFar = steps
                            if (last is SyncState.Going) last = SyncState.Going(steps)
                        }
                    }
                last =
                    try {
                        if (mailbox == null) byLine(phone, person, progress)
                        else byMail(phone, person, mailbox)
                    } catch (_: CancellationException) {
                        SyncState.Stopped(soFar)
                    } catch (e: ChiboException) {
                        SyncState.Failed(e, soFar)
                    } finally {
                        deaf()
                    }
            }
        return true
    }

    private suspend fun byLine(phone: Chibo, person: Int, progress: SyncProgress): SyncState {
        val outcome =
            try {
                phone.sync(null, progress)
            } catch (e: ChiboException) {
                val silent = e is ChiboException.LineBroke || e is ChiboException.NodeNotNow
                if (!silent || desk.ask { it.mailbox() }.isEmpty()) throw e
                return byMail(phone, person, null)
            }
        if (outcome.wiped) wiped(person)
        return SyncState.Done(outcome)
    }

    private suspend fun byMail(phone: Chibo, person: Int, address: String?): SyncState {
        val outcome = phone.syncByMailbox(address)
        if (outcome.wiped) wiped(person)
        return SyncState.Mailed(outcome)
    }

    /** The office said so; whoever takes the phone next is told, also in another process. */
    suspend fun wiped(person: Int) {
        settings.wiped = true
        desk.discard(person)
    }

    /** Waits until nothing is under way, and tells how it went. */
    suspend fun ended(): SyncState {
        job?.join()
        return last
    }

    /** Ends it where it stands: what came whole stays. */
    suspend fun stop() {
        job?.cancelAndJoin()
    }
}
