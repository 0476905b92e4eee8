"""Decides what an HTTPS-notif request is, and what the receiver says of itself.

Source: draft-ietf-netconf-https-notif-15 sections 2 to 4, its later media types and capability names (those of the
IANA considerations), and draft-chittapragada-netconf-https-notif-cbor for CBOR. The draft sends one notification a
request and leaves several to the future: a JSON array, or an XML document whose root is no wrapper and whose children
are notifications, is taken for several all the same.
"""

from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

import msgspec
from lxml import etree

from yangbeam.core.elements import MediaType, Message
from yangbeam.core.errors import NotificationError, WireError
from yangbeam.core.notification.decode import tree_of
from yangbeam.core.notification.wrappers import XML_TOPS
from yangbeam.core.notification.xml_payload import element_of

TRANSPORT: Final = "https-notif"
CAPABILITIES: Final = "capabilities"
RELAYS: Final = ("relay-notification", "relay-notifications")
"""Names of the resource that takes notifications: section 4 has one, section 2's list the other."""

MEDIA_TYPES: Final[Mapping[str, MediaType]] = {
    "application/json": MediaType.JSON,
    "application/xml": MediaType.XML,
    "text/xml": MediaType.XML,
    "application/cbor": MediaType.CBOR,
    **{each.value: each for each in MediaType},
}
"""Of a request, without parameters."""

_ENCODINGS: Final = ("encoding:json", "encoding:xml", "encoding:cbor", "sub-notif", "rfc5277-notif")
_URNS: Final = tuple(
    f"{prefix}:{name}"
    for prefix in ("urn:ietf:capability:https-notif-receiver", "urn:ietf:params:yang-notif:https-capability")
    for name in _ENCODINGS
)
"""Under both prefixes, the examples' and the registry's: publishers ignore what they do not know (section 3.3)."""

_NAME: Final = "receiver-capabilities"
_MODULE: Final = "ietf-https-notif-transport"


def _json(name: str) -> bytes:
    return msgspec.json.encode({name: {"receiver-capability": list(_URNS)}})


def _xml(namespace: str) -> bytes:
    leaves = "".join(f"<receiver-capability>{urn}</receiver-capability>" for urn in _URNS)
    return f"<{_NAME}{namespace}>{leaves}</{_NAME}>".encode()


ANSWERS: Final[Mapping[str, bytes]] = {
    "application/json": _json(_NAME),
    "application/xml": _xml(""),
    MediaType.JSON.value: _json(f"{_MODULE}:{_NAME}"),
    MediaType.XML.value: _xml(f' xmlns="urn:ietf:params:xml:ns:yang:{_MODULE}"'),
}
"""The capabilities by media type; the first one is the default (section 3.2)."""


def capabilities(accept: str) -> tuple[str, bytes] | None:
    """Returns media type and body of the capabilities that an Accept header likes best; None when it likes none.

    >>> capabilities("application/xml, application/json;q=0.5")[0]
    'application/xml'
    >>> capabilities("")[0], capabilities("text/html")
    ('application/json', None)
    """
    weights = _weights(accept or "*/*")
    best = max(ANSWERS, key=lambda name: _weight(name, weights))  # the first of equals
    return (best, ANSWERS[best]) if _weight(best, weights) > 0 else None


def _weights(accept: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in accept.split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            # The draft's own example writes "application/xml;0.9", without the name.
            value = parameter.removeprefix("q=")
            if value.isascii() and value.replace(".", "", 1).isdigit():
                weight = min(float(value), 1.0)
        weights[name] = weight
    return weights


def _weight(name: str, weights: Mapping[str, float]) -> float:
    for pattern in (name, f"{name.partition('/')[0]}/*", "*/*"):
        if pattern in weights:
            return weights[pattern]
    return 0.0


def media_type_of(content_type: str, content_encoding: str = "") -> MediaType:
    """Returns what a request's body is.

    Raises:
        WireError: ``unsupported_media_type``: unknown, or compressed (RFC 9110 section 15.5.16).
    """
    if content_encoding.strip().lower() not in {"", "identity"}:
        raise WireError("unsupported_media_type", f"Content-Encoding {content_encoding[:80]!r}; send it as it is")
    found = MEDIA_TYPES.get(content_type.partition(";")[0].strip().lower())
    if found is None:
        raise WireError(
            "unsupported_media_type", f"Content-Type {content_type[:80]!r}; known are {', '.join(MEDIA_TYPES)}"
        )
    return found


def payloads_of(media_type: MediaType, body: bytes) -> list[bytes]:
    """Returns the notifications of a request, each as it came.

    Raises:
        WireError: ``malformed``: the body is no document of its media type.
    """
    message = Message("", 0, 0, 0, 0, media_type, body)
    try:
        return _PAYLOADS[media_type](message)
    except NotificationError as error:
        raise WireError("malformed", error.detail) from error


def _of_json(message: Message) -> list[bytes]:
    tree = tree_of(message)
    if type(tree) is not list:
        return [message.payload]
    if not tree or any(type(each) is not dict for each in tree):
        raise WireError("malformed", f"an array of {len(tree)} members: notifications are objects, and at least one")
    return [bytes(each) for each in msgspec.json.decode(message.payload, type=list[msgspec.Raw])]


def _of_xml(message: Message) -> list[bytes]:
    root = element_of(message)
    children: list[Any] = list(root)
    if root.tag in XML_TOPS or not children or any(child.tag not in XML_TOPS for child in children):
        return [message.payload]
    return [etree.tostring(child, with_tail=False) for child in children]


def _of_cbor(message: Message) -> list[bytes]:
    tree_of(message)
    return [message.payload]


_PAYLOADS: Final = {MediaType.JSON: _of_json, MediaType.XML: _of_xml, MediaType.CBOR: _of_cbor}


def name_of(certificate: Mapping[str, Any] | None) -> str:
    """Returns whom a verified client certificate names, as ``ssl.SSLSocket.getpeercert`` gives it; empty: nobody.

    The first subject alternative name, else the common name (RFC 9525 section 2).

    >>> name_of({"subject": ((("commonName", "pe1"),),), "subjectAltName": (("DNS", "pe1.example"),)})
    'pe1.example'
    """
    if not certificate:
        return ""
    for _, name in certificate.get("subjectAltName", ()):
        return str(name)
    return next(
        (str(value) for part in certificate.get("subject", ()) for key, value in part if key == "commonName"), ""
    )


def publisher_id_of(name: str) -> int:
    """Returns a stable 32-bit publisher id for a certificate's name; 0 for none.

    >>> publisher_id_of(""), publisher_id_of("pe1.example")
    (0, 2220739647)
    """
    return crc32(name.encode()) if name else 0
