"""Reads the contract from a descriptor set."""

from __future__ import annotations

from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import naming
from model import EnumType, EnumValue, Field, Kind, MessageType, Method, OneOf, ProtoFile, Service

OPTIONS_PACKAGE = "baton.common.v1"
OPTIONS_FILE = "baton/common/v1/options.proto"
# Files that only say something about the contract; neither C nor Swift is made of them.
META_FILES = {OPTIONS_FILE, "google/protobuf/descriptor.proto"}


SCALARS: dict[int, tuple[Kind, str]] = {
    descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE: (Kind.NUMBER, "Double"),
    descriptor_pb2.FieldDescriptorProto.TYPE_FLOAT: (Kind.NUMBER, "Float"),
    descriptor_pb2.FieldDescriptorProto.TYPE_INT64: (Kind.NUMBER, "Int64"),
    descriptor_pb2.FieldDescriptorProto.TYPE_UINT64: (Kind.NUMBER, "UInt64"),
    descriptor_pb2.FieldDescriptorProto.TYPE_INT32: (Kind.NUMBER, "Int32"),
    descriptor_pb2.FieldDescriptorProto.TYPE_FIXED64: (Kind.NUMBER, "UInt64"),
    descriptor_pb2.FieldDescriptorProto.TYPE_FIXED32: (Kind.NUMBER, "UInt32"),
    descriptor_pb2.FieldDescriptorProto.TYPE_BOOL: (Kind.BOOL, "Bool"),
    descriptor_pb2.FieldDescriptorProto.TYPE_STRING: (Kind.TEXT, "String"),
    descriptor_pb2.FieldDescriptorProto.TYPE_BYTES: (Kind.BYTES, "[UInt8]"),
    descriptor_pb2.FieldDescriptorProto.TYPE_UINT32: (Kind.NUMBER, "UInt32"),
    descriptor_pb2.FieldDescriptorProto.TYPE_SFIXED32: (Kind.NUMBER, "Int32"),
    descriptor_pb2.FieldDescriptorProto.TYPE_SFIXED64: (Kind.NUMBER, "Int64"),
    descriptor_pb2.FieldDescriptorProto.TYPE_SINT32: (Kind.NUMBER, "Int32"),
    descriptor_pb2.FieldDescriptorProto.TYPE_SINT64: (Kind.NUMBER, "Int64"),
}


class ContractError(Exception):
    """Something in the protos that the generator cannot express."""


def read_set(path: Path) -> descriptor_pb2.FileDescriptorSet:
    """Reads a descriptor set that protoc wrote."""
    return descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())


def load(path: Path) -> list[ProtoFile]:
    """Reads the whole contract, files ascending by path."""
    return _Loader(read_set(path)).files()


class _Loader:
    """Turns descriptors into the model."""

    def __init__(self, descriptors: descriptor_pb2.FileDescriptorSet) -> None:
        self._set = descriptors
        #: Swift path (`Wire.RunRef`) by full name (`.baton.common.v1.RunRef`).
        self._swift_paths: dict[str, str] = {}
        self._map_entries: dict[str, descriptor_pb2.DescriptorProto] = {}
        self._comments: dict[tuple[int, ...], str] = {}
        self._options = _MethodOptions(descriptors)

    def files(self) -> list[ProtoFile]:
        sources = sorted(
            (file for file in self._set.file if file.name not in META_FILES),
            key=lambda file: file.name,
        )
        for file in sources:
            scope = "." + file.package
            for message in file.message_type:
                self._index(message, f"{scope}.{message.name}", f"Wire.{message.name}")
            for enum in file.enum_type:
                self._swift_paths[f"{scope}.{enum.name}"] = f"Wire.{enum.name}"
        files = [self._file(file) for file in sources]
        _check_names(files)
        return files

    def _index(
        self, message: descriptor_pb2.DescriptorProto, full_name: str, swift_path: str
    ) -> None:
        self._swift_paths[full_name] = swift_path
        if message.options.map_entry:
            self._map_entries[full_name] = message
        for nested in message.nested_type:
            self._index(nested, f"{full_name}.{nested.name}", f"{swift_path}.{nested.name}")
        for enum in message.enum_type:
            self._swift_paths[f"{full_name}.{enum.name}"] = f"{swift_path}.{enum.name}"

    def _file(self, file: descriptor_pb2.FileDescriptorProto) -> ProtoFile:
        self._comments = {
            tuple(location.path): location.leading_comments or location.trailing_comments
            for location in file.source_code_info.location
        }
        scope = "." + file.package
        return ProtoFile(
            path=file.name,
            package=file.package,
            messages=[self._message(m, (4, i), scope) for i, m in enumerate(file.message_type)],
            enums=[self._enum(e, (5, i), scope) for i, e in enumerate(file.enum_type)],
            services=[self._service(s, (6, i), scope) for i, s in enumerate(file.service)],
        )

    def _message(
        self, message: descriptor_pb2.DescriptorProto, path: tuple[int, ...], scope: str
    ) -> MessageType:
        full_name = f"{scope}.{message.name}"
        oneofs = [
            OneOf(name=oneof.name, comment=self._comments.get((*path, 8, i), ""))
            for i, oneof in enumerate(message.oneof_decl)
        ]
        members: list[Field | OneOf] = []
        for i, proto in enumerate(message.field):
            made = self._field(proto, (*path, 2, i))
            if proto.proto3_optional:
                raise ContractError(f"{full_name}.{proto.name}: protoc-c knows no `optional`")
            if not proto.HasField("oneof_index"):
                members.append(made)
                continue
            oneof = oneofs[proto.oneof_index]
            if not oneof.fields:
                members.append(oneof)
            oneof.fields.append(made)
        return MessageType(
            name=message.name,
            full_name=full_name[1:],
            swift_path=self._swift_paths[full_name],
            comment=self._comments.get(path, ""),
            members=members,
            messages=[
                self._message(nested, (*path, 3, i), full_name)
                for i, nested in enumerate(message.nested_type)
                if not nested.options.map_entry
            ],
            enums=[
                self._enum(enum, (*path, 4, i), full_name)
                for i, enum in enumerate(message.enum_type)
            ],
        )

    def _field(
        self, proto: descriptor_pb2.FieldDescriptorProto, path: tuple[int, ...]
    ) -> Field:
        kinds = descriptor_pb2.FieldDescriptorProto
        if proto.type in SCALARS:
            kind, element = SCALARS[proto.type]
            c_element = element
        elif proto.type in (kinds.TYPE_MESSAGE, kinds.TYPE_ENUM):
            kind = Kind.ENUM if proto.type == kinds.TYPE_ENUM else Kind.MESSAGE
            if proto.type_name not in self._swift_paths:
                raise ContractError(f"{proto.name}: type {proto.type_name} is not of the contract")
            element = self._swift_paths[proto.type_name]
            c_element = naming.c_type(proto.type_name[1:])
        else:
            raise ContractError(f"{proto.name}: groups are not supported")
        made = Field(
            name=proto.name,
            number=proto.number,
            kind=kind,
            comment=self._comments.get(path, ""),
            repeated=proto.label == kinds.LABEL_REPEATED,
            element=element,
            c_element=c_element,
            type_name=proto.type_name[1:],
        )
        if proto.type_name in self._map_entries:
            entry = self._map_entries[proto.type_name]
            made.map_key = self._field(entry.field[0], ())
            made.map_value = self._field(entry.field[1], ())
        return made

    def _enum(
        self, enum: descriptor_pb2.EnumDescriptorProto, path: tuple[int, ...], scope: str
    ) -> EnumType:
        full_name = f"{scope}.{enum.name}"
        return EnumType(
            name=enum.name,
            full_name=full_name[1:],
            swift_path=self._swift_paths[full_name],
            comment=self._comments.get(path, ""),
            values=[
                EnumValue(value.name, value.number, self._comments.get((*path, 2, i), ""))
                for i, value in enumerate(enum.value)
            ],
        )

    def _service(
        self, service: descriptor_pb2.ServiceDescriptorProto, path: tuple[int, ...], scope: str
    ) -> Service:
        methods = []
        for i, method in enumerate(service.method):
            roles, mutating, idempotent = self._options.of(method)
            methods.append(
                Method(
                    name=method.name,
                    comment=self._comments.get((*path, 2, i), ""),
                    request=self._swift_paths[method.input_type],
                    response=self._swift_paths[method.output_type],
                    client_streams=method.client_streaming,
                    server_streams=method.server_streaming,
                    roles=roles,
                    mutating=mutating,
                    idempotent=idempotent,
                )
            )
        return Service(
            name=service.name,
            full_name=f"{scope}.{service.name}"[1:],
            comment=self._comments.get(path, ""),
            methods=methods,
        )


class _MethodOptions:
    """Reads Baton's own method options, which protoc leaves encoded."""

    def __init__(self, descriptors: descriptor_pb2.FileDescriptorSet) -> None:
        pool = descriptor_pool.DescriptorPool()
        for file in descriptors.file:
            pool.Add(file)
        self._extensions = None
        if not any(file.name == OPTIONS_FILE for file in descriptors.file):
            return
        factory = message_factory.MessageFactory(pool)
        self._type = factory.GetPrototype(
            pool.FindMessageTypeByName("google.protobuf.MethodOptions")
        )
        names = ("role", "mutating", "idempotent")
        self._extensions = [
            pool.FindExtensionByName(f"{OPTIONS_PACKAGE}.{name}") for name in names
        ]
        for extension in self._extensions:
            self._type.RegisterExtension(extension)
        self._roles = pool.FindEnumTypeByName(f"{OPTIONS_PACKAGE}.Role").values_by_number

    def of(self, method: descriptor_pb2.MethodDescriptorProto) -> tuple[list[str], bool, bool]:
        """The roles in Swift's words, whether it is mutating, whether it is idempotent."""
        if self._extensions is None:
            return [], False, False
        options = self._type.FromString(method.options.SerializeToString())
        role, mutating, idempotent = self._extensions
        words = [
            naming.bare_word("Role", self._roles[number].name)
            for number in options.Extensions[role]
        ]
        return (
            [naming.lower_camel(word) for word in words],
            options.Extensions[mutating],
            options.Extensions[idempotent],
        )


def _check_names(files: list[ProtoFile]) -> None:
    """Every name that lands directly in `Wire` must be the only one of its kind."""
    owners: dict[str, str] = {}
    for file in files:
        names = [message.name for message in file.messages] + [enum.name for enum in file.enums]
        for service in file.services:
            names += [service.name, service.name + "Service", service.name + "Client"]
        for name in names:
            if name in owners:
                raise ContractError(f"{name} is declared in {owners[name]} and in {file.path}")
            owners[name] = file.path
    for file in files:
        for message in file.messages:
            _check_recursion(message, files)


def _check_recursion(message: MessageType, files: list[ProtoFile]) -> None:
    """A message may contain itself only through a repeated field or a map."""
    by_name: dict[str, MessageType] = {}

    def collect(found: MessageType) -> None:
        by_name[found.full_name] = found
        for nested in found.messages:
            collect(nested)

    for file in files:
        for top in file.messages:
            collect(top)
    waiting, seen = [message], set()
    while waiting:
        for member in waiting.pop().fields:
            if member.kind is not Kind.MESSAGE or member.repeated:
                continue
            if member.type_name == message.full_name:
                raise ContractError(f"{message.full_name} contains itself through {member.name}")
            if member.type_name not in seen:
                seen.add(member.type_name)
                waiting.append(by_name[member.type_name])
