"""How many exporters that were never heard are let in: a whole network at a start, then a rate; others are refused."""

import pytest

from tests.core.test_collector import SECOND, drain, message_datagram, send
from yangbeam.core.causes import CAUSES, final_name
from yangbeam.core.collector import Collector
from yangbeam.core.elements import Refused
from yangbeam.core.unheard import START, Admission, Heard


def addresses(count: int, net: int = 10) -> list[str]:
    return [f"{net}.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(count)]


def let_in(admission: Admission, count: int, at_us: int) -> int:
    return sum(admission.admits(at_us) for _ in range(count))


def test_a_start_with_a_hundred_thousand_routers_is_let_in_at_once() -> None:
    assert START == 100_000
    assert let_in(Admission(1_000), 150_000, SECOND) == 100_000


def test_afterwards_so_many_come_in_a_second() -> None:
    admission = Admission(1_000)
    let_in(admission, START, SECOND)
    assert [let_in(admission, 5_000, (2 + second) * SECOND) for second in range(3)] == [1_000] * 3
    assert sum(let_in(admission, 5, 5 * SECOND + milli * 1_000) for milli in range(2_000)) == 2_999
    assert let_in(admission, 2 * START, 10_000 * SECOND) == START, "never more than at a start"


def test_a_clock_that_steps_back_lets_nobody_in_and_locks_nobody_out() -> None:
    admission = Admission(1_000)
    let_in(admission, START, 1_000 * SECOND)
    assert let_in(admission, 10, SECOND) == 0
    assert let_in(admission, 5_000, 2 * SECOND) == 1_000


def test_who_is_not_let_in_is_refused_by_name_with_the_original_and_who_was_heard_goes_on() -> None:
    collector = Collector("c", admission=Admission(1_000))
    known, strangers = addresses(START), addresses(5, 11)
    for exporter in (*known, *strangers, *known[:100]):
        send(collector, message_datagram(1, b"[]"), exporter)
    refused = [control for batch in drain(collector) for control in batch.controls if isinstance(control, Refused)]
    assert [(one.reason, one.exporter) for one in refused] == [("too_many_new_exporters", one) for one in strangers]
    assert {one.original for one in refused} == {message_datagram(1, b"[]")}
    assert {one.fault for one in refused} == {"environment"}
    assert "unheard_per_s" in CAUSES[final_name(refused[0].reason)].cure
    assert collector.counters["too_many_new_exporters"] == 5
    assert collector.counters["messages"] == START + 100
    send(collector, message_datagram(2), strangers[0], 2 * SECOND)
    assert collector.counters["messages"] == START + 101, "it is let in later"


@pytest.mark.parametrize("octets", [b"", b"\xff" * 40])
def test_what_is_no_udp_notif_counts_as_an_exporter_as_well(octets: bytes) -> None:
    collector = Collector("c", admission=Admission(1_000))
    for exporter in addresses(START + 10):
        send(collector, octets, exporter)
    assert collector.counters["too_many_new_exporters"] == 10


def test_a_capture_lets_everybody_in() -> None:
    collector = Collector("c")
    for exporter in addresses(START + 10):
        send(collector, b"", exporter)
    assert collector.counters["too_many_new_exporters"] == 0


def test_who_goes_on_sending_is_remembered_however_many_others_come() -> None:
    heard = Heard(10)
    heard.keep("a", 7)
    for exporter in addresses(1_000):
        heard.keep(exporter, 0)
        shard = heard.get("a")
        assert (heard.again("a") if shard is None else shard) == 7
        assert len(heard) <= 20
    assert heard.again(addresses(1)[0]) is None
