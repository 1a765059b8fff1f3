package vn.chibo.sotay.work

import android.content.Context
import java.io.File
import java.io.IOException

/**
 * The sealed file that a book leaves behind when its records are gone from this phone: what was handed over, or that the
 * office's word to wipe was obeyed. Only the office opens it, and nobody else has it, so it lies here until somebody says
 * that it is on its way.
 */
class Parting(private val file: File) {
    /** Whose book it was. */
    val person = file.name.substringBefore('-').toIntOrNull() ?: 0

    /** Under which name it goes out. */
    val whom = file.name.substringAfter('-')

    fun bytes() = file.readBytes()

    fun forget() {
        file.delete()
    }

    companion object {
        private fun folder(context: Context) = File(context.filesDir, "parting")

        /** Keeps it; it is whole on the disk when this returns. */
        fun keep(context: Context, person: Int, whom: String, bytes: ByteArray) {
            val folder = folder(context).apply { mkdirs() }
            val part = File(folder, "part")
            part.outputStream().use { out ->
                out.write(bytes)
                out.fd.sync()
            }
            if (!part.renameTo(File(folder, "$person-$whom"))) throw IOException()
        }

        fun all(context: Context): List<Parting> =
            folder(context).listFiles { file -> '-' in file.name }.orEmpty().sorted().map(::Parting)
    }
}
