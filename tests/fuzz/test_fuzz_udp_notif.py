from tests.fuzz.fuzz_udp_notif import corpus, fuzz


def test_a_short_run_of_the_fuzzer_holds_the_invariant() -> None:
    assert fuzz(seconds=60.0, seed=1, rounds=300) == 300 * 40


def test_the_corpus_is_small_and_readable() -> None:
    assert 10 <= len(corpus()) <= 200
    assert max(map(len, corpus())) <= 2000
