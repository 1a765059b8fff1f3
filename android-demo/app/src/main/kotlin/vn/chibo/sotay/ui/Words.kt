package vn.chibo.sotay.ui

import java.util.Calendar
import java.util.TimeZone
import vn.chibo.Text
import vn.chibo.sotay.Language

/** A text in both languages; the core's labels are the same thing. */
fun t(vi: String, en: String) = Text(vi, en)

fun Text.said(language: Language) = if (language == Language.VI) vi else en.ifEmpty { vi }

/** What is the same in every language. */
fun same(words: String) = Text(words, words)

/** `2026-11-24` as people write it: 24/11/2026. Other texts stay as they are. */
fun dayShown(day: String): String {
    val parts = day.split("-")
    return if (parts.size == 3) "${parts[2]}/${parts[1]}/${parts[0]}" else day
}

private val VIETNAM = TimeZone.getTimeZone("Asia/Ho_Chi_Minh")

private fun calendar(seconds: Long) =
    Calendar.getInstance(VIETNAM).apply { timeInMillis = seconds * 1000 }

/** The day of a moment in Vietnam, as `2026-11-24`. */
fun dayOf(seconds: Long): String =
    calendar(seconds).run {
        "%04d-%02d-%02d"
            .format(get(Calendar.YEAR), get(Calendar.MONTH) + 1, get(Calendar.DAY_OF_MONTH))
    }

/** 24/11/2026 19:30. */
fun momentShown(seconds: Long): String =
    calendar(seconds).run {
        "%s %d:%02d"
            .format(dayShown(dayOf(seconds)), get(Calendar.HOUR_OF_DAY), get(Calendar.MINUTE))
    }

/** How long ago, as one says it: today at 9:05, yesterday, on Tuesday, on 3/11/2026. */
fun agoShown(then: Long, now: Long): Text {
    val at = calendar(then)
    val time = "%d:%02d".format(at.get(Calendar.HOUR_OF_DAY), at.get(Calendar.MINUTE))
    val midnight =
        calendar(now)
            .apply {
                set(Calendar.HOUR_OF_DAY, 0)
                set(Calendar.MINUTE, 0)
                set(Calendar.SECOND, 0)
                set(Calendar.MILLISECOND, 0)
            }
            .timeInMillis / 1000
    val days = if (then >= midnight) 0 else ((midnight - then + 86_399) / 86_400).toInt()
    return when (days) {
        0 -> t("hôm nay lúc $time", "today at $time")
        1 -> t("hôm qua lúc $time", "yesterday at $time")
        in 2..6 -> weekday(at.get(Calendar.DAY_OF_WEEK))
        else -> t("ngày ${dayShown(dayOf(then))}", "on ${dayShown(dayOf(then))}")
    }
}

private fun weekday(day: Int) =
    when (day) {
        Calendar.MONDAY -> t("thứ Hai", "on Monday")
        Calendar.TUESDAY -> t("thứ Ba", "on Tuesday")
        Calendar.WEDNESDAY -> t("thứ Tư", "on Wednesday")
        Calendar.THURSDAY -> t("thứ Năm", "on Thursday")
        Calendar.FRIDAY -> t("thứ Sáu", "on Friday")
        Calendar.SATURDAY -> t("thứ Bảy", "on Saturday")
        else -> t("Chủ nhật", "on Sunday")
    }

/** 950 B, 12 KB, 1,3 MB. */
fun bytesShown(bytes: ULong): String =
    when {
        bytes < 1_000u -> "$bytes B"
        bytes < 1_000_000u -> "${bytes / 1_000u} KB"
        else -> "%.1f MB".format(bytes.toLong() / 1e6)
    }

/** `1971-02-03`, `1971-02` or `1971` as people write it and may type it again. */
fun partialDayShown(day: String): String =
    if (PARTIAL_DAY.matches(day)) day.split("-").reversed().joinToString("/") else day

private val PARTIAL_DAY = Regex("\\d{4}(-\\d{2}){0,2}")
