"""Turns leaf values of XML text and CBOR items into RFC 7951 JSON values, by their YANG type.

A value that its type does not accept is passed on as text: the validator that follows refuses it and says why.
"""

import base64
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from cbor2 import CBORTag

from yangbeam.core.yang.tree import YangType
from yangbeam.core.yang.values import broken_rule

Prefixes = Mapping[str | None, str]
"""XML prefix → module name; None is the default namespace."""

_SMALL = frozenset(("int8", "int16", "int32", "uint8", "uint16", "uint32"))
_WIDE = frozenset(("int64", "uint64"))
_SPACED = _SMALL | _WIDE | frozenset(("decimal64", "boolean", "enumeration", "bits", "identityref", "empty", "binary"))


_INTEGER = re.compile(r"[+-]?[0-9]+")
"""Python takes more spellings."""
_BLANKS = " \t\r\n"
"""What XML calls white space."""
_words = re.compile(rf"[^{_BLANKS}]+").findall
MAX_DIGITS = 20
"""Sign and digits of the longest integer of YANG; JSON writers refuse wider ones, so they stay text."""


def _small(_: YangType, text: str) -> Any:
    try:
        return int(text) if len(text) <= MAX_DIGITS and _INTEGER.fullmatch(text) else text
    except ValueError:
        return text


def _boolean(_: YangType, text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)


def _empty(_: YangType, text: str) -> Any:
    return text or [None]


_FROM_TEXT: dict[str, Callable[[YangType, str], Any]] = {
    **dict.fromkeys(_SMALL, _small),
    "boolean": _boolean,
    "empty": _empty,
    "bits": lambda _, text: " ".join(_words(text)),
    "binary": lambda _, text: "".join(_words(text)),
}


def from_text(kind: YangType, text: str, prefixes: Prefixes, module: str) -> Any:
    """Converts the text of an XML element, or a key value of a target.

    Args:
        kind: Type of the leaf.
        text: As it stands in the element; whitespace around anything but strings is not significant.
        prefixes: What the prefixes of identities and paths mean there.
        module: Module of the leaf.
    """
    if kind.base == "union":
        return _first_member(kind, lambda member: from_text(member, text, prefixes, module), module, text)
    text = text.strip(_BLANKS) if kind.base in _SPACED else text
    if kind.base == "identityref":
        return _identity(kind, text, prefixes, module)
    if kind.base == "instance-identifier":
        return _instance_identifier(text.strip(_BLANKS), prefixes)
    return _FROM_TEXT[kind.base](kind, text) if kind.base in _FROM_TEXT else text


def _first_member(kind: YangType, convert: Callable[[YangType], Any], module: str, otherwise: Any) -> Any:
    """The first member of a union that accepts the value wins (RFC 7950 section 9.12)."""
    for member in kind.members:
        value = convert(member)
        if not broken_rule(member, value, module):
            return value
    return otherwise


def _identity(kind: YangType, text: str, prefixes: Prefixes, module: str) -> str:
    """``prefix:name`` → ``module:name``, without the module where it is the leaf's own (RFC 7951 section 6.8).

    Some publishers write module names where prefixes belong; that is understood when the identity exists. What names
    none keeps its module: without it another module's identity could be meant.
    """
    prefix, _, name = text.rpartition(":")
    if text in kind.identities and prefix not in prefixes:
        home = prefix
    else:
        home = prefixes.get(prefix or None, prefix or module)
    if not prefix and f"{home}:{name}" not in kind.identities:
        home = module
    return _without_own(kind, f"{home}:{name}", module) if prefix else name if home == module else f"{home}:{name}"


def _without_own(kind: YangType, name: str, module: str) -> str:
    """Leaves the leaf's own module out where the identity exists."""
    return name.removeprefix(f"{module}:") if name in kind.identities else name


def _instance_identifier(text: str, prefixes: Prefixes) -> str:
    """Prefixes of an XML path → module names, only where the module changes (RFC 7951 section 6.11)."""
    out, quote, i, current = [], "", 0, ""
    while i < len(text):
        char = text[i]
        if quote or char in "'\"":
            quote = "" if char == quote else quote or char
            out.append(char)
            i += 1
            continue
        word = i
        while word < len(text) and (text[word].isalnum() or text[word] in "_-.:") and text[word] not in "/[]=":
            word += 1
        if word == i:
            out.append(char)
            i += 1
            continue
        prefix, _, name = text[i:word].rpartition(":")
        module = prefixes.get(prefix, prefix)
        out.append(name if not prefix or module == current else f"{module}:{name}")
        if prefix and (len(out) == 1 or out[-2] == "/"):
            current = module
        i = word
    return "".join(out)


def _enumeration(kind: YangType, item: Any) -> Any:
    names = {number: name for name, number in kind.enums}
    return names.get(item, item) if isinstance(item, int) and not isinstance(item, bool) else item


def _wide(_: YangType, item: Any) -> Any:
    return str(item) if isinstance(item, int) and not isinstance(item, bool) else item


def _decimal64(kind: YangType, item: Any) -> Any:
    if isinstance(item, int) and not isinstance(item, bool):
        item = Decimal(item)
    if not isinstance(item, Decimal) or not item.is_finite() or abs(item.adjusted()) > 20:
        return item
    text = f"{item:.{max(1, kind.fraction_digits)}f}"
    if Decimal(text) != item:
        return str(item)
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def _bitmap(kind: YangType, item: Any) -> Any:
    """A byte string with bit 0 lowest, or an array of byte strings and offsets (RFC 9254 section 6.7)."""
    octets, most = bytearray(), max((at for _, at in kind.bits), default=0) // 8 + 1
    for part in item if isinstance(item, list) else [item]:
        if len(octets) > most:
            return item  # no such bit: each part may stand for thousands of octets
        if isinstance(part, bytes):
            octets += part
        elif isinstance(part, int) and 0 <= part <= 4096:
            octets += bytes(part)
        else:
            return item
    wanted = int.from_bytes(octets, "little")
    named = {name: 1 << at for name, at in kind.bits if wanted >> at & 1}
    return " ".join(named) if sum(named.values()) == wanted else item  # what has no name is not dropped


def _bits(kind: YangType, item: Any) -> Any:
    return _bitmap(kind, item) if isinstance(item, bytes | list) else item


def _binary(_: YangType, item: Any) -> Any:
    return base64.b64encode(item).decode() if isinstance(item, bytes) else item


def _null(_: YangType, item: Any) -> Any:
    return [None] if item is None else item


_FROM_CBOR: dict[str, Callable[[YangType, Any], Any]] = {
    **dict.fromkeys(_WIDE, _wide),
    "enumeration": _enumeration,
    "decimal64": _decimal64,
    "bits": _bits,
    "binary": _binary,
    "empty": _null,
}
_UNION_TAGS = {43: "bits", 44: "enumeration", 45: "identityref", 46: "instance-identifier"}


def from_cbor(kind: YangType, item: Any, identities: Mapping[int, str], module: str) -> Any:
    """Converts a CBOR item (RFC 9254 section 6): integers, names or SIDs → the JSON form.

    Args:
        kind: Type of the leaf.
        item: As cbor2 gives it; unions may carry tags 43 to 46.
        identities: SID → ``module:name`` of an identity.
        module: Module of the leaf.
    """
    if kind.base == "union":
        if isinstance(item, CBORTag) and item.tag in _UNION_TAGS:
            members = tuple(member for member in kind.members if member.base == _UNION_TAGS[item.tag])
            kind, item = YangType("union", members=members), item.value
            return _first_member(kind, lambda member: from_cbor(member, item, identities, module), module, item)
        return _first_member(kind, lambda member: _untagged(member, item, identities, module), module, item)
    if kind.base == "identityref":
        name = identities.get(item, item) if isinstance(item, int) else item
        return _without_own(kind, name, module) if isinstance(name, str) else name
    return _FROM_CBOR[kind.base](kind, item) if kind.base in _FROM_CBOR else item


def _untagged(kind: YangType, item: Any, identities: Mapping[int, str], module: str) -> Any:
    """The same of a member of a union: without a tag an integer is a number, and octets are binary (section 6.13)."""
    is_named = kind.base in _UNION_TAGS.values()
    return item if is_named and not isinstance(item, str) else from_cbor(kind, item, identities, module)
