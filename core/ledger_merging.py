"""What the stages and sinks of one bundle counted, merged shard by shard: fewer, larger deltas for KeepLedger."""

from typing import Final

import msgspec

from yangbeam.core.elements import Arrival, LedgerDelta, Tally

MOST_LINES: Final = 20_000
"""Lines of a shard that are held at most: some 100 octets each."""

_Key = tuple[str, int | None, int | None, int]


class Merging:
    """Merges deltas until they are asked for; with many exporters a batch has a line for nearly each message.

    What is merged depends on how a runner cuts its bundles; the sums do not.
    """

    def __init__(self) -> None:
        self._last: dict[int, LedgerDelta] = {}
        """By shard: the latest, which names the place of all."""
        self._lines: dict[int, dict[_Key, dict[str, int]]] = {}
        self._arrived: dict[int, dict[str, int]] = {}
        """What arrived of each collector since its last heartbeat."""

    def add(self, delta: LedgerDelta) -> LedgerDelta | None:
        """Takes a delta; returns what its shard has so far when that is to be told at once, or is much."""
        self._last[delta.shard] = delta
        lines = self._lines.setdefault(delta.shard, {})
        for tally in delta.tallies:
            key = (tally.exporter, tally.publisher_id, tally.subscription_id, tally.bucket_us)
            counts = lines.get(key)
            if counts is None:
                lines[key] = dict(tally.counts)
            else:
                for name, count in tally.counts.items():
                    counts[name] = counts.get(name, 0) + count
        arrivals = self._arrivals(delta)
        urgent = delta.end or delta.collectors or len(lines) > MOST_LINES
        return self._taken(delta.shard, arrivals) if urgent else None

    def _arrivals(self, delta: LedgerDelta) -> list[Arrival]:
        """Returns the heartbeats of a delta with all that arrived before them; what is behind them waits."""
        arrived = self._arrived.setdefault(delta.shard, {})
        beats: list[Arrival] = []
        for one in delta.arrivals:
            count = arrived.pop(one.collector_id, 0) + one.count
            if one.clock_us:
                beats.append(msgspec.structs.replace(one, count=count))
            else:
                arrived[one.collector_id] = count
        return beats

    def rest(self) -> list[LedgerDelta]:
        """Returns what was not told yet, one delta of each shard that has any."""
        return [self._taken(shard, []) for shard in tuple(self._last)]

    def _taken(self, shard: int, beats: list[Arrival]) -> LedgerDelta:
        last, lines = self._last.pop(shard), self._lines.pop(shard)
        rest = self._arrived.pop(shard, {})
        return LedgerDelta(
            shard=shard,
            source=last.source,
            ordinal=last.ordinal,
            stage=last.stage,
            tallies=[Tally(*key, counts) for key, counts in lines.items()],
            collectors=last.collectors,
            end=last.end,
            arrivals=beats + [Arrival(collector, count) for collector, count in rest.items()],
        )
