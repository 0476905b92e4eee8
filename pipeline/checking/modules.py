"""Which YANG modules of the configured folders do not compile, or cost too much, and why."""

from collections.abc import Iterator
from typing import Final

from yangbeam.core.errors import Fault, SchemaError
from yangbeam.core.yang.augmenting import closure
from yangbeam.core.yang.costs import TOO_COSTLY, CostLimits
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.pipeline.checking.finding import Finding, ok, problem
from yangbeam.pipeline.config.file import Config
from yangbeam.registry.directories import Directory, Shelf
from yangbeam.registry.guard.guard import guard_of

NAME: Final = "modules"
CURE: Final = "correct the module"


def compile_(config: Config) -> Iterator[Finding]:
    """Compiles each folder: as a whole, and where that fails module by module, each with what it needs."""
    for path in dict.fromkeys(str(written.path) for written in config.schemas.directories):
        try:
            shelf = Shelf(Directory(path))
            texts = shelf.newest
        except SchemaError as error:
            yield problem(NAME, f"{path}: {error.detail}", "correct the file, or take it away", Fault.CONFIGURATION)
            continue
        for file, why in shelf.unread.items():
            yield problem(NAME, f"{path}/{file}: {why}", "correct the file, or take it away", Fault.CONFIGURATION)
        if texts or not shelf.unread:
            yield from _of_folder(path, texts, config.schemas.compiling.limits())


def _of_folder(path: str, texts: dict[str, str], limits: CostLimits) -> Iterator[Finding]:
    lent = Shelf(Directory()).newest
    together = _refusal(texts, lent, tuple(texts), limits)
    if together is None:
        yield ok(NAME, f"{path}: all {len(texts)} modules compile")
        return
    failing = 0
    for name in sorted(texts):
        why = _refusal(texts, lent, (name,), limits)
        if why:
            failing += 1
            yield _problem(f"{path}: module {name} does not compile", why)
    if not failing and together.reason == TOO_COSTLY:  # no node has all the modules of a vendor
        yield ok(
            NAME, f"{path}: all {len(texts)} modules compile, each with what it needs; together they cost too much"
        )
    elif not failing:
        yield _problem(f"{path}: modules compile alone, but not together", together)
    elif failing < len(texts):
        yield ok(NAME, f"{path}: {len(texts) - failing} of {len(texts)} modules compile")


def _problem(what: str, why: SchemaError) -> Finding:
    """Returns a problem; one that is missing, or costs too much, is named with its cure already."""
    cure = "" if why.reason in ("module-missing", TOO_COSTLY) else CURE
    return problem(NAME, f"{what}: {why.detail.rstrip('.')}", cure, Fault.CONFIGURATION)


def _refusal(
    texts: dict[str, str], lent: dict[str, str], names: tuple[str, ...], limits: CostLimits
) -> SchemaError | None:
    """Returns why modules do not compile with what they need; None: they do."""
    shelf = lent | texts
    try:
        guard_of(limits).compiles(make_schema_set({name: shelf[name] for name in closure(shelf, names)}))
    except SchemaError as error:
        return error
    return None
