"""A topic that the counting graph writes to, and what must stand in it in the end."""

from functools import partial
from typing import Any

import orjson

from tests.integration.counting import counting
from tests.integration.topics import Follower, topic_of
from yangbeam.runners.servers.kafka import KafkaServer

SHARDS = 4
COUNT = 1000
"""Numbers of each shard."""
PER_SLICE = 20


class Counted:
    """A topic that a counting job writes to."""

    def __init__(self, kafka: KafkaServer) -> None:
        self.topic = topic_of(kafka)
        self.graph = partial(
            counting, bootstrap=kafka.bootstrap(), topic=self.topic, shards=SHARDS, count=COUNT, per_slice=PER_SLICE
        )
        self._follower = Follower(kafka, self.topic)

    def told(self) -> list[dict[str, Any]]:
        return [orjson.loads(message.value()) for message in self._follower.messages]

    def until(self, number: int) -> None:
        """Waits until each shard has come to a number."""

        def come(_: object) -> bool:
            newest: dict[int, int] = {}
            for each in self.told():
                newest[each["shard"]] = max(each["number"], newest.get(each["shard"], 0))
            return len(newest) == SHARDS and min(newest.values()) >= number

        self._follower.until(come, f"not every shard comes to {number}")

    def assert_complete(self) -> None:
        """Every number once in state, in order, and at least once in the topic."""
        self.assert_counted()
        last = {each["shard"]: each for each in self.told() if each["number"] == COUNT - 1}
        for shard in range(SHARDS):
            seen = {name: last[shard][name] for name in ("next", "count", "gaps", "repeats")}
            assert seen == {"next": COUNT, "count": COUNT, "gaps": 0, "repeats": 0}, seen

    def assert_counted(self) -> None:
        """Every number once in state, in whatever order: a runner may split a source and read both parts at once."""
        wanted = {(shard, number) for shard in range(SHARDS) for number in range(COUNT)}
        self._follower.until(lambda _: {(each["shard"], each["number"]) for each in self.told()} >= wanted, 120)
        assert {
            shard: max(each["count"] for each in self.told() if each["shard"] == shard) for shard in range(SHARDS)
        } == (dict.fromkeys(range(SHARDS), COUNT))
