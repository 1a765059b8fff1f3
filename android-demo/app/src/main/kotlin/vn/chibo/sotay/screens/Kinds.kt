package vn.chibo.sotay.screens

import vn.chibo.CodeInfo
import vn.chibo.FieldInfo
import vn.chibo.KindInfo
import vn.chibo.Text
import vn.chibo.ValueType

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

    /** The field with the code of the commune that a text means: it stands right after it. */
    fun communeCode(kind: String, name: String): FieldInfo? =
        communeCode(of(kind)?.fields.orEmpty(), name)

    fun communeCode(fields: List<FieldInfo>, name: String): FieldInfo? {
        val next = fields.getOrNull(fields.indexOfFirst { it.name == name } + 1)
        return next?.takeIf {
            it.holds == ValueType.LINE &&
                it.name.endsWith(PlaceEntry.CODE) &&
                !name.endsWith(PlaceEntry.CODE)
        }
    }

    /** Whether a field is such a code, which is chosen with its text and not typed. */
    fun isCommuneCode(kind: String, name: String) = isCommuneCode(of(kind)?.fields.orEmpty(), name)

    fun isCommuneCode(fields: List<FieldInfo>, name: String) =
        fields.any { communeCode(fields, it.name)?.name == name }

    fun codes(kind: String, field: String): List<CodeInfo> = field(kind, field)?.codes.orEmpty()

    fun code(kind: String, field: String, code: String): Text? =
        codes(kind, field).find { it.code == code }?.label
}
