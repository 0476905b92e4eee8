"""Lines of keys, with tomllib as the oracle of what the keys are."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from yangbeam.pipeline.config.toml_lines import Place, line_of, lines_of

DOCUMENT = '''# a comment with [brackets] and = signs
out = "here # no comment"

[[sources]]
kind = "capture"
files = [
  "a]b.pcap", # ] in a comment
  'c"d.pcap',
]
[sources.reassembly]
timeout_s = 5

[[sources]]
kind = "capture"
reassembly = { timeout_s = 6, max_segments = 7 }
"quoted.key" = """
many
lines = "x"
"""
[kafka.properties]
"sasl.password" = { env = "P" }
linger.ms = 5
'''


def test_keys_of_arrays_of_tables_are_told_apart() -> None:
    lines = lines_of(DOCUMENT)
    assert lines["sources", 0, "kind"] == 5
    assert lines["sources", 1, "kind"] == 14
    assert lines["sources", 0, "reassembly", "timeout_s"] == 11
    assert lines["sources", 1, "reassembly", "timeout_s"] == 15


def test_elements_of_arrays_have_lines_of_their_own() -> None:
    lines = lines_of(DOCUMENT)
    assert [lines["sources", 0, "files", index] for index in (0, 1)] == [7, 8]


def test_strings_hide_their_brackets_comments_and_equal_signs() -> None:
    lines = lines_of(DOCUMENT)
    assert ("lines",) not in lines
    assert lines["kafka", "properties", "sasl.password", "env"] == 21
    assert lines["kafka", "properties", "linger", "ms"] == 22


def test_a_setting_that_is_not_written_is_placed_at_its_table() -> None:
    lines = lines_of(DOCUMENT)
    assert line_of(lines, ("sources", 1, "ports")) == 13
    assert line_of(lines, ("status", "view")) is None


def _places(value: Any, place: Place = ()) -> set[Place]:
    found = {place} if place else set()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return found.union(*(_places(below, (*place, key)) for key, below in items))


def test_every_key_that_tomllib_sees_has_a_line() -> None:
    assert _places(tomllib.loads(DOCUMENT)) == set(lines_of(DOCUMENT))


_KEYS = st.sampled_from(["a", "b-c", "D_1", '"q k"', "'l.k'"])
_STRINGS = st.sampled_from(['"x"', "'y'", '"\\"#"', '"""a\n]"""', "'''b\n='''", '""', '"""q""""'])
_SCALARS = st.sampled_from(["1", "1.5", "true", "2026-11-20T10:00:00Z", "2026-11-20 10:00:00", "inf"])
_VALUES = st.recursive(
    _STRINGS | _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[\n" + " , # ,]\n".join(items) + "\n]")
        | st.dictionaries(_KEYS, inner, max_size=2).map(
            lambda table: "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }"
        )
    ),
    max_leaves=6,
)
_BODY = st.dictionaries(_KEYS, _VALUES, max_size=3).map(
    lambda table: "".join(f" {key}\t= {value} # end\n" for key, value in table.items())
)
_DOCUMENTS = st.lists(st.tuples(st.sampled_from(["[[t]]", "[[ t . u ]]", "[[t.u]]"]), _BODY), max_size=4)


@given(head=_BODY, tables=_DOCUMENTS)
def test_lines_are_found_in_whatever_tomllib_accepts(head: str, tables: list[tuple[str, str]]) -> None:
    text = head + "".join(f"{header}\n{body}" for header, body in tables)
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    lines = lines_of(text)
    assert _places(value) == set(lines)
    rows = text.split("\n")
    for place, line in lines.items():
        if isinstance(place[-1], str):
            assert str(place[-1]) in rows[line - 1]
