"""Who is asked for an exporter's modules: the directory that is meant for it, the node itself, then any directory."""

from functools import lru_cache
from typing import Final

from yangbeam.core.elements import Terms
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.registry.directories import Directory, Library
from yangbeam.registry.discovery.resolver import Discovery
from yangbeam.registry.discovery.settings import DiscoverySettings
from yangbeam.registry.resolver import Resolver

REMEMBERED: Final = 1_024
"""Sets of directories that are remembered, by who asked for what: making one takes milliseconds."""


class LibraryResolver:
    """Directories, and nodes behind them; implements ``Resolver``.

    Args:
        library: Directories of modules, as they were when it was made.
        nodes: Asks nodes; None: nobody is asked.
    """

    def __init__(self, library: Library, nodes: Resolver | None = None) -> None:
        self._library = library
        self._nodes = nodes
        self._in_directories = lru_cache(REMEMBERED)(library.schema_set)

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> SchemaSet | None:
        """See ``Resolver``. What a node fails to say is raised, not guessed: it may say it later."""
        if self._nodes is not None and not self._library.is_meant_for(exporter, content_id):
            found = self._nodes.resolve(exporter, content_id, modules)
            if found is not None:
                return found
        return self._in_directories(exporter, content_id, modules)

    def subscription(self, exporter: str, identifier: int) -> Terms | None:
        """See ``Resolver``; directories tell nothing of subscriptions."""
        return None if self._nodes is None else self._nodes.subscription(exporter, identifier)


def make_resolver(
    directories: tuple[Directory, ...] = (),
    *,
    use_bundled: bool = True,
    discovery: DiscoverySettings | None = None,
    releases: tuple[tuple[str, str], ...] = (),
) -> LibraryResolver:
    """Returns the resolver of a configuration; the parameters are those of ``embedded.EmbeddedRegistry``."""
    library = Library(directories, use_bundled=use_bundled, releases=releases)
    return LibraryResolver(
        library, Discovery(discovery, library.notifications, others=library.offers) if discovery else None
    )
