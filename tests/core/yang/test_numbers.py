"""Which texts are looked at for numbers that libyang reads otherwise: those that hold one, not every address."""

import pytest

from yangbeam.core.yang.numbers import has_odd_numbers


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":1e3}',
        b'{"a": 1.0}',
        b'{"a" :-1E3\n}',
        b'{"a":[1, 2.5 ,3]}',
        b'{"a":[1e3]}',
        b'{"a":1.5e+3,"b":2}',
        b'{"a":"08"}',
        b'{"a":"0x10"}',
        b'{"a":" 8"}',
        b'{"a":"+8"}',
        b'{"a":"-08"}',
        b'{"a":"8 "}',
        b'{"a":"8 \\n"}',
        b'{"a":"\\t8"}',
        b'{"a":"\\u0030x10"}',
    ],
)
def test_a_number_that_libyang_reads_otherwise_is_looked_at(text: bytes) -> None:
    assert has_odd_numbers(text)


@pytest.mark.parametrize(
    "text", [b'{"a":"00:1b:5e:00:53:01"}', b'{"a":"192.0.2.1"}', b'{"a":12,"b":"12.5"}', b'{"a":"2001:db8::1.2.3.4"}']
)
def test_an_address_is_not(text: bytes) -> None:
    assert not has_odd_numbers(text)
