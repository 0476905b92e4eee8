"""Which features a YANG text defines (RFC 7950 section 7.20.1), without parsing the rest of it."""

import re
from collections.abc import Iterator
from typing import Final

_FEATURE: Final = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\]|\\.)*"|'[^']*'|(?<![\w.:-])feature\s+["']?(?P<name>[A-Za-z_][\w.-]*)["']?\s*[;{]""",
    re.DOTALL,
)


def defined_features(text: str) -> Iterator[str]:
    """Yields the features that a module or submodule defines.

    >>> list(defined_features('module m { feature a; /* feature b; */ description "feature c {"; feature d { } }'))
    ['a', 'd']
    """
    for found in _FEATURE.finditer(text):
        if found["name"]:
            yield found["name"]
