"""Compressed files: expanded as they are read, and no further than a capture ever is."""

import gzip
import random
from collections.abc import Iterator

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core import expanding
from yangbeam.core.expanding import CompressionError, expanded

TEXT = random.Random(1).randbytes(300_000) + bytes(500_000)


def portions(octets: bytes, size: int) -> Iterator[bytes]:
    return (octets[at : at + size] for at in range(0, len(octets), size))


def read(octets: bytes, size: int = 1 << 16) -> bytes:
    return b"".join(expanded(portions(octets, size), len(octets)))


COMPRESSED = {"gzip": gzip.compress, "zstandard": zstandard.compress}


@pytest.mark.parametrize("kind", COMPRESSED)
@pytest.mark.parametrize("size", [4, 100, 1 << 20])
def test_what_was_compressed_is_read_in_any_portions(kind: str, size: int) -> None:
    assert read(COMPRESSED[kind](TEXT), size) == TEXT


@given(st.binary(max_size=2_000), st.integers(4, 50))
def test_what_is_not_compressed_is_given_as_it_is(octets: bytes, size: int) -> None:
    assert read(b"\xa1" + octets, size) == b"\xa1" + octets


def test_nothing_is_nothing() -> None:
    assert read(b"") == b""


@pytest.mark.parametrize("kind", COMPRESSED)
def test_files_that_were_put_together_are_read_to_their_end(kind: str) -> None:
    assert read(COMPRESSED[kind](b"one") + COMPRESSED[kind](b"two")) == b"onetwo"


def test_zeros_behind_a_member_are_padding() -> None:
    assert read(gzip.compress(b"one") + bytes(700), 100) == b"one"


@pytest.mark.parametrize("kind", COMPRESSED)
@pytest.mark.parametrize("lost", [1, 5, 1_000])
def test_a_file_that_ends_too_early_gives_what_came_before(kind: str, lost: int) -> None:
    found: list[bytes] = []
    with pytest.raises(CompressionError) as caught:
        found.extend(expanded(portions(COMPRESSED[kind](TEXT)[:-lost], 1 << 16), 1 << 20))
    assert caught.value.reason == "capture_cut"
    assert TEXT.startswith(b"".join(found))
    assert len(b"".join(found)) > 200_000


@pytest.mark.parametrize("kind", COMPRESSED)
def test_a_damaged_file_is_refused_where_it_is_damaged(kind: str) -> None:
    octets = bytearray(COMPRESSED[kind](TEXT))
    octets[4:100] = b"\xff" * 96
    with pytest.raises(CompressionError) as caught:
        read(bytes(octets))
    assert caught.value.reason == "capture_damaged"


@pytest.mark.parametrize(("kind", "ratio"), [("gzip", 100), ("zstandard", 10_000)])
def test_a_file_that_expands_too_far_is_refused_in_portions(
    kind: str, ratio: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expanding, "FREE", 1 << 20)
    bomb = COMPRESSED[kind](bytes(64 << 20))
    monkeypatch.setattr(expanding, "MAX_RATIO", ratio)
    sizes: list[int] = []
    with pytest.raises(CompressionError, match=f"more than {ratio:,} times"):
        sizes.extend(map(len, expanded(portions(bomb, 1 << 16), len(bomb))))
    assert sum(sizes) <= (1 << 20) + ratio * len(bomb)
    assert max(sizes) <= 9 << 20


def test_a_window_that_takes_too_much_memory_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=28, enable_ldm=True)
    octets = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(CompressionError, match="Zstandard"):
        read(octets.compress(TEXT) + octets.flush())


@pytest.mark.parametrize("at", [0.3, 0.9])
def test_a_file_that_is_damaged_in_its_middle_gives_what_came_before(at: float) -> None:
    octets = bytearray(gzip.compress(TEXT))
    where = int(len(octets) * at)
    octets[where : where + 50] = b"\xff" * 50
    found: list[bytes] = []
    with pytest.raises(CompressionError) as caught:
        found.extend(expanded(portions(bytes(octets), 1 << 20), 1 << 20))
    assert caught.value.reason == "capture_damaged"
    assert TEXT[:1000] in b"".join(found)
    assert len(b"".join(found)) > len(TEXT) * (at - 0.1)


def test_a_file_whose_checksum_alone_is_wrong_gives_all() -> None:
    octets = bytearray(gzip.compress(TEXT))
    octets[-8] ^= 0xFF
    found: list[bytes] = []
    with pytest.raises(CompressionError):
        found.extend(expanded(portions(bytes(octets), 1 << 20), 1 << 20))
    assert b"".join(found) == TEXT
