"""Accepts contents that libyang, in the profile ``structural``, surely accepts; everything else is libyang's to judge.

One pass of msgspec over the bytes parses, checks types and names, and asks the keys of lists (RFC 7950 section 7.8.2)
and the values of configured leaf-lists (section 7.7) to be unique. Duplicate members are judged one by one, as libyang
does.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from yangbeam.core.yang.compiled.structs import Structs, decoder_of
from yangbeam.core.yang.tree import Tree

_RARE_ESCAPE: Final = re.compile(rb'\\[^"\\/nrt]').search
r"""``\u``, ``\b`` and ``\f``: what they name may be no character of YANG."""
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
            self._decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        return b'"' in text  # what holds no member is no contents


def _refuse(_: bytes) -> None:
    raise msgspec.DecodeError
