package vn.chibo.sotay.work

import android.content.Context
import android.content.Intent
import android.content.pm.PackageInfo
import android.content.pm.PackageManager
import android.content.pm.Signature
import android.net.ConnectivityManager
import android.net.Uri
import android.os.Build
import java.io.File
import java.io.IOException
import java.security.MessageDigest

/**
 * An app as the system knows it: installed, or in a file. [signers] are the hashes of the
 * certificates that it is signed with, [before] those that its signer says to have used before.
 */
data class Packaged(
    val name: String,
    val version: Long,
    val versionName: String,
    val signers: Set<String>,
    val before: Set<String> = emptySet(),
)

/** What the system says of packages. */
interface Packages {
    /** This app, as it is installed. */
    fun own(): Packaged

    /** What is in a file; `null`: no package, or a damaged one. */
    fun inFile(file: File): Packaged?

    /** The file that this app was installed from; `null`: it is in several pieces. */
    fun ownFile(): File?
}

/** Whether a package may take this app's place. The system's installer looks at it again. */
enum class Verdict {
    NO_PACKAGE,
    ANOTHER_APP,
    ANOTHER_SIGNER,
    OLDER,
    SAME,
    NEWER,
}

fun judge(own: Packaged, other: Packaged?): Verdict =
    when {
        other == null -> Verdict.NO_PACKAGE
        other.name != own.name -> Verdict.ANOTHER_APP
        !isSameSigner(own, other) -> Verdict.ANOTHER_SIGNER
        other.version < own.version -> Verdict.OLDER
        other.version == own.version -> Verdict.SAME
        else -> Verdict.NEWER
    }

/** The same certificates, or one that has taken the place of this one and says so. */
private fun isSameSigner(own: Packaged, other: Packaged): Boolean {
    if (own.signers.isEmpty() || other.signers.isEmpty()) return false
    if (own.signers == other.signers) return true
    return own.signers.size == 1 && other.signers.size == 1 && own.signers.first() in other.before
}

/** The system's own word. */
class SystemPackages(private val context: Context) : Packages {
    private val manager
        get() = context.packageManager

    override fun own() = packaged(manager.getPackageInfo(context.packageName, flags()))

    override fun inFile(file: File): Packaged? {
        // What stands in the file is a stranger's: whatever the system makes of it, it is none.
        val read = { how: Int ->
            runCatching { manager.getPackageArchiveInfo(file.path, how)?.let(::packaged) }
                .getOrNull()
        }
        val found = read(flags()) ?: return null
        // Some systems of version 9 leave the newer words out for a file.
        @Suppress("DEPRECATION")
        return if (found.signers.isEmpty()) read(PackageManager.GET_SIGNATURES) ?: found else found
    }

    override fun ownFile(): File? {
        val info = context.applicationInfo
        return info.sourceDir?.let(::File)?.takeIf { info.splitSourceDirs.isNullOrEmpty() }
    }

    @Suppress("DEPRECATION")
    private fun flags() =
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) PackageManager.GET_SIGNING_CERTIFICATES
        else PackageManager.GET_SIGNATURES

    private fun packaged(info: PackageInfo): Packaged {
        val shown = info.versionName.orEmpty()
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) {
            val signing = info.signingInfo
            if (signing != null) {
                val past =
                    if (signing.hasMultipleSigners()) null else signing.signingCertificateHistory
                val now = hashes(signing.apkContentsSigners)
                return Packaged(info.packageName, info.longVersionCode, shown, now, hashes(past))
            }
        }
        @Suppress("DEPRECATION")
        return Packaged(
            info.packageName,
            info.versionCode.toLong(),
            shown,
            hashes(info.signatures),
        )
    }

    private fun hashes(signatures: Array<Signature>?): Set<String> =
        signatures.orEmpty().mapTo(sortedSetOf()) { signature ->
            MessageDigest.getInstance("SHA-256").digest(signature.toByteArray()).joinToString("") {
                "%02x".format(it)
            }
        }
}

/** Packages on this phone, on their way in and out. Nothing of a record is in them. */
object Updates {
    const val TYPE = "application/vnd.android.package-archive"
    private const val NAME = "so-tay.apk"
    private val mostBytes by lazy { vn.chibo.appLimit().toLong() }

    private fun folder(context: Context) = File(context.cacheDir, "updates").apply { mkdirs() }

    /** Where a package from the node comes to lie. */
    fun fromNode(context: Context) = File(folder(context), "node.apk")

    /** Where one from a card or another app does. */
    fun chosen(context: Context) = File(folder(context), "chosen.apk")

    /** Copies what somebody chose; `false`: it is longer than any package, or cannot be read. */
    fun copy(context: Context, from: Uri): Boolean {
        val to = chosen(context)
        val copied =
            try {
                context.contentResolver.openInputStream(from)?.use { input ->
                    to.outputStream().use { out ->
                        val piece = ByteArray(64 * 1024)
                        var length = 0L
                        while (length <= mostBytes) {
                            val n = input.read(piece)
                            if (n < 0) break
                            out.write(piece, 0, n)
                            length += n
                        }
                        length in 1..mostBytes
                    }
                } ?: false
            } catch (_: IOException) {
                false
            } catch (_: SecurityException) {
                false
            }
        if (!copied) to.delete()
        return copied
    }

    /** Hands a package that was judged to the system's installer, which asks the person. */
    fun install(context: Context, file: File): Intent =
        Intent(Intent.ACTION_VIEW)
            .setDataAndType(Outgoing.put(context, NAME, file), TYPE)
            .addFlags(Intent.FLAG_GRANT_READ_URI_PERMISSION)

    /** This app for another phone: by Bluetooth, Zalo, a card. */
    fun share(context: Context, own: File): Intent =
        Outgoing.share(context, Outgoing.put(context, NAME, own), TYPE)

    /** Whether what is fetched now may cost money by the megabyte; `null`: there is no network. */
    fun isMetered(context: Context): Boolean? {
        val lines = context.getSystemService(ConnectivityManager::class.java)
        return lines.activeNetwork?.let { lines.isActiveNetworkMetered }
    }
}
