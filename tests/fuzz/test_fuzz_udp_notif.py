import math

import pytest

from tests.fuzz.fuzz_udp_notif import corpus, fuzz


@pytest.mark.parametrize(("rounds", "seed"), [(300, 1), pytest.param(30_000, 2, marks=pytest.mark.nightly)])
def test_a_run_of_the_fuzzer_holds_the_invariant(rounds: int, seed: int) -> None:
    assert fuzz(seconds=math.inf, seed=seed, rounds=rounds) == rounds * 40


def test_the_corpus_is_small_and_readable() -> None:
    assert 10 <= len(corpus()) <= 200
    assert max(map(len, corpus())) <= 2000
