"""Patterns that may go back without end are not given to libyang, which would try each value for seconds."""

import logging
from pathlib import Path

import orjson
import pytest

from tests.core.yang.schemas import loaded
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.yang.endless import without_endless
from yangbeam.core.yang.schema_set import make_schema_set
from yangbeam.io.yang_directories import bundled

PATTERN = 'pattern "((a|aa)" + "+)+[bc]" { error-message "no"; }'
MODULE = f"""module m {{ namespace urn:m; prefix m; revision 2026-01-01;
typedef t {{ type string {{ length "1..9"; {PATTERN}
pattern "[a-z]*"; }} }}
leaf-list l {{ type union {{ type string {{ pattern '((a|aa)+)+[bc]'; }} type string; }} }}
leaf q {{ type t; }} }}"""


def test_such_a_pattern_is_left_out_with_its_line_and_all_else_stays() -> None:
    text, patterns = without_endless(MODULE)
    assert [(each.argument, each.line) for each in patterns] == [("((a|aa)+)+[bc]", 2), ("((a|aa)+)+[bc]", 4)]
    assert [line.rstrip() for line in text.splitlines()] == [
        "module m { namespace urn:m; prefix m; revision 2026-01-01;",
        'typedef t { type string { length "1..9";',
        'pattern "[a-z]*"; } }',
        f"leaf-list l {{ type union {{ type string {{ {' ' * 25} }} type string; }} }}",
        "leaf q { type t; } }",
    ]


def test_what_it_would_judge_is_judged_by_all_else_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), loaded(make_schema_set({"m.yang": MODULE}, ["m"]), tmp_path) as schema:
        schema.validate_contents(orjson.dumps({"m:l": [f"{'a' * 60}{number}" for number in range(400)], "m:q": "aaa"}))
        for wrong in ("a" * 10, "A"):
            with pytest.raises(InvalidInstanceError, match="invalid-contents"):
                schema.validate_contents(orjson.dumps({"m:q": wrong}))
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "m@2026-01-01.yang, line 2",
        "m@2026-01-01.yang, line 4",
    ]


def test_our_own_modules_keep_all_their_patterns() -> None:
    assert [name for name, text in bundled().items() if without_endless(text)[1]] == []
