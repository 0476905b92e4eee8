"""Refused messages: which holes they fill, how often, and how many are remembered."""

import pytest

from yangbeam.core.elements import EndOfInput, Heartbeat, LossEvent, Refused
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss import exporter as module
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import STARTED, Facts

SECOND = 1_000_000
START = 1_795_168_810_000_000
EXPORTER = "192.0.2.7"


def came(message_id: int, sequence: int, *, port: int = 50000, publisher: int = 1, subscription: int = 7) -> Facts:
    at = START + message_id * SECOND // 10
    return Facts(EXPORTER, port, publisher, subscription, message_id, sequence, at, 0, None, "router")


def refused(at: int, message_id: int, what: str = "", *, port: int = 50000, publisher: int = 1) -> Refused:
    arrival = START + message_id * SECOND // 10
    return Refused(at, "not-json", what, EXPORTER, port, arrival, b"", publisher, message_id)


def lost(some: list[Facts], *controls: Refused) -> list[tuple[str, int, int]]:
    events = Detector().observe(some, [*controls, EndOfInput(len(some), 0)], Tallies("loss"))
    return [(event.counter, event.first, event.last) for event in events if event.lost()]


def test_a_message_that_could_not_be_read_fills_the_hole_it_lies_in() -> None:
    assert lost([came(1, 1), came(3, 3)], refused(1, 2)) == []


def test_one_message_fills_one_hole_though_it_lies_in_two_and_comes_twice() -> None:
    two = [
        came(1, 10, subscription=7),
        came(2, 20, subscription=8),
        came(5, 12, subscription=7),
        came(6, 22, subscription=8),
    ]
    detector = Detector(override=lambda _, counter: "subscription" if counter == "notification" else "publisher")
    controls = [refused(2, 3), refused(2, 3), EndOfInput(4, 0)]
    events = detector.observe(two, controls, Tallies("loss"))
    assert [(event.counter, event.count) for event in events if event.lost()] == [("transport", 1), ("notification", 1)]


def test_another_message_of_the_same_id_is_no_copy() -> None:
    some = [came(1, 1), came(4, 4)]
    assert lost(some, refused(1, 2, "one"), refused(1, 2, "one")) == [("transport", 3, 3), ("notification", 3, 3)]


@pytest.mark.parametrize("elsewhere", [{"port": 50001}, {"publisher": 2}])
def test_a_message_from_elsewhere_fills_no_hole(elsewhere: dict[str, int]) -> None:
    assert ("notification", 2, 2) in lost([came(1, 1), came(3, 3)], refused(1, 2, **elsewhere))


def test_a_message_whose_id_is_outside_of_the_hole_fills_it_not() -> None:
    assert ("notification", 2, 2) in lost([came(5, 1), came(7, 3)], refused(1, 8))


def test_where_numbers_come_without_message_ids_the_hole_stays_a_loss() -> None:
    bare = [Facts(EXPORTER, 50000, 1, 7, None, number, START + number, 0, None, "router") for number in (1, 3)]
    assert lost(bare, refused(1, 2)) == [("notification", 2, 2)]


def test_what_a_header_proves_is_told_a_window_after_it_while_messages_of_others_go_on() -> None:
    some = [came(number, number) for number in range(1, 5)]
    beats = [Heartbeat(4, "c1", START + second * SECOND, {}) for second in range(1, 45)]
    events: list[LossEvent] = []
    detector = Detector()
    events += detector.observe(some, [Heartbeat(0, "c1", START, {}), refused(4, 7), *beats], Tallies("loss"), "c1")
    assert [(event.first, event.last) for event in events if event.lost()] == [(5, 6)]


def at(second: float, message_id: int, kind: int = 0) -> Facts:
    arrival = START + int(second * SECOND)
    return Facts(EXPORTER, 50000, 1, 7, message_id, message_id, arrival, kind, None, "router")


def incomplete(place: int, second: float, message_id: int) -> Refused:
    arrival = START + int(second * SECOND)
    return Refused(place, "incomplete", "", EXPORTER, 50000, arrival, b"", 1, message_id)


def test_what_a_header_proves_stays_lost_though_the_publisher_begins_anew_at_once() -> None:
    some = [*(at(number, number) for number in range(100, 110)), *(at(112 + number, number) for number in range(3, 20))]
    ids = [one for one in lost(some, incomplete(11, 111.5, 112)) if one[0] == "transport"]
    assert ids == [("transport", 110, 111), ("transport", 112, 112)]


def test_a_header_of_before_a_restart_that_comes_after_it_proves_nothing_of_the_new_count() -> None:
    before = [at(number, number) for number in range(100, 110)]
    after = [at(110.5, 0, STARTED), at(111, 1), *(at(150 + number, number) for number in range(2, 9))]
    assert [one for one in lost([*before, *after], incomplete(12, 111.2, 110)) if one[0] == "transport"] == [
        ("transport", 110, 110)
    ]


def test_the_end_of_a_hole_is_not_a_message_of_its_number_of_before_a_restart() -> None:
    def number(second: float, sequence: int, subscription: int, port: int = 50000) -> Facts:
        arrival = START + int(second * SECOND)
        return Facts(EXPORTER, port, 1, subscription, sequence, sequence, arrival, 0, None, "router")

    # A late number follows subscription 7's 39, so that 39 is remembered as its newest.
    before = [*(number(n, n, 7) for n in range(20, 38)), number(39, 39, 7), number(39.5, 38, 7)]
    after = [*(number(100 + n, n, 8) for n in range(39)), number(139, 39, 9, 50001), number(141, 41, 7)]
    some = [*before, *after]
    unreadable = Refused(len(some) - 1, "not-json", "", EXPORTER, 50000, START + 140 * SECOND, b"", 1, 40)
    detector = Detector(override=lambda *_: "publisher")
    events = detector.observe(some, [unreadable, EndOfInput(len(some), 0)], Tallies("loss"))
    lost = [(event.counter, event.first) for event in events if event.lost()]
    assert lost == [("notification", 40)]  # from two sockets: nobody knows of which one number 40 was


def test_refused_messages_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REFUSED", 8)
    detector = Detector()
    detector.observe([came(1, 1), came(2, 2)], [], Tallies("loss"))
    detector.observe([], [refused(0, number) for number in range(3, 40)], Tallies("loss"))
    (exporter,) = detector._exporters.values()
    assert [one.message_id for one in exporter.rejected] == list(range(32, 40))
    assert len(exporter.refused) == 8
