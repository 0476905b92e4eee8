"""Which modules a subscription is read by: of all that serves its exporter, what contents and notifications need.

That is their imports (by revision where one is asked for) and submodules, and what augments, deviates, derives
identities or defines annotations for them. What lacks an import is left out by itself; whether the rest compiles is
found out later (``salvage.py``).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from yangbeam.core.errors import SchemaError
from yangbeam.core.notification.kinds import KINDS
from yangbeam.core.notification.wrappers import ENVELOPE
from yangbeam.core.yang.augmenting import METADATA, changes
from yangbeam.core.yang.collection import Collection, Key
from yangbeam.core.yang.left_out import LeftOut
from yangbeam.core.yang.missing import all_missing
from yangbeam.core.yang.module_text import ModuleText, Reference, read_module_text
from yangbeam.core.yang.schema_set import Leeway, SchemaSet, make_schema_set
from yangbeam.core.yang.statements import Statement, changing, of_prefix, read_statements, without

# libyang brings these itself.
_BUILT_IN: Final = frozenset({"yang", METADATA})
_NOTIFICATIONS: Final = frozenset((kind.module, kind.name) for kind in KINDS)
_TREES: Final = frozenset((*(kind.module for kind in KINDS), ENVELOPE.partition(":")[0]))
"""Modules of what every schema reads beside the contents."""


class LacksImportError(SchemaError):
    """Something that a module imports or includes is in no source.

    Attributes:
        needed_by: The module.
        wanted: What it lacks.
    """

    def __init__(self, needed_by: ModuleText, wanted: Reference) -> None:
        name = f"{wanted.name}@{wanted.revision}" if wanted.revision else wanted.name
        detail = (
            f"module {name}, which {needed_by.name} imports, is in no directory that serves this exporter: "
            "add its .yang file"
        )
        super().__init__("module-missing", detail, module=wanted.name)
        self.needed_by = needed_by
        self.wanted = wanted


@dataclass(slots=True)
class _Selecting:
    collection: Collection
    prefers_newer: bool
    texts: dict[Key, ModuleText] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    """Of the texts."""
    pinned: dict[str, ModuleText] = field(default_factory=dict)
    """Name → the text that is meant where no revision is asked for; else the first source's."""
    left: list[LeftOut] = field(default_factory=list)
    edited: dict[Key, ModuleText] = field(default_factory=dict)
    """What was made fit to stand: an import of extensions that nobody has is not in it any more."""

    def reach(
        self, start: Iterable[ModuleText], find: Callable[[str, str], ModuleText | None]
    ) -> dict[Key, ModuleText]:
        """Returns what modules need, themselves included.

        Raises:
            LacksImportError: A source of something is missing; nothing of it is taken. Names all that are.
        """
        edited, left = dict(self.edited), len(self.left)
        found: dict[Key, ModuleText] = {}
        waiting = list(start)
        lacking: list[LacksImportError] = []
        while waiting:
            module = waiting.pop()
            key = (module.name, module.revision)
            if key not in found:
                found[key] = module
                waiting += self._needs(module, find, lacking)
        if lacking:
            self.edited = edited
            del self.left[left:]
            raise all_missing(lacking)
        return {key: self.edited.get(key, module) for key, module in found.items()}

    def _needs(
        self, module: ModuleText, find: Callable[[str, str], ModuleText | None], lacking: list["LacksImportError"]
    ) -> Iterator[ModuleText]:
        """Yields what a module needs itself; what nobody has is put to ``lacking``."""
        needs = self.edited.get((module.name, module.revision), module)
        for wanted in (*needs.imports, *needs.includes, *_owner(module)):
            if wanted.name in _BUILT_IN:
                continue
            found = find(wanted.name, wanted.revision)
            if found is None and wanted.revision:
                found = self._of_another_revision(module, wanted, find)
            if found is not None:
                yield found
                continue
            try:
                self._without_extensions(module, wanted)
            except LacksImportError as error:
                lacking.append(error.anew())  # without the frames, which hold this list

    def find(self, name: str, revision: str) -> ModuleText | None:
        """What an import of the contents, or of what changes them, means."""
        pinned = self.pinned.get(name)
        if pinned is not None and revision in ("", pinned.revision):
            return pinned
        return self.collection.find(name, revision)

    def find_for_notifications(self, name: str, revision: str) -> ModuleText | None:
        """What an import of the notifications means: as the contents have it, else the node's or ours."""
        if not revision and name not in self.names and name not in self.pinned:
            picked = self._picked(name)
            if picked is not None:
                self.pinned[name] = picked
        found, ours = self.find(name, revision), self.collection.ours.get(name)
        if found is None and ours is not None and revision in ("", ours.revision):
            return ours
        return found

    def _picked(self, name: str) -> ModuleText | None:
        ours, theirs = self.collection.ours.get(name), self.collection.find(name)
        if ours is None or theirs is None or theirs.text == ours.text:
            return theirs or ours
        if self.prefers_newer and ours.revision > theirs.revision:
            return ours
        try:
            self.reach((theirs,), self.find)
        except LacksImportError as error:
            words = f"{_why_lacking(theirs, error)}; yangbeam's own text stands in its place"
            self.left.append(_lacking(theirs, error, words))
            return ours
        return theirs

    def take(self, found: Mapping[Key, ModuleText]) -> None:
        """Takes what was reached into the set."""
        for key, module in found.items():
            self.texts[key] = module
            self.names.add(module.name)

    def whole(self) -> list[ModuleText]:
        """Returns the modules of the set that are implemented: of each name the text that is meant."""
        found: dict[str, dict[str, ModuleText]] = {}
        for (name, revision), module in self.texts.items():
            if not module.belongs_to:
                found.setdefault(name, {})[revision] = module
        meant = {name: self.find(name, "") for name in found}
        return [
            revisions.get(known.revision if (known := meant[name]) is not None else "") or revisions[max(revisions)]
            for name, revisions in sorted(found.items())
        ]

    def _of_another_revision(
        self, module: ModuleText, wanted: Reference, find: Callable[[str, str], ModuleText | None]
    ) -> ModuleText | None:
        """Takes another revision of what is asked for by a revision that nobody has."""
        other = find(wanted.name, "")
        if other is not None:
            self._without_date(module, wanted, f"nobody has {_named(wanted)}; {label(other)} stands in its place")
        return other

    def fit(self, module: ModuleText) -> None:
        """Lets augments and deviations mean the revision that is read, whichever they ask for by date.

        Of a module with nodes one revision is implemented (RFC 7950 section 5.6.5), and only that can be changed.
        """
        for wanted in module.imports:
            meant = self.find(wanted.name, "") if wanted.revision and wanted.name in self.names else None
            if meant is None or meant.revision == wanted.revision or wanted.name not in changes(module.text).nodes:
                continue
            words = f"what it changes is read by {label(meant)}"
            self._without_date(module, wanted, words)

    def _without_date(self, module: ModuleText, wanted: Reference, words: str) -> None:
        body = read_statements(self.edited.get((module.name, module.revision), module).text)
        dates = [
            inner
            for each in body.inner
            if each.keyword in ("import", "include") and each.argument == wanted.name
            for inner in each.inner
            if inner.keyword == "revision-date" and inner.argument == wanted.revision
        ]
        for date in dates:
            self.left.append(LeftOut(label(module), date.line, f"{date} of {wanted.name}", words))
        self._edit(module, dates)

    def _without_extensions(self, module: ModuleText, wanted: Reference) -> None:
        """Leaves out an import that only lends extensions: they say nothing of data.

        Raises:
            LacksImportError: It lends more.
        """
        body = read_statements(self.edited.get((module.name, module.revision), module).text)
        imports = [each for each in body.inner if (each.keyword, each.argument) == ("import", wanted.name)]
        prefix = next((each.argument for found in imports for each in found.inner if each.keyword == "prefix"), "")
        used = of_prefix(body, prefix) if prefix else None
        if used is None:
            raise LacksImportError(module, wanted)
        words = f"{_named(wanted)} is not there; it lends extensions only ({len(used)} statements)"
        self.left.append(LeftOut(label(module), imports[0].line, str(imports[0]), words))
        self._edit(module, [*imports, *used])

    def _edit(self, module: ModuleText, statements: Iterable[Statement]) -> None:
        key = (module.name, module.revision)
        before = self.edited.get(key, module)
        self.edited[key] = read_module_text(without(before.text, statements))


def select(
    collection: Collection,
    asked: Sequence[ModuleText],
    *,
    roots: Iterable[str] = (),
    features: Callable[[ModuleText], tuple[str, ...] | None] = lambda _: None,
    lent: frozenset[str] = frozenset(),
    told: Callable[[str], Iterable[str]] = lambda _: (),
    prefers_newer: bool = False,
) -> SchemaSet:
    """Returns the set, with what of it may be left out.

    Args:
        collection: All there is.
        asked: What contents, filter and terms name.
        roots: What the notifications need; what of it the contents do not need may be the node's, or ours.
        features: The enabled features of a module; None: all.
        lent: Modules that only lend types and groupings, if nothing names them.
        told: The modules that are said to change one.
        prefers_newer: Of the notifications' modules the newer of the node's and ours is taken; else the node's.

    Raises:
        LacksImportError: Of what is asked or needed.
    """
    work = _Selecting(collection, prefers_newer)
    for module in asked:
        work.pinned[module.name] = module
    work.take(work.reach(asked, work.find))
    for name in roots:
        root = work.find_for_notifications(name, "")
        if root is None:
            raise SchemaError("module-missing", f"module {name} is nowhere", module=name)
        work.take(work.reach((root,), work.find_for_notifications))
    names = frozenset(module.name for module in asked)
    _take_changers(work, names, told)
    _unsilence(work)
    return _made(work, names, tuple(roots), features, lent)


def _take_changers(work: _Selecting, asked: frozenset[str], told: Callable[[str], Iterable[str]]) -> None:
    """Takes what changes what is there, to a fixpoint."""
    tried: set[Key] = set()
    seen: set[str] = set()
    lacking: set[str] = set()
    new = [METADATA, *work.names]
    while new:
        seen.update(new)
        for module in list(_changers(work, new, asked, told)):
            key = (module.name, module.revision)
            if key in tried or key in work.texts:
                continue
            tried.add(key)
            try:
                work.fit(module)
                work.take(work.reach((module,), work.find))
            except LacksImportError as error:
                work.left.append(_lacking(module, error, _why_lacking(module, error)))
                lacking.add(module.name)  # what derives from it goes with it, and is named
        new = [name for name in {*work.names, *lacking} if name not in seen]


def _why_lacking(module: ModuleText, error: LacksImportError) -> str:
    if error.needed_by is module:
        return f"{_named(error.wanted)} is not there"
    return f"{error.needed_by.name}, which it needs, lacks {_named(error.wanted)}"


def _lacking(module: ModuleText, error: LacksImportError, words: str) -> LeftOut:
    line, statement = 0, ""
    if error.needed_by is module:
        for each in read_statements(module.text).inner:
            if each.keyword in ("import", "include") and each.argument == error.wanted.name:
                line, statement = each.line, str(each)
    return LeftOut(label(module), line, statement, words)


def _changers(
    work: _Selecting, names: Iterable[str], asked: frozenset[str], told: Callable[[str], Iterable[str]]
) -> Iterator[ModuleText]:
    """Yields what changes the trees that are read, and what derives from identities or defines annotations."""
    trees = asked | _TREES
    for name in names:
        for offer in work.collection.offers:
            # Ours change what is ours: of a node's own modules it says itself what changes them.
            mine = trees if not offer.is_ours else frozenset(each for each in asked if _is_ours(work, each))
            for module in offer.importers(name):
                if module.name not in work.names and work.find(module.name, "") is module:
                    found = offer.changes(module)
                    derives = name in found.identities and (not offer.is_ours or _is_ours(work, name))
                    if found.nodes & mine or derives or (found.annotates and not offer.is_ours):
                        yield module
        for other in told(name) if name in trees else ():
            changer = work.find(other, "")
            if changer is not None:
                yield changer


def _is_ours(work: _Selecting, name: str) -> bool:
    chosen = work.find(name, "")
    offer = work.collection.offer_of(chosen) if chosen is not None else None
    return offer is not None and offer.is_ours


def _unsilence(work: _Selecting) -> None:
    """Leaves out deviations that take away a notification, or something in one: it came nevertheless."""
    for key, module in list(work.texts.items()):
        if "not-supported" not in module.text or not any(name in module.text for _, name in _NOTIFICATIONS):
            continue
        body = read_statements(module.text)
        silencing = [each for each in changing(body) if _is_silencing(body, each)]
        if silencing:
            for each in silencing:
                words = "a notification that arrives is supported"
                work.left.append(LeftOut(label(module), each.line, str(each), words))
            work.texts[key] = read_module_text(without(module.text, silencing))


def _is_silencing(body: Statement, deviation: Statement) -> bool:
    if not any((each.keyword, each.argument) == ("deviate", "not-supported") for each in deviation.inner):
        return False
    prefix, _, name = deviation.argument.strip().strip("/").partition("/")[0].partition(":")
    for each in body.inner:
        if each.keyword == "import" and any((i.keyword, i.argument) == ("prefix", prefix) for i in each.inner):
            return (each.argument, name) in _NOTIFICATIONS
    return False


def _made(
    work: _Selecting,
    asked: frozenset[str],
    roots: tuple[str, ...],
    features: Callable[[ModuleText], tuple[str, ...] | None],
    lent: frozenset[str],
) -> SchemaSet:
    whole = [module for module in work.whole() if module.name not in lent - asked]
    implemented = [(module.name, module.revision) for module in whole]
    silent = _TREES  # a notification that arrives is supported, whatever feature it depends on
    chosen = {
        module.name: found for module in whole if module.name not in silent and (found := features(module)) is not None
    }
    texts = {module.file_name: module.text for module in work.texts.values()}
    made = make_schema_set(texts, implemented, features=chosen, imported_only=lent - asked)
    ours = tuple(text for _, text in sorted(work.collection.ours.items()))
    return made.with_leeway(Leeway(tuple(sorted(asked)), tuple(sorted(roots)), ours), tuple(work.left))


def _owner(module: ModuleText) -> tuple[Reference, ...]:
    return (Reference(module.belongs_to),) if module.belongs_to else ()


def label(module: ModuleText) -> str:
    """``name@revision``, or the name alone."""
    return module.file_name.removesuffix(".yang")


def _named(wanted: Reference) -> str:
    return f"{wanted.name}@{wanted.revision}" if wanted.revision else wanted.name
