package vn.chibo.sotay

import android.os.Looper
import java.net.InetAddress
import java.net.ServerSocket
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Shadows.shadowOf

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
    fun `while it is under way the screen says so and offers nothing but to stop, and stopping loses nothing`() {
        Office().serve().use { office ->
            World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
            val hand = Hand().pin().go("M11").tap("Trần Đức An").tap("Sửa phần này").type("Bí danh", "Ba").tap("Xong").go("M20")
            office.kill()
            // Whoever answers there now says nothing.
            val (host, port) = office.address.substringAfter("://").split(":")
            ServerSocket(port.toInt(), 50, InetAddress.getByName(host)).use {
                app.sync.begin()
                until("it is said to be under way") { hand.sees("Dừng lại") }
                hand.mustSee("Đang gửi và nhận", "1 thay đổi chưa gửi").mustNotSee("Gửi ngay", "hộp thư").picture("M20-under-way")
                hand.tap("Dừng lại").mustSee("Đã dừng. Phần đã tới vẫn còn", "1 thay đổi chưa gửi", "Gửi ngay").shot("M20-stopped")
            }
        }
    }

    @Test
    fun `on a slow line the screen says how much went and came so far, and in the end how much in all`() {
        Line().use { line ->
            Office().serveBehind(line).use { office ->
                World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
                val hand = Hand().pin().go("M11").tap("Trần Đức An").tap("Sửa phần này").type("Bí danh", "Ba").tap("Xong").go("M20")
                office.more(1_200)
                val before = line.carried
                line.halts()
                app.sync.begin()
                until("some of it is said") { hand.texts().any { it.startsWith("Đã gửi ") } }
                assertTrue("it goes on still", app.sync.isGoing)
                hand.mustSee("Đang gửi và nhận", "Dừng lại").picture("M20-bytes")
                val soFar = bytes(hand)
                assertTrue("$soFar of ${line.carried - before}", soFar > 0 && soFar <= line.carried - before)
                line.goesOn()
                hand.still()
                hand.mustSee("Đã khớp với xã").mustNotSee("Đang gửi và nhận")
                assertTrue("${bytes(hand)} after $soFar", bytes(hand) > soFar)
                assertTrue("${bytes(hand)} of ${line.carried - before}", bytes(hand) <= line.carried - before)
            }
        }
    }

    /** How many bytes went and came, as the screen says it. */
    private fun bytes(hand: Hand): Long {
        val said = hand.texts().single { it.startsWith("Đã gửi ") }
        return Regex("(\\d+) (K?)B").findAll(said).sumOf { it.groupValues[1].toLong() * if (it.groupValues[2] == "K") 1_000 else 1 }
    }
}
