"""A jump forward is a loss where the publisher's session went on, else a discontinuity: nothing is passed over."""

import pytest

from tests.core.loss.prove import confirmed
from tests.core.loss.test_detector import EXPORTER, START, beat, end, facts, run
from yangbeam.core.elements import LossEvent
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import STARTED, Facts
from yangbeam.core.loss.line import HALF, MASK
from yangbeam.core.lost import DISCONTINUITY

BREAKS = "discontinuities"


def numbered(*runs: range, seq: int | None = 0, every_s: float = 0.01, **more: object) -> list[Facts]:
    """Messages of one flow; ``seq`` is how far the sequence number is from the message id, None: there is none."""
    numbers = [number for some in runs for number in some]
    return [
        facts(
            number & MASK,
            place * every_s,
            sequence_number=None if seq is None else (number + seq) & MASK,
            **more,
        )
        for place, number in enumerate(numbers)
    ]


def ends(events: list[LossEvent], counter: str = "transport") -> list[tuple[str, int, int, int]]:
    """Returns (state or cause, first, last, count) of what stands at the end."""
    standing = {event.identity: event for event in events if event.counter == counter}
    return [
        ("broken" if event.cause == DISCONTINUITY else event.state, event.first, event.last, event.count)
        for event in standing.values()
        if event.state != "withdrawn"
    ]


@pytest.mark.parametrize("width", [998, 999, 1000, 1001, 1400, 10**6, 9_999_999])
def test_of_a_hole_of_any_width_in_a_session_that_goes_on_every_number_is_lost(width: int) -> None:
    some = numbered(range(1604), range(1604 + width, 1704 + width))
    events = run(Detector(), some, end(len(some)))
    assert ends(events) == [("confirmed", 1604, 1603 + width, width)]
    assert ends(events, "notification") == [("confirmed", 1604, 1603 + width, width)]


def test_a_hole_is_open_with_the_second_number_after_it_and_confirmed_after_the_window() -> None:
    detector = Detector()
    assert run(detector, numbered(range(100), range(5000, 5001))) == []
    opened = run(detector, [facts(5001, 1.02)])
    assert [(event.state, event.first, event.last) for event in opened if event.counter == "transport"] == [
        ("open", 100, 4999)
    ]
    closed = run(detector, [], beat(0, 22))
    assert [event.state for event in closed] == ["confirmed", "confirmed"]
    assert {event.identity for event in closed} == {event.identity for event in opened}


def test_a_hole_across_the_wrap_is_lost() -> None:
    some = numbered(range(MASK - 60, MASK), range(MASK + 6000, MASK + 6050))
    assert ends(run(Detector(), some, end(len(some)))) == [("confirmed", MASK, 5998, 6000)]


def test_a_number_elsewhere_that_nothing_follows_is_a_stray() -> None:
    some = [*numbered(range(100)), facts(70_000, 1.1), *[facts(number, 1.2) for number in range(100, 200)]]
    assert run(Detector(), some, end(len(some))) == []


def test_two_strays_in_a_row_are_taken_back_when_the_old_numbers_go_on() -> None:
    detector = Detector()
    some = [*numbered(range(100)), facts(70_000, 1.1), facts(70_001, 1.1), facts(100, 1.1), facts(101, 1.1)]
    opened = run(detector, some)
    assert ends(opened)
    late = [facts(number, 30 + number) for number in range(102, 109)]
    assert ends([*opened, *run(detector, late, end(len(late)))]) == []


def test_a_leap_is_not_confirmed_while_the_newest_numbers_lie_within_it() -> None:
    detector = Detector()
    some = [*numbered(range(100)), facts(70_000, 1.1), facts(70_001, 1.1), facts(100, 1.1)]
    run(detector, some)
    assert run(detector, [], beat(0, 22)) == []
    beyond = [facts(number, 23) for number in range(70_002, 70_005)]
    assert ends([*run(detector, beyond), *run(detector, [], beat(0, 60))]) == [("confirmed", 101, 69_999, 69_899)]


def test_stragglers_out_of_a_hole_are_not_lost() -> None:
    late = [facts(number, 1.1) for number in (5_000, 100, 5_001, 101, 4_999, 3_000, 5_002)]
    events = run(Detector(), [*numbered(range(100)), *late], end(107))
    assert ends(events) == [("confirmed", 102, 2_999, 2_898), ("confirmed", 3_001, 4_998, 1_998)]


def test_a_repeat_from_before_a_hole_changes_nothing() -> None:
    some = [*numbered(range(100)), *[facts(number, 1.1) for number in (5_000, 5_001, 99, 98, 5_002, 5_003)]]
    assert ends(run(Detector(), some, end(len(some)))) == [("confirmed", 100, 4_999, 4_900)]


def test_two_holes_with_one_number_between_are_both_lost() -> None:
    some = numbered(range(100), range(5_000, 5_001), range(9_000, 9_050))
    assert ends(run(Detector(), some, end(len(some)))) == [
        ("confirmed", 100, 4_999, 4_900),
        ("confirmed", 5_001, 8_999, 3_999),
    ]


def test_a_hole_before_a_restart_is_lost_though_one_number_followed_it() -> None:
    before = numbered(range(100), range(5_000, 5_001))
    anew = [facts(number, 40 + number / 100) for number in range(50)]
    events = run(Detector(), [*before, *anew], end(len(before) + 50))
    assert ends(events) == [("confirmed", 100, 4_999, 4_900)]
    assert [event.cause for event in events if event.counter == "lifecycle"] == ["restart"]


JUMPS = [
    ("far beyond what anyone could have sent", 10**9, 0),
    ("back", 3_000_000, 0),
    ("further than half the modulus", 5_000_000 - 2000 + HALF + 10_000, 0),
]


@pytest.mark.parametrize(("why", "to", "seq"), JUMPS, ids=[why for why, _, _ in JUMPS])
def test_a_jump_that_nothing_confirms_is_a_discontinuity_with_both_numbers(why: str, to: int, seq: int) -> None:
    del why
    some = numbered(range(5_000_000, 5_000_100), range(to, to + 100), seq=seq)
    tallies = Tallies("loss")
    events = run(Detector(), some, end(len(some)), tallies=tallies)
    assert ends(events) == [("broken", 5_000_099, to, 0)]
    assert ends(events, "notification") == [("broken", 5_000_099, to, 0)]
    assert confirmed(events)["transport"].total() == 0
    (tally,) = tallies.delta(shard=0, source="", ordinal=0).tallies
    assert tally.counts == {f"{BREAKS}:transport": 1, f"{BREAKS}:notification": 1}


def test_a_discontinuity_is_open_at_once_and_confirmed_after_the_window() -> None:
    detector = Detector()
    (opened, _) = run(detector, numbered(range(5_000, 5_100), range(2_000, 2_002)))
    assert (opened.state, opened.cause, opened.first, opened.last) == ("open", DISCONTINUITY, 5_099, 2_000)
    closed = run(detector, [], beat(0, 25))
    assert (closed[0].state, closed[0].identity) == ("confirmed", opened.identity)


def test_where_counters_begin_it_is_a_restart_and_no_discontinuity() -> None:
    some = numbered(range(3_000_000_000, 3_000_000_100), range(100))
    events = run(Detector(), some, end(len(some)))
    assert [event.cause for event in events] == ["restart"]


def test_a_restart_of_sequence_numbers_alone_is_told_where_there_are_no_message_ids() -> None:
    some = [facts(None, place * 0.1, sequence_number=number) for place, number in enumerate([*range(90), *range(50)])]
    assert [event.cause for event in run(Detector(), some, end(len(some)))] == ["restart"]


ONE = {"port": 1, "subscription_id": 1}
OTHER = {"port": 2, "subscription_id": 2}


def after_a_jump(jumped: Facts, following: Facts, *known: Facts) -> list[tuple[str, int, int, int]]:
    """What the message ids say when ``jumped`` comes after 60 messages of each of two sockets, up to 5,119."""
    before = [
        facts(5_000 + 2 * place + (flow is OTHER), place / 10, sequence_number=70_000 + place, **flow)
        for place in range(60)
        for flow in (ONE, OTHER)
    ]
    some = [*before, *known, jumped, following]
    return ends(run(Detector(), some, end(len(some))))


NEW = {"port": 3, "subscription_id": 1}
LEAP = ("confirmed", 5_120, 8_999, 3_880)
BREAK = ("broken", 5_119, 9_000, 0)


@pytest.mark.parametrize(
    ("flow", "sequence_numbers", "kind", "found"),
    [
        pytest.param(ONE, (None, None), 0, LEAP, id="the socket is known"),
        pytest.param(NEW, (None, None), 0, BREAK, id="nothing: the socket is new"),
        pytest.param(NEW, (70_060, 70_061), 0, LEAP, id="over a new socket its sequence number goes on"),
        pytest.param(ONE, (70_060, 70_061), 0, LEAP, id="its sequence number goes on"),
        pytest.param(ONE, (72_000, 72_001), 0, LEAP, id="its sequence number leaps less"),
        pytest.param(ONE, (99_000, 99_001), 0, BREAK, id="more notifications than messages"),
        pytest.param(ONE, (1, 2), 0, BREAK, id="its sequence number began anew"),
        pytest.param(ONE, (None, None), STARTED, BREAK, id="its subscription was started anew"),
    ],
)
def test_what_confirms_a_jump_of_message_ids(
    flow: dict[str, int], sequence_numbers: tuple[int, int], kind: int, found: tuple[str, int, int, int]
) -> None:
    first, second = sequence_numbers
    jumped = facts(9_000, 7, sequence_number=first, kind=kind, **flow)
    following = facts(9_001, 7, sequence_number=second, **flow)
    assert after_a_jump(jumped, following) == [found]


def test_one_subscription_that_lost_nothing_shows_that_its_message_ids_only_jumped() -> None:
    some = numbered(range(5_000, 5_100), seq=2_000)
    some += [facts(9_000 + place, 2, sequence_number=7_100 + place) for place in range(20)]
    assert ends(run(Detector(), some, end(len(some)))) == [("broken", 5_099, 9_000, 0)]


@pytest.mark.parametrize(("more", "found"), [(3_880, "confirmed"), (3_900, "broken")])
def test_over_a_new_socket_a_jump_is_a_loss_where_the_other_counter_leaps_as_far(more: int, found: str) -> None:
    detector = Detector(override=lambda _exporter, _counter: "publisher")
    some = numbered(range(5_000, 5_100), seq=2_000)
    some += [facts(8_980 + n, 2, port=9, sequence_number=7_100 + more + n) for n in range(5)]
    assert [one[0] for one in ends(run(detector, some, end(len(some))))] == [found]


def test_a_node_with_hundred_subscriptions_may_lose_a_thousand_messages_of_each() -> None:
    flows = [{"port": 1, "subscription_id": sub} for sub in range(100)]
    some = [facts(number, number, **flow) for number in (*range(8), 2_000, 2_001, 2_002) for flow in flows]
    detector = Detector()
    events = run(detector, some, end(len(some)))
    assert {one[:3] for one in ends(events)} == {("confirmed", 8, 1_999)}
    assert len(ends(events)) == 100
    assert detector.explain()[0].state == "settled"


def test_an_exporter_is_named_in_its_discontinuity() -> None:
    (event, *_) = run(Detector(), numbered(range(5_000, 5_100), range(2_000, 2_002)))
    assert (event.exporter, event.node, event.publisher_id, event.subscription_ids) == (EXPORTER, "router", 1, (7,))
    assert START < event.first_us < event.last_us
