"""Where in a payload's tree the notification stands, and what its header says."""

from typing import Any, Final, NamedTuple, NoReturn

from yangbeam.core.notification.kinds import KIND_OF, Kind, unlisted_kind
from yangbeam.core.notification.refusal import mapping, refuse
from yangbeam.core.notification.wrappers import (
    BARE,
    CONTENTS,
    HEADER,
    ROWS,
    TOPS,
    Place,
    misspelt_header_leaf,
    row_of,
)


class Unwrapped(NamedTuple):
    """A notification out of its wrapper."""

    row: str
    path: tuple[str, ...]
    header: list[Any]
    """Values by Slot."""
    kind: Kind
    body: dict[Any, Any]
    quirks: list[str]


_NO_HEADER: Final = 4
_SIBLING: Final = int(Place.SIBLING)


def unwrap(tree: Any) -> Unwrapped:
    """Finds the notification in a payload's tree.

    Raises:
        NotificationError: no-wrapper, no-notification, ambiguous-notification, container-as-array, not-a-container.
    """
    if type(tree) is not dict or len(tree) != 1:
        refuse("no-wrapper", f"the payload is {_described(tree)}, not an object of one member: no known wrapper")
    ((top, holder),) = tree.items()
    quirk = TOPS.get(top)
    if quirk is None:
        return _without_header(top, holder)
    if type(holder) is not dict:
        mapping(top, holder)
    quirks = [quirk] if quirk else []
    header: list[Any] = [None] * _NO_HEADER
    spelling = 0
    place = _SIBLING
    contents = ""
    others: list[Any] = []
    for name, value in holder.items():
        leaf = HEADER.get(name)
        if leaf is not None:
            header[leaf[0]] = value
            spelling = max(spelling, leaf[1])
        elif name in CONTENTS:
            contents, place = name, CONTENTS[name]
        else:
            others.append(name)
    if others:
        others = _without_misspelt(others, holder, header, quirks)
    row = ROWS.get((top, place, spelling)) or _nearest(top, place, spelling, quirks)
    if contents:
        inner = mapping(contents, holder[contents])
        name, kind = _chosen(inner, list(inner))
        return Unwrapped(row, (top, contents, name), header, kind, mapping(name, inner[name]), _named(quirks, kind))
    name, kind = _chosen(holder, others)
    return Unwrapped(row, (top, name), header, kind, mapping(name, holder[name]), _named(quirks, kind))


def _named(quirks: list[str], kind: Kind) -> list[str]:
    if kind.quirk:
        quirks.append(kind.quirk)
    return quirks


def _nearest(top: str, place: int, spelling: int, quirks: list[str]) -> str:
    row, quirk = row_of(top, place, spelling)
    quirks.append(quirk)
    return row


def _without_misspelt(names: list[Any], holder: dict[Any, Any], header: list[Any], quirks: list[str]) -> list[Any]:
    """Moves wrong-cased header leaves into the header; returns the names that are none."""
    rest: list[Any] = []
    for name in names:
        leaf = misspelt_header_leaf(name) if type(name) is str else None
        if leaf is None:
            rest.append(name)
            continue
        if header[leaf[0]] is None:
            header[leaf[0]] = holder[name]
        quirks.append(f"wrong-case:{name.lower()}")
    return rest


def _without_header(top: Any, body: Any) -> Unwrapped:
    if type(top) is not str:
        refuse(
            "unknown-sid",
            f"the top-level member is {top!r:.40}, no SID of a known wrapper; names or a .sid file needed",
        )
    kind = KIND_OF.get(top) or unlisted_kind(top)
    if kind is None:
        refuse("no-wrapper", f"the top-level member is {top!r:.80}, no known wrapper and no module:name")
    return Unwrapped(BARE, (top,), [None] * _NO_HEADER, kind, mapping(top, body), _named([], kind))


def _chosen(holder: dict[Any, Any], names: list[Any]) -> tuple[str, Kind]:
    """Returns the member that is the notification: a known one, else the only one that can be one."""
    if len(names) == 1 and names[0] in KIND_OF:
        return names[0], KIND_OF[names[0]]
    candidates = [
        (name, kind)
        for name in names
        if type(name) is str
        and type(holder[name]) in {dict, list}
        and (kind := KIND_OF.get(name) or unlisted_kind(name))
    ]
    known = [found for found in candidates if found[1].of_subscription] or candidates
    if len(known) > 1:
        refuse(
            "ambiguous-notification", f"several members may be the notification: {', '.join(n for n, _ in known)}"[:300]
        )
    if not known:
        _refuse_missing(names)
    return known[0]


def _refuse_missing(names: list[Any]) -> NoReturn:
    sids = [name for name in names if type(name) is not str]
    if sids:
        refuse("unknown-sid", f"the notification is named by SID {sids[0]!r:.40}; a .sid file of its module is needed")
    refuse("no-notification", f"the wrapper holds no notification; its other members: {names!r:.200}")


def _described(tree: Any) -> str:
    return f"an object of {len(tree)} members" if type(tree) is dict else type(tree).__name__
