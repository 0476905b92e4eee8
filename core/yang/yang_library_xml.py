"""Reads a YANG library from the XML of RFC 8525 (``yang-library``) or of RFC 7895 (``modules-state``)."""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from yangbeam.core.yang.yang_library import MAX_NAME, LibraryError, LibraryModule, YangLibrary, make_library

NAMESPACE: Final = "urn:ietf:params:xml:ns:yang:ietf-yang-library"
_Y: Final = f"{{{NAMESPACE}}}"
_OPERATIONAL: Final = "operational"

MAX_LIBRARY_BYTES: Final = 16 << 20
"""Octets of the reply that holds it: 4 KB for each of MAX_MODULES."""


def parse_library(reply: bytes) -> YangLibrary:
    """Reads the library in the reply to a ``<get>``, however it is wrapped.

    The modules are those of the operational datastore's schema, since that is what telemetry tells; without such a
    datastore, of all module sets.

    Args:
        reply: XML with a ``yang-library`` (RFC 8525) or a ``modules-state`` (RFC 7895) somewhere in it.

    Raises:
        LibraryError: ``library-missing``: neither is in it. ``library-invalid``: it breaks a limit or is no XML.
    """
    root = _root(reply)
    library = _first(root, "yang-library")
    if library is not None and library.find(f"{_Y}module-set/{_Y}module") is not None:
        return _of_rfc8525(library)
    state = _first(root, "modules-state")
    if state is not None and state.find(f"{_Y}module") is not None:
        return _of_rfc7895(state)
    raise LibraryError("library-missing", "the reply holds no module of a YANG library (RFC 8525 or RFC 7895)")


def parsed_xml(document: bytes, limit: int, what: str) -> etree._Element:
    """Parses a node's document: no entities, no DTD, no network, no more than ``limit`` octets.

    Raises:
        LibraryError: ``library-invalid``.
    """
    if len(document) > limit:
        raise LibraryError("library-invalid", f"{what} has {len(document):,} octets, more than {limit:,}")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise LibraryError("library-invalid", f"{what} is no XML: {str(error)[:200]}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise LibraryError("library-invalid", f"{what} brings a DTD, which NETCONF forbids (RFC 6241 section 3.2)")
    return root


def _root(reply: bytes) -> etree._Element:
    return parsed_xml(reply, MAX_LIBRARY_BYTES, "the YANG library")


def _first(root: etree._Element, name: str) -> etree._Element | None:
    return next(root.iter(f"{_Y}{name}"), None)


def _of_rfc8525(library: etree._Element) -> YangLibrary:
    modules = list(_modules_of_sets(library))
    return make_library(_leaf(library, "content-id"), modules, source="rfc8525", tells_augments=_tells(modules))


def _modules_of_sets(library: etree._Element) -> Iterator[LibraryModule]:
    chosen = _operational_sets(library)
    for module_set in library.iterfind(f"{_Y}module-set"):
        if chosen and _leaf(module_set, "name") not in chosen:
            continue
        for entry in module_set.iterfind(f"{_Y}module"):
            yield _module(entry, deviations=_leaves(entry, "deviation"))
        for entry in module_set.iterfind(f"{_Y}import-only-module"):
            yield _module(entry, import_only=True)


def _operational_sets(library: etree._Element) -> frozenset[str]:
    """Returns the module sets of the operational datastore's schema; empty: take all."""
    schemas = {_leaf(entry, "name"): _leaves(entry, "module-set") for entry in library.iterfind(f"{_Y}schema")}
    for datastore in library.iterfind(f"{_Y}datastore"):
        if _leaf(datastore, "name").rpartition(":")[2] == _OPERATIONAL:
            return frozenset(schemas.get(_leaf(datastore, "schema"), ()))
    return frozenset()


def _of_rfc7895(state: etree._Element) -> YangLibrary:
    modules = []
    for entry in state.iterfind(f"{_Y}module"):
        deviations = tuple(sorted({_leaf(deviation, "name") for deviation in entry.iterfind(f"{_Y}deviation")}))
        import_only = _leaf(entry, "conformance-type") == "import"
        modules.append(_module(entry, deviations=deviations, import_only=import_only))
    return make_library(_leaf(state, "module-set-id"), modules, source="rfc7895", tells_augments=_tells(modules))


def _tells(modules: list[LibraryModule]) -> bool:
    return any(module.augmented_by for module in modules)


def _module(entry: etree._Element, *, deviations: tuple[str, ...] = (), import_only: bool = False) -> LibraryModule:
    submodules = entry.iterfind(f"{_Y}submodule")
    # The leaf belongs to a module of its own, whose namespace changed from draft to draft.
    augmented_by = {_text(leaf) for leaf in entry.iterfind("{*}augmented-by")}
    return LibraryModule(
        _leaf(entry, "name"),
        _leaf(entry, "revision"),
        _leaf(entry, "namespace", 8 * MAX_NAME),
        submodules=tuple(sorted((_leaf(each, "name"), _leaf(each, "revision")) for each in submodules)),
        features=_leaves(entry, "feature"),
        deviations=deviations,
        augmented_by=tuple(sorted(augmented_by)),
        import_only=import_only,
    )


def _leaf(entry: etree._Element, name: str, limit: int = MAX_NAME) -> str:
    leaf = entry.find(f"{_Y}{name}")
    return "" if leaf is None else _text(leaf, limit)


def _leaves(entry: etree._Element, name: str) -> tuple[str, ...]:
    return tuple(sorted({_text(leaf) for leaf in entry.iterfind(f"{_Y}{name}")}))


def _text(leaf: etree._Element, limit: int = MAX_NAME) -> str:
    """Returns a leaf's text; what is longer than the limit is one longer, so that it is no name."""
    return (leaf.text or "").strip()[: limit + 1]
