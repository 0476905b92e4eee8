"""Which topics a configuration needs, what is wrong with those that are there, and the commands that make them."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

LARGEST: Final = "max.message.bytes"
CLEANUP: Final = "cleanup.policy"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One topic as it should be.

    Attributes:
        name: Its name.
        partitions: At least.
        settings: The topic's own, by Kafka's names.
    """

    name: str
    partitions: int = 1
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """One topic as it is.

    Attributes:
        partitions: How many.
        settings: The topic's own; None: we are not told.
    """

    partitions: int
    settings: Mapping[str, str] | None = None


def missing(wanted: Iterable[Wanted], found: Mapping[str, Found]) -> list[str]:
    """Returns the names of the topics that are not there, in the order of ``wanted``."""
    return [one.name for one in wanted if one.name not in found]


def shortcomings(wanted: Iterable[Wanted], found: Mapping[str, Found]) -> list[str]:
    """Returns in words what is wrong with the topics that are there, each with its cure."""
    return [said for one in wanted if (there := found.get(one.name)) is not None for said in _shortcomings(one, there)]


def _shortcomings(wanted: Wanted, found: Found) -> list[str]:
    said: list[str] = []
    if found.partitions < wanted.partitions:
        said.append(f"topic {wanted.name} has {found.partitions} partitions, {wanted.partitions} are wanted: add some")
    if found.settings is None:
        return said
    largest, limit = wanted.settings.get(LARGEST), found.settings.get(LARGEST)
    if largest is not None and limit is not None and int(limit) < int(largest):
        said.append(
            f"topic {wanted.name} takes records of {limit} octets ({LARGEST}), its producer lets {largest} through "
            "(message.max.bytes): what lies between becomes a dead letter; raise the one or lower the other"
        )
    policy, is_now = wanted.settings.get(CLEANUP), found.settings.get(CLEANUP)
    if policy is not None and is_now is not None and policy not in is_now.split(","):
        said.append(f"topic {wanted.name} has {CLEANUP}={is_now}, {policy} is wanted: alter it")
    return said


def commands(wanted: Iterable[Wanted], bootstrap: str, replication: int) -> list[str]:
    """Returns the commands of Kafka's own tool that make the topics; ones that are there are left as they are."""
    return [
        shlex.join(
            [
                *("kafka-topics.sh", "--bootstrap-server", bootstrap, "--create", "--if-not-exists"),
                *("--topic", one.name, "--partitions", str(one.partitions)),
                *("--replication-factor", str(replication)),
                *(part for name, value in one.settings.items() for part in ("--config", f"{name}={value}")),
            ]
        )
        for one in wanted
    ]
