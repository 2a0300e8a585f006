"""Swift values of messages, and their copying from and to protoc-c's structs."""

from __future__ import annotations

import naming
from enums import write_enum
from model import Field, Kind, MessageType, OneOf
from writer import Writer

DEFAULTS = {Kind.TEXT: '""', Kind.BYTES: "[]", Kind.BOOL: "false", Kind.NUMBER: "0"}


def write_message(out: Writer, message: MessageType) -> None:
    """Writes the value type of a top-level message with what is nested in it."""
    with out.block("extension Wire"):
        _write_struct(out, message)


def write_conformances(out: Writer, message: MessageType) -> None:
    """Writes the coding of a message and of those nested in it."""
    _write_message_conformance(out, message)
    out.line()
    _write_c_conformance(out, message)
    for nested in message.messages:
        out.line()
        write_conformances(out, nested)


# The value type


def _write_struct(out: Writer, message: MessageType) -> None:
    out.doc(message.comment or f"The message `{message.full_name}`.")
    with out.block(f"public struct {naming.quoted(message.name)}: Hashable, Sendable"):
        for member in message.members:
            out.doc(_member_comment(member))
            name, kind, _ = _member(member)
            out.line(f"public var {name}: {kind}")
        if message.members:
            out.line()
        out.doc("An empty message: every field absent.")
        if message.members:
            with out.block("public init()"):
                for member in message.members:
                    name, _, default = _member(member)
                    out.line(f"{name} = {default}")
            _write_memberwise_init(out, message)
        else:
            out.line("public init() {}")
        for member in message.members:
            if isinstance(member, OneOf) and not _is_optional(member):
                out.line()
                _write_choice(out, member)
        for nested in message.messages:
            out.line()
            _write_struct(out, nested)
        for enum in message.enums:
            out.line()
            write_enum(out, enum)


def _write_memberwise_init(out: Writer, message: MessageType) -> None:
    out.line()
    out.doc("A message with the fields given; the others are absent.")
    members = [_member(member) for member in message.members]
    out.line("public init(")
    with out.indented():
        for position, (name, kind, default) in enumerate(members):
            comma = "," if position + 1 < len(members) else ""
            out.line(f"{name}: {kind} = {default}{comma}")
    out.line(") {")
    with out.indented():
        for name, _, _ in members:
            out.line(f"self.{name} = {name}")
    out.line("}")


def _write_choice(out: Writer, oneof: OneOf) -> None:
    out.doc(oneof.comment or f"The choices of `{oneof.name}`.")
    with out.block(f"public enum {oneof.swift_type}: Hashable, Sendable"):
        for field in oneof.fields:
            out.doc(_comment(field))
            out.line(f"case {field.swift_name}({field.element})")


def _member(member: Field | OneOf) -> tuple[str, str, str]:
    """Swift name, type and default value of a member."""
    if isinstance(member, OneOf):
        if _is_optional(member):
            only = member.fields[0]
            return only.swift_name, f"{only.element}?", "nil"
        return member.swift_name, f"{member.swift_type}?", "nil"
    if member.map_key and member.map_value:
        return (
            member.swift_name,
            f"[{member.map_key.element}: {member.map_value.element}]",
            "[:]",
        )
    if member.repeated:
        return member.swift_name, f"[{member.element}]", "[]"
    if member.kind is Kind.MESSAGE:
        return member.swift_name, f"{member.element}?", "nil"
    if member.kind is Kind.ENUM:
        return member.swift_name, member.element, f"{member.element}()"
    return member.swift_name, member.element, DEFAULTS[member.kind]


def _is_optional(oneof: OneOf) -> bool:
    """A choice of one field is an optional field (CT3)."""
    return len(oneof.fields) == 1


def _member_comment(member: Field | OneOf) -> str:
    if isinstance(member, OneOf):
        if _is_optional(member):
            return "\n\n".join(filter(None, [_comment(member.fields[0]), member.comment]))
        return member.comment or f"One of the choices of `{member.name}`, or nil."
    return _comment(member)


def _comment(field: Field) -> str:
    return field.comment or f"The field `{field.name}`."


# Coding


def _write_message_conformance(out: Writer, message: MessageType) -> None:
    path = message.swift_path
    with out.block(f"extension {path}: Message"):
        out.doc("The full name of the message.")
        out.line(f'public static var messageName: String {{ "{message.full_name}" }}')
        out.line()
        out.doc("Decodes untrusted bytes; see ``Message``.")
        out.line("public init(")
        with out.indented():
            out.line("serialized bytes: UnsafeRawBufferPointer, limits: DecodingLimits")
        with out.block(") throws(BatonError)"):
            out.line("self = try Self.decoded(from: bytes, limits)")
        out.line()
        out.doc("Appends the encoded message to a buffer; see ``Message``.")
        out.line("public func serialize(")
        with out.indented():
            out.line("into buffer: inout ByteBuffer, prefix: (Int, inout ByteBuffer) -> Void")
        with out.block(")"):
            out.line("encodeMessage(into: &buffer, prefix: prefix) { arena in")
            with out.indented():
                out.line("arena.packable(self)")
            out.line("}")


def _write_c_conformance(out: Writer, message: MessageType) -> None:
    with out.block(f"extension {message.swift_path}: CBacked"):
        out.line(f"typealias CStruct = {naming.c_type(message.full_name)}")
        out.line("static var descriptor: UnsafePointer<ProtobufCMessageDescriptor> {")
        with out.indented():
            out.line(f"{accessor(message.full_name)}()")
        out.line("}")
        out.line()
        with out.block("static func copied(from c: UnsafePointer<CStruct>) -> Self"):
            _write_copied(out, message)
        out.line()
        out.line("func copy(to c: UnsafeMutablePointer<CStruct>, in arena: MessageArena) {")
        with out.indented():
            for member in message.members:
                _write_copy_out(out, member)
        out.line("}")


def accessor(full_name: str) -> str:
    """The C function that gives a message's descriptor; see cheaders.py."""
    return f"baton_descriptor_of__{naming.c_lower(full_name)}"


def _write_copied(out: Writer, message: MessageType) -> None:
    """Writes the body that makes a value of a C struct.

    Constants and one call of the memberwise initialiser: assigning properties one by one makes the
    compiler copy and destroy the whole value.
    """
    for member in message.members:
        _write_copy_in(out, member)
    names = [_member(member)[0] for member in message.members]
    if not names:
        out.line("Self()")
        return
    out.line("return Self(")
    with out.indented():
        for position, name in enumerate(names):
            end = "," if position + 1 < len(names) else ")"
            out.line(f"{naming.label(name)}: {name}{end}")


def _write_copy_in(out: Writer, member: Field | OneOf) -> None:
    if isinstance(member, OneOf):
        _write_choice_in(out, member)
        return
    name, c_name = member.swift_name, member.c_name
    if member.map_key and member.map_value:
        _write_map_in(out, member)
    elif member.repeated:
        counted = f"c.pointee.n_{c_name}, c.pointee.{c_name}"
        out.closure(f"let {name} = copiedArray({counted})", _value_in(member, "$0"))
    elif member.kind is Kind.MESSAGE:
        out.line(f"let {name}: {member.element}? = copiedMessage(c.pointee.{c_name})")
    else:
        _assign(out, f"let {name}", _value_in(member, f"c.pointee.{c_name}"))


def _assign(out: Writer, target: str, value: str) -> None:
    """Writes an assignment, over two lines where one is too short."""
    if out.fits(f"{target} = {value}"):
        out.line(f"{target} = {value}")
        return
    out.line(f"{target} =")
    with out.indented():
        call, _, argument = value.partition("(")
        if out.fits(value):
            out.line(value)
        else:
            out.lines(f"{call}(", f"  {argument}")


def _value_in(field: Field, expression: str) -> str:
    """The Swift value of a C value that is there."""
    if field.kind is Kind.TEXT:
        return f"copiedText({expression})"
    if field.kind is Kind.BYTES:
        return f"copiedBytes({expression})"
    if field.kind is Kind.BOOL:
        return f"{expression} != 0"
    if field.kind is Kind.ENUM:
        return f"{field.element}(truncatingIfNeeded: {expression}.rawValue)"
    if field.kind is Kind.MESSAGE:
        return f"copiedMessage({expression}) ?? {field.element}()"
    return expression


def _write_choice_in(out: Writer, oneof: OneOf) -> None:
    case = f"c.pointee.{oneof.name.lower()}_case.rawValue"
    optional = _is_optional(oneof)
    name = oneof.fields[0].swift_name if optional else oneof.swift_name
    out.line(f"let {name}: {_member(oneof)[1]}")
    out.line(f"switch {case} {{")
    for field in oneof.fields:
        value = _value_in(field, f"c.pointee.{field.c_name}")
        out.line(f"case {field.number}:")
        with out.indented():
            _assign(out, name, value if optional else f".{field.swift_name}({value})")
    out.lines("default:", f"  {name} = nil", "}")


def _write_map_in(out: Writer, field: Field) -> None:
    assert field.map_key and field.map_value
    counted = f"c.pointee.n_{field.c_name}, c.pointee.{field.c_name}"
    out.line(f"let {field.swift_name} = copiedMap({counted}) {{ entry in")
    with out.indented():
        key = _value_in(field.map_key, "entry.pointee.key")
        value = _value_in(field.map_value, "entry.pointee.value")
        out.line(f"({key}, {value})")
    out.line("}")


def _write_copy_out(out: Writer, member: Field | OneOf) -> None:
    if isinstance(member, OneOf):
        _write_choice_out(out, member)
        return
    name, c_name = member.swift_name, member.c_name
    if member.map_key and member.map_value:
        _write_map_out(out, member)
    elif member.repeated:
        with out.block(f"if !{name}.isEmpty"):
            out.line(f"c.pointee.n_{c_name} = {name}.count")
            out.closure(f"c.pointee.{c_name} = arena.array({name})", _value_out(member, "$0"))
    elif member.kind is Kind.TEXT:
        out.line(f"c.pointee.{c_name} = arena.textOrNil({name})")
    elif member.kind is Kind.MESSAGE:
        with out.block(f"if let {name}"):
            out.line(f"c.pointee.{c_name} = arena.message({name})")
    else:
        _assign(out, f"c.pointee.{c_name}", _value_out(member, name))


def _value_out(field: Field, expression: str) -> str:
    """The C value of a Swift value that is there."""
    if field.kind is Kind.TEXT:
        return f"arena.text({expression})"
    if field.kind is Kind.BYTES:
        return f"arena.bytes({expression})"
    if field.kind is Kind.BOOL:
        return f"{expression} ? 1 : 0"
    if field.kind is Kind.ENUM:
        return f"{field.c_element}(rawValue: .init(truncatingIfNeeded: {expression}.rawValue))"
    if field.kind is Kind.MESSAGE:
        return f"arena.message({expression})"
    return expression


def _write_choice_out(out: Writer, oneof: OneOf) -> None:
    case = f"c.pointee.{oneof.name.lower()}_case"

    def store(field: Field, value: str) -> None:
        with out.indented():
            out.line(f"{case} = .init(rawValue: {field.number})")
            _assign(out, f"c.pointee.{field.c_name}", _value_out(field, value))

    if _is_optional(oneof):
        only = oneof.fields[0]
        out.line(f"if let {only.swift_name} {{")
        store(only, only.swift_name)
        out.line("}")
        return
    out.line(f"switch {oneof.swift_name} {{")
    for field in oneof.fields:
        out.line(f"case .{field.swift_name}(let value):")
        store(field, "value")
    out.lines("case nil: break", "}")


def _write_map_out(out: Writer, field: Field) -> None:
    assert field.map_key and field.map_value
    name, c_name = field.swift_name, field.c_name
    entry = f"{naming.c_type(field.type_name)}.self"
    order = "textPrecedes($0.pointee.key, $1.pointee.key)"
    if field.map_key.kind is not Kind.TEXT:
        order = "$0.pointee.key < $1.pointee.key"
    with out.block(f"if !{name}.isEmpty"):
        out.line(f"c.pointee.n_{c_name} = {name}.count")
        out.line(f"c.pointee.{c_name} = arena.map(")
        with out.indented():
            out.lines(f"{name}, {entry},", f"{accessor(field.type_name)}()")
        out.line(") { entry, key, value in")
        with out.indented():
            out.line(f"entry.pointee.key = {_value_out(field.map_key, 'key')}")
            out.line(f"entry.pointee.value = {_value_out(field.map_value, 'value')}")
        out.line("} order: {")
        with out.indented():
            out.line(order)
        out.line("}")
