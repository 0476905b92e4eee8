"""Values of leaves in their canonical form (RFC 7950 section 9): equal texts for equal values.

| type | form | section |
|---|---|---|
| int8 … uint64 | decimal, no plus, no leading zeros | 9.2.2 |
| decimal64 | one digit at least on either side of the point, no other zeros, no negative zero | 9.3.2 |
| string | as it is; of the typedefs of ``core/yang/text_forms.py`` their own | 9.4.3 |
| boolean, enumeration | the name | 9.5.3, 9.6.3 |
| bits | names by their positions, one blank between | 9.7.2 |
| binary | base64, unused bits zero | 9.8.2 |
| identityref | ``module:name`` | 9.10.3 |
| empty | nothing | 9.11.3 |
| union | that of the first member that takes the value | 9.12 |
| leafref | that of its target | 9.9.5 |
| instance-identifier | module names where they change, keys in the schema's order and in their own form | 9.13.3 |

Where JSON tells a number from a text, so does a union: of uint8 and string ``"05"`` is a text. A number and a text of
one form, 5 and ``"5"``, are equal, since an XPath says the same of both.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any, Final

from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.target import Step, parse_target
from yangbeam.core.yang.literals import literal
from yangbeam.core.yang.scalars import from_text
from yangbeam.core.yang.text_forms import FORMS
from yangbeam.core.yang.tree import Node, Tree, YangType
from yangbeam.core.yang.values import BOUNDS, broken_rule

Canonical = Callable[[Any], str]
Form = Callable[[Any], str | None]
"""Returns the form of a value; None where it is none of the type."""

_BLANKS: Final = " \t\r\n"
_WORDS: Final = re.compile(rf"[^{_BLANKS}]+")
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_DECIMAL: Final = re.compile(r"([+-]?)([0-9]{1,40})(?:\.([0-9]{1,40}))?", re.ASCII)
_SAFE: Final = 1 << 53
"""Whole numbers below are exact as a double, which JSON's ``1e3`` is read as."""
_MOST_KNOWN: Final = 4096
"""Values of one union, and of one instance-identifier, whose form is remembered."""
_LONGEST: Final = 1_024
"""Characters of a value that is remembered."""


def canonical(leaf: Node, tree: Tree | None = None) -> Canonical:
    """Returns what renders the JSON values of a leaf (RFC 7951) in their canonical form.

    A value that is none of the leaf's type, in a message that was passed on without being valid, stands as it came.

    Args:
        leaf: A leaf or leaf-list.
        tree: The schema, for the keys in instance-identifiers; without it they stand in the order they came in.
    """
    if leaf.type is None:
        return _as_it_came
    if leaf.type.base in _PLAIN and leaf.type.typedef not in FORMS:
        return _as_it_came
    return partial(_or_as_it_came, form_of(leaf.type, leaf.module, tree))


def form_of(kind: YangType, module: str, tree: Tree | None = None) -> Form:
    """Returns the form of a type, of a leaf in ``module``."""
    if kind.base == "union":
        return _known(
            partial(_of_first, tuple((member, form_of(member, module, tree)) for member in kind.members), module)
        )
    if kind.base == "instance-identifier":
        return _known(partial(_instance, tree))
    if kind.base == "identityref":
        return partial(_identity, _spellings(kind, module), module)
    if kind.base == "bits":
        return partial(_bits, dict(kind.bits))
    if kind.base == "string":
        return partial(_string, FORMS.get(kind.typedef))
    return _FORMS[kind.base]


def is_spelt_once(kind: YangType) -> bool:
    """Says whether every value of a type has one spelling in JSON, so that unequal texts are unequal values."""
    return kind.base in _SPELT_ONCE and kind.typedef not in FORMS


def _or_as_it_came(form: Form, value: Any) -> str:
    text = form(value)
    return _as_it_came(value) if text is None else text


def _as_it_came(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if isinstance(value, list) else str(value)


def _known(form: Form) -> Form:
    """Remembers the forms of short texts: names and addresses come again and again."""
    remembered = lru_cache(_MOST_KNOWN)(form)

    def known(value: Any) -> str | None:
        return remembered(value) if value.__class__ is str and len(value) <= _LONGEST else form(value)

    return known


def _number(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer() and abs(value) < _SAFE:
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _wide(value: Any) -> str | None:
    if not isinstance(value, str):
        return _number(value)
    return str(int(value)) if _INTEGER.fullmatch(value) else None


def _decimal(value: Any) -> str | None:
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = format(Decimal(repr(value)), "f")
    match = _DECIMAL.fullmatch(value.strip(_BLANKS)) if isinstance(value, str) else None
    if match is None:
        return None
    sign, whole, fraction = match.groups("")
    text = f"{whole.lstrip('0') or '0'}.{fraction.rstrip('0') or '0'}"
    return f"-{text}" if sign == "-" and text != "0.0" else text


def _boolean(value: Any) -> str | None:
    return _as_it_came(value) if isinstance(value, bool) else None


def _empty(value: Any) -> str | None:
    return "" if value == [None] else None


def _string(form: Callable[[str], str] | None, value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return value if form is None else form(value)


def _binary(value: Any) -> str | None:
    try:
        octets = base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        return None
    return None if octets is None else base64.b64encode(octets).decode()


def _bits(positions: Mapping[str, int], value: Any) -> str | None:
    names = set(_WORDS.findall(value)) if isinstance(value, str) else {""}
    return " ".join(sorted(names, key=positions.__getitem__)) if names <= positions.keys() else None


def _identity(spellings: Mapping[str, str], module: str, value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return spellings.get(value) or (value if ":" in value else f"{module}:{value}")


def _spellings(kind: YangType, module: str) -> dict[str, str]:
    """Maps both spellings of RFC 7951 section 6.8 to the qualified one; of like names the leaf's own module's wins."""
    local = {name.rpartition(":")[2]: name for name in kind.identities}
    own = {name.rpartition(":")[2]: name for name in kind.identities if name.startswith(f"{module}:")}
    return {**local, **own, **{name: name for name in kind.identities}}


def _of_first(members: tuple[tuple[YangType, Form], ...], module: str, value: Any) -> str | None:
    """Returns the form by the first member of a union that takes the value (RFC 7950 section 9.12)."""
    for kind, form in members:
        text = form(value)
        if text is not None and not broken_rule(kind, _judged(kind, text, value), module):
            return text
    return None


def _judged(kind: YangType, text: str, value: Any) -> Any:
    """Returns what of a value its type judges: ``1e3`` is a number, and blanks around a decimal64 are none of it."""
    if isinstance(value, float):
        return int(text) if kind.base in BOUNDS else value
    return value.strip(_BLANKS) if kind.base == "decimal64" and isinstance(value, str) else value


def _instance(tree: Tree | None, value: Any) -> str | None:
    if not isinstance(value, str) or not value.startswith("/"):
        return None
    try:
        steps = parse_target(value.strip(_BLANKS))
    except NotificationError:
        return None
    return path_of(steps, tree)


def path_of(steps: tuple[Step, ...], tree: Tree | None) -> str | None:
    """Returns steps as an instance-identifier; None where the schema does not have them."""
    text, module = "", ""
    children: Mapping[str, Node] = tree.data if tree else {}
    for step in steps:
        home = step.module or module
        if not home:
            return None
        node = children.get(f"{home}:{step.name}")
        keys = step.keys if isinstance(step.keys, dict) else {}
        if (step.keys and not keys) or (tree and node is None):
            return None
        text += f"/{step.name}" if home == module else f"/{home}:{step.name}"
        text += _predicates(keys, step.value, node, tree)
        module, children = home, node.children if node else {}
    return text


def _predicates(keys: dict[str, str], own: str | None, node: Node | None, tree: Tree | None) -> str:
    order = [name for name in node.keys if name in keys] if node else []
    named = {name: keys[name] for name in (*order, *(name for name in keys if name not in order))}
    text = "".join(
        f"[{name}={literal(compared(node and node.child(name), value, tree))}]" for name, value in named.items()
    )
    return text if own is None else f"{text}[.={literal(compared(node, own, tree))}]"


def compared(
    leaf: Node | None, text: str, tree: Tree | None = None, prefixes: Mapping[str | None, str] | None = None
) -> str:
    """Returns the canonical form of a text that an XPath compares a leaf with.

    Args:
        leaf: It; None: unknown, and the text stands.
        text: As it is written there.
        tree: The schema.
        prefixes: Of identities and paths in it, to module names.
    """
    if leaf is None or leaf.type is None:
        return text
    return canonical(leaf, tree)(from_text(leaf.type, text, prefixes or {}, leaf.module))


_PLAIN: Final = frozenset(("string", "enumeration"))
_SPELT_ONCE: Final = frozenset(
    ("string", "enumeration", "boolean", "empty", *(base for base in BOUNDS if not base.endswith("64")))
)
_FORMS: Final[dict[str, Form]] = {
    **dict.fromkeys(BOUNDS, _number),
    "int64": _wide,
    "uint64": _wide,
    "decimal64": _decimal,
    "boolean": _boolean,
    "empty": _empty,
    "enumeration": partial(_string, None),
    "binary": _binary,
}
