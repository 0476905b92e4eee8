"""Which notification a member is: those of RFC 8639 and RFC 8641 by name, any other by ``module:name``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_SN: Final = "ietf-subscribed-notifications"
_YP: Final = "ietf-yang-push"


@dataclass(frozen=True, slots=True)
class Kind:
    """A notification.

    Attributes:
        name: ``push-update``; for event-stream notifications ``module:name``.
        module: That defines it.
        states_terms: It carries the subscription's terms.
        carries: ``contents``, ``changes`` or nothing: which data of the datastore it has.
        of_subscription: It is one of RFC 8639 and RFC 8641.
        quirk: What is odd about its name on the wire, empty for nothing.
    """

    name: str
    module: str
    states_terms: bool = False
    carries: str = ""
    of_subscription: bool = True
    quirk: str = ""


KINDS: Final = (
    Kind("subscription-started", _SN, states_terms=True),
    Kind("subscription-modified", _SN, states_terms=True),
    Kind("subscription-suspended", _SN),
    Kind("subscription-resumed", _SN),
    Kind("subscription-completed", _SN),
    Kind("subscription-terminated", _SN),
    Kind("replay-completed", _SN),
    Kind("push-update", _YP, carries="contents"),
    Kind("push-change-update", _YP, carries="changes"),
)
"""RFC 8639 section 2.7, RFC 8641 section 3.7."""

_MISSPELT_MODULES: Final = {_SN: ("ietf-subscribed-notification",), _YP: ("ietf-yangpush",)}


def _table() -> Mapping[str, Kind]:
    table: dict[str, Kind] = {}
    for kind in KINDS:
        table[f"{kind.module}:{kind.name}"] = kind
        for module in _MISSPELT_MODULES[kind.module]:
            table[f"{module}:{kind.name}"] = _odd(kind, f"misspelt-module:{module}")
        table[kind.name] = _odd(kind, "unqualified-notification")
    return table


def _odd(kind: Kind, quirk: str) -> Kind:
    return Kind(kind.name, kind.module, kind.states_terms, kind.carries, kind.of_subscription, quirk)


KIND_OF: Final[Mapping[str, Kind]] = _table()
"""Member name as it stands in the payload → kind."""

_QUALIFIED: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*):([A-Za-z_][A-Za-z0-9_.-]*)", re.ASCII)


def unlisted_kind(member: str) -> Kind | None:
    """Returns the kind of a member that the table does not list; None when it can be no notification.

    >>> unlisted_kind("ietf-netconf-notifications:netconf-config-change").name
    'ietf-netconf-notifications:netconf-config-change'
    >>> unlisted_kind("ietf-yang-push:Push-Update").quirk
    'wrong-case'
    """
    listed = KIND_OF.get(member.lower())
    if listed is not None:
        return _odd(listed, "wrong-case")
    match = _QUALIFIED.fullmatch(member)
    return Kind(member, match[1], of_subscription=False) if match else None
