package vn.chibo

import java.io.File
import java.net.ServerSocket
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class PhoneTest {
    @Test
    fun `what the library says of its calls stands beside them in Kotlin`() {
        val written = java.io.File("target/bindings").walk().single { it.extension == "kt" }.readText()
        assertTrue("What waits to be handed over, and who this is. Also told when the grant has ended." in written)
        val calls = written.substringAfter("public interface ChiboInterface {").substringBefore("companion object")
        val lines = calls.lines().map { it.trim() }.filter { it.isNotEmpty() && !it.startsWith("@") }
        val bare = lines.zipWithNext().filter { (before, call) -> Regex("(suspend )?`?fun ").containsMatchIn(call) && before != "*/" }
        assertEquals(emptyList<Any>(), bare)
        assertTrue(lines.count { "fun `" in it } > 60)
    }

    @Test
    fun `a secretary enrols, lists, edits and hands over`() = runBlocking {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            val heard = mutableListOf<Change>()
            val ears = object : ChangeListener {
                override fun changed(changes: List<Change>) { synchronized(heard) { heard += changes } }
            }
            create(folder(), ears).use { phone ->
                val enrolled = phone.enrol(ticket, office.url)
                assertEquals("secretary", enrolled.role)
                val frames = AtomicInteger()
                val progress = object : SyncProgress {
                    override fun heard(soFar: SyncSteps) { frames.incrementAndGet() }
                }
                assertTrue(phone.sync(null, progress).synced)
                assertTrue(frames.get() > 0)
                assertEquals(3, synchronized(heard) { heard.filter { it.kind == "member" }.toSet().size })

                val names = phone.list(members()).map { it.title }
                assertEquals(listOf("Trần Đức An", "Nguyễn Thị Ấm", "Đinh Văn Quang"), names)
                assertEquals("Nguyễn Thị Ấm", phone.list(members("am")).single().title)

                val record = phone.member("am")
                assertTrue(phone.edit(record.at, listOf(FieldEdit("born", "3/2/1971"))).changed)
                assertEquals("03/02/1971", phone.member("am").shown("born"))
                assertEquals(1u, phone.outbox().drafts)
                val outcome = phone.sync(null, null)
                assertTrue(outcome.synced)
                assertEquals(1u, outcome.handedOver)
            }
        }
    }

    @Test
    fun `what is wrong is told so that a screen can act on it`() = runBlocking {
        val home = folder()
        assertThrows(ChiboException.NoStore::class.java) { open(home) }
        create(home).use { phone ->
            assertThrows(ChiboException.StoreExists::class.java) { create(home) }
            val sync = async { runCatching { phone.sync(null, null) } }
            assertTrue(sync.await().exceptionOrNull() is ChiboException.NotEnrolled)
            val typed = runCatching { phone.enrol("chibo1-abc", null) }
            assertTrue(typed.exceptionOrNull() is ChiboException.BadTicket)
            phone.lock()
        }
        val wrong = assertThrows(ChiboException.WrongPin::class.java) {
            Chibo.open(File(home, "phone").path, "not it at all", null, SystemClock, null)
        }
        assertEquals(0uL, wrong.waitSeconds)
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            open(home).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                val record = phone.member("quang")
                val why = assertThrows(ChiboException.Invalid::class.java) {
                    phone.edit(record.at, listOf(FieldEdit("sex", "cao")))
                }
                assertEquals("sex" to Why.NOT_IN_LIST, why.field to why.why)
                assertTrue(why.allowed.isNotEmpty())
            }
        }
    }

    @Test
    fun `a short code that is typed lets a phone in, and what is mistyped is told without a line`() = runBlocking {
        Office().use { office ->
            office.ticket()
            val code = office.code
            office.serve()
            create(folder()).use { phone ->
                val short = assertThrows(ChiboException.BadCode::class.java) { ticketAddress(code.dropLast(1)) }
                assertTrue("27" in short.why.vi)
                assertEquals(null, ticketAddress(code))
                val typed = code.lowercase().replace("-", " ")
                val address = office.url.removePrefix("https://")
                assertEquals("secretary", phone.enrol(typed, address).role)
                assertTrue(phone.sync(null, null).synced)
            }
        }
    }

    @Test
    fun `a clock that throws breaks one call and not the store`() {
        val home = folder()
        var fails = false
        val clock = object : Clock {
            override fun now(): ULong = if (fails) error("no clock") else SystemClock.now()
        }
        Chibo.create(File(home, "phone").path, PIN, null, clock, null).use { phone ->
            fails = true
            assertThrows(ChiboException.CallbackFailed::class.java) { phone.outbox() }
            fails = false
            assertEquals(0u, phone.outbox().drafts)
        }
    }

    @Test
    fun `a keystore of the device guards the store, and one that says no is told`() {
        val home = folder()
        var answers = true
        val safe = object : KeyStore {
            fun turn(bytes: ByteArray) = ByteArray(bytes.size) { (bytes[it].toInt() xor 0x5a).toByte() }
            override fun wrap(secret: ByteArray) = turn(secret)
            override fun open(wrapped: ByteArray) = if (answers) turn(wrapped) else throw KeyStoreException.Gone()
        }
        val path = File(home, "phone").path
        Chibo.create(path, PIN, safe, SystemClock, null).use { }
        Chibo.open(path, PIN, safe, SystemClock, null).use { }
        assertThrows(ChiboException.OtherLock::class.java) { open(home) }
        answers = false
        assertThrows(ChiboException.KeyStoreGone::class.java) { Chibo.open(path, PIN, safe, SystemClock, null) }
    }

    @Test
    fun `a line that is cut again and again, and a node that dies, cost nothing that came whole`() = runBlocking {
        Office(200).use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                Line(office.url).use { line ->
                    phone.enrol(ticket, line.url)
                    var cuts = 0
                    while (true) {
                        line.left.set(6_000L + cuts * 1_000)
                        val done = runCatching { phone.sync(null, null) }
                        if (done.getOrNull()?.synced == true) break
                        assertTrue(done.exceptionOrNull() is ChiboException.LineBroke, "$done")
                        cuts++
                        assertTrue(cuts < 200)
                    }
                    assertTrue(cuts > 0)
                    assertEquals(200, phone.list(members()).size)
                }
                val record = phone.member("quang")
                phone.edit(record.at, listOf(FieldEdit("alias", "Hai")))
                office.kill()
                val dead = runCatching { phone.sync(office.url, null) }
                assertTrue(dead.exceptionOrNull() is ChiboException.LineBroke)
                assertEquals(1u, phone.outbox().unsent)
                assertTrue(phone.outbox().since != null)
                office.serve()
                assertTrue(phone.sync(office.url, null).synced)
                assertEquals(0u, phone.outbox().unsent)
            }
        }
    }

    @Test
    fun `screens work while a sync waits, and a cancelled one lets the next begin`() = runBlocking {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                // Somebody who takes the request and never answers.
                ServerSocket(0, 50, java.net.InetAddress.getLoopbackAddress()).use { silent ->
                    val waiting = launch(Dispatchers.Default) {
                        phone.sync("http://127.0.0.1:${silent.localPort}", null)
                    }
                    val held = silent.accept()
                    withTimeout(60_000) {
                        val record = phone.member("quang")
                        phone.edit(record.at, listOf(FieldEdit("alias", "Hai")))
                        waiting.cancelAndJoin()
                        assertTrue(phone.sync(null, null).synced)
                    }
                    held.close()
                }
            }
        }
    }

    @Test
    fun `threads that read and edit at once, beside a sync, lose nothing`() = runBlocking {
        Office(40).use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                val rows = phone.list(members())
                val failed = java.util.Collections.synchronizedList(mutableListOf<Throwable>())
                val threads = (0 until 2).map { t ->
                    thread {
                        try {
                            for ((n, row) in rows.withIndex().filter { it.index % 2 == t }) {
                                val record = phone.record(row.place).documents.first { it.at.kind == "member" }
                                phone.edit(record.at, listOf(FieldEdit("alias", "Số $n")))
                                phone.list(members(limit = 10))
                            }
                        } catch (e: Throwable) {
                            failed += e
                        }
                    }
                }
                while (threads.any { it.isAlive }) {
                    phone.sync(null, null)
                    delay(20)
                }
                threads.forEach { it.join() }
                assertEquals(emptyList<Throwable>(), failed.toList())
                assertTrue(phone.sync(null, null).synced)
                for ((n, row) in rows.withIndex()) {
                    val record = phone.record(row.place).documents.first { it.at.kind == "member" }
                    assertEquals("Số $n", record.shown("alias"))
                }
            }
        }
    }

    @Test
    fun `what was saved is there after the process was killed`() = runBlocking {
        Office().use { office ->
            val (home, ticket) = folder() to office.ticket()
            office.serve()
            create(home).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                phone.lock()
            }
            var last = -1
            repeat(3) {
                val java = File(System.getProperty("java.home"), "bin/java").path
                val libraries = "-Djna.library.path=" + System.getProperty("jna.library.path")
                val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
                val said = File(home, "said")
                val child = ProcessBuilder(java, libraries, "-cp", classes, "vn.chibo.DeathKt", home.path, "${last + 1}")
                    .redirectError(ProcessBuilder.Redirect.INHERIT).redirectOutput(said).start()
                while (said.readLines().size < 6) check(child.isAlive) { "it ended by itself" }
                child.destroyForcibly().waitFor()
                // The last line may be cut short; the one before it was said whole.
                val whole = said.readText().substringBeforeLast("\n").lines()
                last = whole.last().toInt()
                open(home).use { phone ->
                    val there = phone.member("quang").shown("alias").removePrefix("Số ").toInt()
                    assertTrue(there >= last, "saved $last, there is $there")
                    last = there
                    assertTrue(phone.sync(null, null).synced)
                    phone.lock()
                }
            }
        }
    }

    @Test
    fun `ten thousand calls need no more memory`() = runBlocking {
        Office(20).use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                val practice = File(folder(), "practice").path
                val hears = object : SyncProgress {
                    override fun heard(soFar: SyncSteps) = Unit
                }
                val place = phone.list(members("quang")).single().place
                val record = phone.member("quang").at
                suspend fun work(calls: Int) = repeat(calls / 10) { n ->
                    phone.list(members(limit = 10))
                    phone.record(place)
                    phone.outbox()
                    kinds()
                    // What is written, kept and undone, and what is refused.
                    phone.edit(record, listOf(FieldEdit("alias", "Số $n")))
                    phone.undo(record.doc)
                    phone.keepTyped("M16", "name=$n")
                    assertThrows(ChiboException.NotHere::class.java) { phone.record("00".repeat(16)) }
                    // What waits, hears of itself through a callback, and is answered or not.
                    if (n % 20 == 0) phone.sync(null, hears)
                    else assertTrue(runCatching { phone.enrol(ticket, office.url) }.isFailure)
                    // An object that comes and goes.
                    if (n % 20 == 0) Chibo.practise(practice, SystemClock, null).use { it.lock() }
                    else phone.typed("M16")
                }
                work(2_000)
                val before = residentKib()
                work(10_000)
                val grown = residentKib() - before
                // The heap of the JVM is all there from the start (pom.xml), so what grows is native.
                assertTrue(grown < 6 * 1024, "grown by $grown KiB")
            }
        }
    }

    @Test
    fun `a closed phone says so and its files are free`() {
        val home = folder()
        create(home).use { phone ->
            phone.lock()
            assertThrows(ChiboException.Closed::class.java) { phone.outbox() }
            open(home).use { assertEquals(0u, it.outbox().drafts) }
        }
        discard(File(home, "phone").path)
        assertFalse(hasStore(File(home, "phone").path))
    }
}
