"""A message becomes a notification: any wrapper, any encoding, one normal form. NotificationError alone leaves here."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from yangbeam.core.elements import MediaType, Message, Notification
from yangbeam.core.notification.cbor_payload import decode_cbor, tree_of_cbor
from yangbeam.core.notification.json_payload import decode_json, tree_of_json
from yangbeam.core.notification.refusal import refuse
from yangbeam.core.notification.xml_payload import decode_xml, element_of

_DECODERS: Final[Mapping[str, Callable[[Message], Notification]]] = {
    MediaType.JSON: decode_json,
    MediaType.XML: decode_xml,
    MediaType.CBOR: decode_cbor,
    "application/json": decode_json,
    "application/xml": decode_xml,
    "application/cbor": decode_cbor,
}
"""Media type → decoder; HTTPS-notif peers send the general types as well."""


def decode(message: Message) -> Notification:
    """Returns the notification of a message; its contents stay in the message's payload.

    Raises:
        NotificationError: The payload is none. Its reason is the key under which it is counted; its detail says
            what was found where.
    """
    decoder = _DECODERS.get(message.media_type)
    if decoder is None:
        refuse("unknown-media-type", f"no decoder for media type {message.media_type!r:.80}")
    return decoder(message)


def tree_of(message: Message) -> Any:
    """Returns the whole payload as a tree: parsed JSON, an lxml element, or CBOR with header SIDs named.

    Raises:
        NotificationError: As ``decode``, for what is wrong before any wrapper is looked for.
    """
    decoder = _DECODERS.get(message.media_type)
    if decoder is decode_json:
        return tree_of_json(message.payload)
    if decoder is decode_xml:
        return element_of(message)
    if decoder is decode_cbor:
        return tree_of_cbor(message)
    refuse("unknown-media-type", f"no decoder for media type {message.media_type!r:.80}")
