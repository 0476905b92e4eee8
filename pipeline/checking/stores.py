"""Whether the registry answers, and whether the database's file can be used."""

from collections.abc import Iterator
from dataclasses import replace

from yangbeam.core.errors import YangbeamError
from yangbeam.io.duckdb_tables import table_counts
from yangbeam.io.schema_registry import SchemaRegistry
from yangbeam.pipeline.assembly import address_of
from yangbeam.pipeline.checking.finding import Finding, failed, ok
from yangbeam.pipeline.config.file import Config
from yangbeam.registry.store import SchemaStore

REGISTRY = "registry"
DATABASE = "database"


def registry(config: Config) -> Iterator[Finding]:
    """Asks a registry in another process what it serves, or opens the file of an embedded one."""
    if config.registry.kind == "http":
        yield from _served(config)
    elif config.registry.path.exists():
        store = SchemaStore(config.registry.path)
        greatest = store.greatest_id()
        store.close()
        yield ok(REGISTRY, f"{config.registry.path} can be used; its greatest schema id is {greatest}")
    else:
        yield ok(REGISTRY, f"{config.registry.path} will be made")


def _served(config: Config) -> Iterator[Finding]:
    client = SchemaRegistry(address_of(config.registry))
    try:
        types = client.types()
    except YangbeamError as error:
        yield replace(failed(REGISTRY, error), cure="start `yangbeam registry` there, or correct [registry]")
    else:
        yield ok(REGISTRY, f"{client.name} answers; schema types: {', '.join(types)}")
    finally:
        client.close()


def database(config: Config) -> Iterator[Finding]:
    """Opens the file of the tables to read; one that is not there will be made."""
    if not config.tables.enabled:
        return
    path = config.tables.path
    if path.exists():
        yield ok(DATABASE, f"{path} can be read; it has {len(table_counts(path))} tables")
    else:
        yield ok(DATABASE, f"{path} will be made")
