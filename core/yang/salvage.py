"""Which part of a schema set stands when the whole does not compile: the rest is left out, statement by statement.

First what contents and notifications need; then what may be left out is added to it, in groups: a group that is refused
is halved, a module that is refused alone loses the augments and deviations that are at fault, and what is refused
without them is left out. Few bad ones among many cost their number times the logarithm of the rest, many bad ones one
or two attempts each.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Protocol

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.left_out import MAX_WORDS, LeftOut
from yangbeam.core.yang.module_text import ModuleText, read_module_text
from yangbeam.core.yang.schema_set import Leeway, SchemaSet, make_schema_set
from yangbeam.core.yang.statements import (
    Statement,
    changing,
    find_prose,
    find_refused,
    read_statements,
    stops_short,
    without,
)

MAX_CUTS: Final = 256
"""Statements that are left out of one module, and of all that contents need; then the module goes, or the set."""
LARGEST_GROUP: Final = 4_096
"""Modules that are tried together at most."""

FRESH_AFTER: Final = 64
"""Modules beside which others are tried; beyond them a context is made anew."""
_SAYING: Final = frozenset(("augment", "deviation", "identity", "container", "list", "leaf", "leaf-list", "typedef"))
_CONDITIONS: Final = frozenset(("when", "if-feature", "status", "description", "reference"))
_KEYWORD: Final = re.compile(r'keyword "([^"]+)"')
"""Of libyang's words about a statement that stands where none of its kind may."""
_CIRCLE: Final = "cyclic dependency"
"""Of libyang's words about whens that depend on each other."""

Key = tuple[str, str]
"""(name, revision)."""


class Refused(NamedTuple):
    """Why libyang refuses something."""

    words: str
    path: str = ""
    """Where, as it says it; see ``statements.find_refused``."""


class Trial(Protocol):
    """Compiles what is tried."""

    def begin(self, schema_set: SchemaSet) -> Refused | None:
        """Compiles a set anew; what came before is forgotten."""
        ...

    def add(self, texts: Mapping[str, str], modules: Sequence[tuple[Key, tuple[str, ...] | None]]) -> Refused | None:
        """Adds modules to what stands; refused, nothing of them does.

        Args:
            texts: File name → text, of the modules and what they need.
            modules: What is implemented, with its features.
        """
        ...

    def is_over(self) -> bool:
        """Whether so much was spent that nothing more is tried."""
        ...


def salvaged(
    schema_set: SchemaSet, trial: Trial, *, largest: int = LARGEST_GROUP, costly: frozenset[str] = frozenset()
) -> SchemaSet:
    """Returns the set without what does not compile.

    Args:
        schema_set: A set with leeway.
        trial: Who compiles.
        largest: Modules that are tried together at most.
        costly: Modules that are known to cost too much: not tried.

    Raises:
        SchemaError: ``schema-invalid``: what the contents need does not compile, whatever is left out.
    """
    leeway = schema_set.leeway
    if leeway is None:
        refused = trial.begin(schema_set)
        if refused:
            raise SchemaError("schema-invalid", refused.words)
        return schema_set
    work = _Salvaging(schema_set, leeway, trial)
    work.find_base()
    work.add_the_rest(largest, costly)
    return work.result()


@dataclass(slots=True)
class _Salvaging:
    schema_set: SchemaSet
    leeway: Leeway
    trial: Trial
    texts: dict[Key, ModuleText] = field(default_factory=dict)
    implemented: dict[str, str] = field(default_factory=dict)
    left: list[LeftOut] = field(default_factory=list)
    standing: dict[str, str] = field(default_factory=dict)
    """What compiles together: module → revision."""
    newest: dict[str, str] = field(default_factory=dict)
    whole: SchemaSet | None = None
    """What stands, if it was compiled as a whole."""
    out: set[str] = field(default_factory=set)
    """Modules that are left out: others may import them."""

    def __post_init__(self) -> None:
        self.texts = {(module.name, module.revision): module for module in self.schema_set.modules}
        self.implemented = dict(self.schema_set.implemented)
        for name, revision in sorted(self.texts):
            self.newest[name] = revision

    def find_base(self) -> None:
        """Finds what of the needed modules compiles."""
        cuts = 0
        roots = (*self.leeway.contents, *self.leeway.notifications)
        exchanged = False
        while refused := self.trial.begin(base := self._set(roots)):
            if not exchanged and not self._is_of_contents(refused):
                exchanged = True
                self._read_by_ours(refused)
                continue
            cuts += 1
            if cuts > MAX_CUTS or self.trial.is_over() or not self._cut_somewhere(base, refused):
                raise SchemaError("schema-invalid", f"the schema set does not compile: {_said(refused)}")
        self.standing, self.whole = dict(base.implemented), base

    def add_the_rest(self, largest: int, costly: frozenset[str]) -> None:
        """Adds what may be left out: first each is looked at beside few others, then what stands all together."""
        waiting = [name for name in self._imports_first() if name not in self.standing]
        self._leave_whole((name for name in waiting if name in costly), "compiling it costs too much")
        waiting = [name for name in waiting if name not in costly]
        base = dict(self.standing)
        self._sieve(waiting, largest, fresh_after=FRESH_AFTER)
        found = [name for name in self.standing if name not in base]
        # Some were never beside the others.
        if len(found) >= FRESH_AFTER and self._begin():
            self.standing = base
            self._begin()
            self._sieve(found, largest, fresh_after=len(found) + 1)

    def _sieve(self, waiting: list[str], largest: int, *, fresh_after: int) -> None:
        """Adds modules in groups; what is refused is left out.

        Args:
            waiting: Their names.
            largest: Of a group.
            fresh_after: Beside so many others none is tried: each attempt compiles all of them again.
        """
        size = max(1, min(len(waiting), largest))
        base, beside = dict(self.standing), 0
        kept: dict[str, str] = {}
        while waiting:
            if self.trial.is_over():
                self._leave_whole(waiting, "not tried: what was tried before took all the time there is")
                break
            group = waiting[:size]
            refused = self._add(group)
            self.whole = None
            if refused is not None and len(group) > 1:
                size = (len(group) + 1) // 2
                continue
            if refused is None:
                self.standing |= {name: self.implemented[name] for name in group}
                size = min(size * 2, largest)
            else:
                self._add_in_part(group[0], refused)
            del waiting[: len(group)]
            beside = len(self.standing) - len(base)
            if beside >= fresh_after and waiting:
                kept |= self.standing
                self.standing = dict(base)
                self._begin()
        self.standing = kept | self.standing

    def _begin(self) -> Refused | None:
        made = self._set(self.standing)
        refused = self.trial.begin(made)
        self.whole = None if refused else made
        return refused

    def _imports_first(self) -> list[str]:
        """Returns the implemented modules in an order in which each comes after what it imports."""
        order: dict[str, None] = {}
        entered: set[str] = set()
        waiting = [(name, False) for name in sorted(self.implemented, reverse=True)]
        while waiting:
            name, is_left = waiting.pop()
            if is_left:
                order[name] = None
            elif name not in entered:
                entered.add(name)
                needs = self.texts[name, self.implemented[name]].imports
                waiting.append((name, True))
                waiting += [(need.name, False) for need in needs if need.name in self.implemented]
        return list(order)

    def result(self) -> SchemaSet:
        """Returns what stands, compiled once more as a whole: in which order it was added must not matter."""
        refused = None if self.whole is not None else self._begin()
        if refused:
            base = self._set((*self.leeway.contents, *self.leeway.notifications))
            gone = [name for name in self.standing if name not in dict(base.implemented)]
            self._leave_whole(gone, _said(refused))
            self.standing = dict(base.implemented)
            again = self._begin()
            if again:
                raise SchemaError("schema-invalid", f"the schema set does not compile: {_said(again)}")
        assert self.whole is not None  # noqa: S101 - it was begun
        return replace(self.whole, left_out=(*self.schema_set.left_out, *self.left))

    def _set(self, roots: Iterable[str]) -> SchemaSet:
        lent = ({name for name, _ in self.texts} - self.implemented.keys()) | self.out
        return make_schema_set(
            {module.file_name: module.text for module in self.texts.values()},
            [(name, self.implemented[name]) for name in sorted(set(roots)) if name in self.implemented],
            features={name: on for name, on in self.schema_set.features.items() if name in self.implemented},
            imported_only=lent,
        )

    def _add(self, names: Sequence[str]) -> Refused | None:
        keys = [(name, self.implemented[name]) for name in names]
        needed = {self.texts[key].file_name: self.texts[key].text for key in self._closed(keys)}
        return self.trial.add(needed, [(key, self._features(key[0])) for key in keys])

    def _features(self, name: str) -> tuple[str, ...] | None:
        found = self.schema_set.features.get(name)
        return None if found is None else tuple(found)

    def _closed(self, keys: Iterable[Key], *, imports: bool = True) -> list[Key]:
        """Modules with their submodules, and with what they import."""
        found = dict.fromkeys(keys)
        waiting = list(found)
        while waiting:
            module = self.texts[waiting.pop()]
            for wanted in (*module.includes, *(module.imports if imports else ())):
                key = (wanted.name, wanted.revision or self.newest.get(wanted.name, ""))
                if key in self.texts and key not in found:
                    found[key] = None
                    waiting.append(key)
        return list(found)

    def _add_in_part(self, name: str, refused: Refused) -> None:
        """Adds a module without the statements of it that are refused; leaves it out if it does not stand without."""
        before, left = dict(self.texts), len(self.left)
        first = refused
        parts = self._closed([(name, self.implemented[name])], imports=False)
        for _ in range(MAX_CUTS):
            found = _pointed(self.texts, parts, refused) or self._first_bad(name, parts)
            if found is None or self.trial.is_over():
                break
            self._cut(*found, refused)
            if not any(_says_something(self.texts[key]) for key in parts):
                self.out.add(name)
                return  # each statement of it is named
            again = self._add([name])
            if again is None:
                self.standing[name] = self.implemented[name]
                return
            refused = again
        self.texts = before
        del self.left[left:]
        self._leave_whole([name], _said(first))

    def _first_bad(self, name: str, parts: Sequence[Key]) -> tuple[Key, Statement] | None:
        """Finds the first augment or deviation with which a module is refused, by halving; None: it is without any."""
        units = [(key, unit) for key in parts for unit in changing(read_statements(self.texts[key].text))]
        if not units:
            return None
        whole = dict(self.texts)

        def is_refused_with(count: int) -> bool:
            for key in parts:
                self.texts[key] = _cut_text(whole[key], [unit for each, unit in units[count:] if each == key])
            refused = self.trial.begin(self._set([*self.standing, name]))  # anew: what stands is not taken back
            self.texts = dict(whole)
            return refused is not None

        low, high = 0, len(units)  # stands with low, is refused with high
        is_found = not is_refused_with(0)
        while is_found and high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if is_refused_with(middle) else (middle, high)
        self.trial.begin(self._set(self.standing))
        return units[high - 1] if is_found else None

    def _cut_somewhere(self, base: SchemaSet, refused: Refused) -> bool:
        """Leaves out the statement of a needed module that libyang means."""
        keys = [(module.name, module.revision) for module in base.modules]
        found = _pointed(self.texts, keys, refused)
        if found is None or found[1].keyword == "module":
            return False
        self._cut(*found, refused)
        return True

    def _cut(self, key: Key, statement: Statement, refused: Refused) -> None:
        module = self.texts[key]
        self.left.append(LeftOut(_label(key), statement.line, str(statement), _said(refused)))
        self.texts[key] = _cut_text(module, [statement])

    def _leave_whole(self, names: Iterable[str], words: str) -> None:
        for name in names:
            self.out.add(name)
            self.left.append(LeftOut(_label((name, self.implemented[name])), 0, "", words))

    def _is_of_contents(self, refused: Refused) -> bool:
        """Whether libyang names a module that the contents need."""
        needed = {module.name for module in self._set(self.leeway.contents).modules}
        return any(f"/{name}:" in refused.path for name in needed)

    def _read_by_ours(self, refused: Refused) -> None:
        """Takes our texts for what only the notifications need."""
        needed = {module.name for module in self._set(self.leeway.contents).modules}
        for text in self.leeway.ours:
            known = self.texts.get((text.name, text.revision))
            if text.name in needed or (known is not None and known.text == text.text):
                continue
            theirs = self.implemented.get(text.name)
            if theirs is not None:
                words = f"{_said(refused)}; yangbeam's own text stands in its place"
                self.left.append(LeftOut(_label((text.name, theirs)), 0, "", words))
            for key in [key for key in self.texts if key[0] == text.name]:
                del self.texts[key]
            self.texts[text.name, text.revision] = text
            if not text.belongs_to:
                self.implemented[text.name] = text.revision


def _pointed(texts: Mapping[Key, ModuleText], keys: Sequence[Key], refused: Refused) -> tuple[Key, Statement] | None:
    """Finds the statement that libyang's path means: in the module that the path begins with, else in any."""
    if not refused.path:
        return None
    named = [key for key in keys if f"/{key[0]}:" in refused.path]
    keyword = _KEYWORD.search(refused.words)
    first = None
    for key in (*named, *(key for key in keys if key not in named)):
        body = read_statements(texts[key].text)
        prose = find_prose(body, refused.path, keyword.group(1)) if keyword and key in named else None
        found = prose or find_refused(body, refused.path)
        if found is None:
            continue
        is_short = prose is None and stops_short(found, refused.path)
        if prose is None:
            # A circle has no node of its own that is wrong: the augment goes that brings it.
            around = [each for each in changing(body) if each.start <= found.start < each.end]
            found = around[0] if around and (_CIRCLE in refused.words or _is_all(found, around[0])) else found
        if not is_short:
            return key, found
        first = first or (key, found)  # of a submodule with the same augment the rest of the path may be
    return first


def _is_all(statement: Statement, changer: Statement) -> bool:
    """Whether nothing is left of an augment without one of its nodes."""
    return [each for each in changer.inner if each.keyword not in _CONDITIONS] == [statement]


def _says_something(module: ModuleText) -> bool:
    """Whether a module still changes others, or has something of its own."""
    return any(each.keyword in _SAYING for each in read_statements(module.text).inner)


def _cut_text(module: ModuleText, statements: Sequence[Statement]) -> ModuleText:
    return read_module_text(without(module.text, statements)) if statements else module


def _said(refused: Refused) -> str:
    where = f" ({refused.path})" if refused.path and refused.path not in refused.words else ""
    return " ".join(f"{refused.words}{where}".split())[:MAX_WORDS]


def _label(key: Key) -> str:
    return "@".join(filter(None, key))
