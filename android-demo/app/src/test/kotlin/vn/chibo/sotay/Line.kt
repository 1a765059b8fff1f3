package vn.chibo.sotay

import java.io.IOException
import java.net.ServerSocket
import java.net.Socket
import java.net.URI
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.concurrent.thread

/** The line between a phone and an office: it counts what it carries, and can halt in the middle. */
class Line : AutoCloseable {
    private val door = ServerSocket(0, 50, java.net.InetAddress.getLoopbackAddress())
    private val open = CopyOnWriteArrayList<Socket>()
    private val lock = Object()
    private var asked = 0

    /** How many questions it lets through; `null`: all. */
    private var most: Int? = null

    @Volatile
    var carried = 0L
        private set

    /** What phones are told. */
    val address = "http://127.0.0.1:${door.localPort}"

    /** Leads to the office at this address from now on. */
    fun lead(to: String) {
        val there = URI(to)
        thread(isDaemon = true) {
            try {
                while (true) {
                    val here = door.accept()
                    val far = Socket(there.host, there.port)
                    open += listOf(here, far)
                    thread(isDaemon = true) { carry(here, far, asks = true) }
                    thread(isDaemon = true) { carry(far, here, asks = false) }
                }
            } catch (_: IOException) {
                // Closed.
            }
        }
    }

    private fun carry(from: Socket, to: Socket, asks: Boolean) =
        try {
            val some = ByteArray(65_536)
            while (true) {
                val n = from.getInputStream().read(some)
                if (n < 0) break
                if (asks) wait(String(some, 0, n.coerceAtMost(8), Charsets.ISO_8859_1))
                synchronized(lock) { carried += n }
                to.getOutputStream().write(some, 0, n)
            }
        } catch (_: IOException) {
            // One end has gone.
        } finally {
            from.close()
            to.close()
        }

    /** The question after the last that is let through waits. */
    private fun wait(begins: String) =
        synchronized(lock) {
            if (begins.startsWith("POST ") || begins.startsWith("GET ")) asked += 1
            while (most.let { it != null && asked > it }) lock.wait()
        }

    /** From now on one more question is answered, and then nothing. */
    fun halts() = synchronized(lock) { most = asked + 1 }

    fun goesOn() =
        synchronized(lock) {
            most = null
            lock.notifyAll()
        }

    override fun close() {
        goesOn()
        door.close()
        open.forEach(Socket::close)
    }
}
