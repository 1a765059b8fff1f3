package vn.chibo.sotay

import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.RuntimeEnvironment
import vn.chibo.ListQuery
import vn.chibo.sotay.ui.dayOf

class ScreensTest : AppTest() {
    @Test
    fun `a new phone asks for little, and a PIN is typed twice`() {
        val hand = Hand()
        assertEquals("M01", hand.screen())
        hand.mustSee("Bắt đầu dùng", "Chạy thử").shot("M01-welcome")
        hand.tap("Bắt đầu dùng").mustSee("Đặt mã PIN mới")
        hand.pin("123", "Tiếp tục").mustSee("ít nhất 6 số")
        hand.back().tap("Bắt đầu dùng").pin("123456", "Tiếp tục").mustSee("Nhập lại")
        hand.pin("123457", "Tiếp tục").mustSee("không giống nhau")
        hand.pin("123456", "Tiếp tục").pin("123456", "Tiếp tục")
        assertEquals("M02", hand.screen())
        hand.mustSee("Nhập phiếu").shot("M02-enrol")
        hand
            .type("Hoặc gõ mã ngắn", "chibo1-khong-phai")
            .tap("Đăng ký")
            .mustSee("Phiếu không đúng")
        hand.dieAndComeBack()
        assertEquals("M01", hand.screen())
        hand.pin("999999").mustSee("Sai mã PIN").pin("123456")
        assertEquals("M02", hand.screen())
        assertEquals("chibo1-khong-phai", hand.entry("Hoặc gõ mã ngắn").typed)
    }

    @Test
    fun `on a phone without a ticket everything can be tried, set and taken back by taps alone`() {
        val hand = Hand().tap("Bắt đầu dùng").picture("M01-new-pin").tap("‹ Trở lại")
        hand.mustSee("Chạy thử, không cần phiếu").tap("Bắt đầu dùng").pin("123456", "Tiếp tục")
        hand.mustSee("Nhập lại").tap("‹ Trở lại").mustSee("Bắt đầu dùng").tap("Bắt đầu dùng")
        hand.pin("123456", "Tiếp tục").pin("123456", "Tiếp tục")
        assertEquals("M02", hand.screen())
        hand.tap("Cài đặt").tap("Cỡ chữ: Vừa").tap("Lớn").tap("Trở lại")
        assertEquals("M02", hand.screen())
        hand.tap("Chạy thử trước").mustSee("Đang chạy thử").tap("Thôi chạy thử, xóa hết")
        hand.mustSee("Nhập mã PIN").pin("123456")
        assertEquals("M02", hand.screen())
        hand.tap("Khóa ứng dụng").mustSee("Nhập mã PIN").tap("Quên mã PIN").mustSee("Mã mở lại").tap("‹ Trở lại")
        hand.tap("Thêm người thứ hai").mustSee("Người thứ hai").tap("‹ Trở lại").pin("123456")
        assertEquals("M02", hand.screen())
        hand.tap("Bỏ sổ trống này").shot("M02-drops").tap("Thôi, giữ lại").mustNotSee("Bỏ sổ này")
        hand.tap("Bỏ sổ trống này").tap("Bỏ sổ này")
        assertEquals("M01", hand.screen())
        hand.mustSee("Bắt đầu dùng")
        assertEquals(emptyList<Int>(), app.desk.people())
    }

    @Test
    fun `who cannot read the lock makes its letters larger, or has it in the other language`() {
        val hand = Hand().tap("Chữ to hơn")
        assertEquals(1, app.settings.size)
        hand.tap("English").mustSee("Begin").tap("Tiếng Việt").mustSee("Bắt đầu dùng")
    }

    @Test
    fun `a phone that cannot write a file says so, and the app goes on`() {
        val hand = secretary()
        // A file lies where those that go out are put: nothing can be written there.
        val folder = vn.chibo.sotay.work.Outgoing.folder(app)
        folder.deleteRecursively()
        folder.writeText("")
        val words = "Không đọc hoặc ghi được tệp"
        hand.tap("Gửi ngay").tap("Gửi bằng tệp").tap("Tệp cho văn phòng").mustSee(words)
        hand.tap("Mã màn hình M21. Chạm để được giúp.").tap("Gửi ảnh hỏi").mustSee(words).tap("Trở lại").tap("Trở lại")
        hand.tap("Về trang đầu").tap("Bàn giao cho người mới").tap("Tôi giao sổ").tap("Chụp mã trên máy").mustSee(words)
        hand.tap("Trở lại").tap("Trở lại").tap("Danh sách đảng viên").mustSee("12 người")
    }

    @Test
    fun `the lock opens with the PIN, and shows no name before`() {
        World.secretary(app)
        val hand = Hand()
        hand.mustSee("Nhập mã PIN").shot("M01-lock")
        hand.pin()
        assertEquals("M10", hand.screen())
        hand.shot("M10-home")
    }

    @Test
    fun `the first screen says what is due and who was not heard of, and each line leads there`() {
        // Half a year later: somebody's probation is nearly over, and who is away has said nothing for long.
        app.ahead = 150 * 86_400L
        val hand = secretary().mustSee("Việc có hạn: ", "Đi xa lâu chưa có tin: 2").shot("M10-due")
        val due = app.desk.phone!!.deadlines(null, false).due
        assertTrue("$due", due.any { it.source.isNotBlank() })
        hand.tap("Việc có hạn: ")
        assertEquals("M17", hand.screen())
        hand.mustSee(*due.map { it.source }.filter { it.isNotBlank() }.toTypedArray()).shot("M17-source")
        assertEquals(due.count { !it.isVerified }, hand.texts().count { it == "chưa kiểm chứng" })
        // Of a term whose length is not said here, no word leads on to it.
        hand.mustSee("Đảng viên đi xa báo nơi ở\nhạn ").mustNotSee("mỗi", "·")
        hand.back().tap("Đi xa lâu chưa có tin: 2")
        assertEquals("M40", hand.screen())
    }

    @Test
    fun `the roll is in the order of given names and found without diacritics`() {
        val hand = secretary().tap("Danh sách đảng viên")
        hand.mustSee("12 người", "Đinh Văn Quang").shot("M11-members")
        hand.entry("Tìm tên").edit.setText("duyen")
        hand.still()
        hand.mustSee("1 người", "Lê Thị Duyên").mustNotSee("Đinh Văn Quang")
    }

    @Test
    fun `who comes back from a record is where they left the roll, with what they looked for`() {
        val hand = secretary().tap("Danh sách đảng viên").swipeDown()
        val down = hand.scrolled()
        assertTrue("the roll is longer than the screen", down > 0)
        hand.tap("Đỗ Xuân Thịnh").back()
        assertEquals(down, hand.scrolled())
        hand.entry("Tìm tên").edit.setText("duyen")
        hand.still()
        hand.tap("Lê Thị Duyên").back().mustSee("1 người").mustNotSee("Đinh Văn Quang")
        assertEquals("duyen", hand.entry("Tìm tên").typed)
        assertTrue("no name in what the system keeps", hand.host.saved().none { "duyen" in it })
        hand.back().tap("Danh sách đảng viên").mustSee("12 người")
        assertEquals(0, hand.scrolled())
    }

    @Test
    fun `who comes by a sync is on the roll also while somebody is typing into the search, and the field is left alone`() {
        val hand = secretary().tap("Danh sách đảng viên").mustSee("12 người")
        val edit = hand.entry("Tìm tên").edit.apply {
            requestFocus()
            setText("cao")
        }
        hand.still()
        hand.mustSee("0 người")
        app.desk.phone!!.let { it.addMember(it.outbox().place!!, "Cao Văn Anh") }
        hand.still()
        hand.mustSee("1 người", "Cao Văn Anh")
        assertTrue("the cursor stays", edit.isFocused && edit.isAttachedToWindow)
    }

    @Test
    fun `what was undone is brought back with a tap, of a form and of a paper that was written as a whole`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Đinh Văn Quang").tap("Sửa phần này")
        hand.type("Bí danh", "Hai").type("Ngày sinh", "4/2/1958").tap("Hoàn lại phần chưa gửi")
        assertEquals("", hand.entry("Bí danh").typed)
        hand.goneAndOpenedAnew().pin().tap("Danh sách đảng viên").tap("Đinh Văn Quang").tap("Sửa phần này")
        hand.shot("M13-undone").tap("Lấy lại 2 ô vừa bỏ").mustNotSee("Lấy lại")
        assertEquals("Hai", hand.entry("Bí danh").typed)
        assertEquals("04/02/1958", hand.entry("Ngày sinh").typed)
        hand.tap("Hoàn lại phần chưa gửi").tap("Thôi, bỏ hẳn").mustNotSee("Lấy lại").tap("Xong")

        hand.tap("Ghi thêm giấy tờ").tap("Quyết định").type("Số", "12").type("Ngày", "2/3/2026").tap("Ghi lại")
        hand.go("M27").tap("Quyết định, giấy giới thiệu").tap("Đinh Văn Quang").tap("Hoàn lại phần chưa gửi")
        hand.mustSee("Chữ đã ghi vẫn còn").go("M11").tap("Đinh Văn Quang").tap("Ghi thêm giấy tờ").tap("Quyết định")
        assertEquals("12", hand.entry("Số").typed)
        assertEquals("02/03/2026", hand.entry("Ngày").typed)
        hand.tap("Ghi lại").mustSee("Đã ghi")
    }

    @Test
    fun `the roll is narrowed by what the core knows, one filter after another, each dropped by a tap`() {
        val hand = secretary().tap("Danh sách đảng viên")
        hand.tap("Lọc: Chưa chọn").picture("M11-filters")
        hand.tap("Giới tính: Nữ (5)").mustSee("5 người", "Giới tính: Nữ").mustNotSee("Đinh Văn Quang")
        hand.tap("Lọc thêm: Chưa chọn").tap("Đi xa (1)").mustSee("1 người", "Lê Thị Duyên").shot("M11-narrowed")
        hand.dieAndComeBack().pin().mustSee("1 người", "Đi xa")
        hand.tap("Giới tính: Nữ").mustSee("2 người", "Vũ Đình Hòa")
        hand.tap("Đi xa").mustSee("12 người")
    }

    @Test
    fun `figures are counted, and a tap lists who they are`() {
        val hand = secretary().tap("Cơ cấu chi bộ")
        assertEquals("M24", hand.screen())
        hand.mustSee("Đang sinh hoạt: 12 người", "Số đảng viên", "Chi bộ Xóm 5", "Chính thức 11, dự bị 1", "Giới tính")
        // Of the commune only one branch is on this phone: how large it is nobody knows here.
        hand.mustNotSee("Lưu ý", "Đảng ủy xã").shot("M24-figures")
        hand.tap("Dự bị").mustSee("1 người", "Bùi Quốc Phong")
    }

    @Test
    fun `a paper that was seen leaves what a dossier lacks, and the dossier goes on with two signatures`() {
        val hand = secretary().tap("Hồ sơ giấy")
        assertEquals("M25", hand.screen())
        hand.mustSee("12 hồ sơ còn thiếu").shot("M25-dossiers").tap("Trần Đức An")
        assertEquals("M26", hand.screen())
        hand.mustSee("Có 0 giấy tờ, 0 tờ", "Quyết định kết nạp").shot("M26-dossier")
        hand.tap("Quyết định kết nạp").type("Số tờ", "2").picture("M26-paper")
        hand.tap("Đã xem: Chưa chọn").tap("Bản chính").mustSee("Có 1 giấy tờ, 2 tờ", "Bản chính · 2 tờ")
        hand.tap("Tôi giao hồ sơ này")
        assertEquals("M51", hand.screen())
        // Whoever was called away finds what was begun where they began it.
        hand.mustSee("còn thiếu mục").back().mustSee("Giao nhận hồ sơ").tap("Giao nhận hồ sơ")
        assertEquals("M51", hand.screen())
        hand.mustSee("Giao hồ sơ", "Trần Đức An").type("Bên nhận", "Văn phòng").type("Bên giao", "Quang")
        hand.go("M50").mustSee("Giao nhận hồ sơ", "Đã giao, chờ bên nhận ký")
    }

    @Test
    fun `lists that the core makes are drawn alike, and a supplement is noted with two taps and taken back`() {
        val hand = secretary().tap("Danh sách khác")
        assertEquals("M27", hand.screen())
        hand.mustSee("Huy hiệu Đảng", "Số thẻ đảng viên", "Phiếu bổ sung hồ sơ").shot("M27-lists")
        hand.tap("Phiếu bổ sung hồ sơ")
        assertEquals("M28", hand.screen())
        val year = java.time.LocalDate.now(java.time.ZoneId.of("Asia/Ho_Chi_Minh")).year
        hand.mustSee("Năm $year", "$year: đã nộp 0, chưa nộp 12", "Chưa nộp").shot("M28-supplements")
        hand.tap("Đinh Văn Quang").mustSee("Mở hồ sơ").picture("M28-note")
        hand.tap("Đã nộp hôm nay").mustSee("Đã ghi.", "$year: đã nộp 1, chưa nộp 11", "Ngày nộp: ")
        hand.dieAndComeBack().pin().mustSee("$year: đã nộp 1, chưa nộp 11")
        hand.tap("Xem năm ${year - 1}").mustSee("Năm ${year - 1}", "Quá hạn").shot("M28-late")
        hand.tap("Xem năm $year").tap("Đinh Văn Quang").tap("Mở tờ này")
        assertEquals("M13", hand.screen())
        hand.type("Số tờ", "2").back().tap("Ghi nhầm, chưa nộp")
        hand.mustSee("$year: đã nộp 0, chưa nộp 12")

        hand.back().tap("Số thẻ đảng viên").mustSee("12 người, 1 người chưa ghi số thẻ", "Số thẻ: 25100001")
        hand.shot("M28-cards").tap("Bùi Quốc Phong")
        assertEquals("M12", hand.screen())
        hand.back().back().tap("Huy hiệu Đảng").mustSee("Ngày trao: ").shot("M28-badges")
    }

    @Test
    fun `a book that is of a newer app leads from the lock to the update`() {
        World.secretary(app)
        val lock = java.io.File(app.desk.folder(0), "phone.lock")
        val whole = lock.readBytes()
        // The version of the lock stands after its mark.
        lock.writeBytes(whole.clone().also { it["chibo-lock".length] = 9 })
        val hand = Hand().mustNotSee("Cập nhật ứng dụng").pin()
        assertEquals("M01", hand.screen())
        hand.mustSee("Ứng dụng đã cũ so với sổ", "sổ vẫn còn nguyên").shot("M01-too-old")
        hand.tap("Cập nhật ứng dụng")
        assertEquals("M83", hand.screen())
        hand.mustSee("Chọn tệp cài đặt", "Sổ đang khóa").mustNotSee("Hỏi văn phòng").shot("M83-locked")
        lock.writeBytes(whole)
        hand.back().pin()
        assertEquals("M10", hand.screen())
    }

    @Test
    fun `a field is saved as it is left, and what is wrong stands under it`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Đinh Văn Quang")
        assertEquals("M12", hand.screen())
        hand.mustSee("03/02/1958").shot("M12-record")
        hand.tap("Sửa phần này")
        assertEquals("M13", hand.screen())
        hand.type("Bí danh", "Hai").type("Ngày sinh", "hôm kia")
        hand.mustSee("Đã lưu", "Chưa phải ngày tháng").shot("M13-form")
        hand.type("Ngày sinh", "4/2/1958").tap("Xong")
        hand.mustSee("Hai", "04/02/1958").tap("Ai sửa gì, lúc nào")
        assertEquals("M15", hand.screen())
        hand.mustSee("03/02/1958 → 04/02/1958").shot("M15-history")
        hand.back().tap("Sửa phần này").tap("Hoàn lại phần chưa gửi").mustSee("Đã bỏ")
        assertEquals("3/2/1958", hand.entry("Ngày sinh").typed.replace("/0", "/").removePrefix("0"))
    }

    @Test
    fun `what a wife says on the telephone is written as her words, until the secretary ends that`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Đinh Văn Quang").tap("Sửa phần này")
        hand.tap("Ghi theo lời ai?").tap("Ghi theo lời người này").mustSee("Chưa ghi ai")
        hand.type("Theo lời ai", "vợ ở nhà").tap("Báo bằng cách nào: Chưa chọn")
        hand.tap("Qua điện thoại").picture("M13-whose").tap("Ghi theo lời người này")
        hand.mustSee("Đang ghi theo lời vợ ở nhà, qua điện thoại").shot("M13-told")
        hand.type("Bí danh", "Hai").mustSee("Đã lưu")
        hand.dieAndComeBack().pin().mustSee("Đang ghi theo lời vợ ở nhà, qua điện thoại")
        hand.tap("Thôi, ghi lời của mình").mustNotSee("theo lời vợ ở nhà").mustSee("Ghi theo lời ai?")
        hand.type("Số điện thoại", "0912999999").tap("Xong")
        val told = "theo lời vợ ở nhà, qua điện thoại"
        hand.mustSee(told).shot("M12-told")
        assertEquals("of one field only", 1, hand.texts().count { told in it })
        hand.tap("Ai sửa gì, lúc nào").mustSee("($told)").shot("M15-told").back()
        hand.tap("Ghi về người này, ai đã xem").mustSee(told).shot("M71-told")
        // What the office brought in is not said to be this phone's.
        assertEquals(2, hand.texts().count { "vừa ghi trên máy này" in it })
        hand.mustSee("văn phòng nhập")
    }

    @Test
    fun `attendance is one tap for who is there and two for who is not`() {
        val hand = secretary().tap("Sinh hoạt, điểm danh")
        hand.shot("M30-meetings")
        hand.tap("Điểm danh hôm nay")
        assertEquals("M31", hand.screen())
        hand.mustSee("Đã điểm 0/12")
        hand.tap("Nguyễn Thị Ấm: Có mặt").tap("Trần Đức An: Vắng").tap("Ốm")
        hand.mustSee("Đã điểm 2/12, có mặt 1", "Ốm").shot("M31-attendance")
        hand.dieAndComeBack().pin()
        assertEquals("M31", hand.screen())
        hand
            .mustSee("Đã điểm 2/12, có mặt 1", "Ốm")
            .tap("Những người chưa điểm: có mặt")
            .mustSee("Đã điểm 12/12, có mặt 11")
        // One tap too many is taken back with one.
        hand.tap("Bỏ dấu vừa điểm một loạt (10 người)").mustSee("Đã điểm 2/12, có mặt 1")
        hand.tap("Ghi trang sổ")
        hand.type("Trang sổ biên bản giấy", "27").shot("M13-meeting")
    }

    @Test
    fun `a guest's mark stands when one comes back, is not written over, and is taken back with the others`() {
        Office().apply { guest() }.serve().use { office ->
            World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
            val hand = Hand().pin().go("M31", "2026-11-28").mustSee("Đã điểm 0/13")
            hand.tap("Những người chưa điểm: có mặt").mustSee("Đã điểm 13/13, có mặt 13")
            hand.tap("Bỏ dấu vừa điểm một loạt (13 người)").mustSee("Đã điểm 0/13")
            hand.tap("Mai Thị Lan: Vắng").tap("Ốm").mustSee("Đã điểm 1/13, có mặt 0")
            hand.back().go("M31", "2026-11-28").mustSee("Đã điểm 1/13, có mặt 0", "Ốm").shot("M31-guest")
            hand.tap("Những người chưa điểm: có mặt").mustSee("Đã điểm 13/13, có mặt 12", "Ốm")
            hand.tap("Bỏ dấu vừa điểm một loạt (12 người)").mustSee("Đã điểm 1/13, có mặt 0", "Ốm")
            // In a picture to ask with nobody reads why she is not there.
            val hidden = vn.chibo.sotay.ui.Picture.hidden(hand.activity.window.decorView)
            assertTrue("Ốm" in hidden.filterIsInstance<android.widget.TextView>().map { it.text.toString() })
        }
    }

    @Test
    fun `a guest whose stay has ended is on the list of a meeting within it, with their mark, and on none after it`() {
        Office().apply { guest() }.serve().use { office ->
            World.phone(office.ticket(person = "dinh van quang")).copyRecursively(app.desk.folder(0))
            val today = dayOf(app.desk.clock.now().toLong())
            val hand = Hand().pin()
            val guest = app.desk.phone!!.placements().single().placement
            hand.go("M31", today).tap("Mai Thị Lan: Vắng").tap("Ốm").mustSee("Đã điểm 1/13, có mặt 0")
            // Two years later: her stay was over in June of the next one.
            app.ahead = 730 * 86_400L
            hand.back().go("M31", today).mustSee("Mai Thị Lan", "từ Chi bộ Xóm 6", "Đã điểm 1/13, có mặt 0", "Ốm")
            hand.tap("Mai Thị Lan: Có mặt").mustSee("Đã điểm 1/13, có mặt 1").shot("M31-guest-of-then")
            hand.back().go("M31", "2027-06-30").mustSee("Mai Thị Lan", "Đã điểm 0/13")
            hand.back().go("M31", "2027-07-01").mustSee("Đã điểm 0/12").mustNotSee("Mai Thị Lan")
            hand.go("M42").mustNotSee("Mai Thị Lan").go("M43", guest).mustSee("không còn sinh hoạt tạm thời ở đây").mustNotSee("Thử lại")
        }
    }

    @Test
    fun `who is away is listed, and where they are is found by what is typed`() {
        val hand = secretary().tap("Người đi xa", 0)
        if (hand.screen() != "M40") hand.go("M40")
        hand.mustSee("Lê Thị Duyên", "Vũ Đình Hòa").shot("M40-away")
        hand.tap("Vũ Đình Hòa")
        hand.shot("M41-check-in").entry("Đang ở xã").edit.setText("di an")
        hand.still()
        hand.picture("M41-found").tap("Phường Dĩ An").tap("Ghi lại").mustSee("Đã ghi")
        hand.mustSee("Dĩ An")
    }

    @Test
    fun `a case is led on by what can be done now`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Vũ Đình Hòa").tap("Làm hồ sơ chuyển")
        hand.tap("Đi xa thì làm thủ tục gì?").type("Đi mấy tháng", "6").mustSee("tạm miễn sinh hoạt đảng – đi từ 3 đến dưới 12 tháng")
        hand.tap("Nơi đến có chi bộ nhận: Không").tap("Có").mustSee("chuyển sinh hoạt đảng tạm thời – ").shot("M52-begin")
        hand.tap("Chuyển sinh hoạt đi")
        assertEquals("M51", hand.screen())
        hand
            .shot("M51-case")
            .tap("Bắt đầu làm thủ tục")
            .shot("M51-act")
            .type("Ngày", "28/11/2026")
            .tap("Ghi bước này")
            .mustSee("Đã ghi")
        hand.mustSee("Bắt đầu làm thủ tục").shot("M51-led-on")
        hand.go("M50").shot("M50-cases")
    }

    @Test
    fun `what does not belong into a record stays marked beside its field, and in pictures it is blacked out`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Đinh Văn Quang").tap("Sửa phần này")
        hand.type("Bí danh", "Hai").type("Nghề nghiệp", "xem lý lịch gia đình").type("Số thẻ đảng viên", "Xóm 5")
        hand.mustSee("Đã ghi rồi")
        // Under the field as well: it quotes what was written.
        val bare = vn.chibo.sotay.ui.Picture.hidden(hand.activity.window.decorView).filterIsInstance<android.widget.TextView>()
        assertTrue(bare.count { "Lưu ý" in it.text } >= 2)
        assertEquals(hand.texts().count { "Lưu ý" in it }, bare.count { "Lưu ý" in it.text && it.isShown })
        hand.dieAndComeBack().pin()
        val marked = "Lưu ý: ô “Nghề nghiệp” có chữ “lý lịch gia đình”"
        val number = "Lưu ý: ô “Số thẻ đảng viên” khác với quy định"
        hand.mustSee(marked, number).shot("M13-cautions").tap("Xong")
        hand.mustSee(marked, number).shot("M12-cautions")
        assertEquals("beside one field only", 1, hand.texts().count { marked in it })
        hand.tap("Sửa phần này").type("Nghề nghiệp", "làm ruộng").type("Số thẻ đảng viên", "25.100001").tap("Xong")
        hand.mustNotSee("Lưu ý")
    }

    @Test
    fun `a letter's sheet says what is written onto the blank, and what is missing is filled in from there`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Ngô Bá Mạnh").tap("Làm hồ sơ chuyển")
        hand.tap("Chuyển sinh hoạt").mustSee("Hồ sơ giấy còn thiếu 15 giấy tờ").tap("Bắt đầu làm thủ tục")
        hand.tap("Ghi thêm mục khác").picture("M51-more")
        hand.tap("Loại: Chưa chọn").tap("Chính thức")
        hand.entry("Nơi đến").edit.setText("di an")
        hand.still()
        hand.tap("Phường Dĩ An").type("Đã đóng đảng phí đến hết tháng", "10/2026").tap("Ghi bước này").mustSee("Đã ghi")
        hand.shot("M51-letter").tap("Số liệu giấy giới thiệu")
        assertEquals("M53", hand.screen())
        hand.mustSee("Ngô Bá Mạnh", "Phường Dĩ An", "10/2026", "Còn thiếu", "Ghi khi cấp giấy").shot("M53-letter")
        hand.tap("Chạm để ghi vào hồ sơ")
        assertEquals("M13", hand.screen())
        hand.back().tap("Chạm để ghi vào việc này")
        assertEquals("M51", hand.screen())
    }

    @Test
    fun `the last step of a case is cancelled with a reason, and both stay to be read`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Vũ Đình Hòa").tap("Làm hồ sơ chuyển")
        hand.tap("Chuyển sinh hoạt").tap("Bắt đầu làm thủ tục").tap("Ghi bước này").mustSee("Đang làm thủ tục")
        hand.tap("Ghi nhầm: hủy bước này").tap("Hủy bước này").mustSee("Xin ghi lý do")
        hand.type("Vì sao hủy", "ghi nhầm người").dieAndComeBack().pin().shot("M51-cancel")
        hand.tap("Hủy bước này").mustSee("Đã ghi", "không tính", "ghi nhầm người", ": Cần chuyển")
    }

    @Test
    fun `a paper that was written by mistake is cancelled with a reason, or taken back while it is not sent`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Vũ Đình Hòa").tap("Ghi thêm giấy tờ").tap("Địa chỉ")
        hand.type("Địa chỉ đến xóm", "Xóm Đông, xã cũ").tap("Ghi lại").mustSee("Xóm Đông").tap("Xóm Đông")
        assertEquals("M13", hand.screen())
        hand.shot("M13-stands").tap("Ghi thêm vào tờ này").type("Đã thôi ở đó ngày", "1/11/2026").tap("Ghi lại")
        hand.tap("Xóm Đông").mustSee("2026").tap("Ghi nhầm: hủy tờ này").tap("Ghi lại").mustSee("Xin ghi lý do")
        hand.shot("M13-cancel").type("Lý do", "nghe nhầm xóm").tap("Ghi lại").mustSee("Đã ghi")
        hand.tap("Xóm Đông").mustSee("nghe nhầm xóm").tap("Hoàn lại phần chưa gửi")
        assertEquals("M12", hand.screen())
        hand.mustSee("Đã bỏ").mustNotSee("Xóm Đông")
    }

    @Test
    fun `a remark of the place of residence is written once a year, dated and signed for by itself`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Ghi thêm giấy tờ")
        hand.tap("Nhận xét nơi cư trú").type("Người nhận xét", "Phạm Văn Thành").type("Chức vụ", "Bí thư chi bộ xóm")
        hand.type("Nhận xét", "Gương mẫu.").tap("Ghi lại").mustSee("Đã ghi")
        val year = java.time.LocalDate.now(java.time.ZoneId.of("Asia/Ho_Chi_Minh")).year
        hand.tap("Nhận xét nơi cư trú").mustSee("$year", "Gương mẫu.", "Người ghi hộ").shot("M13-remark")
    }

    @Test
    fun `decisions are listed with what is doubtful, and one that was mistyped is cancelled and stays`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Ghi thêm giấy tờ")
        hand.tap("Quyết định").type("Số", "12").type("Ngày", "2/3/2026").tap("Ghi lại").mustSee("Đã ghi")
        hand.go("M27").tap("Quyết định, giấy giới thiệu")
        assertEquals("M28", hand.screen())
        hand.mustSee("Trần Đức An", "Số: 12", "chưa có hiệu lực").shot("M28-decisions").tap("Trần Đức An")
        assertEquals("M13", hand.screen())
        hand.tap("Ghi nhầm: hủy tờ này").type("Lý do", "nhầm người").tap("Ghi lại").mustSee("hủy do ghi nhầm")
    }

    @Test
    fun `what somebody says against a field is answered, and what is right stands in the record`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Ghi về người này")
        hand.tap("Ngày sinh").type("Đúng ra là thế nào", "Tôi sinh năm 1972").tap("Gửi ý kiến").tap("Chờ trả lời")
        assertEquals("M51", hand.screen())
        hand.tap("Trả lời").tap("Kết quả: Chưa chọn").tap("Đúng, đã sửa").type("Sửa thành", "1/1/1972")
        hand.type("Lý do, ghi chú", "Đối chiếu sổ gốc").shot("M51-answer").tap("Ghi bước này").mustSee("Đã trả lời")
        hand.back().back().mustSee("01/01/1972")
    }

    @Test
    fun `a name that was typed halfway is there again after the process has died`() {
        val hand = secretary().go("M16").type("Họ và tên", "Lê Văn").dieAndComeBack().pin()
        assertEquals("Lê Văn", hand.entry("Họ và tên").typed)
    }

    @Test
    fun `every other screen of a secretary is drawn in every look`() {
        val hand = secretary()
        hand
            .go("M17")
            .shot("M17-due")
            .go("M18")
            .shot("M18-differ")
            .go("M20")
            .shot("M20-sync")
            .go("M21")
            .shot("M21-files")
        hand
            .go("M22")
            .shot("M22-refusals")
            .go("M60")
            .shot("M60-hand-over")
            .tap("Tôi giao sổ")
            .shot("M60-give")
        hand
            .go("M80")
            .shot("M80-settings")
            .go("M91")
            .shot("M91-tet")
            .tap("Vũ Đình Hòa")
            .shot("M92-home-comer")
            .go("M16")
            .shot("M16-add")
    }

    @Test
    fun `the first evening goes from one person to the next, and ends with the attendance sheet`() {
        val hand = secretary().go("M90")
        hand.mustSee("Người thứ 1 trong 12").shot("M90-evening")
        hand.tap("Số thẻ đảng viên").type("Số thẻ đảng viên", "25.100099").mustSee("25.100099")
        // What is chosen is right with two taps as well.
        hand.tap("Nam").mustSee("Nữ").picture("M90-choice").tap("Nữ").mustSee("Nữ").mustNotSee("Nam")
        repeat(12) { hand.tap("Đúng, người tiếp") }
        hand.mustSee("Đã xem đủ 12 người").tap("Tờ điểm danh buổi tới")
        assertEquals("M31", hand.screen())
    }

    @Test
    fun `a member away says where she is and sees what is recorded about her`() {
        val hand = member()
        assertEquals("M70", hand.screen())
        hand.mustSee("Chưa báo lần nào").shot("M70-own-home")
        hand.tap("Báo tôi đang ở đâu").shot("M41-own")
        hand.entry("Đang ở xã").edit.setText("di an")
        hand.still()
        hand.tap("Phường Dĩ An").tap("Báo với chi bộ").mustSee("Đã ghi", "còn trên máy, chưa gửi")
        // A month later she is there still.
        app.ahead = 31 * 86_400L
        hand.tap("Báo tôi đang ở đâu").mustSee("Vẫn ở chỗ cũ", "Phường Dĩ An").shot("M41-own-again")
        hand.tap("Vẫn ở chỗ cũ").mustNotSee("Vẫn ở chỗ cũ").tap("Báo với chi bộ").mustSee("Đã ghi")
        val places = app.desk.phone!!.let { phone ->
            val all = phone.list(ListQuery("check_in", "", null, 0u, 0u)).map { phone.document(it.doc).fields }
            all.map { fields -> fields.filter { it.path.startsWith("commune") }.map { it.shown.vi } }
        }
        assertEquals(2, places.size)
        assertEquals(places[0], places[1])
        hand
            .tap("Ghi gì về tôi")
            .mustSee("Lê Thị Duyên", "25100005", "Phường Dĩ An")
            .shot("M71-about-me")
        hand
            .tap("Họ và tên")
            .type("Đúng ra là thế nào", "Tên tôi viết khác")
            .tap("Gửi ý kiến")
            .mustSee("Đã ghi ý kiến")
        hand.tap("Ai đã xem").shot("M72-looks")
    }

    @Test
    fun `practice shows everything with a mark on it, sends nothing, and is gone in one tap`() {
        val hand = Hand().tap("Chạy thử, không cần phiếu")
        assertEquals("M10", hand.screen())
        hand.mustSee("Đang chạy thử").mustNotSee("Gửi ngay").shot("M10-practice")
        assertTrue("the mark lies over the page, and is drawn", hand.marked())
        hand.tap("Danh sách đảng viên").mustSee("12 người").shot("M11-practice").back()
        hand.go("M20").mustSee("không gửi đi đâu").back()
        hand.tap("Thôi chạy thử")
        assertEquals("M01", hand.screen())
        hand.mustSee("Bắt đầu dùng")
        assertFalse(
            app.desk.folder(Desk.PRACTICE).exists() &&
                vn.chibo.hasStore(app.desk.folder(Desk.PRACTICE).path)
        )
    }

    @Test
    fun `a paper that is only added to is written once, as a whole`() {
        val hand =
            secretary()
                .tap("Danh sách đảng viên")
                .tap("Vũ Đình Hòa")
                .tap("Ghi thêm giấy tờ")
                .shot("M19-papers")
                .tap("Địa chỉ")
        hand.entry("Địa chỉ đến xóm").edit.setText("Dĩ An")
        hand.still()
        hand.tap("Phường Dĩ An").shot("M13-address").tap("Ghi lại").mustSee("Đã ghi", "Địa chỉ")
    }

    @Test
    fun `the PIN is changed by who has opened the book`() {
        val hand = secretary().tap("Cài đặt").tap("Đổi mã PIN").shot("M82-pin")
        hand
            .pin("864200", "Tiếp tục")
            .pin("864200", "Tiếp tục")
            .mustSee("Đã đổi mã PIN")
            .tap("Khóa ứng dụng")
        hand.pin(PIN).mustSee("Sai mã PIN").pin("864200")
        assertEquals("M10", hand.screen())
    }

    @Test
    fun `with the system's own letters large as well nothing is cut`() {
        RuntimeEnvironment.setFontScale(1.3f)
        World.secretary(app)
        val hand = Hand().shot("huge-M01").pin().shot("huge-M10")
        hand
            .go("M11")
            .shot("huge-M11")
            .tap("Hoàng Thị Kim Liên")
            .shot("huge-M12")
            .go("M31", "2026-11-28")
            .shot("huge-M31")
            .go("M20")
            .shot("huge-M20")
    }

    @Test
    fun `help shows the code, and a picture without anybody's name`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Mã màn hình M11. Chạm để được giúp.")
        assertEquals("M81", hand.screen())
        hand.mustSee("M11", "Gửi ảnh hỏi").shot("M81-help")
    }
}
