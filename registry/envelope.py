"""Which modules a set gets besides the node's own, so that its schema reads whole telemetry messages."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.yang.costs import TOO_COSTLY
from yangbeam.core.yang.module_text import read_module_text
from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set
from yangbeam.io.yang_directories import bundled
from yangbeam.registry.formats.judges import HERE, Judge

ROOT: Final = "ietf-telemetry-message"
"""The module that every registered set is rooted in (draft-ietf-nmop-message-broker-telemetry-message)."""
EXTENSION: Final = "ietf-yang-push-telemetry-message"
"""What it says of subscriptions; its types need newer modules than some nodes have."""
TRANSPORTS: Final = ("ietf-udp-notif-transport", "ietf-https-notif-transport")
"""Modules of the identities that the message names a subscription's transport and encoding by."""


@lru_cache(maxsize=1)
def _brought() -> dict[str, str]:
    """Name → newest text of what comes with the packages."""
    newest: dict[str, tuple[str, str]] = {}
    for text in bundled().values():
        module = read_module_text(text)
        newest[module.name] = max(newest.get(module.name, ("", "")), (module.revision, text))
    return {name: text for name, (_, text) in newest.items()}


def enveloped(schema_set: SchemaSet, judge: Judge = HERE) -> SchemaSet:
    """Returns the set with the modules of the telemetry message; a node's own texts stand before those brought.

    The set is known to compile afterwards: what of one with leeway does not is left out, and named.

    Args:
        schema_set: The node's own.
        judge: Who compiles it.

    Raises:
        SchemaError: ``schema-invalid``: the set does not compile, in libyang's words; ``schema-too-costly``.
        SchemaPendingError: The judge is busy.
    """
    if schema_set.leeway is None:
        return _whole(schema_set, judge)
    try:
        return _whole(schema_set, judge, _ROOTS[:1]).settled(schema_set.left_out)
    except SchemaPendingError:
        raise
    except SchemaError as error:
        first = error.anew()
    try:
        found = judge.salvaged(schema_set)
    except SchemaError as error:
        if error.reason == first.reason == TOO_COSTLY:
            raise first.anew() from None  # it names the module
        raise
    return _whole(found, judge).settled(found.left_out)


_ROOTS: Final = ((ROOT, EXTENSION, *TRANSPORTS), (ROOT, EXTENSION), (ROOT,))


def _is_without_root(schema_set: SchemaSet) -> bool:
    return all(module.name != ROOT for module in schema_set.modules)


def _whole(schema_set: SchemaSet, judge: Judge, attempts: Iterable[tuple[str, ...]] = _ROOTS) -> SchemaSet:
    if not _is_without_root(schema_set):
        judge.compiles(schema_set)
        return schema_set
    for roots in attempts:
        found = _with(schema_set, roots)
        try:
            judge.compiles(found)
        except SchemaError as error:
            if error.reason == TOO_COSTLY or isinstance(error, SchemaPendingError):
                raise
            refused = error.anew()
            continue
        return found
    if attempts is _ROOTS:
        judge.compiles(schema_set)  # whose fault it is: the set's own is told first
    raise refused.anew()


def is_ours(schema_set: SchemaSet) -> bool:
    """Whether all modules of a set are those that come with the packages: they need no limits."""
    return all(_brought().get(module.name) == module.text for module in schema_set.modules)


def _with(schema_set: SchemaSet, roots: Iterable[str]) -> SchemaSet:
    names = {module.name for module in schema_set.modules}
    own = {module.name: module.text for module in schema_set.modules}
    needed = closure_of(_brought() | own, roots)
    texts = {module.file_name: module.text for module in schema_set.modules}
    texts |= {name: _brought()[name] for name in needed - names}
    implemented = [*schema_set.implemented, *((name, "") for name in sorted(needed - names) if not _is_part(name))]
    lent = names - {name for name, _ in schema_set.implemented}
    return make_schema_set(texts, implemented, features=schema_set.features, imported_only=lent)


def closure_of(texts: dict[str, str], roots: Iterable[str]) -> frozenset[str]:
    """Returns the roots and what they import, without what changes them from outside."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found and name in texts:
            found.add(name)
            module = read_module_text(texts[name])
            waiting += [need.name for need in (*module.imports, *module.includes)]
    return frozenset(found)


def own_set(module: str) -> SchemaSet:
    """Returns the set of a module that comes with the packages, and of what it imports.

    Raises:
        SchemaError: ``module-missing``: none of that name does.
    """
    needed = closure_of(_brought(), (module,))
    if not needed:
        raise SchemaError("module-missing", f"no module {module} comes with the packages")
    return make_schema_set({name: _brought()[name] for name in needed}, [(module, "")], imported_only=needed - {module})


def _is_part(name: str) -> bool:
    return bool(read_module_text(_brought()[name]).belongs_to)
