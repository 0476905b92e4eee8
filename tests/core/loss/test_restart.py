"""A publisher that restarts on a new socket: what was lost before stays lost, whichever scope is learned."""

from pathlib import Path

from yangbeam.core.collector import Collector
from yangbeam.core.elements import LossEvent, NotificationBatch
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import facts_of
from yangbeam.core.notification.decode import decode
from yangbeam.simulator import SimulateOptions
from yangbeam.simulator.plan import plan
from yangbeam.simulator.truth import TruthRecord, expected_loss

START_US = 1_795_168_810_000_000


def simulated(options: SimulateOptions) -> tuple[list[LossEvent], list[TruthRecord]]:
    """Feeds a simulation to the detector, a heartbeat each second; returns each event's last state, and the truth."""
    collector, detector = Collector("c"), Detector()
    events: dict[str, LossEvent] = {}
    records = []
    beat = START_US

    def drain() -> None:
        batch = collector.take(0, 1 << 30)
        if batch is not None:
            decoded = [decode(message) for message in batch.messages]
            facts = facts_of(NotificationBatch(notifications=decoded, controls=batch.controls))
            found = detector.observe(facts.facts, facts.controls, Tallies("loss"))
            events.update((event.identity, event) for event in found)

    for delivery in plan(options, START_US):
        record = delivery.record
        records.append(record)
        while beat <= delivery.at_us:
            collector.heartbeat(beat)
            beat += 1_000_000
        for datagram in delivery.datagrams:
            collector.datagram(datagram, record.exporter, record.port, "127.0.0.1", 10003, delivery.at_us)
        drain()
    collector.end(beat)
    drain()
    return list(events.values()), records


def test_losses_before_a_restart_on_a_new_socket_are_confirmed(tmp_path: Path) -> None:
    for seed in range(7, 17):
        options = SimulateOptions(
            routers=1, habits=("standard",), rate=20, loss=0.02, restarts=1, seed=seed, truth=tmp_path / "truth"
        )
        events, records = simulated(options)
        confirmed = sorted(
            (event.counter, event.first, event.last)
            for event in events
            if event.state == "confirmed" and event.counter in ("transport", "notification")
        )
        assert confirmed == sorted((loss.counter, loss.first, loss.last) for loss in expected_loss(records))
