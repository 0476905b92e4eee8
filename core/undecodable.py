"""What msgspec raises of octets that are not what was asked for: not its own error alone."""

from typing import Final

import msgspec

UNDECODABLE: Final = (msgspec.DecodeError, UnicodeError, RecursionError)
"""No document of its form, characters that are none, and members nested beyond the interpreter's stack, read or not."""
