package vn.chibo.sotay

import java.io.File
import java.nio.file.Files
import kotlin.random.Random

/** Runs the real program, and gives what it says. */
fun chibo(vararg args: String): String {
    val process = ProcessBuilder(System.getProperty("chibo.program"), *args).start()
    process.outputStream.close()
    val out = process.inputStream.readBytes().decodeToString()
    val why = process.errorStream.readBytes().decodeToString()
    check(process.waitFor() == 0) { "chibo ${args.toList()}: $out $why" }
    return out
}

/** The text of a key in one line of JSON; enough for what the program says here. */
private fun told(json: String, key: String): String =
    Regex("\"$key\":\"([^\"]*)\"").find(json)!!.groupValues[1]

/** A commune's office with one branch of twelve invented people, and its real node. */
class Office : AutoCloseable {
    private val data = File(Files.createTempDirectory("office").toFile(), "xa").path
    private var node: Process? = null
    private var url = ""
    private var listen = "127.0.0.1:0"

    init {
        chibo("init", "--data", data, "--name", NAME)
        val roster = File(data, "roster.csv")
        val head =
            "Chi bộ,Họ và tên,Ngày sinh,Giới tính,Số thẻ đảng viên,Tình trạng,Ngày kết nạp,Ngày chính thức,Số điện thoại,Nơi đi,Đi từ ngày,Lý do đi,Liên hệ khi đi xa"
        roster.writeText((listOf(head) + PEOPLE.map { "$BRANCH,$it" }).joinToString("\n") + "\n")
        chibo("import", "--data", data, roster.path)
    }

    /** So many more people are recorded in the branch, of each of whom there is more to carry than of most. */
    fun more(people: Int) {
        val roster = File(data, "more.csv")
        val chance = Random(1)
        fun long() = (1..400).map { 'a' + chance.nextInt(26) }.joinToString("")
        val rows = (1..people).map { "$BRANCH,Người Thứ $it,${long()},2024,${long()}" }
        roster.writeText((listOf("Chi bộ,Họ và tên,Nơi đi,Đi từ ngày,Lý do đi") + rows).joinToString("\n") + "\n")
        chibo("import", "--data", data, roster.path)
    }

    /** Somebody of another branch takes part in this one for a time. */
    fun guest() {
        val roster = File(data, "guest.csv")
        roster.writeText(
            "Chi bộ,Họ và tên,Giới tính,Tình trạng,Số điện thoại\nChi bộ Xóm 6,Mai Thị Lan,Nữ,Chính thức,0912000099\n"
        )
        chibo("import", "--data", data, roster.path)
        val there = arrayOf("--host", BRANCH, "--until", "30/6/2027")
        chibo("placement", "add", "--data", data, "mai thi lan", *there)
    }

    fun ticket(role: String = "secretary", scope: String = BRANCH, person: String? = null): String =
        told(given(role, scope, person), "ticket")

    /** The short code of a new ticket, and the address that stands beside it. */
    fun code(role: String = "secretary", person: String): Pair<String, String> =
        given(role, BRANCH, person).let { told(it, "code") to told(it, "address") }

    private fun given(role: String, scope: String, person: String?): String {
        val who =
            when {
                person != null -> arrayOf("--person", person)
                role == "member" -> emptyArray()
                else -> arrayOf("--not-a-member")
            }
        return chibo("ticket", "--data", data, "--scope", scope, "--role", role, "--json", *who)
    }

    /** Begins to answer, after [kill] at the same address; the tickets that follow name it. */
    fun serve(vararg more: String): Office = apply {
        val command = listOf("serve", "--data", data, "--listen", listen, "--json", *more)
        val process =
            ProcessBuilder(listOf(System.getProperty("chibo.program")) + command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
        node = process
        url = told(process.inputStream.bufferedReader().readLine(), "address")
        listen = url.substringAfter("://")
    }

    /** Begins to answer behind a line of its own, whose address the tickets name. */
    fun serveBehind(line: Line): Office = apply {
        serve("--url", line.address)
        line.lead(url)
    }

    /** A copy of all that the office has, while it is not serving. */
    fun copy(): File =
        Files.createTempDirectory("copy").toFile().also { File(data).copyRecursively(it) }

    /** The office answers from a copy of before as if nothing had been: that is a node with two faces. */
    fun putBack(copy: File) {
        File(data).deleteRecursively()
        copy.copyRecursively(File(data))
    }

    val address
        get() = url

    /** Ends the node as a power cut does. */
    fun kill() {
        node?.destroyForcibly()?.waitFor()
        node = null
    }

    /**
     * Fetches once what lies in a mailbox, and answers; nothing else has the office's data open
     * then.
     */
    fun collect(mailbox: String) {
        chibo("collect", "--data", data, "--mailbox", mailbox)
    }

    /** Reads a file that somebody brings, and writes its answers into it. */
    fun answer(file: File) {
        chibo("bundle", "import", "--data", data, file.path)
    }

    /** What came and waits for the office's word. */
    fun held(): String = chibo("quarantine", "list", "--data", data, "--json")

    /** What came and waits is not taken in. */
    fun drop(number: Int) {
        chibo("quarantine", "drop", "--data", data, "$number", "--by-other")
    }

    /** Somebody is offered to another commune, which has not answered yet. */
    fun offer(person: String) {
        val other = File(data).resolveSibling("xa-khac").path
        chibo("init", "--data", other, "--name", "Đảng ủy xã Khác")
        offer(person, other)
    }

    private fun offer(what: String, other: String) {
        val card = told(chibo("handover", "card", "--data", other, "--json"), "card")
        chibo("handover", "offer", "--data", data, what, "--to", card, "--out", "$data-offer.chibo")
    }

    /** Somebody, or a branch, goes to another commune, which has taken it in. */
    fun handOver(what: String, to: Office) {
        offer(what, to.data)
        val answer = "$data-answer.chibo"
        chibo("handover", "accept", "--data", to.data, "$data-offer.chibo", "--under", NAME, "--out", answer)
        chibo("handover", "answer", "--data", data, answer)
    }

    /** Shuts the last device out that was let in. */
    fun revokeLast(vararg how: String) {
        val listed = chibo("devices", "--data", data, "--json")
        val device = Regex("\"number\":(\\d+)").findAll(listed).last().groupValues[1]
        chibo("revoke", "--data", data, device, *how)
    }

    override fun close() = kill()

    companion object {
        /** A blind mailbox on this machine; gives its address and how to end it. */
        fun mailbox(listen: String = "127.0.0.1:0"): Pair<String, Process> {
            val folder = Files.createTempDirectory("box").toFile().path
            val command = listOf("mailbox", "--data", folder, "--listen", listen, "--json")
            val process =
                ProcessBuilder(listOf(System.getProperty("chibo.program")) + command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
            return told(process.inputStream.bufferedReader().readLine(), "address") to process
        }

        private const val NAME = "Đảng ủy xã Xuân Trường"
        const val BRANCH = "Chi bộ Xóm 5"

        val PEOPLE =
            listOf(
                "Đinh Văn Quang,03/02/1958,Nam,25.100001,Chính thức,19/05/1984,19/05/1985,0912000001,,,,",
                "Nguyễn Thị Ấm,12/08/1964,Nữ,25.100002,Chính thức,03/02/1990,03/02/1991,0912000002,,,,",
                "Trần Đức An,01/01/1971,Nam,25.100003,Chính thức,02/09/1999,02/09/2000,0912000003,,,,",
                "Phạm Văn Cờ,20/10/1949,Nam,25.100004,Chính thức,07/11/1972,07/08/1973,,,,,",
                "Lê Thị Duyên,15/03/1999,Nữ,25.100005,Chính thức,03/02/2022,03/02/2023,0912000005,\"Phường Dĩ An, Thành phố Hồ Chí Minh\",2024,Đi làm,0912000005",
                "Vũ Đình Hòa,09/09/1995,Nam,25.100006,Chính thức,02/09/2018,02/09/2019,0912000006,Bình Dương,2023,Đi làm,",
                "Hoàng Thị Kim Liên,08/03/1988,Nữ,25.100007,Chính thức,19/05/2012,19/05/2013,0912000007,,,,",
                "Ngô Bá Mạnh,30/04/1975,Nam,25.100008,Chính thức,02/09/2003,02/09/2004,,,,,",
                "Đặng Thị Nguyệt,27/07/1979,Nữ,25.100009,Chính thức,03/02/2008,03/02/2009,0912000009,,,,",
                "Bùi Quốc Phong,22/12/2001,Nam,,Dự bị,19/05/2026,,0912000010,,,,",
                "Lương Thị Khuyên,06/01/1968,Nữ,25.100011,Chính thức,02/09/1995,02/09/1996,,,,,",
                "Đỗ Xuân Thịnh,11/11/1983,Nam,25.100012,Chính thức,03/02/2015,03/02/2016,0912000012,,,,",
            )
    }
}
