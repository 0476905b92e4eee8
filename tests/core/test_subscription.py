"""The life of a subscription."""

import pytest

from yangbeam.core.subscription import TRANSITIONS, State, after, ended


def test_every_row_of_the_table_leads_to_known_states() -> None:
    assert {target for row in TRANSITIONS.values() for target in row.values()} <= set(State)


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["subscription-started", "push-update"], State.ACTIVE),
        (["push-update"], State.UNKNOWN),
        (["subscription-started", "subscription-suspended", "subscription-modified"], State.SUSPENDED),
        (["subscription-started", "subscription-suspended", "subscription-resumed"], State.ACTIVE),
        (["subscription-started", "subscription-completed"], State.COMPLETED),
        (["subscription-started", "subscription-terminated", "push-update"], State.TERMINATED),
        (["subscription-terminated", "subscription-started"], State.ACTIVE),
        (["subscription-modified"], State.ACTIVE),
        (["subscription-started", "replay-completed"], State.ACTIVE),
        (["subscription-started", "ietf-netconf-notifications:netconf-config-change"], State.ACTIVE),
    ],
)
def test_a_life_ends_in_the_expected_state(kinds: list[str], expected: State) -> None:
    state = State.UNKNOWN
    for kind in kinds:
        state = after(state, kind)
    assert state is expected


def test_only_completed_and_terminated_end_it() -> None:
    assert [state for state in State if ended(state)] == [State.COMPLETED, State.TERMINATED]
