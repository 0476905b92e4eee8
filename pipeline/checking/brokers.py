"""Whether the brokers answer, the topics are there and take what is written, and the records are of this clock."""

from collections.abc import Iterator
from typing import Final

from yangbeam.core.errors import Fault
from yangbeam.io.host_clock import now_s
from yangbeam.io.kafka.cluster_facts import TopicFacts, facts_of
from yangbeam.io.kafka.raw_producer import ROOM
from yangbeam.io.kafka.write_kafka import producer_properties
from yangbeam.pipeline.checking.finding import Finding, ok, problem
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.sinks import Kafka
from yangbeam.pipeline.config.sources import HttpsNotif, UdpNotif

NAME: Final = "kafka"
AHEAD_S: Final = 5.0
"""Records dated further ahead of this host's clock than this were written by another clock."""


def topics(config: Config) -> Iterator[Finding]:
    """Asks the brokers for the topics of all commands of a configuration."""
    kafka = config.kafka
    if kafka is None:
        return
    wanted = _wanted(config, kafka)
    brokers, found = facts_of(kafka.client_properties(), wanted)
    yield ok(NAME, f"{kafka.bootstrap} answers: {brokers} brokers")
    for name, (partitions, octets) in wanted.items():
        yield _topic(name, found.get(name), partitions, octets)
    yield from _skew(found)


def _topic(name: str, found: TopicFacts | None, partitions: int, octets: int) -> Finding:
    if found is None:
        cure = f"create it with {partitions} partitions or more and max.message.bytes={octets}"
        return problem(NAME, f"topic {name} does not exist", cure)
    if found.partitions < partitions:
        what = f"topic {name} has {found.partitions} partitions, {partitions} are filled"
        return problem(NAME, what, f"add partitions, or set receive.shards to {found.partitions}", Fault.CONFIGURATION)
    if found.record_bytes is not None and found.record_bytes < octets:
        what = f"topic {name} takes records of {found.record_bytes:,} octets, up to {octets:,} are written"
        cure = "raise its max.message.bytes, or lower what is written: docs/operations.md, Topics"
        return problem(NAME, what, cure, Fault.CONFIGURATION)
    limit = "a limit that is not told" if found.record_bytes is None else f"records of {found.record_bytes:,} octets"
    return ok(NAME, f"topic {name}: {found.partitions} partitions, {limit}")


def _skew(found: dict[str, TopicFacts]) -> Iterator[Finding]:
    """A broker does not tell its time; what it holds cannot be younger than now."""
    newest = max((facts.newest_ms for facts in found.values() if facts.newest_ms is not None), default=None)
    if newest is None:
        return
    ahead_s = newest / 1000 - now_s()
    if ahead_s > AHEAD_S:
        what = f"the newest record is dated {ahead_s:,.0f} s ahead of this host's clock"
        yield problem(NAME, what, "let NTP keep the clocks of all hosts that write")
    else:
        yield ok(NAME, "no record is dated ahead of this host's clock")


def _wanted(config: Config, kafka: Kafka) -> dict[str, tuple[int, int]]:
    """Returns the topics of all commands: partitions and octets of a record that each needs at least."""
    written = int(producer_properties(kafka.client_properties())["message.max.bytes"])
    sources = [each.max_body_bytes for each in config.sources if isinstance(each, HttpsNotif)]
    sources += [each.reassembly.max_message_bytes for each in config.sources if isinstance(each, UdpNotif)]
    names = kafka.topics
    ingested = config.as_ingest().kafka or kafka
    found = {names.raw: (config.receive.shards, max(sources) + ROOM)} if sources else {}
    others = [names.telemetry, names.loss, names.ledger, names.dead_letters]
    others += [ingested.topics.loss, ingested.topics.ledger]
    if kafka.keys.topics == "subject":
        others.append(names.subscriptions)
    return found | dict.fromkeys(others, (1, written))
