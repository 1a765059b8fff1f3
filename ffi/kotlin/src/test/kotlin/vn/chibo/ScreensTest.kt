package vn.chibo

import java.io.File
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What screens ask for besides lists and records. */
class ScreensTest {
    private fun said(vararg fields: Pair<String, String>) = fields.map { FieldEdit(it.first, it.second) }

    @Test
    fun `practice has twelve invented people, shows what waits, never leaves the device and goes with one call`() = runBlocking {
        val home = folder()
        val path = File(home, "practice").path
        val phone = Chibo.practise(path, SystemClock, null)
        assertTrue(phone.isPractice())
        assertEquals(12, phone.list(members()).size)
        val first = phone.home()
        assertEquals(1, first.conflicts.size)
        assertTrue(first.unheard.isNotEmpty() && first.openCases == 1u, "$first")
        assertEquals("Không có gì chưa gửi", first.outbox.said.vi)
        assertTrue(first.lastSync == null && first.lastSyncSaid.en == "Never sent yet", "$first")

        // The conflict opens, and one version is chosen.
        val conflict = first.conflicts.single()
        val field = phone.document(conflict.doc).fields.single { it.versions.size == 2 }
        phone.choose(phone.document(conflict.doc).at, field.path, 0u)
        assertEquals(0, phone.conflicts().size)
        assertEquals("1 thay đổi chưa gửi từ hôm nay", phone.home().outbox.said.vi)

        // Whatever would send says that this is practice.
        assertTrue(runCatching { phone.sync("http://127.0.0.1:1", null) }.exceptionOrNull() is ChiboException.Practice)
        assertTrue(runCatching { phone.syncByMailbox("http://127.0.0.1:1") }.exceptionOrNull() is ChiboException.Practice)
        assertThrows(ChiboException.Practice::class.java) { phone.putIntoFile(Addressee.NODE, ByteArray(0)) }
        assertThrows(ChiboException.Practice::class.java) { phone.putIntoFile(Addressee.BRANCH, ByteArray(0)) }

        // It is there again after the process; a real store is never taken for one.
        phone.lock()
        phone.close()
        Chibo.practise(path, SystemClock, null).use { again ->
            assertEquals(0, again.conflicts().size)
            create(home).use { real ->
                assertFalse(real.isPractice())
                assertThrows(ChiboException.NotAllowed::class.java) { real.endPractice() }
                real.lock()
            }
            assertThrows(ChiboException.StoreExists::class.java) {
                Chibo.practise(File(home, "phone").path, SystemClock, null)
            }
            again.endPractice()
            assertThrows(ChiboException.Closed::class.java) { again.home() }
        }
        assertEquals(0, File(path).list()!!.size)
        open(home).use { }
    }

    @Test
    fun `what the rules say is a list with source, days and the mark of what nobody verified`() {
        Chibo.practise(File(folder(), "practice").path, SystemClock, null).use { phone ->
            val all = phone.regulations(null)
            assertEquals(0u, all.strange)
            val start = all.rows.first { it.code == "transfer.start" && it.validTo == null }
            assertEquals(listOf("60", "working_days"), listOf(start.value, start.unit))
            assertTrue(start.unitLabel.vi.isNotEmpty() && start.label.vi.isNotEmpty() && start.label.en.isNotEmpty(), "$start")
            assertEquals(listOf("294-QĐ/TW", "2025-05-26", "6.3.1"), listOf(start.source, start.sourceOn, start.article))
            assertEquals("2025-07-01", start.validFrom)
            assertTrue(start.isVerified && !start.isAdded, "$start")
            val form = all.rows.first { it.code == "phone.form" }
            assertTrue(!form.isVerified && form.source.isEmpty() && form.sourceOn == null, "$form")
            assertTrue(form.note.vi.isNotEmpty() && form.note.en.isNotEmpty(), "$form")

            // On a day, each code has the one row that held then.
            fun cards(on: String) = phone.regulations(on).rows.filter { it.code == "card.form" }.map { it.value to it.validTo }
            assertEquals(listOf("8" to "2025-08-07"), cards("7/8/2025"))
            assertEquals(listOf<Pair<String, String?>>("1 20" to null), cards("2025-08-08"))
            assertEquals(2, all.rows.count { it.code == "card.form" })
            val wrong = assertThrows(ChiboException.Invalid::class.java) { phone.regulations("hôm qua") }
            assertEquals("on", wrong.field)
        }
    }

    @Test
    fun `what a process has begun of practice when it was killed is made anew`() {
        val path = File(folder(), "practice")
        path.mkdirs()
        File(path, "practice").writeText("")
        File(path, "phone.db").writeText("half a store")
        Chibo.practise(path.path, SystemClock, null).use {
            assertEquals(12, it.list(members()).size)
            it.endPractice()
        }
    }

    @Test
    fun `communes are found by names of today and of before, typed without diacritics`() {
        assertEquals(34, provinces().size)
        val diAn = findCommune("di an", null, 10u)
        assertEquals("Phường Dĩ An", diAn.first().name)
        assertNull(diAn.first().was)
        val inProvince = findCommune("", diAn.first().provinceCode, 1000u)
        assertTrue(inProvince.size in 100..300 && inProvince.all { it.provinceCode == diAn.first().provinceCode })
        // A commune that is no more, by the beginning of its name and its old district.
        val old = findCommune("phuc xa ba dinh", null, 10u)
        assertEquals("Phường Phúc Xá, Quận Ba Đình, Thành phố Hà Nội", old.first().was)
        assertEquals("Phường Hồng Hà", old.first().name)
        assertEquals(old.first().code, communeByCode(old.first().code)!!.code)
        assertEquals(0, findCommune("khong co noi nao ten nay", null, 10u).size)
        assertEquals(0, findCommune("", null, 10u).size)
        assertEquals(1, findCommune("xuan", null, 1u).size)
    }

    @Test
    fun `badges, card numbers and supplements are lists, and a supplement is noted where it stands and reaches the office`() = runBlocking<Unit> {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                assertEquals(listOf("roll", "badges", "cards", "supplements", "decisions", "discipline"), phone.sheets().map { it.code })
                val record = phone.member("quang")
                phone.edit(record.at, said("status" to "official", "admission_decided_on" to "19/5/1996"))
                val badges = phone.sheet("badges", "2026", null)
                assertEquals(listOf("30 năm", "19/05/2026", "19/05/2026"), badges.parts[0].rows.single().cells.map { it.vi })
                assertEquals(badges.columns.size, badges.parts[0].rows.single().cells.size)
                val cards = phone.sheet("cards", null, null)
                assertEquals("3 members, 0 without a number", cards.said.first().en)
                assertTrue(cards.parts[0].rows.any { it.name == "Đinh Văn Quang" && it.cells[0].vi == record.shown("card_number") }, "$cards")

                val open = phone.sheet("supplements", "2025", null).parts.single().rows.first { it.member == record.at.place }
                assertEquals(SheetWeight.LATE, open.mark!!.weight)
                phone.edit(open.at!!, open.acts.single().edits)
                phone.sync(null, null)
                assertEquals("2025: đã nộp 1, chưa nộp 2", phone.sheet("supplements", "2025", null).said.first().vi)
                val told = chibo("dossier", "--data", office.data, "supplements", "2025", "--json")
                assertTrue("\"missing\":2" in told, told)
                assertThrows(ChiboException.NotHere::class.java) { phone.sheet("salaries", null, null) }
                assertThrows(ChiboException.Invalid::class.java) { phone.sheet("badges", "1", null) }
            }
        }
    }

    @Test
    fun `a transfer's letter is read out with what is missing, its last step is cancelled, and the office reads the same`() = runBlocking<Unit> {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                val member = phone.member("quang").at.place
                val transfer = phone.beginCase(member, "transfer", null, said("destination" to "Phường Dĩ An")).at
                phone.act(transfer, "begin", null, said("note" to "theo văn bản đóng dấu TỐI MẬT"))
                val case = phone.case(transfer.doc)
                assertTrue(case.givesLetter && case.cautions.single().en.contains("secret"), "$case")
                assertEquals(case.acts.last().id, case.canCancel)
                val sheet = phone.letter(transfer.doc)
                assertEquals("Phường Dĩ An", sheet.lines.single { it.field == "destination" }.shown.vi)
                assertEquals(sheet.missing.toInt(), sheet.lines.count { it.shown.vi.isEmpty() })
                assertEquals(LetterSource.ISSUE, sheet.lines.single { it.field == "number" }.saidIn)
                phone.act(transfer, "cancel", null, said("note" to "ghi nhầm"))
                assertEquals("due", phone.case(transfer.doc).state)
                phone.sync(null, null)
                val told = chibo("case", "--data", office.data, "letter", transfer.doc.take(8), "--json")
                assertTrue("\"destination\":\"Phường Dĩ An\"" in told, told)
                assertThrows(ChiboException.NotHere::class.java) { phone.letter("00") }
            }
        }
    }

    @Test
    fun `the first screen, a history, a refusal and a caution speak in whole sentences`() = runBlocking {
        Office().use { office ->
            val (one, two) = office.ticket() to office.ticket("deputy")
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(one, office.url)
                assertTrue(phone.sync(null, null).synced)
                val quiet = phone.home()
                assertTrue(quiet.lastSyncSaid.vi.startsWith("Xã đã nhận hết, hôm nay lúc "), quiet.lastSyncSaid.vi)
                assertEquals(0u, quiet.outbox.changes)
                val record = phone.member("quang")
                phone.edit(record.at, said("alias" to "Hai"))
                phone.edit(record.at, said("alias" to "Ba"))
                val cautious = phone.edit(record.at, said("note" to "theo văn bản đóng dấu TỐI MẬT"))
                assertEquals("note", cautious.cautions.single().path)
                assertTrue(cautious.changed && cautious.cautions.single().said.vi.startsWith("Lưu ý: ô “"))
                val standing = phone.member("quang").fields.single { it.cautions.isNotEmpty() }
                assertEquals("note", standing.path)
                assertTrue(standing.cautions.single().vi.startsWith("ô “") && "Đã ghi rồi" !in standing.cautions.single().vi)
                assertEquals("1 change waits since today", phone.home().outbox.said.en)
                assertNotNull(phone.home().outbox.since)
                val draft = phone.history(record.at.doc, 0u, 0u).first()
                assertTrue(draft.reached == Reached.DRAFTED && draft.by == null)
                phone.sync(null, null)

                // The deputy writes the same field without having heard, then both know.
                create(folder()).use { deputy ->
                    deputy.enrol(two, office.url)
                    deputy.sync(null, null)
                    deputy.edit(deputy.member("quang").at, said("alias" to "Tư"))
                    deputy.sync(null, null)
                }
                phone.edit(record.at, said("alias" to "Năm"))
                phone.sync(null, null)
                val home = phone.home()
                assertEquals(listOf("Đinh Văn Quang"), home.conflicts.map { it.title })
                val history = phone.history(record.at.doc, 0u, 0u)
                val alias = history.mapNotNull { row -> row.written.find { it.path == "alias" }?.let { row to it } }
                assertEquals(setOf("Ba", "Tư", "Năm"), alias.map { it.second.after.vi }.toSet())
                assertTrue(alias.all { it.first.by!!.role in setOf("secretary", "deputy") && it.first.reached == Reached.RECEIVED })
                val deputys = alias.single { it.second.after.vi == "Tư" }
                assertEquals("deputy" to "Ba", deputys.first.by!!.role to deputys.second.before.vi)
                assertTrue(alias.first().second.label.vi.isNotEmpty() && deputys.first.at!! > 1_700_000_000uL)
                assertEquals(history.drop(1).take(1), phone.history(record.at.doc, 1u, 1u))
                assertEquals(emptyList<Refusal>(), phone.refusals())
                assertThrows(ChiboException.NotHere::class.java) { phone.history("00", 0u, 0u) }
            }
        }
        assertTrue(refusalWords(3u).vi.isNotEmpty() && refusalWords(3u).en != refusalWords(3u).vi)
        assertTrue(refusalWords(255u).en.endsWith("(255)"))
    }

    @Test
    fun `a guest from another branch is listed, pays dues and gets a remark`() = runBlocking {
        Office(3, "Chi bộ Xóm 6").use { office ->
            val ticket = office.ticket("secretary", "Chi bộ Xóm 6")
            chibo(
                "placement", "add", "--data", office.data, "dinh van quang", "--host", "Chi bộ Xóm 6",
                "--until", "30/6/2099",
            )
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                val guest = phone.placements().single()
                assertTrue(guest.isGuest && guest.name == "Đinh Văn Quang" && guest.until == "2099-06-30", "$guest")
                assertTrue(phone.guestDues(guest.placement, "11/2026", said("amount" to "15000")).changed)
                val wrong = assertThrows(ChiboException.Invalid::class.java) {
                    phone.guestDues(guest.placement, "năm nay", said("amount" to "15000"))
                }
                assertEquals("month", wrong.field)
                assertTrue(phone.guestRemark(guest.placement, said("remark" to "Tích cực", "by" to "Lê Thị Số 1")).changed)
                val member = phone.list(members()).first().place
                assertThrows(ChiboException.NotHere::class.java) { phone.guestDues(member, "11/2026", said("amount" to "1")) }
                assertTrue(phone.sync(null, null).synced)
            }
        }
    }

    @Test
    fun `a file goes through descriptors, and the mailbox says sent and not received until the office has fetched it`() = runBlocking {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                phone.sync(null, null)
                office.kill()
                val record = phone.member("quang")
                phone.edit(record.at, said("alias" to "Hai"))
                val stick = File(folder(), "stick.chibo")
                val changes = Descriptor.of(stick).use { phone.putIntoDescriptor(Addressee.NODE, it.number) }
                assertEquals(1u, changes)
                assertEquals(1u, phone.home().outbox.changes)
                chibo("bundle", "import", "--data", office.data, stick.path)
                Descriptor.of(stick).use { assertTrue(phone.takeFromDescriptor(it.number).synced) }
                assertEquals(0u, phone.home().outbox.changes)
                for (bad in listOf(-1, 987_654)) {
                    assertThrows(ChiboException.FileFailed::class.java) { phone.putIntoDescriptor(Addressee.NODE, bad) }
                    assertThrows(ChiboException.FileFailed::class.java) { phone.takeFromDescriptor(bad) }
                }
                stick.writeText("no file of letters")
                Descriptor.of(stick).use { assertThrows(ChiboException.NotAFile::class.java) { phone.takeFromDescriptor(it.number) } }

                Mailbox().use { box ->
                    assertTrue(runCatching { phone.syncByMailbox(null) }.exceptionOrNull() is ChiboException.BadAddress)
                    phone.edit(record.at, said("alias" to "Ba"))
                    val left = phone.syncByMailbox(box.url)
                    assertTrue(left.left && left.inMailbox && !left.synced, "$left")
                    assertEquals("Đã gửi vào hộp thư, xã chưa nhận.", left.said.vi)
                    assertTrue(phone.outbox().inMailbox && phone.mailbox() == box.url)
                    assertTrue(phone.syncByMailbox(null).inMailbox)
                    chibo("collect", "--data", office.data, "--mailbox", box.url)
                    val come = phone.syncByMailbox(null)
                    assertTrue(come.synced && !come.inMailbox && come.handedOver == 1u, "$come")
                    assertEquals("Xã đã nhận hết.", come.said.vi)
                }
                assertTrue(runCatching { phone.syncByMailbox(null) }.exceptionOrNull() is ChiboException.LineBroke)
            }
        }
    }

    @Test
    fun `what was sealed for the office is left in the mailbox while the store is locked, once, and is answered there`() = runBlocking {
        Office().use { office ->
            val ticket = office.ticket()
            office.serve()
            val home = folder()
            val path = File(home, "phone").path
            Mailbox().use { box ->
                create(home).use { phone ->
                    phone.enrol(ticket, office.url)
                    phone.sync(null, null)
                    assertEquals(Leaving.NOTHING, leaveOutbox(path))
                    office.kill()
                    val record = phone.member("quang")
                    phone.edit(record.at, said("alias" to "Hai"))
                    // Without a mailbox nothing could be left; with one that is gone it is tried again.
                    assertTrue(runCatching { phone.sync(null, null) }.exceptionOrNull() is ChiboException.LineBroke)
                    assertFalse(isOutboxToBeLeft(path))
                    phone.setMailbox("http://127.0.0.1:1")
                    assertTrue(isOutboxToBeLeft(path))
                    assertTrue(runCatching { leaveOutbox(path) }.exceptionOrNull() is ChiboException.LineBroke)
                    phone.setMailbox(box.url)
                    // What is typed after the last try to send is nobody's but this store's.
                    phone.edit(record.at, said("alias" to "Ba"))
                    phone.lock()
                }
                assertTrue(isOutboxToBeLeft(path))
                assertEquals(Leaving.NOW, leaveOutbox(path))
                assertFalse(isOutboxToBeLeft(path))
                assertEquals(Leaving.BEFORE, leaveOutbox(path))
                chibo("collect", "--data", office.data, "--mailbox", box.url)
                open(home).use { phone ->
                    val come = phone.syncByMailbox(null)
                    assertTrue(come.handedOver == 1u && come.left && !come.synced, "$come")
                    // That letter lies there already: the job has nothing to add.
                    assertFalse(isOutboxToBeLeft(path))
                    chibo("collect", "--data", office.data, "--mailbox", box.url)
                    assertTrue(phone.syncByMailbox(null).synced)
                    assertEquals("Ba", phone.member("quang").shown("alias"))
                }
                assertEquals(Leaving.NOTHING, leaveOutbox(path))
            }
            assertEquals(Leaving.NOTHING, leaveOutbox(File(home, "nothing").path))
        }
    }

    @Test
    fun `a list is narrowed by what the core says it can be, and members are counted`() {
        val phone = Chibo.practise(File(folder(), "practice").path, SystemClock, null)
        val all = phone.narrowings(members())
        assertTrue(all.isNotEmpty() && all.all { it.rows in 1u..11u && it.label.vi.isNotEmpty() && it.label.en.isNotEmpty() }, "$all")
        for (one in all) {
            assertEquals(one.rows.toInt(), phone.list(members().copy(only = listOf(one.code))).size, one.code)
            assertEquals(one.label, narrowingLabel("member", one.code))
        }
        assertNull(narrowingLabel("member", "rich"))
        assertThrows(ChiboException.NotHere::class.java) { phone.list(members().copy(only = listOf("rich"))) }
        val counted = phone.figures(null)
        assertEquals(12u, counted.members)
        for (figure in counted.figures) assertEquals(12u, figure.parts.sumOf { it.members } + figure.unknown, figure.field)
        val unit = counted.units.single()
        assertEquals(12u, unit.members)
        assertTrue(unit.official in 1u..12u && unit.name.isNotEmpty(), "$unit")
        val lacking = phone.dossiersLacking(null)
        assertEquals(12, lacking.size)
        assertEquals(lacking.first(), phone.dossier(lacking.first().member))
        phone.endPractice()
    }

    @Test
    fun `two people share a phone, and a member reads, contests and is answered`() = runBlocking {
        Office().use { office ->
            val all = folder().path
            assertEquals(emptyList<String>(), storeNames(all))
            assertThrows(ChiboException.Invalid::class.java) { storeFolder(all, "../elsewhere") }
            val one = office.ticket()
            office.serve()
            val leader = Chibo.create(storeFolder(all, "bi-thu"), PIN, null, SystemClock, null)
            val member = Chibo.create(storeFolder(all, "quang"), "mot ma khac", null, SystemClock, null)
            assertEquals(listOf("bi-thu", "quang"), storeNames(all))
            assertThrows(ChiboException.WrongPin::class.java) {
                Chibo.open(storeFolder(all, "quang"), PIN, null, SystemClock, null)
            }
            leader.enrol(one, office.url)
            leader.sync(null, null)
            val whose = leader.list(members("quang")).single().place
            // The secretary lets the member in, without a line.
            member.enrol(leader.ticketFor(whose, 15u, false).text, office.url)
            member.sync(null, null)
            val owner = member.owner()
            assertEquals(listOf("member", whose, "Đinh Văn Quang"), listOf(owner.role, owner.person, owner.name))
            assertEquals("Chi bộ Xóm 5" to null, leader.owner().placeName to leader.owner().name)
            val mine = member.about(null)
            val register = mine.records.first { record -> record.values.any { it.path == "born" } }
            val against = Against(register.doc, "born", "Tôi sinh năm 1952", null, null)
            val begun = member.contest(null, against)
            assertTrue(begun.saved.changed)
            assertThrows(ChiboException.ReasonNeeded::class.java) { member.contest(null, against.copy(words = " ")) }
            assertThrows(ChiboException.NotHere::class.java) { member.contest(null, against.copy(path = "alias")) }
            assertThrows(ChiboException.NotAllowed::class.java) { member.answerContest(begun.at.doc, true, "đúng", null) }
            member.sync(null, null)
            leader.sync(null, null)
            assertEquals("raised", leader.about(whose).contests.single().state)
            assertThrows(ChiboException.ReasonNeeded::class.java) { leader.answerContest(begun.at.doc, true, "", null) }
            leader.answerContest(begun.at.doc, true, "Đối chiếu sổ gốc: đúng", "1952")
            assertEquals("1952", leader.member("quang").shown("born"))
            leader.sync(null, null)
            member.sync(null, null)
            val read = member.about(null)
            assertEquals("answered", read.contests.single().state)
            assertTrue(read.records.flatMap { it.values }.single { it.path == "born" }.contested)
            // The member forgets the PIN; the secretary reads a code out. A new key is worth as much as the old one.
            val device = leader.colleagues().single()
            assertEquals("Đinh Văn Quang", device.name)
            val code = leader.recoveryCode(device.number)!!
            assertTrue(runCatching { leader.recoveryCode(9_999uL) }.exceptionOrNull() is ChiboException.NotHere)
            leader.changeKey()
            assertTrue(leader.sync(null, null).synced)
            listOf(leader, member).forEach { it.lock(); it.close() }
            recover(storeFolder(all, "quang"), code, "mot ma moi hon", null)
            Chibo.open(storeFolder(all, "quang"), "mot ma moi hon", null, SystemClock, null).use { it.lock() }
            discard(storeFolder(all, "quang"))
            assertEquals(listOf("bi-thu"), storeNames(all))
        }
    }

    @Test
    fun `progress that throws ends the sync, and what came whole stays`() = runBlocking {
        Office(40).use { office ->
            val ticket = office.ticket()
            office.serve()
            create(folder()).use { phone ->
                phone.enrol(ticket, office.url)
                val broken = object : SyncProgress {
                    override fun heard(soFar: SyncSteps) = error(SECRET)
                }
                assertTrue(runCatching { phone.sync(null, broken) }.exceptionOrNull() is ChiboException.CallbackFailed)
                assertTrue(phone.sync(null, null).synced)
                assertEquals(40, phone.list(members()).size)
            }
        }
    }

    @Test
    fun `what a callback throws becomes an error and is printed nowhere`() {
        val child = java("vn.chibo.ThrowsKt", folder().path)
        val out = child.inputStream.readBytes().decodeToString()
        val err = child.errorStream.readBytes().decodeToString()
        assertEquals(0, child.waitFor(), out + err)
        assertEquals("CallbackFailed CallbackFailed ok", out.trim())
        assertFalse(err.contains(SECRET) || err.contains("panicked"), err)
    }
}
