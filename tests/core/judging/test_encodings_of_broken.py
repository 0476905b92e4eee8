"""JSON, XML and CBOR (names and SIDs) of one instance with unknown and invalid nodes come to what its maker knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.judging.encodings import compare, schema_of_types
from yangbeam.core.yang.schema import Schema

CASES = 150


@pytest.fixture(scope="module")
def types(module_cache: Path) -> Iterator[Schema]:
    with schema_of_types(module_cache) as schema:
        yield schema


@pytest.mark.parametrize("seed", [1, 2])
def test_all_writings_of_a_broken_instance_come_to_what_its_maker_knows(types: Schema, seed: int) -> None:
    counted, differs = compare(types, seed, CASES)
    assert not differs, differs
    assert min(counted.get(verdict, 0) for verdict in ("valid", "pruned", "refused")) > CASES / 20
