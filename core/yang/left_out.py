"""What a schema is read without: a module or statement that does not compile, apply, or have what it imports."""

import re
from dataclasses import dataclass
from typing import Final

MAX_WORDS: Final = 240
"""Characters that are kept of what was said of one."""
MAX_NAMED: Final = 64
"""Of one schema so many are named; the others are counted."""

_LINE: Final = re.compile(r"(\S+)(?: line (\d+))?(?:, ([^\n]*?))?: (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """A quirk of a schema: it stands as if this were not written.

    Attributes:
        module: ``name@revision`` of the module or submodule.
        line: Of the statement, from 1; 0: the whole module.
        statement: Keyword and argument; empty: the whole module.
        words: Why, in libyang's words where it is libyang that refuses.
    """

    module: str
    line: int
    statement: str
    words: str

    def __str__(self) -> str:
        where = f" line {self.line}" if self.line else ""
        what = f", {self.statement}" if self.statement else ""
        return f"{self.module}{where}{what}: {self.words}"


def read_left_out(text: str) -> LeftOut:
    """Reads what ``str`` wrote.

    >>> read_left_out("acme-d@2024-01-01 line 3, deviation /a:a: Not found.")
    LeftOut(module='acme-d@2024-01-01', line=3, statement='deviation /a:a', words='Not found.')
    >>> read_left_out("acme-d: Not found.")
    LeftOut(module='acme-d', line=0, statement='', words='Not found.')
    """
    found = _LINE.fullmatch(text)
    if found is None:
        return LeftOut("", 0, "", text)
    module, line, statement, words = found.groups()
    return LeftOut(module, int(line or 0), statement or "", words)


def named(left_out: tuple[LeftOut, ...]) -> tuple[LeftOut, ...]:
    """Returns each once, at most MAX_NAMED of them, and how many more there are."""
    once = tuple(dict.fromkeys(left_out))
    if len(once) <= MAX_NAMED:
        return once
    more = LeftOut("and", 0, "", f"{len(once) - MAX_NAMED + 1:,} more")
    return (*once[: MAX_NAMED - 1], more)
