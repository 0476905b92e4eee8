"""Which modules of a collection change others from outside: by augments, deviations and derived identities.

A node's own YANG is the closure over imports *and* over the modules that change what is in it, which no import tells
of; only then does a schema accept what the node really sends.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.module_text import ModuleText, read_module_text

_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_IMPORT: Final = re.compile(r"""\bimport\s+["']?([\w.-]+)["']?\s*\{[^}]*?\bprefix\s+["']?([\w.-]+)["']?""")
_CHANGE: Final = re.compile(
    r"""\b(?:augment|deviation)\s+["']?\s*/\s*([\w.-]+):|\bidentity\s+[\w.-]+\s*\{[^}]*?\bbase\s+["']?([\w.-]+):"""
)


@lru_cache(maxsize=4096)
def changed_modules(text: str) -> frozenset[str]:
    """Returns the names of the modules that a module augments, deviates, or derives identities from.

    RFC 7950 sections 7.17, 7.20.3 and 7.18.
    """
    plain = _COMMENT.sub(" ", text)
    prefixes = {prefix: name for name, prefix in _IMPORT.findall(plain)}
    changed = {path or base for path, base in _CHANGE.findall(plain)}
    return frozenset(prefixes[prefix] for prefix in changed if prefix in prefixes)


def closure(texts: Mapping[str, str], roots: Iterable[str]) -> frozenset[str]:
    """Returns the names of the modules that belong to ``roots``: imports, includes, and what changes them, recursively.

    A changing module that lacks one of its own imports is left out: the schema is complete without it, and the node
    cannot have it either as it stands.

    Args:
        texts: Any key to YANG text; the collection.
        roots: Module names to start from.

    Raises:
        SchemaError: ``module-missing``: a root, or something it imports, is not in the collection.
    """
    shelf = {module.name: module for module in map(read_module_text, texts.values())}
    found: set[str] = set()
    for root in roots:
        _follow(root, shelf, found)
    while True:
        more = {
            name
            for name, module in shelf.items()
            if name not in found and not changed_modules(module.text).isdisjoint(found) and _complete(name, shelf)
        }
        if not more:
            return frozenset(found)
        for name in more:
            _follow(name, shelf, found)


def _complete(name: str, shelf: Mapping[str, ModuleText]) -> bool:
    try:
        _follow(name, shelf, set())
    except SchemaError:
        return False
    return True


def _follow(root: str, shelf: Mapping[str, ModuleText], found: set[str]) -> None:
    waiting = [(root, "")]
    while waiting:
        name, needed_by = waiting.pop()
        if name in found:
            continue
        module = shelf.get(name)
        if module is None:
            why = f", which {needed_by} imports," if needed_by else ""
            raise SchemaError(
                "module-missing",
                f"module {name}{why} is in no directory that serves this exporter: add its .yang file",
                module=name,
            )
        found.add(name)
        owner = [(module.belongs_to, name)] if module.belongs_to else []  # a submodule's augments hold by its module
        waiting += [(reference.name, name) for reference in (*module.imports, *module.includes)] + owner
