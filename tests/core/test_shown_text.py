"""What others wrote is shown as text: no control character of it leaves, and what harms nothing stays as it was."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile_text import HOSTILE, harmful
from yangbeam.core.log_line import log_line
from yangbeam.core.shown_text import shown, shown_json, shown_lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("r1\nERROR all is lost", r"r1\nERROR all is lost"),
        ("a\r\tb", r"a\r\tb"),
        ("\x9b2J", r"\x9b2J"),
        ("\x7f\x00", r"\x7f\x00"),
        ("\u2028\u202eevil\u2069", r"\u2028\u202eevil\u2069"),
        ("\udc9b", r"\udc9b"),
        ("[/bold] :smile: C:\\n Zürich 東京 ∞", "[/bold] :smile: C:\\n Zürich 東京 ∞"),
    ],
)
def test_a_name_is_one_line_that_only_can_be_read(text: str, line: str) -> None:
    assert shown(text) == line


@given(st.text())
def test_no_text_whatever_leaves_with_a_control_character(text: str) -> None:
    line = shown(text)
    assert not harmful(line)
    assert "\n" not in line
    line.encode()
    assert shown(line) == line


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"])))
def test_harmless_text_stays_as_it_was(text: str) -> None:
    assert shown(text) == shown_lines(text) == text


def test_every_control_character_of_unicode_is_known() -> None:
    controls = {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in {"Cc", "Cs", "Zl", "Zp"}}
    marks = {chr(code) for code in range(0x110000) if unicodedata.bidirectional(chr(code)) in _DIRECTIONS}
    assert {each for each in controls | marks if shown(each) == each} == set()


_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text())
def test_json_means_the_same_and_holds_no_control_character(text: str) -> None:
    import orjson

    name = text.encode("utf-8", "replace").decode()
    document = shown_json(orjson.dumps({name: name}))
    assert orjson.loads(document) == {name: name}
    assert not harmful(document.decode())


@given(st.sampled_from(HOSTILE), st.sampled_from(HOSTILE), st.booleans())
def test_a_line_of_the_log_is_one_line(source: str, message: str, as_json: bool) -> None:
    line = log_line(1.5, "error", source, message, as_json=as_json)
    assert not harmful(line)
    assert "\n" not in line


def test_a_traceback_keeps_its_lines_or_is_a_member() -> None:
    assert log_line(0, "error", "a", "b", as_json=False, traceback="x\n\x1by\n").endswith("ERROR a: b\nx\n\\x1by")
    assert '"traceback":"x\\ny"' in log_line(0, "error", "a", "b", as_json=True, traceback="x\ny")
