package vn.chibo.sotay.ui

/**
 * The colours of all screens. Each pair that is read has a contrast of 4.5 to 1 or more
 * (`PaletteTest`).
 */
class Palette(
    val paper: Int,
    val card: Int,
    val ink: Int,
    val faint: Int,
    val line: Int,
    val accent: Int,
    val onAccent: Int,
    val alarm: Int,
    val onAlarm: Int,
    val care: Int,
    val onCare: Int,
    val calm: Int,
    val onCalm: Int,
) {
    /** What is written on what. */
    val pairs
        get() =
            listOf(
                ink to paper,
                ink to card,
                faint to paper,
                faint to card,
                accent to paper,
                accent to card,
                onAccent to accent,
                alarm to paper,
                alarm to card,
                onAlarm to alarm,
                onCare to care,
                onCalm to calm,
            )

    /** What shows where something is that is typed or tapped, on what: 3 to 1 or more. */
    val edges
        get() = listOf(line to paper, line to card)

    companion object {
        val LIGHT =
            Palette(
                paper = 0xFFFAF8F3.toInt(),
                card = 0xFFFFFFFF.toInt(),
                ink = 0xFF1B1B1A.toInt(),
                faint = 0xFF5A5854.toInt(),
                line = 0xFF8E887B.toInt(),
                accent = 0xFF1F5C4B.toInt(),
                onAccent = 0xFFFFFFFF.toInt(),
                alarm = 0xFFA3231B.toInt(),
                onAlarm = 0xFFFFFFFF.toInt(),
                care = 0xFFFFF0C2.toInt(),
                onCare = 0xFF4A3500.toInt(),
                calm = 0xFFE1F0E8.toInt(),
                onCalm = 0xFF123D31.toInt(),
            )
        val DARK =
            Palette(
                paper = 0xFF141614.toInt(),
                card = 0xFF1F2320.toInt(),
                ink = 0xFFF0EEE8.toInt(),
                faint = 0xFFB8B5AD.toInt(),
                line = 0xFF757A73.toInt(),
                accent = 0xFF8CD3BB.toInt(),
                onAccent = 0xFF0C2A21.toInt(),
                alarm = 0xFFFFA79E.toInt(),
                onAlarm = 0xFF4A0A05.toInt(),
                care = 0xFF4A3A10.toInt(),
                onCare = 0xFFFFE9B0.toInt(),
                calm = 0xFF1E3A30.toInt(),
                onCalm = 0xFFD5F0E3.toInt(),
            )
    }
}
