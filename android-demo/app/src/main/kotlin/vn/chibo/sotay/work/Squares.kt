package vn.chibo.sotay.work

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.ClipData
import android.content.Context
import android.content.Intent
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.provider.MediaStore
import com.google.zxing.BarcodeFormat
import com.google.zxing.BinaryBitmap
import com.google.zxing.DecodeHintType
import com.google.zxing.RGBLuminanceSource
import com.google.zxing.ReaderException
import com.google.zxing.WriterException
import com.google.zxing.common.GlobalHistogramBinarizer
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader
import com.google.zxing.qrcode.QRCodeWriter
import java.io.File
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/**
 * Squares (QR) that phones and paper show each other: read out of a picture that the camera app has
 * taken, or drawn.
 */
object Squares {
    private const val SIDE = 1600

    /** Asks the phone's camera app for one picture; `false`: there is none. */
    suspend fun photograph(activity: Activity, request: Int): Boolean {
        val photo =
            withContext(Dispatchers.IO) { Outgoing.put(activity, Outgoing.PHOTO, ByteArray(0)) }
        val take = Intent(MediaStore.ACTION_IMAGE_CAPTURE).putExtra(MediaStore.EXTRA_OUTPUT, photo)
        take.clipData = ClipData.newRawUri(null, photo)
        take.addFlags(
            Intent.FLAG_GRANT_WRITE_URI_PERMISSION or Intent.FLAG_GRANT_READ_URI_PERMISSION
        )
        return try {
            activity.startActivityForResult(take, request)
            true
        } catch (_: ActivityNotFoundException) {
            false
        }
    }

    /** A text as a square of so many pixels; `null`: it is too long for one. */
    fun draw(text: String, side: Int): Bitmap? =
        try {
            val square = QRCodeWriter().encode(text, BarcodeFormat.QR_CODE, side, side)
            val pixels =
                IntArray(side * side) {
                    if (square[it % side, it / side]) 0xFF000000.toInt() else 0xFFFFFFFF.toInt()
                }
            Bitmap.createBitmap(pixels, side, side, Bitmap.Config.ARGB_8888)
        } catch (_: WriterException) {
            null
        }

    /** What the square in the picture says, if one is seen; the picture is deleted. */
    suspend fun read(context: Context): String? =
        withContext(Dispatchers.IO) {
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
        return BitmapFactory.decodeFile(
            file.path,
            BitmapFactory.Options().apply { inSampleSize = step },
        )
    }

    fun text(picture: Bitmap): String? {
        val pixels = IntArray(picture.width * picture.height)
        picture.getPixels(pixels, 0, picture.width, 0, 0, picture.width, picture.height)
        val light = RGBLuminanceSource(picture.width, picture.height, pixels)
        // What one way of looking takes for a corner now and then, another does not.
        return sequenceOf(HybridBinarizer(light), GlobalHistogramBinarizer(light))
            .flatMap { seen -> LOOKS.asSequence().map { hint -> seen to hint } }
            .firstNotNullOfOrNull { (seen, hint) ->
                try {
                    QRCodeReader().decode(BinaryBitmap(seen), mapOf(hint to true)).text
                } catch (_: ReaderException) {
                    null
                }
            }
    }

    private val LOOKS = listOf(DecodeHintType.TRY_HARDER, DecodeHintType.PURE_BARCODE)
}
