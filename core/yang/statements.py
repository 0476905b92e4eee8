"""Reads a YANG text into its statements, to find one by libyang's words and to leave it out (RFC 7950 section 6).

A text without a statement keeps its lines, so that what libyang says of another one still names the right line.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

_TOKEN: Final = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?P<double>[^"\\]*(?:\\.[^"\\]*)*)"|'(?P<single>[^']*)'|(?P<mark>[{};])|(?P<word>[^\s{};"']+)""",
    re.DOTALL,
)
_LINE: Final = re.compile(r"Line number (\d+)")
_STEP: Final = re.compile(r"\{(augment|deviation|uses|grouping|typedef|identity|extension|feature)='([^']*)'\}")
_STEPS: Final = re.compile(r"\{[a-z]+='[^']*'\}|[^/]+")
_NODES: Final = frozenset(
    ("container", "list", "leaf", "leaf-list", "anydata", "anyxml", "choice", "case", "notification", "rpc", "action")
)
"""Statements that define a node of a schema path."""
_WHOLE: Final = _NODES | {"augment", "deviation", "uses", "identity", "typedef", "grouping", "feature", "extension"}
"""Statements that can be left out on their own."""
_SPACE: Final = re.compile(r"[^\n]")


@dataclass(slots=True)
class Statement:
    """One statement and where it stands.

    Attributes:
        keyword: As written; of an extension with its prefix.
        argument: Its strings joined; empty: none.
        start: Offset of the keyword.
        line: Of the keyword, from 1.
        end: Offset behind its last mark.
        last: The line of that.
        inner: Substatements.
    """

    keyword: str
    argument: str
    start: int
    line: int
    end: int = 0
    last: int = 0
    inner: list["Statement"] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.keyword} {' '.join(self.argument.split())}".strip()[:120]

    def within(self) -> Iterator["Statement"]:
        """Yields the statement and all below it, in the order written."""
        waiting = [self]
        while waiting:
            found = waiting.pop()
            yield found
            waiting += reversed(found.inner)


def read_statements(text: str) -> Statement:
    """Returns the module's statement, as far as the text can be read; what closes too early or late ends it."""
    top = Statement("", "", 0, 1)
    open_: list[Statement] = [top]
    words: list[str] = []
    start = line = at = 0
    lines = 1
    for token in _TOKEN.finditer(text):
        group = token.lastgroup
        if group is None:
            continue
        lines += text.count("\n", at, token.start())
        at = token.start()
        if group != "mark":
            if not words:
                start, line = at, lines
            words.append(token[group])
            continue
        mark = token.group()
        if mark == "}":
            if len(open_) > 1:
                _close(open_.pop(), token.end(), lines)
        elif words:
            argument = "".join(word for word in words[1:] if word != "+")
            made = Statement(words[0], argument, start, line, token.end(), lines)
            open_[-1].inner.append(made)
            if mark == "{":
                open_.append(made)
        words = []
    for unclosed in open_:
        _close(unclosed, len(text), lines)
    return top.inner[0] if top.inner else top


def _close(statement: Statement, end: int, last: int) -> None:
    statement.end, statement.last = end, last


def without(text: str, statements: Iterable[Statement]) -> str:
    """Returns a text in which statements are blanks; every other statement keeps its place."""
    for statement in statements:
        blank = _SPACE.sub(" ", text[statement.start : statement.end])
        text = text[: statement.start] + blank + text[statement.end :]
    return text


def changing(module: Statement) -> list[Statement]:
    """Returns the augments and deviations of a module."""
    return [statement for statement in module.inner if statement.keyword in ("augment", "deviation")]


def of_prefix(module: Statement, prefix: str) -> list[Statement] | None:
    """Returns the extension statements of a prefix, outermost first; None: something else needs the prefix, too."""
    found: list[Statement] = []
    use = re.compile(rf"(?<![\w.-]){re.escape(prefix)}:")
    waiting = [module]
    while waiting:
        statement = waiting.pop()
        if statement.keyword.startswith(f"{prefix}:"):
            found.append(statement)
            continue
        if statement.keyword not in _PROSE and use.search(statement.argument):
            return None
        waiting += statement.inner
    return found


_PROSE: Final = frozenset(
    ("description", "reference", "contact", "organization", "error-message", "pattern", "namespace", "units", "module")
)
"""Statements whose argument has no prefix, whatever it looks like."""


def find_refused(module: Statement, path: str) -> Statement | None:
    """Returns the statement that libyang's path or line means; None: none that could be left out.

    Args:
        module: What the path is looked for in.
        path: As libyang says it: a schema path, ``{keyword='argument'}`` steps included, or a line.
    """
    line = _LINE.search(path)
    if line:
        return _at_line(module, int(line.group(1)))
    changer = _STEP.search(path)
    if changer:
        return _in_changer(module, changer.group(1), changer.group(2), path[changer.end() :])
    place = re.sub(r'^.*?location "([^"]*)".*$', r"\1", path, flags=re.DOTALL)
    steps = [step for step in place.split("/") if step]
    return _below(module, steps) if steps else None


def stops_short(found: Statement, path: str) -> bool:
    """Whether libyang's path goes on below a statement: what it means may stand in another text."""
    changer = _STEP.search(path)
    return (
        changer is not None
        and (found.keyword, _squeezed(found.argument)) == changer.groups()
        and any(_STEPS.findall(path[changer.end() :]))
    )


def find_prose(module: Statement, path: str, keyword: str) -> Statement | None:
    """Returns the statement of a keyword at libyang's line if it says nothing of data; None: it is another."""
    line = _LINE.search(path)
    if line is None or keyword not in _SAYS_NOTHING:
        return None
    number = int(line.group(1))
    found = [each for each in module.within() if each.keyword == keyword and each.line <= number <= each.last]
    return found[-1] if found else None


_SAYS_NOTHING: Final = frozenset(("revision", "organization", "contact", "description", "reference", "units"))
"""Statements without which a module says the same of data (RFC 7950 sections 7.1.9 and 7.21)."""


def _in_changer(module: Statement, keyword: str, argument: str, deeper: str) -> Statement | None:
    """Finds what is meant in an augment or the like: of several with one argument the one with the rest of the path.

    None if that is in none of them, or is not told: whoever asks tries them one by one.
    """
    same = [each for each in module.within() if each.keyword == keyword and _squeezed(each.argument) == argument]
    steps = [step for step in _STEPS.findall(deeper) if step]
    inner = [found for each in same if (found := _within(each, steps)) is not None] if steps else []
    if inner:
        return inner[0]
    if keyword == "uses" and steps:  # what is used stands elsewhere
        return _below(module, steps) or same[0]
    if len(same) != 1:
        return None
    return (_below(same[0], steps) if steps else None) or same[0]


def _within(at: Statement, steps: list[str]) -> Statement | None:
    """Follows all of a path, nodes and ``{keyword='argument'}``; None where it leaves what is written here."""
    found: Statement | None = at
    for step in steps:
        if found is None:
            return None
        named = _STEP.fullmatch(step)
        if named is None:
            found = _child(found, step.rpartition(":")[2])
        else:
            found = next((each for each in found.inner if (each.keyword, each.argument) == named.groups()), None)
    return found


def _squeezed(argument: str) -> str:
    return "".join(argument.split()) if argument[:1].isspace() or "\n" in argument else argument


def _at_line(module: Statement, line: int) -> Statement | None:
    """The innermost statement around a line that can be left out."""
    found = None
    for statement in module.within():
        if statement.keyword in _WHOLE and statement.line <= line <= statement.last:
            found = statement
    return found


def _below(module: Statement, steps: list[str]) -> Statement | None:
    """Follows a schema path as far as its nodes are written here; the last may stand in a grouping."""
    at, found = module, None
    names = [re.sub(r"\{.*", "", step.rpartition(":")[2]) for step in steps]
    for number, name in enumerate(names):
        below = _child(at, name)
        if below is None:
            lent = [each for each in module.within() if each.keyword in _NODES and each.argument == names[-1]]
            return lent[0] if lent else (found if number == len(names) - 1 else None)
        at = found = below
    return found


def _child(at: Statement, name: str) -> Statement | None:
    for statement in at.inner:
        if statement.keyword in _NODES and statement.argument == name:
            return statement
        if statement.keyword in ("augment", "choice", "case"):
            deeper = _child(statement, name)
            if deeper is not None:
                return deeper
    return None
