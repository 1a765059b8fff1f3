package vn.chibo.sotay.work

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import com.google.zxing.BinaryBitmap
import com.google.zxing.DecodeHintType
import com.google.zxing.RGBLuminanceSource
import com.google.zxing.ReaderException
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader
import java.io.File
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** Reads the ticket's square (QR) in the picture that the camera app has taken; the picture is deleted. */
object QrReader {
    private const val SIDE = 1600

    suspend fun read(context: Context): String? = withContext(Dispatchers.IO) {
        val file = File(Outgoing.folder(context), Outgoing.PHOTO)
        try {
            bitmap(file)?.let(::text)
        } finally {
            file.delete()
        }
    }

    private fun bitmap(file: File): Bitmap? {
        val size = BitmapFactory.Options().apply { inJustDecodeBounds = true }
        BitmapFactory.decodeFile(file.path, size)
        val longest = maxOf(size.outWidth, size.outHeight)
        if (longest <= 0) return null
        var step = 1
        while (longest / step > SIDE) step *= 2
        return BitmapFactory.decodeFile(file.path, BitmapFactory.Options().apply { inSampleSize = step })
    }

    fun text(picture: Bitmap): String? {
        val pixels = IntArray(picture.width * picture.height)
        picture.getPixels(pixels, 0, picture.width, 0, 0, picture.width, picture.height)
        val seen = BinaryBitmap(HybridBinarizer(RGBLuminanceSource(picture.width, picture.height, pixels)))
        return try {
            QRCodeReader().decode(seen, mapOf(DecodeHintType.TRY_HARDER to true)).text
        } catch (_: ReaderException) {
            null
        }
    }
}
