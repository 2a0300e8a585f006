"""The contract as the generator sees it: files, messages, enums and services."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Optional

import naming


class Kind(Enum):
    """What a field holds."""

    TEXT = auto()
    BYTES = auto()
    BOOL = auto()
    NUMBER = auto()
    ENUM = auto()
    MESSAGE = auto()


@dataclass
class Field:
    """A field of a message."""

    name: str
    number: int
    kind: Kind
    comment: str
    repeated: bool
    #: Swift type of one element: `String`, `Int64`, `Wire.RunRef`.
    element: str
    #: C type of one element; of messages and enums the protoc-c name.
    c_element: str
    #: Full name of the message or enum.
    type_name: str
    #: Key and value of a map; the field is then a repeated message of the entry type.
    map_key: Optional["Field"] = None
    map_value: Optional["Field"] = None

    @property
    def swift_name(self) -> str:
        return naming.quoted(naming.lower_camel(self.name))

    @property
    def c_name(self) -> str:
        return naming.c_field(self.name)


@dataclass
class OneOf:
    """A choice among fields; with a single field it stands for an optional one."""

    name: str
    comment: str
    fields: list[Field] = field(default_factory=list)

    @property
    def swift_name(self) -> str:
        return naming.quoted(naming.lower_camel(self.name))

    @property
    def swift_type(self) -> str:
        return naming.quoted(naming.upper_camel(self.name))


@dataclass
class EnumValue:
    """A value of an enum."""

    name: str
    number: int
    comment: str


@dataclass
class EnumType:
    """An enum."""

    name: str
    full_name: str
    swift_path: str
    comment: str
    values: list[EnumValue]


@dataclass
class MessageType:
    """A message; its members in the order of the file, each a field or a oneof."""

    name: str
    full_name: str
    swift_path: str
    comment: str
    members: list[Field | OneOf]
    messages: list["MessageType"]
    enums: list[EnumType]

    @property
    def fields(self) -> list[Field]:
        found: list[Field] = []
        for member in self.members:
            found += member.fields if isinstance(member, OneOf) else [member]
        return found


@dataclass
class Method:
    """A method of a service."""

    name: str
    comment: str
    request: str
    response: str
    client_streams: bool
    server_streams: bool
    roles: list[str]
    mutating: bool
    idempotent: bool


@dataclass
class Service:
    """A service."""

    name: str
    full_name: str
    comment: str
    methods: list[Method]


@dataclass
class ProtoFile:
    """One .proto file."""

    path: str
    package: str
    messages: list[MessageType]
    enums: list[EnumType]
    services: list[Service]
