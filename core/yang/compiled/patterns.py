r"""Whether a text matches an XSD expression, by Python's re, as libyang (PCRE2) reads the expression.

What is accepted here libyang accepts; where the two could differ, the expression is not translated at all, or only
texts in ASCII are judged. ``\p{L}`` and its kind take only their ASCII characters: the rest is left to libyang.
"""

import re
from dataclasses import dataclass
from typing import Final

from yangbeam.core.yang.backtracking import longest_of

_QUANTIFIER: Final = re.compile(r"[*+?]|\{[0-9]{1,4}(?:,[0-9]{0,4})?\}")
_PROPERTY: Final = re.compile(r"\\p\{([A-Za-z]+)\}")
_CLASSES: Final = {
    "L": "A-Za-z",
    "Lu": "A-Z",
    "Ll": "a-z",
    "N": "0-9",
    "Nd": "0-9",
    r"\d": "0-9",
    r"\w": "A-Za-z0-9_",
    r"\s": r" \t\n\x0b\x0c\r",
}
"""ASCII members of what XSD and Unicode name."""
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t"}
_PIECES: Final = re.compile(r"\\(?:[pP]\{[^}]*\}|.)|\[\^?\]|\[\^|\[[:.=]|\{,|.", re.DOTALL)
_ODD: Final = frozenset(("[]", "[^]", "{,"))
_BEYOND: Final = "\\u0080-\\U0010ffff"
_EVERYTHING: Final = "\\x00-\\U0010ffff"
_PUNCTUATION: Final = frozenset("\\|.-?*+{}()[]/\"':,;=@!#%&~<>_ ")
"""What a backslash before it makes an ordinary character, to both; ^ and $ are escaped once more by libyang."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A translated expression.

    Attributes:
        regex: For fullmatch.
        inverted: A match refuses.
        ascii_only: Only of texts in ASCII the answer is right.
        longest: Characters of the longest text that is judged: Python's re goes back without end.
    """

    regex: re.Pattern[str]
    inverted: bool
    ascii_only: bool
    longest: int

    def takes(self, text: str) -> bool:
        """Whether libyang surely finds that ``text`` satisfies the expression."""
        if len(text) > self.longest or (self.ascii_only and not text.isascii()):
            return False
        return (self.regex.fullmatch(text) is None) is self.inverted


class _Untranslatable(Exception):  # noqa: N818 - never leaves this file
    """The expression has what the two could read differently."""


def translate(expression: str, *, inverted: bool = False) -> Pattern | None:
    r"""Translates an expression; None leaves it to libyang.

    >>> translate("[a-z]+").takes("abc"), translate("[a-z]+").takes("abc\n")
    (True, False)
    >>> translate("(?:a)") is None
    True
    """
    translator = _Translator(expression)
    try:
        regex = re.compile(translator.alternatives())
        longest = longest_of(expression, regex.pattern)
    except (_Untranslatable, re.error, RecursionError, OverflowError):
        return None
    if not longest:
        return None
    return Pattern(regex, inverted, translator.narrowed_below_not or (inverted and translator.narrowed), longest)


def is_bounded(expression: str) -> bool:
    r"""Whether PCRE2 judges any text by an XSD expression in a bounded time: its classes have more than ASCII.

    >>> is_bounded("[a-z]+:[^\\p{C}]*"), is_bounded("(\\p{L}+é)*x")
    (True, False)
    """
    wide = _widened(expression)
    return wide is not None and longest_of(expression, wide) > 0


def _widened(expression: str) -> str | None:
    """Returns an expression of Python's re that takes all that PCRE2's does, and more; None: they may differ.

    They do in a count without its least, a POSIX class, and a class that begins with its end.
    """
    out, is_inside = [], False
    for piece in _PIECES.findall(expression):
        wide = _wide_inside(piece) if is_inside else _wide_outside(piece)
        if wide is None:
            return None
        out.append(wide)
        is_inside = piece != "]" if is_inside else piece[0] == "["
    return "".join(out)


def _wide_outside(piece: str) -> str | None:
    if piece[0] == "\\":
        members = _wide_members(piece)
        return f"[{members}]" if members else piece if members is not None else None
    if piece in _ODD:
        return None
    return f"\\{piece}" if piece in "^$" else piece


def _wide_inside(piece: str) -> str | None:
    if piece[0] == "\\":
        members = _wide_members(piece)
        return piece if members == "" else members
    if piece[0] == "[":
        return "\\[" if piece == "[" else None
    return f"\\{piece}" if piece in "&~|" else piece


def _wide_members(escaped: str) -> str | None:
    """Returns what a class holds that stands behind a backslash; empty: it is a character; None: it is neither."""
    name = escaped[3:-1] if escaped.startswith("\\p{") else escaped
    if name in _CLASSES:
        return _CLASSES[name] + _BEYOND
    if escaped[1:2] in tuple("pPdDwWsS"):
        return _EVERYTHING
    return "" if escaped[1:2] in _CONTROLS or not (len(escaped) == 1 or escaped[1].isalnum()) else None


class _Translator:
    """One pass over an expression.

    Attributes:
        narrowed: Some class takes fewer characters than it does in PCRE2.
        narrowed_below_not: One of them is negated, and takes more.
    """

    def __init__(self, expression: str) -> None:
        self._text = expression
        self._at = 0
        self.narrowed = False
        self.narrowed_below_not = False

    def alternatives(self) -> str:
        """Reads the whole expression."""
        found = self._branches()
        if self._at != len(self._text):
            raise _Untranslatable
        return found

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._peek()
        if not char:
            raise _Untranslatable
        self._at += 1
        return char

    def _branches(self) -> str:
        out = []
        while (char := self._peek()) not in ("", ")"):
            if char == "|":
                out.append(self._next())
            else:
                out.append(self._piece())
        return "".join(out)

    def _piece(self) -> str:
        atom = self._atom()
        quantifier = _QUANTIFIER.match(self._text, self._at)
        if quantifier is None:
            return atom
        self._at = quantifier.end()
        if self._peek() in ("*", "+", "?", "{"):  # lazy and possessive ones in PCRE2, none in XSD
            raise _Untranslatable
        return atom + quantifier[0]

    def _atom(self) -> str:
        char = self._next()
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        if char == ".":
            return "."
        if char in "*+?{}])":
            raise _Untranslatable
        return re.escape(char)

    def _group(self) -> str:
        if self._peek() in ("?", "*"):
            raise _Untranslatable
        inside = self._branches()
        if self._next() != ")":
            raise _Untranslatable
        return f"(?:{inside})"

    def _escape(self) -> str:
        named = self._named()
        return f"[{named}]" if named else re.escape(self._escaped())

    def _named(self) -> str:
        """A class that stands behind a backslash; empty when something else does."""
        start = self._at - 1
        found = _PROPERTY.match(self._text, start)
        name = found[1] if found else self._text[start : start + 2]
        if name not in _CLASSES:
            return ""
        self._at = found.end() if found else start + 2
        self.narrowed = True
        return _CLASSES[name]

    def _escaped(self) -> str:
        char = self._next()
        if char in _CONTROLS:
            return _CONTROLS[char]
        if char not in _PUNCTUATION:
            raise _Untranslatable
        return char

    def _class(self) -> str:
        negated = self._peek() == "^"
        self._at += negated
        if self._peek() == "]":
            raise _Untranslatable
        out = []
        while self._peek() != "]":
            out.append(self._member(negated=negated))
        self._at += 1
        return f"[{'^' if negated else ''}{''.join(out)}]"

    def _member(self, *, negated: bool) -> str:
        """A character, a range or a named class between brackets."""
        char = self._next()
        if char == "\\":
            named = self._named()
            if named:
                self.narrowed_below_not |= negated
                if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] != "]":
                    raise _Untranslatable
                return named
            char = self._escaped()
        elif char == "[":
            raise _Untranslatable
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] == "]":
            return re.escape(char)
        self._at += 1
        return f"{re.escape(char)}-{re.escape(self._end_of_range())}"

    def _end_of_range(self) -> str:
        char = self._next()
        if char == "[":
            raise _Untranslatable
        if char != "\\":
            return char
        if _PROPERTY.match(self._text, self._at - 1):
            raise _Untranslatable
        return self._escaped()
