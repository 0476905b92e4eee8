"""What a node tells of its publishing beside its modules: its subscriptions, and what it is capable of."""

from typing import Final

import msgspec
from lxml import etree

from yangbeam.core.elements import Terms
from yangbeam.core.notification.xml_payload import terms_in
from yangbeam.core.yang.yang_library_xml import MAX_LIBRARY_BYTES, parsed_xml

_SUBSCRIPTIONS: Final = "urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"
_CAPABILITIES: Final = "urn:ietf:params:xml:ns:yang:ietf-system-capabilities"
CAPABILITIES_FILTER: Final = f'<system-capabilities xmlns="{_CAPABILITIES}"/>'
"""RFC 9196 section 3: all that a node says of itself."""


class PublisherCapabilities(msgspec.Struct, frozen=True):
    """What a node can publish, and how.

    Attributes:
        transports: Transport and encodings it can carry, as local names of their identities
            (draft-ietf-netconf-yp-transport-capabilities-06).
        minimum_period_cs: Shortest period of updates, centiseconds; None: not said (RFC 9196 section 4).
        maximum_nodes: Data nodes in one update at most; None: not said.
        on_change: For what on-change is supported, like ``state-changes``; empty: not said.
    """

    transports: dict[str, tuple[str, ...]] = {}
    minimum_period_cs: int | None = None
    maximum_nodes: int | None = None
    on_change: tuple[str, ...] = ()


def subscription_filter(identifier: int) -> str:
    """Returns the subtree filter of one subscription."""
    inner = f"<subscription><id>{identifier}</id></subscription>"
    return f'<subscriptions xmlns="{_SUBSCRIPTIONS}">{inner}</subscriptions>'


def subscription_in(reply: bytes, identifier: int) -> Terms | None:
    """Returns the terms of one subscription in the reply to a get; None: the node has none of that id.

    Raises:
        LibraryError: The reply is no XML, or too large.
        NotificationError: A leaf is of a wrong type.
    """
    for entry in _root(reply).iter(f"{{{_SUBSCRIPTIONS}}}subscription"):
        if entry.findtext(f"{{{_SUBSCRIPTIONS}}}id", "").strip() == str(identifier):
            return terms_in(entry)
    return None


def capabilities_in(reply: bytes) -> PublisherCapabilities:
    """Returns what the reply to a get says of a node's capabilities; what it does not say stays empty.

    Raises:
        LibraryError: The reply is no XML, or too large.
    """
    root = _root(reply)
    transports: dict[str, tuple[str, ...]] = {}
    for entry in root.iter("{*}transport-capability"):
        encodings = {_identity(leaf) for leaf in entry.iterfind("{*}encoding-format")}
        protocol = entry.find("{*}transport-protocol")
        if protocol is not None:
            name = _identity(protocol)
            transports[name] = tuple(sorted(encodings | set(transports.get(name, ()))))
    on_change = next(root.iter("{*}on-change-supported"), None)
    return PublisherCapabilities(
        transports,
        _number(root, "minimum-update-period"),
        _number(root, "max-nodes-per-update"),
        tuple((on_change.text or "").split()) if on_change is not None else (),
    )


def _root(reply: bytes) -> etree._Element:
    return parsed_xml(reply, MAX_LIBRARY_BYTES, "the answer to a get")


def _identity(leaf: etree._Element) -> str:
    return (leaf.text or "").strip().rpartition(":")[2]


def _number(root: etree._Element, name: str) -> int | None:
    leaf = next(root.iter(f"{{*}}{name}"), None)
    text = (leaf.text or "").strip() if leaf is not None else ""
    return int(text) if text.isdecimal() and len(text) <= 10 else None
