"""Messages that are refused, one way for every reason of the stages decode and validate: endless, and seeded.

Each has its number in it and is padded, so that whatever keeps one alive keeps its octets.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any, Final

import cbor2
import orjson

from tests.builders import message
from yangbeam.core.elements import Message

JSON: Final = "application/yang-data+json"
XML: Final = "application/yang-data+xml"
CBOR: Final = "application/yang-data+cbor"

_TIME: Final = "2026-11-20T10:00:10.00Z"
_PUSH: Final = "ietf-yang-push:push-update"
_CHANGE: Final = "ietf-yang-push:push-change-update"
_STARTED: Final = "ietf-subscribed-notifications:subscription-started"
_INTERFACES: Final = "ietf-interfaces:interfaces"
_NAMESPACE: Final = "urn:ietf:params:xml:ns:yang"

Make = Callable[[str], tuple[str, bytes]]
"""Padding → (media type, payload)."""


def _enveloped(notification: str, body: Any, padding: str, **head: Any) -> dict[str, Any]:
    return {
        "ietf-yp-notification:envelope": {"event-time": _TIME, "hostname": padding}
        | head
        | {"contents": {notification: body}}
    }


def _json(notification: str, body: Any) -> Make:
    return lambda padding: (JSON, orjson.dumps(_enveloped(notification, body, padding)))


def _cbor(notification: str, body: Any) -> Make:
    return lambda padding: (CBOR, cbor2.dumps(_enveloped(notification, body, padding)))


def _tree(make: Callable[[str], Any]) -> Make:
    return lambda padding: (JSON, orjson.dumps(make(padding)))


def _text(media_type: str, text: str) -> Make:
    return lambda padding: (media_type, text.replace("PADDING", padding).encode())


def _started(**leaves: Any) -> Make:
    return _json(_STARTED, {"id": 6666} | leaves)


def _edits(**edit: Any) -> Make:
    return _json(_CHANGE, {"id": 6666, "datastore-changes": {"yang-patch": {"patch-id": "p", "edit": [edit]}}})


def _pushed(contents: Any, **more: Any) -> Make:
    return _json(_PUSH, {"id": 6666, "datastore-contents": contents} | more)


def _interface(**leaves: Any) -> dict[str, Any]:
    return {_INTERFACES: {"interface": [{"name": "eth0", "type": "iana-if-type:ethernetCsmacd"} | leaves]}}


def _xml_pushed(contents: str) -> Make:
    return _text(
        XML,
        f'<envelope xmlns="{_NAMESPACE}:ietf-yp-notification"><event-time>{_TIME}</event-time>'
        f'<hostname>PADDING</hostname><contents><push-update xmlns="{_NAMESPACE}:ietf-yang-push"><id>6666</id>'
        f"<datastore-contents>{contents}</datastore-contents></push-update></contents></envelope>",
    )


_LEAVES: Final = {"edit-id": "e", "operation": "merge", "target": f"/{_INTERFACES}/interface=eth0"}
_PREFIXES: Final = " ".join(f'xmlns:p{number}="urn:{number}"' for number in range(300))

DECODE: Final[dict[str, Make]] = {
    "unsupported-media-type": _text("text/plain", "PADDING"),
    "empty-payload": _text(JSON, " "),
    "not-json": _text(JSON, '{"a:b":{"c":"PADDING"}'),
    "not-xml": _text(XML, "<a>PADDING</b>"),
    "not-cbor": lambda padding: (CBOR, b"\xa1\x61a" + padding.encode()),
    "unsupported-cbor-tag": lambda padding: (CBOR, cbor2.dumps(cbor2.CBORTag(9, padding))),
    "xml-dtd": _text(XML, "<!DOCTYPE a><a>PADDING</a>"),
    "xml-prefixes": _text(XML, f"<a {_PREFIXES}>PADDING</a>"),
    "too-many-nodes": _text(XML, "<a>PADDING" + "<" * 1_000_001),
    "nesting-too-deep": _text(JSON, '{"a:b":' + "[" * 200 + '"PADDING"' + "]" * 200 + "}"),
    "facts-too-long": _started(**{"ietf-yang-push:datastore-xpath-filter": "/x" * 200_000}),
    "no-wrapper": _tree(lambda padding: [padding]),
    "no-notification": _tree(lambda padding: {"ietf-yp-notification:envelope": {"hostname": padding, "contents": {}}}),
    "ambiguous-notification": _tree(
        lambda padding: {
            "ietf-yp-notification:envelope": {"contents": {_PUSH: {"id": 1, "x": padding}, _STARTED: {"id": 1}}}
        }
    ),
    "unknown-sid": lambda padding: (CBOR, cbor2.dumps({99_999_999: {1: padding}})),
    "not-a-container: an array": _json(_PUSH, [{"id": 6666}]),
    "container-repeated": _text(
        XML,
        f'<envelope xmlns="{_NAMESPACE}:ietf-yp-notification"><event-time>{_TIME}</event-time><contents>'
        f'<subscription-started xmlns="{_NAMESPACE}:ietf-subscribed-notifications"><id>1</id>'
        f'<datastore-subtree-filter xmlns="{_NAMESPACE}:ietf-yang-push">PADDING</datastore-subtree-filter>'
        f'<datastore-subtree-filter xmlns="{_NAMESPACE}:ietf-yang-push">PADDING</datastore-subtree-filter>'
        "</subscription-started></contents></envelope>",
    ),
    "not-a-container": _json(_PUSH, "text"),
    "not-a-list": _started(**{"module-version": 1}),
    "not-a-number": _pushed({}, id="many"),
    "number-out-of-range": _pushed({}, id=1 << 40),
    "not-a-string": _edits(**_LEAVES | {"target": 5, "value": {}}),
    "not-a-boolean": _started(**{"ietf-yang-push:on-change": {"sync-on-start": 5}}),
    "module-without-name": _started(**{"module-version": [{"revision": "2026-01-01"}]}),
    "no-patch": _json(_CHANGE, {"id": 6666, "datastore-changes": {"patch": {}}}),
    "unknown-operation": _edits(**_LEAVES | {"operation": "explode"}),
    "edit-without-target": _edits(operation="delete"),
    "edit-without-value": _edits(**_LEAVES),
    "unknown-where": _edits(**_LEAVES | {"operation": "insert", "value": {}, "where": "aside"}),
    "edit-without-point": _edits(**_LEAVES | {"operation": "insert", "value": {}, "where": "before"}),
    "invalid-filter": _cbor(_STARTED, {"id": 1, "ietf-yang-push:datastore-subtree-filter": {"a": {(1, 2): 1}}}),
}
"""Reason → how a message is made that the decoders refuse with it."""

VALIDATE: Final[dict[str, Make]] = {
    "invalid-contents": _pushed(_interface(**{"if-index": 0})),
    "invalid-contents: a key twice": _text(
        JSON,
        f'{{"ietf-yp-notification:envelope":{{"event-time":"{_TIME}","hostname":"PADDING","contents":{{"{_PUSH}":'
        f'{{"id":6666,"datastore-contents":{{"{_INTERFACES}":{{"interface":[{{"name":"eth0"}},{{"name":"eth0"}}]}}}}'
        "}}}}",
    ),
    "invalid-contents: of another kind": _pushed({_INTERFACES: []}),
    "invalid-notification": _pushed(_interface(), **{"incomplete-update": 5}),
    "invalid-edit": _edits(**_LEAVES | {"target": f"/{_INTERFACES}/nothing", "value": {"nothing": 1}}),
    "invalid-target": _edits(**_LEAVES | {"target": "no target", "value": {}}),
    "unknown-node": _xml_pushed(f'<interfaces xmlns="{_NAMESPACE}:ietf-interfaces"><nothing/></interfaces>'),
    "unknown-sid": lambda padding: (
        CBOR,
        cbor2.dumps(_enveloped(_PUSH, {"id": 6666, "datastore-contents": {99_999_999: {1: padding}}}, "router")),
    ),
}
"""Reason (and kind) → how a message is made that its schema refuses: the notifications and ietf-interfaces."""


def refused_messages(seed: int, size: int = 1000) -> Iterator[tuple[str, Message]]:
    """Yields (reason, message) without end: all reasons in turn, each round in another order.

    Args:
        seed: Of orders and padding: the same seed, the same messages.
        size: Octets of padding; trailing blanks, where they may be.
    """
    chance = random.Random(seed)
    ways = [*DECODE.items(), *VALIDATE.items()]
    number = 0
    while True:
        chance.shuffle(ways)
        for reason, make in ways:
            number += 1
            yield reason.partition(":")[0], numbered(make, number, size)


def numbered(make: Make, number: int, size: int = 1000) -> Message:
    """Returns the message with a number, padded by ``size`` octets."""
    media_type, payload = make(f"{number:012}")
    if media_type == CBOR:  # where nothing may stand behind the item
        media_type, payload = make(f"{number:0{size}}")
    else:
        payload += b" " * size
    return message(payload, media_type=media_type, message_id=number)
