from collections import Counter, defaultdict

import pytest

from tests.simulator.receiving import collected, planned
from yangbeam.core.notification.decode import decode
from yangbeam.simulator.habits import HABITS
from yangbeam.simulator.truth import TruthRecord, expected_loss, expected_numbers
from yangbeam.simulator.wrappers import WRAPPERS

EVERYTHING = {
    "messages": 400,
    "subscriptions": 4,
    "loss": 0.1,
    "incomplete": 0.05,
    "corrupt": 0.1,
    "duplicate": 0.1,
    "reorder": 0.1,
    "invalid": 0.1,
    "restarts": 2,
    "schema_changes": 1,
    "suspensions": 2,
}
FITTING = [
    (name, encoding)
    for name, wrapper in WRAPPERS.items()
    for encoding in (("xml",) if wrapper.xml else ("json", "cbor"))
]


def test_the_same_seed_gives_the_same_datagrams_and_truth() -> None:
    assert planned(**EVERYTHING) == planned(**EVERYTHING)


def test_another_seed_gives_other_datagrams() -> None:
    assert planned(**EVERYTHING) != planned(**EVERYTHING, seed=2)


def test_a_router_publishes_the_same_whatever_others_do() -> None:
    alone = [d for d in planned(messages=30, routers=3, rate=30.0, loss=0.2) if d.record.router == 0]
    beside = [d for d in planned(messages=60, routers=6, rate=60.0, loss=0.2) if d.record.router == 0]
    assert [d.record.done for d in alone] == [d.record.done for d in beside]
    assert [d.record.message_id for d in alone] == [d.record.message_id for d in beside]


@pytest.mark.parametrize(("wrapper", "encoding"), FITTING)
def test_every_wrapper_and_encoding_decodes_to_what_the_truth_says(wrapper: str, encoding: str) -> None:
    deliveries = planned(wrapper=wrapper, encoding=encoding, subscriptions=4, suspensions=2, schema_changes=1)
    messages, refused = collected(deliveries)
    assert refused == []
    assert len(messages) == len(deliveries)
    for message, delivery in zip(messages, deliveries, strict=True):
        seen, record = decode(message), delivery.record
        assert seen.wrapper.rpartition("/")[2] == wrapper
        assert (seen.kind, seen.subscription_id) == (record.kind, record.subscription_id)
        assert seen.sequence_number == record.sequence_number
        assert (message.publisher_id, message.message_id) == (record.publisher_id, record.message_id)
        if WRAPPERS[wrapper].node:
            assert seen.node == record.node


@pytest.mark.parametrize("encoding", ["json", "xml", "cbor"])
def test_every_encoding_of_an_announcement_carries_the_same_terms(encoding: str) -> None:
    deliveries = planned(encoding=encoding, subscriptions=4, messages=0, rate=1.0, duration_s=0, routers=1)
    announced = [decode(message) for message in collected(deliveries)[0]][:4]
    terms = [notification.terms for notification in announced]
    assert all(found is not None for found in terms)
    assert [found.on_change for found in terms if found] == [False, True, False, True]
    assert terms[0].xpath_filter == "/ietf-interfaces:interfaces/interface"  # type: ignore[union-attr]
    assert [name for name, _, _ in terms[2].modules] == ["ietf-hardware", "iana-hardware"]  # type: ignore[union-attr]
    assert all(found.content_id for found in terms if found)


@pytest.mark.parametrize("habit", HABITS)
def test_segments_of_every_habit_are_put_together_again(habit: str) -> None:
    deliveries = planned(habits=(habit,), interfaces=20)
    messages, refused = collected(deliveries)
    assert refused == []
    assert [len(message.payload) for message in messages] == [delivery.record.octets for delivery in deliveries]
    assert max(delivery.record.segments for delivery in deliveries) > 5


def test_what_a_receiver_gets_is_what_the_truth_says_was_sent() -> None:
    deliveries = planned(**EVERYTHING)
    messages, _ = collected(deliveries)
    got = Counter((m.exporter, m.port, m.publisher_id, m.message_id, len(m.payload)) for m in messages)
    meant: Counter[tuple[str, int, int, int, int]] = Counter()
    for record in (delivery.record for delivery in deliveries):
        broken = {"lost", "incomplete", "corrupt-header"} & set(record.done)
        copies = 0 if broken else 2 if "duplicate" in record.done and record.segments == 1 else 1
        meant[record.exporter, record.port, record.publisher_id, record.message_id, record.octets] += copies
    assert got - meant == Counter()
    assert meant - got == Counter()
    assert all(delivery.record.sent == len(delivery.datagrams) for delivery in deliveries)


def test_a_damaged_payload_is_no_notification_and_all_others_are() -> None:
    deliveries = [d for d in planned(**EVERYTHING) if d.datagrams]
    for delivery in deliveries:
        messages, _ = collected([delivery])
        for message in messages[:1]:
            try:
                decode(message)
                readable = True
            except Exception:  # noqa: BLE001  which error it is, is the decoder's own test
                readable = False
            assert readable == ("corrupt-payload" not in delivery.record.done)


def test_every_message_comes_once_and_each_fault_is_met() -> None:
    deliveries = planned(**EVERYTHING)
    ordinals: dict[int, list[int]] = defaultdict(list)
    for delivery in deliveries:
        ordinals[delivery.record.router].append(delivery.record.ordinal)
    assert all(sorted(numbers) == list(range(len(numbers))) for numbers in ordinals.values())
    done = {what for delivery in deliveries for what in delivery.record.done}
    assert done >= {
        "lost",
        "incomplete",
        "corrupt-header",
        "corrupt-payload",
        "duplicate",
        "reordered",
        "restarted",
        "schema-changed",
        "invalid-number",
        "invalid-leaf",
        "invalid-enum",
    }


def test_reordered_messages_stand_behind_later_ones_and_no_others_do() -> None:
    latest = -1
    for record in (delivery.record for delivery in planned(routers=1, messages=300, reorder=0.2)):
        assert ("reordered" in record.done) == (record.ordinal < latest)
        latest = max(latest, record.ordinal)


def test_state_notifications_are_spared_unless_told_otherwise() -> None:
    def injured(**more: object) -> set[str]:
        deliveries = planned(loss=0.5, subscriptions=4, routers=6, **more)
        return {delivery.record.kind for delivery in deliveries if not delivery.record.received}

    assert injured() == {"push-update", "push-change-update"}
    assert injured(injure_state=True) >= {"subscription-started", "subscription-terminated"}


def test_without_announcements_only_updates_are_sent() -> None:
    kinds = {delivery.record.kind for delivery in planned(announce=False)}
    assert kinds == {"push-update", "push-change-update"}


def test_a_suspended_subscription_is_silent_until_it_resumes() -> None:
    silent: set[int] = set()
    seen = 0
    for record in (delivery.record for delivery in planned(routers=1, messages=100, suspensions=4, subscriptions=3)):
        if record.kind == "subscription-suspended":
            silent.add(record.subscription)
            seen += 1
        elif record.kind == "subscription-resumed":
            silent.remove(record.subscription)
        elif record.kind != "subscription-terminated":
            assert record.subscription not in silent
    assert seen >= 2


def test_a_schema_change_names_another_library_and_on_demand_another_revision() -> None:
    deliveries = planned(routers=1, schema_changes=1, new_revision="2030-01-01")
    notes = [decode(message) for message in collected(deliveries)[0]]
    terms = {note.kind: note.terms for note in notes if note.terms}
    before, after = terms["subscription-started"], terms["subscription-modified"]
    assert before.content_id != after.content_id
    assert after.modules[0][:2] == ("ietf-interfaces", "2030-01-01")


def brute_force(records: list[TruthRecord]) -> int:
    """Lost numbers of both counters that stand between received ones, by looking at every pair of messages."""
    found = 0
    for counter, breaking in (
        ("message_id", {"lost", "incomplete", "corrupt-header"}),
        ("sequence", {"lost", "incomplete", "corrupt-header", "corrupt-payload"}),
    ):

        def stream(record: TruthRecord, counter: str = counter) -> tuple[str, str, int]:
            return record.exporter, getattr(record, f"{counter}_key"), getattr(record, f"{counter}_epoch")

        counted = [r for r in records if counter == "message_id" or r.sequence_number is not None]
        whole = [r for r in counted if not breaking & set(r.done)]
        for record in counted:
            if breaking & set(record.done):
                same = [r for r in whole if stream(r) == stream(record)]
                before = any(r.ordinal < record.ordinal for r in same)
                after = any(r.ordinal > record.ordinal for r in same)
                found += before and after
    return found


@pytest.mark.parametrize("habit", HABITS)
def test_expected_loss_counts_what_stands_between_received_messages(habit: str) -> None:
    records = [delivery.record for delivery in planned(**EVERYTHING, habits=(habit,), announce=False, routers=2)]
    losses = expected_loss(records)
    assert sum(loss.count for loss in losses) == brute_force(records) > 0
    assert all((loss.last - loss.first) % 2**32 == loss.count - 1 for loss in losses)


def test_losses_at_either_end_of_an_epoch_cannot_be_known() -> None:
    records = [delivery.record for delivery in planned(announce=False, loss=1.0)]
    assert expected_loss(records) == []


def test_the_causes_of_a_loss_can_be_chosen() -> None:
    records = [delivery.record for delivery in planned(messages=300, corrupt=0.3)]
    both = expected_loss(records)
    payload_only = expected_loss(records, ["corrupt-payload"])
    assert {loss.counter for loss in both} == {"transport", "notification"}
    assert {loss.counter for loss in payload_only} == {"notification"}


def test_numbers_wrap_to_zero() -> None:
    records = [d.record for d in planned(routers=1, habits=("six-wind",), first_number=2**32 - 10, loss=0.3)]
    numbers = [record.message_id for record in sorted(records, key=lambda record: record.ordinal)]
    assert numbers == [(2**32 - 10 + n) % 2**32 for n in range(len(numbers))]
    assert sum(loss.count for loss in expected_loss(records) if loss.counter == "transport") > 5


def test_what_arrived_and_could_not_be_read_is_missing_and_not_known_to_be_lost() -> None:
    records = [delivery.record for delivery in planned(messages=300, corrupt=0.2, loss=0.05)]
    found = expected_numbers(records)
    unreadable = sum("corrupt-payload" in record.done for record in records)
    assert found.arrived.total() == unreadable > 0
    assert found.known <= found.missing
    assert found.arrived <= found.missing
    assert sum(loss.count for loss in expected_loss(records)) - unreadable <= found.known.total()
