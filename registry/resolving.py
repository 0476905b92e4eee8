"""In which order resolvers are asked, and directories of modules as one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.registry.directories import Library
from yangbeam.registry.resolver import Resolver


@dataclass(frozen=True, slots=True)
class DirectoryResolver:
    """Directories of modules, as the operator wrote them; implements ``Resolver``."""

    library: Library

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> SchemaSet | None:
        """See ``Resolver``."""
        return self.library.schema_set(exporter, content_id, modules)


@dataclass(frozen=True, slots=True)
class Chain:
    """Asks one resolver after the other; implements ``Resolver``.

    What one cannot give, the next may; the first one's error is told if none can, for it is the nearest to the node.
    One that is still fetching is waited for.
    """

    resolvers: Sequence[Resolver]

    def resolve(self, exporter: str, content_id: str | None, modules: frozenset[str]) -> SchemaSet | None:
        """See ``Resolver``."""
        first: SchemaError | None = None
        for resolver in self.resolvers:
            try:
                found = resolver.resolve(exporter, content_id, modules)
            except SchemaPendingError:
                raise
            except SchemaError as error:
                first = first or error
                continue
            if found is not None:
                return found
        if first is not None:
            raise first
        return None
