"""Each habit is understood where it is accepted and costs its message where it is not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.core.judging.encodings import schema_of_types
from tests.core.judging.modules import in_json, judged
from yangbeam.core.policy import Policy
from yangbeam.core.yang.mending.habits import HABITS
from yangbeam.core.yang.schema import Schema

CASES: dict[str, list[tuple[str, Any]]] = {
    "list-entry-as-object": [('{"l":{"k":"a","i8":1}}', {"l": [{"k": "a", "i8": 1}]})],
    "leaf-list-entry-alone": [('{"m-i8":1}', {"m-i8": [1]}), ('{"m-str":"a"}', {"m-str": ["a"]})],
    "identity-by-prefix": [
        ('{"ide":"op:one"}', {"ide": "o:one"}),
        ('{"k-ide":[{"k":"op:one"}],"i8":1}', {"k-ide": [{"k": "o:one"}], "i8": 1}),
        ('{"m-ide":["op:one"]}', {"m-ide": ["o:one"]}),
    ],
    "identity-without-module": [('{"ide":"one"}', {"ide": "o:one"})],
    "member-by-prefix": [('{"tp:i8":1}', {"i8": 1}), ('{"deep":{"tp:i8":1}}', {"deep": {"i8": 1}})],
    "number-as-string": [('{"i8":"1"}', {"i8": 1}), ('{"l":[{"k":"a","u32":"+07"}]}', {"l": [{"k": "a", "u32": 7}]})],
    "string-as-number": [
        ('{"i64":1}', {"i64": "1"}),
        ('{"dec":1.5}', {"dec": "1.5"}),
        ('{"str":7}', {"str": "7"}),
        ('{"num":-7}', {"num": "-7"}),
    ],
    "integer-with-fraction": [
        ('{"i8":1e1}', {"i8": 10}),
        ('{"u64":"1e3"}', {"u64": "1000"}),
        ('{"dec":"1e1"}', {"dec": "10.0"}),
    ],
    "boolean-as-string": [('{"boo":"true"}', {"boo": True}), ('{"num":"false"}', {"num": False})],
    "true-for-empty": [(f'{{"emp":{sent}}}', {"emp": [None]}) for sent in ("true", "null", '""')],
    "blanks-around-value": [
        ('{"i64":" 8"}', {"i64": "8"}),
        ('{"u64":"8\\n"}', {"u64": "8"}),
        ('{"dec":" 1.5 "}', {"dec": "1.5"}),
        ('{"enu":" up"}', {"enu": "up"}),
        ('{"ide":"o:one "}', {"ide": "o:one"}),
        ('{"bin":"AQ\\r\\nI="}', {"bin": "AQI="}),
    ],
}
"""Contents of the container, and what they mean."""
ELSEWHERE = {"member-without-module", "member-by-grouping", "empty-revision"}
"""Of the top, of groupings, and of notifications; see tests/core/test_mending.py."""


@pytest.fixture(scope="module")
def types(module_cache: Path) -> Iterator[Schema]:
    with schema_of_types(module_cache) as schema:
        yield schema


def test_every_habit_has_a_case() -> None:
    assert CASES.keys() | ELSEWHERE == HABITS.keys()


@pytest.mark.parametrize(("habit", "sent", "meant"), [(name, *case) for name, cases in CASES.items() for case in cases])
def test_a_habit_is_spelt_anew_where_it_is_accepted_and_refused_where_not(
    types: Schema, habit: str, sent: str, meant: Any
) -> None:
    message = in_json(f'{{"t:c":{sent}}}')
    found = judged(message, types)
    assert (found.verdict, found.habits, found.contents) == ("normalised", (habit,), {"t:c": meant})
    off = Policy(accept=Policy().accept - {habit}, unknown="reject")
    assert judged(message, types, off).verdict == "refused"
