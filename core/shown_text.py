"""How text that others wrote is shown: one line, no control octet of it in force. The only place that decides that.

A router's name, a reason of libyang, a NETCONF error may hold whatever its writer likes. Printed as it is, ESC and
U+009B steer the terminal (ECMA-48), a line break forges a line of the log, and a mark of direction turns a line around
(Unicode UAX #9). All of these are shown as escapes instead.
"""

import re
from typing import Final

_IN_FORCE: Final = (
    r"\x00-\x1f\x7f-\x9f"  # C0, DEL and C1 (ECMA-48)
    r"\u2028\u2029"  # breaks of line and paragraph
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks of direction
    r"\ud800-\udfff"  # halves of characters, which no encoding takes
)
_HARMFUL: Final = re.compile(f"[{_IN_FORCE}]")
_HARMFUL_BUT_LINES: Final = re.compile(rf"(?!\n)[{_IN_FORCE}]")
_HARMFUL_IN_JSON: Final = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]|\xd8\x9c")
_NAMES: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def shown(text: str) -> str:
    r"""Returns foreign text as one line that only can be read.

    >>> print(shown("r1\x1b]0;owned\x07\nERROR all is lost\x9b2J"))
    r1\x1b]0;owned\x07\nERROR all is lost\x9b2J
    """
    return _HARMFUL.sub(_escape, text)


def shown_lines(text: str) -> str:
    """Returns text of ours that has lines, like a traceback or what a console drew: its line feeds stay."""
    return _HARMFUL_BUT_LINES.sub(_escape, text)


def shown_json(document: bytes) -> bytes:
    r"""Returns a JSON document that means the same and holds no control character: RFC 8259 allows DEL and C1 in it.

    >>> shown_json(b'{"name":"\xc2\x9b2J"}')
    b'{"name":"\\u009b2J"}'
    """
    return _HARMFUL_IN_JSON.sub(_escape_in_json, document)


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    return _NAMES.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def _escape_in_json(found: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(found.group().decode())
