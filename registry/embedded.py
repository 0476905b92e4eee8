"""The registry inside a run: schemas found in directories or asked of nodes, stored in SQLite, loaded per thread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from yangbeam.core.elements import Terms
from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.registered import Body
from yangbeam.core.registered_set import left_out_of
from yangbeam.core.yang.cache import SchemaCache
from yangbeam.core.yang.costs import CostLimits
from yangbeam.core.yang.libyang import versions
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.io.yang_directories import write_set
from yangbeam.registry.directories import Directory, Library
from yangbeam.registry.discovery.resolver import Discovery
from yangbeam.registry.discovery.settings import DiscoverySettings
from yangbeam.registry.envelope import is_ours
from yangbeam.registry.formats.judges import HERE
from yangbeam.registry.formats.known import formats
from yangbeam.registry.guard.guard import guard_of
from yangbeam.registry.guard.workshop import Workshop
from yangbeam.registry.local import LocalRegistry
from yangbeam.registry.quirks import QUIRKS
from yangbeam.registry.register import root_subject
from yangbeam.registry.registrar import Registrar
from yangbeam.registry.store import SchemaStore

_JUDGED: Final = " ".join(("judged", metadata.version("yangbeam"), *versions()))
"""Under this it is kept which schema a set became: another release or libyang may leave out other parts."""
MAX_ANSWERS: Final = 65_536
"""Answers remembered: exporters times what they ask; the oldest go first."""
AT_ONCE: Final = 64
"""Sets of our own modules that are compiled by whoever asks, some 0.1 s each; further ones beside the data, as messages
name the modules that they want, and of 85 there are sets without end."""
MAX_REFUSED: Final = 1_024
"""Sets of nodes that do not compile: not compiled again for each message."""


@dataclass(frozen=True, slots=True)
class EmbeddedRegistry:
    """A handle on a registry in this process; implements ``core.schemas.Schemas``.

    Picklable: what it stands for is opened where it is first asked, once per process.

    Attributes:
        path: The SQLite file. Texts for libyang are written into the folder ``schemas`` beside it.
        directories: Where modules are found.
        use_bundled: Also use the modules that come with the packages.
        discovery: Who is asked for their own modules, where no directory was written for them.
        releases: (prefix, release) of exporters: which directory of a release serves them.
        limits: What compiling a set that is not ours may cost, in a process of its own and beside the data; None:
            everything is compiled at once, by whoever asks.
    """

    path: Path
    directories: tuple[Directory, ...] = ()
    use_bundled: bool = True
    discovery: DiscoverySettings | None = None
    releases: tuple[tuple[str, str], ...] = ()
    limits: CostLimits | None = None

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        """Returns the id of the schema for an exporter's modules; see ``Schemas.resolve``."""
        return _opened(self).resolve(exporter, content_id, modules)

    def schema(self, schema_id: int) -> Schema:
        """Returns a registered schema, loaded for this thread; see ``Schemas.schema``."""
        return _opened(self).schema(schema_id)

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        """Returns what a node itself says of a subscription whose started message was missed.

        Returns:
            Its terms; None when the node has none of that id, or is not to be asked.

        Raises:
            SchemaPendingError: It is being asked; ask again.
            SchemaError: It cannot be asked; the message names the node and the cure.
        """
        return _opened(self).subscription(exporter, identifier)

    def own(self, module: str) -> int:
        """Returns the id of a module of ours, registered like any schema when it is first asked for.

        Raises:
            SchemaError: ``module-missing``: no such module comes with the packages.
        """
        return _opened(self).own(module)

    def id_of_guid(self, guid: bytes) -> int:
        """Returns the id of a registered schema by its GUID of 16 octets.

        Raises:
            SchemaError: ``schema-unknown``.
        """
        return _opened(self).id_of_guid(guid)

    def guid(self, schema_id: int) -> bytes:
        """Returns the GUID of a registered schema, 16 octets: what ``header-guid`` writes.

        Raises:
            SchemaError: ``schema-unknown``.
        """
        return _opened(self).guid(schema_id)

    def identity(self) -> str:
        """Returns what tells this registry from every other: it travels with the ids that it counts."""
        return _opened(self).identity


class _Opened:
    def __init__(self, handle: EmbeddedRegistry) -> None:
        self._library = Library(handle.directories, use_bundled=handle.use_bundled, releases=handle.releases)
        self._nodes = _discovery(handle.discovery, self._library) if handle.discovery else None
        self._store = SchemaStore(handle.path)
        self.identity = self._store.identity()
        self._guids: dict[int, bytes] = {}
        self._own: dict[str, int] = {}
        judge = guard_of(handle.limits) if handle.limits is not None else HERE
        self._registry = LocalRegistry(Registrar(self._store, formats(judge)), judge=judge)
        self._workshop = Workshop() if handle.limits is not None else None
        self._texts = handle.path.parent / "schemas"
        self._cache = SchemaCache(self._load)
        self._answers: dict[tuple[str, str | None, frozenset[str]], int | SchemaError] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._roots: dict[str, int] = {}
        """Ids of sets that are registered, by digest."""
        self._crowded: dict[str, int] = {}
        """Of these, the ones that get no more subjects."""
        self._refused: dict[str, SchemaError] = {}

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        asked = (exporter, content_id, modules)
        answer = self._answers.get(asked)
        if answer is None:
            answer = self._find(*asked)
            if content_id is not None or not modules or not self._asks(exporter):  # else it may change in time
                self._answers[asked] = answer
                if len(self._answers) > MAX_ANSWERS:
                    del self._answers[next(iter(self._answers))]
        if isinstance(answer, SchemaError):
            raise answer.anew()
        return answer

    def _asks(self, exporter: str) -> bool:
        return self._nodes is not None and self._nodes.serves(exporter)

    def _find(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int | SchemaError:
        asked = self._of_node(exporter, content_id, modules)
        try:
            found = asked or self._library.schema_set(exporter, content_id, modules)
            if asked is not None and found.digest in self._refused:
                return self._refused[found.digest]
            subject = root_subject(exporter, None, content_id, modules)
            is_known = found.digest in self._roots
            is_cheap = is_known or self._is_kept(found, subject) or (is_ours(found) and len(self._roots) < AT_ONCE)
            if self._workshop is None or is_cheap:
                schema_id = self._registered(found, subject)
                if not is_known:
                    self._cache.get(schema_id)  # a set that does not compile binds nothing
            else:
                what = f"the schema of {exporter}"
                schema_id = self._workshop.ask((found.digest, subject), lambda: self._prepared(found, subject), what)
        except SchemaPendingError:
            raise
        except SchemaError as error:
            if asked is not None:
                error = error.reworded(f"the modules of {exporter}: {error.detail}")
                self._refused[asked.digest] = error
                if len(self._refused) > MAX_REFUSED:
                    del self._refused[next(iter(self._refused))]
            # Directories are read once per run, so that the answer stays; the traceback would keep them all alive.
            return error.anew()
        return schema_id

    def _prepared(self, found: SchemaSet, subject: str) -> int:
        """Registers a set, and loads it for the thread that will ask for it."""
        return self._registered(found, subject, self._cache.prepare)

    def _registered(self, found: SchemaSet, subject: str, prepare: Callable[[int], object] = lambda _: None) -> int:
        known = self._ids.get((found.digest, subject)) or self._crowded.get(found.digest)
        if known is not None:
            prepare(known)
        else:
            registered = self._registry.register_set(found, subject)
            known = registered.root.id
            prepare(known)  # before others know of it: they would load it beside the data
            if registered.root.subject != subject:
                self._crowded[found.digest] = known
            with self._store.writing():
                self._store.set(f"{found.digest} {subject}", _JUDGED, str(known).encode())
            self._remember(found, subject, known, registered.body)
        return known

    def _is_kept(self, found: SchemaSet, subject: str) -> bool:
        """Whether a process before this one judged a set and registered it for this subject: it is only loaded."""
        kept = self._store.setting(f"{found.digest} {subject}", _JUDGED)
        known = int(kept) if kept is not None else 0
        is_there = any(each.id == known and not each.is_deleted for each in self._store.versions(subject))
        if is_there:
            self._remember(found, subject, known, self._store.body(known))
        return is_there

    def _remember(self, found: SchemaSet, subject: str, known: int, body: Body) -> None:
        self._ids[found.digest, subject] = self._roots[found.digest] = known
        QUIRKS.note(known, left_out_of(body))
        for remembered in (self._ids, self._roots, self._crowded):
            if len(remembered) > MAX_ANSWERS:
                del remembered[next(iter(remembered))]  # type: ignore[arg-type] # of any of them

    def _of_node(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> SchemaSet | None:
        """Returns what the node itself says; what it fails to say is raised, as it may say it later."""
        if self._nodes is None or self._library.is_meant_for(exporter, content_id):
            return None
        return self._nodes.resolve(exporter, content_id, modules)

    def schema(self, schema_id: int) -> Schema:
        return self._cache.get(schema_id)

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        return None if self._nodes is None else self._nodes.subscription(exporter, identifier)

    def own(self, module: str) -> int:
        found = self._own.get(module)
        if found is None:
            found = self._own[module] = self._registry.register_own(module)
        return found

    def id_of_guid(self, guid: bytes) -> int:
        ids = self._store.ids_of_guid(str(UUID(bytes=guid)))
        if not ids:
            raise SchemaError("schema-unknown", f"no registered schema has the GUID {UUID(bytes=guid)}")
        return ids[0]

    def guid(self, schema_id: int) -> bytes:
        found = self._guids.get(schema_id)
        if found is None:
            found = self._guids[schema_id] = UUID(self._store.body(schema_id).guid).bytes
        return found

    def _load(self, schema_id: int) -> Schema:
        found = self._registry.schema_set(schema_id)
        return Schema(found, write_set(found, self._texts))


def _discovery(settings: DiscoverySettings, library: Library) -> Discovery:
    return Discovery(settings, library.notifications, others=library.offers)


_open: dict[EmbeddedRegistry, Any] = {}
_lock = threading.Lock()


def _opened(handle: EmbeddedRegistry) -> _Opened:
    found = _open.get(handle)
    if found is None:
        with _lock:
            found = _open.get(handle)
            if found is None:
                found = _open[handle] = _Opened(handle)
    return found
