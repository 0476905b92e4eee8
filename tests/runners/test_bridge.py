"""What holds for the live bridge alone."""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import pytest

from tests.runners.graph import LANDED, Alarm, FixedReader, Land, counting, keyed, landing, message
from yangbeam.core.elements import MessageBatch
from yangbeam.core.errors import ConfigurationError
from yangbeam.core.reader import END, NOTHING, Poll
from yangbeam.runners.bridge import LAG_US, TIMERS_US, Bridge, Event
from yangbeam.runners.direct import StreamCutError, run_live
from yangbeam.transforms.handoff import END_OF_STREAM, Handoff


def test_a_stream_that_is_cut_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bridge, "_finish", lambda self: iter(()))
    with pytest.raises(StreamCutError, match="end token"):
        run_live(counting(landing()), Handoff([FixedReader("a", [1])]))


def test_a_bundle_that_is_retried_gets_the_same_batch() -> None:
    name = landing()
    failed: list[int] = []

    def fail_once(batch: MessageBatch) -> None:
        if batch.ordinal == 1 and not failed:
            failed.append(batch.ordinal)
            raise OSError("transient")

    run_live(counting(name), Handoff([FixedReader("a", [1, 2, 3])], seen=fail_once, credits_=1))
    assert failed == [1]
    assert LANDED[name] == [("a", 0, 1), ("a", 1, 2), ("a", 2, 3), ("end", 6, 60)]


def test_processing_time_passes_every_timer_before_the_run_ends() -> None:
    name = landing()

    def build(pipeline: beam.Pipeline, source: beam.PTransform) -> None:
        _ = pipeline | source | beam.Map(keyed) | beam.ParDo(Alarm(3600)) | beam.ParDo(Land(name))

    run_live(build, Handoff([FixedReader("a", [1])]))
    assert LANDED[name] == ["fired"]


class QuietReader(FixedReader):
    """Gives nothing until its timer has fired."""

    def __init__(self, name: str) -> None:
        super().__init__("quiet", [1])
        self._name = name

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        polled = super().poll(max_bytes, max_wait_s)
        return polled if polled is not END or LANDED[self._name] else NOTHING


def test_a_timer_fires_while_nothing_arrives() -> None:
    name = landing()

    def build(pipeline: beam.Pipeline, source: beam.PTransform) -> None:
        _ = pipeline | source | beam.Map(keyed) | beam.ParDo(Alarm(0.1)) | beam.ParDo(Land(name))

    run_live(build, Handoff([QuietReader(name)]))
    assert LANDED[name][0] == "fired"


class Clock:
    """Tells the times it was given, then the last one for ever."""

    def __init__(self, *times: float) -> None:
        self._times = list(times)

    def __call__(self) -> float:
        return self._times.pop(0) if len(self._times) > 1 else self._times[0]


def events_of(bridge: Bridge, handoff: Handoff) -> Iterator[Event]:
    """Yields the bridge's events as the runner draws them: a token is taken before the next event is asked for."""
    bridge.start()
    for event in bridge.read_multiple([]):
        for element in event.element_event.elements:
            handoff.take(element.encoded_element)
        yield event


def described(event: Event) -> tuple[str, Any]:
    if event.HasField("watermark_event"):
        return "watermark", event.watermark_event.new_watermark
    if event.HasField("processing_time_event"):
        return "time", event.processing_time_event.advance_duration
    (element,) = event.element_event.elements
    return "token", element.encoded_element


def test_the_watermark_trails_the_newest_arrival_and_the_end_comes_behind_all_timers() -> None:
    handoff = Handoff([ArrivedAt(10_000_000), ArrivedAt(9_000_000)])
    seen = [described(event) for event in events_of(Bridge(handoff, Clock(20.0)), handoff)]
    assert seen[0] == ("time", 20_000_000)
    assert seen[-1] == ("token", END_OF_STREAM)
    assert seen[-3:-1] == [("time", TIMERS_US), ("watermark", 20_000_000 + TIMERS_US)]
    assert [value for kind, value in seen[:-3] if kind == "watermark"][-1] == 10_000_000 - LAG_US


class ArrivedAt(FixedReader):
    """Gives one batch whose message arrived then."""

    def __init__(self, arrival_us: int) -> None:
        super().__init__("then", [])
        self._arrival_us: int | None = arrival_us

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        if self._arrival_us is None:
            return END
        arrival_us, self._arrival_us = self._arrival_us, None
        return MessageBatch(messages=[message(1, arrival_us=arrival_us)])


def test_processing_time_never_runs_backward() -> None:
    handoff = Handoff([FixedReader("a", [1, 1, 1])])
    bridge = Bridge(handoff, Clock(20.0, 19.0, 18.0, 21.0))
    steps = [value for kind, value in map(described, events_of(bridge, handoff)) if kind == "time"]
    assert steps[:-1] == [20_000_000, 1_000_000]


def test_while_the_graph_is_busy_the_clock_waits() -> None:
    handoff = Handoff([])
    bridge = Bridge(handoff, Clock(20.0, 21.0, 22.0))
    assert [described(event)[0] for event in bridge._idle()] == ["time", "token", "watermark"]
    assert list(bridge._idle()) == []
    assert handoff.in_flight() == 1


def test_a_second_live_run_in_one_process_is_refused() -> None:
    refused: list[str] = []

    def run_another(_batch: MessageBatch) -> None:
        with pytest.raises(ConfigurationError, match="already runs a live graph") as caught:
            run_live(counting(landing()), Handoff([]))
        refused.append(caught.value.reason)

    run_live(counting(landing()), Handoff([FixedReader("a", [])], seen=run_another))
    assert refused == ["live-run"]
    run_live(counting(landing()), Handoff([]))
