package vn.chibo.sotay

import android.os.Looper
import java.io.InputStream
import java.io.OutputStream
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf
import vn.chibo.ListQuery
import vn.chibo.sotay.work.SyncState

/** A line to the office that lets only so many bytes of its answers through. */
private class SlowLine(office: String) : AutoCloseable {
    private val to = office.substringAfter("://").split(":")
    private val server = ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))
    private val open = mutableListOf<Socket>()

    /** How many bytes may still come. */
    val left = AtomicInteger(Int.MAX_VALUE)

    val address = "127.0.0.1:${server.localPort}"

    init {
        thread(isDaemon = true) {
            runCatching {
                while (true) {
                    val phone = server.accept()
                    val node = Socket(to[0], to[1].toInt())
                    synchronized(open) { open += listOf(phone, node) }
                    carry(phone.getInputStream(), node.getOutputStream(), null)
                    carry(node.getInputStream(), phone.getOutputStream(), left)
                }
            }
        }
    }

    private fun carry(from: InputStream, into: OutputStream, left: AtomicInteger?) =
        thread(isDaemon = true) {
            runCatching {
                val piece = ByteArray(64 * 1024)
                while (true) {
                    val n = from.read(piece)
                    if (n < 0) break
                    var at = 0
                    while (at < n) {
                        val most = minOf(n - at, left?.get() ?: Int.MAX_VALUE)
                        if (most == 0) {
                            Thread.sleep(2)
                            continue
                        }
                        into.write(piece, at, most)
                        into.flush()
                        left?.addAndGet(-most)
                        at += most
                    }
                }
            }
            // Whoever reads there hears that it is over.
            runCatching { into.close() }
        }

    override fun close() {
        server.close()
        synchronized(open) { open.forEach(Socket::close) }
    }
}

class UnderWayTest : AppTest() {
    private fun until(what: String, holds: () -> Boolean) {
        val end = System.nanoTime() + 60_000_000_000
        while (!holds()) {
            shadowOf(Looper.getMainLooper()).idle()
            assertTrue(what, System.nanoTime() < end)
            Thread.sleep(5)
        }
    }

    @Test
    fun `while it is under way the screen says how much has gone, and it is stopped with a tap`() {
        Office().serve().use { office ->
            SlowLine(office.address).use { line ->
                val hand = Hand().tap("Bắt đầu dùng").pin(then = "Tiếp tục").pin(then = "Tiếp tục")
                hand.type("Hoặc gõ mã ngắn", office.ticket(person = "dinh van quang"))
                hand.type("Địa chỉ văn phòng", line.address).tap("Đăng ký").tap("Vào sổ")
                // Much has to come, and comes slowly.
                val other = World.phone(office.ticket("deputy", person = "nguyen thi am"))
                for (row in app.desk.phone!!.list(ListQuery("member", "", null, 0u, 6u)))
                    World.edit(other, row.place, "alias", "Tên gọi ở nhà")
                World.sync(other)
                hand.go("M11").tap("Trần Đức An").tap("Sửa phần này").type("Bí danh", "Ba").tap("Xong").go("M20")
                line.left.set(0)
                app.sync.begin()
                until("so much has come") {
                    val isHeard = (app.sync.state as? SyncState.Going)?.soFar != null
                    if (!isHeard) line.left.addAndGet(100)
                    isHeard && hand.sees("Đã gửi ")
                }
                hand.mustSee("Đang gửi và nhận", "Dừng lại", "đã nhận ").mustNotSee("Gửi ngay")
                hand.picture("M20-under-way").tap("Dừng lại").mustSee("Đã dừng. Phần đã tới vẫn còn", "Đã gửi ", "Gửi ngay")
                hand.shot("M20-stopped")
                line.left.set(Int.MAX_VALUE)
                hand.tap("Gửi ngay").mustSee("Đã khớp với xã", "Không có gì chưa gửi")
            }
        }
    }
}
