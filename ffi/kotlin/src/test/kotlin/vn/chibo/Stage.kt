package vn.chibo

import java.io.File
import java.net.ServerSocket
import java.net.Socket
import java.nio.file.Files
import java.util.concurrent.atomic.AtomicLong
import kotlin.concurrent.thread

const val PIN = "tre lang giong"

/** The clock of this machine. */
object SystemClock : Clock {
    override fun now(): ULong = (System.currentTimeMillis() / 1000).toULong()
}

fun folder(): File = Files.createTempDirectory("chibo").toFile()

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
fun told(json: String, key: String): String = Regex("\"$key\":\"([^\"]*)\"").find(json)!!.groupValues[1]

/** Another JVM that runs a main of these tests. */
fun java(main: String, vararg args: String): Process {
    val java = File(System.getProperty("java.home"), "bin/java").path
    val libraries = "-Djna.library.path=" + System.getProperty("jna.library.path")
    val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
    return ProcessBuilder(listOf(java, libraries, "-cp", classes, main) + args).start()
}

/** A commune's office with one branch (and another, of two members), and its node. */
class Office(members: Int = 3, other: String? = null) : AutoCloseable {
    val data = File(folder(), "xa").path
    private var node: Process? = null
    var url = ""
        private set

    init {
        chibo("init", "--data", data, "--name", "Đảng ủy xã Xuân Trường")
        val named = listOf("Đinh Văn Quang", "Nguyễn Thị Ấm", "Trần Đức An")
        val names = (0 until members).map { named.getOrElse(it) { n -> "Lê Thị Số $n" } }
        bringIn("Chi bộ Xóm 5", names)
        if (other != null) bringIn(other, listOf("Phạm Văn Cò", "Lương Thị Khuyên"))
    }

    /** Invented people of these names, by what a short roster says of them. */
    private fun bringIn(branch: String, names: List<String>) {
        val people = File(System.getProperty("chibo.program")).resolveSibling("people").path
        // Of some hundred people two may have one number by chance, and are one person to whoever brings them in.
        val columns = if (names.size < 50) "full_name,born,sex,card_number" else "full_name,born,sex"
        val process = ProcessBuilder(listOf(people, branch, columns) + names).start()
        val roster = File(data, "roster.csv")
        roster.writeBytes(process.inputStream.readBytes())
        check(process.waitFor() == 0)
        chibo("import", "--data", data, roster.path)
    }

    fun ticket(role: String = "secretary", scope: String = "Chi bộ Xóm 5", person: String? = null): String {
        val who = if (person != null) arrayOf("--person", person) else if (role == "member") arrayOf() else arrayOf("--not-a-member")
        given = chibo("ticket", "--data", data, "--scope", scope, "--role", role, "--json", *who)
        return told(given, "ticket")
    }

    private var given = ""

    /** The short code of the last ticket. */
    val code
        get() = told(given, "code")

    fun serve(vararg more: String) {
        val command = listOf("serve", "--data", data, "--listen", "127.0.0.1:0", "--json", *more)
        val process = ProcessBuilder(listOf(System.getProperty("chibo.program")) + command)
            .redirectError(ProcessBuilder.Redirect.DISCARD).start()
        node = process
        url = told(process.inputStream.bufferedReader().readLine(), "address")
    }

    /** Ends the node as a power cut does. */
    fun kill() {
        node?.destroyForcibly()?.waitFor()
        node = null
    }

    override fun close() = kill()
}

/** A mailbox on this machine. */
class Mailbox : AutoCloseable {
    private val process = ProcessBuilder(
        System.getProperty("chibo.program"), "mailbox", "--data", File(folder(), "box").path, "--listen", "127.0.0.1:0", "--json",
    ).redirectError(ProcessBuilder.Redirect.DISCARD).start()
    val url = told(process.inputStream.bufferedReader().readLine(), "address")

    override fun close() {
        process.destroyForcibly().waitFor()
    }
}

/** An open file as Android hands it to an app. */
class Descriptor private constructor(val number: Int) : AutoCloseable {
    override fun close() {
        libc("close").invokeInt(arrayOf(number))
    }

    companion object {
        private fun libc(name: String) = com.sun.jna.Function.getFunction("c", name)

        /** A file from its beginning, made if it is not there. */
        fun of(file: File): Descriptor {
            file.createNewFile()
            val readAndWrite = 2
            val number = libc("open").invokeInt(arrayOf(file.path, readAndWrite))
            check(number >= 0)
            return Descriptor(number)
        }
    }
}

/** A line to a node that can be cut after so many bytes of its answers. */
class Line(private val node: String) : AutoCloseable {
    private val server = ServerSocket(0, 50, java.net.InetAddress.getLoopbackAddress())
    val url = node.substringBefore("://") + "://127.0.0.1:${server.localPort}"
    val left = AtomicLong(Long.MAX_VALUE)

    init {
        thread(isDaemon = true) {
            while (true) {
                val device = try { server.accept() } catch (_: Exception) { break }
                thread(isDaemon = true) { relay(device) }
            }
        }
    }

    private fun relay(device: Socket) {
        val to = java.net.URI(node)
        Socket(to.host, to.port).use { far ->
            val up = thread(isDaemon = true) {
                try { device.getInputStream().copyTo(far.getOutputStream()) } catch (_: Exception) { }
            }
            val bytes = ByteArray(1024)
            try {
                while (true) {
                    val read = far.getInputStream().read(bytes)
                    if (read < 0 || left.addAndGet(-read.toLong()) < 0) break
                    device.getOutputStream().write(bytes, 0, read)
                }
            } catch (_: Exception) { }
            device.close()
            far.close()
            up.join()
        }
    }

    override fun close() = server.close()
}

fun create(folder: File, listener: ChangeListener? = null): Chibo =
    Chibo.create(File(folder, "phone").path, PIN, null, SystemClock, listener)

fun open(folder: File, listener: ChangeListener? = null): Chibo =
    Chibo.open(File(folder, "phone").path, PIN, null, SystemClock, listener)

fun members(search: String = "", skip: Int = 0, limit: Int = 0) =
    ListQuery("member", search, null, skip.toUInt(), limit.toUInt())

/** The member's own document of the first record that is found. */
fun Chibo.member(search: String): DocumentView {
    val row = list(members(search)).first()
    return record(row.place).documents.first { it.at.kind == "member" }
}

fun DocumentView.shown(path: String): String = fields.first { it.path == path }.shown.vi

/** Memory of this process that is in use, KiB. */
fun residentKib(): Long =
    File("/proc/self/status").readLines().first { it.startsWith("VmRSS") }.filter { it.isDigit() }.toLong()
