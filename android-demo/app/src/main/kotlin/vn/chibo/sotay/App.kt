package vn.chibo.sotay

import android.app.Application
import android.os.SystemClock
import java.io.File
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import vn.chibo.Clock
import vn.chibo.KeyStore
import vn.chibo.sotay.work.LocalNetwork
import vn.chibo.sotay.work.Packages
import vn.chibo.sotay.work.SyncRun
import vn.chibo.sotay.work.SystemPackages

/** What lives as long as the process does. */
open class App : Application() {
    lateinit var settings: Settings
        private set

    lateinit var desk: Desk
        private set

    lateinit var sync: SyncRun
        private set

    /** What the system says of packages. */
    var packages: Packages = SystemPackages(this)

    /** Which addresses the system lets this app speak to. */
    val network by lazy { LocalNetwork(this) }

    /** When the screens were left, by the phone's steady clock; 0: they are shown. */
    private var leftAt = 0L
    private var locking: Job? = null
    private var lockedAway = false

    /** The screens are shown no more: the book closes by itself when that lasts. */
    fun left() {
        leftAt = SystemClock.elapsedRealtime()
        locking?.cancel()
        locking =
            desk.scope.launch {
                delay(LOCK_AFTER_MS)
                lockIfLong()
            }
    }

    /** They are shown again. Whether the book was closed meanwhile, or is now. */
    suspend fun cameBack(): Boolean {
        locking?.cancel()
        lockIfLong()
        leftAt = 0
        return lockedAway.also { lockedAway = false }
    }

    /**
     * Closes the book if nobody has looked for so long. What counts time may have slept with the phone, so a job that is
     * woken asks as well.
     */
    suspend fun lockIfLong(): Boolean {
        val away = SystemClock.elapsedRealtime() - leftAt
        if (leftAt == 0L || away < LOCK_AFTER_MS || desk.phone == null) return false
        sync.stop()
        // First, since who comes back meanwhile stops what waits here.
        lockedAway = true
        desk.shut()
        return true
    }

    override fun onCreate() {
        super.onCreate()
        settings = Settings(this)
        desk = Desk(File(filesDir, "stores"), clock(), keys())
        sync = SyncRun(desk, settings)
    }

    /** The keystore that guards the stores beside the PIN. */
    protected open fun keys(): KeyStore? = PhoneKeys()

    protected open fun clock(): Clock =
        object : Clock {
            override fun now(): ULong = (System.currentTimeMillis() / 1000).toULong()
        }

    companion object {
        /** Away for so long, the phone may be in other hands. */
        const val LOCK_AFTER_MS = 5 * 60 * 1000L
    }
}
