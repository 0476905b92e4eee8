"""A message becomes a notification: any wrapper, any encoding, one normal form. NotificationError alone leaves here."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from yangbeam.core.elements import MediaType, Message, Notification
from yangbeam.core.notification.bounds import bounded
from yangbeam.core.notification.cbor_payload import decode_cbor, tree_of_cbor
from yangbeam.core.notification.json_payload import decode_json, tree_of_json
from yangbeam.core.notification.refusal import refuse
from yangbeam.core.notification.xml_payload import decode_xml, element_of
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames

_CODECS: Final = (
    ((MediaType.JSON.value, "application/json"), decode_json, lambda message: tree_of_json(message.payload)),
    ((MediaType.XML.value, "application/xml"), decode_xml, element_of),
    ((MediaType.CBOR.value, "application/cbor"), decode_cbor, tree_of_cbor),
)
"""(media types, notification decoder, tree reader); HTTPS-notif peers send the general media types as well."""

_DECODERS: Final[Mapping[str, Callable[[Message], Notification]]] = {
    media_type: decoder for media_types, decoder, _ in _CODECS for media_type in media_types
}
_READERS: Final[Mapping[str, Callable[[Message], Any]]] = {
    media_type: reader for media_types, _, reader in _CODECS for media_type in media_types
}


def decode(message: Message, sids: SidNames = NO_SIDS) -> Notification:
    """Returns the notification of a message; its contents stay in the message's payload.

    Args:
        message: Of any wrapper and encoding.
        sids: What the operator's .sid files name, for CBOR.

    Raises:
        NotificationError: The payload is none. Its reason is the key under which it is counted; its detail says
            what was found where.
    """
    decoder = _DECODERS.get(message.media_type)
    if decoder is None:
        refuse("unsupported-media-type", f"no decoder for media type {message.media_type!r:.80}")
    return bounded(decode_cbor(message, sids) if decoder is decode_cbor else decoder(message))


def tree_of(message: Message, sids: SidNames = NO_SIDS) -> Any:
    """Returns the whole payload as a tree: parsed JSON, an lxml element, or CBOR with its known SIDs named.

    Raises:
        NotificationError: As ``decode``, for what is wrong before any wrapper is looked for.
    """
    reader = _READERS.get(message.media_type)
    if reader is None:
        refuse("unsupported-media-type", f"no decoder for media type {message.media_type!r:.80}")
    return tree_of_cbor(message, sids) if reader is tree_of_cbor else reader(message)
