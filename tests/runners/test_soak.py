"""The soak's own judgement: what counts as growth, what the attackers send, and who is one of them."""

import os
from collections import Counter
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from yangbeam.core.udp_notif import MAX_DATAGRAM
from yangbeam.runners.soak.hostile_traffic import ATTACKERS, FIRST, SPOOFED, is_hostile
from yangbeam.runners.soak.settings import Asked
from yangbeam.runners.soak.verdict import ENOUGH_S, Verdict
from yangbeam.runners.soak.watching import MEBIBYTE, Growth, Sample, family, growth, sample
from yangbeam.simulator.hostile import ATTACKS, RARE, VALID, attacker, attacks

AT_US = 1_795_000_000_000_000


def samples(*mebibytes: float, threads: int = 5, descriptors: int = 9) -> list[Sample]:
    return [Sample(at * 60.0, int(each * MEBIBYTE), threads, descriptors) for at, each in enumerate(mebibytes)]


def test_memory_that_is_filled_while_it_warms_up_is_no_growth() -> None:
    assert growth(samples(10, 90, 100, 100, 100, 100, 100, 100)).mebibytes_per_10_min == 0


def test_a_megabyte_a_minute_is_ten_in_ten_minutes() -> None:
    assert growth(samples(*range(100, 120))).mebibytes_per_10_min == pytest.approx(10)


def test_a_thread_that_stays_counts_and_one_that_ended_does_not() -> None:
    steady = samples(*[1.0] * 10)
    assert growth([*steady, *samples(*[1.0] * 5, threads=6)]).threads == 1
    assert growth([*samples(*[1.0] * 12, threads=6), *steady[:4]]).threads == 0


def test_too_few_samples_say_nothing() -> None:
    with pytest.raises(ValueError, match="say nothing"):
        growth(samples(1, 2, 3))


def test_a_command_that_ended_early_does_not_hold() -> None:
    gone: Any = SimpleNamespace(name="run", watched=SimpleNamespace(samples=samples(100, 110, *[0.0] * 60)))
    verdict = Verdict(60.0)
    verdict.judge_growth([gone])
    assert (verdict.lines, verdict.holds) == ([("run after the warm-up", 1, 0)], False)


@pytest.mark.parametrize(
    ("one", "seconds", "holds"),
    [
        (Growth(1.0, 9, 0, 0), ENOUGH_S, True),
        (Growth(1.1, 9, 0, 0), ENOUGH_S, False),
        (Growth(50.0, 9, 0, 0), ENOUGH_S - 1, True),
        (Growth(0.0, 9, 3, 0), 60, False),
        (Growth(0.0, 9, 0, 3), 60, False),
    ],
)
def test_what_grew_beyond_its_bound_fails_the_soak(one: Growth, seconds: float, *, holds: bool) -> None:
    assert Verdict(seconds, growths={"run": one}).holds is holds


@pytest.mark.parametrize(
    ("quiet_ms", "seconds", "holds"),
    [(50.0, ENOUGH_S, True), (49.0, ENOUGH_S, False), (49.0, ENOUGH_S - 1, True), (0.0, ENOUGH_S, True)],
)
def test_good_messages_that_are_more_than_twice_as_late_fail_a_long_soak(
    quiet_ms: float, seconds: float, *, holds: bool
) -> None:
    assert Verdict(seconds, p99_ms=100.0, quiet_p99_ms=quiet_ms).holds is holds


def test_a_line_that_differs_fails_the_soak() -> None:
    assert not Verdict(60, lines=[("healthy messages", 10, 9)]).holds


def test_a_process_and_its_children_hold_memory_threads_and_descriptors() -> None:
    own = family(os.getpid())
    held = sample(0.0, own)
    assert held.octets > MEBIBYTE
    assert held.threads >= 1
    assert held.descriptors >= 3
    assert sample(0.0, [2**22 + 1]) == Sample(0.0, 0, 0, 0)


def test_each_attack_is_sent_and_fits_datagrams() -> None:
    sent = Counter(name for name, datagrams in islice(attacks(attacker("1", AT_US), 1000), 1500) if datagrams)
    assert set(sent) >= {*ATTACKS, "announcement"}
    assert set(VALID) <= {*ATTACKS, "announcement"}
    for make in RARE.values():
        datagrams = make(attacker("1", AT_US))
        assert sum(map(len, datagrams)) > 1 << 20
        assert max(map(len, datagrams)) <= MAX_DATAGRAM


def test_the_same_seed_sends_the_same_octets() -> None:
    one, other = (list(islice(attacks(attacker("7", AT_US), 1000), 60)) for _ in range(2))
    assert one == other


def test_attackers_are_known_by_their_addresses_and_routers_are_none(tmp_path: Path) -> None:
    assert all(is_hostile(str(FIRST + at)) for at in range(ATTACKERS))
    assert is_hostile(str(SPOOFED + 100_000))
    routers = Asked(60, 1, 10.0, 10.0, tmp_path).routers(10003)
    assert not any(is_hostile(routers.exporter(at)) for at in range(routers.routers))
