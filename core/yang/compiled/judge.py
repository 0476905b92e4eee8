"""Accepts contents that libyang, in the profile ``structural``, surely accepts; everything else is libyang's to judge.

One pass of msgspec over the bytes parses, checks types and names, and asks the keys of lists (RFC 7950 section 7.8.2)
and the values of configured leaf-lists (section 7.7) to be unique. Of members that repeat only the last would be
checked in full, so what was decoded is written again and must not have become less.
"""

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

import msgspec

from yangbeam.core.yang.compiled.structs import Structs
from yangbeam.core.yang.tree import Node, Tree

_RARE_ESCAPE: Final = re.compile(rb'\\(?:[^"\\/nrtu]|u(?:00[01]|0022|[dD][89a-fA-F]|[fF][dDfF]))').search
"""What they name may be no character of YANG (RFC 7950 section 14), or is a quote, or half of a character."""
_NO_MEMBER: Final = len(b"{}")
_NO_CHARACTER: Final = b"\xef\xbf"
"""Begins U+FFFE and U+FFFF in UTF-8, which libyang refuses."""


class Reader:
    """Reads a JSON object of one struct, and nothing else.

    Args:
        struct: From ``Structs``.
    """

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        self._decode = msgspec.json.Decoder(struct).decode
        self._encode_into = msgspec.json.Encoder().encode_into
        self._written = bytearray()

    def decoded(self, text: bytes) -> Any:
        """Returns what stands in ``text`` as the struct, or None; of members that repeat the last."""
        if b"\\" in text and _RARE_ESCAPE(text):
            return None
        if not text.isascii() and _NO_CHARACTER in text:
            return None
        try:
            return self._decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    def read(self, text: bytes) -> Any:
        """Returns what stands in ``text`` as the struct, or None: it is refused, or is of a rare and intricate kind."""
        decoded = self.decoded(text)
        if decoded is None:
            return None
        written = self._written
        self._encode_into(decoded, written)
        if len(written) == len(text):
            return decoded if len(written) > _NO_MEMBER else None
        # Blanks, escapes and signs of zero go; no quote does unless a member did.
        return decoded if written.count(b'"') == text.count(b'"') > 0 else None


class CompiledJudge:
    """The judge of one schema tree, for one thread. Top-level nodes are compiled when they are first met.

    Args:
        tree: The schema.
    """

    def __init__(self, tree: Tree) -> None:
        self._nodes = {name: node for name, node in tree.data.items() if node.kind != "structure"}
        self._structs = Structs()
        self._met: set[str] = set()
        self._reader: Reader | None = None

    @property
    def met(self) -> AbstractSet[str]:
        """Names of the top-level nodes that were met, ``module:name``."""
        return self._met

    def with_more(
        self, more: Mapping[str, Iterable[str]], loose: Mapping[str, Iterable[str]]
    ) -> tuple[Structs, type[msgspec.Struct]]:
        """Returns structs that take more members, and that of the top-level nodes met; see ``Structs``."""
        structs = self._structs.with_more(more, loose)
        return structs, structs.top(self._nodes[name] for name in sorted(self._met))

    @property
    def left_out(self) -> Mapping[str, str]:
        """Schema path → why libyang judges it, of what was compiled so far."""
        return self._structs.left_out

    def meet(self, names: Iterable[str]) -> None:
        """Compiles the top-level nodes of these names that were not met yet."""
        fresh = {name for name in names if name in self._nodes} - self._met
        if fresh:
            self._met |= fresh
            self._reader = Reader(self._structs.top(self._nodes[name] for name in sorted(self._met)))

    def accepts(self, text: bytes) -> bool:
        """Whether ``text`` surely is valid contents; False says nothing."""
        return self._reader is not None and self._reader.read(text) is not None

    def value_of(self, node: Node, *, qualified: bool) -> Reader:
        """Returns the reader of an object that holds one node of the schema and nothing else.

        Args:
            node: Anywhere in the tree.
            qualified: It is spelt ``module:name``.
        """
        return Reader(self._structs.only(node, qualified=qualified))
