"""Dead letters are grouped by what mends them, under bounded names."""

from typing import Any

import pytest

from yangbeam.core.cause_table import CAUSES
from yangbeam.core.dead_groups import MAX_SHOWN, OTHER, Group, Groups, count_dead, groups_in, path_pattern
from yangbeam.core.elements import DeadLetter
from yangbeam.core.ledger import Tallies

WHERE = ("192.0.2.1", 1, 7, 0)
IF = "/ietf-interfaces:interfaces/interface"


def letter(reason: str = "module-missing", **more: Any) -> DeadLetter:
    fault = CAUSES[reason].fault if reason in CAUSES else "device"
    return DeadLetter(**{"stage": "s", "reason": reason, "fault": fault, "detail": "", "exporter": "192.0.2.1"}
                      | {"port": 1, "arrival_us": 0, "original": b""} | more)  # fmt: skip


def counted(*letters: DeadLetter) -> dict[str, int]:
    tallies = Tallies("s")
    for one in letters:
        count_dead(one, tallies, WHERE)
    return tallies.at(*WHERE)


def test_the_same_module_missing_in_many_instances_is_one_group_with_its_cure() -> None:
    many = [letter(module="acme-b", path=f"{IF}[name='eth0/{n}']/acme-b:leaf-{n % 2}") for n in range(68)]
    counts = counted(*many, letter("not-json"))
    assert counts == {
        "dead:module-missing": 68,
        f"why:module-missing|configuration|acme-b|{IF}": 68,
        "dead:not-json": 1,
        "died:s": 69,
    }
    (first, second) = groups_in(counts).items()
    assert first == (Group("module-missing", "configuration", "acme-b", IF), 68)
    assert first[0].what() == f"module acme-b is not there (augments {IF})"
    assert first[0].cure() == "add it to --yang DIR"
    assert second == (Group("not-json", "device"), 1)
    assert second[0].what() == "the payload is no JSON"


def test_several_missing_modules_are_one_group_that_names_them_and_its_cure() -> None:
    counts = counted(letter(module="acme-b", also=("acme-a", "acme-c")))
    (group,) = groups_in(counts)
    assert group.modules == ["acme-b", "acme-a", "acme-c"]
    assert group.what() == "modules acme-b, acme-a and acme-c are not there"
    assert group.cure() == "add them to --yang DIR"


def test_a_group_names_a_bounded_number_of_modules_and_says_how_many_more() -> None:
    also = (*(f"m{number}" for number in range(2, 12)), "no|module", "n o")
    (group,) = groups_in(counted(letter(module="m1", also=also)))
    assert group == Group("module-missing", "configuration", "m1,m2,m3,m4,m5,m6,m7,m8,+3")
    assert group.what() == "modules m1, m2, m3, m4, m5, m6, m7, m8 and 3 more are not there"


def test_what_is_known_of_some_letters_only_leaves_the_others_in_a_group_of_their_cause() -> None:
    counts = counted(letter("invalid-contents", path="/a:b/c"), letter("invalid-contents"), letter("invalid-contents"))
    assert groups_in(counts) == {
        Group("invalid-contents", "device"): 2,
        Group("invalid-contents", "device", "", "/a:b/c"): 1,
    }


def test_a_fault_that_is_not_the_causes_own_is_a_group_of_its_own() -> None:
    counts = counted(letter("incomplete"), letter("incomplete", fault="device"))
    assert groups_in(counts) == {Group("incomplete", "device"): 1, Group("incomplete", "environment"): 1}


def test_groups_of_a_cause_are_bounded_and_what_is_beyond_counts_under_the_cause() -> None:
    groups = Groups(limit=3)
    found = [groups.of(letter("unknown-node", path=f"/a:b/n{number}")) for number in range(100)]
    assert [group is not None for group in found] == [True] * 3 + [False] * 97
    assert groups.of(letter("unknown-node", path="/a:b/n1")) == found[1]
    assert groups.of(letter("unknown-sid", path="/a:b")) is not None


def test_a_report_lists_the_most_frequent_and_sums_the_rest() -> None:
    counts = {f"dead:cause-{number}": number for number in range(1, 101)}
    found = groups_in(counts)
    assert len(found) == MAX_SHOWN
    assert next(iter(found.values())) == 100
    assert found[Group(OTHER, "")] == sum(range(1, 82))
    assert sum(found.values()) == sum(counts.values())
    assert (Group(OTHER, "").what(), Group(OTHER, "").cure()) == ("the rest", "")


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("", ""),
        ("/", ""),
        ('/a:b[k="]\'"]/c[1]', "/a:b/c"),
        ("/a:b/\x1b[31m", ""),
        ("/a:b|c", ""),
        ("/a:b/" + "/".join(["step"] * 100), "/a:b" + "/step" * 31),
        ("/a:" + "x" * 5_000, ""),
    ],
)
def test_a_pattern_has_names_of_nodes_alone_and_a_length(path: str, pattern: str) -> None:
    assert path_pattern(path) == pattern


def test_a_module_that_is_no_name_is_not_counted_by_it() -> None:
    assert counted(letter(module="a|b\n")) == {"dead:module-missing": 1, "died:s": 1}


def test_dead_letters_of_sinks_and_of_earlier_releases_are_grouped_too() -> None:
    counts = {"dead:schema-not-to-be-had": 2, "dead:schema-timeout": 1, "dead-at:tables:unmappable": 4}
    assert {group.cause: count for group, count in groups_in(counts).items()} == {"unmappable": 4, "schema-timeout": 3}
