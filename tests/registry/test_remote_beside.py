"""What a registry that is slow, hangs or refuses costs the data: nothing but the wait of what is new."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.waiting import until
from yangbeam.core.elements import Terms
from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.yang.costs import CostLimits
from yangbeam.io import answer_store
from yangbeam.io.answer_store import AnswerStore
from yangbeam.io.schema_registry import RegistryAddress
from yangbeam.registry import remote
from yangbeam.registry.guard.workshop import MAX_QUEUED
from yangbeam.registry.remote import RemoteRegistry
from yangbeam.transforms.outsides import OUTSIDES

ID = orjson.dumps({"id": 7})
NO_MODULES: frozenset[str] = frozenset()


class Hostile:
    """A registry that hangs until it is let go, and then says what a test wants it to say."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        self.at_once = self.most = 0
        self.go_on = threading.Event()
        self.says = httpx.Response(200, content=ID)
        self.now = 0.0
        handle = RemoteRegistry(RegistryAddress("http://r", attempts=1), folder, limits=CostLimits())
        self.process: Any = remote._Connected(handle, lambda: self.now)
        self.process._client._send = self.send
        self.process._loaded = lambda schema_id: schema_id
        self._lock = threading.Lock()

    def send(self, _method: str, path: str, content: bytes = b"") -> httpx.Response:
        with self._lock:
            self.asked.append(orjson.loads(content)["exporter"] if content else path)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        self.go_on.wait()
        with self._lock:
            self.at_once -= 1
        return self.says

    def pending(self, exporter: str) -> bool:
        try:
            self.process.resolve(exporter, None, NO_MODULES)
        except SchemaPendingError:
            return True
        except SchemaError:
            return False
        return False


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Hostile]:
    made = Hostile(tmp_path)
    yield made
    made.go_on.set()
    until(lambda: made.at_once == 0)
    made.process._client.close()
    OUTSIDES.clear()


def test_who_asks_a_registry_that_hangs_is_told_so_at_once_and_few_questions_are_under_way(hostile: Hostile) -> None:
    for number in range(5_000):
        assert hostile.pending(f"192.0.2.{number}")
    until(lambda: len(hostile.asked) == remote.ASKING)
    assert len(hostile.process._desk._queue) <= MAX_QUEUED
    hostile.go_on.set()
    until(lambda: not hostile.pending("192.0.2.0"))
    assert hostile.most == remote.ASKING


def test_what_is_known_goes_on_while_it_is_asked_for_again(hostile: Hostile) -> None:
    hostile.go_on.set()
    until(lambda: not hostile.pending("192.0.2.1"))
    hostile.go_on.clear()
    hostile.now += remote.HOLDS_S + 1
    assert hostile.process.resolve("192.0.2.1", None, NO_MODULES) == 7
    until(lambda: hostile.asked == ["192.0.2.1"] * 2)
    hostile.says = httpx.Response(200, content=orjson.dumps({"id": 8}))
    hostile.go_on.set()
    until(lambda: hostile.process.resolve("192.0.2.1", None, NO_MODULES) == 8)
    assert len(hostile.asked) == 2


def test_what_is_refused_is_asked_for_once(hostile: Hostile) -> None:
    hostile.says = httpx.Response(404, content=orjson.dumps({"error_code": 40403, "message": "no"}))
    hostile.go_on.set()
    until(lambda: not hostile.pending("192.0.2.1"))
    for _ in range(100):
        with pytest.raises(SchemaError, match="schema-unknown"):
            hostile.process.resolve("192.0.2.1", None, NO_MODULES)
    assert len(hostile.asked) == 1


def test_a_subscription_is_asked_for_beside_the_data_too(hostile: Hostile) -> None:
    hostile.says = httpx.Response(404)
    with pytest.raises(SchemaPendingError):
        hostile.process.subscription("192.0.2.1", 7)
    hostile.go_on.set()

    def told() -> Terms | bool | None:
        try:
            return hostile.process.subscription("192.0.2.1", 7)  # type: ignore[no-any-return]
        except SchemaPendingError:
            return False

    until(lambda: told() is None)


def test_the_identity_is_waited_for_once_and_then_asked_for_beside_the_data(hostile: Hostile) -> None:
    said = iter(("one", "another"))
    hostile.process._client.identity = lambda: hostile.go_on.wait() and next(said)
    hostile.go_on.set()
    assert hostile.process.identity() == "one"
    hostile.go_on.clear()
    hostile.now += remote.HOLDS_S + 1
    assert hostile.process.identity() == "one"
    hostile.go_on.set()
    until(lambda: hostile.process.identity() == "another")


def test_what_was_asked_is_kept_in_few_octets_however_long_it_is(hostile: Hostile) -> None:
    hostile.go_on.set()
    asked = frozenset({"m" * 100_000})
    until(lambda: _answered(lambda: hostile.process.resolve("192.0.2.1", "c" * 1_000, asked)))
    assert [len(key) for key in hostile.process._known] == [16]


def _answered(ask: Callable[[], Any]) -> bool:
    try:
        ask()
    except SchemaPendingError:
        return False
    return True


def test_exporters_without_end_leave_a_bounded_number_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(answer_store.MOST_FILES, "answers", 16)
    store = AnswerStore(tmp_path, "r")
    for number in range(200):
        store.keep_number(f"forged {number}", number)
        store.keep_number("a router", 7)
        assert len(list(tmp_path.glob("*/answers/*"))) <= 16 + 2
    assert store.number("a router") == 7
    again = AnswerStore(tmp_path, "r")
    monkeypatch.setitem(answer_store.MOST_FILES, "answers", 4)
    again.keep_number("one more", 1)
    assert len(list(tmp_path.glob("*/answers/*"))) <= 4 + 1
