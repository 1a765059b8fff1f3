package vn.chibo.sotay

import java.io.File
import java.util.concurrent.CopyOnWriteArraySet
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.withContext
import vn.chibo.Change
import vn.chibo.ChangeListener
import vn.chibo.Chibo
import vn.chibo.ChiboException
import vn.chibo.Clock
import vn.chibo.KeyStore

/**
 * The stores on this phone and the one that is open. Two people may share a phone: each has a
 * folder and a PIN of their own, and nothing of one is open while the other works. It outlives
 * every activity; after the death of the process it is locked.
 *
 * All that reads or writes a store goes through [disk], one call after another: so what was typed
 * is on disk before the next screen reads it.
 */
class Desk(private val home: File, val clock: Clock, private val keys: KeyStore?) {
    @OptIn(ExperimentalCoroutinesApi::class)
    val disk: CoroutineDispatcher = Dispatchers.IO.limitedParallelism(1)

    /** Work that no screen may cut short: what was typed is saved, whatever is shown meanwhile. */
    val scope = CoroutineScope(SupervisorJob() + Dispatchers.Main.immediate)

    /** Whether nothing is being saved or sent. */
    val isStill
        get() = scope.coroutineContext[Job]!!.children.none { it.isActive }

    @Volatile
    var phone: Chibo? = null
        private set

    /** Whose store is open: 0 and 1 are two people, [PRACTICE] is nobody. */
    @Volatile
    var person: Int = 0
        private set

    val isPractice
        get() = phone != null && person == PRACTICE

    private val ears = CopyOnWriteArraySet<(List<Change>) -> Unit>()
    private val listener =
        object : ChangeListener {
            override fun changed(changes: List<Change>) = ears.forEach { it(changes) }
        }

    fun folder(person: Int) = File(home, "person-$person")

    fun isThere(person: Int) = vn.chibo.hasStore(folder(person).path)

    /** Who has a store here. */
    fun people(): List<Int> = (0 until PEOPLE).filter(::isThere)

    /**
     * The folders of closed stores in which something lies sealed that can be left in a mailbox without
     * a PIN. Whose store is open sends it by themself.
     */
    fun sealed(): List<File> =
        people()
            .filter { phone == null || it != person }
            .map(::folder)
            .filter { vn.chibo.isOutboxToBeLeft(it.path) }

    /** Hears of every change, on the thread that made it, until it is taken back. */
    fun hear(ear: (List<Change>) -> Unit): () -> Unit {
        ears += ear
        return { ears -= ear }
    }

    suspend fun create(person: Int, pin: String) =
        withContext(disk) {
            lock()
            laidDown(person).delete()
            this@Desk.person = person
            phone = Chibo.create(folder(person).path, pin, keys, clock, listener)
        }

    suspend fun open(person: Int, pin: String) =
        withContext(disk) {
            lock()
            val opened = Chibo.open(folder(person).path, pin, keys, clock, listener)
            this@Desk.person = person
            phone = opened
        }

    /** A book of its copy, where there is none. */
    suspend fun restore(person: Int, backup: ByteArray, words: String, pin: String) =
        withContext(disk) {
            lock()
            laidDown(person).delete()
            val restored =
                Chibo.restore(folder(person).path, backup, words, pin, keys, clock, listener)
            this@Desk.person = person
            phone = restored
        }

    suspend fun recover(person: Int, code: String, pin: String) =
        withContext(disk) {
            vn.chibo.recover(folder(person).path, code, pin, keys)
            open(person, pin)
        }

    /** Goes on with practice, or begins it: a branch of invented people. */
    suspend fun practise() =
        withContext(disk) {
            lock()
            val made = Chibo.practise(folder(PRACTICE).path, clock, listener)
            person = PRACTICE
            phone = made
        }

    /** Ends practice; nothing of it is left. */
    suspend fun endPractice() =
        withContext(disk) {
            val open = phone ?: return@withContext
            open.endPractice()
            phone = null
            open.close()
        }

    suspend fun changePin(pin: String) = ask { it.setPin(pin, keys) }

    /** Forgets the key of the open store. */
    private fun lock() {
        val open = phone ?: return
        phone = null
        open.use { it.lock() }
    }

    suspend fun shut() = withContext(disk) { lock() }

    /** The store of [person] is gone: wiped, or given up. */
    suspend fun discard(person: Int) = withContext(disk) { remove(person) }

    private fun remove(person: Int) {
        if (this@Desk.person == person) lock()
        vn.chibo.discard(folder(person).path)
        laidDown(person).delete()
    }

    /** Says in the folder of an empty book which last file it left behind. */
    private fun laidDown(person: Int) = File(folder(person), "laid-down")

    /** The store of [person] was emptied and left this file behind: with that it goes ([discardLaidDown]). */
    suspend fun layDown(person: Int, left: String) =
        withContext(disk) { if (isThere(person)) laidDown(person).writeText(left) }

    /** The store that left this file behind is gone with it. One that was made in its place since is another, and stays. */
    suspend fun discardLaidDown(left: String) =
        withContext(disk) {
            for (person in people()) {
                val marked = laidDown(person)
                if (marked.exists() && marked.readText() == left) remove(person)
            }
        }

    /**
     * Runs a call on the store that is open now, off the main thread. If it was closed when the call's turn comes, nothing is
     * called: what was meant for one person's book never reaches another's.
     */
    suspend fun <R> ask(call: (Chibo) -> R): R {
        val meant = phone
        return withContext(disk) {
            if (meant == null || meant !== phone) throw ChiboException.Closed()
            call(meant)
        }
    }

    companion object {
        const val PEOPLE = 2
        const val PRACTICE = 9
    }
}
