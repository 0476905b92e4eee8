"""The facts of an unwrapped notification, whatever its encoding, as one Notification."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from yangbeam.core.elements import Message, Notification
from yangbeam.core.notification.header import Unwrapped
from yangbeam.core.notification.leaf_names import (
    BODY,
    FACTS,
    OLD_POINTS_IN_TIME,
    POINTS_IN_TIME,
    Fact,
    unlisted_leaf,
)
from yangbeam.core.notification.patch import checked_edits, patch_in
from yangbeam.core.notification.refusal import enumerated, mapping, number_or_text, text, uint32
from yangbeam.core.notification.terms import terms_of

_ID: Final = int(Fact.ID)
_INCOMPLETE: Final = int(Fact.INCOMPLETE)
_CONTENTS: Final = int(Fact.CONTENTS)
_CHANGES: Final = int(Fact.CHANGES)
_PUBLISHER: Final = int(Fact.PUBLISHER)
_OBSERVED: Final = int(Fact.OBSERVED_AT)
_POINT: Final = int(Fact.POINT_IN_TIME)
_REASON: Final = int(Fact.REASON)

_SN_PREFIX: Final = "ietf-subscribed-notifications:"
_CURRENT_POINTS: Final = frozenset(POINTS_IN_TIME)


class Encoding(NamedTuple):
    """What differs between the encodings once a payload is a tree.

    Attributes:
        all_text: Leaves are text, so a number in text is no quirk (XML).
        modules_of: Names the modules (XML: namespaces) at the top of a container of any data.
        filter_bytes: Renders a subtree filter.
    """

    all_text: bool
    modules_of: Callable[[str, Any], tuple[str, ...]]
    filter_bytes: Callable[[Any], bytes]


def modules_of_members(name: str, contents: Any) -> tuple[str, ...]:
    """Returns the module names at the top of an object, in order, each once.

    >>> modules_of_members("datastore-contents", {"ietf-interfaces:interfaces": {}})
    ('ietf-interfaces',)
    >>> modules_of_members("datastore-contents", {"acme:top": 1, "@acme:top": {"ietf-origin:origin": "x"}})
    ('acme',)
    """
    if type(contents) is not dict:
        mapping(name, contents)
    if len(contents) == 1:
        for member in contents:
            if type(member) is str:
                module, colon, _ = member.partition(":")
                return (module.removeprefix("@"),) if colon else ()
    named = (member.partition(":")[0] for member in contents if type(member) is str and ":" in member)
    return tuple(dict.fromkeys(module.removeprefix("@") for module in named))  # RFC 7952 section 5.2.2: "@module:leaf"


def notification_of(message: Message, found: Unwrapped, row: str, encoding: Encoding) -> Notification:
    """Returns the Notification of an unwrapped payload; ``row`` names the wrapper in the result.

    Raises:
        NotificationError: A leaf of a wrong type or out of its range, or an edit that RFC 8072 does not allow.
    """
    _, path, (event_time, node, sequence, publisher), kind, body, quirks = found
    strict = None if encoding.all_text else quirks
    bare = Notification(
        message,
        row,
        kind.name,
        path,
        node=_text("hostname", node),
        event_time=_text("event-time", event_time),
        sequence_number=_number("sequence-number", sequence, strict),
        publisher_id=_publisher(message, publisher, strict),
    )
    if not kind.of_subscription:
        return replace(bare, modules=(kind.module,), quirks=_each_once(quirks))
    facts = _facts_in(body, quirks, told=not kind.states_terms)
    own = None if kind.states_terms else facts[_PUBLISHER]
    modules, patch_id = _data(kind.carries, facts, quirks, encoding) if kind.carries else ((), None)
    return replace(
        bare,
        subscription_id=_number("id", facts[_ID], strict),
        publisher_id=bare.publisher_id if own is None else _publisher(message, own, strict),
        observed_at=_text("timestamp", facts[_OBSERVED]),
        point_in_time=None if facts[_POINT] is None else _point_in_time(facts[_POINT], quirks),
        patch_id=patch_id,
        reason=None if facts[_REASON] is None else _reason(facts[_REASON]),
        incomplete=facts[_INCOMPLETE] is not None,
        terms=terms_of(body, quirks, strict, encoding.filter_bytes) if kind.states_terms else None,
        modules=modules,
        quirks=_each_once(quirks),  # last: all above may add to them
    )


def _text(name: str, value: Any) -> str | None:
    return None if value is None else text(name, value)


def _number(name: str, value: Any, strict: list[str] | None) -> int | None:
    return None if value is None else uint32(name, value, strict)


def _each_once(quirks: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(quirks)) if quirks else ()


def _facts_in(body: dict[Any, Any], quirks: list[str], *, told: bool) -> list[Any]:
    """Returns values by Fact. ``told``: old names become quirks here (terms tell of theirs themselves)."""
    facts: list[Any] = [None] * FACTS
    for name, value in body.items():
        leaf = BODY.get(name)
        if leaf is None:
            leaf = unlisted_leaf(name) if told and type(name) is str else None
            if leaf is None:
                continue
        index, quirk = leaf
        facts[index] = True if index == _INCOMPLETE else value
        if quirk and told:
            quirks.append(quirk)
    return facts


def _publisher(message: Message, value: Any, strict: list[str] | None) -> int:
    """Returns the publisher: of the notification or its header, else of the transport."""
    if value is None:
        return message.publisher_id
    if type(value) is list and len(value) == 1:
        if strict is not None:
            strict.append("leaf-as-array:message-publisher-id")
        value = value[0]
    return uint32("message-publisher-id", value, strict)


def _point_in_time(value: Any, quirks: list[str]) -> str:
    """Returns the current name of an enumeration value; an unknown one stays, named as a quirk."""
    name = enumerated("point-in-time", value, POINTS_IN_TIME)
    if name in _CURRENT_POINTS:
        return name
    quirks.append(f"old-value:{name}" if name in OLD_POINTS_IN_TIME else "unknown-value:point-in-time")
    return OLD_POINTS_IN_TIME.get(name, name)


def _reason(value: Any) -> str:
    """Returns an identity's RFC 7951 name: without prefix those of RFC 8639, with it all others."""
    return text("reason", value).removeprefix(_SN_PREFIX)


def _data(carries: str, facts: list[Any], quirks: list[str], encoding: Encoding) -> tuple[tuple[str, ...], str | None]:
    """Returns (modules, patch-id) of what a push notification carries."""
    contents, changes = facts[_CONTENTS], facts[_CHANGES]
    if carries == "contents":
        return () if contents is None else encoding.modules_of("datastore-contents", contents), None
    if changes is None and contents is not None:
        quirks.append("misplaced-container:datastore-contents")
        changes = contents
    patch = {} if changes in _NO_CHANGES else patch_in(changes)
    if not patch:
        quirks.append("no-container:yang-patch")
    edits = patch.get("edit", [])
    targets = [_module_of_target(edit.target) for edit in checked_edits(patch, quirks)]
    values = [
        module
        for entry in (edits if type(edits) is list else [edits])
        if entry.get("value") is not None
        for module in encoding.modules_of("value", entry["value"])
    ]
    patch_id = patch.get("patch-id")
    named = tuple(dict.fromkeys([module for module in targets if module] + values))
    return named, None if patch_id is None else number_or_text("patch-id", patch_id)


_NO_CHANGES: Final = (None, "")
"""Of an element without content, too."""


def _module_of_target(target: str) -> str:
    """Returns the module of the first step, empty when it names none; the whole target is judged with its schema."""
    first = target.removeprefix("/").partition("/")[0]
    return first.partition(":")[0] if ":" in first.partition("[")[0].partition("=")[0] else ""
