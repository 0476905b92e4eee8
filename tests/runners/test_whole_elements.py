"""What a worker makes is handed on element by element, whole, from the thread that made it."""

import pytest
from apache_beam.coders import BytesCoder
from apache_beam.runners.worker.data_plane import (
    ClosableOutputStream,
    SizeBasedBufferingClosableOutputStream,
    TimeBasedBufferingClosableOutputStream,
)

from yangbeam.runners import whole_elements
from yangbeam.runners.flink_options import DEFAULTS, options_of


def never(stream: SizeBasedBufferingClosableOutputStream) -> None:
    """As Beam does below 10 MB."""
    del stream


@pytest.fixture(autouse=True)
def _as_beam_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SizeBasedBufferingClosableOutputStream, "maybe_flush", never)


def stream_of(options: dict[str, object], told: list[bytes]) -> ClosableOutputStream:
    """Returns the stream that a worker with these options makes."""
    experiments = options.get("experiments", [])
    assert isinstance(experiments, list)
    assert not [each for each in experiments if each.startswith("data_buffer_time_limit_ms")]
    return ClosableOutputStream.create(told.append, told.append, 0)


def test_each_element_is_handed_on_whole_before_the_next_one_is_made() -> None:
    assert whole_elements.install()
    told: list[bytes] = []
    stream = stream_of(options_of(), told)
    assert not isinstance(stream, TimeBasedBufferingClosableOutputStream)
    coder = BytesCoder().get_impl()
    for element in (b"one", b"two" * 100_000, b"three"):
        coder.encode_to_stream(element, stream, True)  # as Beam calls it
        stream.maybe_flush()
        assert coder.decode(told[-1][-len(element) :]) == element
    stream.maybe_flush()
    assert len(told) == 3, "nothing is handed on where there is nothing"


def test_an_unknown_release_of_beam_is_left_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    assert not whole_elements.install("99.0.0")
    assert SizeBasedBufferingClosableOutputStream.maybe_flush is never
    assert "99.0.0" in caplog.text


def test_plugins_that_are_chosen_are_added_to_ours() -> None:
    assert options_of({"beam_plugins": ["mine"]})["beam_plugins"] == [*DEFAULTS["beam_plugins"], "mine"]
    assert options_of()["beam_plugins"] == DEFAULTS["beam_plugins"]
