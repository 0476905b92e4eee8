"""What is counted of nodes set aside, and which originals are kept: bounded, by schema path, outside the balance."""

import pytest

from tests.builders import ARRIVAL_US, notification
from yangbeam.core import set_aside
from yangbeam.core.dead_groups import Groups
from yangbeam.core.ledger import Tallies
from yangbeam.core.set_aside import (
    FIRST,
    HOUR_US,
    MAX_KNOWN,
    MAX_PLACES,
    Originals,
    count_findings,
    groups_of_nodes,
    keep_original,
)
from yangbeam.core.yang.mending.findings import HABIT, UNKNOWN, Finding


@pytest.fixture(autouse=True)
def _counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests of this process counted takes no room."""
    monkeypatch.setattr(set_aside, "_NAMES", {})
    monkeypatch.setattr(set_aside, "_GROUPS", Groups(MAX_PLACES))


WHERE = ("192.0.2.1", 1, 7, ARRIVAL_US)


def unknown(place: str = "/a:b/acme:x", module: str = "acme", path: str = "") -> Finding:
    return Finding(UNKNOWN, "module-missing", path or place, place, module, f"module {module} is not there")


def counted(*findings: Finding) -> dict[str, int]:
    tallies = Tallies("validate")
    count_findings(findings, tallies, WHERE)
    (tally,) = tallies.delta(shard=0, source="s", ordinal=0).tallies
    return tally.counts


def test_a_message_counts_once_and_its_nodes_by_schema_path() -> None:
    found = [unknown(path="/a:b[k='1']/acme:x"), unknown(path="/a:b[k='2']/acme:x"), Finding(HABIT, "h", "/a", "/a")]
    assert counted(*found) == {"pruned": 1, "aside:module-missing|configuration|acme|/a:b/acme:x": 2, "habit:h": 1}


def test_habits_count_by_vendor_of_which_a_bounded_number_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_aside, "_VENDORS", set())
    found = Finding(HABIT, "h", "/a", "/a")
    for number in range(set_aside.MAX_VENDORS + 3):
        tallies = Tallies("validate")
        set_aside.count_findings([found, found], tallies, WHERE, f"v{number}")
        named = f"habit:h|v{number}" if number < set_aside.MAX_VENDORS else "habit:h"
        assert tallies.at(*WHERE) == {"normalised": 1, named: 2}


def test_habits_and_what_was_set_aside_of_one_place_count_apart() -> None:
    found = [Finding(HABIT, "h", "", "/a:b"), Finding(UNKNOWN, "unknown-node", "", "/a:b", "a")] * 2
    assert counted(*found) == {"pruned": 1, "habit:h": 2, "aside:unknown-node|configuration|a|/a:b": 2}


def test_a_message_of_habits_alone_is_no_pruned_one() -> None:
    assert counted(Finding(HABIT, "h", "/a", "/a")) == {"normalised": 1, "habit:h": 1}


@pytest.mark.parametrize("odd", ["/a:b/bad name", "/a|b", "/a:b/\n"])
def test_names_that_no_node_has_count_under_their_cause_alone(odd: str) -> None:
    assert counted(unknown(odd, "no module")) == {"pruned": 1, "aside:module-missing|configuration||": 1}


def test_a_process_counts_a_bounded_number_of_places_apart() -> None:
    found = counted(*(unknown(f"/a:b/x{number}:y", f"x{number}") for number in range(1_000)))
    assert len(found) <= MAX_PLACES + 2
    assert sum(groups_of_nodes(found).values()) == 1_000


def test_a_report_shows_the_most_frequent_and_sums_the_rest() -> None:
    counts = {f"aside:module-missing|configuration|m{number}|/m{number}:a": number for number in range(1, 41)}
    shown = groups_of_nodes(counts)
    assert len(shown) == 21
    assert sum(shown.values()) == sum(counts.values())
    assert next(iter(shown)).module == "m40"


def test_the_first_originals_of_a_subscription_path_and_hour_are_kept() -> None:
    originals, found = Originals(), [unknown()]
    sent = [notification(b"{}", of={"message_id": number}) for number in range(10)]
    assert sum(originals.of(each, found, "sample") is not None for each in sent) == FIRST
    assert sum(originals.of(each, found, "sample") is not None for each in sent) == FIRST  # a bundle tried again
    first = sent[0]
    others = [
        notification(b"{}", subscription_id=1),
        notification(b"{}", of={"arrival_us": ARRIVAL_US + HOUR_US}),
        notification(b"{}", of={"exporter": "192.0.2.99"}),
    ]
    assert all(originals.of(other, found, "sample") is not None for other in others)
    assert originals.of(first, [unknown("/a:c/acme:y")], "sample") is not None


def test_all_or_no_originals_are_kept_where_that_is_configured() -> None:
    originals = Originals()
    assert all(originals.of(notification(), [unknown()], "all") is not None for _ in range(10))
    assert originals.of(notification(), [unknown()], "none") is None
    assert originals.of(notification(), [Finding(HABIT, "h", "/a", "/a")], "all") is None


def test_what_is_remembered_of_originals_is_bounded() -> None:
    originals = Originals()
    for number in range(MAX_KNOWN + 10):
        originals.of(notification(subscription_id=number), [unknown()], "sample")
    assert len(originals._known) <= MAX_KNOWN


def test_an_original_says_what_was_set_aside_of_it_and_has_its_own_line() -> None:
    tallies = Tallies("validate")
    sent = notification(b'{"a":1}')
    found = [unknown(f"/a:b/acme:x{number}") for number in range(10)]
    letter = keep_original(sent, found, "all", tallies, WHERE)
    assert letter is not None
    assert (letter.reason, letter.fault, letter.original, letter.module) == (
        "pruned",
        "configuration",
        b'{"a":1}',
        "acme",
    )
    assert letter.detail.startswith("set aside: /a:b/acme:x0: module acme is not there; ")
    assert letter.detail.endswith(" and 2 more")
    (tally,) = tallies.delta(shard=0, source="s", ordinal=0).tallies
    assert tally.counts == {"originals": 1}
