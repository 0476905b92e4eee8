"""Real routers: captures as they are show no loss; with datagrams or messages taken out, exactly what can be known."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.core.loss.prove import confirmed
from tests.shared_data import shared
from yangbeam.core.elements import Control, EndOfInput, LossEvent, MessageBatch, NotificationBatch
from yangbeam.core.ledger import Tallies
from yangbeam.core.loss.detector import Detector
from yangbeam.core.loss.facts import Facts, facts_of
from yangbeam.core.notification.decode import decode
from yangbeam.io.capture_files import CaptureReader

Counters = Callable[[Facts], tuple[object, object]]

# What counts together, by hand: (transport, notification).
SCOPES: dict[str, Counters] = {
    "ipf-zbl1243-r-daisy-21-yangpush-20241102-1030": lambda one: (one.subscription_id, one.subscription_id),
    "n7-sa1_yang-push": lambda one: (one.port, one.port),
    "6wind-vsr-yang-push-20250304-0811-receiver-json": lambda one: (0, 0),
    "huawei-MA5800T-X17-yang-push-20250306-1330-receiver": lambda one: (
        one.publisher_id,
        (one.publisher_id, one.subscription_id),
    ),
}


def read(path: Path) -> list[NotificationBatch]:
    reader = CaptureReader([path])
    batches = []
    while isinstance(batch := reader.poll(1 << 20, 0.0), MessageBatch):
        decoded = [decode(message) for message in batch.messages]
        batches.append(NotificationBatch(notifications=decoded, controls=batch.controls))
    return batches


def facts_and_controls(path: Path) -> list[tuple[list[Facts], list[Control]]]:
    return [(facts_of(batch).facts, batch.controls) for batch in read(path)]


def events_of(batches: list[tuple[list[Facts], list[Control]]]) -> list[LossEvent]:
    detector = Detector()
    return [event for facts, controls in batches for event in detector.observe(facts, controls, Tallies("loss"))]


def of_messages(facts: list[Facts]) -> list[LossEvent]:
    return events_of([(facts, [EndOfInput(len(facts), 0)])])


def detectable(facts: list[Facts], received: set[int], counters: Counters) -> dict[str, Counter[int]]:
    """The truth: of each counter and epoch, what is missing between two that came."""
    lost: dict[str, Counter[int]] = {"transport": Counter(), "notification": Counter()}
    for which, name in enumerate(lost):
        runs: dict[object, list[list[tuple[int, bool]]]] = {}
        for index, one in enumerate(facts):
            number = one.sequence_number if which else one.message_id
            assert number is not None
            epochs = runs.setdefault(counters(one)[which], [[]])
            if epochs[-1] and number <= epochs[-1][-1][0]:
                epochs.append([])
            epochs[-1].append((number, index in received))
        for epochs in runs.values():
            for epoch in epochs:
                came = [place for place, (_, here) in enumerate(epoch) if here]
                if came:
                    lost[name].update(number for number, here in epoch[came[0] : came[-1]] if not here)
    return lost


@pytest.mark.parametrize("name", SCOPES)
def test_a_capture_as_it_is_shows_no_loss_on_either_counter(name: str) -> None:
    batches = facts_and_controls(shared(f"captures/{name}") / "capture.pcap")
    assert sum(len(facts) for facts, _ in batches) > 3
    assert [event for event in events_of(batches) if event.counter not in ("lifecycle", "freshness")] == []


@pytest.mark.parametrize("name", SCOPES)
def test_swapped_and_repeated_messages_are_no_loss(name: str) -> None:
    facts = [one for some, _ in facts_and_controls(shared(f"captures/{name}") / "capture.pcap") for one in some]
    swapped = [facts[place ^ 1] if place ^ 1 < len(facts) else facts[place] for place in range(len(facts))]
    twice = [one for one in facts for _ in range(2)]
    for mutated in (swapped, twice):
        assert confirmed(of_messages(mutated)) == {"transport": Counter(), "notification": Counter()}


@pytest.mark.parametrize("name", SCOPES)
@pytest.mark.parametrize("every", [4, 8, 10])
def test_of_messages_removed_by_rule_exactly_the_detectable_are_found(name: str, every: int) -> None:
    facts = [one for some, _ in facts_and_controls(shared(f"captures/{name}") / "capture.pcap") for one in some]
    stay = {index for index in range(len(facts)) if index % every != every // 2}
    found = confirmed(of_messages([one for index, one in enumerate(facts) if index in stay]))
    assert found == detectable(facts, stay, SCOPES[name])


@pytest.mark.parametrize("name", SCOPES)
@pytest.mark.parametrize("every", range(2, 11))
def test_whatever_is_removed_no_loss_is_made_up(name: str, every: int) -> None:
    # Where just the messages are removed that tell one scope from another, what they leave open is not reported.
    facts = [one for some, _ in facts_and_controls(shared(f"captures/{name}") / "capture.pcap") for one in some]
    for first in range(every):
        stay = {index for index in range(len(facts)) if index % every != first}
        found = confirmed(of_messages([one for index, one in enumerate(facts) if index in stay]))
        truth = detectable(facts, stay, SCOPES[name])
        assert all(found[name] <= truth[name] for name in found)


@pytest.mark.parametrize("name", SCOPES)
def test_of_datagrams_removed_at_random_the_missing_and_incomplete_messages_are_found(
    name: str, tmp_path: Path
) -> None:
    path = shared(f"captures/{name}") / "capture.pcap"
    facts = [one for some, _ in facts_and_controls(path) for one in some]
    thinned = tmp_path / "thinned.pcap"
    thinned.write_bytes(without(path.read_bytes(), Random(7), share=0.03))
    batches = facts_and_controls(thinned)
    came = [one for some, _ in batches for one in some]
    events = events_of(batches)
    received = _places(facts, came)
    assert confirmed(events) == detectable(facts, received, SCOPES[name])


def _places(facts: list[Facts], came: list[Facts]) -> set[int]:
    places: set[int] = set()
    at = 0
    for one in came:
        at = next(place for place in range(len(facts)) if place not in places and _same(facts[place], one))
        places.add(at)
    return places


def _same(one: Facts, other: Facts) -> bool:
    return (one.arrival_us, one.port, one.publisher_id, one.subscription_id, one.message_id) == (
        other.arrival_us,
        other.port,
        other.publisher_id,
        other.subscription_id,
        other.message_id,
    )


def without(capture: bytes, rng: Random, share: float) -> bytes:
    """A classic pcap without a share of its packets."""
    order = "little" if capture[:4] == b"\xd4\xc3\xb2\xa1" else "big"
    kept, at = [capture[:24]], 24
    while at < len(capture):
        end = at + 16 + int.from_bytes(capture[at + 8 : at + 12], order)
        if rng.random() >= share:
            kept.append(capture[at:end])
        at = end
    return b"".join(kept)
