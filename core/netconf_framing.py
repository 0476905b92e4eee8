"""How NETCONF messages are cut out of an SSH channel's octets: end-of-message marks, or chunks (RFC 6242 section 4)."""

import re
from typing import Final

from yangbeam.core.errors import WireError

END: Final = b"]]>]]>"
"""Ends each message until both ends have said that they know chunks (section 4.3)."""
BASE_1_1: Final = "urn:ietf:params:netconf:base:1.1"

_CHUNK: Final = re.compile(rb"\n#(?:([1-9][0-9]{0,9})|#)\n")
_LONGEST_HEAD: Final = len(b"\n#4294967295\n")


def framed(message: bytes, *, chunked: bool, octets: int = 0) -> bytes:
    r"""Returns a message as it goes on the wire, in chunks of so many octets; 0: in one.

    >>> framed(b"<hello/>", chunked=False), framed(b"<rpc/>", chunked=True)
    (b'<hello/>]]>]]>', b'\n#6\n<rpc/>\n##\n')
    """
    if not chunked:
        return message + END
    size = octets or max(1, len(message))
    parts = (message[at : at + size] for at in range(0, len(message), size))
    return b"".join(b"\n#%d\n%b" % (len(part), part) for part in parts) + b"\n##\n"


class Deframer:
    """Cuts messages out of octets as they come, in time linear in their number.

    Args:
        limit: Octets of the longest message.

    Attributes:
        chunked: Whether chunks are spoken; to be set after the hellos.
    """

    def __init__(self, limit: int) -> None:
        self.chunked = False
        self._limit = limit
        self._waiting = bytearray()
        self._searched = 0
        self._message = bytearray()

    def feed(self, octets: bytes) -> list[bytes]:
        """Returns the messages that are complete now, in order.

        Raises:
            WireError: ``netconf-framing``: no chunk where one must be. ``netconf-too-long``: beyond the limit.
        """
        self._waiting += octets
        messages = []
        while (message := self._chunks() if self.chunked else self._marked()) is not None:
            messages.append(message)
        if len(self._waiting) + len(self._message) > self._limit:
            raise WireError("netconf-too-long", f"a NETCONF message has more than {self._limit:,} octets")
        return messages

    def _marked(self) -> bytes | None:
        at = self._waiting.find(END, self._searched)
        if at < 0:
            self._searched = max(0, len(self._waiting) - len(END) + 1)
            return None
        message = bytes(self._waiting[:at])
        del self._waiting[: at + len(END)]
        self._searched = 0
        return message

    def _chunks(self) -> bytes | None:
        """Takes whole chunks until one ends a message."""
        while True:
            head = _CHUNK.match(self._waiting)
            if head is None:
                self._check_head()
                return None
            start = head.end()
            if head[1] is None:
                del self._waiting[:start]
                message, self._message = bytes(self._message), bytearray()
                return message
            size = int(head[1])
            if size + len(self._message) > self._limit:
                raise WireError("netconf-too-long", f"a NETCONF message has more than {self._limit:,} octets")
            if len(self._waiting) < start + size:
                return None
            self._message += self._waiting[start : start + size]
            del self._waiting[: start + size]

    def _check_head(self) -> None:
        """Refuses what can no longer become the head of a chunk."""
        head = bytes(self._waiting[:_LONGEST_HEAD])
        if len(head) == _LONGEST_HEAD or b"\n" in head[1:] or not b"\n#".startswith(head[:2]):
            raise WireError("netconf-framing", f"no chunk begins with {head!r}")
