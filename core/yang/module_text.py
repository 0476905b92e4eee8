"""Reads from a YANG text what a schema set must know: its name, revision, and what it needs.

Only the header, linkage and revision statements are read: RFC 7950 section 14 puts them before the body, so that a
module of a megabyte costs no more than its first page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from yangbeam.core.errors import SchemaError

_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|(?P<double>"[^"\\]*(?:\\.[^"\\]*)*")|(?P<single>'[^']*')|(?P<mark>[{};])|(?P<word>[^\s{};"']+)""",
    re.DOTALL,
)
_HEADER = frozenset(
    (
        "yang-version",
        "namespace",
        "prefix",
        "belongs-to",
        "import",
        "include",
        "organization",
        "contact",
        "description",
        "reference",
        "revision",
    )
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,199}")
"""An identifier, of a length that leaves room for a revision in the name of a file."""
_REVISION = re.compile(r"[A-Za-z0-9_.-]{0,32}")
_MARKS = {"{": 1, "}": -1, ";": 0}
_STRUCTURE_IMPORT = re.compile(
    r"import\s+ietf-yang-structure-ext\s*\{[^}]*?prefix\s+[\"']?([A-Za-z_][\w.-]*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Reference:
    """An import or include: module name, and the revision it insists on (empty: any)."""

    name: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class ModuleText:
    """One YANG text and what its head says.

    Attributes:
        name: Module or submodule name.
        revision: Newest revision statement; empty when there is none.
        text: The text, untouched.
        imports: In the order written.
        includes: In the order written.
        belongs_to: Of a submodule, its module; empty for a module.
        prefix: Its own prefix; empty for a submodule, which has none.
    """

    name: str
    revision: str
    text: str
    imports: tuple[Reference, ...] = ()
    includes: tuple[Reference, ...] = ()
    belongs_to: str = ""
    prefix: str = ""

    @property
    def file_name(self) -> str:
        """``name@revision.yang`` (RFC 7950 section 5.2), or ``name.yang`` without a revision."""
        return f"{self.name}@{self.revision}.yang" if self.revision else f"{self.name}.yang"


def _tokens(text: str) -> Iterator[str]:
    """Yields words, unquoted strings and the marks ``{ } ;``; comments are dropped, ``+`` joins are not needed here."""
    for found in _TOKEN.finditer(text):
        group = found.lastgroup
        if group in ("double", "single"):
            yield found.group()[1:-1]
        elif group is not None:
            yield found.group()


@dataclass(slots=True)
class _Statement:
    """A statement of the head: keyword, argument, and its direct substatements."""

    keyword: str
    argument: str
    inner: dict[str, str]


def _read_block(tokens: Iterator[str]) -> dict[str, str]:
    """Reads to the matching ``}`` and returns the direct substatements, keyword to argument."""
    inner: dict[str, str] = {}
    depth, words = 1, []
    for word in tokens:
        if word not in _MARKS:
            words.append(word)
            continue
        if depth == 1 and len(words) > 1:
            inner[words[0]] = words[1]
        words = []
        depth += _MARKS[word]
        if not depth:
            break
    return inner


def _head(tokens: Iterator[str]) -> Iterator[_Statement]:
    """Yields the statements before the body."""
    words: list[str] = []
    for word in tokens:
        if word not in _MARKS:
            words.append(word)
            # An extension statement may stand in the head; the first keyword of the body ends it.
            if len(words) == 1 and word not in _HEADER and ":" not in word:
                return
            continue
        if _MARKS[word] < 0 or not words:
            return
        argument = words[1] if len(words) > 1 else ""
        yield _Statement(words[0], argument, _read_block(tokens) if _MARKS[word] else {})
        words = []


def read_module_text(text: str) -> ModuleText:
    """Reads the head of a module or submodule.

    Raises:
        SchemaError: ``not-yang``: the text does not open with a module or submodule statement that has an identifier,
            or a revision is none.
    """
    tokens = _tokens(text.removeprefix("\ufeff"))
    opening = [next(tokens, ""), next(tokens, ""), next(tokens, "")]
    if opening[0] not in ("module", "submodule") or opening[2] != "{":
        raise SchemaError("not-yang", f"a YANG text opens with {' '.join(opening)[:60]!r}, not with a module statement")
    _check_name(opening[1], _NAME, "module name")
    imports, includes, revisions, owner, prefix = [], [], [], "", ""
    for statement in _head(tokens):
        reference = Reference(statement.argument, statement.inner.get("revision-date", ""))
        match statement.keyword:
            case "import":
                imports.append(reference)
            case "include":
                includes.append(reference)
            case "revision":
                revisions.append(statement.argument)
            case "belongs-to":
                owner = statement.argument
            case "prefix":
                prefix = statement.argument
    newest = max(revisions, default="")
    _check_name(newest, _REVISION, "revision")
    return ModuleText(opening[1], newest, text, tuple(imports), tuple(includes), owner, prefix)


def _check_name(name: str, form: re.Pattern[str], what: str) -> None:
    """Refuses what would not be a file's name of its own, but a path, or too long for one."""
    if not form.fullmatch(name):
        raise SchemaError("not-yang", f"{name[:60]!r} is no {what} (RFC 7950 section 14)")


def readable(text: str) -> str:
    """Returns a text as libyang reads it: without a byte order mark, and blanks for what no YANG text may hold.

    RFC 7950 section 14 (``yang-char``): control characters, and code points that stand for none. Lines stay what they
    are.
    """
    return _NO_CHARACTER.sub(" ", text.removeprefix("\ufeff"))


_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def structures_as_containers(text: str) -> str:
    """Rewrites ``sx:structure`` to ``container`` and ``sx:augment-structure`` to ``augment`` (RFC 8791).

    libyang up to 4 cannot read instances of structures; as containers of state, whose augments may be mandatory, they
    are parsed with the same rules.
    """
    prefix = _STRUCTURE_IMPORT.search(text)
    if not prefix:
        return text
    name = re.escape(prefix.group(1))
    text = re.sub(rf"(?<![\w-]){name}:structure(\s+[^\s{{]+\s*\{{)", r"container\1 config false;", text)
    return re.sub(rf"(?<![\w-]){name}:augment-structure(?=\s)", "augment", text)


def structure_names(text: str) -> tuple[str, ...]:
    """Names of the structures (RFC 8791) that a module defines."""
    prefix = _STRUCTURE_IMPORT.search(text)
    if not prefix:
        return ()
    return tuple(re.findall(rf"(?<![\w-]){re.escape(prefix.group(1))}:structure\s+[\"']?([A-Za-z_][\w.-]*)", text))
