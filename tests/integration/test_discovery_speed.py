"""What a node's schema costs: each module is asked for once, and a thousand nodes of its release ask for nothing more.

How long it takes is printed below the results, and measured by ``./dev bench discovery``: no verdict depends on it.
"""

import pytest

from benchmarks.discovery import measured

pytestmark = pytest.mark.integration


def test_six_hundred_modules_are_asked_for_once_for_a_thousand_nodes(notes: list[str]) -> None:
    found = measured(600, 1000)
    assert (found.modules, found.nodes, found.asked) == (600, 1000, 600), found
    notes.append(
        f"600 modules at a tenth of a second each: {found.first_s:.1f} s; for 999 nodes more {found.others_s:.1f} s, "
        f"for a later process {found.again_s:.1f} s"
    )
