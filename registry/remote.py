"""A registry in another process: its answers remembered on disk, so that what is known goes on without it.

What is asked for the first time while it is away is pending: the binder holds its messages, within its limits, and asks
again. Nothing is read by a guess. Exporters' schemas are asked for beside the data, a few at the same time: a registry
that is slow or hangs delays what is new, and nothing that is known.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson

from yangbeam.core.elements import Terms
from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.outside import Kind
from yangbeam.core.registered import YANG
from yangbeam.core.registered_set import read_set
from yangbeam.core.remembering import digest_of
from yangbeam.core.terms_json import terms_document, terms_of
from yangbeam.core.yang.cache import SchemaCache
from yangbeam.core.yang.costs import CostLimits
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.io.answer_store import AnswerStore
from yangbeam.io.schema_registry import RegistryAddress, SchemaRegistry
from yangbeam.io.yang_directories import write_set
from yangbeam.registry.directories import Directory
from yangbeam.registry.discovery.settings import DiscoverySettings
from yangbeam.registry.envelope import enveloped, is_ours, own_set
from yangbeam.registry.formats.judges import HERE, Judge
from yangbeam.registry.guard.guard import guard_of
from yangbeam.registry.guard.workshop import SchemaCompilingError, Workshop
from yangbeam.registry.quirks import QUIRKS
from yangbeam.registry.register import register_set, root_subject
from yangbeam.registry.resolving import make_resolver
from yangbeam.transforms.outsides import OUTSIDES

HOLDS_S: Final = 300.0
"""How long an answer is taken for granted; then it is asked for again, and holds on where the registry is away."""
REFUSED_S: Final = 30.0
"""The same of a refusal."""
MAX_FETCHED: Final = 16
"""Sets that are kept while they are being compiled."""
PENDING_S: Final = 0.4
"""The same of "not yet", and of a registry that is away: each attempt may cost its whole timeout."""
AWAY_S: Final = 2.0
TOLD_S: Final = 10.0
"""The same of what a node says of a subscription, which is asked for again when its publisher began anew."""
MAX_ANSWERS: Final = 65_536
_IDENTITY: Final = "identity"
ASKING: Final = 4
"""Questions at the same time, of exporters whose schema is not known yet, or is due to be asked for again."""

T = TypeVar("T")
_Held = tuple[float, T | SchemaError]
"""Until when an answer holds, and the answer."""


@dataclass(frozen=True, slots=True)
class RemoteRegistry:
    """A handle on a registry behind HTTP; implements ``core.schemas.Schemas``.

    Picklable: the connection is opened where it is first used, once per process.

    Attributes:
        address: Which registry.
        cache: Folder of what is known of it; may be shared by processes.
        resolves: It finds exporters' schemas itself (``POST /resolve``), as ours does; else they are found here, in
            directories and at nodes, and registered there.
        kind: Schema type that they are registered with.
        directories: Where modules are found here.
        use_bundled: Also the modules that come with the packages.
        discovery: Who is asked for their own modules.
        releases: (prefix, release) of exporters.
        limits: What compiling a set that is not ours may cost, in a process of its own; None: any.
    """

    address: RegistryAddress
    cache: Path
    resolves: bool = True
    kind: str = YANG
    directories: tuple[Directory, ...] = ()
    use_bundled: bool = True
    discovery: DiscoverySettings | None = None
    releases: tuple[tuple[str, str], ...] = ()
    limits: CostLimits | None = None

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        """Returns the id of the schema for an exporter's modules; see ``Schemas.resolve``.

        Raises:
            SchemaPendingError: It is looked for, or the registry is away and this was never asked before.
            SchemaError: There is none.
        """
        return _connected(self).resolve(exporter, content_id, modules)

    def schema(self, schema_id: int) -> Schema:
        """Returns a registered schema, loaded for this thread; raises as ``resolve``."""
        return _connected(self).schemas.get(schema_id)

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        """Returns what a node says of a subscription whose started message was missed, asked by who may ask it.

        Returns:
            Its terms; None when the node has none of that id, or is not to be asked.

        Raises:
            SchemaPendingError: It is being asked, or the registry is away and was not asked before.
            SchemaError: It cannot be asked.
        """
        return _connected(self).subscription(exporter, identifier)

    def own(self, module: str) -> int:
        """Returns the id of a module of ours, registered when it is first asked for; raises as ``resolve``."""
        return _connected(self).own(module)

    def id_of_guid(self, guid: bytes) -> int:
        """Returns the id of a registered schema by its GUID of 16 octets; raises as ``resolve``."""
        return _connected(self).id_of_guid(guid)

    def guid(self, schema_id: int) -> bytes:
        """Returns the GUID of a registered schema, 16 octets; raises as ``resolve``."""
        return _connected(self).guid(schema_id)

    def identity(self) -> str:
        """Returns what tells this registry from every other; empty: it does not say, or is away and never did."""
        return _connected(self).identity()


class _Connected:
    def __init__(self, handle: RemoteRegistry, clock: Callable[[], float] = time.monotonic) -> None:
        self._handle = handle
        self._clock = clock
        self._client = SchemaRegistry(handle.address)
        self._store = AnswerStore(handle.cache, handle.address.url)
        self._texts = handle.cache / "schemas"
        self._known: dict[bytes, tuple[float, int | SchemaError]] = {}
        """By question: until when its answer holds, and the answer."""
        self._told: dict[bytes, tuple[float, Terms | SchemaError | None]] = {}
        """The same of subscriptions."""
        self._away: tuple[float, SchemaPendingError] | None = None
        self._identity: _Held[str] | None = None
        """Until when it is taken for granted, and the registry's identity."""
        self._guids: dict[int, bytes] = {}
        self._fetched: dict[int, SchemaSet] = {}
        """By id: what is being compiled, or waits to be loaded."""
        self._compiles: dict[int, None] = {}
        """Ids of sets that compiled here."""
        self._whole: dict[str, SchemaSet] = {}
        """By digest: sets with their envelopes."""
        self._judge: Judge = guard_of(handle.limits) if handle.limits is not None else HERE
        self._workshop = Workshop() if handle.limits is not None else None
        self._desk = Workshop(ASKING, "asked for") if handle.limits is not None else None
        self._finder = (
            None
            if handle.resolves
            else make_resolver(
                handle.directories,
                use_bundled=handle.use_bundled,
                discovery=handle.discovery,
                releases=handle.releases,
            )
        )
        self._registered: dict[tuple[str, str], int] = {}
        self.schemas = SchemaCache(self._load)

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        question = "\0".join(("resolve", exporter, content_id or "", *sorted(modules)))
        ask = lambda: self._loaded(self._found(exporter, content_id, modules))  # noqa: E731
        return self._answer(question, ask, f"the schema of {exporter}")

    def _loaded(self, schema_id: int) -> int:
        """Returns the id of a set that compiles, and is known from now on."""
        if self._workshop is None:
            self.schemas.get(schema_id)
            return schema_id
        if schema_id in self._compiles:
            return schema_id
        found = self._fetched.get(schema_id)
        if found is None:
            found = self._schema_set(schema_id)
            _keep(self._fetched, schema_id, found, MAX_FETCHED)
        if not is_ours(found):
            self._workshop.ask(found.digest, lambda: self._compiled(schema_id, found), f"schema {schema_id}")
        _keep(self._compiles, schema_id, None, MAX_ANSWERS)
        return schema_id

    def _compiled(self, schema_id: int, found: SchemaSet) -> None:
        self._judge.compiles(found)
        self.schemas.prepare(schema_id)

    def own(self, module: str) -> int:
        return self._answer(f"own\0{module}", lambda: self._put(own_set(module), module, top=module))

    def id_of_guid(self, guid: bytes) -> int:
        text = str(UUID(bytes=guid))
        return self._answer(f"guid\0{text}", lambda: self._client.id_of_guid(text))

    def guid(self, schema_id: int) -> bytes:
        found = self._guids.get(schema_id)
        if found is None:
            known = self._store.guid(schema_id)
            guid = UUID(known) if known is not None else self._reached(lambda: self._client.root(schema_id))[1]
            found = self._guids[schema_id] = guid.bytes
        return found

    def identity(self) -> str:
        if self._identity is None:
            self._identity = self._identified()
        elif self._identity[0] < self._clock():  # each record asks: none but the first waits
            self._identity = self._beside(b"identity", self._identity, self._identified, "the identity of the registry")
        said = self._identity[1]
        return said if isinstance(said, str) else ""

    def _identified(self) -> _Held[str]:
        try:
            found = self._reached(self._client.identity)
        except SchemaPendingError:
            return self._clock() + PENDING_S, (self._store.document(_IDENTITY) or b"").decode()
        except SchemaError:
            return self._clock() + REFUSED_S, ""
        self._store.keep_document(_IDENTITY, found.encode())
        return self._clock() + HOLDS_S, found

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        if self._finder is not None:
            return self._finder.subscription(exporter, identifier)
        question = f"subscription\0{exporter}\0{identifier}"
        key = digest_of(question)
        held = self._told.get(key)
        if held is None or held[0] < self._clock():
            held = self._beside(
                key, held, lambda: self._asked_of_node(question, exporter, identifier), f"subscription {identifier}"
            )
            _keep(self._told, key, held, MAX_ANSWERS)
        if isinstance(held[1], SchemaError):
            raise held[1].anew()
        return held[1]

    def _asked_of_node(self, question: str, exporter: str, identifier: int) -> tuple[float, Terms | SchemaError | None]:
        """Returns until when an answer holds, and the answer; without the registry what it said before."""
        try:
            found = self._reached(lambda: self._client.subscription(exporter, identifier))
        except SchemaPendingError as error:
            known = self._store.document(question)
            answer = error.anew() if known is None else terms_of(known) if known else None
            return self._clock() + PENDING_S, answer
        except SchemaError as error:
            return self._clock() + REFUSED_S, error.anew()
        self._store.keep_document(question, b"" if found is None else orjson.dumps(terms_document(found)))
        return self._clock() + TOLD_S, found

    def _found(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> int:
        if self._finder is None:
            return self._client.resolve(exporter, content_id, modules)
        found = self._finder.resolve(exporter, content_id, modules)
        if found is None:
            raise SchemaError("schema-missing", f"no directory serves {exporter}: write one in [[schemas.directories]]")
        return self._put(self._enveloped(found, exporter), root_subject(exporter, None, content_id, modules))

    def _enveloped(self, found: SchemaSet, exporter: str) -> SchemaSet:
        if self._workshop is None or is_ours(found):
            return enveloped(found)
        whole = self._whole.get(found.digest)
        if whole is None:
            key = ("whole", found.digest)
            whole = self._workshop.ask(key, lambda: enveloped(found, self._judge), f"the schema of {exporter}")
            _keep(self._whole, found.digest, whole, MAX_FETCHED)
        return whole

    def _put(self, schema_set: SchemaSet, subject: str, **more: str) -> int:
        key = schema_set.digest, subject
        known = self._registered.get(key)
        if known is None:
            known = register_set(self._client, schema_set, subject, kind=self._handle.kind, **more).root.id
            _keep(self._registered, key, known, MAX_ANSWERS)
        return known

    def _answer(self, question: str, ask: Callable[[], int], what: str = "") -> int:
        """Returns what is known, or asks; without the registry what was known before.

        Args:
            question: By what the answer is known.
            ask: Asks the registry.
            what: What is asked for, where it may be asked for beside the data; empty: whoever asks waits.

        Raises:
            SchemaPendingError: It is being asked for; or as ``ask``.
        """
        key = digest_of(question)
        held = self._known.get(key)
        if held is None or held[0] < self._clock():
            asked = partial(self._asked, question, ask)
            held = self._beside(key, held, asked, what) if what else asked()
            _keep(self._known, key, held, MAX_ANSWERS)
        if isinstance(held[1], SchemaError):
            raise held[1].anew()
        return held[1]

    def _beside(self, key: bytes, held: _Held[T] | None, ask: Callable[[], _Held[T]], what: str) -> _Held[T]:
        """Asks beside the data; what was known before holds on until there is an answer."""
        if self._desk is None:
            return ask()
        try:
            return self._desk.ask(key, ask, what)
        except SchemaCompilingError:
            if held is None or isinstance(held[1], SchemaError):
                raise
            return held

    def _asked(self, question: str, ask: Callable[[], int]) -> tuple[float, int | SchemaError]:
        try:
            found = self._reached(ask)
        except SchemaPendingError as error:
            before = self._known.get(digest_of(question))
            known = before[1] if before is not None and isinstance(before[1], int) else self._store.number(question)
            return self._clock() + PENDING_S, error.anew() if known is None else known
        except SchemaError as error:
            return self._clock() + REFUSED_S, error.anew()
        self._store.keep_number(question, found)
        return self._clock() + HOLDS_S, found

    def _reached(self, ask: Callable[[], T]) -> T:
        """Asks, unless the registry was just out of reach."""
        if self._away is not None and self._clock() < self._away[0]:
            raise self._away[1].anew()
        try:
            answer = ask()
        except SchemaError as error:
            if isinstance(error, SchemaPendingError) and error.reason == "registry-unreachable":
                OUTSIDES.failed(Kind.REGISTRY, self._client.name, str(error.__cause__ or error.detail))
                self._away = self._clock() + AWAY_S, error.anew()
            else:
                OUTSIDES.answered(Kind.REGISTRY, self._client.name)
            raise
        OUTSIDES.answered(Kind.REGISTRY, self._client.name)
        return answer

    def _load(self, schema_id: int) -> Schema:
        found = self._fetched.get(schema_id) or self._schema_set(schema_id)
        if not is_ours(found):
            self._judge.compiles(found)  # whoever registered it
        return Schema(found, write_set(found, self._texts))

    def _schema_set(self, schema_id: int) -> SchemaSet:
        """Returns the set of an id; from disk only while the registry is away: one made anew counts ids anew."""
        try:
            _, guid = self._reached(lambda: self._client.root(schema_id))
            found = self._reached(lambda: read_set(self._client, schema_id))
        except SchemaPendingError:
            known = self._store.schema_set(schema_id)
            if known is None:
                raise
            return known
        self._store.keep_set(schema_id, str(guid), found)
        QUIRKS.note(schema_id, found.left_out)
        return found


_open: dict[RemoteRegistry, Any] = {}
"""Connected for as long as the process lives."""
_lock = threading.Lock()


def _keep(memory: dict[Any, Any], key: Any, value: Any, most: int) -> None:
    """Remembers a value, the newest ``most`` of all; several threads may do so at once."""
    memory[key] = value
    if len(memory) > most:
        with suppress(KeyError, RuntimeError, StopIteration):  # another thread forgot the same
            del memory[next(iter(memory))]


def _connected(handle: RemoteRegistry) -> _Connected:
    found = _open.get(handle)
    if found is None:
        with _lock:
            found = _open.get(handle)
            if found is None:
                found = _open[handle] = _Connected(handle)
    return found
