"""What is seen of `receive` while it runs: reports made by hand, of processes that are none."""

from dataclasses import dataclass, field

import pytest
from rich.console import Console

from yangbeam.core.outside import Kind, Outside, State
from yangbeam.pipeline.receive.order import WorkerReport
from yangbeam.pipeline.receive.status import ReceiveView, outsides_of
from yangbeam.transforms.outsides import OUTSIDES

AWAY = Outside(Kind.KAFKA, "h:1", State.AWAY, 1_700_000_000.0, "Connection refused", 1)
LATER = Outside(Kind.KAFKA, "h:1", State.AWAY, 1_700_000_009.0, "nothing acknowledged", 1)
REACHED = Outside(Kind.KAFKA, "h:1", State.REACHED, 1_600_000_000.0)
COUNTERS = {"messages": 50, "acknowledged": 40, "spool_drops": 3, "kernel_drops": 0}


@dataclass
class Receiver:
    """One receiving process, as its parent sees it."""

    report: WorkerReport = field(default_factory=lambda: WorkerReport(dict(COUNTERS), 2_000, 7))
    is_running: bool = True


def view(*receivers: Receiver) -> ReceiveView:
    return ReceiveView(lambda: receivers)  # type: ignore[arg-type,return-value]


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    OUTSIDES.clear()


def test_the_line_says_what_came_and_where_it_is_of_all_receivers_together() -> None:
    one, other = Receiver(), Receiver()
    shown = view(one, other)
    shown.line(10.0, 1.0)
    one.report.counters["messages"] = 90
    assert shown.line(12.0, 3.0) == (
        "3 s, 140 messages (20/s), 80 acknowledged by Kafka, 6 dropped, 0 kernel drops, 14 records in memory, "
        "4,000 octets on disk"
    )


def test_the_picture_says_the_same() -> None:
    console = Console(width=120)
    with console.capture() as captured:
        console.print(view(Receiver(WorkerReport(COUNTERS, 2_000, 7, outsides=(AWAY,)))).picture(10.0, 61.0))
    text = captured.get()
    assert "01:01" in text
    assert "acknowledged by Kafka" in text
    assert "kafka h:1 unreachable since 2023-11-14T22:13:20Z, 7 records waiting (Connection refused)" in text


def test_what_is_away_is_said_once_by_who_noticed_it_first() -> None:
    receivers = [Receiver(WorkerReport({}, 0, 0, outsides=(found,))) for found in (REACHED, LATER, AWAY)]
    assert outsides_of(receivers) == [AWAY]  # type: ignore[arg-type]
    (line,) = view(*receivers).outage_lines()
    assert line.endswith("and 0 octets on disk")
    assert view(Receiver(WorkerReport({}, 0, 0, outsides=(REACHED,)))).outage_lines() == []


def test_an_end_counts_down_as_long_as_a_receiver_flushes() -> None:
    OUTSIDES.end_within(60.0)
    receiver = Receiver()
    (line,) = view(receiver).outage_lines()
    assert line.startswith("ending: 7 records in memory and 2,000 octets on disk have ")
    assert line.endswith(" s left to be written; Ctrl-C again ends at once")
    receiver.is_running = False
    assert view(receiver).outage_lines() == []
    OUTSIDES.clear()


def test_what_waits_at_the_end_is_said_whatever_is_known_of_why() -> None:
    unknown = "7 records in memory and 2,000 octets on disk were not written"
    assert view(Receiver(is_running=False)).left_lines() == [unknown]
    assert view(Receiver(WorkerReport({}, 1, 0), is_running=False)).left_lines() == [
        "0 records in memory and 1 octets on disk were not written"
    ]
    (why,) = view(Receiver(WorkerReport({}, 1, 0, outsides=(AWAY,)), is_running=False)).left_lines()
    assert why.startswith("kafka h:1 unreachable since ")
    assert view(Receiver(WorkerReport({}, 0, 0, outsides=(AWAY,)), is_running=False)).left_lines() == []
