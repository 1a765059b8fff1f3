package vn.chibo.sotay.ui

import android.system.ErrnoException
import android.system.OsConstants
import java.io.IOException
import vn.chibo.ChiboException
import vn.chibo.Text
import vn.chibo.Why

/**
 * Does something and gives what went wrong in it, if it did: what the core says, and what files say. The one place where
 * work of a screen ends that could not be done.
 */
suspend fun caught(what: suspend () -> Unit): ChiboException? =
    try {
        what()
        null
    } catch (e: ChiboException) {
        e
    } catch (e: IOException) {
        if (isFull(e)) ChiboException.DiskFull() else ChiboException.FileFailed()
    } catch (_: SecurityException) {
        // Another app's file, that it does not let go of.
        ChiboException.FileFailed()
    }

private fun isFull(e: IOException) =
    generateSequence(e as Throwable) { it.cause }.take(8).any {
        (it as? ErrnoException)?.errno == OsConstants.ENOSPC
    }

/** What went wrong, and what somebody can do about it. Nothing of it is about a person. */
fun told(e: ChiboException): Text =
    when (e) {
        is ChiboException.WrongPin ->
            when (val wait = e.waitSeconds.toLong()) {
                0L -> t("Sai mã PIN. Xin nhập lại.", "Wrong PIN. Please try again.")
                else ->
                    t(
                        "Sai mã PIN. Xin đợi ${waitVi(wait)} rồi nhập lại.",
                        "Wrong PIN. Wait ${waitEn(wait)}, then try again.",
                    )
            }
        is ChiboException.Locked ->
            e.waitSeconds.toLong().let { wait ->
                t(
                    "Đã nhập sai nhiều lần. Xin đợi ${waitVi(wait)} rồi nhập lại.",
                    "Too many wrong tries. Wait ${waitEn(wait)}.",
                )
            }
        is ChiboException.PinTooShort ->
            t("Mã PIN phải có ít nhất ${e.least} số.", "The PIN needs at least ${e.least} digits.")
        is ChiboException.PassphraseTooShort ->
            t(
                "Mật khẩu phải có ít nhất ${e.least} ký tự, kể cả dấu cách.",
                "The passphrase needs at least ${e.least} characters, blanks count.",
            )
        is ChiboException.WrongPassphrase ->
            t(
                "Mật khẩu không đúng, hoặc tệp đã bị sửa. Xin nhập lại.",
                "Not the passphrase, or the file was altered. Type it again.",
            )
        is ChiboException.CodeMisheard ->
            when (e.group) {
                0u ->
                    t(
                        "Mã chưa đủ. Xin nghe và gõ lại từ đầu.",
                        "The code has another length. Listen and type it again.",
                    )
                else ->
                    t(
                        "Nghe nhầm ở nhóm số thứ ${e.group}. Xin hỏi lại nhóm đó.",
                        "Group ${e.group} was misheard. Ask for it again.",
                    )
            }
        is ChiboException.OtherLock ->
            t("Sổ này không mở bằng cách đó.", "This book is not opened that way.")
        is ChiboException.KeyStoreNotNow ->
            t(
                "Máy chưa cho mở khóa. Xin mở khóa màn hình máy rồi thử lại.",
                "The phone does not unlock now. Unlock its screen and try again.",
            )
        is ChiboException.KeyStoreGone ->
            t(
                "Máy đã mất khóa của sổ. Xin gọi văn phòng để nghe đọc mã mở lại.",
                "The phone lost the book's key. Call the office for the code.",
            )
        is ChiboException.NoStore ->
            t("Chưa có sổ trên máy này.", "There is no book on this phone.")
        is ChiboException.StoreExists ->
            t("Đã có sổ rồi. Xin mở bằng mã PIN.", "There is a book already. Open it with its PIN.")
        is ChiboException.InUse ->
            t(
                "Sổ đang được mở ở chỗ khác. Xin đợi một lát.",
                "The book is open elsewhere. Wait a moment.",
            )
        is ChiboException.AppTooOld ->
            t(
                "Ứng dụng đã cũ so với sổ. Xin cài bản mới; sổ vẫn còn nguyên.",
                "The app is too old for the book. Update it; the book is whole.",
            )
        is ChiboException.Closed ->
            t("Sổ đã khóa. Xin mở lại bằng mã PIN.", "The book is locked. Open it with the PIN.")
        is ChiboException.NotEnrolled ->
            t(
                "Máy này chưa đăng ký. Xin nhập phiếu do văn phòng cấp.",
                "This phone is not enrolled. Enter the office's ticket.",
            )
        is ChiboException.EnrolledAlready ->
            t("Máy này đã đăng ký rồi.", "This phone is enrolled already.")
        is ChiboException.BadTicket ->
            t(
                "Phiếu không đúng hoặc gõ nhầm. Xin quét hoặc gõ lại.",
                "Not a ticket, or mistyped. Scan or type it again.",
            )
        is ChiboException.BadCode -> e.why
        is ChiboException.CodeNeedsAddress ->
            t(
                "Gõ mã ngắn thì gõ cả địa chỉ văn phòng, ghi cạnh mã trên phiếu.",
                "With a short code type the office's address too; it stands beside it.",
            )
        is ChiboException.CodeNeedsLine ->
            t(
                "Mã ngắn chỉ dùng khi vào được mạng của văn phòng. Gửi qua hộp thư hoặc bằng tệp thì cần chụp ô vuông, hoặc gõ cả dòng chữ trên phiếu.",
                "A short code needs the office's network. By mailbox or by file, take a picture of the square or type the whole line.",
            )
        is ChiboException.NeedsLine ->
            t(
                "Phiếu này chỉ dùng được khi vào mạng của văn phòng. Xin văn phòng phiếu khác.",
                "This ticket needs the office's network. Ask the office for another.",
            )
        is ChiboException.Ended ->
            t(
                "Quyền của máy này đã hết. Sổ không cho xem và ghi nữa; xin hỏi văn phòng.",
                "This phone's rights have ended. Ask the office.",
            )
        is ChiboException.NotAllowed ->
            t("Vai trò của bác không làm việc này.", "Your role does not do this.")
        is ChiboException.AboutThemself ->
            t("Việc này không ai tự quyết cho mình.", "Nobody decides this about themself.")
        is ChiboException.HandedOver ->
            t(
                "Nơi này đang chuyển sang máy chủ khác, sổ này không ghi được nữa.",
                "This place is on its way to another node.",
            )
        is ChiboException.Invalid -> wrong(e.why, e.allowed)
        is ChiboException.NotHere ->
            t("Không tìm thấy trên máy này. Có thể đã bị xóa hoặc chuyển đi.", "Not on this phone.")
        is ChiboException.DocumentFull ->
            t("Tờ này đã đầy. Xin lập tờ mới.", "This document is full. Begin a new one.")
        is ChiboException.AppendOnly ->
            t("Tờ này chỉ ghi thêm, không sửa.", "This is only added to, never changed.")
        is ChiboException.ActNotNow ->
            t(
                "Việc này chưa làm được lúc này. Xin xem lại hồ sơ.",
                "This cannot be done now. Read the case again.",
            )
        is ChiboException.ChooseFirst ->
            t(
                "Có hai người cùng ghi. Xin chọn giữ một trước.",
                "Two were done at once. Keep one first.",
            )
        is ChiboException.ReasonNeeded ->
            if (e.late) t("Đã quá hạn: xin ghi lý do chậm.", "It is late: give the reason.")
            else t("Xin ghi lý do.", "Give a reason.")
        is ChiboException.BadAddress ->
            t("Địa chỉ văn phòng không đúng.", "The office's address is wrong.")
        is ChiboException.LineBroke ->
            t(
                "Không liên lạc được với máy văn phòng (mất sóng, hoặc máy tắt). Phần đã tới vẫn còn; lúc khác xin bấm lại.",
                "The office's machine is not reached (no signal, or it is off). What came stays; try again later.",
            )
        is ChiboException.WrongNode ->
            t(
                "Máy trả lời không phải của văn phòng mình. Không gửi gì cả. Xin báo văn phòng.",
                "Somebody else answers there. Nothing was sent. Tell the office.",
            )
        is ChiboException.UnknownDevice ->
            t(
                "Văn phòng chưa biết máy này. Xin gọi văn phòng.",
                "The office does not know this phone. Call it.",
            )
        is ChiboException.Refused ->
            t(
                "Văn phòng không hiểu điều máy này hỏi. Xin cài bản mới hoặc gọi văn phòng.",
                "The office does not understand what was asked. Update, or call it.",
            )
        is ChiboException.NotTakenIn -> e.why
        is ChiboException.NodeNotNow ->
            t(
                "Máy văn phòng đang bận. Xin thử lại sau ít phút.",
                "The office is busy. Try again in some minutes.",
            )
        is ChiboException.TooOften ->
            t("Hỏi nhiều quá. Xin đợi vài phút.", "Asked too often. Wait some minutes.")
        is ChiboException.AskAgain ->
            t("Câu trả lời đã cũ. Xin bấm gửi lại.", "The answer is out of date. Send again.")
        is ChiboException.UnsentFirst ->
            t("Còn việc chưa gửi. Xin gửi trước đã.", "Unsent work waits. Send it first.")
        is ChiboException.NodeFault ->
            t(
                "Máy văn phòng trả lời không hiểu được. Xin cài bản mới và báo văn phòng.",
                "The office's answer is not understood. Update, and report it.",
            )
        is ChiboException.NotAFile ->
            t("Đây không phải tệp của sổ.", "This is not a file of the book.")
        is ChiboException.NobodyElse ->
            t(
                "Chưa biết máy nào khác trong chi bộ. Xin gửi nhận một lần trước.",
                "No other phone of the branch is known yet. Sync first.",
            )
        is ChiboException.NotConfirmed ->
            t("Bên kia chưa ký.", "The other side has not signed yet.")
        is ChiboException.Practice ->
            t("Đang chạy thử: không gửi đi đâu.", "Practice: nothing is sent.")
        is ChiboException.FileFailed ->
            t(
                "Không đọc hoặc ghi được tệp này. Xin chọn tệp khác, hoặc xem máy còn chỗ không.",
                "The file cannot be read or written. Choose another, or free some room.",
            )
        is ChiboException.DiskFull ->
            t(
                "Máy hết chỗ. Xin xóa bớt ảnh, phim. Sổ không mất gì.",
                "The phone is full. Free some room; nothing was lost.",
            )
        is ChiboException.Damaged ->
            t(
                "Sổ hoặc tệp bị hỏng. Xin gọi văn phòng, đừng gỡ ứng dụng.",
                "The book or the file is damaged. Call the office; do not remove the app.",
            )
        is ChiboException.ClockOff ->
            t("Đồng hồ của máy sai. Xin chỉnh lại ngày giờ.", "The phone's clock is wrong. Set it.")
        else ->
            t(
                "Có lỗi trong ứng dụng. Sổ còn nguyên; xin thử lại.",
                "A fault in the app. The book is whole; try again.",
            )
    }

private fun wrong(why: Why, allowed: List<String>): Text =
    when (why) {
        Why.NO_DATE ->
            t(
                "Chưa phải ngày tháng. Ví dụ: 3/2/1971, 2/1971 hoặc 1971.",
                "No date. For example: 3/2/1971, 2/1971 or 1971.",
            )
        Why.NO_NUMBER -> t("Chưa phải số.", "Not a number.")
        Why.TOO_LONG -> t("Dài quá. Xin viết ngắn lại.", "Too long. Shorten it.")
        Why.EMPTY -> t("Chưa ghi gì.", "Nothing is written.")
        Why.NOT_IN_LIST ->
            if (allowed.isEmpty()) t("Không có trong danh sách.", "Not in the list.")
            else t("Không có trong danh sách. Xin chọn một mục.", "Not in the list. Choose one.")
        else -> t("Không có ô này.", "There is no such field.")
    }

private fun waitVi(seconds: Long) =
    if (seconds < 90) "$seconds giây" else "${(seconds + 59) / 60} phút"

private fun waitEn(seconds: Long) =
    if (seconds < 90) "$seconds seconds" else "${(seconds + 59) / 60} minutes"
