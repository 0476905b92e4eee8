import threading
from pathlib import Path

import pytest

from tests.core.yang.schemas import example_set
from yangbeam.core.errors import SchemaError
from yangbeam.core.yang.cache import SchemaCache
from yangbeam.core.yang.schema import Schema
from yangbeam.io.yang_directories import write_set

CONTENTS = b'{"example-plant:plant":{"u8":1}}'


@pytest.fixture
def loads(module_cache: Path) -> tuple[SchemaCache, list[str]]:
    asked: list[str] = []

    def load(key: str) -> Schema:
        asked.append(key)
        if key == "bad":
            raise SchemaError("module-missing", "not to be had")
        schema_set = example_set()
        return Schema(schema_set, write_set(schema_set, module_cache))

    return SchemaCache(load, limit=2), asked


def test_a_schema_is_loaded_once_and_the_least_recently_used_is_closed(loads: tuple[SchemaCache, list[str]]) -> None:
    cache, asked = loads
    first, second = cache.get("a"), cache.get("b")
    assert cache.get("a") is first
    cache.get("c")
    assert asked == ["a", "b", "c"]
    assert len(cache) == 2
    first.validate_contents(CONTENTS)
    with pytest.raises(SchemaError):
        second.validate_contents(CONTENTS)
    cache.close()
    assert len(cache) == 0


def test_each_thread_has_contexts_of_its_own(loads: tuple[SchemaCache, list[str]]) -> None:
    cache, asked = loads
    mine = cache.get("a")
    theirs: list[Schema] = []
    thread = threading.Thread(target=lambda: theirs.append(cache.get("a")))
    thread.start()
    thread.join()
    assert theirs[0] is not mine
    assert asked == ["a", "a"]
    cache.close()


def test_a_failure_to_load_is_not_kept(loads: tuple[SchemaCache, list[str]]) -> None:
    cache, asked = loads
    for _ in range(2):
        with pytest.raises(SchemaError):
            cache.get("bad")
    assert asked == ["bad", "bad"]
    assert len(cache) == 0


def test_a_cache_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        SchemaCache(lambda _: None, limit=0)  # type: ignore[arg-type, return-value]
