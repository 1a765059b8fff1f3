package vn.chibo.sotay

import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** A test on a cheap phone's screen, 360 x 640 dp, with the real library behind it. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = [35], application = TestApp::class, qualifiers = "vi-w360dp-h640dp-notnight-xhdpi")
abstract class AppTest {
    protected val app
        get() = RuntimeEnvironment.getApplication() as TestApp

    /** A secretary's phone, opened. */
    protected fun secretary(): Hand {
        World.secretary(app)
        return Hand().pin()
    }

    /** The phone of Lê Thị Duyên, who works away. */
    protected fun member(): Hand {
        World.member(app)
        return Hand().pin()
    }
}
