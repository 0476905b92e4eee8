"""Which wrapper a payload has: one row per form seen on the wire, and the names of its header leaves.

RFC 5277 section 2.2.1, draft-ietf-netconf-notif-envelope-04 section 3.1, draft-tgraf-netconf-notif-sequencing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Slot(IntEnum):
    """The facts that a header carries, by their index in the decoder's list."""

    EVENT_TIME = 0
    NODE = 1
    SEQUENCE = 2
    PUBLISHER = 3


class Spelling(IntEnum):
    """How the header names its node and number leaves; the highest one seen chooses the row."""

    NONE = 0
    BARE = 1
    OWN = 2
    SEQUENCING = 3


class Place(IntEnum):
    """Where the notification stands: beside the header leaves, or in one of the two containers."""

    SIBLING = 0
    OLD_CONTENTS = 1
    CONTENTS = 2


@dataclass(frozen=True, slots=True)
class Wrapper:
    """One form of header.

    Attributes:
        id: Row of the table, H1 to H9, H11 and H12.
        top: Name of the top-level member.
        place: Where the notification stands.
        spellings: Of its node and number leaves.
    """

    id: str
    top: str
    place: Place
    spellings: tuple[Spelling, ...]


_NOTIFICATION: Final = "ietf-notification:notification"
_NOTIFICATIONS: Final = "ietf-notifications:notification"
_SUBSCRIBED: Final = "ietf-subscribed-notifications:notification"
ENVELOPE: Final = "ietf-yp-notification:envelope"
_YP_NOTIFICATION: Final = "ietf-yp-notification:notification"
_HTTPS: Final = "ietf-https-notif:notification"
_RESTCONF: Final = "ietf-restconf:notification"

WRAPPERS: Final = (
    Wrapper("H1", _NOTIFICATION, Place.SIBLING, (Spelling.NONE,)),
    Wrapper("H2", _NOTIFICATION, Place.SIBLING, (Spelling.SEQUENCING,)),
    Wrapper("H3", _NOTIFICATION, Place.SIBLING, (Spelling.OWN, Spelling.BARE)),
    Wrapper("H4", _NOTIFICATIONS, Place.SIBLING, (Spelling.NONE, Spelling.BARE, Spelling.OWN)),
    Wrapper("H5", _NOTIFICATIONS, Place.SIBLING, (Spelling.SEQUENCING,)),
    Wrapper("H6", _SUBSCRIBED, Place.SIBLING, tuple(Spelling)),
    Wrapper("H7", ENVELOPE, Place.OLD_CONTENTS, tuple(Spelling)),
    Wrapper("H8", ENVELOPE, Place.CONTENTS, tuple(Spelling)),
    Wrapper("H9", _YP_NOTIFICATION, Place.SIBLING, tuple(Spelling)),
    # draft-ietf-netconf-https-notif section 4.1, and what it deviates from: RFC 8040 section 6.4.
    Wrapper("H11", _HTTPS, Place.SIBLING, tuple(Spelling)),
    Wrapper("H12", _RESTCONF, Place.SIBLING, tuple(Spelling)),
)
"""H10, the notification without a header, has no row: it is what none of these tops is."""

BARE: Final = "H10"

TOPS: Final[Mapping[str, str]] = {
    row.top: "" if row.top != _NOTIFICATIONS else "misspelt-module:ietf-notifications" for row in WRAPPERS
}
"""Top-level member → the quirk that its name is, empty for none."""

ROWS: Final[Mapping[tuple[str, int, int], str]] = {
    (row.top, int(row.place), int(spelling)): row.id for row in WRAPPERS for spelling in row.spellings
}

CONTENTS: Final[Mapping[str, int]] = {
    "contents": int(Place.CONTENTS),
    "ietf-yp-notification:contents": int(Place.CONTENTS),
    "notification-contents": int(Place.OLD_CONTENTS),
    "ietf-yp-notification:notification-contents": int(Place.OLD_CONTENTS),
}
"""Member that holds the notification, in an envelope."""

HEADER_LEAVES: Final[Mapping[str, Slot]] = {
    "eventTime": Slot.EVENT_TIME,
    "event-time": Slot.EVENT_TIME,
    "sysName": Slot.NODE,
    "hostname": Slot.NODE,
    "sequenceNumber": Slot.SEQUENCE,
    "sequence-number": Slot.SEQUENCE,
    "publisherId": Slot.PUBLISHER,
    "messagePublisherId": Slot.PUBLISHER,
    "message-publisher-id": Slot.PUBLISHER,
}
"""Local name of a header leaf → fact."""

_SEQUENCING_MODULE: Final = "ietf-notification-sequencing"
_OWN_MODULES: Final = tuple(sorted({row.top.partition(":")[0] for row in WRAPPERS}))
_NO_SPELLING: Final = frozenset({Slot.EVENT_TIME, Slot.PUBLISHER})


def _spelling(module: str, slot: Slot) -> Spelling:
    if slot in _NO_SPELLING:
        return Spelling.NONE
    if not module:
        return Spelling.BARE
    return Spelling.SEQUENCING if module == _SEQUENCING_MODULE else Spelling.OWN


def _qualified(module: str, name: str) -> str:
    return f"{module}:{name}" if module else name


HEADER: Final[Mapping[str, tuple[int, int]]] = {
    _qualified(module, name): (int(slot), int(_spelling(module, slot)))
    for name, slot in HEADER_LEAVES.items()
    for module in ("", _SEQUENCING_MODULE, "ietf-distributed-notif", *_OWN_MODULES)
}
"""Member name as it stands in the payload → (index of the fact, spelling)."""

_FOLDED: Final = {name.lower(): leaf for name, leaf in HEADER.items()}


def misspelt_header_leaf(name: str) -> tuple[int, int] | None:
    """Returns what a wrong-cased header leaf is; None when it is no header leaf at all.

    >>> misspelt_header_leaf("EventTime")
    (0, 0)
    """
    return _FOLDED.get(name.lower())


def row_of(top: str, place: int, spelling: int) -> tuple[str, str]:
    """Returns (row, quirk); a combination that no row has counts as the top's nearest row.

    >>> row_of("ietf-notification:notification", Place.SIBLING, Spelling.SEQUENCING)
    ('H2', '')
    >>> row_of("ietf-yp-notification:notification", Place.CONTENTS, Spelling.NONE)
    ('H9', 'unusual-wrapper')
    """
    row = ROWS.get((top, place, spelling))
    if row is not None:
        return row, ""
    return next(row.id for row in reversed(WRAPPERS) if row.top == top), "unusual-wrapper"


XML_TOPS: Final[Mapping[str, tuple[str, str, str]]] = {
    "{urn:ietf:params:xml:ns:netconf:notification:1.0}notification": ("X1", _NOTIFICATION, ""),
    "{urn:ietf:params:netconf:capability:notification:1.0}notification": (
        "X1",
        _NOTIFICATION,
        "capability-namespace",
    ),
    "{urn:ietf:params:xml:ns:yang:ietf-yp-notification}envelope": ("X2", ENVELOPE, ""),
}
"""Document element → (row, the JSON top it stands for, quirk). The second one is RFC 7950 section 4.2.10's mistake."""

ENVELOPE_SIDS: Final[Mapping[int, str]] = {
    2551: _NOTIFICATION,
    2552: "eventTime",
    2957: ENVELOPE,
    2958: "contents",
    2959: "event-time",
    2960: "hostname",
    2961: "sequence-number",
}
"""YANG SIDs of the headers (notif-envelope-04 section 3.1.2.3; not final at IANA) → member names."""
