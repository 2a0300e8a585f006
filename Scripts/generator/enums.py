"""Open enums: unknown numbers survive."""

from __future__ import annotations

import naming
from model import EnumType
from writer import Writer


def write_enum(out: Writer, enum: EnumType) -> None:
    """Writes an enum as a struct over its number."""
    out.doc(enum.comment or f"The enum `{enum.full_name}`.")
    with out.block(f"public struct {naming.quoted(enum.name)}: OpenEnum"):
        out.doc("The number on the wire.")
        out.line("public var rawValue: Int32")
        out.line()
        out.doc("A value by its number, known or not.")
        out.line("public init(rawValue: Int32) { self.rawValue = rawValue }")
        out.line()
        for value in enum.values:
            word = naming.bare_word(enum.name, value.name)
            out.doc(value.comment or f"`{word}`.")
            name = naming.quoted(naming.lower_camel(word))
            out.line(f"public static let {name} = Self(rawValue: {value.number})")
        out.line()
        out.doc("The values that this version knows, in the order of the contract.")
        out.line("public static let allCases: [Self] = [")
        with out.indented():
            for value in enum.values:
                name = naming.lower_camel(naming.bare_word(enum.name, value.name))
                out.line(f".{naming.quoted(name)},")
        out.line("]")
        out.line()
        out.doc("The bare word, or nil for an unknown number.")
        out.line("public var knownName: String? {")
        with out.indented():
            out.line("switch rawValue {")
            seen: set[int] = set()
            for value in enum.values:
                if value.number not in seen:
                    word = naming.bare_word(enum.name, value.name)
                    out.line(f'case {value.number}: "{word}"')
                seen.add(value.number)
            out.lines("default: nil", "}")
        out.line("}")
