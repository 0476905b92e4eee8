"""Scopes that explain the numbers equally well: which one is taken, and what is kept of its gaps."""

import pytest

from yangbeam.core.loss.line import Gap, Line
from yangbeam.core.loss.scope import Hypothesis, agreed
from yangbeam.core.loss.sequence import Sequence
from yangbeam.core.loss.track import CLOSE, Track, force


def gap(*, broken: bool = False, order: int = 9, last: int = 7) -> Gap:
    return Gap(5, 5, last, 0, order, 0, 0, 1, broken=broken)


def hypothesis(member: int, bits: int, *gaps: Gap) -> Hypothesis:
    kept = Sequence(
        expected=8, gaps=[one for one in gaps if not one.broken], breaks=[one for one in gaps if one.broken]
    )
    return Hypothesis(members=[member], sequences=[kept], place=[0], bits=bits, busy=[0])


def forced(*hypotheses: Hypothesis, incumbent: bool = False) -> Hypothesis:
    track = Track(counter=0, hypotheses=list(hypotheses), incumbent=incumbent)
    force(track, 100)
    (left,) = track.hypotheses
    return left


def test_of_equals_the_coarsest_is_taken_wherever_it_stands() -> None:
    assert forced(hypothesis(4, 7), hypothesis(0, 7)).members == [0]
    assert forced(hypothesis(0, 7), hypothesis(4, 7)).members == [0]
    assert forced(hypothesis(0, 7), hypothesis(4, 6)).members == [4]


@pytest.mark.parametrize("broken", [False, True])
@pytest.mark.parametrize(("lead", "left"), [(0, 0), (CLOSE - 1, 0), (CLOSE, 1), (CLOSE + 1, 1)])
def test_a_rival_that_is_close_explains_away_what_it_does_not_miss(lead: int, left: int, *, broken: bool) -> None:
    winner = forced(hypothesis(0, 7, gap(broken=broken)), hypothesis(4, 7 + lead))
    assert len(winner.sequences[0].gaps + winner.sequences[0].breaks) == left


def test_every_close_rival_is_asked_and_one_that_misses_the_same_leaves_it() -> None:
    assert forced(hypothesis(0, 7, gap()), hypothesis(4, 8, gap())).sequences[0].gaps
    assert not forced(hypothesis(0, 7, gap()), hypothesis(4, 8, gap()), hypothesis(5, 8)).sequences[0].gaps


def test_a_scope_that_was_settled_keeps_its_gaps_when_it_wins() -> None:
    assert forced(hypothesis(0, 7, gap()), hypothesis(4, 7), incumbent=True).sequences[0].gaps
    assert not forced(hypothesis(4, 8), hypothesis(0, 7, gap()), incumbent=True).sequences[0].gaps


def test_a_gap_is_agreed_on_where_every_other_scope_misses_the_same_and_has_no_doubt() -> None:
    same, other = hypothesis(4, 0, gap()), hypothesis(5, 0, gap(order=8))
    assert agreed(gap(), [same]) == [(same.sequences[0].gaps, gap())]
    assert agreed(gap(), [same, other]) is None
    assert agreed(gap(last=6), [same]) is None
    assert agreed(gap(broken=True), [same]) is None
    same.sequences[0].other = Line()
    assert agreed(gap(), [same]) is None


def test_a_gap_of_this_epoch_may_be_an_earlier_ones_to_another_scope() -> None:
    other = hypothesis(4, 0)
    other.sequences[0].past.append(gap())
    assert agreed(gap(), [other]) == [(other.sequences[0].past, gap())]
