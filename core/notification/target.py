"""What a yang-patch target names: resource identifiers (RFC 8040 section 3.5.3) and XPath spellings, one parser."""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.refusal import MAX_DEPTH, refuse

MAX_TARGET: Final = 65_535
"""Characters; a longer target is refused."""


class Step(NamedTuple):
    """One step of a path, from the top of the datastore.

    Attributes:
        module: As written; None: the module of the step before.
        name: Node name.
        keys: Key values in the schema's order (resource identifier), or by key name (predicates); empty for none.
        value: Of a leaf-list entry named by the predicate ``[.='value']``. A resource identifier cannot tell a
            leaf-list from a list: its value is then the only one of ``keys``.
    """

    module: str | None
    name: str
    keys: tuple[str, ...] | dict[str, str] = ()
    value: str | None = None


_IDENTIFIER: Final = r"[A-Za-z_][A-Za-z0-9_.-]*"
_STEP: Final = re.compile(rf"/(?:({_IDENTIFIER}):)?({_IDENTIFIER})", re.ASCII)
_KEYS: Final = re.compile(r"=([^/]*)")
_PREDICATE: Final = re.compile(
    rf"""\[\s*(?:(?:{_IDENTIFIER}:)?({_IDENTIFIER})|\.)\s*=\s*(?:'([^']*)'\s*|"([^"]*)"\s*|([^\]'"\s][^\]'"]*))\]""",
    re.ASCII,
)
"""Read in one pass: blanks behind a value without quotes are part of it, and cut off later. No possessive group, which
Python before 3.11.5 ends at the wrong place."""
_BLANKS: Final = " \t\n\r\f\v"
_BAD_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def parse_target(target: str) -> tuple[Step, ...]:
    """Returns the steps of a target; none for the datastore itself (``/`` or empty).

    >>> parse_target("/ietf-interfaces:interfaces/interface=eth0%2F1/oper-status")[1]
    Step(module=None, name='interface', keys=('eth0/1',), value=None)
    >>> parse_target("/huawei-ifm:ifm/interfaces/interface[name=GigabitEthernet0/3/9]")[2].keys
    {'name': 'GigabitEthernet0/3/9'}

    Raises:
        NotificationError: bad-target, with the character where it stops being one.
    """
    if len(target) > MAX_TARGET:
        refuse("invalid-target", f"a target of {len(target)} characters; at most {MAX_TARGET} are read")
    steps: list[Step] = []
    at = 0 if target != "/" else 1
    while at < len(target):
        step, at = _step(target, at)
        steps.append(step)
        if len(steps) > MAX_DEPTH:
            refuse("invalid-target", f"a target of more than {MAX_DEPTH} steps")
    return tuple(steps)


def _step(target: str, at: int) -> tuple[Step, int]:
    match = _STEP.match(target, at)
    if match is None:
        raise _bad(target, at, "expected / and a node name")
    module, name, at = match[1], match[2], match.end()
    following = target[at : at + 1]
    if following == "=":
        match = _KEYS.match(target, at)
        if match is None:  # pragma: no cover - the pattern accepts anything after the sign
            raise _bad(target, at, "expected key values")
        return Step(module, name, tuple(_decoded(target, at, key) for key in match[1].split(","))), match.end()
    if following == "[":
        return _with_predicates(target, at, module, name)
    if following not in {"/", ""}:
        raise _bad(target, at, "expected /, = or [")
    return Step(module, name), at


def _with_predicates(target: str, at: int, module: str | None, name: str) -> tuple[Step, int]:
    keys: dict[str, str] = {}
    value: str | None = None
    while target[at : at + 1] == "[":
        match = _PREDICATE.match(target, at)
        if match is None:
            raise _bad(target, at, "expected a predicate [key=value]")
        found = next(group for group in match.groups()[1:] if group is not None)
        if match[4] is not None:
            found = found.rstrip(_BLANKS)
        if match[1] is None:
            value = found
        else:
            keys[match[1]] = found
        at = match.end()
    return Step(module, name, keys or (), value), at


def _decoded(target: str, at: int, key: str) -> str:
    if _BAD_PERCENT.search(key):
        raise _bad(target, at, "bad percent-encoding")
    try:
        return unquote_to_bytes(key).decode()
    except UnicodeError as error:
        raise _bad(target, at, "key value is no UTF-8") from error


def _bad(target: str, at: int, what: str) -> NotificationError:
    return NotificationError("invalid-target", f"target {target[:200]!r}: {what} at character {at}")
