"""What a node says it implements: its YANG library, whichever way it says it.

Equal contents have one digest, whoever sent them and in whatever order. Where a node has no library, the capabilities
of its hello (RFC 6020 section 5.6.4) tell the same.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import parse_qs

import msgspec

from yangbeam.core.errors import Fault, SchemaError

MAX_MODULES: Final = 4_096
"""Modules and submodules of one library: three times what the largest routers list."""
MAX_NAME: Final = 255
"""Characters of a name, a revision or a feature; of a namespace eight times as many."""

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_REVISION: Final = re.compile(r"\d{4}-\d{2}-\d{2}|")


class LibraryError(SchemaError):
    """What a node says of its modules cannot be used."""

    fault = Fault.DEVICE


class LibraryModule(msgspec.Struct, frozen=True, order=True):
    """One module of a library.

    Attributes:
        name: Module name.
        revision: ``YYYY-MM-DD``; empty when it has none.
        namespace: XML namespace; empty when not said.
        submodules: (name, revision) of what it includes.
        features: Those that the node supports.
        deviations: Names of the modules that deviate it.
        augmented_by: Names of the modules that augment it directly, where the node says so
            (draft-ietf-netconf-yang-library-augmentedby-15); identities are not among the reasons.
        import_only: It lends types and groupings, and is not implemented.
    """

    name: str
    revision: str = ""
    namespace: str = ""
    submodules: tuple[tuple[str, str], ...] = ()
    features: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    augmented_by: tuple[str, ...] = ()
    import_only: bool = False


class YangLibrary(msgspec.Struct, frozen=True):
    """What one node implements.

    Attributes:
        content_id: The node's own id of this content: content-id (RFC 8525) or module-set-id (RFC 7895); empty when
            it has none. Unique within the node only, whatever the length.
        modules: Sorted; a name may be import-only in several revisions, and implemented in one.
        tells_augments: The node fills augmented-by: an absent one means that nothing augments.
        source: ``rfc8525``, ``rfc7895`` or ``hello``.
    """

    content_id: str
    modules: tuple[LibraryModule, ...]
    tells_augments: bool = False
    source: str = "rfc8525"

    @property
    def digest(self) -> str:
        """SHA-256 in hex over the modules: equal for equal contents, whatever id the node gave them."""
        return hashlib.sha256(msgspec.json.encode(self.modules, order="deterministic")).hexdigest()

    def implemented(self) -> dict[str, LibraryModule]:
        """Implemented modules by name."""
        return {module.name: module for module in self.modules if not module.import_only}

    def wanted(self) -> Iterator[tuple[str, str]]:
        """Yields (name, revision) of every text there is: modules and submodules, each once."""
        yield from dict.fromkeys(
            text for module in self.modules for text in ((module.name, module.revision), *module.submodules)
        )


def library_of_capabilities(capabilities: Iterable[str]) -> YangLibrary:
    """Reads the modules that a hello names, ``NAMESPACE?module=NAME&revision=DATE&features=…&deviations=…``.

    Raises:
        LibraryError: ``library-missing``: it names none.
    """
    modules = []
    for capability in capabilities:
        namespace, _, query = capability.strip().partition("?")
        said = {key: values[0] for key, values in parse_qs(query.replace("&amp;", "&")).items()}
        if "module" in said:
            modules.append(
                LibraryModule(
                    said["module"],
                    said.get("revision", ""),
                    namespace[: 8 * MAX_NAME],
                    features=_listed(said.get("features", "")),
                    deviations=_listed(said.get("deviations", "")),
                )
            )
    if not modules:
        raise LibraryError("library-missing", "the hello names no YANG module (RFC 6020 section 5.6.4)")
    return make_library("", modules, source="hello")


def content_id_of_capabilities(capabilities: Iterable[str]) -> str | None:
    """Returns the id that a hello tells beside the library's capability (RFC 7950 section 5.6.4, RFC 8526 section 2).

    >>> content_id_of_capabilities(["urn:ietf:params:netconf:capability:yang-library:1.1?content-id=7"])
    '7'
    """
    for capability in capabilities:
        if ":yang-library:1." in capability:
            said = parse_qs(capability.partition("?")[2].replace("&amp;", "&"))
            for key in ("content-id", "module-set-id"):
                if key in said:
                    return said[key][0]
    return None


def make_library(
    content_id: str, modules: Iterable[LibraryModule], *, source: str, tells_augments: bool = False
) -> YangLibrary:
    """Makes a library of its modules; what several module sets say of one module is joined.

    Raises:
        LibraryError: ``library-invalid``: too many, no identifier or revision, or one implemented in two revisions.
    """
    merged: dict[tuple[str, str, bool], LibraryModule] = {}
    texts = 0
    for module in modules:
        texts += 1 + len(module.submodules)
        if texts > MAX_MODULES:
            raise LibraryError("library-invalid", f"the YANG library lists more than {MAX_MODULES:,} modules")
        _check(module)
        key = (module.name, module.revision, module.import_only)
        merged[key] = _merged(merged[key], module) if key in merged else module
    _one_revision(merged.values())
    return YangLibrary(content_id, tuple(sorted(merged.values())), tells_augments, source)


def _check(module: LibraryModule) -> None:
    """Names and revisions become names of files: nothing but YANG's own may pass."""
    for name, revision in ((module.name, module.revision), *module.submodules):
        if len(name) > MAX_NAME or not _IDENTIFIER.fullmatch(name) or not _REVISION.fullmatch(revision):
            raise LibraryError(
                "library-invalid", f"the YANG library lists {name[:60]!r} of {revision[:20]!r}, which is no YANG module"
            )
    for name in (*module.features, *module.deviations, *module.augmented_by):
        if len(name) > MAX_NAME or not _IDENTIFIER.fullmatch(name):
            raise LibraryError("library-invalid", f"the library says {name[:60]!r} of {module.name}: no identifier")


def _merged(one: LibraryModule, other: LibraryModule) -> LibraryModule:
    """The same module of two module sets: what either says of it holds."""
    return msgspec.structs.replace(
        one,
        submodules=tuple(sorted({*one.submodules, *other.submodules})),
        features=tuple(sorted({*one.features, *other.features})),
        deviations=tuple(sorted({*one.deviations, *other.deviations})),
        augmented_by=tuple(sorted({*one.augmented_by, *other.augmented_by})),
    )


def _one_revision(modules: Iterable[LibraryModule]) -> None:
    seen: dict[str, str] = {}
    for module in modules:
        if module.import_only:
            continue
        if seen.setdefault(module.name, module.revision) != module.revision:
            both = f"{seen[module.name]} and {module.revision}"
            raise LibraryError(
                "library-invalid",
                f"the YANG library implements {module.name} in two revisions, {both} (RFC 7950 section 5.6.5)",
            )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(sorted({word for word in text.split(",") if word}))
