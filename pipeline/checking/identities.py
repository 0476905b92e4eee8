"""Whether the telemetry topic's schema ids are those of the registry that is asked: another one gave other numbers."""

from collections.abc import Iterator
from typing import Final

from yangbeam.core.errors import Fault, YangbeamError
from yangbeam.core.framing import REGISTRY_HEADER
from yangbeam.io.kafka.consumer import TopicConsumer
from yangbeam.io.schema_registry import SchemaRegistry
from yangbeam.pipeline.assembly import address_of
from yangbeam.pipeline.checking.finding import Finding, ok, problem
from yangbeam.pipeline.config.file import Config
from yangbeam.registry.store import SchemaStore

NAME: Final = "schema ids"
NEWEST: Final = 100
"""Records at the end of each partition that are looked at."""
TRIES: Final = 100
"""Requests, each of ``WAIT_S`` at most: a topic that is compacted may end before its last offset."""
WAIT_S: Final = 0.2
_CURE: Final = 'let all collectors and readers share one: [registry] kind = "http"'


def shared(config: Config) -> Iterator[Finding]:
    """Reads the newest records of the telemetry topic, and compares who counted their schema ids with who is asked."""
    if config.kafka is None:
        return
    try:
        mine, found = _asked(config), _written(config)
    except YangbeamError:  # topic, brokers and registry have checks of their own
        return
    others = sorted(found - {mine})
    topic = config.kafka.topics.telemetry
    if mine is None or not found:
        yield ok(NAME, f"topic {topic} says nothing of another registry")
    elif others:
        what = f"registry {', '.join(others[:3])} counted schema ids in topic {topic}; the one of this file is "
        yield problem(NAME, what + (mine or "not made yet"), _CURE, Fault.CONFIGURATION)
    else:
        yield ok(NAME, f"the newest in topic {topic} are of registry {mine}")


def _asked(config: Config) -> str | None:
    """The identity of the registry: empty where its file is not made yet; None: it is of another kind."""
    if config.registry.kind == "http":
        client = SchemaRegistry(address_of(config.registry))
        try:
            return client.identity() or None
        finally:
            client.close()
    if not config.registry.path.exists():
        return ""
    store = SchemaStore(config.registry.path)
    try:
        return store.identity()
    finally:
        store.close()


def _written(config: Config) -> set[str]:
    assert config.kafka is not None  # noqa: S101 # asked before
    consumer = TopicConsumer(config.kafka.topics.telemetry, config.kafka.client_properties())
    try:
        edges = {partition: consumer.edges(partition) for partition in consumer.partitions()}
        consumer.assign({partition: max(first, end - NEWEST) for partition, (first, end) in edges.items()})
        found: set[str] = set()
        for _ in range(TRIES):
            if all(consumer.next[partition] >= end for partition, (_, end) in edges.items()):
                break
            for record in consumer.take(NEWEST, WAIT_S):
                headers = record.headers() or ()
                found |= {value.decode("ascii", "replace")[:40] for name, value in headers if name == REGISTRY_HEADER}
        return found
    finally:
        consumer.close()
