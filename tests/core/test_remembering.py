"""What is remembered of foreign texts is bounded in octets, too, and what is not remembered is still right."""

import tracemalloc

from yangbeam.core.remembering import LONGEST, digest_of, octets_of, remembered
from yangbeam.core.yang import text_forms


def test_long_texts_are_answered_and_not_kept() -> None:
    asked: list[str] = []

    @remembered(10)
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    for text in ("x" * LONGEST, "x" * (LONGEST + 1)):
        assert [length(text), length(text)] == [len(text)] * 2
    assert [len(text) for text in asked] == [LONGEST, LONGEST + 1, LONGEST + 1]


def test_the_octets_of_what_is_nested_are_counted() -> None:
    assert octets_of(("a", ("bc", None)), frozenset({"d"}), 5, b"ef") == 6


def test_texts_that_differ_have_different_digests() -> None:
    assert len({digest_of(*texts) for texts in (("a", "bc"), ("ab", "c"), ("abc",), ("a", "b", "c"), ("\ud800",))}) == 5


def test_a_zone_of_megabytes_is_not_kept() -> None:
    form = text_forms.FORMS["ietf-inet-types:ipv6-address"]
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(20):
            assert form(f"fe80:0::1%{number:0100000}") == f"fe80::1%{number:0100000}"
        assert tracemalloc.get_traced_memory()[0] - before < 100_000
    finally:
        tracemalloc.stop()
