package vn.chibo

import java.io.File

/** Edits without an end, and says each edit that was saved: a process to be killed. */
fun main(args: Array<String>) {
    val phone = open(File(args[0]))
    val record = phone.member("quang")
    var n = args[1].toInt()
    while (true) {
        phone.edit(record.at, listOf(FieldEdit("alias", "Số $n")))
        println(n)
        n++
    }
}
