"""Names: from the contract's words to those of Swift and of protoc-c's C code."""

from __future__ import annotations

# Parts of a name that Swift writes in capitals when they are not its first part.
ACRONYMS = {
    "html": "HTML",
    "id": "ID",
    "ids": "IDs",
    "json": "JSON",
    "uri": "URI",
    "url": "URL",
    "yaml": "YAML",
}

SWIFT_KEYWORDS = set(
    """
    Any Self Type actor as associatedtype await break case catch class continue default defer
    deinit do else enum extension fallthrough false fileprivate for func guard if import in init
    inout internal is let nil operator precedencegroup private protocol public repeat rethrows
    return self static struct subscript super switch throw throws true try typealias var where
    while
    """.split()
)

# protoc-c appends an underscore to these (c_helpers.cc).
C_KEYWORDS = set(
    """
    and and_eq asm auto bitand bitor bool break case catch char class compl const const_cast
    continue default delete do double dynamic_cast else enum explicit extern false float for friend
    goto if inline int long mutable namespace new not not_eq operator or or_eq private protected
    public register reinterpret_cast return short signed sizeof static static_cast struct switch
    template this throw true try typedef typeid typename union unsigned using virtual void volatile
    wchar_t while xor xor_eq
    """.split()
)


def quoted(name: str) -> str:
    """A Swift identifier, in backticks where it is a keyword."""
    return f"`{name}`" if name in SWIFT_KEYWORDS else name


def label(name: str) -> str:
    """A Swift identifier as an argument label, where most keywords stand as they are."""
    bare = name.strip("`")
    return name if bare in ("inout", "let", "var") else bare


def lower_camel(snake: str) -> str:
    """`external_run_id` becomes `externalRunID`."""
    parts = [part for part in snake.lower().split("_") if part]
    tail = [ACRONYMS.get(part, part[:1].upper() + part[1:]) for part in parts[1:]]
    return "".join([parts[0], *tail])


def upper_camel(snake: str) -> str:
    """`limit_kind` becomes `LimitKind`."""
    name = lower_camel(snake)
    return name[:1].upper() + name[1:]


def lower_first(camel: str) -> str:
    """`GetToken` becomes `getToken`."""
    return camel[:1].lower() + camel[1:]


def screaming_snake(camel: str) -> str:
    """`RunStatus` becomes `RUN_STATUS`."""
    return _camel_to_lower(camel).upper()


def bare_word(enum_name: str, value_name: str) -> str:
    """`RUN_STATUS_RUNNING` of `RunStatus` becomes `RUNNING` (CT2)."""
    prefix = screaming_snake(enum_name) + "_"
    return value_name[len(prefix) :] if value_name.startswith(prefix) else value_name


def c_type(full_name: str) -> str:
    """The C type of a message or an enum, as protoc-c's FullNameToC makes it."""
    return "__".join(_to_camel(part) for part in full_name.split("."))


def c_lower(full_name: str) -> str:
    """The stem of a message's C functions, as protoc-c's FullNameToLower makes it."""
    return "__".join(_camel_to_lower(part) for part in full_name.split("."))


def c_field(name: str) -> str:
    """The C member of a field."""
    name = name.lower()
    return name + "_" if name in C_KEYWORDS else name


def _to_camel(name: str) -> str:
    result, upper = "", True
    for letter in name:
        if letter == "_":
            upper = True
            continue
        result += letter.upper() if upper else letter
        upper = False
    return result


def _camel_to_lower(name: str) -> str:
    result, was_upper = "", True
    for letter in name:
        if letter.isupper() and not was_upper:
            result += "_"
        was_upper = letter.isupper()
        result += letter.lower()
    return result
