"""Values of list keys in their canonical form (RFC 7950 section 9): equal where they name one entry."""

import re
from collections.abc import Callable
from typing import Any, Final

from yangbeam.core.yang.tree import Node, YangType

Canonical = Callable[[Any], str]

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_DECIMAL: Final = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)


def canonical(leaf: Node) -> Canonical:
    """Returns what renders a key's JSON value as an XPath compares it: the canonical form (RFC 7950 section 9).

    A value that is none of the leaf's type, in a message that was passed on without being valid, stands as it came.
    """
    return _renderer(leaf.type, leaf.module) if leaf.type is not None else _text


def _renderer(kind: YangType, module: str) -> Canonical:
    base = kind.base
    if base.endswith("64") and base != "decimal64":
        return _integer
    if base == "decimal64":
        return _decimal
    if base == "identityref":
        return lambda value: f"{module}:{value}" if isinstance(value, str) and ":" not in value else _text(value)
    return _text


def _integer(value: Any) -> str:
    return str(int(value)) if isinstance(value, str) and _INTEGER.fullmatch(value) else _text(value)


def _decimal(value: Any) -> str:
    """RFC 7950 section 9.3.2: no trailing zeros but one digit on either side of the point."""
    match = _DECIMAL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return _text(value)
    sign, whole, fraction = match.groups("")
    return f"{sign.removeprefix('+')}{whole.lstrip('0') or '0'}.{fraction.rstrip('0') or '0'}"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if isinstance(value, list) else str(value)
