"""Fetches the YANG of one node: its library, then the texts, over a few sessions with several requests on their way.

What a node does not give, or gives wrongly, is written down and costs only itself; a session that dies costs a new
one, and what it was asked is asked again, unless the same request was the end of two.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from yangbeam.core.errors import Fault, SchemaError
from yangbeam.core.netconf_answers import schema_text
from yangbeam.core.yang.node_modules import Key, NodeModules, needed, verified
from yangbeam.core.yang.yang_library import LibraryError, YangLibrary, library_of_capabilities
from yangbeam.core.yang.yang_library_xml import NAMESPACE, parse_library
from yangbeam.io.netconf import NetconfError

_LIBRARY: Final = f'<yang-library xmlns="{NAMESPACE}"/>'
_MODULES_STATE: Final = f'<modules-state xmlns="{NAMESPACE}"/>'

STRIKES: Final = 2
"""Sessions that one request may end; then it is taken for the cause."""


class Reply(Protocol):
    """An answer that is awaited; see ``io.netconf.PendingReply``."""

    def data(self) -> Any:
        """Waits for it."""
        ...


class Session(Protocol):
    """What is needed of a session; see ``io.netconf.NetconfSession``."""

    @property
    def capabilities(self) -> tuple[str, ...]:
        """What the hello named."""
        ...

    def get(self, *subtrees: str) -> bytes:
        """Answer to a get."""
        ...

    def ask_schema(self, name: str, revision: str) -> Reply:
        """Asks for a text."""
        ...

    def close(self) -> None:
        """Ends it."""
        ...


Connect = Callable[[], Session]


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How much is asked of a node, and taken from it.

    Attributes:
        sessions: Sessions at a time; nodes allow few.
        depth: Requests on their way in each, so that a node never waits for the network.
        reconnects: Sessions that may die before it is given up for now.
        limit_s: Seconds for all of it.
        total_bytes: Octets of all texts.
    """

    sessions: int = 4
    depth: int = 4
    reconnects: int = 16
    limit_s: float = 600.0
    total_bytes: int = 256 << 20


@dataclass(slots=True)
class Fetched:
    """What came of it.

    Attributes:
        modules: What is there now.
        error: Why it is not all; None: it is.
    """

    modules: NodeModules
    error: NetconfError | SchemaError | None = None


def fetch_library(node: str, session: Session) -> YangLibrary:
    """Asks for the library of RFC 8525, then of RFC 7895, then reads the hello.

    Raises:
        NetconfError: The session died.
        LibraryError: What it says cannot be used; the message names the node.
    """
    for subtree in (_LIBRARY, _MODULES_STATE):
        try:
            return parse_library(session.get(subtree))
        except NetconfError as error:
            if error.transient:
                raise
        except SchemaError as error:
            if error.reason != "library-missing":
                raise LibraryError(error.reason, f"{node}: {error.detail}") from None
    try:
        return library_of_capabilities(session.capabilities)
    except LibraryError:
        what = f"{node} has no YANG library: neither RFC 8525 nor RFC 7895, and its hello names no module"
        raise LibraryError("library-missing", f"{what}; give a [[schemas.directories]] for it") from None


def fetch_texts(
    known: NodeModules,
    wanted: Iterable[str],
    first: Session,
    connect: Connect,
    limits: FetchLimits,
    *,
    everything: bool,
    clock: Callable[[], float] = time.monotonic,
) -> Fetched:
    """Fetches all texts that are still needed; see ``core.yang.node_modules.needed``.

    Args:
        known: The library, and what is there already.
        wanted: What the subscription names.
        first: An open session; closed at the end.
        connect: Opens further ones.
        limits: How much is asked.
        everything: Every module of the library.
        clock: Seconds, monotonic.
    """
    wanted = tuple(wanted)
    work = _Work(limits, clock() + limits.limit_s, clock)
    work.idle.append(first)
    texts, refused = dict(known.texts), dict(known.refused)
    modules = known
    try:
        while keys := needed(modules, wanted, everything=everything):
            work.run(keys, connect)
            texts |= work.texts
            refused |= work.refused
            modules = NodeModules(known.node, known.library, texts, refused)
            if work.error is not None:
                break
    finally:
        for session in work.idle:
            session.close()
    return Fetched(modules, work.error)


@dataclass(slots=True)
class _Work:
    """What the threads of one fetch share."""

    limits: FetchLimits
    deadline: float
    clock: Callable[[], float]
    idle: list[Session] = field(default_factory=list)
    texts: dict[Key, str] = field(default_factory=dict)
    refused: dict[Key, str] = field(default_factory=dict)
    error: NetconfError | SchemaError | None = None
    last_death: NetconfError | None = None
    unexpected: BaseException | None = None
    waiting: deque[Key] = field(default_factory=deque)
    strikes: Counter[Key] = field(default_factory=Counter)
    undated: set[Key] = field(default_factory=set)
    """What was refused with its revision, and is asked for without."""
    deaths: int = 0
    octets: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, keys: list[Key], connect: Connect) -> None:
        """Asks for all keys; afterwards each is in texts or refused, or there is an error."""
        self.waiting.extend(keys)
        count = min(self.limits.sessions, max(1, len(keys) // self.limits.depth))
        helpers = [
            threading.Thread(target=self._guarded, args=(connect,), name="get-schema", daemon=True)
            for _ in range(count - 1)
        ]
        for helper in helpers:
            helper.start()
        self._guarded(connect)
        for helper in helpers:
            helper.join()
        if self.unexpected is not None:
            raise self.unexpected
        if self.waiting and self.error is None:
            self.error = self.last_death

    def _guarded(self, connect: Connect) -> None:
        try:
            self._work(connect)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            self.unexpected = error

    def _work(self, connect: Connect) -> None:
        """Works with one session after the other until nothing waits."""
        while self.waiting and self.error is None:
            session = self._session(connect)
            if session is None:
                return
            if self._ask_all(session):
                with self.lock:
                    self.idle.append(session)
            else:
                session.close()

    def _session(self, connect: Connect) -> Session | None:
        with self.lock:
            if self.idle:
                return self.idle.pop()
        try:
            return connect()
        except NetconfError as error:
            # Nodes limit their sessions: with one that works, the others are not missed.
            self._died(error, None)
            return None

    def _ask_all(self, session: Session) -> bool:
        """Keeps some requests on their way until nothing waits; False: the session died."""
        pending: deque[tuple[Key, Reply]] = deque()
        while True:
            while len(pending) < self.limits.depth and (key := self._next()) is not None:
                pending.append((key, session.ask_schema(key[0], "" if key in self.undated else key[1])))
            if not pending:
                return True
            key, reply = pending.popleft()
            try:
                self._take(key, schema_text(reply.data()))
            except NetconfError as error:
                if error.transient:
                    self._died(error, key)
                    self.waiting.extendleft(waits for waits, _ in pending)
                    return False
                self._was_refused(key, error)
            except SchemaError as error:
                self.refused[key] = error.detail

    def _was_refused(self, key: Key, error: NetconfError) -> None:
        """Asks once more, without the revision: some nodes have one text of a name, and know no revision of it."""
        if key[1] and key not in self.undated:
            self.undated.add(key)
            self.waiting.append(key)
        self.refused.setdefault(key, error.detail)

    def _next(self) -> Key | None:
        if self.error is not None:
            return None
        if self.clock() > self.deadline:
            what = f"not all modules came within {self.limits.limit_s:g} s"
            self.error = NetconfError("netconf-timeout", what, transient=True, fault=Fault.DEVICE)
            return None
        try:
            return self.waiting.popleft()
        except IndexError:
            return None

    def _take(self, key: Key, text: str) -> None:
        self.texts[key] = verified(key, text)
        self.refused.pop(key, None)
        with self.lock:
            self.octets += len(text)
        if self.octets > self.limits.total_bytes:
            self.error = LibraryError("library-too-large", f"more than {self.limits.total_bytes:,} octets of modules")

    def _died(self, error: NetconfError, key: Key | None) -> None:
        """Notes a dead session; the request it died of waits again, or is given up."""
        with self.lock:
            self.deaths += 1
            self.last_death = error
            if self.deaths > self.limits.reconnects:
                self.error = self.error or error
            if key is None:
                return
            self.strikes[key] += 1
            if self.strikes[key] >= STRIKES:
                self.refused[key] = f"twice: {error.detail}"
            else:
                self.waiting.append(key)
