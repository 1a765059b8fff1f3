package vn.chibo

import java.io.File
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What leaves the phone, and where what stands on it comes from; against a real office. */
class TakenOutTest {
    private val words = "tre lang giong dau xanh"

    private fun said(vararg edits: Pair<String, String>) = edits.map { FieldEdit(it.first, it.second) }

    @Test
    fun `who wrote a record is proven by signatures that the office hands over, its own as well`() = runBlocking<Unit> {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                val record = phone.member("quang")
                phone.edit(record.at, said("alias" to "Hai"))
                phone.sync(null, null)
                phone.edit(record.at, said("alias" to "Ba"))
                phone.sync(null, null)
                val proof = phone.proof(record.at.doc)
                // Two of the secretary; the office signed what it brought in itself.
                assertEquals(listOf(1u, 2u), proof.signed.map { it.changes }.sorted())
                assertTrue("lần ghi có chữ ký của" in proof.said.vi, proof.said.vi)
                val untouched = phone.proof(phone.member("an").at.doc)
                assertEquals(1, untouched.signed.size)
                assertThrows(ChiboException.NotHere::class.java) { runBlocking { phone.proof("00".repeat(16)) } }
                assertThrows(ChiboException.NotHere::class.java) { runBlocking { phone.proof("không phải mã") } }
                assertEquals(emptyList<MissingWork>(), phone.missingWork())
                office.kill()
                assertThrows(ChiboException.LineBroke::class.java) { runBlocking { phone.proof(record.at.doc) } }
            }
        }
    }

    @Test
    fun `own data is a page in a file that was chosen, as the office prints it`() = runBlocking<Unit> {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                val record = phone.member("quang")
                phone.edit(record.at, said("alias" to "<Hai>"))
                phone.sync(null, null)
                val page = File(folder(), "page.html")
                Descriptor.of(page).use { phone.ownPageIntoDescriptor(it.number, record.at.place, PageForm.HTML, PageLanguage.VI) }
                assertTrue("&lt;Hai&gt;" in page.readText())
                assertEquals(listOf("In"), phone.about(record.at.place).looks.map { it.what.vi }.distinct())
                val printed = File(folder(), "office.html")
                chibo("own-data", "--data", office.data, "dinh van quang", "--out", printed.path, "--lang", "vi")
                // Both say the same sentences of the register; the looks differ by then.
                val born = Regex("<p class=\"d1\">[^<]*(Bí danh|Ngày sinh): [^<]*")
                val (mine, theirs) = listOf(page, printed).map { f -> born.findAll(f.readText()).map { it.value }.toList() }
                assertEquals(2, mine.size)
                assertEquals(mine, theirs)
            }
        }
    }

    @Test
    fun `a phone that broke comes back from its copy, also after a killed process, and the office takes its work`() = runBlocking<Unit> {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            val copy = create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                phone.edit(phone.member("quang").at, said("alias" to "Hai"))
                assertThrows(ChiboException.PassphraseTooShort::class.java) { phone.backup("ngắn") }
                phone.backup(words)
            }
            assertEquals(12u, passphraseLeast())
            assertFalse("Đinh Văn Quang" in copy.decodeToString())
            val there = File(folder(), "phone").path
            assertThrows(ChiboException.WrongPassphrase::class.java) {
                Chibo.restore(there, copy, "tre lang khac xa", "864200", null, SystemClock, null)
            }
            assertFalse(hasStore(there))
            Chibo.restore(there, copy, words, "864200", null, SystemClock, null).use { phone ->
                assertEquals("Hai", phone.member("quang").shown("alias"))
                phone.sync(null, null)
                phone.sync(null, null)
                assertEquals(0u, phone.outbox().changes)
            }
            Chibo.open(there, "864200", null, SystemClock, null).use { phone ->
                assertEquals("Hai", phone.member("quang").shown("alias"))
            }
            chibo("verify", "--data", office.data)
        }
    }

    @Test
    fun `a ticket asked for from two threads at once is one ticket`() = runBlocking<Unit> {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                val whose = phone.member("quang").at.place
                val made = java.util.Collections.synchronizedSet(mutableSetOf<String>())
                val threads = List(8) { kotlin.concurrent.thread { made += phone.ticketFor(whose, 7u * 24u * 60u, false).text } }
                threads.forEach { it.join() }
                assertEquals(1, made.size)
            }
        }
    }

    @Test
    fun `a phone that the office tells to wipe itself hands its work over, and is empty`() = runBlocking<Unit> {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            val folder = folder()
            create(folder).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                phone.edit(phone.member("quang").at, said("alias" to "Hai"))
                val listed = chibo("devices", "--data", office.data, "--json")
                val device = Regex("\"number\":(\\d+)").findAll(listed).last().groupValues[1]
                chibo("revoke", "--data", office.data, device, "--wipe")
                assertEquals(Ending.WIPED, phone.sync(null, null).ended)
                assertThrows(ChiboException::class.java) { phone.list(members()) }
                // It came from a right that had ended: the office decides about it.
                assertTrue("\"says\":\"Hai\"" in chibo("quarantine", "list", "--data", office.data, "--json"))
            }
            for (file in folder.walk().filter { it.isFile })
                assertFalse("Quang" in file.readBytes().decodeToString(), file.name)
        }
    }

    @Test
    fun `what the core says of its calls is read in Kotlin`() {
        val bindings = File("target/bindings").walk().single { it.extension == "kt" }.readLines()
        val begins = bindings.indexOfFirst { it.startsWith("public interface ChiboInterface") }
        val ends = bindings.drop(begins).indexOfFirst { it == "}" } + begins
        val calls = (begins..ends).filter { Regex("^ {4}(suspend )?fun `").containsMatchIn(bindings[it]) }
        assertTrue(calls.size > 60, "${calls.size} calls")
        for (call in calls) {
            val before = bindings.subList(begins, call).last { it.isNotBlank() && !it.trim().startsWith("@") }
            assertEquals("*/", before.trim(), bindings[call])
        }
    }
}
