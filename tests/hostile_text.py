"""Names as an attacker chooses them: they steer terminals, forge lines, and are markup of the library that draws."""

import re
from typing import Final

HOSTILE: Final = (
    "[/bold]",
    "[red]x[/red] [link=https://example.org]y[/link]",
    "\x1b]0;owned\x07",
    "\x1b[2J\x1b[1;1H",
    "r1\nERROR all is lost",
    "r1\r\nError: nothing",
    "\u009b31m",
    "\u0090q\u009c",
    "a\x00b\x08\x7f",
    "\u202egpj.exe\u2069\u2028x",
    ":smile: %s {0} \\[b]",
    "",
)
HARMFUL: Final = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def harmful(text: str) -> list[str]:
    """Returns the control characters in a text, line feeds apart."""
    return HARMFUL.findall(text)
