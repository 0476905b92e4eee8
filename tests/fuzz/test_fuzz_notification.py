import math

import pytest

from tests.fuzz.fuzz_notification import BATCH, corpus, fuzz


@pytest.mark.parametrize(("rounds", "seed"), [(60, 1), pytest.param(6_000, 2, marks=pytest.mark.nightly)])
def test_a_run_of_the_fuzzer_holds_the_invariant(rounds: int, seed: int) -> None:
    done, decoded = fuzz(seconds=math.inf, seed=seed, rounds=rounds)
    assert done == rounds * BATCH
    assert 0 < decoded < done


def test_the_corpus_has_every_encoding_and_is_small() -> None:
    messages = [message for _, message in corpus()]
    assert {message.media_type.rpartition("+")[2] for message in messages} == {"json", "xml", "cbor"}
    assert max(len(message.payload) for message in messages) < 4000
