"""The terms of a subscription survive HTTP, whatever is said of it."""

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.elements import Terms
from yangbeam.core.terms_json import terms_document, terms_of

TEXT = st.none() | st.text(max_size=8)
TERMS = st.builds(
    Terms,
    stream=TEXT,
    xpath_filter=TEXT,
    subtree_filter=st.none() | st.binary(max_size=8),
    period_cs=st.none() | st.integers(0, 2**32 - 1),
    on_change=st.booleans(),
    modules=st.lists(st.tuples(st.text(max_size=4), TEXT, TEXT), max_size=3).map(tuple),
    content_id=TEXT,
    publisher_ids=st.lists(st.integers(0, 9), max_size=2).map(tuple),
)


@given(TERMS)
def test_what_is_written_is_read(terms: Terms) -> None:
    assert terms_of(orjson.dumps(terms_document(terms))) == terms


def test_what_is_not_said_is_left_out_and_what_is_not_known_passed_over() -> None:
    assert terms_document(Terms(period_cs=100)) == {"period-cs": 100}
    assert terms_of(b'{"period-cs":100,"from-a-later-release":{}}') == Terms(period_cs=100)


@pytest.mark.parametrize("text", [b"", b"[]", b'{"period-cs":"often"}', b'{"modules":[["a"]]}'])
def test_what_is_no_subscription_is_an_error(text: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        terms_of(text)
