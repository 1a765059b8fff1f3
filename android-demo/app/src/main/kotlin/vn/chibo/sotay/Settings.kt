package vn.chibo.sotay

import android.content.Context

enum class Language {
    VI,
    EN,
}

enum class Shade {
    SYSTEM,
    LIGHT,
    DARK,
}

/**
 * What a person chose on this phone. It lies outside the encrypted store, because it is needed
 * before that is open: so nothing about anybody stands here.
 */
class Settings(context: Context) {
    private val kept = context.getSharedPreferences("settings", Context.MODE_PRIVATE)

    var language: Language
        get() = Language.entries[kept.getInt("language", 0).coerceIn(Language.entries.indices)]
        set(value) = put("language", value.ordinal)

    /** 0 usual, 1 large, 2 very large: beside what the system's own setting says. */
    var size: Int
        get() = kept.getInt("size", 0).coerceIn(SIZES.indices)
        set(value) = put("size", value)

    var shade: Shade
        get() = Shade.entries[kept.getInt("shade", 0).coerceIn(Shade.entries.indices)]
        set(value) = put("shade", value.ordinal)

    /** Whether data may be sent while roaming. */
    var roaming: Boolean
        get() = kept.getBoolean("roaming", false)
        set(value) = kept.edit().putBoolean("roaming", value).apply()

    /**
     * Whether a person may be asked for leave to be told of things: 0 not yet, 1 now, 2 they were
     * asked.
     */
    var asksForNotices: Int
        get() = kept.getInt("notices", 0)
        set(value) = put("notices", value)

    /** Whether a person was asked for leave to use the network that the office is in: it is asked for once. */
    var askedForNearby: Boolean
        get() = kept.getBoolean("nearby", false)
        set(value) = kept.edit().putBoolean("nearby", value).apply()

    /** Whether a book of this phone was wiped because the office said so, and nobody has opened one since. */
    var wiped: Boolean
        get() = kept.getBoolean("wiped", false)
        set(value) = kept.edit().putBoolean("wiped", value).apply()

    private fun put(name: String, value: Int) = kept.edit().putInt(name, value).apply()

    companion object {
        val SIZES = floatArrayOf(1f, 1.2f, 1.45f)
    }
}
