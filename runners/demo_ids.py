"""Whether the id on each message of the demo leads, over HTTP, to a schema that libyang loads and that takes it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson

from yangbeam.core.elements import TopicRecord
from yangbeam.core.framing import frame
from yangbeam.core.ingest.verdicts import GOOD, Judge
from yangbeam.core.policy import Policy
from yangbeam.core.registered_set import read_set
from yangbeam.core.yang.cache import SchemaCache
from yangbeam.core.yang.schema import Schema
from yangbeam.io.schema_registry import RegistryAddress, SchemaRegistry
from yangbeam.io.yang_directories import write_set
from yangbeam.pipeline.config.file import Config
from yangbeam.registry.service.app import make_app
from yangbeam.registry.service.serve import bind, serving
from yangbeam.registry.store import SchemaStore


def followed(config: Config) -> tuple[str, int, int]:
    """Returns how many messages the run delivered, and how many of them pass by what their ids lead to.

    Nothing of the run is used but its file of messages and its registry's: what a stranger would have.
    """
    app = make_app(SchemaStore(config.registry.path))
    with serving(app, bind("127.0.0.1", 0)) as url, tempfile.TemporaryDirectory(prefix="yangbeam-") as folder:
        registry = SchemaRegistry(RegistryAddress(url))

        def load(schema_id: int) -> Schema:
            found = read_set(registry, schema_id)
            return Schema(found, write_set(found, folder))

        judge = Judge(SchemaCache(load).get, lambda guid: registry.id_of_guid(guid.hex()), Policy())
        verdicts = [judge.verdict(record).verdict for record in _records(config.files.directory / "telemetry.jsonl")]
        registry.close()
    return "messages that the schema of their id takes", len(verdicts), verdicts.count(GOOD)


def _records(file: Path) -> Iterator[TopicRecord]:
    """Yields the messages as they would stand in a topic."""
    for at, line in enumerate(file.read_bytes().splitlines()):
        told = orjson.loads(line)
        value, headers = frame("prefix", told["schema-id"], orjson.dumps(told["value"]))
        yield TopicRecord(file.name, 0, at, 0, told["key"].encode(), value, tuple(headers))
