"""An outside system as a process sees it: states, the time they began, and the line that says so."""

import pytest

from yangbeam.core.ending import Ending
from yangbeam.core.outside import MAX_WHY, NEXT, Kind, Outside, Seen, State, after, in_words

KAFKA = Outside(Kind.KAFKA, "192.0.2.1:9092")


def seen(*what: tuple[Seen, float], of: Outside = KAFKA) -> Outside:
    for each, now_s in what:
        of = after(of, each, now_s, f"at {now_s:g}" if each is Seen.FAILED else "")
    return of


def test_every_state_knows_what_follows_from_all_that_can_be_seen() -> None:
    assert set(NEXT) == {(state, each) for state in State for each in Seen}


def test_an_outage_began_when_it_was_first_seen_and_keeps_the_newest_reason() -> None:
    found = seen((Seen.ANSWERED, 1.0), (Seen.FAILED, 5.0), (Seen.FAILED, 9.0))
    assert (found.state, found.since_s, found.why, found.outages) == (State.AWAY, 5.0, "at 9", 1)
    assert found.is_away


def test_one_that_was_never_reached_is_away_from_the_first_failure_on() -> None:
    found = seen((Seen.FAILED, 3.0))
    assert (found.state, found.since_s, found.outages) == (State.AWAY, 3.0, 1)


def test_what_answers_again_is_reached_since_then_and_the_outage_stays_counted() -> None:
    found = seen((Seen.FAILED, 3.0), (Seen.ANSWERED, 8.0), (Seen.ANSWERED, 9.0))
    assert (found.state, found.since_s, found.why, found.outages) == (State.REACHED, 8.0, "", 1)
    assert seen((Seen.FAILED, 20.0), of=found).outages == 2


def test_a_failure_without_a_reason_leaves_the_one_before_and_a_long_one_is_cut() -> None:
    found = after(seen((Seen.FAILED, 3.0)), Seen.FAILED, 4.0)
    assert found.why == "at 3"
    assert len(after(KAFKA, Seen.FAILED, 1.0, "x" * 5000).why) == MAX_WHY


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.KAFKA, "kafka A unreachable since 1970-01-01T00:01:05Z, 1,234 records waiting (refused)"),
        (Kind.REGISTRY, "registry A unreachable since 1970-01-01T00:01:05Z, 1,234 records waiting (refused)"),
        (Kind.DATABASE, "database A takes no writes since 1970-01-01T00:01:05Z, 1,234 records waiting (refused)"),
        (Kind.DISK, "disk A takes no writes since 1970-01-01T00:01:05Z, 1,234 records waiting (refused)"),
    ],
)
def test_the_line_names_what_where_since_when_and_how_many_wait(kind: Kind, words: str) -> None:
    assert in_words(Outside(kind, "A", State.AWAY, 65.4, "refused"), 1234, "records") == words


def test_an_end_that_nobody_asked_for_waits_for_ever() -> None:
    ending = Ending()
    assert ending.left_s(1e9) is None
    assert not ending.is_over(1e9)


def test_an_end_counts_down_and_a_second_wish_makes_it_no_later() -> None:
    ending = Ending()
    ending.ask(100.0, 10.0)
    assert ending.left_s(103.0) == 7.0
    assert not ending.is_over(109.9)
    ending.ask(105.0, 10.0)
    assert ending.left_s(105.0) == 5.0
    ending.ask(106.0, 0.0)
    assert ending.is_over(106.0)
    assert ending.left_s(200.0) == 0.0
