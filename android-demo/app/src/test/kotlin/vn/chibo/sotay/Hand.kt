package vn.chibo.sotay

import android.content.Intent
import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Rect
import android.graphics.drawable.BitmapDrawable
import android.net.Uri
import android.os.Bundle
import android.os.Looper
import android.view.View
import android.view.ViewGroup
import android.widget.EditText
import android.widget.ImageView
import android.widget.ScrollView
import android.widget.TextView
import java.io.File
import java.time.Duration
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertTrue
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.shadows.ShadowSystemClock
import vn.chibo.Clock
import vn.chibo.KeyStore
import vn.chibo.sotay.ui.Entry
import vn.chibo.sotay.ui.Watermark
import vn.chibo.sotay.ui.leaveField
import vn.chibo.sotay.work.Outgoing

const val PIN = "246810"

/** The app on a machine that has no keystore: the PIN alone opens. */
class TestApp : App() {
    /** By so many seconds the phone's clock is ahead of this machine's: how time goes by. */
    @Volatile var ahead = 0L

    override fun keys(): KeyStore? = null

    override fun clock(): Clock =
        object : Clock {
            override fun now(): ULong = (System.currentTimeMillis() / 1000 + ahead).toULong()
        }
}

/** A person with the app in their hand: sees words, taps them, types into fields. */
class Hand {
    var controller: ActivityController<MainActivity> =
        Robolectric.buildActivity(MainActivity::class.java).setup()
        private set

    val app = RuntimeEnvironment.getApplication() as TestApp
    val activity: MainActivity
        get() = controller.get()

    val host
        get() = activity.host

    private val root: View
        get() = activity.window.decorView

    init {
        still()
    }

    /** Waits until nothing is under way any more. */
    fun still() {
        val end = System.nanoTime() + 120_000_000_000
        var calm = 0
        while (calm < 3) {
            shadowOf(Looper.getMainLooper()).idle()
            calm = if (host.isStill && app.desk.isStill) calm + 1 else 0
            check(System.nanoTime() < end) { "nothing comes to rest on ${host.screen.route.code}" }
            Thread.sleep(2)
        }
    }

    private fun all(view: View = root): Sequence<View> = sequence {
        yield(view)
        if (view is ViewGroup) for (n in 0 until view.childCount) yieldAll(all(view.getChildAt(n)))
    }

    private fun shown() = all().filter { it.isShown }

    /** Whether practice is written across all that is shown. */
    fun marked(): Boolean {
        val mark = shown().filterIsInstance<Watermark>().singleOrNull() ?: return false
        val picture = Bitmap.createBitmap(mark.width, mark.height, Bitmap.Config.ARGB_8888)
        mark.draw(Canvas(picture))
        val rows = (0 until picture.height step 4).map { y ->
            (0 until picture.width step 4).count { x -> picture.getPixel(x, y) != 0 }
        }
        val isAcross = rows.chunked(rows.size / 3).take(3).all { it.sum() > 50 }
        return isAcross && mark.width == mark.rootView.width && !mark.isClickable
    }

    private fun wordsOf(view: View) =
        all(view)
            .filter { it.isShown }
            .mapNotNull { (it as? TextView)?.text?.toString() }
            .joinToString("\n")

    fun screen() = host.screen.route.code

    fun sees(words: String) = shown().any { (it as? TextView)?.text?.contains(words) == true }

    fun texts(): List<String> = shown().mapNotNull { (it as? TextView)?.text?.toString() }.toList()

    /** The picture that is described so. */
    fun image(said: String): Bitmap {
        val view = shown().first { it is ImageView && it.contentDescription == said }
        return ((view as ImageView).drawable as BitmapDrawable).bitmap
    }

    fun mustSee(vararg words: String) = apply {
        for (w in words) assertTrue("“$w” is not on ${screen()}:\n${wordsOf(root)}", sees(w))
    }

    fun mustNotSee(vararg words: String) = apply {
        for (w in words) assertTrue("“$w” is on ${screen()}:\n${wordsOf(root)}", !sees(w))
    }

    /** Taps the first thing that can be tapped and says so; `nth` of them. */
    fun tap(words: String, nth: Int = 0) = apply {
        val fitting =
            shown()
                .filter {
                    it.isClickable &&
                        it !is EditText &&
                        (words in wordsOf(it) || it.contentDescription == words)
                }
                .toList()
        assertTrue(
            "nothing to tap says “$words” on ${screen()}:\n${wordsOf(root)}",
            fitting.size > nth,
        )
        fitting[nth].performClick()
        still()
    }

    fun entry(label: String, nth: Int = 0): Entry =
        shown().filterIsInstance<Entry>().filter { label in wordsOf(it) }.elementAt(nth)

    /** The keyboard comes up, and takes this much of the screen's height. */
    fun keyboard(dp: Int) = apply {
        val page = activity.findViewById<ViewGroup>(android.R.id.content).getChildAt(0)
        page.setPadding(0, 0, 0, host.kit.dp(dp))
        still()
    }

    /** Whether what can be tapped and says so is on the screen with its whole height, without a swipe. */
    fun isInView(words: String): Boolean {
        val view = shown().first { it.isClickable && it !is EditText && words in wordsOf(it) }
        val part = Rect()
        return view.getGlobalVisibleRect(part) && part.height() == view.height
    }

    /** How far down the page is. */
    fun scrolled() = shown().filterIsInstance<ScrollView>().first().scrollY

    /** Swipes to the end of the page. */
    fun swipeDown() = apply {
        shown().filterIsInstance<ScrollView>().first().apply { scrollTo(0, getChildAt(0).height) }
        still()
    }

    /** Types into a field, and the cursor stays in it. */
    fun typeOnly(label: String, words: String) = apply {
        entry(label).edit.apply {
            requestFocus()
            setText(words)
            assertTrue("the cursor is in “$label”", isFocused)
        }
        still()
    }

    /** Types into a field and leaves it; `nth` of them. */
    fun type(label: String, words: String, nth: Int = 0) = apply {
        val entry = entry(label, nth)
        entry.edit.requestFocus()
        entry.edit.setText(words)
        still()
        root.leaveField()
        still()
    }

    fun pin(digits: String = PIN, then: String = "Mở") = apply {
        for (digit in digits) {
            shown()
                .first { it.isClickable && (it as? TextView)?.text?.toString() == "$digit" }
                .performClick()
            still()
        }
        tap(then)
    }

    /** The file that was handed to the share sheet, as somebody carries it. */
    fun carried(): Uri {
        val chooser = shadowOf(activity).nextStartedActivity
        @Suppress("DEPRECATION")
        val send = chooser.getParcelableExtra<Intent>(Intent.EXTRA_INTENT)!!
        @Suppress("DEPRECATION") val uri = send.getParcelableExtra<Uri>(Intent.EXTRA_STREAM)!!
        val stick = File.createTempFile("stick", ".chibo")
        File(Outgoing.folder(app), uri.lastPathSegment!!).copyTo(stick, overwrite = true)
        return Uri.fromFile(stick)
    }

    fun back() = apply {
        activity.host.back()
        still()
    }

    fun go(code: String, vararg args: String) = apply {
        host.go(code, *args)
        still()
    }

    /** The system takes the process away, and the person comes back to the app. */
    fun dieAndComeBack() = apply {
        val saved = Bundle()
        controller.pause().stop().saveInstanceState(saved)
        runBlocking { app.desk.shut() }
        controller.destroy()
        controller = Robolectric.buildActivity(MainActivity::class.java).setup(saved)
        still()
    }

    /** The app is swiped away, or the phone goes off: the system remembers nothing of it. */
    fun goneAndOpenedAnew() = apply {
        controller.pause().stop()
        runBlocking { app.desk.shut() }
        controller.destroy()
        controller = Robolectric.buildActivity(MainActivity::class.java).setup()
        still()
    }

    /** The phone lies there for longer than a book stays open. */
    fun leftForLong() = apply {
        controller.pause().stop()
        ShadowSystemClock.advanceBy(Duration.ofMinutes(6))
        runBlocking { app.lockIfLong() }
        controller.start().resume()
        still()
    }

    /** Pictures of the screen in every look; each is looked over as well. */
    fun shot(name: String) = apply {
        val kept = Triple(app.settings.size, app.settings.shade, app.settings.language)
        for ((size, said) in listOf(0 to "normal", 2 to "largest")) for (shade in
            listOf(Shade.LIGHT, Shade.DARK)) {
            app.settings.size = size
            app.settings.shade = shade
            host.show()
            still()
            Look.over(root, "$name $said", host.kit)
            picture("$name-$said-${shade.name.lowercase()}", root)
            if (shade == Shade.LIGHT) whole("$name-$said-whole")
        }
        app.settings.size = 0
        app.settings.shade = Shade.LIGHT
        app.settings.language = Language.EN
        host.show()
        still()
        Look.isEnglish(root, name)
        picture("$name-english", root)
        app.settings.size = kept.first
        app.settings.shade = kept.second
        app.settings.language = kept.third
        host.show()
        still()
    }

    /** The page in its whole length, with normal and with the largest letters. */
    fun pictures(name: String) = apply {
        val kept = app.settings.size
        for ((size, said) in listOf(0 to "normal", 2 to "largest")) {
            app.settings.size = size
            host.show()
            still()
            whole("$name-$said-whole")
        }
        app.settings.size = kept
        host.show()
        still()
    }

    /** The page in its whole length, so that what lies below is seen as well. */
    private fun whole(name: String) {
        val scroll = shown().filterIsInstance<ScrollView>().first()
        val page = scroll.getChildAt(0) ?: return
        val tall = page.height.coerceAtLeast(1)
        val bitmap = Bitmap.createBitmap(page.width, tall, Bitmap.Config.ARGB_8888)
        Canvas(bitmap).apply { drawColor(host.kit.colors.paper) }.also(page::draw)
        write(name, bitmap)
    }

    /** One picture of the screen as it is now. */
    fun picture(name: String) = apply { picture(name, root) }

    private fun picture(name: String, view: View) {
        val bitmap = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
        view.draw(Canvas(bitmap))
        write(name, bitmap)
    }

    private fun write(name: String, bitmap: Bitmap) {
        val file = File("target/screens/$name.png").apply { parentFile!!.mkdirs() }
        file.outputStream().use { bitmap.compress(Bitmap.CompressFormat.PNG, 90, it) }
    }
}
