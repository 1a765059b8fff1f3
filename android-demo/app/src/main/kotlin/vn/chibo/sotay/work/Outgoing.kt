package vn.chibo.sotay.work

import android.content.ClipData
import android.content.ContentProvider
import android.content.ContentValues
import android.content.Context
import android.content.Intent
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.ParcelFileDescriptor
import android.provider.OpenableColumns
import java.io.File
import java.io.FileNotFoundException

/**
 * Files on their way out: a sealed one, or a picture with the names blacked out. They lie in the
 * cache for as long as somebody needs to choose whom to send them to; another app sees only the one
 * that it is given.
 */
class Outgoing : ContentProvider() {
    override fun onCreate() = true

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor {
        val file = fileOf(uri)
        val writes = 'w' in mode
        // Only what a camera was asked for is written from outside.
        if (writes && file.name != PHOTO) throw FileNotFoundException()
        val how =
            if (writes) ParcelFileDescriptor.parseMode("rwt")
            else ParcelFileDescriptor.MODE_READ_ONLY
        return ParcelFileDescriptor.open(file, how)
    }

    override fun query(
        uri: Uri,
        columns: Array<String>?,
        s: String?,
        a: Array<String>?,
        o: String?,
    ): Cursor {
        val file = fileOf(uri)
        val asked = columns ?: arrayOf(OpenableColumns.DISPLAY_NAME, OpenableColumns.SIZE)
        val row =
            asked.map {
                if (it == OpenableColumns.SIZE) file.length()
                else if (it == OpenableColumns.DISPLAY_NAME) file.name else null
            }
        return MatrixCursor(asked).apply { addRow(row) }
    }

    override fun getType(uri: Uri) =
        when (fileOf(uri).extension) {
            "png" -> "image/png"
            "jpg" -> "image/jpeg"
            "apk" -> Updates.TYPE
            else -> "application/octet-stream"
        }

    private fun fileOf(uri: Uri): File {
        val name = uri.lastPathSegment.orEmpty()
        val file = File(folder(context!!), name)
        if (file.name != name || !file.exists()) throw FileNotFoundException()
        return file
    }

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun delete(uri: Uri, s: String?, a: Array<String>?) = 0

    override fun update(uri: Uri, values: ContentValues?, s: String?, a: Array<String>?) = 0

    companion object {
        const val PHOTO = "photo.jpg"
        private const val AUTHORITY = "vn.chibo.sotay.outgoing"

        fun folder(context: Context) = File(context.cacheDir, "outgoing").apply { mkdirs() }

        fun uri(name: String): Uri =
            Uri.Builder().scheme("content").authority(AUTHORITY).appendPath(name).build()

        /** Puts a file there, in the place of those that went out before. */
        fun put(context: Context, name: String, bytes: ByteArray): Uri =
            put(context, name) { it.writeBytes(bytes) }

        /** The same with a copy of a file. */
        fun put(context: Context, name: String, from: File): Uri =
            put(context, name) { from.copyTo(it, overwrite = true) }

        private fun put(context: Context, name: String, write: (File) -> Unit): Uri {
            folder(context).listFiles()?.forEach { it.delete() }
            write(File(folder(context), name))
            return uri(name)
        }

        /** Asks whom to send it to: Zalo, a cable, an SD card. */
        fun share(context: Context, uri: Uri, type: String): Intent {
            val send = Intent(Intent.ACTION_SEND).setType(type).putExtra(Intent.EXTRA_STREAM, uri)
            send.clipData = ClipData.newRawUri(null, uri)
            send.addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)
            return Intent.createChooser(send, null)
        }
    }
}
