"""Finds schemas by asking the nodes themselves: each node and each content-id once, and never while a caller waits.

Asking is idempotent. Who asks for what is not there hears that it is pending, and asks again; the first one to ask
starts a thread, a failure is followed by a pause, and what nodes gave is on disk for every later run and process.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from yangbeam.core.elements import Terms
from yangbeam.core.errors import SchemaError, SchemaPendingError, YangbeamError
from yangbeam.core.yang.collection import Offer
from yangbeam.core.yang.node_modules import NodeModules, misfit, schema_set_of
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.io.module_store import ModuleStore, Pointer
from yangbeam.io.netconf import NetconfError, NetconfSession, NetconfTarget
from yangbeam.registry.discovery.asking import LATEST, SHARED, Asking, Open, Wanted
from yangbeam.registry.discovery.settings import DiscoverySettings, NodeAccess

MAX_HELD: Final = 8
"""Nodes' modules in memory: 600 of them have some 30 MB."""
MAX_MADE: Final = 512
"""Sets that were made of them; they share their texts."""
MAX_NODES: Final = 65_536
"""Nodes of which it is remembered how it went; the oldest go first."""
MAX_TERMS: Final = 65_536
"""Subscriptions that nodes were asked about."""
TERMS_S: Final = 10.0
"""How long an answer about one holds: when its publisher begins anew it is asked for again, and may be another."""
LONGEST_BACKOFF_S: Final = 120.0


@dataclass(slots=True)
class _Node:
    """How it went with one node."""

    asking: bool = False
    failures: int = 0
    error: YangbeamError | None = None
    next_at: float = 0.0
    """Not asked again before, after a failure."""
    again_at: float = 0.0
    """Not asked again before, for what it did not give."""
    asked_at: float | None = None
    """When it last gave all it was asked for."""


class Discovery:
    """Implements ``registry.resolver.Resolver`` over NETCONF.

    Args:
        settings: Who is asked, and how.
        notifications: Gives the texts by name of the notification modules and what they import.
        open_session: Opens a session.
        clock: Seconds, monotonic.
        random: Numbers in [0, 1) for the jitter.
        start: Runs something in a thread of its own.
        others: Gives by exporter and content-id where to look for what a node does not give.
    """

    def __init__(
        self,
        settings: DiscoverySettings,
        notifications: Callable[[], Mapping[str, str]],
        *,
        open_session: Open = NetconfSession,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] | None = None,
        start: Callable[[Callable[[], None]], None] | None = None,
        others: Callable[[str, str | None], Sequence[Offer]] = lambda *_: (),
    ) -> None:
        self._settings = settings
        self._notifications = notifications
        self._others = others
        self._store = ModuleStore(settings.cache)
        self._asking = Asking(settings, self._store, open_session, clock)
        self._clock = clock
        self._random = random or Random().random  # noqa: S311 - spreads retries, keeps no secret
        self._start = start or _in_thread
        self._lock = threading.Lock()
        self._nodes: dict[tuple[str, int], _Node] = {}
        self._content_ids: set[str] = set()
        self._held: OrderedDict[str, NodeModules] = OrderedDict()
        self._terms: dict[tuple[str, int], tuple[float, Terms | YangbeamError | None]] = {}
        """By exporter and subscription: until when an answer holds, and the answer."""
        self._made: OrderedDict[tuple[str, str, frozenset[str], tuple[str, ...]], SchemaSet] = OrderedDict()

    def serves(self, exporter: str) -> bool:
        """Whether an exporter is one that may be asked."""
        return self._settings.access(exporter) is not None

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> SchemaSet | None:
        """Returns the set that an exporter's contents are read by; see ``Resolver.resolve``."""
        access = self._settings.access(exporter)
        if access is None or not modules:
            return None
        wanted = Wanted(exporter, content_id, modules, access.skip)
        pointer = self._pointer(access, wanted)
        if pointer is None:
            raise self._fetch(access, wanted)
        try:
            return self._set(pointer, wanted)
        except SchemaError as error:
            raise self._fetch(access, wanted, instead=error) from None

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        """Returns what a node itself says of a subscription whose started message was missed; asked once.

        Returns:
            Its terms; None when the node has none of that id, or is not to be asked.

        Raises:
            SchemaPendingError: It is being asked; ask again.
            SchemaError: It cannot be asked; the message names the node and the cure.
        """
        access = self._settings.access(exporter)
        if access is None:
            return None
        key = (exporter, identifier)
        with self._lock:
            until, told = self._terms.get(key, (0.0, None))
        if self._clock() < until:
            if isinstance(told, YangbeamError):
                raise _failed(told)
            return told

        def ask(target: NetconfTarget) -> None:
            answer = self._told(target, identifier)
            with self._lock:
                self._terms.pop(key, None)
                self._terms[key] = answer
                while len(self._terms) > MAX_TERMS:
                    del self._terms[next(iter(self._terms))]

        raise self._fetch(access, Wanted(exporter, None, frozenset()), ask=ask)

    def _told(self, target: NetconfTarget, identifier: int) -> tuple[float, Terms | YangbeamError | None]:
        """Asks a node for a subscription; returns until when its answer holds, and the answer.

        What it refuses says nothing of whether it gives its modules; that it cannot be reached, everything.

        Raises:
            NetconfError: It cannot be reached.
        """
        try:
            terms = self._asking.ask_subscription(target, identifier)
        except YangbeamError as error:
            if isinstance(error, NetconfError) and error.transient:
                raise
            return self._clock() + self._settings.retry_after_s, error.anew()
        return self._clock() + TERMS_S, terms

    def _pointer(self, access: NodeAccess, wanted: Wanted) -> Pointer | None:
        """Returns what is known to be the exporter's library; None: it is to be asked."""
        if wanted.content_id is None:
            pointer = self._store.pointed(LATEST, wanted.exporter)
            return pointer if pointer is not None and self._is_fresh(access, wanted) else None
        pointer = self._store.pointed(wanted.content_id, wanted.exporter)
        if pointer is not None or not self._settings.shares(wanted.content_id):
            return pointer
        pointer = self._store.pointed(wanted.content_id, SHARED)
        modules = self._modules(pointer) if pointer else None
        # Another node's content-id that cannot be this one's library: this one is asked itself.
        return None if modules is None or misfit(modules.library, wanted.modules) else pointer

    def _is_fresh(self, access: NodeAccess, wanted: Wanted) -> bool:
        """Whether what an exporter had last still holds: it was asked lately, or cannot be asked."""
        with self._lock:
            node = self._node(access, wanted.exporter)
            if node.asked_at is None:
                return node.failures > 0
            due = self._clock() - node.asked_at > self._settings.recheck_s
        if due:
            self._fetch(access, wanted)  # in the background: what it had still serves
        return True

    def _set(self, pointer: Pointer, wanted: Wanted) -> SchemaSet:
        others = self._others(wanted.exporter, wanted.content_id)
        key = (pointer.set_id, pointer.node, wanted.modules, tuple(offer.where for offer in others))
        with self._lock:
            made = self._made.get(key)
        if made is not None:
            return made
        modules = self._modules(pointer)
        if modules is None:
            raise SchemaError("schema-missing", f"what {pointer.node} gave is damaged in {self._settings.cache}")
        made = schema_set_of(modules, wanted.modules, self._notifications(), others)
        with self._lock:
            self._made[key] = made
            while len(self._made) > MAX_MADE:
                self._made.popitem(last=False)
        return made

    def _modules(self, pointer: Pointer) -> NodeModules | None:
        with self._lock:
            held = self._held.get(pointer.set_id)
            if held is not None:
                self._held.move_to_end(pointer.set_id)
                return NodeModules(pointer.node, held.library, held.texts, held.refused)
        read = self._store.get(pointer.set_id, pointer.node, pointer.own_id)
        with self._lock:
            if read is not None:
                self._held[pointer.set_id] = read
                while len(self._held) > MAX_HELD:
                    self._held.popitem(last=False)
        return read

    def _node(self, access: NodeAccess, exporter: str) -> _Node:
        node = self._nodes.setdefault((access.address or exporter, access.port), _Node())
        if len(self._nodes) > MAX_NODES:  # source addresses are easily made up
            idle = next((key for key, each in self._nodes.items() if not each.asking and each is not node), None)
            if idle is not None:
                del self._nodes[idle]
        return node

    def _fetch(
        self,
        access: NodeAccess,
        wanted: Wanted,
        instead: SchemaError | None = None,
        ask: Callable[[NetconfTarget], None] | None = None,
    ) -> SchemaError:
        """Starts to ask a node if it is time, and returns what the caller is to hear.

        Args:
            access: How it is reached.
            wanted: What is asked.
            instead: What is wrong with what is there; heard until it is time to ask again.
            ask: What to ask in place of the modules.
        """
        content_id = wanted.content_id if wanted.content_id and self._settings.shares(wanted.content_id) else ""
        name = f"{access.address or wanted.exporter} port {access.port}"
        with self._lock:
            node = self._node(access, wanted.exporter)
            before = f"; last time: {node.error.detail}" if node.error else ""
            told = f"the modules of {wanted.exporter} are asked of {name}{before}"
            pending = SchemaPendingError("schema-pending", told)
            if node.asking or (content_id in self._content_ids and instead is None):
                return pending
            if self._clock() < max(node.next_at, node.again_at if instead else 0.0):
                given_up = node.failures >= self._settings.attempts
                return instead or (_failed(node.error) if given_up and node.error else pending)
            if sum(each.asking for each in self._nodes.values()) >= self._settings.workers:
                return pending
            node.asking = True
            if content_id:
                self._content_ids.add(content_id)
        self._start(lambda: self._ask(node, access, wanted, content_id, ask))
        return pending

    def _ask(
        self,
        node: _Node,
        access: NodeAccess,
        wanted: Wanted,
        content_id: str,
        ask: Callable[[NetconfTarget], None] | None,
    ) -> None:
        error: YangbeamError | None = None
        try:
            target = self._settings.target(access, wanted.exporter)
            if ask is not None:
                ask(target)
            else:
                self._asking.ask(target, wanted)
        except YangbeamError as caught:
            error = caught.anew()
        except BaseException as caught:
            error = NetconfError("discovery-failed", f"asking {wanted.exporter} failed unexpectedly: {caught!r}")
            raise
        finally:
            with self._lock:
                self._note(node, error, modules=ask is None)
                node.asking = False
                self._content_ids.discard(content_id)

    def _note(self, node: _Node, error: YangbeamError | None, *, modules: bool) -> None:
        now = self._clock()
        node.error = error
        if error is None:
            node.failures = 0
            if modules:
                self._held.clear()  # what was damaged on disk, or not there, is now
                node.asked_at, node.again_at = now, now + self._settings.retry_after_s
            return
        node.failures += 1
        if not (isinstance(error, NetconfError) and error.transient):
            node.failures = max(node.failures, self._settings.attempts)
        if node.failures >= self._settings.attempts:
            node.next_at = now + self._settings.retry_after_s
            return
        pause = min(LONGEST_BACKOFF_S, self._settings.backoff_s * 2 ** (node.failures - 1))
        node.next_at = now + pause * (0.5 + self._random())


def _failed(error: YangbeamError) -> SchemaError:
    """Returns the error to raise: one of its own for each raise, as a traceback keeps messages alive."""
    if isinstance(error, SchemaError):
        return error.anew()
    failed = SchemaError(error.reason, error.detail)
    failed.fault = error.fault
    return failed


def _in_thread(job: Callable[[], None]) -> None:
    threading.Thread(target=job, name="discovery", daemon=True).start()
