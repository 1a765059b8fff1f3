package vn.chibo.sotay

import java.io.File
import vn.chibo.ChangeListener
import vn.chibo.Chibo
import vn.chibo.Clock

/** A made-up branch to try everything with (*chạy thử*): it is never sent anywhere, and gone in one tap. */
object Practice {
    fun create(folder: File, clock: Clock, listener: ChangeListener): Chibo = TODO()
}
