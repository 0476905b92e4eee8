"""On which line of a TOML document each key stands: tomllib gives values only, errors need places."""

import re
from typing import Final

Place = tuple[str | int, ...]
"""Path of a setting: names, and indices within arrays."""

MAX_DEPTH: Final = 16
"""Parts of a dotted key that are followed; settings are five deep, and ten thousand would take minutes."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_BASIC: Final = re.compile(r'"""(?:\\.|[^\\])*?"{3,5}|"(?:\\.|[^"\\])*"', re.DOTALL)
_LITERAL: Final = re.compile(r"'''.*?'{3,5}|'[^']*'", re.DOTALL)
_SCALAR: Final = re.compile(r"[^,\]}#\n]*")


class _Scanner:
    """Walks a document that tomllib has accepted; so it only looks for ends, and never judges."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted = 0
        self._line = 1
        self._arrays: dict[Place, int] = {}
        self.lines: dict[Place, int] = {}

    def scan(self) -> dict[Place, int]:
        """Returns the line of every key and array element, from 1."""
        table: Place = ()
        self._blank()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._blank()
        return self.lines

    def _header(self) -> Place:
        line = self._here()
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        keys = self._keys()
        self._at += 2 if is_array else 1
        table = self._resolved(keys[:-1])
        place = (*table, keys[-1])
        if is_array:
            self._arrays[place] = self._arrays.get(place, -1) + 1
        for end in range(1, len(keys)):
            self.lines.setdefault(self._resolved(keys[:end]), line)
        if is_array:
            self.lines.setdefault(place, line)
        place = self._resolved(keys)
        self.lines[place] = line
        return place

    def _resolved(self, keys: tuple[str, ...]) -> Place:
        """Inserts the index of the newest element behind each array of tables."""
        place: Place = ()
        for key in keys:
            place = (*place, key)
            if place in self._arrays:
                place = (*place, self._arrays[place])
        return place

    def _pair(self, table: Place) -> None:
        line = self._here()
        keys = self._keys()
        for end in range(1, len(keys) + 1):
            self.lines.setdefault((*table, *keys[:end]), line)
        self._at += 1  # the equals sign
        self._value((*table, *keys))

    def _keys(self) -> tuple[str, ...]:
        keys = []
        while True:
            self._blank()
            keys.append(self._key())
            self._blank()
            if not self._text.startswith(".", self._at):
                return tuple(keys[:MAX_DEPTH])
            self._at += 1

    def _key(self) -> str:
        found = (_BASIC if self._text[self._at] == '"' else _LITERAL if self._text[self._at] == "'" else _BARE).match(
            self._text, self._at
        )
        if found is None:  # cannot be: tomllib has accepted it
            raise ValueError(self._at)
        self._at = found.end()
        return found.group().strip("\"'")

    def _value(self, place: Place) -> None:
        self._blank()
        opening = self._text[self._at]
        if opening == "[":
            self._array(place)
        elif opening == "{":
            self._inline_table(place)
        else:
            pattern = {'"': _BASIC, "'": _LITERAL}.get(opening, _SCALAR)
            found = pattern.match(self._text, self._at)
            self._at = found.end() if found else len(self._text)

    def _array(self, place: Place) -> None:
        self._at += 1
        index = 0
        while not self._closed("]"):
            self.lines[*place, index] = self._here()
            self._value((*place, index))
            index += 1

    def _inline_table(self, place: Place) -> None:
        self._at += 1
        while not self._closed("}"):
            self._pair(place)

    def _closed(self, closing: str) -> bool:
        """Steps over blanks and commas, and over the closing bracket if it is there."""
        self._blank()
        while self._text.startswith(",", self._at):
            self._at += 1
            self._blank()
        if self._text.startswith(closing, self._at):
            self._at += 1
            return True
        return self._at >= len(self._text)

    def _blank(self) -> None:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        return self._line


def lines_of(text: str) -> dict[Place, int]:
    r"""Returns the line, from 1, of each key and array element of a document that tomllib accepts.

    >>> lines_of('a = 1\n[[b]]\nc.d = [2,\n 3]\n')[("b", 0, "c", "d", 1)]
    4
    """
    return _Scanner(text).scan()


def line_of(lines: dict[Place, int], place: Place) -> int | None:
    """Returns the line of a setting, or of the nearest table that holds it; None when none is written."""
    for end in range(len(place), 0, -1):
        if place[:end] in lines:
            return lines[place[:end]]
    return None
