"""Which telemetry a TCP stream of a capture carries, by its first octets: named, as none of it is read there."""

from typing import Final

_REQUESTS: Final = (b"POST ", b"GET ", b"PUT ", b"HEAD ", b"OPTIONS ", b"DELETE ", b"PATCH ")
_HTTP_2: Final = b"PRI * HTTP/2.0"
_DIAL_OUT: Final = (b"MdtDialout", b"application/grpc")
_FRAME_OCTETS: Final = 9
_MOST_SETTINGS: Final = 60
_LONGEST_FRAME: Final = 16_384
"""Unless the peers agree on more (RFC 9113 section 4.2)."""
MAX_MDT: Final = 64 << 20
"""Octets of one message of Cisco's dial-out; a larger length is none."""
NAMES: Final = {
    "http": "HTTP without TLS (HTTPS-notif is read by a listener, not from captures)",
    "tls": "TLS (HTTPS-notif, or anything)",
    "grpc": "HTTP/2 or gRPC (Cisco's dial-out over gRPC is not read)",
    "mdt": "Cisco's dial-out over TCP (not read)",
}
"""Kind of stream → what it is called."""


def kind_of(payload: bytes) -> str | None:
    """Returns one of NAMES; None: nothing that is known.

    >>> kind_of(b"POST /notify HTTP/1.1"), kind_of(bytes.fromhex("000100010001000000000010") + b"telemetry")
    ('http', 'mdt')
    """
    if payload.startswith(_HTTP_2) or any(word in payload for word in _DIAL_OUT) or _is_http_2(payload):
        return "grpc"
    if payload.startswith(_REQUESTS) and b" HTTP/1." in payload.split(b"\n", 1)[0]:
        return "http"
    if payload[:2] in (b"\x16\x03", b"\x17\x03"):
        return "tls"
    if _is_mdt(payload):
        return "mdt"
    return None


def _is_http_2(payload: bytes) -> bool:
    """A frame of settings, or of data with a message of gRPC at its beginning, of a stream that began unseen.

    RFC 9113 sections 4.1, 6.1 and 6.5: length, type, flags, stream; gRPC: whether it is compressed, length.
    """
    if len(payload) < _FRAME_OCTETS:
        return False
    length, kind = int.from_bytes(payload[:3]), payload[3]
    flags, stream = payload[4], int.from_bytes(payload[5:9])
    if kind == 4:  # settings of six octets each, of the connection; or none, acknowledged
        return (
            stream == 0 and flags <= 1 and length % 6 == 0 and length <= _MOST_SETTINGS and (length > 0) != (flags == 1)
        )
    if kind or flags > 1 or not stream % 2 or stream >= 1 << 31 or len(payload) < _FRAME_OCTETS + 5:
        return False
    message = int.from_bytes(payload[10:14])
    return payload[9] <= 1 and (message + 5 == length or (length == _LONGEST_FRAME and message < MAX_MDT))


def _is_mdt(payload: bytes) -> bool:
    """Type 1, encoding GPB or JSON, version 1, flags, length (Cisco's header of 12 octets)."""
    if len(payload) < 12 or payload[:2] != b"\0\1" or payload[2:4] not in (b"\0\1", b"\0\2") or payload[4:6] != b"\0\1":
        return False
    return 0 < int.from_bytes(payload[8:12]) <= MAX_MDT
