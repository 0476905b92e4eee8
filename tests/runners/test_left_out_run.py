"""What is not in the schema because its modules do not compile: set aside, with the quirk that is to blame."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.runners.test_real_routers import Run, update
from yangbeam.core import set_aside
from yangbeam.core.dead_groups import Groups

PLANT = """container plant { leaf size { type uint8; } leaf kind { type identityref { base kind; } }
  leaf at { type instance-identifier; }
  list of { key kind; leaf kind { type identityref { base kind; } } leaf n { type int8; } } }
  identity kind; identity own { base kind; }"""


@pytest.fixture(autouse=True)
def _counted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(set_aside, "_NAMES", {})
    monkeypatch.setattr(set_aside, "_GROUPS", Groups(set_aside.MAX_PLACES))
    monkeypatch.setattr(set_aside, "KEPT_ORIGINALS", set_aside.Originals())


def module(name: str, body: str, *imports: str) -> str:
    written = "".join(f"import {each} {{ prefix {each}; }} " for each in imports)
    return f'module {name} {{ yang-version 1.1; namespace "urn:{name}"; prefix {name}; {written}\n{body}\n}}\n'


def plant(**members: Any) -> dict[str, Any]:
    return {
        "acme-plant:plant": {"size": 7} | {name.replace("__", ":").replace("_", "-"): v for name, v in members.items()}
    }


def entry(run: Run) -> tuple[str, str, str, str]:
    (found,) = run.report["pruned"]["set_aside"]
    return found["cause"], found["fault"], found["module"], found["path"]


@pytest.mark.parametrize(
    ("bad", "member", "path", "words"),
    [
        (
            module(
                "acme-more",
                'augment "/acme-plant:plant" { leaf l { type nobody; } leaf m { type int8; } }',
                "acme-plant",
            ),
            {"acme_more__l": 1},
            "/acme-plant:plant/acme-more:l",
            'the schema is read without acme-more line 2, leaf l: Referenced type "nobody" not found',
        ),
        (
            module("acme-more", 'augment "/acme-plant:plant" { uses gone:g; }', "acme-plant", "gone"),
            {"acme_more__l": 1},
            "/acme-plant:plant/acme-more:l",
            "the schema is read without acme-more line 1, import gone: gone is not there",
        ),
        (
            module(
                "acme-more",
                'deviation "/acme-plant:plant/acme-plant:size" { deviate replace { type nobody; } }',
                "acme-plant",
            ),
            {"size": "seven"},
            "/acme-plant:plant/size",
            "the schema is read without acme-more line 2, deviation /acme-plant:plant/acme-plant:size: ",
        ),
        (
            module("acme-more", "identity gas { base acme-plant:kind; base nobody; }", "acme-plant"),
            {"kind": "acme-more:gas"},
            "/acme-plant:plant/kind",
            "the schema is read without acme-more line 2, identity gas: ",
        ),
        (
            module("acme-more", "identity gas { base acme-plant:kind; base gone:x; }", "acme-plant", "gone"),
            {"kind": "acme-more:gas"},
            "/acme-plant:plant/kind",
            "the schema is read without acme-more line 1, import gone: gone is not there",
        ),
    ],
)
def test_what_was_left_out_is_set_aside_and_its_quirk_is_named(
    tmp_path: Path, bad: str, member: dict[str, Any], path: str, words: str
) -> None:
    sent = [update(0, plant(**{"kind": "acme-plant:own"} | member))]
    run = Run(tmp_path, sent, modules={"acme-plant": module("acme-plant", PLANT), "acme-more": bad})
    assert (run.report["messages"]["delivered"], run.report["dead_letters"]) == (1, {})
    assert entry(run) == ("left-out", "configuration", "acme-more", path)
    (found,) = run.report["pruned"]["set_aside"]
    assert found["what"].startswith(words)
    assert found["cure"] == "correct module acme-more, or add what it imports"
    (original,) = run.lines("pruned-originals.jsonl")
    assert words in original["detail"]


def test_a_message_of_nothing_else_is_a_dead_letter_of_the_configuration(tmp_path: Path) -> None:
    bad = module("acme-more", 'augment "/acme-plant:plant" { leaf l { type nobody; } }', "acme-plant")
    sent = [update(0, {"acme-plant:plant": {"acme-more:l": 1}})]
    run = Run(tmp_path, sent, modules={"acme-plant": module("acme-plant", PLANT), "acme-more": bad})
    (letter,) = run.lines("dead-letters.jsonl")
    assert (letter["reason"], letter["fault"]) == ("left-out", "configuration")
    assert letter["path"] == "/acme-plant:plant/acme-more:l"
    assert "acme-more line 2, augment /acme-plant:plant: " in letter["detail"]
    (cause,) = run.report["causes"]
    assert cause["what"].startswith("the schema is read without acme-more line 2, augment /acme-plant:plant: ")


@pytest.mark.parametrize(
    ("member", "path"),
    [
        ({"kind": "acme-gone:gas"}, "/acme-plant:plant/kind"),
        ({"at": "/acme-gone:top/l"}, "/acme-plant:plant/at"),
        ({"of": [{"kind": "acme-gone:gas", "n": 1}, {"kind": "acme-plant:own", "n": 2}]}, "/acme-plant:plant/of/kind"),
    ],
)
def test_a_value_of_a_module_that_nobody_has_is_set_aside_as_its_nodes_are(
    tmp_path: Path, member: dict[str, Any], path: str
) -> None:
    run = Run(tmp_path, [update(0, plant(**member))], modules={"acme-plant": module("acme-plant", PLANT)})
    assert run.report["messages"]["delivered"] == 1
    assert entry(run) == ("module-missing", "configuration", "acme-gone", path)
    if "of" in member:  # an entry goes with its key
        assert run.rows("SELECT of__kind, n FROM acme_plant__plant__of") == [("acme-plant:own", 2)]


@pytest.mark.parametrize("value", ["acme-plant:gas", 7, "gas"])
def test_an_identity_that_a_module_at_hand_does_not_have_contradicts_its_schema(tmp_path: Path, value: Any) -> None:
    run = Run(tmp_path, [update(0, plant(kind=value))], modules={"acme-plant": module("acme-plant", PLANT)})
    assert run.report["dead_letters"] == {"invalid-contents": 1}


def change(changes: dict[str, Any]) -> bytes:
    head = {"event-time": "2026-11-20T10:00:00Z", "hostname": "router-1", "sequence-number": 0}
    body = {"ietf-yang-push:push-change-update": {"id": 1} | changes}
    return orjson.dumps({"ietf-yp-notification:envelope": head | {"contents": body}})


EDIT = {"edit-id": "e", "operation": "merge", "target": "/acme-plant:plant", "value": {"acme-plant:plant": {"size": 9}}}


@pytest.mark.parametrize(
    ("changes", "habits", "rows"),
    [
        ({}, {}, {}),
        ({"incomplete-update": [None]}, {}, {}),
        ({"datastore-changes": {}}, {}, {}),
        (
            {"datastore-changes": {"ietf-yang-patch:yang-patch": {"patch-id": "p", "edit": [EDIT]}}},
            {"member-by-grouping": 1},
            {"acme_plant__plant": 1},
        ),
        (
            {"datastore-changes": {"ietf-yang-push:yang-patch": {"patch-id": "p", "edit": [EDIT]}}},
            {},
            {"acme_plant__plant": 1},
        ),
    ],
)
def test_a_change_without_changes_is_valid_and_a_patch_may_have_its_grouping_s_module(
    tmp_path: Path, changes: dict[str, Any], habits: dict[str, int], rows: dict[str, int]
) -> None:
    run = Run(tmp_path, [change(changes)], modules={"acme-plant": module("acme-plant", PLANT)})
    assert (run.report["messages"]["delivered"], run.report["dead_letters"]) == (1, {})
    assert (run.report["pruned"]["habits"], run.report["tables"]) == (habits, rows)


def test_a_patch_beside_its_container_is_not_passed_over(tmp_path: Path) -> None:
    sent = [change({"yang-patch": {"patch-id": "p", "edit": [EDIT]}})]
    run = Run(tmp_path, sent, modules={"acme-plant": module("acme-plant", PLANT)})
    assert run.report["messages"]["delivered"] == 0
