"""What subscription-started and -modified say of their subscription, whatever the year's leaf names, as Terms.

RFC 8639 section 2.7.1, RFC 8641 section 3.7, draft-ietf-netconf-distributed-notif-19,
draft-ietf-netconf-yang-notifications-versioning-13 and their predecessors.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from yangbeam.core.elements import Terms
from yangbeam.core.notification.refusal import entries, refuse, text, uint32

_SN: Final = "ietf-subscribed-notifications"
_CASES: Final = frozenset({"target", "stream", "datastore", "update-trigger", "stream-filter", "selection-filter"})
"""Choices and cases, which some publishers (Arrcus) encode as containers."""

_MAX_FLATTENED: Final = 8

_OLD_NAMES: Final = frozenset({"message-observation-domain-id", "message-publisher-ids", "module-version-config"})

_NAME_KEYS: Final = ("name", "module-name")
_VERSION_KEYS: Final = ("version", "revision-label")

_BOOLEANS: Final[Mapping[bool | str, bool]] = {True: True, False: False, "true": True, "false": False}

RenderFilter = Callable[[Any], bytes]


def terms_of(body: dict[Any, Any], quirks: list[str], strict: list[str] | None, filter_bytes: RenderFilter) -> Terms:
    """Returns the terms in the body of a started or modified notification.

    Args:
        body: Its members.
        quirks: Takes the names of accepted departures.
        strict: The same list where numbers must be numbers, None where all leaves are text (XML).
        filter_bytes: Renders a subtree filter in its own encoding.

    Raises:
        NotificationError: A leaf of a wrong type.
    """
    flat = _flattened(body, quirks, 0)
    periodic, on_change = _trigger(flat, "periodic"), _trigger(flat, "on-change")
    subtree = next((flat[n] for n in ("datastore-subtree-filter", "stream-subtree-filter") if n in flat), None)
    return Terms(
        stream=_text(flat, "stream"),
        datastore=_identity(flat, "datastore", "ietf-datastores"),
        xpath_filter=_text(flat, "datastore-xpath-filter") or _text(flat, "stream-xpath-filter"),
        subtree_filter=None if subtree is None else filter_bytes(subtree),
        period_cs=_number(periodic, "period", strict),
        anchor_time=_text(periodic, "anchor-time"),
        on_change=on_change is not None,
        dampening_cs=_number(on_change, "dampening-period", strict),
        sync_on_start=_boolean(on_change, "sync-on-start"),
        modules=_modules(flat, quirks),
        content_id=_text(flat, "yang-library-content-id"),
        publisher_ids=_publishers(flat, strict),
        transport=_identity(flat, "transport", _SN),
        encoding=_identity(flat, "encoding", _SN),
        purpose=_text(flat, "purpose"),
        stop_time=_text(flat, "stop-time"),
    )


def _flattened(body: Mapping[Any, Any], quirks: list[str], depth: int) -> dict[str, Any]:
    """Returns the members by local name, those of containers that stand for choices and cases among them."""
    flat: dict[str, Any] = {}
    for name, value in body.items():
        if type(name) is not str:
            continue
        local = name.rpartition(":")[2]
        if local in _OLD_NAMES:
            quirks.append(f"old-name:{local}")
        if local in _CASES and type(value) is dict and depth < _MAX_FLATTENED:
            quirks.append(f"choice-as-container:{local}")
            flat.update(_flattened(value, quirks, depth + 1))
        else:
            flat[local] = value
    return flat


def _trigger(flat: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Returns the members of the container ``periodic`` or ``on-change``, None when it is absent."""
    if name not in flat:
        return None
    value = flat[name]
    if type(value) is list:
        refuse("not-a-container", f"container {name} is given as an array; it must be an object")
    if value is None or value == "":
        return {}
    if type(value) is not dict:
        refuse("not-a-container", f"{name} is no object")
    members = {str(member).rpartition(":")[2]: held for member, held in value.items()}
    # Arrcus again: the case and the container in it share their name.
    return members[name] if type(members.get(name)) is dict else members


def _text(members: Mapping[str, Any] | None, name: str) -> str | None:
    value = members.get(name) if members else None
    return None if value is None else text(name, value)


def _number(members: Mapping[str, Any] | None, name: str, strict: list[str] | None) -> int | None:
    value = members.get(name) if members else None
    return None if value is None else uint32(name, value, strict)


def _boolean(members: Mapping[str, Any] | None, name: str) -> bool:
    value = members.get(name) if members else None
    if value is None:
        return False
    if type(value) not in {bool, str} or value not in _BOOLEANS:
        refuse("not-a-boolean", f"{name} is no boolean")
    return _BOOLEANS[value]


def _identity(flat: dict[str, Any], name: str, module: str) -> str | None:
    value = _text(flat, name)
    return value if not value or ":" in value else f"{module}:{value}"


def _publishers(flat: dict[str, Any], strict: list[str] | None) -> tuple[int, ...]:
    for name in ("message-publisher-id", "message-publisher-ids", "message-observation-domain-id"):
        value = flat.get(name)
        if value is not None:
            values = value if type(value) is list else [value]
            # DN-01 typed the leaf-list as string: text is no quirk under that name.
            lenient = None if name == "message-observation-domain-id" else strict
            return tuple(uint32(name, each, lenient) for each in values)
    return ()


def _modules(flat: dict[str, Any], quirks: list[str]) -> tuple[tuple[str, str | None, str | None], ...]:
    for name in ("module-version", "module-version-config", "module-version-subs"):
        if name in flat:
            return tuple(_module(entry, quirks) for entry in entries(name, flat[name], quirks))
    if "module-name" in flat:
        quirks.append("old-name:module-name")
        return (_module({k: flat[k] for k in ("module-name", "revision", "revision-label") if k in flat}, []),)
    return ()


def _module(entry: Mapping[Any, Any], quirks: list[str]) -> tuple[str, str | None, str | None]:
    members = {str(name).rpartition(":")[2]: value for name, value in entry.items()}
    name = _first(members, _NAME_KEYS, quirks)
    if not name:
        refuse("module-without-name", "an entry of module-version has no name")
    return name, _text(members, "revision") or None, _first(members, _VERSION_KEYS, quirks) or None


def _first(members: dict[str, Any], names: tuple[str, str], quirks: list[str]) -> str | None:
    current, old = names
    if current in members:
        return _text(members, current)
    if old in members:
        quirks.append(f"old-name:{old}")
    return _text(members, old)
