package vn.chibo.sotay.screens

import vn.chibo.CodeInfo
import vn.chibo.FieldInfo
import vn.chibo.KindInfo
import vn.chibo.Text

/** What the core says of the kinds of documents: forms, lists and cases are drawn from it. */
object Kinds {
    private val all: Map<String, KindInfo> by lazy { vn.chibo.kinds().associateBy { it.name } }

    fun of(name: String): KindInfo? = all[name]

    fun everything(): Collection<KindInfo> = all.values

    fun field(kind: String, name: String): FieldInfo? = of(kind)?.fields?.find { it.name == name }

    /** The field that a path means, down to the cell of an entry. */
    fun at(kind: String, path: String): FieldInfo? {
        val parts = path.split("/")
        val field = field(kind, parts[0]) ?: return null
        return if (parts.size == 3) field.cells.find { it.name == parts[2] } else field
    }

    fun codes(kind: String, field: String): List<CodeInfo> = field(kind, field)?.codes.orEmpty()

    fun code(kind: String, field: String, code: String): Text? = codes(kind, field).find { it.code == code }?.label
}
