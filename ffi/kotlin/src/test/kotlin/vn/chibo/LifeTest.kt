package vn.chibo

import java.io.File
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What a secretary and a member who works away do in a year, through Kotlin, against the real node. */
class LifeTest {
    private fun said(vararg fields: Pair<String, String>) = fields.map { FieldEdit(it.first, it.second) }

    /** The day in Vietnam, as the core says it. */
    private val today = java.time.LocalDate.now(java.time.ZoneId.of("Asia/Ho_Chi_Minh")).toString()

    private suspend fun enrolled(home: File, ticket: String, url: String): Chibo =
        create(home).also { phone ->
            phone.enrol(ticket, url)
            assertTrue(phone.sync(null, null).synced)
        }

    @Test
    fun `a member away says where she is over a line that is cut in the middle, and branch and office read it`() = runBlocking<Unit> {
        Office(60).use { office ->
            val ticket = office.ticket()
            office.serve()
            val leader = enrolled(folder(), ticket, office.url)
            val record = leader.member("am")
            val whose = record.at.place
            leader.edit(record.at, said("away" to "yes", "away_at" to "Phường Dĩ An, Thành phố Hồ Chí Minh", "away_since" to "1/2/2024"))
            assertTrue(leader.sync(null, null).synced)
            val away = leader.away(null).single()
            assertTrue(away.name == "Nguyễn Thị Ấm" && away.unclear == listOf("old"), "$away")
            assertNull(away.lastHeard)

            create(folder()).use { member ->
                Line(office.url).use { line ->
                    // Her first evening on a bad line: it breaks before all has come.
                    member.enrol(leader.ticketFor(whose, 15u, false).text, line.url)
                    var cuts = 0
                    while (true) {
                        line.left.set(900L + cuts * 700)
                        val done = runCatching { member.sync(null, null) }
                        if (done.getOrNull()?.synced == true) break
                        assertTrue(done.exceptionOrNull() is ChiboException.LineBroke, "$done")
                        cuts++
                        assertTrue(cuts < 200)
                    }
                    assertTrue(cuts > 0, "the line was cut in the middle")

                    // Several communes are called that: it is noted, and asked about.
                    val vague = member.checkIn(whose, said("said_on" to "2/3/2026", "commune" to "xuan hoa", "how" to "app"))
                    assertTrue(vague.changed && !vague.isClear)
                    val diAn = findCommune("di an", null, 1u).single()
                    val clear = member.checkIn(
                        whose,
                        said("said_on" to today, "commune" to "${diAn.name}, ${diAn.province}", "commune_code" to diAn.code, "dues_paid_through" to "10/2026", "how" to "app"),
                    )
                    assertTrue(clear.isClear, "$clear")
                    assertThrows(ChiboException.Invalid::class.java) { member.checkIn(whose, said("said_on" to "hôm kia")) }
                    assertTrue(member.outbox().changes > 0u)

                    // The line breaks in the middle of the sending; all of it is there, and goes with the next.
                    line.left.set(150)
                    assertTrue(runCatching { member.sync(null, null) }.exceptionOrNull() is ChiboException.LineBroke)
                    assertTrue(member.outbox().changes > 0u)
                    line.left.set(Long.MAX_VALUE)
                    assertTrue(member.sync(null, null).synced)
                    assertEquals(0u, member.outbox().changes)
                }
            }
            assertTrue(leader.sync(null, null).came > 0u)
            val heard = leader.away(null).single()
            assertEquals(today to emptyList<String>(), heard.lastHeard to heard.unclear)
            assertTrue("Dĩ An" in heard.address, heard.address)
            val list = chibo("away", "--data", office.data, "--json")
            assertTrue("Nguyễn Thị Ấm" in list && "Dĩ An" in list && today in list, list)
            leader.close()
        }
    }

    @Test
    fun `a meeting is marked, a marking can be undone while it is not sent, and what is due says so`() = runBlocking<Unit> {
        Office(4).use { office ->
            val ticket = office.ticket()
            office.serve()
            enrolled(folder(), ticket, office.url).use { phone ->
                val branch = phone.outbox().place!!
                val people = phone.list(members()).map { it.place }
                val first = phone.attend(branch, today, people.take(3).map { Mark(it, "present") })
                assertTrue(first.changed)
                val meeting = phone.list(ListQuery("meeting", "", branch, 0u, 0u)).single()
                fun marks() = phone.document(meeting.doc).fields.filter { it.field == "attendance" }.map { it.path to it.value }
                val three = marks()
                assertTrue(three.isNotEmpty())
                phone.attend(branch, today, people.take(3).map { Mark(it, "present") })
                assertEquals(three, marks())
                // All marks or none.
                assertThrows(ChiboException.NotHere::class.java) {
                    phone.attend(branch, today, listOf(Mark(people[0], "sick"), Mark("00".repeat(16), "present")))
                }
                assertEquals(three, marks())
                assertTrue(phone.undo(meeting.doc))
                assertEquals(0, phone.list(ListQuery("meeting", "", branch, 0u, 0u)).size)
                assertEquals(0u, phone.outbox().changes)

                phone.attend(branch, today, people.take(3).map { Mark(it, "present") })
                assertEquals(three, marks())
                assertTrue(phone.sync(null, null).synced)
                assertFalse(phone.undo(meeting.doc), "what was sent stays")

                // Probation runs for a year from the admission: what is due is told, and by whom.
                assertEquals(emptyList<Due>(), phone.deadlines(null, false).due)
                val record = phone.member("quang")
                phone.edit(record.at, said("status" to "probationary", "admitted_on" to "19/5/2026"))
                // Beside it, towards the end of a year, is the yearly supplement.
                val due = phone.deadlines(null, false).due.single { it.due == "2027-05-19" }
                assertEquals("Đinh Văn Quang", due.name)
                assertTrue(due.state is DueState.Open, "$due")
                assertTrue(phone.deadlines(branch, true).due.any { it.place == record.at.place && it.due == due.due })
                assertTrue(phone.undo(record.at.doc))
                assertEquals(emptyList<Due>(), phone.deadlines(null, false).due)
            }
        }
    }

    @Test
    fun `a branch goes from one secretary to the next in three files, without a line`() = runBlocking<Unit> {
        Office(4).use { office ->
            val (one, two) = office.ticket(person = "dinh van quang") to office.ticket(person = "tran duc an")
            office.serve()
            val (old, new) = folder() to folder()
            val giver = enrolled(old, one, office.url)
            val taker = enrolled(new, two, office.url)
            val branch = giver.outbox().place!!
            val people = giver.list(members()).map { it.place }
            giver.attend(branch, today, people.map { Mark(it, "present") })
            office.kill()
            fun tally(name: String, cash: Long) = Tally(name, mapOf("cash" to cash), "", "", null)
            assertThrows(ChiboException.NotConfirmed::class.java) { giver.layDown(giver.putIntoFile(Addressee.NODE, ByteArray(0)).file) }
            val given = giver.give(tally("Đinh Văn Quang", 250_000), taker.card()).file
            val taken = taker.takeOver(given, tally("Trần Đức An", 240_000)).file
            // The meeting that no office ever saw is in the new hands.
            assertEquals(1, taker.list(ListQuery("meeting", "", branch, 0u, 0u)).size)
            val story = taker.successions().single()
            assertEquals("Đinh Văn Quang" to "Trần Đức An", story.given?.name to story.taken?.name)
            assertEquals(listOf("cash"), story.differences)
            val word = giver.layDown(taken).file
            assertTrue(word.size > 100)
            assertThrows(ChiboException.Closed::class.java) { giver.list(members()) }
            giver.close()
            open(old).use { assertThrows(ChiboException.Ended::class.java) { it.list(members()) } }
            office.serve()
            assertTrue(taker.sync(office.url, null).synced)
            assertTrue("Đinh Văn Quang" in chibo("succession", "list", "--data", office.data, "--json"))
            taker.close()
        }
    }

    @Test
    fun `without the office's network a phone is enrolled by letters in files`() = runBlocking<Unit> {
        Mailbox().use { mailbox ->
            Office().use { office ->
                val ticket = office.ticket()
                create(folder()).use { phone ->
                    assertThrows(ChiboException.BadTicket::class.java) { phone.enrolByLetter("chibo1-abc") }
                    assertEquals(Asking.NOTHING, phone.asking())
                    phone.enrolByLetter(ticket)
                    assertEquals(Asking.TO_BE_ENROLLED, phone.asking())
                    assertTrue(phone.syncByMailbox(mailbox.url).inMailbox)
                    chibo("collect", "--data", office.data, "--mailbox", mailbox.url)
                    val word = phone.syncByMailbox(null).word
                    assertTrue(word is NodeWord.Enrolled && word.enrolled.role == "secretary", "$word")
                    assertThrows(ChiboException.EnrolledAlready::class.java) { phone.enrolByLetter(ticket) }
                }
            }
        }
    }

    @Test
    fun `the app's package is offered with its size, comes whole over a line that is cut, and never half`() = runBlocking<Unit> {
        val bytes = "PK\u0003\u0004".toByteArray() + ByteArray(400_000) { (it / 3).toByte() }
        val apk = File(folder(), "office.apk").apply { writeBytes(bytes) }
        Office().use { office ->
            val ticket = office.ticket()
            office.serve("--app", apk.path)
            Line(office.url).use { line ->
                enrolled(folder(), ticket, line.url).use { phone ->
                    val to = File(folder(), "here.apk")
                    val offer = phone.appOffer(to.path)!!
                    assertEquals(bytes.size.toULong() to 0uL, offer.size to offer.here)
                    line.left.set(150_000)
                    assertTrue(runCatching { phone.fetchApp(offer, to.path, null) }.exceptionOrNull() is ChiboException.LineBroke)
                    assertFalse(to.exists())
                    line.left.set(Long.MAX_VALUE)
                    val rest = phone.appOffer(to.path)!!
                    assertTrue(rest.here > 0uL && rest.here < rest.size)
                    val heard = mutableListOf<ULong>()
                    val progress = object : FetchProgress {
                        override fun heard(here: ULong) { synchronized(heard) { heard += here } }
                    }
                    phone.fetchApp(rest, to.path, progress)
                    assertArrayEquals(bytes, to.readBytes())
                    assertTrue(synchronized(heard) { heard.first() > rest.here && heard.last() == rest.size })
                    val other = rest.copy(sha256 = "00".repeat(32))
                    assertTrue(runCatching { phone.fetchApp(other, to.path, null) }.exceptionOrNull() is ChiboException.AskAgain)
                }
            }
        }
    }

    @Test
    fun `what was typed and is in no document is kept under lock, bounded, and never sent`() = runBlocking<Unit> {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            val home = folder()
            enrolled(home, ticket, office.url).use { phone ->
                phone.keepTyped("M16", "name=Lê Văn")
                assertEquals(0u, phone.outbox().changes)
                assertEquals(0u, phone.sync(null, null).handedOver)
                assertThrows(ChiboException.Invalid::class.java) { phone.keepTyped("M16", "a".repeat(70_000)) }
                phone.lock()
            }
            open(home).use { phone ->
                assertEquals("name=Lê Văn", phone.typed("M16"))
                phone.keepTyped("M16", "")
                assertNull(phone.typed("M16"))
            }
        }
    }
}
