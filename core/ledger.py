"""What is counted, by whom, and what must balance.

Every stage and sink tallies one LedgerDelta per batch; KeepLedger sums them into absolute totals. Counts are named
``what`` or, where a sink or a reason matters, ``what:which``.
"""

from dataclasses import dataclass, field

from yangbeam.core.elements import Arrival, Heartbeat, LedgerDelta, Tally

BUCKET_US = 60_000_000
"""Arrival-time bucket of the totals: one minute."""

GIVEN = "given"
"""``given:SHARD:COLLECTOR``: messages and refusals between two heartbeats, as the collector counted them."""
ARRIVED = "arrived"
"""``arrived:SHARD:COLLECTOR``: the same, as the first stage counted them."""
NOBODY = ""
"""Exporter of the counts that belong to none."""
OTHERS = "others"
"""Exporter of what is counted together: exporters that were not let in, and those above the bounds of a view."""
RECEIVED = "received"
"""Messages that reached the collector, whole or refused (a refused datagram or incomplete message counts one)."""
REFUSED = "refused"
"""``refused:REASON``: of those, what the receiver could not make a message of."""
DIED = "died"
"""``died:STAGE``: dead letters by the stage that gave the message up."""
DECODED = "decoded"
DUPLICATES = "duplicates"
ID_REUSED = "id-reused"
BOUND = "bound"
PENDING = "pending"
"""Held for a schema: a difference, +1 when held and -1 when released or given up."""
VALIDATED = "validated"
INVALID = "invalid"
MARKED = "marked"
"""Passed on although invalid or unvalidated, by policy; with verdict as ``marked:VERDICT``."""
PRUNED = "pruned"
"""Of those validated: messages some nodes of which were set aside."""
NORMALISED = "normalised"
"""Of those validated: messages that nothing was set aside of, and in which habits were spelt anew."""
ASIDE = "aside"
"""``aside:CAUSE|FAULT|MODULE|PLACE``: nodes that were set aside, by schema path."""
HABITS = "habit"
"""``habit:NAME|VENDOR``: nodes that were spelt anew; without VENDOR where nothing says whose the exporter is."""
ORIGINALS = "originals"
"""Originals of pruned messages that are kept: on a line of their own, outside the balance of messages."""
ENCODED = "encoded"
"""Messages of which telemetry records were made."""
MAPPED = "mapped"
"""Messages of which rows were made, also those without any."""
MAPPED_ROWS = "mapped-rows"
FOLDED = "folded"
"""Rows of one flush that were laid over another of the same identity: they are in the database as one."""
AFFECTED = "affected"
"""Rows that a database said it inserted or updated."""
INSERTED = "inserted"
"""``inserted:TABLE``: of those, the new ones; what the table has grown by."""
REFUSED_ROWS = "refused-rows"
"""Rows of messages that became dead letters of the tables sink."""
EVENTS = "events"
"""Loss events told, every state of each."""
HOLES = "holes"
"""``holes:TOPIC[PARTITION]``: records of a telemetry topic that were never read, by the hole in its offsets."""
LEARNED = "learned"
"""What was learned of how exporters count, every time it was told."""
MORE_LETTERS = "more-letters"
"""Dead letters of the further records of split messages."""
KEPT = "kept"
"""``kept:SINK``: loss events, dead letters and what was learned, as the outside of their sink acknowledged them."""
REPLACED = "replaced"
"""``replaced:SINK``: of those, what its topic could never take, so that a dead letter or less of one was written."""
UNWRITTEN = "unwritten"
"""``unwritten:SINK``: what no topic took, in no form: it is not kept, and the edge to its sink stays open."""
DELIVERED = "delivered"
"""``delivered:SINK``, tallied by the sink after its flush, for as many as its outside acknowledged."""
DEAD = "dead"
"""``dead:REASON``: dead letters of the stages that all sinks share."""
DEAD_AT = "dead-at"
"""``dead-at:SINK:REASON``: dead letters on the way to one sink only."""
WHY = "why"
"""``why:CAUSE|FAULT|MODULE|PATH``: of the dead letters those of one group, where more is known than the cause."""
SPLIT = "split"
"""``split:SINK``: records that split messages became, as their encoder says; the messages count once, above."""
PARTS = "parts"
"""``parts:SINK``: of those, what was delivered."""
DEAD_PARTS = "dead-parts"
"""``dead-parts:SINK:REASON``: of those, what became dead letters."""
NOT_MAPPED = "not-mapped"
"""``not-mapped:SINK``: notifications whose verdict is not valid, which a sink of typed rows leaves out by policy."""
ROWS = "rows"
"""``rows:TABLE``."""
LOST = "lost"
LATE = "late"
BREAKS = "discontinuities"
"""``discontinuities:COUNTER``: jumps of a counter that nothing shows to be losses."""
QUIRK = "quirk"
"""``quirk:NAME``."""

_Key = tuple[str, int | None, int | None, int]


@dataclass(slots=True)
class Tallies:
    """Accumulates one batch's counts; one per process() call."""

    stage: str
    _counts: dict[_Key, dict[str, int]] = field(default_factory=dict)
    collectors: list[Heartbeat] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)

    def add(
        self,
        name: str,
        exporter: str,
        publisher_id: int | None,
        subscription_id: int | None,
        arrival_us: int,
        count: int = 1,
    ) -> None:
        """Counts ``count`` of ``name`` in the bucket of ``arrival_us``."""
        counts = self.at(exporter, publisher_id, subscription_id, arrival_us)
        counts[name] = counts.get(name, 0) + count

    def at(
        self, exporter: str, publisher_id: int | None, subscription_id: int | None, arrival_us: int
    ) -> dict[str, int]:
        """Returns the counts of the bucket of ``arrival_us``, for a caller that counts several names there."""
        key = (exporter, publisher_id, subscription_id, arrival_us // BUCKET_US)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = {}
        return counts

    def delta(self, *, shard: int, source: str, ordinal: int, end: bool = False) -> LedgerDelta:
        """Returns what was counted, as the element that travels to KeepLedger."""
        tallies = [
            Tally(exporter, publisher_id, subscription_id, bucket * BUCKET_US, counts)
            for (exporter, publisher_id, subscription_id, bucket), counts in self._counts.items()
        ]
        return LedgerDelta(
            shard=shard,
            source=source,
            ordinal=ordinal,
            stage=self.stage,
            tallies=tallies,
            collectors=self.collectors,
            end=end,
            arrivals=self.arrivals,
        )
