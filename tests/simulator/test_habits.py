"""Each row of the table of habits, as measured on real routers."""

from collections import defaultdict

import pytest

from tests.simulator.receiving import planned
from yangbeam.core.errors import ConfigurationError
from yangbeam.simulator.habits import HABITS, habit_of
from yangbeam.simulator.truth import TruthRecord


def records(habit: str, **options: object) -> list[TruthRecord]:
    """One router's messages, in order."""
    return [delivery.record for delivery in planned(habits=(habit,), routers=1, subscriptions=3, **options)]


def starts(found: list[TruthRecord], *facts: str) -> dict[tuple[object, ...], list[int]]:
    """Message ids grouped by facts."""
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for record in found:
        groups[tuple(getattr(record, fact) for fact in facts)].append(record.message_id)
    return groups


def consecutive(numbers: list[int]) -> bool:
    return numbers == [(numbers[0] + n) % 2**32 for n in range(len(numbers))]


@pytest.mark.parametrize("habit", ["six-wind", "six-wind-2024"])
def test_six_wind_counts_for_the_whole_node_over_one_port_for_each_subscription(habit: str) -> None:
    found = records(habit)
    assert consecutive([record.message_id for record in found])
    assert all(record.sequence_number == record.message_id for record in found)
    assert len(starts(found, "port")) == len(starts(found, "port", "subscription")) == 3
    assert 5 <= found[0].message_id <= 300_000
    assert {record.publisher_id for record in found} == {0}


def test_old_six_wind_announces_under_the_client_id() -> None:
    found = records("six-wind-2024")
    announced = {r.subscription_id for r in found if r.kind in {"subscription-started", "subscription-terminated"}}
    updated = {r.subscription_id for r in found if r.kind.startswith("push")}
    assert announced == {12345678}
    assert updated == {1, 2, 3}
    assert {r.wrapper for r in found} == {"H7"}


def test_cisco_counts_from_zero_on_a_socket_for_each_subscription() -> None:
    found = records("cisco-xr")
    by_port = starts(found, "port")
    assert len(by_port) == len(starts(found, "port", "subscription")) == 3
    assert all(numbers[0] == 0 and consecutive(numbers) for numbers in by_port.values())
    assert all(record.sequence_number == record.message_id for record in found)


@pytest.mark.parametrize("habit", ["huawei-ne", "huawei-ne8000"])
def test_huawei_ne_repeats_message_ids_on_one_port(habit: str) -> None:
    found = records(habit)
    assert len(starts(found, "port")) == 1
    by_subscription = starts(found, "subscription")
    assert len(by_subscription) == 3
    assert all(numbers[0] == 0 and consecutive(numbers) for numbers in by_subscription.values())
    assert all(record.sequence_number == record.message_id for record in found)


def test_huawei_ma5800_announces_from_the_main_card_and_publishes_from_line_cards() -> None:
    found = records("huawei-ma5800")
    main = {r.publisher_id for r in found if r.kind.startswith("subscription")}
    lines = {r.publisher_id for r in found if r.kind.startswith("push")}
    assert main == {3021116856}
    assert lines == {3021116848, 3021116840}
    assert len(starts(found, "port")) == 1
    assert all(numbers[0] == 0 and consecutive(numbers) for numbers in starts(found, "publisher_id").values())
    sequences: dict[tuple[int, int], list[int]] = defaultdict(list)
    for record in found:
        sequences[record.publisher_id, record.subscription].append(record.sequence_number or 0)
    assert all(numbers[0] == 0 and consecutive(numbers) for numbers in sequences.values())


@pytest.mark.parametrize(("habit", "wrapper", "first"), [("arrcus", "H9", 7), ("sysrepo", "H10", 1)])
def test_arrcus_and_sysrepo_send_no_sequence_numbers(habit: str, wrapper: str, first: int) -> None:
    found = records(habit)
    assert {r.sequence_number for r in found} == {None}
    assert {r.wrapper for r in found} == {wrapper}
    assert found[0].message_id == first
    assert len(starts(found, "port")) == 3


def test_the_standard_starts_message_ids_at_random_and_sequence_numbers_at_one() -> None:
    found = records("standard")
    assert consecutive([record.message_id for record in found])
    assert [record.sequence_number for record in found] == list(range(1, len(found) + 1))
    assert found[0].message_id != records("standard", seed=2)[0].message_id


@pytest.mark.parametrize("habit", HABITS)
def test_a_restart_starts_all_counters_anew_and_only_a_fixed_port_survives(habit: str) -> None:
    found = records(habit, restarts=1)
    epochs = {record.message_id_epoch for record in found}
    assert epochs == {0, 1}
    before = {record.port for record in found if record.message_id_epoch == 0}
    after = {record.port for record in found if record.message_id_epoch == 1}
    assert (before == after) == (habit == "huawei-ne")
    first = next(record for record in found if record.message_id_epoch == 1)
    assert (first.kind, first.done) == ("subscription-started", ("restarted",))
    if habit != "standard":
        assert first.message_id == (1 if habit == "sysrepo" else 0)


def test_an_unknown_habit_is_a_configuration_error_that_names_the_known() -> None:
    with pytest.raises(ConfigurationError, match="six-wind"):
        habit_of("seven-wind")
