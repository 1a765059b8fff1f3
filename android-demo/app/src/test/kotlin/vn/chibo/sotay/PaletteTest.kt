package vn.chibo.sotay

import kotlin.math.pow
import org.junit.Assert.assertTrue
import org.junit.Test
import vn.chibo.sotay.ui.Palette

private fun part(value: Int): Double =
    (value / 255.0).let { if (it <= 0.04045) it / 12.92 else ((it + 0.055) / 1.055).pow(2.4) }

private fun light(color: Int) =
    0.2126 * part(color shr 16 and 255) +
        0.7152 * part(color shr 8 and 255) +
        0.0722 * part(color and 255)

/** How much two colours differ for the eye, from 1 to 21 (WCAG 2). */
fun contrast(a: Int, b: Int): Double {
    val (low, high) = listOf(light(a), light(b)).sorted()
    return (high + 0.05) / (low + 0.05)
}

class PaletteTest {
    @Test
    fun `what is read stands out, in the light and in the dark`() {
        for (palette in listOf(Palette.LIGHT, Palette.DARK)) for ((ink, paper) in palette.pairs) {
            assertTrue(
                "%08x on %08x: %.1f".format(ink, paper, contrast(ink, paper)),
                contrast(ink, paper) >= 4.5,
            )
        }
    }

    @Test
    fun `where a field is shows as well`() {
        for (palette in listOf(Palette.LIGHT, Palette.DARK)) for ((line, paper) in palette.edges) {
            assertTrue("%08x on %08x: %.1f".format(line, paper, contrast(line, paper)), contrast(line, paper) >= 3.0)
        }
    }
}
