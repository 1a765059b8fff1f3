package vn.chibo.sotay

import android.graphics.Bitmap
import android.graphics.Canvas
import android.view.View
import android.view.WindowManager
import android.widget.ImageView
import android.widget.TextView
import java.io.File
import java.time.Duration
import javax.xml.parsers.DocumentBuilderFactory
import kotlin.random.Random
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.shadows.ShadowSystemClock
import org.w3c.dom.Element
import vn.chibo.sotay.screens.Route
import vn.chibo.sotay.ui.Picture
import vn.chibo.sotay.work.Squares

/** Where the sources lie, as Maven and as Gradle run the tests. */
private val SOURCES = listOf("app/src/main", "src/main").map(::File).first { it.exists() }

class PrivacyTest : AppTest() {
    @Test
    fun `no screen is pictured by the system, and a picture to ask with has no name in it`() {
        val hand = secretary().tap("Danh sách đảng viên")
        val flags = hand.activity.window.attributes.flags
        assertNotEquals(0, flags and WindowManager.LayoutParams.FLAG_SECURE)
        val root: View = hand.activity.window.decorView
        val hidden = Picture.hidden(root).filterIsInstance<TextView>().map { it.text.toString() }
        for (person in Office.PEOPLE) assertTrue(person.substringBefore(",") in hidden)
        val picture = Picture.of(root)
        val name = Picture.hidden(root).first { (it as TextView).text == "Nguyễn Thị Ấm" }
        val at = IntArray(2).also(name::getLocationInWindow)
        for (x in 0 until name.width step 3) assertEquals(
            0xFF000000.toInt(),
            picture.getPixel(at[0] + x, at[1] + name.height / 2),
        )
    }

    @Test
    fun `a ticket's square is not in a picture to ask with either`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Trần Đức An").tap("Phiếu cho người này").tap("Hiện ô vuông")
        val root: View = hand.activity.window.decorView
        assertEquals(1, Picture.hidden(root).filterIsInstance<ImageView>().size)
        val picture = Picture.of(root)
        assertEquals(null, Squares.text(picture))
    }

    @Test
    fun `what is remembered of where somebody was names nobody`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Nguyễn Thị Ấm").tap("Sửa phần này")
        val saved = hand.host.saved()
        assertEquals(listOf("M10", "M11", "M12", "M13"), saved.map { Route.of(it).code })
        assertTrue(saved.none { "Ấm" in it || "nguyen" in it.lowercase() })
    }

    @Test
    fun `two people share a phone, each with a PIN of their own`() {
        World.secretary(app)
        val hand =
            Hand().tap("Thêm người thứ hai").pin("135790", "Tiếp tục").pin("135790", "Tiếp tục")
        assertEquals("M02", hand.screen())
        hand
            .go("M80")
            .tap("Khóa ứng dụng")
            .mustSee("Sổ của ai?", "Người thứ nhất", "Người thứ hai")
            .shot("M01-who")
        hand.tap("Người thứ hai").pin(PIN).mustSee("Sai mã PIN").back()
        hand.tap("Người thứ nhất").pin(PIN)
        assertEquals("M10", hand.screen())
    }

    @Test
    fun `a book that was left for five minutes is closed without anybody coming back, and soon it is not`() {
        val hand = secretary().tap("Danh sách đảng viên").mustSee("Nguyễn Thị Ấm")
        hand.controller.pause().stop()
        ShadowSystemClock.advanceBy(Duration.ofMinutes(4))
        runBlocking { app.lockIfLong() }
        assertNotNull(app.desk.phone)
        // What a job does first that the system wakes.
        ShadowSystemClock.advanceBy(Duration.ofMinutes(2))
        runBlocking { app.lockIfLong() }
        assertNull("the key is not in memory any more", app.desk.phone)
        hand.controller.start().resume()
        hand.still()
        assertEquals("M01", hand.screen())
        hand.pin().mustSee("Nguyễn Thị Ấm")
    }

    @Test
    fun `what was typed and not left yet is kept when the system takes the app away`() {
        val hand = secretary().tap("Danh sách đảng viên").tap("Nguyễn Thị Ấm").tap("Sửa phần này")
        hand.entry("Bí danh").edit.apply {
            requestFocus()
            setText("Bà Ấm")
        }
        hand.dieAndComeBack().pin()
        assertEquals("M13", hand.screen())
        assertEquals("Bà Ấm", hand.entry("Bí danh").typed)
    }

    @Test
    fun `the ticket's square is read out of a picture`() {
        val ticket = "CHIBO1-" + "0123456789ABCDEF".repeat(20)
        val picture = Bitmap.createBitmap(900, 800, Bitmap.Config.ARGB_8888)
        picture.eraseColor(0xFFEEEEDD.toInt())
        Canvas(picture).drawBitmap(Squares.draw(ticket, 700)!!, 80f, 40f, null)
        assertEquals(ticket, Squares.text(picture))
        picture.eraseColor(0xFFEEEEDD.toInt())
        assertEquals(null, Squares.text(picture))
    }

    @Test
    fun `every ticket's square is read, whatever pattern it makes`() {
        val chance = Random(7)
        val signs = "abcdefghijklmnopqrstuvwxyz234567"
        repeat(150) {
            val ticket = "chibo1-" + String(CharArray(280) { signs[chance.nextInt(signs.length)] })
            assertEquals(ticket, Squares.text(Squares.draw(ticket, 656)!!))
        }
    }

    @Test
    fun `a key that cannot be made out any more is gone, and one that does not answer is not`() {
        val gone = listOf(java.security.UnrecoverableKeyException(), javax.crypto.AEADBadTagException())
        for (e in gone) assertTrue("$e", PhoneKeys.said(e) is vn.chibo.KeyStoreException.Gone)
        val later = listOf(java.security.KeyStoreException(), java.security.InvalidKeyException())
        for (e in later) assertTrue("$e", PhoneKeys.said(e) is vn.chibo.KeyStoreException.NotNow)
    }

    @Test
    fun `the manifest says what the app promises`() {
        val read =
            DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(File(SOURCES, "AndroidManifest.xml"))
        val app = read.getElementsByTagName("application").item(0) as Element
        val asks = read.getElementsByTagName("uses-permission")
        val rights = (0 until asks.length).map { (asks.item(it) as Element).getAttribute("android:name") }
        assertTrue("the office's PC is in the local network", "android.permission.ACCESS_LOCAL_NETWORK" in rights)
        assertTrue("no place, contacts, camera or files", rights.none { Regex("LOCATION|CONTACTS|CAMERA|STORAGE").containsMatchIn(it) })
        assertEquals("false", app.getAttribute("android:allowBackup"))
        assertEquals("@xml/nothing_leaves", app.getAttribute("android:dataExtractionRules"))
        for (tag in listOf("activity", "service", "provider", "application")) {
            val all = read.getElementsByTagName(tag)
            for (n in 0 until all.length) Class.forName(
                "vn.chibo.sotay" + (all.item(n) as Element).getAttribute("android:name")
            )
        }
        for (words in File(SOURCES, "res").walk().filter { it.extension == "xml" }) assertTrue(
            "Đảng" !in words.readText() && "đảng" !in words.readText()
        )
    }
}
