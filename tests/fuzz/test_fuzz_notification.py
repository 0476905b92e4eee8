from tests.fuzz.fuzz_notification import BATCH, corpus, fuzz


def test_a_short_run_of_the_fuzzer_holds_the_invariant() -> None:
    done, decoded = fuzz(seconds=60.0, seed=1, rounds=60)
    assert done == 60 * BATCH
    assert 0 < decoded < done


def test_the_corpus_has_every_encoding_and_is_small() -> None:
    messages = [message for _, message in corpus()]
    assert {message.media_type.rpartition("+")[2] for message in messages} == {"json", "xml", "cbor"}
    assert max(len(message.payload) for message in messages) < 4000
