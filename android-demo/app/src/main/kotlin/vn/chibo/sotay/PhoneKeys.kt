package vn.chibo.sotay

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import java.security.GeneralSecurityException
import java.security.KeyStore as JavaKeyStore
import java.security.UnrecoverableKeyException
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import vn.chibo.KeyStore
import vn.chibo.KeyStoreException

/**
 * The phone's own keystore: who copies the files of this app has nothing without this very phone.
 */
class PhoneKeys : KeyStore {
    override fun wrap(secret: ByteArray): ByteArray = asked {
        val cipher = Cipher.getInstance(HOW)
        cipher.init(Cipher.ENCRYPT_MODE, kept() ?: made())
        val closed = cipher.doFinal(secret)
        byteArrayOf(cipher.iv.size.toByte()) + cipher.iv + closed
    }

    override fun open(wrapped: ByteArray): ByteArray = asked {
        val key = kept() ?: throw KeyStoreException.Gone()
        val ivBytes = wrapped.firstOrNull()?.toInt() ?: 0
        if (ivBytes !in 12..16 || wrapped.size <= ivBytes + 1) throw KeyStoreException.Gone()
        val cipher = Cipher.getInstance(HOW)
        cipher.init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(128, wrapped, 1, ivBytes))
        cipher.doFinal(wrapped, 1 + ivBytes, wrapped.size - 1 - ivBytes)
    }

    private fun kept(): SecretKey? {
        val store = JavaKeyStore.getInstance(PROVIDER).apply { load(null) }
        return store.getKey(ALIAS, null) as? SecretKey
    }

    private fun made(): SecretKey {
        val spec =
            KeyGenParameterSpec.Builder(
                    ALIAS,
                    KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT,
                )
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .setKeySize(256)
                .build()
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER)
            .apply { init(spec) }
            .generateKey()
    }

    private fun asked(what: () -> ByteArray): ByteArray =
        try {
            what()
        } catch (e: GeneralSecurityException) {
            throw said(e)
        } catch (_: java.security.ProviderException) {
            throw KeyStoreException.NotNow()
        }

    companion object {
        private const val PROVIDER = "AndroidKeyStore"
        private const val ALIAS = "stores"
        private const val HOW = "AES/GCM/NoPadding"

        /** Whether the key is gone for good, so that only a code that is read out helps, or does not answer now. */
        fun said(e: GeneralSecurityException): KeyStoreException =
            when (e) {
                is KeyPermanentlyInvalidatedException,
                // What lies there under the key's name cannot be made a key again.
                is UnrecoverableKeyException,
                is AEADBadTagException -> KeyStoreException.Gone()
                else -> KeyStoreException.NotNow()
            }
    }
}
