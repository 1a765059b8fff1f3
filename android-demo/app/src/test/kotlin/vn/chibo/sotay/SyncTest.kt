package vn.chibo.sotay

import android.app.Notification
import android.app.NotificationManager
import android.app.job.JobScheduler
import android.content.Intent
import android.content.pm.PackageManager
import android.graphics.Bitmap
import android.net.Uri
import java.io.File
import java.net.InetAddress
import java.net.ServerSocket
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import vn.chibo.FieldEdit
import vn.chibo.ListQuery
import vn.chibo.sotay.screens.Files
import vn.chibo.sotay.work.LocalNetwork
import vn.chibo.sotay.work.Outgoing
import vn.chibo.sotay.work.Squares
import vn.chibo.sotay.work.SyncJob
import vn.chibo.sotay.work.SyncState

class SyncTest : AppTest() {
    /** From an empty phone to the office's book, by typing. */
    private fun enrol(office: Office, role: String = "secretary"): Hand {
        val hand = Hand().tap("Bắt đầu dùng").pin(then = "Tiếp tục").pin(then = "Tiếp tục")
        hand.type("Hoặc gõ mã ngắn", office.ticket(role, person = "dinh van quang")).tap("Đăng ký")
        hand.mustSee("Máy này đã đăng ký")
        return hand
    }

    @Test
    fun `a secretary enrols by typing, the book comes, and what they write reaches the office`() {
        Office().serve().use { office ->
            val hand = enrol(office).shot("M03-enrolled").tap("Vào sổ").tap("Danh sách đảng viên")
            hand
                .mustSee("12 người")
                .tap("Trần Đức An")
                .tap("Sửa phần này")
                .type("Bí danh", "Ba")
                .tap("Xong")
                .back()
                .back()
            hand.mustSee("chưa gửi").tap("Gửi ngay")
            assertEquals("M20", hand.screen())
            hand.mustSee("Đã khớp với xã", "Xã đã nhận", "Đã gửi").shot("M20-done")
            hand.tap("Về trang đầu").mustSee("Không có gì chưa gửi")
        }
    }

    @Test
    fun `without the office the work stays, is counted, and goes when the office is back`() {
        Office().serve().use { office ->
            val hand = enrol(office).tap("Vào sổ")
            hand.go(
                "M12",
                app.desk.phone!!.list(ListQuery("member", "an", null, 0u, 0u)).first().place,
            )
            hand.tap("Sửa phần này").type("Bí danh", "Ba").tap("Xong")
            office.kill()
            hand
                .go("M20")
                .tap("Gửi ngay")
                .mustSee("Không liên lạc được", "chưa gửi")
                .shot("M20-broken")
            hand
                .tap("Gửi bằng tệp")
                .tap("Tệp cho văn phòng")
                .mustSee("thay đổi. Văn phòng nhận rồi mới hết chờ")
            val chooser = shadowOf(hand.activity).nextStartedActivity
            @Suppress("DEPRECATION")
            val send = chooser.getParcelableExtra<Intent>(Intent.EXTRA_INTENT)!!
            @Suppress("DEPRECATION") val uri = send.getParcelableExtra<Uri>(Intent.EXTRA_STREAM)!!
            assertEquals("application/octet-stream", send.type)
            val file = File(Outgoing.folder(app), uri.lastPathSegment!!)
            assertTrue(file.length() > 100)
            assertFalse("no name in a file's name", "xom" in file.name)
        }
    }

    @Test
    fun `with the office's machine off a letter lies in the mailbox, and the answer is fetched there`() {
        val (mailbox, box) = Office.mailbox()
        try {
            Office().serve().use { office ->
                val hand = enrol(office).tap("Vào sổ")
                val place =
                    app.desk.phone!!.list(ListQuery("member", "quang", null, 0u, 0u)).first().place
                hand.go("M13", place, "member").type("Bí danh", "Hai").tap("Xong")
                office.kill()
                hand
                    .go("M20")
                    .tap("Máy văn phòng tắt")
                    .type("Địa chỉ hộp thư", mailbox)
                    .tap("Gửi qua hộp thư này")
                hand.mustSee("chưa nhận").shot("M20-mailed")
                office.collect(mailbox)
                hand
                    .tap("Hỏi hộp thư")
                    .mustSee("Xã đã nhận 1 thay đổi", "Không có gì chưa gửi")
                // From now on the one button tries the office, and then the mailbox.
                hand
                    .go("M13", place, "member")
                    .type("Bí danh", "Ba")
                    .tap("Xong")
                    .go("M20")
                    .tap("Gửi ngay")
                    .mustSee("chưa nhận")
            }
        } finally {
            box.destroyForcibly().waitFor()
        }
    }

    /** The same code with another sign in its third group. */
    private fun misread(code: String) = code.toCharArray().also { it[12] = if (it[12] == '7') '8' else '7' }.concatToString()

    @Test
    fun `who types the short code is let in, and a wrong sign is told before anything is sent`() {
        Office().serve().use { office ->
            val (code, address) = office.code(person = "dinh van quang")
            val hand = Hand().tap("Bắt đầu dùng").pin(then = "Tiếp tục").pin(then = "Tiếp tục")
            // Nobody answers at this address: who asked would hear of the line.
            hand.type("Địa chỉ văn phòng", "127.0.0.1:1").type("Hoặc gõ mã ngắn", misread(code))
            hand.mustSee("xem lại nhóm 3").shot("M02-code-misread")
            hand.tap("Đăng ký").mustSee("xem lại nhóm 3").mustNotSee("Không liên lạc được")
            hand.type("Hoặc gõ mã ngắn", code.dropLast(1)).mustSee("mã ngắn có 28 chữ và số, ở đây có 27")
            val typed = code.lowercase().replace("-", " ").replaceFirst(" ", "")
            hand.type("Hoặc gõ mã ngắn", typed).mustNotSee("xem lại nhóm", "ở đây có")
            hand.tap("Đăng ký").mustSee("Không liên lạc được")
            // A letter needs the whole ticket, since nobody answers whose code it is.
            hand.tap("Không vào mạng của văn phòng được").tap("Gửi phiếu bằng tệp").mustSee("Mã ngắn chỉ dùng khi vào được mạng")
            hand.dieAndComeBack().pin()
            // In its groups, as on the paper that it is compared with.
            assertEquals(code.replace('-', ' '), hand.entry("Hoặc gõ mã ngắn").typed)
            hand.type("Địa chỉ văn phòng", "").tap("Đăng ký").mustSee("gõ cả địa chỉ văn phòng")
            hand.type("Địa chỉ văn phòng", address).shot("M02-code").tap("Đăng ký")
            hand.mustSee("Máy này đã đăng ký").tap("Vào sổ").tap("Danh sách đảng viên").mustSee("12 người")
        }
    }

    @Test
    fun `without the office's network a person is enrolled by mailbox, and waits in peace`() {
        val (mailbox, box) = Office.mailbox()
        try {
            Office().serve().use { office ->
                val ticket = office.ticket("secretary", person = "dinh van quang")
                office.kill()
                val hand = Hand().tap("Bắt đầu dùng").pin(then = "Tiếp tục").pin(then = "Tiếp tục")
                hand.tap("Không vào mạng của văn phòng được").shot("M02-letter")
                hand.tap("Gửi phiếu bằng tệp").mustSee("Chưa có phiếu")
                hand.type("Hoặc gõ mã ngắn", ticket).type("Địa chỉ hộp thư", mailbox)
                hand.tap("Gửi phiếu qua hộp thư này").mustSee("Đã gửi vào hộp thư, xã chưa nhận")
                hand.shot("M02-waiting").tap("Hỏi hộp thư").mustSee("xã chưa nhận")
                hand.dieAndComeBack().pin().mustSee("Đã gửi vào hộp thư, xã chưa nhận")
                // The same goes out as a file, by whoever carries it.
                hand.tap("Gửi phiếu bằng tệp")
                val chooser = shadowOf(hand.activity).nextStartedActivity
                assertEquals(Intent.ACTION_CHOOSER, chooser.action)
                office.collect(mailbox)
                hand.tap("Hỏi hộp thư").mustSee("Máy này đã đăng ký").shot("M03-by-letter")
                office.collect(mailbox)
                hand.tap("Gửi và nhận").tap("Hỏi hộp thư").tap("Về trang đầu")
                hand.tap("Danh sách đảng viên").mustSee("12 người")
            }
        } finally {
            box.destroyForcibly().waitFor()
        }
    }

    @Test
    fun `leave to show notifications is asked for once, with the reason, when somebody first sends`() {
        Office().serve().use { office ->
            val hand = enrol(office).go("M20").mustNotSee("Có cần máy báo không?").go("M10")
            hand.tap("Gửi ngay").mustSee("Có cần máy báo không?").shot("M20-asks")
            assertNull(shadowOf(hand.activity).lastRequestedPermission)
            hand.tap("Cho máy báo").mustNotSee("Có cần máy báo không?")
            val asked = shadowOf(hand.activity).lastRequestedPermission.requestedPermissions
            assertEquals(listOf("android.permission.POST_NOTIFICATIONS"), asked.toList())
            hand.tap("Gửi ngay").mustNotSee("Có cần máy báo không?")
        }
    }

    /** What the system does with a person's answer. */
    private fun Hand.answers(given: Boolean) = apply {
        val asked = shadowOf(activity).lastRequestedPermission
        assertEquals(listOf("android.permission.ACCESS_LOCAL_NETWORK"), asked.requestedPermissions.toList())
        if (given) shadowOf(app).grantPermissions(*asked.requestedPermissions)
        val said = if (given) PackageManager.PERMISSION_GRANTED else PackageManager.PERMISSION_DENIED
        activity.onRequestPermissionsResult(asked.requestCode, asked.requestedPermissions, intArrayOf(said))
        still()
    }

    @Test
    fun `on a phone that asks first, why the office's network is needed is said before it is spoken to, and a yes goes on`() {
        Office().serve().use { office ->
            // The office of this test is on this very machine, which no system guards: as if it were in the building.
            app.network.isGuarded = true
            app.network.near = { true }
            val hand = Hand().tap("Bắt đầu dùng").pin(then = "Tiếp tục").pin(then = "Tiếp tục")
            hand.type("Hoặc gõ mã ngắn", office.ticket(person = "dinh van quang")).tap("Đăng ký")
            hand.mustSee("Cho vào mạng của văn phòng?", "thiết bị ở gần").mustNotSee("Máy này đã đăng ký").shot("M02-nearby")
            assertNull("nothing is asked before the reason was read", shadowOf(hand.activity).lastRequestedPermission)
            hand.tap("Được, hỏi đi").answers(true).mustSee("Máy này đã đăng ký").tap("Vào sổ")
            hand.tap("Gửi ngay").mustSee("Đã khớp với xã").mustNotSee("Cho vào mạng của văn phòng?")
        }
    }

    @Test
    fun `a no to the office's network is not asked again, and the screen says how else and where to change it`() {
        Office().serve().use { office ->
            val hand = enrol(office).tap("Vào sổ")
            app.network.isGuarded = true
            app.network.near = { true }
            hand.tap("Gửi ngay")
            assertEquals("M20", hand.screen())
            hand.mustSee("Cho vào mạng của văn phòng?").shot("M20-nearby").tap("Được, hỏi đi").answers(false)
            hand.mustSee("Gửi qua hộp thư hoặc bằng tệp", "Gửi bằng tệp").mustNotSee("Được, hỏi đi").shot("M20-not-nearby")
            hand.tap("Mở cài đặt của máy")
            assertEquals(android.provider.Settings.ACTION_APPLICATION_DETAILS_SETTINGS, shadowOf(hand.activity).nextStartedActivity.action)
            // Another address, on the internet, needs no leave.
            app.network.near = LocalNetwork::isNear
            hand.tap("Gửi ngay").mustSee("Đã khớp với xã").mustNotSee("Gửi qua hộp thư hoặc bằng tệp")
        }
    }

    @Test
    fun `whatever else speaks to the office asks first as well, and goes on with a yes`() {
        Office().serve().use { office ->
            val hand = enrol(office).tap("Vào sổ").tap("Gửi ngay").mustSee("Đã khớp với xã")
            app.network.isGuarded = true
            app.network.near = { true }
            hand.go("M84").tap("Đổi khóa", 0).mustSee("Cho vào mạng của văn phòng?").mustNotSee("Máy này dùng khóa mới")
            hand.tap("Được, hỏi đi").answers(true).mustSee("Máy này dùng khóa mới").mustNotSee("Cho vào mạng của văn phòng?")
        }
    }

    @Test
    fun `an address is near where the system says so`() {
        val near = listOf("http://192.168.1.9:7040", "http://10.0.0.1", "172.16.3.4:80", "http://169.254.1.1/", "http://[fe80::1]:7", "http://[fd12::5]", "http://may-xa.local:7040", "http://may-xa:7040")
        val far = listOf("http://113.160.1.2:7040", "http://172.32.0.1", "http://127.0.0.1:80", "http://[2405::1]", "https://xa.example.vn", "", "http://")
        for (one in near) assertTrue(one, LocalNetwork.isNear(one))
        for (one in far) assertFalse(one, LocalNetwork.isNear(one))
    }

    @Test
    fun `what was collected from a guest, and what is said of them, reaches the office`() {
        Office().apply { guest() }.serve().use { office ->
            val hand = enrol(office).tap("Vào sổ").go("M42")
            hand.mustSee("Mai Thị Lan", "Chi bộ Xóm 6", "đến 30/06/2027").shot("M42-guests")
            hand.tap("Mai Thị Lan").shot("M43-guest")
            hand.type("Tháng", "hôm kia").type("Số tiền", "45000").tap("Ghi đảng phí")
            hand.mustNotSee("Đã ghi.", "chưa gửi")
            hand.type("Tháng", "11/2026").tap("Ghi đảng phí").mustSee("Đã ghi.", "11/2026", "chưa gửi")
            hand.tap("Ghi nhận xét").mustSee("Chưa ghi gì")
            hand.type("Ngày nhận xét", "27/11/2026").type("Người nhận xét", "Đinh Văn Quang")
            hand.type("Nhận xét", "Dự họp đủ.").tap("Ghi nhận xét").mustSee("Đã ghi.")
            hand.shot("M43-noted").go("M20").tap("Gửi ngay")
            hand.mustSee("Xã đã nhận").go("M42").tap("Mai Thị Lan").mustNotSee("chưa gửi")
        }
    }

    @Test
    fun `a notification comes only when a person has to do something, and says nothing else`() {
        Office().serve().use { office ->
            val hand = enrol(office).tap("Vào sổ")
            val notices = shadowOf(app.getSystemService(NotificationManager::class.java))
            val job = Robolectric.buildService(SyncJob::class.java).create().get()
            job.onStartJob(null)
            hand.still()
            assertEquals(0, notices.size())
            office.revokeLast()
            job.onStartJob(null)
            hand.still()
            assertEquals(1, notices.size())
            val said = notices.allNotifications.single().extras
            assertEquals("Sổ tay", said.getString(Notification.EXTRA_TITLE))
            assertEquals("Có việc cần bác xem.", said.getString(Notification.EXTRA_TEXT))
            hand.go("M10").mustSee("Quyền của máy này đã hết").shot("M10-ended")
        }
    }

    @Test
    fun `what the office said by mailbox is told of as well`() {
        val (mailbox, box) = Office.mailbox()
        try {
            Office().serve().use { office ->
                val hand = enrol(office).tap("Vào sổ")
                val notices = shadowOf(app.getSystemService(NotificationManager::class.java))
                app.desk.phone!!.setMailbox(mailbox)
                hand.tap("Danh sách đảng viên").tap("Trần Đức An").tap("Sửa phần này").type("Bí danh", "Ba").tap("Xong")
                office.revokeLast()
                office.kill()
                val job = Robolectric.buildService(SyncJob::class.java).create().get()
                job.onStartJob(null)
                hand.still()
                assertEquals("nothing is known yet", 0, notices.size())
                office.collect(mailbox)
                job.onStartJob(null)
                hand.still()
                assertTrue(app.sync.state is SyncState.Mailed)
                assertEquals(1, notices.size())
            }
        } finally {
            box.destroyForcibly().waitFor()
        }
    }

    @Test
    fun `what the system's job began ends when the system says so, and a person's own sending goes on`() {
        Office().serve().use { office ->
            val hand = enrol(office).tap("Vào sổ")
            office.kill()
            // Whoever answers there now says nothing.
            val (host, port) = office.address.substringAfter("://").split(":")
            ServerSocket(port.toInt(), 50, InetAddress.getByName(host)).use {
                val job = Robolectric.buildService(SyncJob::class.java).create().get()
                fun until(what: String, holds: () -> Boolean) {
                    val end = System.nanoTime() + 60_000_000_000
                    while (!holds()) {
                        shadowOf(android.os.Looper.getMainLooper()).idle()
                        assertTrue(what, System.nanoTime() < end)
                        Thread.sleep(5)
                    }
                }
                assertTrue(job.onStartJob(null))
                until("it begins") { app.sync.isGoing }
                job.onStopJob(null)
                until("it ends with its job") { !app.sync.isGoing }
                assertTrue("${app.sync.state}", app.sync.state is SyncState.Stopped)

                assertTrue(app.sync.begin())
                assertTrue(job.onStartJob(null))
                until("both are under way") { app.sync.isGoing }
                job.onStopJob(null)
                repeat(50) {
                    shadowOf(android.os.Looper.getMainLooper()).idle()
                    Thread.sleep(5)
                }
                assertTrue("a person's own goes on", app.sync.isGoing)
                runBlocking { app.sync.stop() }
                until("it is over") { !app.sync.isGoing }
                hand.still()
            }
        }
    }

    @Test
    fun `a phone that is told to wipe itself hands over what it has, and nobody's name is on it any more`() {
        Office().serve().use { office ->
            val hand = enrol(office).tap("Vào sổ").tap("Danh sách đảng viên").tap("Trần Đức An")
            hand.tap("Sửa phần này").type("Bí danh", "Ba").tap("Xong")
            office.revokeLast("--wipe")
            hand.go("M20").tap("Gửi ngay")
            // There is no book any more, and whoever holds the phone is told why, also after the process died.
            assertEquals("M01", hand.screen())
            hand.mustSee("yêu cầu xóa sổ trên máy này").shot("M01-wiped").dieAndComeBack()
            hand.mustSee("yêu cầu xóa sổ trên máy này", "Bắt đầu dùng")
            assertEquals(emptyList<Int>(), app.desk.people())
            hand.tap("Bắt đầu dùng").pin(then = "Tiếp tục").pin(then = "Tiếp tục").go("M80").tap("Khóa ứng dụng")
            hand.mustNotSee("yêu cầu xóa sổ")
            assertTrue("what it had waits for the office's word", "\"says\":\"Ba\"" in office.held())
        }
    }

    @Test
    fun `what two people wrote into one field is chosen by a person`() {
        Office().serve().use { office ->
            val hand = enrol(office).tap("Vào sổ")
            val place =
                app.desk.phone!!.list(ListQuery("member", "quang", null, 0u, 0u)).first().place
            // The deputy writes on a phone of their own, and is heard of first.
            val other = World.phone(office.ticket("deputy", person = "tran duc an"))
            World.edit(other, place, "alias", "Hai Quang")
            hand.go("M13", place, "member").type("Bí danh", "Anh Hai").tap("Xong")
            hand.go("M20").tap("Gửi ngay")
            World.sync(other)
            hand.tap("Gửi ngay").tap("Về trang đầu").mustSee("Hai người ghi khác nhau")
            hand.tap("Hai người ghi khác nhau").mustSee("Đinh Văn Quang").tap("Đinh Văn Quang")
            assertEquals("M14", hand.screen())
            hand
                .mustSee("Anh Hai", "Hai Quang", "Trần Đức An · phó bí thư")
                .shot("M14-choose")
                .tap("Giữ bản này")
                .mustSee("Đã chọn xong")
            hand.go("M12", place).mustNotSee("Hai người ghi khác nhau")
        }
    }

    @Test
    fun `what came is said by whose it is, and leads there`() {
        Office().serve().use { office ->
            val other = World.phone(office.ticket("deputy", person = "tran duc an"))
            val hand = enrol(office).tap("Vào sổ").go("M20").tap("Gửi ngay")
            val place = app.desk.phone!!.list(ListQuery("member", "quang", null, 0u, 0u)).first().place
            World.edit(other, place, "alias", "Hai Quang")
            World.sync(other)
            hand.tap("Gửi ngay").mustSee("Về máy", "Đinh Văn Quang").mustNotSee("Nguyễn Thị Ấm").shot("M20-came")
            hand.tap("Đinh Văn Quang").mustSee("Hai Quang")
            assertEquals("M12", hand.screen())
            hand.back().tap("Gửi ngay").mustSee("Không có gì mới").mustNotSee("Đinh Văn Quang")
            // What one sends oneself has not come.
            val own = app.desk.phone!!.record(place).documents.first { it.at.kind == "member" }.at
            app.desk.phone!!.edit(own, listOf(FieldEdit("note", "đã gặp")))
            hand.tap("Gửi ngay").mustSee("Xã đã nhận 1").mustNotSee("Về máy", "Đinh Văn Quang")
            office.more(7)
            hand.tap("Gửi ngay").mustSee("Người Thứ 1", "Và 2 người khác").picture("M20-came-many")
        }
    }

    @Test
    fun `the system's job sends while the book is open, is planned once, and asks nobody for a PIN`() {
        Office().serve().use { office ->
            val hand = enrol(office).tap("Vào sổ")
            hand.controller.pause().stop()
            val scheduler = app.getSystemService(JobScheduler::class.java)
            assertEquals(1, scheduler.allPendingJobs.size)
            SyncJob.plan(app)
            assertEquals(1, scheduler.allPendingJobs.size)
            hand.controller.start().resume()
            hand.still()
            val job = Robolectric.buildService(SyncJob::class.java).create().get()
            assertTrue(job.onStartJob(null))
            hand.still()
            assertTrue(app.sync.state is SyncState.Done)
            hand.tap("Cài đặt").tap("Khóa ứng dụng")
            assertEquals("M01", hand.screen())
            assertFalse(job.onStartJob(null))
        }
    }

    @Test
    fun `what a locked book's owner tried to send is left in the mailbox by the system's job, without a PIN`() {
        val (mailbox, box) = Office.mailbox()
        try {
            Office().serve().use { office ->
                val hand = enrol(office).tap("Vào sổ")
                val place =
                    app.desk.phone!!.list(ListQuery("member", "quang", null, 0u, 0u)).first().place
                app.desk.phone!!.setMailbox(mailbox)
                hand.go("M13", place, "member").type("Bí danh", "Hai").tap("Xong")
                office.kill()
                box.destroyForcibly().waitFor()
                hand.go("M20").tap("Gửi ngay").mustSee("Không liên lạc được", "1 thay đổi chưa gửi")
                hand.go("M80").tap("Khóa ứng dụng")
                // The line is back; nobody opens the book.
                val (_, again) = Office.mailbox(mailbox.substringAfter("://"))
                try {
                    val scheduler = app.getSystemService(JobScheduler::class.java)
                    SyncJob.plan(app)
                    assertEquals(1, scheduler.allPendingJobs.size)
                    val job = Robolectric.buildService(SyncJob::class.java).create().get()
                    assertTrue(job.onStartJob(null))
                    hand.still()
                    assertEquals("M01", hand.screen())
                    office.collect(mailbox)
                    assertFalse("it is left once", job.onStartJob(null))
                    SyncJob.plan(app)
                    assertEquals(0, scheduler.allPendingJobs.size)
                    hand.pin().go("M20").tap("qua hộp thư")
                    hand.mustSee("Xã đã nhận 1 thay đổi", "Không có gì chưa gửi")
                } finally {
                    again.destroyForcibly().waitFor()
                }
            }
        } finally {
            box.destroyForcibly().waitFor()
        }
    }

    @Test
    fun `what one person tried to send goes to the mailbox while the other's book is open, and theirs goes by the line`() {
        val (mailbox, box) = Office.mailbox()
        try {
            Office().serve().use { office ->
                val hand = enrol(office).tap("Vào sổ")
                val place =
                    app.desk.phone!!.list(ListQuery("member", "quang", null, 0u, 0u)).first().place
                app.desk.phone!!.setMailbox(mailbox)
                val ticket = office.ticket("member", "le thi duyen", "le thi duyen")
                hand.go("M80").tap("Khóa ứng dụng").tap("Thêm người thứ hai")
                hand.pin("135790", "Tiếp tục").pin("135790", "Tiếp tục")
                hand.type("Hoặc gõ mã ngắn", ticket).tap("Đăng ký").tap("Vào sổ")
                hand.go("M80").tap("Khóa ứng dụng").tap("Người thứ nhất").pin()
                hand.go("M13", place, "member").type("Bí danh", "Hai").tap("Xong")
                office.kill()
                box.destroyForcibly().waitFor()
                hand.go("M20").tap("Gửi ngay").mustSee("Không liên lạc được", "1 thay đổi chưa gửi")
                hand.go("M80").tap("Khóa ứng dụng").tap("Người thứ hai").pin("135790")
                hand.tap("Báo tôi đang ở đâu").entry("Đang ở xã").edit.setText("di an")
                hand.still()
                hand.tap("Phường Dĩ An").tap("Báo với chi bộ").mustSee("chưa gửi")

                // The mailbox is not there yet: what she has goes, his is tried again.
                office.serve()
                val job = Robolectric.buildService(SyncJob::class.java).create().get()
                assertTrue(job.onStartJob(null))
                hand.still()
                assertTrue(shadowOf(job).isRescheduleNeeded)
                assertTrue((app.sync.state as SyncState.Done).outcome.synced)
                assertEquals(listOf(app.desk.folder(0)), app.desk.sealed())

                val (_, again) = Office.mailbox(mailbox.substringAfter("://"))
                try {
                    assertTrue(job.onStartJob(null))
                    hand.still()
                    assertFalse(shadowOf(job).isRescheduleNeeded)
                    assertEquals("her book is open, and only hers", 1, app.desk.person)
                    assertEquals(emptyList<File>(), app.desk.sealed())
                    office.collect(mailbox)
                    hand.go("M80").tap("Khóa ứng dụng").tap("Người thứ nhất").pin().go("M20")
                    office.kill()
                    hand.tap("Gửi ngay").mustSee("Xã đã nhận 1 thay đổi", "Không có gì chưa gửi")
                } finally {
                    again.destroyForcibly().waitFor()
                }
            }
        } finally {
            box.destroyForcibly().waitFor()
        }
    }

    @Test
    fun `that the office told two phones differently is shown until it was reported, with what to do`() {
        Office().use { office ->
            office.serve()
            val hand = enrol(office).tap("Vào sổ")
            val place =
                app.desk.phone!!.list(ListQuery("member", "quang", null, 0u, 0u)).first().place
            val other = World.phone(office.ticket("deputy", person = "nguyen thi am"))
            hand.go("M20").tap("Gửi ngay").mustSee("Đã khớp với xã")
            office.kill()
            val copy = office.copy()
            office.serve()
            World.edit(other, place, "alias", "Tư")
            World.sync(other)
            office.kill()
            office.putBack(copy)
            office.serve()
            hand.go("M13", place, "member").type("Bí danh", "Hai").tap("Xong")
            hand.go("M20").tap("Gửi ngay").mustSee("Đã khớp với xã").go("M10")
            hand.mustNotSee("Xã cho hai máy biết khác nhau")

            // The two phones meet.
            val file = File(app.cacheDir, "chi-bo.chibo").apply { writeBytes(World.file(other)) }
            hand.go(Files.CODE, Uri.fromFile(file).toString()).tap("Đọc tệp này")
            assertEquals("M23", hand.screen())
            hand.mustSee("giữ cả hai máy", "Đinh Văn Quang", "Báo đảng ủy cấp trên").shot("M23-otherwise")
            hand.dieAndComeBack().pin().go("M10").mustSee("Xã cho hai máy biết khác nhau").shot("M10-otherwise")
            hand.go("M20").tap("Xã cho hai máy biết khác nhau").tap("Tôi đã báo cấp trên").tap("Đã báo, thôi nhắc")
            assertEquals("M10", hand.screen())
            hand.mustNotSee("Xã cho hai máy biết khác nhau")
        }
    }

    @Test
    fun `a phone that was out of hand gets another key, by the office's network or by letter`() {
        val (mailbox, box) = Office.mailbox()
        try {
            Office().serve().use { office ->
                val hand = enrol(office).tap("Vào sổ").tap("Cài đặt").tap("Máy từng rời tay: đổi khóa")
                assertEquals("M84", hand.screen())
                hand.shot("M84-key").tap("Đổi khóa", 0).mustSee("Máy này dùng khóa mới")
                val place =
                    app.desk.phone!!.list(ListQuery("member", "quang", null, 0u, 0u)).first().place
                hand.go("M13", place, "member").type("Bí danh", "Hai").tap("Xong").go("M84")
                hand.mustSee("Còn việc chưa gửi").mustNotSee("Không vào mạng").shot("M84-unsent")
                hand.tap("Gửi ngay").mustSee("Đã khớp với xã")
                office.kill()
                hand.go("M84").tap("Đổi khóa", 0).mustSee("Không liên lạc được", "Đã xin đổi khóa, xã chưa trả lời")
                hand.type("Địa chỉ hộp thư", mailbox).tap("Hỏi hộp thư")
                hand.mustSee("Đã gửi vào hộp thư, xã chưa nhận").shot("M84-waiting")
                office.collect(mailbox)
                hand.tap("Hỏi hộp thư").mustSee("Máy này dùng khóa mới")

                // A copy of the phone gets a key before it: then there is none for this one, and it is told so.
                hand.go("M80").tap("Khóa ứng dụng")
                val twin = File(app.cacheDir, "twin").also { app.desk.folder(0).copyRecursively(it) }
                office.serve()
                World.changeKey(twin)
                hand.pin().go("M84").tap("Đổi khóa", 0).mustSee("của máy này, đã kết thúc; hãy hỏi văn phòng")
                hand.mustNotSee("Đã xin đổi khóa, xã chưa trả lời").shot("M84-refused")
            }
        } finally {
            box.destroyForcibly().waitFor()
        }
    }

    @Test
    fun `a member's phone photographs the square on the secretary's and has a book of its own`() {
        Office().serve().use { office ->
            val hand =
                enrol(office)
                    .tap("Vào sổ")
                    .tap("Danh sách đảng viên")
                    .tap("Lê Thị Duyên")
                    .tap("Phiếu cho người này")
            hand.shot("M44-let-in").tap("Hiện ô vuông")
            val shown = hand.image("Ô vuông của phiếu")
            val ticket = Squares.text(shown)!!
            hand.go("M20").tap("Gửi ngay").go("M80").tap("Khóa ứng dụng").tap("Thêm người thứ hai")
            hand
                .pin("135790", "Tiếp tục")
                .pin("135790", "Tiếp tục")
                .type("Hoặc gõ mã ngắn", ticket)
                .tap("Đăng ký")
            hand.mustSee("Máy này đã đăng ký").tap("Vào sổ")
            assertEquals("M70", hand.screen())
            hand.go("M71").mustSee("Lê Thị Duyên")
        }
    }

    @Test
    fun `a colleague's forgotten PIN is helped by a code that is read out`() {
        Office().serve().use { office ->
            val deputy = World.phone(office.ticket("deputy", person = "tran duc an"))
            val hand =
                enrol(office)
                    .tap("Vào sổ")
                    .tap("Giúp người quên PIN")
                    .mustSee("Trần Đức An · phó bí thư")
                    .shot("M45-forgotten")
            hand.tap("Trần Đức An").mustSee("Đọc từng nhóm số")
            val code = hand.texts().first { Regex("(\\d{5}[ -]?){3,}").containsMatchIn(it) }
            hand.go("M80").tap("Khóa ứng dụng")
            // The colleague, on their own phone.
            deputy.copyRecursively(app.desk.folder(1))
            hand
                .go("M10")
                .tap("Người thứ hai")
                .tap("Quên mã PIN")
                .type("Mã mở lại", code.take(code.length / 2))
                .dieAndComeBack()
            // Half of it was read out when the system took the app away.
            assertEquals(code.take(code.length / 2), hand.entry("Mã mở lại").typed)
            hand
                .shot("M01-code")
                .type("Mã mở lại", code)
                .tap("Tiếp tục")
            hand
                .pin("112233", "Tiếp tục")
                .pin("112233", "Tiếp tục")
                .tap("Danh sách đảng viên")
                .mustSee("12 người")
        }
    }

    @Test
    fun `the system takes the app away while the camera is open, and the picture is read all the same`() {
        Office().serve().use { office ->
            val hand =
                Hand().tap("Bắt đầu dùng").pin(then = "Tiếp tục").pin(then = "Tiếp tục")
            val ticket = office.ticket()
            hand.tap("Chụp ô vuông trên phiếu").dieAndComeBack()
            val photo = File(Outgoing.folder(app), Outgoing.PHOTO)
            photo.outputStream().use { out ->
                Squares.draw(ticket.uppercase(), 900)!!.compress(Bitmap.CompressFormat.PNG, 90, out)
            }
            hand.host.given(1, null)
            hand.pin().mustSee("Máy này đã đăng ký")
            assertFalse("a ticket lies about as a picture", photo.exists())
        }
    }

    @Test
    fun `a file that is none is said to be none`() {
        val hand = secretary()
        val junk =
            File(app.cacheDir, "anh.jpg").apply { writeBytes(ByteArray(5000) { it.toByte() }) }
        hand
            .go(Files.CODE, Uri.fromFile(junk).toString())
            .mustSee("Có một tệp vừa được chuyển đến")
            .shot("M21-came")
        hand.tap("Đọc tệp này").mustSee("không phải tệp của sổ")
    }

    @Test
    fun `another app reads only the file that it was given`() {
        Outgoing.put(app, "a.chibo", ByteArray(3))
        val provider =
            Robolectric.buildContentProvider(Outgoing::class.java)
                .create("vn.chibo.sotay.outgoing")
                .get()
        provider.openFile(Outgoing.uri("a.chibo"), "r").use { assertEquals(3, it.statSize) }
        for (bad in listOf("../settings.xml", "..", "stores/person-0/store.db", "nothing")) {
            assertNull(runCatching { provider.openFile(Outgoing.uri(bad), "r") }.getOrNull())
        }
        assertNull(runCatching { provider.openFile(Outgoing.uri("a.chibo"), "w") }.getOrNull())
    }
}
