"""How long it takes until a node's schema is there, and that a thousand nodes of its release cost nothing more."""

import pytest

from benchmarks.discovery import measured

pytestmark = pytest.mark.integration


def test_six_hundred_modules_at_a_tenth_of_a_second_each_come_in_twenty_seconds_and_once() -> None:
    found = measured(600, 1000)
    assert found.first_s <= 20, found
    assert found.asked == 600, found
    assert found.others_s <= 5, found
    assert found.again_s <= 5, found
