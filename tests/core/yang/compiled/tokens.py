"""JSON texts of leaf values: right ones, near misses and oddities, in pools by type, so that a draw costs little."""

import base64
import json
import random
from collections.abc import Callable
from re import _parser  # type: ignore[attr-defined] # no other public reader of expressions
from typing import Any

from yangbeam.core.yang.compiled.patterns import translate
from yangbeam.core.yang.tree import YangType
from yangbeam.core.yang.values import BOUNDS

Chance = random.Random
Token = bytes

POOL = 16
"""Right values per type; as many near misses."""
STRANGE = [
    "é",
    "中",
    "\uff11",
    "\n",
    "\t",
    "\x85",
    "\x0b",
    "%",
    "0",
    "9",
    "Z",
    "z",
    " ",
    "😀",
    ":",
    "/",
    ".",
    "-",
    "+",
    "_",
]
ODD = [
    *(
        b"null",
        b"true",
        b"false",
        b"0",
        b"1",
        b"-1",
        b"-0",
        b"1.0",
        b"1e1",
        b"1E0",
        b"10e-1",
        b"1.5",
        b"1e400",
        b"[null]",
    ),
    *(b"[]", b"{}", b"[[]]", b"[1]", b'[""]', b"[null,null]", b"[{}]", b'""', b'" "', b'"a"', b'"0"', b'"1"', b'"-1"'),
    *(b'"1.0"', b'"1e1"', b'"0x10"', b'"+1"', b'" 1"', b'"1 "', b'"01"', b'"-0"', b'"1_0"', b'"\\u0031"', b'"\\u0000"'),
    *(b'"\\b"', b'"\\n"', b'"\\/"', b'"\\ud83d\\ude00"', b'"\\ud800"', b'"\xef\xbf\xbe"', b'"\xef\xbf\xbd"', b'"\xff"'),
    *(b"[ null ]", b"01", b"+1", b"1.", b".1", b"-", b"NaN", b"Infinity", b"18446744073709551616", b'"\t"', b'"\x7f"'),
    *(b'"18446744073709551615"', b'"18446744073709551616"', b'"99999999999999999999"', b'"true"', b'"[null]"', b"'a'"),
    *(
        b'"\xed\xa0\x80"',
        b'"\xf4\x90\x80\x80"',
        b'"\xc0\x80"',
        b"256",
        b"65536",
        b"4294967296",
        b"-129",
        b'"\\x"',
        b'{"a":1}',
    ),
]
"""What JSON can hold, or nearly."""


def quoted(text: str, chance: Chance) -> Token:
    """A JSON string, at times with every character beyond ASCII escaped."""
    return json.dumps(text, ensure_ascii=chance.random() < 0.1).encode("utf-8", "surrogatepass")


def sample(expression: str, chance: Chance) -> str:
    """A text that an XSD expression takes; some text where it is not translated."""
    pattern = translate(expression)
    if pattern is None:
        return "a"
    return _sampled(_parser.parse(pattern.regex.pattern), chance)


def _sampled(parsed: Any, chance: Chance) -> str:
    return "".join(_SAMPLERS[str(kind)](what, chance) for kind, what in parsed)


def _repeated(what: Any, chance: Chance) -> str:
    low, high, inner = what
    count = chance.choice((low, min(low + 1, int(high)), min(low + 3, int(high)), min(low + 8, int(high))))
    return "".join(_sampled(inner, chance) for _ in range(count))


def _one_of(members: Any, chance: Chance) -> str:
    if str(members[0][0]) == "NEGATE":
        banned = members[1:]
        return next(char for char in chance.sample("aZ09.-~é ", 9) if not any(_has(member, char) for member in banned))
    kind, what = chance.choice(members)
    return chr(what if str(kind) == "LITERAL" else chance.choice((what[0], what[1], chance.randint(*what))))


def _has(member: Any, char: str) -> bool:
    kind, what = member
    return ord(char) == what if str(kind) == "LITERAL" else what[0] <= ord(char) <= what[1]


_SAMPLERS: dict[str, Callable[[Any, Chance], str]] = {
    "LITERAL": lambda what, _: chr(what),
    "NOT_LITERAL": lambda what, _: "a" if what != ord("a") else "b",
    "ANY": lambda _, chance: chance.choice("aZ0 é."),
    "IN": _one_of,
    "MAX_REPEAT": _repeated,
    "SUBPATTERN": lambda what, chance: _sampled(what[3], chance),
    "BRANCH": lambda what, chance: _sampled(chance.choice(what[1]), chance),
}


def text_of(kind: YangType, chance: Chance) -> str:
    """A text that is likely a value of a type whose JSON is a string."""
    return _TEXTS[kind.base](kind, chance)


def _string(kind: YangType, chance: Chance) -> str:
    if kind.patterns and not kind.patterns[0][1]:
        return sample(kind.patterns[0][0], chance)
    low, high = chance.choice(kind.lengths) if kind.lengths else (0, 12)
    length = chance.choice((low, min(low + 1, high), min(low + 7, high), high if high < 300 else low))
    return "".join(chance.choice("abcxyzABC019.-_é:/ ") for _ in range(length))


def _number(kind: YangType, chance: Chance) -> int:
    low, high = chance.choice(kind.ranges or (BOUNDS.get(kind.base, BOUNDS["int64"]),))
    return chance.choice((low, high, chance.randint(low, high), max(low, min(high, chance.randint(0, 300)))))


def _decimal(kind: YangType, chance: Chance) -> str:
    number, digits = _number(kind, chance), kind.fraction_digits
    text = str(abs(number)).rjust(digits + 1, "0")
    fraction = text[-digits:].rstrip("0")
    sign = "-" if number < 0 else ""
    return f"{sign}{text[:-digits]}.{fraction or '0'}" if chance.random() < 0.8 else f"{sign}{text[:-digits]}"


def _binary(kind: YangType, chance: Chance) -> str:
    low, high = chance.choice(kind.lengths) if kind.lengths else (0, 9)
    return base64.b64encode(chance.randbytes(chance.randint(low, min(high, low + 9)))).decode()


def _bits(kind: YangType, chance: Chance) -> str:
    names = [name for name, _ in kind.bits]
    return " ".join(chance.sample(names, chance.randint(0, min(3, len(names)))))


_TEXTS: dict[str, Callable[[YangType, Chance], str]] = {
    "string": _string,
    "int64": lambda kind, chance: str(_number(kind, chance)),
    "uint64": lambda kind, chance: str(_number(kind, chance)),
    "decimal64": _decimal,
    "binary": _binary,
    "bits": _bits,
    "enumeration": lambda kind, chance: chance.choice(kind.enums)[0],
    "identityref": lambda kind, chance: chance.choice(kind.identities or ("x:y",)),
    "instance-identifier": lambda _, chance: chance.choice(("/a:b", "/ietf-interfaces:interfaces", "x")),
}


def token_of(kind: YangType, module: str, chance: Chance) -> Token:
    """JSON of a value that the type likely takes."""
    if kind.base == "union":
        return token_of(chance.choice(kind.members), module, chance)
    if kind.base == "boolean":
        return chance.choice((b"true", b"false"))
    if kind.base == "empty":
        return b"[null]"
    if kind.base in BOUNDS and not kind.base.endswith("64"):
        return b"%d" % _number(kind, chance)
    text = text_of(kind, chance)
    if kind.base == "identityref" and chance.random() < 0.3:
        text = text.removeprefix(f"{module}:") if chance.random() < 0.8 else text.partition(":")[2]
    return quoted(text, chance)


def near_miss(token: Token, chance: Chance) -> Token:
    """Another spelling of a value, or one beside it."""
    if not token.startswith(b'"'):
        return _other_number(token, chance) if token[-1:].isdigit() else chance.choice(ODD)
    text = json.loads(token)
    way, at = chance.randrange(7), chance.randint(0, len(text))
    if way == 0:
        text = text[:at] + chance.choice(STRANGE) + text[at:]
    elif way == 1:
        text = text[:at] + text[at + 1 :]
    elif way == 2:
        text = text[:at] + chance.choice(STRANGE) + text[at + 1 :]
    elif way == 3:
        text = chance.choice((text.upper(), text.lower(), text.swapcase(), text[::-1], text * 2, f"{text} {text}"))
    elif way == 4:
        text = chance.choice((" ", "+", "-", "0", "00", "0x", "\n")) + text
    elif way == 5:
        text += chance.choice((" ", "0", "00", "\n", ".0", "e0", "=", ".", "%1", "/1"))
    else:
        return text.encode("utf-8", "surrogatepass") or b'"'
    return quoted(text, chance)


def _other_number(token: Token, chance: Chance) -> Token:
    try:
        number = int(token)
    except ValueError:
        return chance.choice(ODD)
    ways = (b"%d.0", b"%de0", b"%d0e-1", b'"%d"', b"0%d", b"+%d", b"[%d]", b"%d.5", b"%d0", b"%de1", b"%dE+0")
    if chance.random() < 0.5:
        return b"%d" % (number + chance.choice((-1, 1, 256, -256, 1 << 32)))
    return chance.choice(ways) % number


def beside(kind: YangType, token: Token, chance: Chance) -> Token:
    """JSON of a value that the type may not take; of binary also right base64 of another length."""
    if kind.base == "union":
        return beside(chance.choice(kind.members), token, chance)
    if kind.base != "binary" or chance.random() < 0.5:
        return near_miss(token, chance)
    ends = [end for part in kind.lengths for end in part if end < 100] or [0]
    octets = max(0, chance.choice(ends) + chance.choice((-2, -1, 0, 1, 2)))
    return quoted(base64.b64encode(chance.randbytes(octets)).decode(), chance)


class Pools:
    """Values by type, made once and drawn from often.

    Args:
        chance: Where they come from; a new Pools has other values.
    """

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._right: dict[tuple[int, str], list[Token]] = {}
        self._wrong: dict[tuple[int, str], list[Token]] = {}
        self._kept: list[YangType] = []

    def _pool(self, kind: YangType, module: str) -> list[Token]:
        key = (id(kind), module)
        if key not in self._right:
            self._kept.append(kind)
            self._right[key] = [token_of(kind, module, self._chance) for _ in range(POOL)]
            self._wrong[key] = [beside(kind, token, self._chance) for token in self._right[key]]
        return self._right[key]

    def right(self, kind: YangType, module: str) -> Token:
        """A value that the type likely takes."""
        return self._chance.choice(self._pool(kind, module))

    def wrong(self, kind: YangType, module: str) -> Token:
        """A value beside one of the type, or of no type."""
        self._pool(kind, module)
        return self._chance.choice(self._wrong[id(kind), module] if self._chance.random() < 0.7 else ODD)
