"""Which part of a schema set stands when the whole does not compile: the rest is left out, statement by statement.

First what contents and notifications need; then what may be left out is added to it, in groups: a group that is refused
is halved, a module that is refused alone loses the augments and deviations that are at fault, and what is refused
without them is left out. Few bad ones among many cost their number times the logarithm of the rest, many bad ones one
or two attempts each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Protocol

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.left_out import MAX_WORDS, LeftOut
from yangbeam.core.yang.module_text import ModuleText, read_module_text
from yangbeam.core.yang.schema_set import Leeway, SchemaSet, make_schema_set
from yangbeam.core.yang.statements import Statement, changing, find_refused, read_statements, without

MAX_CUTS: Final = 256
"""Statements that are left out of one module, and of all that contents need; then the module goes, or the set."""
LARGEST_GROUP: Final = 4_096
"""Modules that are tried together at most."""

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
            texts: File name → text that is other than in the set before.
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

    def __post_init__(self) -> None:
        self.texts = {(module.name, module.revision): module for module in self.schema_set.modules}
        self.implemented = dict(self.schema_set.implemented)

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
        self.standing = dict(base.implemented)

    def add_the_rest(self, largest: int, costly: frozenset[str]) -> None:
        """Adds what may be left out, in groups."""
        waiting = [name for name in sorted(self.implemented) if name not in self.standing]
        self._leave_whole((name for name in waiting if name in costly), "compiling it costs too much")
        waiting = [name for name in waiting if name not in costly]
        size = max(1, min(len(waiting), largest))
        while waiting:
            group = waiting[:size]
            if self.trial.is_over():
                self._leave_whole(waiting, "not tried: what was tried before took all the time there is")
                return
            refused = self._add(group)
            if refused is None:
                self.standing |= {name: self.implemented[name] for name in group}
                del waiting[: len(group)]
                size = min(size * 2, largest)
            elif len(group) > 1:
                size = (len(group) + 1) // 2
            else:
                self._add_in_part(group[0], refused)
                del waiting[:1]

    def result(self) -> SchemaSet:
        """Returns what stands, compiled once more as a whole: in which order it was added must not matter."""
        found = self._set(self.standing)
        refused = self.trial.begin(found)
        if refused:
            roots = (*self.leeway.contents, *self.leeway.notifications)
            base = self._set(roots)
            again = self.trial.begin(base)
            if again:
                raise SchemaError("schema-invalid", f"the schema set does not compile: {_said(again)}")
            self._leave_whole([name for name in self.standing if name not in dict(base.implemented)], _said(refused))
            found = base
        return replace(found, left_out=(*self.schema_set.left_out, *self.left))

    def _set(self, roots: Iterable[str]) -> SchemaSet:
        lent = {name for name, _ in self.texts} - self.implemented.keys()
        return make_schema_set(
            {module.file_name: module.text for module in self.texts.values()},
            [(name, self.implemented[name]) for name in sorted(set(roots)) if name in self.implemented],
            features={name: on for name, on in self.schema_set.features.items() if name in self.implemented},
            imported_only=lent,
        )

    def _add(self, names: Sequence[str]) -> Refused | None:
        keys = [(name, self.implemented[name]) for name in names]
        changed = {self.texts[key].file_name: self.texts[key].text for key in self._parts(keys)}
        return self.trial.add(changed, [(key, self._features(key[0])) for key in keys])

    def _features(self, name: str) -> tuple[str, ...] | None:
        found = self.schema_set.features.get(name)
        return None if found is None else tuple(found)

    def _parts(self, keys: Iterable[Key]) -> list[Key]:
        """Modules with their submodules."""
        found = list(keys)
        for key in found:
            for wanted in self.texts[key].includes:
                revisions = [each for each in self.texts if each[0] == wanted.name]
                part = (wanted.name, wanted.revision or max((each[1] for each in revisions), default=""))
                if part in self.texts and part not in found:
                    found.append(part)
        return found

    def _add_in_part(self, name: str, refused: Refused) -> None:
        """Adds a module without the statements of it that are refused; leaves it out if it does not stand without."""
        before, left = dict(self.texts), len(self.left)
        first = refused
        parts = self._parts([(name, self.implemented[name])])
        for _ in range(MAX_CUTS):
            found = _pointed(self.texts, parts, refused) or self._first_bad(name, parts)
            if found is None or self.trial.is_over():
                break
            self._cut(*found, refused)
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
        whole = dict(self.texts)

        def is_refused_with(count: int) -> bool:
            for key in parts:
                self.texts[key] = _cut_text(whole[key], [unit for each, unit in units[count:] if each == key])
            refused = self.trial.begin(self._set([*self.standing, name]))  # anew: what stands is not taken back
            self.texts = dict(whole)
            return refused is not None

        low, high = 0, len(units)  # stands with low, is refused with high
        is_found = bool(units) and not is_refused_with(0)
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
        self.left += [LeftOut(_label((name, self.implemented[name])), 0, "", words) for name in names]

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
    for key in (*named, *(key for key in keys if key not in named)):
        body = read_statements(texts[key].text)
        found = find_refused(body, refused.path)
        if found is not None:
            # A circle has no node of its own that is wrong: the augment goes that brings it.
            around = [each for each in changing(body) if each.start <= found.start < each.end]
            return key, around[0] if around and _CIRCLE in refused.words else found
    return None


def _cut_text(module: ModuleText, statements: Sequence[Statement]) -> ModuleText:
    return read_module_text(without(module.text, statements)) if statements else module


def _said(refused: Refused) -> str:
    where = f" ({refused.path})" if refused.path and refused.path not in refused.words else ""
    return " ".join(f"{refused.words}{where}".split())[:MAX_WORDS]


def _label(key: Key) -> str:
    return "@".join(filter(None, key))
