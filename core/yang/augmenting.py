"""Which modules of a collection change others from outside: by augments, deviations, derived identities, annotations.

A node's own YANG is the closure over imports *and* over the modules that change what is in it, which no import tells
of; only then does a schema accept what the node really sends.
"""

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from yangbeam.core.errors import SchemaError
from yangbeam.core.remembering import digest_of
from yangbeam.core.yang.module_text import ModuleText, read_module_text

_STRING: Final = r"""(?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^']*')"""
_NOISE: Final = re.compile(
    rf"""\b(?:description|reference|contact|organization|error-message)\s+{_STRING}(?:\s*\+\s*{_STRING})*"""
    rf"""|(?P<string>{_STRING})|//[^\n]*|/\*.*?\*/""",
    re.DOTALL,
)
"""Prose and comments; a string of anything else is passed over whole, since there is no comment in it."""
_IMPORT: Final = re.compile(r"""\bimport\s+["']?([\w.-]+)["']?\s*\{([^}]*)\}""")
_PREFIX: Final = re.compile(r"""\bprefix\s+["']?([\w.-]+)""")
_TARGET: Final = re.compile(r"""\b(?:augment(?:-structure)?|deviation)\s+["']?\s*/\s*([\w.-]+):""")
_IDENTITY: Final = re.compile(r"""\bidentity\s+["']?[\w.-]+["']?\s*\{((?:[^{}]|\{[^{}]*\})*)\}""")
_BASE: Final = re.compile(r"""\bbase\s+["']?\s*([\w.-]+):""")
_ANNOTATION: Final = re.compile(r"""([\w.-]+):annotation\s+["']?[\w.-]""")
_MAY_CHANGE: Final = tuple(
    re.compile(rf"{word}\s") for word in ("augment", "augment-structure", "deviation", "identity", ":annotation")
)
"""A literal begins each, so that a text of a megabyte without any takes a millisecond."""
METADATA: Final = "ietf-yang-metadata"
"""The module of the statement that defines annotations (RFC 7952)."""


class Changes(NamedTuple):
    """What a module changes, by the modules that it imports.

    Attributes:
        nodes: Modules whose trees it augments or deviates (RFC 7950 sections 7.17 and 7.20.3).
        identities: Modules with identities that it derives others from (section 7.18).
        annotates: It defines annotations (RFC 7952), which stand on anybody's nodes.
    """

    nodes: frozenset[str] = frozenset()
    identities: frozenset[str] = frozenset()
    annotates: bool = False


def changes(text: str) -> Changes:
    """Returns what a module or submodule changes of others; of any text, without compiling it."""
    if not any(may.search(text) for may in _MAY_CHANGE):
        return Changes()
    plain = _NOISE.sub(_string_or_blank, text)
    prefixes = {found.group(1): name for name, body in _IMPORT.findall(plain) if (found := _PREFIX.search(body))}
    return Changes(
        _modules(_TARGET.findall(plain), prefixes),
        _modules((base for body in _IDENTITY.findall(plain) for base in _BASE.findall(body)), prefixes),
        any(prefixes.get(prefix) == METADATA for prefix in _ANNOTATION.findall(plain)),
    )


def _string_or_blank(found: re.Match[str]) -> str:
    return found["string"] or " "


def _modules(used: Iterable[str], prefixes: Mapping[str, str]) -> frozenset[str]:
    return frozenset(prefixes[prefix] for prefix in used if prefix in prefixes)


_CHANGED: Final[OrderedDict[bytes, frozenset[str]]] = OrderedDict()
"""By the digest of a text: a text may have megabytes, and would be kept alive."""
_MOST_CHANGED: Final = 4_096


def changed_modules(text: str) -> frozenset[str]:
    """Returns the names of the modules that a module augments, deviates, or derives identities from."""
    digest = digest_of(text)
    known = _CHANGED.get(digest)
    if known is None:
        found = changes(text)
        known = _CHANGED[digest] = found.nodes | found.identities
        if len(_CHANGED) > _MOST_CHANGED:
            _CHANGED.popitem(last=False)
    return known


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
