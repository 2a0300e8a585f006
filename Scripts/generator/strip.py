"""Makes the copy of the contract that protoc-c understands."""

from __future__ import annotations

from pathlib import Path

from google.protobuf import descriptor_pb2

from contract import META_FILES, read_set


def strip(source: Path, target: Path, names: Path) -> None:
    """Writes the set without options, comments, services and the files that declare options.

    Services are left out because Swift dispatches calls; comments, to keep the C code small.
    """
    kept = descriptor_pb2.FileDescriptorSet()
    for file in read_set(source).file:
        if file.name in META_FILES:
            continue
        copy = kept.file.add()
        copy.CopyFrom(file)
        copy.dependency[:] = [name for name in file.dependency if name not in META_FILES]
        for part in ("public_dependency", "weak_dependency", "service", "extension"):
            copy.ClearField(part)
        for part in ("options", "source_code_info"):
            copy.ClearField(part)
        for message in copy.message_type:
            _strip_message(message)
        for enum in copy.enum_type:
            _strip_enum(enum)
    target.write_bytes(kept.SerializeToString(deterministic=True))
    names.write_text("".join(sorted(file.name + "\n" for file in kept.file)))


def _strip_message(message: descriptor_pb2.DescriptorProto) -> None:
    is_map_entry = message.options.map_entry
    message.ClearField("options")
    if is_map_entry:
        message.options.map_entry = True
    for field in message.field:
        field.ClearField("options")
    for oneof in message.oneof_decl:
        oneof.ClearField("options")
    for nested in message.nested_type:
        _strip_message(nested)
    for enum in message.enum_type:
        _strip_enum(enum)


def _strip_enum(enum: descriptor_pb2.EnumDescriptorProto) -> None:
    enum.ClearField("options")
    for value in enum.value:
        value.ClearField("options")
