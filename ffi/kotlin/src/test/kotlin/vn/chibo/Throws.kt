package vn.chibo

import java.io.File

/** Words out of a record, as an exception may hold them. */
const val SECRET = "hồ sơ của Đinh Văn Quang"

/** Calls with callbacks that throw, and says what came of it: a process whose words are read. */
fun main(args: Array<String>) {
    var fails = false
    val clock = object : Clock {
        override fun now(): ULong = if (fails) error(SECRET) else SystemClock.now()
    }
    val ears = object : ChangeListener {
        override fun changed(changes: List<Change>) = error(SECRET)
    }
    val phone = Chibo.practise(File(args[0], "practice").path, clock, ears)
    fails = true
    val edit = runCatching { phone.outbox() }.exceptionOrNull()
    val record = runCatching { phone.record(phone.list(members()).first().place) }.exceptionOrNull()
    fails = false
    val member = phone.member("")
    val saved = runCatching { phone.edit(member.at, listOf(FieldEdit("alias", "Hai"))) }
    println("${edit?.javaClass?.simpleName} ${record?.javaClass?.simpleName} ${if (saved.isSuccess) "ok" else "lost"}")
}
