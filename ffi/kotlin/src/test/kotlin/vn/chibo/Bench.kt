package vn.chibo

/** The calls of `ffi/examples/bench.rs`, made through the bindings; see there. */
private const val MEMBERS = 300
private const val WARM = 60
private const val COUNTED = 121
private val FORM = listOf(
    "phone" to "0912 345 67",
    "occupation" to "Giáo viên",
    "permanent_residence" to "Xóm 5, xã Xuân Hồng",
    "contact_person" to "Vợ, 0912 345 678",
    "note" to "Đã đối chiếu sổ gốc, trang ",
    "born" to "3/2/195",
    "alias" to "Hai ",
    "card_number" to "25.10000",
)

private fun onProcessor() = java.io.File("/proc/thread-self/schedstat").readText().substringBefore(' ').toLong()

/** Prints the times of a call. The virtual machine compiles what is called often: it is called often before. */
private fun told(name: String, warm: Int = WARM, call: () -> Unit) {
    repeat(warm) { call() }
    val before = onProcessor()
    val times = LongArray(COUNTED) {
        val began = System.nanoTime()
        call()
        System.nanoTime() - began
    }
    val busy = (onProcessor() - before) / COUNTED
    println("$name ${times.sorted()[COUNTED / 2]} $busy")
}

fun main(args: Array<String>) {
    Chibo.practise(args[0], SystemClock, null).use { phone ->
        val rows = phone.list(members(limit = MEMBERS))
        check(rows.size == MEMBERS)
        val records = rows.take(20).map { row -> phone.record(row.place).documents.first { it.at.kind == "member" }.at }
        var n = 0
        told("list", WARM * 10) { check(phone.list(members(limit = MEMBERS)).size == MEMBERS) }
        told("open", WARM * 10) { n++; phone.record(rows[n % 20].place) }
        told("edit") { n++; phone.edit(records[n % 20], listOf(FieldEdit("alias", "Số $n"))) }
        told("save") { n++; phone.edit(records[n % 20], FORM.map { FieldEdit(it.first, it.second + n % 10) }) }
    }
}
