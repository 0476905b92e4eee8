"""The profile ``full`` with ``invalid = "prune"``: what a broken rule takes along, in nested lists, to a fixpoint."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.core.judging.modules import Sent, in_json, judged
from tests.core.yang.schemas import loaded, notification_set
from yangbeam.core.policy import Policy
from yangbeam.core.second_look import MAX_ALIKE, MAX_ROUNDS
from yangbeam.core.yang.engine import Choice
from yangbeam.core.yang.schema import Schema
from yangbeam.io.yang_directories import bundled

RULES = """module f { yang-version 1.1; namespace "urn:f"; prefix f; revision 2026-01-01;
container c {
  list a { key k; unique v; leaf k { type string; } leaf m { mandatory true; type int32; } leaf v { type int32; }
    list b { key k; min-elements 1; leaf k { type string; } leaf m { mandatory true; type int32; }
      leaf-list e { type int32; min-elements 1; } } }
  list r { key k; leaf k { type string; } leaf to { type leafref { path "../../a/k"; } }
    leaf x { type int32; must ". > 3"; } leaf y { when "../x > 10"; type int32; }
    container p { presence p; leaf q { mandatory true; type int32; } leaf z { type int32; } } }
  container p { presence p; must "count(../a) >= 1"; leaf q { type int32; } }
  list n { config false; leaf q { type int32; mandatory true; } leaf z { type int32; } }
  leaf alone { type int32; must "../a"; }
  leaf-list refs { type leafref { path "../a/k"; } }
  container np { leaf m { type int32; mandatory true; } leaf z { type int32; } } }
container d { list o { key k; leaf k { type string; }
  list i { key k; leaf k { type string; } leaf to { type leafref { path "/c/a/k"; } } leaf v { type int32; } } } } }"""
FULL = Policy(invalid="prune", choice=Choice("full"))
E = [1]
B = [{"k": "x", "m": 1, "e": E}]
ONE = {"k": "1", "m": 1, "v": 1, "b": B}
NP = {"np": {"m": 1}}


@pytest.fixture(scope="module")
def rules(module_cache: Path) -> Iterator[Schema]:
    with loaded(notification_set(bundled() | {"f@2026-01-01.yang": RULES}, "f"), module_cache) as schema:
        yield schema


def sent(schema: Schema, policy: Policy = FULL, others: Any = None, **members: Any) -> Sent:
    contents = {"f:c": {"a": [ONE], **NP, **members}} | (others or {})
    return judged(in_json(orjson.dumps(contents).decode()), schema, policy)


def two(**members: Any) -> dict[str, Any]:
    return {"k": "2", "m": 1, "b": B, **members}


def inner(**members: Any) -> dict[str, Any]:
    return {"k": "x", "m": 1, "e": E, **members}


OTHER_B = {"k": "y", "m": 1, "e": E}


@pytest.mark.parametrize(
    ("members", "left"),
    [
        ({"a": [ONE, two(m="bad")]}, {}),  # mandatory
        ({"a": [ONE, two(b=[inner(m="bad")])]}, {}),  # mandatory below, and min-elements around it
        ({"a": [ONE, two(b=[inner(m="bad"), OTHER_B])]}, {"a": [ONE, two(b=[OTHER_B])]}),
        ({"a": [ONE, two(b=[inner(e=["bad"]), OTHER_B])]}, {"a": [ONE, two(b=[OTHER_B])]}),  # min-elements
        ({"a": [ONE, two(b=[inner(e=["bad"])])]}, {}),  # and of the list around it
        ({"a": [ONE, two(v=1)]}, {}),  # unique
        ({"r": [{"k": "r", "x": 1}, {"k": "s", "x": 5}]}, {"r": [{"k": "s", "x": 5}]}),  # must
        ({"r": [{"k": "r", "x": "bad", "y": 1}, {"k": "s", "x": 15, "y": 1}]}, {"r": [{"k": "s", "x": 15, "y": 1}]}),
        ({"r": [{"k": "r", "to": "2"}, {"k": "s", "to": "1"}]}, {"r": [{"k": "s", "to": "1"}]}),  # leafref
        ({"a": [ONE, two(m="bad")], "r": [{"k": "r", "to": "2"}, {"k": "s"}]}, {"r": [{"k": "s"}]}),  # to what is gone
        ({"r": [{"k": "r", "p": {"q": "bad", "z": 1}}]}, {"r": [{"k": "r"}]}),  # in a presence container
        ({"n": [{"q": "bad", "z": 1}, {"q": 1, "z": 2}, {"q": "x", "z": 3}]}, {"n": [{"q": 1, "z": 2}]}),  # no keys
        ({"refs": ["1", "2"]}, {"refs": ["1"]}),  # nothing encloses it
    ],
)
def test_a_broken_rule_takes_the_smallest_entry_or_presence_container_along(
    rules: Schema, members: dict[str, Any], left: dict[str, Any]
) -> None:
    found = sent(rules, **members)
    assert (found.verdict, found.contents) == ("pruned", {"f:c": {"a": [ONE], **NP, **left}}), found.why
    assert sent(rules, Policy(choice=Choice("full")), **members).verdict == "refused"


def test_what_rests_on_an_entry_that_goes_goes_with_it_in_other_trees_too(rules: Schema) -> None:
    others = {"f:d": {"o": [{"k": "o", "i": [{"k": "i", "to": "2"}, {"k": "j", "to": "1", "v": 3}]}]}}
    found = sent(rules, others=others, a=[ONE, two(m="bad")], r=[{"k": "r", "to": "2"}], refs=["2", "1"])
    assert found.contents["f:c"] == {"a": [ONE], **NP, "refs": ["1"]}
    assert found.contents["f:d"] == {"o": [{"k": "o", "i": [{"k": "j", "to": "1", "v": 3}]}]}


def test_rules_over_the_whole_list_fall_when_its_last_entry_goes(rules: Schema) -> None:
    found = sent(rules, a=[two(m="bad")], p={"q": 1}, alone=1, np={"m": 1, "z": 2})
    assert found.contents == {"f:c": {"np": {"m": 1, "z": 2}}}
    assert {"/f:c/p", "/f:c/alone"} <= set(found.paths)


@pytest.mark.parametrize("members", [{"np": {"m": "bad", "z": 1}}, {"np": {"z": 1}}])
def test_a_rule_that_no_node_is_around_costs_its_message(rules: Schema, members: dict[str, Any]) -> None:
    assert "np/m" in sent(rules, **members).why


def test_a_message_of_ancestors_and_keys_alone_dies(rules: Schema) -> None:
    contents = {"f:d": {"o": [{"k": "o", "i": [{"k": "i", "to": "9"}]}]}}
    found = judged(in_json(orjson.dumps(contents | {"f:c": NP}).decode()), rules, FULL)
    assert found.contents["f:c"] == NP  # a value is left
    assert judged(in_json(orjson.dumps(contents).decode()), rules, FULL).verdict == "refused"


def test_entries_that_lack_the_same_node_go_together_and_other_rules_one_by_one(rules: Schema) -> None:
    many = [ONE, *(two(k=f"e{at}", m="bad") for at in range(MAX_ROUNDS + 5))]
    assert len(many) < MAX_ALIKE
    assert sent(rules, a=many).contents == {"f:c": {"a": [ONE], **NP}}
    dangling = [{"k": str(at), "to": "9"} for at in range(MAX_ROUNDS + 5)]
    assert f"more than {MAX_ROUNDS}" in sent(rules, r=dangling).why
    assert sent(rules, r=dangling[: MAX_ROUNDS - 1]).verdict == "pruned"
