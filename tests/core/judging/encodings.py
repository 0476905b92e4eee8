"""One broken instance in four writings: all have the verdict that its maker knows, and what is left is the same."""

import random
from pathlib import Path
from typing import Any, Final

import orjson

from tests.core.judging.breaking import (
    INVALID,
    UNKNOWN,
    Box,
    Breaking,
    Sids,
    broken_in,
    cbor_of,
    json_of,
    left_of,
    says_something,
    xml_of,
)
from tests.core.judging.modules import OTHER, TYPES, Sent, in_cbor, in_json, in_xml, judged
from tests.core.yang.schemas import notification_set
from yangbeam.core.policy import Policy
from yangbeam.core.validation import MAX_PATHS
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.sid_files import SidNames
from yangbeam.io.yang_directories import bundled, write_set

SETS: Final = (
    {},
    {UNKNOWN: 0.3},
    {UNKNOWN: 0.15, INVALID: 0.05},
    {INVALID: 0.2},
    {UNKNOWN: 0.9},
)
"""How likely nodes are broken, in turn."""


def schema_of_types(folder: Path) -> Schema:
    texts = bundled() | {"t@2026-01-01.yang": TYPES, "o@2026-01-01.yang": OTHER}
    found = notification_set(texts, "t", "o")
    return Schema(found, write_set(found, folder))


def expected(box: Box, policy: Policy) -> tuple[str, Any, list[str]]:
    """Returns verdict, contents and paths."""
    broken = broken_in(box)
    if INVALID in broken and policy.invalid != "prune":
        return "refused", None, []
    if not broken:
        return "valid", {"t:c": json_of(box)}, []
    if not says_something(box):
        return "refused", None, []
    left = left_of(box, "/t:c")
    return "pruned", {"t:c": left.json}, left.paths


def writings(box: Box, sids: Sids) -> dict[str, Any]:
    """Returns the message in each writing."""
    top = sids.of(("c",))
    return {
        "json": in_json(orjson.dumps({"t:c": json_of(box)}).decode()),
        "xml": in_xml(xml_of(box)),
        "cbor": in_cbor({"t:c": cbor_of(box)}),
        "sids": in_cbor({top: cbor_of(box, sids, ("c",), top)}),
    }


def disagreement(box: Box, schema: Schema, policy: Policy) -> str:
    """Returns how a writing differs from what its maker knows; empty: none does."""
    sids = Sids()
    sent = writings(box, sids)
    verdict, contents, paths = expected(box, policy)
    for name, message in sent.items():
        names = SidNames(nodes=sids.names) if name == "sids" else SidNames()
        for is_warm in (False, True) if name == "json" else (False,):
            found = judged(message, schema, policy, sids=names, is_warm=is_warm)
            if not _is_as(found, verdict, contents, paths):
                return (
                    f"{name}{' again' * is_warm}: {found}\nwanted {verdict} {contents} {paths}\nof {message.payload!r}"
                )
    return ""


def _is_as(found: Sent, verdict: str, contents: Any, paths: list[str]) -> bool:
    if found.verdict != verdict or found.contents != contents:
        return False
    return found.nodes == len(paths) and (len(paths) > MAX_PATHS or sorted(found.paths) == sorted(paths))


def compare(schema: Schema, seed: int, cases: int) -> tuple[dict[str, int], str]:
    """Compares so many instances; returns how many came to which verdict, and the first that differs."""
    chance = random.Random(seed)
    counted: dict[str, int] = {}
    for number in range(cases):
        box = Breaking(chance, SETS[number % len(SETS)]).contents()
        policy = Policy(invalid=chance.choice(("reject", "prune")))
        differs = disagreement(box, schema, policy)
        if differs:
            return counted, f"case {number} of seed {seed}, invalid = {policy.invalid}: {differs}"
        verdict = expected(box, policy)[0]
        counted[verdict] = counted.get(verdict, 0) + 1
    return counted, ""
