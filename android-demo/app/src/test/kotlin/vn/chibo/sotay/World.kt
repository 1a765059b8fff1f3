package vn.chibo.sotay

import java.io.File
import java.nio.file.Files
import kotlinx.coroutines.runBlocking
import vn.chibo.Addressee
import vn.chibo.Chibo
import vn.chibo.Clock
import vn.chibo.FieldEdit

/**
 * An office and two phones that were enrolled at it: made once, and copied into the app of each
 * test that only reads and edits.
 */
object World {
    val office: Office by lazy {
        Office().serve().also { office ->
            Runtime.getRuntime().addShutdownHook(Thread(office::kill))
        }
    }

    private val clock =
        object : Clock {
            override fun now(): ULong = (System.currentTimeMillis() / 1000).toULong()
        }

    private val secretary by lazy { enrolled(office.ticket()) }
    private val member by lazy { enrolled(office.ticket("member", "le thi duyen", "le thi duyen")) }

    private fun enrolled(ticket: String): File {
        val folder = Files.createTempDirectory("phone").toFile()
        Chibo.create(folder.path, PIN, null, clock, null).use { phone ->
            runBlocking {
                phone.enrol(ticket, null)
                check(phone.sync(null, null).synced)
            }
            phone.lock()
        }
        return folder
    }

    /** Another person's phone, enrolled and in step. */
    fun phone(ticket: String): File = enrolled(ticket)

    private fun <R> on(phone: File, what: suspend (Chibo) -> R): R =
        Chibo.open(phone.path, PIN, null, clock, null).use { open ->
            runBlocking { what(open) }.also { open.lock() }
        }

    fun edit(phone: File, place: String, field: String, typed: String) =
        on(phone) { open ->
            val at = open.record(place).documents.first { it.at.kind == "member" }.at
            open.edit(at, listOf(FieldEdit(field, typed)))
        }

    /** What it says to the branch's other phones, in a file. */
    fun file(phone: File): ByteArray =
        on(phone) { it.putIntoFile(Addressee.BRANCH, ByteArray(0)).file }

    fun changeKey(phone: File) = on(phone) { it.changeKey() }

    fun sync(phone: File) = on(phone) { check(it.sync(null, null).synced) }

    private fun placed(app: App, from: File, person: Int) {
        from.copyRecursively(app.desk.folder(person), overwrite = true)
    }

    fun secretary(app: App, person: Int = 0) = placed(app, secretary, person)

    fun member(app: App, person: Int = 0) = placed(app, member, person)
}
