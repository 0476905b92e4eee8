"""Whether a YANG module, or a set of modules, may take another's place: RFC 7950 section 11, by pyang's check."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from pyang import error
from pyang.plugins import check_update
from pyang.translators import yang as printer

from yangbeam.core.errors import SchemaError
from yangbeam.core.registered import Body
from yangbeam.core.registered_set import LENT
from yangbeam.core.wrapped_module import CONFORMANCE
from yangbeam.core.yang.module_text import ModuleText, read_module_text
from yangbeam.registry.formats import pyang_context
from yangbeam.registry.formats.parsed import Parsed

MAX_FINDINGS: Final = 200
"""Findings of one comparison that are told; some releases of a vendor have thousands."""
_CURE: Final = "; the earlier version is at fault: delete it, or set the subject's level to NONE"
_OF_REVISIONS: Final = ("CHK_BAD_REVISION", "CHK_BAD_REVISION_v1.1", "CHK_NO_REVISION", "CHK_NO_REVISION_v1.1")


@dataclass(frozen=True, slots=True)
class Update:
    """What the check found.

    Attributes:
        errors: Changes that RFC 7950 section 11 forbids.
        warnings: What it cannot decide (changed must, when and presence expressions), and deviations that are new.
    """

    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class _Side:
    """The modules of one schema."""

    def __init__(self, schema: Parsed) -> None:
        self.main = read_module_text(schema.body.text)
        self.modules: dict[tuple[str, str], tuple[ModuleText, Body]] = {}
        for body in (*(needed for _, needed in schema.needs), schema.body):
            try:
                module = read_module_text(body.text)
            except SchemaError:
                continue  # refused when it was registered, unless it is of another kind
            self.modules[module.name, module.revision] = (module, body)
        self._direct = {need.name for need in schema.body.references}

    @cached_property
    def newest(self) -> dict[str, tuple[ModuleText, Body]]:
        """By name, in its newest revision."""
        found: dict[str, tuple[ModuleText, Body]] = {}
        for name, revision in sorted(self.modules):
            found[name] = self.modules[name, revision]
        found[self.main.name] = self.modules[self.main.name, self.main.revision]
        return found

    @cached_property
    def is_set(self) -> bool:
        """It stands for more than itself: it refers to modules that change it, which it does not import."""
        own = {need.name for need in (*self.main.imports, *self.main.includes)}
        return not self._direct <= own

    def texts(self) -> dict[tuple[str, str], str]:
        return {key: module.text for key, (module, _) in self.modules.items()}


def update(new: Parsed, old: Parsed, *, backwards: bool = False) -> Update:
    """Compares a module, or a set (one that refers to more than it imports), with what went before.

    Args:
        new: What is to take the place.
        old: Whose place it is.
        backwards: ``new`` is the earlier one: its revision need not be newer.

    Raises:
        SchemaError: One of them is no YANG.
    """
    news, olds = _Side(new), _Side(old)
    findings = list(_withdrawn(news, olds))
    warnings = list(_remarks(news, olds))
    changed = sorted(_changed(news, olds))
    if changed:
        with pyang_context.TURN:
            try:
                for is_error, said in _check(news, olds, changed, backwards=backwards):
                    (findings if is_error else warnings).append(said)
            except Exception as failure:  # noqa: BLE001 - pyang's own, on modules that libyang took: no verdict
                findings.append(f"pyang fails on {', '.join(changed)[:200]}: {type(failure).__name__}")
    return Update(tuple(dict.fromkeys(findings))[:MAX_FINDINGS], tuple(dict.fromkeys(warnings))[:MAX_FINDINGS])


def normalised(text: str, name: str) -> str:
    """Prints a module in canonical order, without comments.

    Raises:
        SchemaError: ``not-yang``.
    """
    with pyang_context.TURN:
        found, module = pyang_context.parse(text, name)
        printed = io.StringIO()
        try:
            printer.emit_yang(found, module, printed)
        except RecursionError:
            raise SchemaError("not-yang", f"{name} is nested too deeply to be normalised") from None
    return printed.getvalue()


def check_syntax(text: str, name: str) -> None:
    """Parses a text alone.

    Raises:
        SchemaError: ``not-yang``.
    """
    with pyang_context.TURN:
        pyang_context.parse(text, name)


def _withdrawn(news: _Side, olds: _Side) -> Iterator[str]:
    """What is no longer there: the module itself, its features; of a set, modules and the features of all."""
    if news.main.name != olds.main.name:
        yield f"the module's name is changed from {olds.main.name} to {news.main.name} (RFC 7950: sec. 11, p3)"
    for name, (module, body) in olds.newest.items():
        if not olds.is_set and name != olds.main.name:
            continue
        if name not in news.newest:
            if olds.is_set and not module.belongs_to and body.property(CONFORMANCE) != LENT:
                yield f"the module {name} is withdrawn from the set"
            continue
        before, after = body.features(), news.newest[name][1].features()
        if before is not None and after is not None:
            for feature in sorted(set(before) - set(after)):
                yield f"the feature {feature} of the module {name} is no longer supported"


def _remarks(news: _Side, olds: _Side) -> Iterator[str]:
    if news.main.belongs_to:
        yield f"the submodule {news.main.name} is judged with its module {news.main.belongs_to}"
    for name, (module, _) in news.newest.items():
        if name not in olds.newest and "deviation" in module.text and news.is_set:
            yield f"the module {name} is new in the set and may deviate others"


def _changed(news: _Side, olds: _Side) -> set[str]:
    """Names of the modules to compare.

    Of a set, every module whose text, or that of a submodule, is another. Of a module, only itself, if it or anything
    that it needs is another: what it takes from others is compared where it uses it.
    """
    texts = {name for name in olds.newest if _text(olds, name) != _text(news, name)} & news.newest.keys()
    if not (olds.is_set or news.is_set):
        same = news.main.name == olds.main.name and not news.main.belongs_to
        return {news.main.name} if same and (texts or news.newest.keys() != olds.newest.keys()) else set()
    owners = {olds.newest[name][0].belongs_to or name for name in texts}
    return {name for name in owners if name in olds.newest and name in news.newest}


def _text(side: _Side, name: str) -> str:
    return side.newest[name][0].text if name in side.newest else ""


def _check(news: _Side, olds: _Side, names: Iterable[str], *, backwards: bool) -> Iterator[tuple[bool, str]]:
    """Yields (is an error, what) of each finding."""
    after, before = pyang_context.load(news.texts()), pyang_context.load(_completed(olds, news))
    pairs = [(name, _module(before, olds, name), _module(after, news, name)) for name in names]
    for loaded in (after, before):
        loaded.validate()
    for name, old, new in pairs:
        earlier, later = _refusal(before, olds, name), _refusal(after, news, name)
        if earlier or later or old is None or new is None:
            yield True, f"pyang cannot compare {name}: {later or earlier or 'it is no module'}{'' if later else _CURE}"
            continue
        undated = backwards or _text(news, name) == _text(olds, name)
        yield from _findings(after, old, new, undated=undated)


def _completed(side: _Side, other: _Side) -> dict[tuple[str, str], str]:
    """Returns a side's texts; a module that it needs and does not refer to is the other side's.

    Registries took imports that libyang satisfies by itself without a reference, up to 0.1.0.
    """
    names = {name for name, _ in side.modules}
    needs = {need.name for module, _ in side.modules.values() for need in (*module.imports, *module.includes)}
    return (other.texts() if needs - names else {}) | side.texts()


def _findings(loaded: Any, old: Any, new: Any, *, undated: bool) -> Iterator[tuple[bool, str]]:
    loaded.errors = []
    check_update.chk_module(loaded, old, new)
    for place, tag, arguments in loaded.errors:
        if tag.startswith("CHK_") and not (undated and tag in _OF_REVISIONS):
            yield error.is_error(error.err_level(tag)), f"{place}: {error.err_to_str(tag, arguments)}"


def _module(loaded: Any, side: _Side, name: str) -> Any:
    module, _ = side.newest[name]
    reference = module.file_name.removesuffix(".yang")
    found = loaded.search_module(error.Position(reference), name, module.revision or None)
    return found if found is None or found.keyword == "module" else None


def _refusal(loaded: Any, side: _Side, name: str) -> str:
    return pyang_context.first_error(loaded, frozenset((side.newest[name][0].file_name.removesuffix(".yang"),)))
