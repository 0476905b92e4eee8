"""Elements as bytes: deterministic, pinned, and refused when they are newer than this release."""

import pickle
from importlib.metadata import version
from pathlib import Path

import apache_beam as beam
import msgspec
import pytest
from apache_beam.coders import coders
from apache_beam.coders.typecoders import registry

from tests.transforms.samples import SAMPLES
from yangbeam.core.elements import FORMAT, LedgerDelta, MessageBatch, Tally
from yangbeam.core.errors import ConfigurationError
from yangbeam.transforms.coders import ELEMENTS, BatchCoder, KeyedMessageBatch

PINNED = Path(__file__).resolve().parents[1] / "golden" / "state"
RELEASE = version("yangbeam")
"""Until it is out its bytes may still be made anew; those of the releases before never are."""

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: type(sample).__name__)


def test_every_element_class_has_a_sample() -> None:
    assert {type(sample) for sample in SAMPLES} == set(ELEMENTS)


@each_sample
def test_an_element_comes_back_equal(sample: msgspec.Struct) -> None:
    coder = registry.get_coder(type(sample))
    assert coder == BatchCoder(type(sample))
    assert coder.is_deterministic()
    assert coder.decode(coder.encode(sample)) == sample


@each_sample
@pytest.mark.parametrize("release", sorted(path.name for path in PINNED.iterdir()))
def test_the_bytes_of_each_release_still_decode(sample: msgspec.Struct, release: str) -> None:
    pinned = PINNED / release / f"{type(sample).__name__}.hex"
    if not pinned.exists():  # its element is younger than that release
        assert release != RELEASE, f"{pinned.name} is missing: {BatchCoder(type(sample)).encode(sample).hex()}"
        return
    assert BatchCoder(type(sample)).decode(bytes.fromhex(pinned.read_text())) == sample


@each_sample
def test_the_bytes_of_this_release_are_pinned(sample: msgspec.Struct) -> None:
    pinned = PINNED / RELEASE / f"{type(sample).__name__}.hex"
    assert BatchCoder(type(sample)).encode(sample).hex() == pinned.read_text().strip()


def test_equal_elements_have_equal_bytes_whatever_the_order_of_their_counts() -> None:
    coder = BatchCoder(LedgerDelta)
    one, other = (
        LedgerDelta(stage="s", tallies=[Tally("e", None, None, 0, dict(counts))])
        for counts in ([("a", 1), ("b", 2)], [("b", 2), ("a", 1)])
    )
    assert coder.encode(one) == coder.encode(other)


def test_a_newer_format_is_refused_although_it_would_decode() -> None:
    newer = MessageBatch(format=FORMAT + 1, messages=[])
    coder = BatchCoder(MessageBatch)
    with pytest.raises(ConfigurationError, match="written by a newer release"):
        coder.decode(coder.encode(newer))


def test_a_newer_format_of_another_shape_is_refused_as_newer() -> None:
    encoded = msgspec.msgpack.encode([FORMAT + 1, "a shape of the future"])
    with pytest.raises(ConfigurationError, match="written by a newer release"):
        BatchCoder(MessageBatch).decode(encoded)


def test_bytes_that_are_no_element_are_a_defect() -> None:
    with pytest.raises(msgspec.ValidationError):
        BatchCoder(MessageBatch).decode(msgspec.msgpack.encode([FORMAT, "what"]))


def test_a_state_struct_of_a_stage_has_its_own_newest_format() -> None:
    class Kept(msgspec.Struct, array_like=True):
        format: int = 3
        entries: dict[str, int] = {}

    coder = BatchCoder(Kept, newest=3)
    assert coder.decode(coder.encode(Kept(entries={"a": 1}))) == Kept(3, {"a": 1})
    with pytest.raises(ConfigurationError):
        BatchCoder(Kept, newest=2).decode(coder.encode(Kept()))
    assert coder != BatchCoder(Kept, newest=2)


def test_a_class_without_a_leading_format_is_refused() -> None:
    with pytest.raises(TypeError, match="first field is format"):
        BatchCoder(Tally)


def test_a_coder_travels_pickled_inside_the_graph() -> None:
    coder = BatchCoder(MessageBatch)
    travelled = pickle.loads(pickle.dumps(coder))
    assert travelled == coder
    assert hash(travelled) == hash(coder)
    assert travelled.to_type_hint() is MessageBatch


def test_a_keyed_collection_gets_a_deterministic_coder_for_its_key() -> None:
    pipeline = beam.Pipeline("FnApiRunner")
    keyed = pipeline | beam.Create([]) | beam.Map(lambda batch: (0, batch)).with_output_types(KeyedMessageBatch)
    coder = registry.get_coder(keyed.element_type)
    assert coder == coders.TupleCoder([coders.VarIntCoder(), BatchCoder(MessageBatch)])
    assert coder.is_deterministic()


def test_a_size_is_guessed_without_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: object, value: object) -> bytes:
        raise AssertionError(value)

    monkeypatch.setattr(BatchCoder, "encode", never)
    small = LedgerDelta(stage="decode", tallies=[])
    large = LedgerDelta(stage="decode", tallies=[Tally("192.0.2.10", 1, 1, 0, {})] * 100)
    impl = BatchCoder(LedgerDelta).get_impl()
    assert 0 < impl.estimate_size(small) < impl.estimate_size(large)
