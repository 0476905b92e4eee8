"""What the second look at refused instances knows of one schema; made when it is first needed."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Final

from yangbeam.core.yang.compiled.judge import CompiledJudge
from yangbeam.core.yang.gaps import Gaps
from yangbeam.core.yang.mending.findings import NO_GAPS
from yangbeam.core.yang.mending.one_pass import OnePass
from yangbeam.core.yang.mending.places import Places
from yangbeam.core.yang.mending.walk import Means
from yangbeam.core.yang.tree import Tree

SURE: Final = 4
"""Messages mended one after another, after which the next one is taken for such."""
_ANNOTATION: Final = re.compile(r"""[\w.-]+:annotation\s+["']?([A-Za-z_][\w.-]*)""", re.ASCII)
_MODULE: Final = re.compile(r"""^\s*(?:sub)?module\s+["']?([A-Za-z_][\w.-]*)""", re.ASCII | re.MULTILINE)


class Mending:
    """Of one loaded schema, for the thread that loaded it.

    Args:
        tree: Its resolved tree.
        prefixes: Module name → YANG prefix.
        texts: Of its modules.
        judge: Its compiled judge.
        gaps: What it is read without.

    Attributes:
        streak: How many messages were mended one after another. After one the next is looked through before libyang is
            asked, after SURE even before the compiled judge is.
    """

    def __init__(
        self,
        tree: Tree,
        prefixes: Mapping[str, str],
        texts: Iterable[str],
        judge: CompiledJudge,
        gaps: Gaps = NO_GAPS,
    ) -> None:
        self._tree = tree
        self._gaps = gaps
        self._prefixes = prefixes
        self._texts = tuple(text for text in texts if ":annotation" in text)
        self._judge = judge
        self.streak = 0

    @cached_property
    def one_pass(self) -> OnePass:
        """What judges and mends contents at once, as earlier ones were mended."""
        return OnePass(self._judge, self.places)

    @cached_property
    def places(self) -> Places:
        """The tree, as names are looked up in it."""
        return Places(self._tree, self._prefixes, self._gaps)

    @cached_property
    def annotations(self) -> frozenset[str]:
        """``module:name`` of the annotations (RFC 7952) that the modules define."""
        found = set()
        for text in self._texts:
            module = _MODULE.search(text)
            found |= {f"{module[1] if module else ''}:{name}" for name in _ANNOTATION.findall(text)}
        return frozenset(found)

    def means(self, accept: frozenset[str], *, invalid: bool = False, foreign: bool = False) -> Means:
        """Returns what a full walk needs; see ``walk.Means``."""
        return Means(self.places, self.annotations, accept, invalid=invalid, foreign=foreign)
