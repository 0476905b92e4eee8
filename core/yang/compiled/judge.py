"""Accepts contents that libyang, in the profile ``structural``, surely accepts; everything else is libyang's to judge.

One pass of msgspec over the bytes parses, checks types and names, and asks the keys of lists (RFC 7950 section 7.8.2)
and the values of configured leaf-lists (section 7.7) to be unique. Of members that repeat only the last would be
checked in full, so what was decoded is written again and must not have become less.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from yangbeam.core.yang.compiled.structs import Structs, decoder_of
from yangbeam.core.yang.tree import Tree

_RARE_ESCAPE: Final = re.compile(rb'\\(?:[^"\\/nrtu]|u(?:00[01]|0022|[dD][89a-fA-F]|[fF][dDfF]))').search
"""What they name may be no character of YANG (RFC 7950 section 14), or is a quote, or half of a character."""
_NO_MEMBER: Final = len(b"{}")
_NO_CHARACTER: Final = b"\xef\xbf"
"""Begins U+FFFE and U+FFFF in UTF-8, which libyang refuses."""


class CompiledJudge:
    """The judge of one schema tree, for one thread. Top-level nodes are compiled when they are first met.

    Args:
        tree: The schema.
    """

    def __init__(self, tree: Tree) -> None:
        self._nodes = {name: node for name, node in tree.data.items() if node.kind != "structure"}
        self._structs = Structs()
        self._met: set[str] = set()
        self._decode: Callable[[bytes], Any] = _refuse
        self._encode_into = msgspec.json.Encoder().encode_into
        self._written = bytearray()

    @property
    def left_out(self) -> Mapping[str, str]:
        """Schema path → why libyang judges it, of what was compiled so far."""
        return self._structs.left_out

    def meet(self, names: Iterable[str]) -> bool:
        """Compiles top-level nodes; says whether any was new."""
        fresh = {name for name in names if name in self._nodes} - self._met
        if fresh:
            self._met |= fresh
            self._decode = decoder_of(self._structs.top(self._nodes[name] for name in sorted(self._met)))
        return bool(fresh)

    def accepts(self, text: bytes) -> bool:
        """Whether ``text`` surely is valid contents; False says nothing."""
        if b"\\" in text and _RARE_ESCAPE(text):
            return False
        if not text.isascii() and _NO_CHARACTER in text:
            return False
        try:
            decoded = self._decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        written = self._written
        self._encode_into(decoded, written)
        if len(written) == len(text):
            return len(written) > _NO_MEMBER
        # Blanks, escapes and signs of zero go; no quote does unless a member did.
        return written.count(b'"') == text.count(b'"') > 0


def _refuse(_: bytes) -> None:
    raise msgspec.DecodeError
