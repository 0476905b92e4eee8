"""Asks one node for its YANG and keeps what it gave, so that it is asked once: by content-id, and by content."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from yangbeam.core.elements import Terms
from yangbeam.core.errors import NotificationError, SchemaError
from yangbeam.core.publisher_facts import (
    CAPABILITIES_FILTER,
    PublisherCapabilities,
    capabilities_in,
    subscription_filter,
    subscription_in,
)
from yangbeam.core.yang.node_modules import NodeModules
from yangbeam.core.yang.yang_library import LibraryError, YangLibrary
from yangbeam.io.module_store import ModuleStore, Pointer
from yangbeam.io.netconf import NetconfTarget
from yangbeam.registry.discovery.fetching import Session, fetch_library, fetch_texts
from yangbeam.registry.discovery.settings import DiscoverySettings

_log: Final = logging.getLogger(__name__)

LATEST: Final = ""
"""In place of a content-id: what an exporter had when it was last asked."""
SHARED: Final = ""
"""In place of an exporter: what a content-id means on every node."""

_SKIPPED: Final = "it is configured never to be asked for"

Open = Callable[[NetconfTarget], Session]


def by_library(digest: str) -> str:
    """Returns what stands in place of a content-id for a library by its content."""
    return f"library:{digest}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a node.

    Attributes:
        exporter: Whose messages wait.
        content_id: As it was announced, if it was.
        modules: What the subscription names.
        skip: Names of the modules that must not be asked for.
    """

    exporter: str
    content_id: str | None
    modules: frozenset[str]
    skip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks nodes.

    Attributes:
        settings: How.
        store: Where what they gave is kept.
        open_session: Opens a session.
        clock: Seconds, monotonic.
    """

    settings: DiscoverySettings
    store: ModuleStore
    open_session: Open
    clock: Callable[[], float] = time.monotonic

    def ask(self, target: NetconfTarget, wanted: Wanted) -> None:
        """Fetches what a node has, and keeps it.

        What came before a failure is kept, too, so that the next try goes on from there.

        Raises:
            NetconfError: The node cannot be asked, or broke off.
            SchemaError: What it says cannot be used.
            ModuleStoreError: It cannot be kept.
        """
        session = self.open_session(target)
        try:
            library = fetch_library(target.name, session)
            known = self._known(target.name, library, wanted.skip)
        except BaseException:
            session.close()
            raise
        fetched = fetch_texts(
            known,
            wanted.modules,
            session,
            lambda: self.open_session(target),
            self.settings.limits,
            everything=self.settings.everything,
            clock=self.clock,
        )
        self._keep(fetched.modules, wanted, complete=fetched.error is None)
        if isinstance(fetched.error, SchemaError):
            raise fetched.error.reworded(f"{target.name}: {fetched.error.detail}")
        if fetched.error is not None:
            raise fetched.error

    def ask_subscription(self, target: NetconfTarget, identifier: int) -> Terms | None:
        """Returns what a node itself says of a subscription; None: it has none of that id.

        Raises:
            NetconfError: The node cannot be asked, or broke off.
            SchemaError: What it says cannot be used.
        """
        try:
            return subscription_in(self._got(target, subscription_filter(identifier)), identifier)
        except NotificationError as error:
            what = f"{target.name} tells subscription {identifier} wrongly: {error.detail}"
            raise LibraryError("subscription-invalid", what) from None

    def ask_capabilities(self, target: NetconfTarget) -> PublisherCapabilities:
        """Returns what a node says that it can publish.

        Raises:
            NetconfError: The node cannot be asked, or broke off.
            SchemaError: What it says cannot be used.
        """
        return capabilities_in(self._got(target, CAPABILITIES_FILTER))

    def _got(self, target: NetconfTarget, subtree: str) -> bytes:
        session = self.open_session(target)
        try:
            return session.get(subtree)
        finally:
            session.close()

    def _known(self, node: str, library: YangLibrary, skip: tuple[str, ...]) -> NodeModules:
        """What is kept of a library of this content, whoever gave it; what was refused is asked for again."""
        pointer = self.store.pointed(by_library(library.digest), SHARED)
        kept = self.store.get(pointer.set_id, node, library.content_id) if pointer else None
        texts = kept.texts if kept else {}
        skipped = {key: _SKIPPED for key in library.wanted() if key[0] in skip and key not in texts}
        return NodeModules(node, library, texts, skipped)

    def _keep(self, modules: NodeModules, wanted: Wanted, *, complete: bool) -> None:
        set_id = self.store.put(modules)
        library, node = modules.library, modules.node
        digest, own_id = library.digest, library.content_id

        def point(content_id: str, exporter: str) -> None:
            self.store.point(Pointer(content_id, exporter, set_id, node, own_id, digest))

        point(by_library(digest), SHARED)
        if not complete:
            return
        if library.quirks:
            _log.warning("%s: %d quirks of its YANG library: %s", node, len(library.quirks), library.quirks[0])
        if modules.refused:
            _log.warning("%s gives %d of its modules not: %s", node, len(modules.refused), _first(modules))
        point(LATEST, wanted.exporter)
        for content_id in {own_id, wanted.content_id or own_id} - {""}:
            self._check_reuse(content_id, wanted.exporter, digest, node)
            point(content_id, wanted.exporter)
        if wanted.content_id not in (None, own_id):
            _log.warning("%s announces content-id %s, its library has %s", node, wanted.content_id, own_id or "none")
        elif self.settings.shares(own_id) and self.store.pointed(own_id, SHARED) is None:
            point(own_id, SHARED)

    def _check_reuse(self, content_id: str, exporter: str, digest: str, node: str) -> None:
        """Tells of a content-id that means something else here: the exporter keeps a meaning of its own."""
        for whose in (exporter, SHARED):
            before = self.store.pointed(content_id, whose)
            shared = whose != SHARED or self.settings.shares(content_id)
            if before is not None and shared and before.library != digest:
                _log.warning("%s uses content-id %s for other modules than %s did", node, content_id, before.node)
                return


def _first(modules: NodeModules) -> str:
    (name, revision), why = min(modules.refused.items())
    return f"{name}@{revision}: {why}"
