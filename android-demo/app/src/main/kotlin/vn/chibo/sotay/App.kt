package vn.chibo.sotay

import android.app.Application
import java.io.File
import vn.chibo.Clock
import vn.chibo.KeyStore
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
}
