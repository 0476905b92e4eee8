"""What the leaves of a notification were called over the years, and what they are called now.

Sources: RFC 8641; draft-ietf-netconf-distributed-notif-01 to -19; draft-tgraf-yang-push-observation-time-00 to -03;
draft-ietf-netconf-yang-notifications-versioning-00 to -13; what routers send. The last name of a row is current.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Fact(IntEnum):
    """Facts in the body of a notification, by their index in the decoder's list."""

    ID = 0
    PUBLISHER = 1
    OBSERVED_AT = 2
    POINT_IN_TIME = 3
    INCOMPLETE = 4
    REASON = 5
    CONTENTS = 6
    CHANGES = 7


FACTS: Final = len(Fact)

_DN: Final = "ietf-distributed-notif"
_NETOBS: Final = "ietf-yang-push-netobs-timestamping"

HISTORY: Final[Mapping[Fact, tuple[str, ...]]] = {
    Fact.ID: ("ietf-subscribed-notifications:id", "ietf-yang-push:id", "id"),
    Fact.PUBLISHER: (
        f"{_DN}:message-observation-domain-id",
        f"{_DN}:message-publisher-ids",
        f"{_DN}:message-publisher-id",
    ),
    Fact.OBSERVED_AT: (
        f"{_NETOBS}:start-observation-time",
        f"{_NETOBS}:changed-observation-time",
        f"{_NETOBS}:observation-time",
        f"{_NETOBS}:state-changed-observation-time",
        "ietf-yang-push-observation-timestamp:observation-time",
        "ietf-yang-push-observation-timestamp:timestamp",
        "ietf-yp-observation-time:observation-time",
        "ietf-yp-observation-time:timestamp",
        "ietf-yp-observation:observation-time",
        "ietf-yp-observation:timestamp",
    ),
    Fact.POINT_IN_TIME: (
        "ietf-yang-push-observation-timestamp:point-in-time",
        "ietf-yp-observation-time:point-in-time",
        "ietf-yp-observation:point-in-time",
    ),
    Fact.INCOMPLETE: ("ietf-yang-push:incomplete-update", "incomplete-update"),
    Fact.REASON: ("ietf-subscribed-notifications:reason", "reason"),
    Fact.CONTENTS: ("ietf-yang-push:datastore-contents", "datastore-contents"),
    Fact.CHANGES: ("ietf-yang-push:datastore-changes", "datastore-changes"),
}

CURRENT: Final[Mapping[Fact, str]] = {fact: names[-1] for fact, names in HISTORY.items()}
"""Fact → the name it has now."""

BODY: Final[Mapping[str, tuple[int, str]]] = {
    name: (int(fact), "" if name == names[-1] else f"old-name:{name}")
    for fact, names in HISTORY.items()
    for name in names
}
"""Member name as it stands in the payload → (index of the fact, quirk; empty for the current name)."""

_BY_LOCAL_NAME: Final = {
    name.rpartition(":")[2].lower(): fact for fact, names in HISTORY.items() for name in names if ":" in names[-1]
}


_CONTAINERS: Final = frozenset({int(Fact.CONTENTS), int(Fact.CHANGES)})


def unlisted_leaf(name: str) -> tuple[int, str] | None:
    """Returns what a member is that has a known local name under an unknown module or case; None when it has not.

    Quirks name what is known, never what the sender made up: they are keys under which departures are counted.

    >>> unlisted_leaf("example-observation:timestamp")
    (2, 'unknown-module:timestamp')
    """
    folded = name.lower()
    if folded in BODY:
        index = BODY[folded][0]
        # Containers are cut out by their exact names later on: a wrong-cased one is none.
        return None if index in _CONTAINERS else (index, f"wrong-case:{folded}")
    local = folded.rpartition(":")[2]
    fact = _BY_LOCAL_NAME.get(local)
    return None if fact is None else (int(fact), f"unknown-module:{local}")


POINTS_IN_TIME: Final = ("current-accounting", "initial-state", "state-changed")
"""By their values in CBOR (module ietf-yp-observation since 2024-12-17)."""

OLD_POINTS_IN_TIME: Final[Mapping[str, str]] = {
    "accounting-start": "current-accounting",
    "accounting-end": "current-accounting",
    "current-state": "initial-state",
}
"""Enumeration names of 2024 → current ones; devices still send ``current-state``."""
