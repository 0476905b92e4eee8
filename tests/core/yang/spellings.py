"""Values of every YANG type in all their spellings, and what each means: an oracle that knows no canonical form.

A reader turns JSON into what the value is (a number, a set of bits, octets, …); two spellings are equal if they mean
the same. Nothing here is taken from the code under test.
"""

import base64
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.schema_trees import container, leaf, list_, tree
from yangbeam.core.yang.tree import Node, YangType

BLANKS = st.text(" \t\n", max_size=2)
MODULE = "m"
SCHEMA = tree(
    MODULE,
    container(
        "top",
        list_(
            "outer",
            "n b",
            leaf("n", "int64"),
            leaf("b", YangType("bits", bits=(("x", 0), ("y", 1)))),
            leaf("v", "int8"),
        ),
        container("held", leaf("v", "int8"), module="o"),
    ),
)


class Kind(NamedTuple):
    """A type, its spellings, and what they mean."""

    type: YangType
    spelt: st.SearchStrategy[Any]
    """JSON values of the type."""
    read: Callable[[Any], Any]
    """What one means; None: it is none of the type."""

    def node(self) -> Node:
        return Node("leaf", "k", MODULE, "urn:m", "/m:k", type=self.type)


def integer(value: Any) -> Any:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]+", value) else None


def signed(digits: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    zeros = st.sampled_from(["", "0", "000"])
    return st.builds("{}{}{}".format, st.sampled_from(["", "+", "-"]), zeros, digits)


def blanked(text: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("{}{}{}".format, BLANKS, text, BLANKS)


def decimal(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"\s*[+-]?[0-9]+(\.[0-9]+)?\s*", value):
        return None
    return Fraction(value.strip())


def octets(value: Any) -> Any:
    """Reads base64 bit by bit."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    text = value.rstrip("=")
    bits = "".join(f"{alphabet.index(char):06b}" for char in text)
    return tuple(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))


@st.composite
def base64_of(draw: st.DrawFn) -> str:
    """Base64 whose unused bits may be set."""
    text = base64.b64encode(draw(st.binary(max_size=4))).decode()
    pads = text.count("=")
    if not pads:
        return text
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = text[-pads - 1]
    spare = draw(st.integers(0, 15 if pads == 2 else 3))
    return text[: -pads - 1] + alphabet[alphabet.index(last) | spare] + "=" * pads


def bits(value: Any) -> Any:
    names = re.findall(r"[^ \t\n]+", value) if isinstance(value, str) else ["?"]
    return frozenset(names) if set(names) <= {"sync", "fin", "ack"} else None


def identity(value: Any) -> Any:
    if not isinstance(value, str):
        return None
    module, _, name = value.rpartition(":")
    named = (module or MODULE, name)
    return named if named in {("m", "a"), ("n", "a"), ("n", "b")} else None


GROUPS = st.lists(st.sampled_from([0, 0, 0, 1, 0xAB, 0xABCD]), min_size=8, max_size=8)


@st.composite
def ipv6(draw: st.DrawFn) -> str:
    """An address with any run of zeros left out, digits in any case, zeros before them or not, and a zone or none."""
    groups = draw(GROUPS)
    shown = [draw(st.sampled_from([f"{group:x}", f"{group:04x}", f"{group:X}"])) for group in groups]
    first = draw(st.integers(0, 7))
    last = first
    while last < 8 and groups[last] == 0:
        last += 1
    text = f"{':'.join(shown[:first])}::{':'.join(shown[last:])}" if last > first else ":".join(shown)
    return text + draw(st.sampled_from(["", "", "%eth0", "%ETH0"]))


def address(value: str) -> tuple[int, ...]:
    head, double, tail = value.partition("::")
    ends = [[int(group, 16) for group in half.split(":") if group] for half in (head, tail)]
    missing = 8 - len(ends[0]) - len(ends[1])
    return (*ends[0], *[0] * (missing if double else 0), *ends[1])


def zoned(value: str) -> Any:
    text, _, zone = value.partition("%")
    return address(text), zone


def prefix(value: str) -> Any:
    text, _, length = value.partition("/")
    number = int("".join(f"{group:016b}" for group in address(text)), 2)
    return number >> (128 - int(length)), int(length)


@st.composite
def instance(draw: st.DrawFn) -> str:
    """A path with keys in any order, quotes and blanks of any kind, and keys spelt in any way."""
    way = draw(st.sampled_from(["held", "held/v", "outer", "outer/v"]))
    if way.startswith("held"):
        return "/m:top/o:held" + way.removeprefix("held")
    number = draw(signed(st.sampled_from(["1", "0", "17"])))
    names = " ".join(draw(st.permutations(["x", "y"]))[: draw(st.integers(0, 2))])
    pairs = draw(st.permutations([("n", number), ("b", names)]))
    quote = draw(st.sampled_from("'\""))
    blank = draw(st.sampled_from(["", " "]))
    keys = "".join(f"[{blank}{name}{blank}={blank}{quote}{text}{quote}{blank}]" for name, text in pairs)
    return f"/m:top/outer{keys}" + way.removeprefix("outer")


def place(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("/"):
        return None
    pairs = dict(re.findall(r"""(\w+)\s*=\s*['"]([^'"]*)['"]""", value))
    path = re.sub(r"\[[^]]*\]", "", value)
    return path, integer(pairs.get("n")), frozenset(pairs.get("b", "").split())


TEXT = st.text("aA01.-: \N{LATIN SMALL LETTER E WITH ACUTE}", max_size=4)
BITS = YangType("bits", bits=(("sync", 0), ("fin", 1), ("ack", 7)))
BITS_SPELT = st.builds(
    lambda names, count, blank: blank.join(names[:count]),
    st.permutations(["sync", "fin", "ack"]),
    st.integers(0, 3),
    st.sampled_from([" ", "  ", "\t", " \n"]),
)
IDENTITIES = YangType("identityref", identities=("m:a", "n:a", "n:b"))
DECIMAL = YangType("decimal64", fraction_digits=3)
DECIMAL_SPELT = blanked(
    signed(
        st.builds(
            lambda whole, fraction: f"{whole}.{fraction}" if fraction else whole,
            st.sampled_from(["0", "1", "10"]),
            st.text("05", max_size=3),
        )
    )
)
ENUM = YangType("enumeration", enums=(("up", 1), ("UP", 2), ("5", 3)))
UINT8 = YangType("uint8", ranges=((0, 9),))

KINDS = {
    "uint8": Kind(YangType("uint8"), st.integers(0, 20) | st.integers(0, 20).map(float), int),
    "int64": Kind(YangType("int64"), signed(st.sampled_from(["0", "1", "08", "17"])), integer),
    "decimal64": Kind(DECIMAL, DECIMAL_SPELT, decimal),
    "boolean": Kind(YangType("boolean"), st.booleans(), lambda value: value),
    "enumeration": Kind(ENUM, st.sampled_from(["up", "UP", "5"]), lambda value: value),
    "bits": Kind(BITS, BITS_SPELT, bits),
    "binary": Kind(YangType("binary"), base64_of(), octets),
    "identityref": Kind(IDENTITIES, st.sampled_from(["a", "m:a", "n:a", "n:b"]), identity),
    "string": Kind(YangType("string"), TEXT, lambda value: value),
    "instance-identifier": Kind(YangType("instance-identifier"), instance(), place),
    "ipv6-address": Kind(YangType("string", typedef="ietf-inet-types:ipv6-address"), ipv6(), zoned),
    "ipv6-prefix": Kind(
        YangType("string", typedef="ietf-inet-types:ipv6-prefix"),
        st.builds(lambda text, length: f"{text.partition('%')[0]}/{length}", ipv6(), st.sampled_from([0, 7, 64, 128])),
        prefix,
    ),
    "mac-address": Kind(
        YangType("string", typedef="ietf-yang-types:mac-address"),
        st.sampled_from(["aa:BB:01:02:03:04", "AA:bb:01:02:03:04", "aa:bb:01:02:03:05"]),
        str.casefold,
    ),
}
"""Spellings of one value and of others near it, by type."""

_MEMBERS = (UINT8, DECIMAL, BITS, IDENTITIES, YangType("string"))


def of_union(value: Any) -> Any:
    """What a value of the union means: by the first member that takes it (RFC 7950 section 9.12)."""
    if not isinstance(value, str):
        return (0, int(value))
    for at, read in enumerate((decimal, bits, identity), start=1):
        found = read(value)
        if found is not None and (at != 1 or (1000 * found).denominator == 1):
            return (at, found)
    return (4, value)


KINDS["union"] = Kind(
    YangType("union", members=_MEMBERS),
    st.integers(0, 9)
    | DECIMAL_SPELT
    | BITS_SPELT
    | KINDS["identityref"].spelt
    | st.sampled_from(["b", "n:c", "fin x", "x"]),
    of_union,
)
