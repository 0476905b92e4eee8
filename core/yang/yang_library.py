"""What a node says it implements: its YANG library, whichever way it says it.

Equal contents have one digest, whoever sent them and in whatever order. Where a node has no library, the capabilities
of its hello (RFC 6020 section 5.6.4) tell the same.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
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
        quirks: What of it is not as it must be, in a line each, and what was made of it; no part of the digest.
    """

    content_id: str
    modules: tuple[LibraryModule, ...]
    tells_augments: bool = False
    source: str = "rfc8525"
    quirks: tuple[str, ...] = ()

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

    What cannot be used costs that module alone, and is a quirk of the library.

    Raises:
        LibraryError: ``library-invalid``: too many modules, or none that can be used.
    """
    merged: dict[tuple[str, str, bool], LibraryModule] = {}
    quirks: list[str] = []
    texts = 0
    for module in modules:
        texts += 1 + len(module.submodules)
        if texts > MAX_MODULES:
            raise LibraryError("library-invalid", f"the YANG library lists more than {MAX_MODULES:,} modules")
        usable = _usable(module, quirks)
        if usable is not None:
            key = (usable.name, usable.revision, usable.import_only)
            merged[key] = _merged(merged[key], usable) if key in merged else usable
    if quirks and not merged:
        raise LibraryError("library-invalid", f"the YANG library lists nothing that can be used: {quirks[0]}")
    if len(content_id) > MAX_NAME:
        quirks.append(f"its content-id has more than {MAX_NAME} characters: it is not used")
        content_id = ""
    found = tuple(sorted(_one_revision(merged.values(), quirks)))
    return YangLibrary(content_id, found, tells_augments, source, tuple(dict.fromkeys(quirks)))


def _usable(module: LibraryModule, quirks: list[str]) -> LibraryModule | None:
    """Returns what can be used of a module: names and revisions become names of files, where only YANG's own pass."""
    for name, revision in ((module.name, module.revision), *module.submodules):
        if not _is_identifier(name) or not _REVISION.fullmatch(revision):
            what = f"{name[:60]!r} of {revision[:20]!r}, which is no YANG module"
            quirks.append(f"the YANG library lists {what}: {module.name[:60]!r} is left out")
            return None
    told = {field: getattr(module, field) for field in ("features", "deviations", "augmented_by")}
    quirks += [
        f"the library says {name[:60]!r} of {module.name}: no identifier, it is left out"
        for names in told.values()
        for name in names
        if not _is_identifier(name)
    ]
    kept = {field: tuple(filter(_is_identifier, names)) for field, names in told.items()}
    return msgspec.structs.replace(module, **kept)


def _is_identifier(name: str) -> bool:
    return len(name) <= MAX_NAME and _IDENTIFIER.fullmatch(name) is not None


def _merged(one: LibraryModule, other: LibraryModule) -> LibraryModule:
    """The same module of two module sets: what either says of it holds."""
    return msgspec.structs.replace(
        one,
        submodules=tuple(sorted({*one.submodules, *other.submodules})),
        features=tuple(sorted({*one.features, *other.features})),
        deviations=tuple(sorted({*one.deviations, *other.deviations})),
        augmented_by=tuple(sorted({*one.augmented_by, *other.augmented_by})),
    )


def _one_revision(modules: Collection[LibraryModule], quirks: list[str]) -> Iterator[LibraryModule]:
    """Yields the modules, each implemented in one revision: of several the newest, the others lend their types."""
    newest: dict[str, str] = {}
    lending = {(module.name, module.revision) for module in modules if module.import_only}
    for module in modules:
        if not module.import_only:
            newest[module.name] = max(newest.get(module.name, ""), module.revision)
    for module in modules:
        if module.import_only or module.revision == newest[module.name]:
            yield module
            continue
        both = f"{module.revision or 'none'} and {newest[module.name]}"
        quirks.append(
            f"the YANG library implements {module.name} in two revisions, {both} (RFC 7950 section 5.6.5): "
            "the newer one is taken, the other one only lends"
        )
        if (module.name, module.revision) not in lending:
            yield msgspec.structs.replace(module, import_only=True)


def _listed(text: str) -> tuple[str, ...]:
    return tuple(sorted({word for word in text.split(",") if word}))
