package vn.chibo.sotay.work

import android.content.Context
import java.io.File
import java.io.IOException
import java.util.UUID
import vn.chibo.sotay.Desk

/**
 * The sealed file that a book leaves behind when its records are gone from this phone: what was handed over, or that the
 * office's word to wipe was obeyed. Only the office opens it, and nobody else has it, so it lies here until somebody says
 * that it is on its way.
 *
 * Its name is its own: of two books that lay in one place on this phone one after the other each leaves its file.
 */
class Parting private constructor(private val file: File) {
    /** Names it, also in the empty book that it came from ([Desk.layDown]). */
    val id = file.name.substringBefore('-')

    /** Under which name it goes out. */
    val whom = file.name.substringAfter('-')

    /** When it was kept, seconds since 1970. */
    val since = file.lastModified() / 1000

    fun bytes() = file.readBytes()

    fun forget() {
        file.delete()
    }

    companion object {
        private fun folder(context: Context) = File(context.filesDir, "parting")

        /** Keeps it; it is whole on the disk when this returns. */
        fun keep(context: Context, whom: String, bytes: ByteArray): Parting {
            val folder = folder(context).apply { mkdirs() }
            val part = File(folder, "part")
            part.outputStream().use { out ->
                out.write(bytes)
                out.fd.sync()
            }
            val file = File(folder, "${UUID.randomUUID().toString().replace("-", "")}-$whom")
            if (!part.renameTo(file)) throw IOException()
            return Parting(file)
        }

        /** All of them, whichever was kept first before the others. */
        fun all(context: Context): List<Parting> =
            folder(context)
                .listFiles { file -> '-' in file.name }
                .orEmpty()
                .map(::Parting)
                .sortedWith(compareBy({ it.since }, { it.id }))
    }
}
