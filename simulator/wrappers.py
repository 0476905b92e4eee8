"""Decides how a notification is wrapped and encoded: rows H1 to H11 for JSON and CBOR, X1 and X2 for XML."""

from collections.abc import Callable
from dataclasses import dataclass

from yangbeam.core.elements import MediaType
from yangbeam.core.errors import ConfigurationError
from yangbeam.simulator.clock import rfc3339
from yangbeam.simulator.values import Tree, to_cbor, to_json, to_xml

_SEQUENCING = "ietf-notification-sequencing"


@dataclass(frozen=True, slots=True)
class Wrapper:
    """One header around notifications.

    Attributes:
        top: Its member; empty: the notification stands alone.
        time: Member of the event time.
        node: Member of the node's name; empty: not sent.
        sequence: Member of the sequence number; empty: not sent.
        publisher: Member of the publisher id; empty: not sent.
        contents: Member that holds the notification; empty: it is a sibling of the others.
        xml: It wraps XML; else JSON and CBOR.
    """

    top: str
    time: str = ""
    node: str = ""
    sequence: str = ""
    publisher: str = ""
    contents: str = ""
    xml: bool = False


_ENVELOPE = ("ietf-yp-notification:envelope", "event-time", "hostname", "sequence-number", "")
WRAPPERS = {
    "H1": Wrapper("ietf-notification:notification", "eventTime"),
    "H2": Wrapper(
        "ietf-notification:notification", "eventTime", f"{_SEQUENCING}:sysName", f"{_SEQUENCING}:sequenceNumber"
    ),
    "H3": Wrapper(
        "ietf-notification:notification",
        "eventTime",
        "ietf-notification:sysName",
        "ietf-notification:sequenceNumber",
    ),
    "H4": Wrapper("ietf-notifications:notification", "eventTime", "sysName", "sequenceNumber"),
    "H5": Wrapper(
        "ietf-notifications:notification", "eventTime", f"{_SEQUENCING}:sysName", f"{_SEQUENCING}:sequenceNumber"
    ),
    "H6": Wrapper(
        "ietf-subscribed-notifications:notification", "eventTime", "sysName", "sequenceNumber", "publisherId"
    ),
    "H7": Wrapper(*_ENVELOPE, contents="notification-contents"),
    "H8": Wrapper(*_ENVELOPE, contents="contents"),
    "H9": Wrapper("ietf-yp-notification:notification", "event-time"),
    "H10": Wrapper(""),
    "H11": Wrapper("ietf-https-notif:notification", "eventTime"),
    "X1": Wrapper(
        "ietf-notification:notification",
        "eventTime",
        f"{_SEQUENCING}:sysName",
        f"{_SEQUENCING}:sequenceNumber",
        xml=True,
    ),
    "X2": Wrapper(*_ENVELOPE, contents="contents", xml=True),
}
"""Members of each; yang:date-and-time, host name, counter32 and uint32 as in the drafts the rows come from."""

_ENCODERS: dict[MediaType, Callable[[Tree], bytes]] = {
    MediaType.JSON: to_json,
    MediaType.XML: to_xml,
    MediaType.CBOR: to_cbor,
}


def wrapper_for(name: str, media_type: MediaType) -> str:
    """Returns ``name`` if it fits the encoding; for XML, of a JSON header, the XML one of the same age.

    Raises:
        ConfigurationError: No such wrapper, or an XML one for JSON or CBOR.

    >>> wrapper_for("H2", MediaType.XML), wrapper_for("H8", MediaType.XML)
    ('X1', 'X2')
    """
    if name not in WRAPPERS:
        raise ConfigurationError("unknown_wrapper", f"no wrapper {name!r}; known are {', '.join(WRAPPERS)}")
    if media_type is not MediaType.XML and WRAPPERS[name].xml:
        raise ConfigurationError("wrapper_encoding", f"{name} is for XML, not {media_type}; take H1 to H11")
    if media_type is MediaType.XML and not WRAPPERS[name].xml:
        return "X2" if WRAPPERS[name].top == _ENVELOPE[0] else "X1"
    return name


def wrap(
    name: str,
    media_type: MediaType,
    notification: Tree,
    *,
    at_us: int,
    node: str,
    sequence_number: int | None,
    publisher_id: int,
) -> bytes:
    """Returns ``notification`` in the wrapper ``name``, encoded; what the wrapper cannot say is left out."""
    wrapper = WRAPPERS[name]
    tree = notification
    if wrapper.top:
        header: Tree = {wrapper.time: rfc3339(at_us)}
        if wrapper.node and sequence_number is not None:
            header |= {wrapper.node: node, wrapper.sequence: sequence_number}
        if wrapper.publisher:
            header[wrapper.publisher] = publisher_id
        tree = {wrapper.top: {**header, **({wrapper.contents: notification} if wrapper.contents else notification)}}
    return _ENCODERS[media_type](tree)
