// Robolectric keeps its instrumentation in classes of `androidx.test:monitor`, which only another
// repository than Maven Central has. These are the few that it calls, in the shapes in which it
// calls them, and without anything behind them: nobody here asks for stages or intents. The tests of both builds compile
// this folder; the app itself does not.
package androidx.test.platform.app

import android.app.Instrumentation
import android.os.Bundle

object InstrumentationRegistry {
    private var held: Instrumentation? = null

    @JvmStatic
    fun registerInstance(instrumentation: Instrumentation?, arguments: Bundle?) {
        held = instrumentation
    }

    @JvmStatic fun getInstrumentation(): Instrumentation = checkNotNull(held)
}
