"""Whether the brokers answer, the topics are there and take what is written, and the records are of this clock."""

from collections.abc import Iterator
from typing import Final

from yangbeam.core.errors import Fault
from yangbeam.core.topic_plan import Found, Wanted, shortcomings
from yangbeam.io.host_clock import now_s
from yangbeam.io.kafka.newest_record import newest_ms
from yangbeam.io.kafka.topics import Cluster
from yangbeam.pipeline.checking.finding import Finding, ok, problem
from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.topic_checks import all_topics

NAME: Final = "kafka"
AHEAD_S: Final = 5.0
"""Records dated further ahead of this host's clock than this were written by another clock."""


def topics(config: Config) -> Iterator[Finding]:
    """Asks the brokers for the topics of all commands of a configuration."""
    if config.kafka is None:
        return
    wanted, properties = all_topics(config), config.kafka.client_properties()
    found = Cluster(properties).found(one.name for one in wanted)
    yield ok(NAME, f"{config.kafka.bootstrap} answers")
    for one in wanted:
        yield from _topic(one, found.get(one.name))
    yield from _skew(newest_ms(properties, {name: there.partitions for name, there in found.items()}))


def _topic(wanted: Wanted, found: Found | None) -> Iterator[Finding]:
    if found is None:
        yield problem(NAME, f"topic {wanted.name} does not exist", "make it with `yangbeam topics create -c FILE`")
        return
    short = shortcomings([wanted], {wanted.name: found})
    for said in short:
        yield problem(NAME, said, "", Fault.CONFIGURATION)
    if not short:
        limits = "its limits are not told" if found.settings is None else "takes what is written"
        yield ok(NAME, f"topic {wanted.name}: {found.partitions} partitions, {limits}")


def _skew(newest: int | None) -> Iterator[Finding]:
    """A broker does not tell its time; what it holds cannot be younger than now."""
    if newest is None:
        return
    ahead_s = newest / 1000 - now_s()
    if ahead_s > AHEAD_S:
        what = f"the newest record is dated {ahead_s:,.0f} s ahead of this host's clock"
        yield problem(NAME, what, "let NTP keep the clocks of all hosts that write")
    else:
        yield ok(NAME, "no record is dated ahead of this host's clock")
