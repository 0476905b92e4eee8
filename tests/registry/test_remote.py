"""A registry in another process: answers are remembered, an outage makes what is new wait, nothing is guessed."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.registry.service.worlds import TERMS
from tests.registry.test_directories import module, things, write
from tests.waiting import PATIENCE_S
from yangbeam.core.elements import Terms
from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.outside import Kind
from yangbeam.core.registered import AVRO, JSON, YANG
from yangbeam.io.answer_store import AnswerStore
from yangbeam.io.schema_registry import RegistryAddress
from yangbeam.registry import remote
from yangbeam.registry.directories import Directory
from yangbeam.registry.embedded import EmbeddedRegistry
from yangbeam.registry.remote import RemoteRegistry
from yangbeam.registry.resolving import make_resolver
from yangbeam.registry.service.app import make_app
from yangbeam.registry.service.serve import bind, serving
from yangbeam.registry.store import SchemaStore
from yangbeam.transforms.outsides import OUTSIDES

EXPORTER = "192.0.2.10"
THINGS = frozenset({"things"})


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_open", {})


class World:
    """A registry that can be stopped, begun anew on the same port, and one that has lost its file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = 0
        self.directories = (Directory(things(folder / "yang", "2026-01-01")),)
        self.now = 0.0
        self.open: list[Any] = []

    @contextmanager
    def up(self, file: str = "r") -> Iterator[None]:
        app = make_app(SchemaStore(self.folder / file), resolver=make_resolver(self.directories))
        bound = bind("127.0.0.1", self.port)
        self.port = bound.getsockname()[1]
        with serving(app, bound):
            yield

    def handle(self, **facts: Any) -> RemoteRegistry:
        address = RegistryAddress(f"http://127.0.0.1:{self.port}", attempts=1, timeout_s=PATIENCE_S)
        return RemoteRegistry(address, self.folder / "cache", **facts)

    def connected(self, **facts: Any) -> Any:
        """A process of its own, with a clock that the test sets."""
        self.open.append(remote._Connected(self.handle(**facts), lambda: self.now))
        return self.open[-1]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    for each in (*made.open, *remote._open.values()):
        each._client.close()
    remote._open.clear()


def test_the_schema_that_the_registry_finds_reads_the_contents(world: World) -> None:
    with world.up():
        handle = pickle.loads(pickle.dumps(world.handle()))
        schema_id = handle.resolve(EXPORTER, None, THINGS)
        handle.schema(schema_id).validate_contents(b'{"things:size":1}')
        assert handle.id_of_guid(handle.guid(schema_id)) == schema_id
        assert handle.subscription(EXPORTER, 7) is None
        with pytest.raises(SchemaError, match="registry http://") as told:
            handle.resolve(EXPORTER, None, frozenset({"nothing"}))
        assert not isinstance(told.value, SchemaPendingError)


def test_it_gives_the_ids_that_an_embedded_one_on_the_same_file_gives(world: World) -> None:
    with world.up():
        found = world.handle().resolve(EXPORTER, None, THINGS)
    assert EmbeddedRegistry(world.folder / "r", world.directories).resolve(EXPORTER, None, THINGS) == found


def test_its_identity_is_that_of_its_file_and_is_known_while_it_is_away(world: World) -> None:
    with world.up():
        found = world.connected()
        assert found.identity() == EmbeddedRegistry(world.folder / "r").identity() != ""
    world.now += remote.HOLDS_S + 1
    assert found.identity() == world.connected().identity() == EmbeddedRegistry(world.folder / "r").identity()
    with world.up("anew"):
        world.now += remote.HOLDS_S + 1
        assert found.identity() == EmbeddedRegistry(world.folder / "anew").identity()


@pytest.mark.parametrize("kind", [YANG, JSON, AVRO])
def test_what_is_found_here_is_registered_there_in_whatever_type(world: World, kind: str) -> None:
    with world.up():
        handle = world.handle(resolves=False, kind=kind, directories=world.directories)
        schema_id = handle.resolve(EXPORTER, None, THINGS)
        handle.schema(schema_id).validate_contents(b'{"things:size":1}')
        own = handle.own("yangbeam-loss")
        assert handle.schema(own).schema_set.revisions().keys() >= {"yangbeam-loss"}
        with pytest.raises(SchemaError):
            handle.resolve(EXPORTER, None, frozenset({"nothing"}))


def test_a_level_that_refuses_a_module_is_told_with_the_registry_s_verdict(world: World) -> None:
    with world.up():
        one = world.connected(resolves=False, directories=world.directories)
        one.resolve(EXPORTER, None, THINGS)
        one._client.set_compatibility("things", "FULL")
        later = write(world.folder / "later", ("things", module("things", "2026-02-01", "leaf other { type int8; }")))
        other = world.connected(resolves=False, directories=(Directory(later),))
        with pytest.raises(SchemaError, match="registry-incompatible"):
            other.resolve(EXPORTER, None, THINGS)


def test_without_the_registry_what_is_known_goes_on_and_what_is_new_waits(world: World) -> None:
    with world.up():
        one = world.connected()
        known = one.resolve(EXPORTER, None, THINGS)
        own = one.own("yangbeam-loss")
        guid = one.guid(known)
    for process in (one, world.connected()):
        world.now += 1000
        assert process.resolve(EXPORTER, None, THINGS) == known
        process.schemas.get(known).validate_contents(b'{"things:size":1}')
        assert (process.own("yangbeam-loss"), process.guid(known)) == (own, guid)
        for _ in range(2):
            with pytest.raises(SchemaPendingError, match="out of reach"):
                process.resolve("192.0.2.11", None, THINGS)
        with pytest.raises(SchemaPendingError, match="out of reach"):
            process.schemas.get(4711)
    world.now += 1000
    with world.up():
        assert one.resolve("192.0.2.11", None, THINGS) == known


def test_a_registry_that_is_away_is_not_asked_for_each_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.up():
        one = world.connected()
    asked: list[str] = []
    send = one._client._send
    monkeypatch.setattr(one._client, "_send", lambda *said: asked.append(said[1]) or send(*said))
    for number in range(50):
        with pytest.raises(SchemaPendingError):
            one.resolve(f"192.0.2.{number}", None, THINGS)
    assert len(asked) == 1
    world.now += remote.AWAY_S + 0.1
    with pytest.raises(SchemaPendingError):
        one.resolve("192.0.2.1", None, THINGS)
    assert len(asked) == 2


def test_a_refusal_is_remembered_for_a_while_and_then_asked_again(world: World) -> None:
    with world.up():
        one = world.connected()
        for _ in range(2):
            with pytest.raises(SchemaError, match="nothing"):
                one.resolve(EXPORTER, None, frozenset({"nothing"}))
        write(world.folder / "yang", ("nothing", module("nothing", "2026-01-01")))
    with world.up():  # reads its directories anew
        with pytest.raises(SchemaError, match="nothing"):
            one.resolve(EXPORTER, None, frozenset({"nothing"}))
        world.now += remote.REFUSED_S + 1
        assert one.resolve(EXPORTER, None, frozenset({"nothing"})) > 0


def test_an_id_that_now_is_other_content_is_not_read_from_the_disk(world: World) -> None:
    with world.up():
        first = world.connected()
        known = first.resolve(EXPORTER, None, THINGS)
    write(world.folder / "yang", ("things@2026-01-01", module("things", "2026-01-01", "leaf other { type int8; }")))
    with world.up("another-file"):
        again = world.connected()
        assert again.resolve(EXPORTER, None, THINGS) == known
        again.schemas.get(known).validate_contents(b'{"things:other":1}')


def test_what_does_not_verify_on_disk_was_never_said(world: World) -> None:
    with world.up():
        one = world.connected()
        known = one.resolve(EXPORTER, None, THINGS)
    store = AnswerStore(world.folder / "cache", world.handle().address.url)
    assert store.schema_set(known) is not None
    (kept,) = (world.folder / "cache").glob("*/sets/*")
    whole = kept.read_bytes()
    for broken in (b"", whole[:-9], whole.replace(b"uint8", b"uint9")):
        kept.write_bytes(broken)
        assert store.schema_set(known) is None
    assert AnswerStore(world.folder / "cache", "http://elsewhere").schema_set(known) is None
    assert not list((world.folder / "cache").glob("*/*/.writing-*"))


def test_a_disk_that_is_full_keeps_no_drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    store = AnswerStore(tmp_path, "r")
    store.keep_number("a", 1)
    store.keep_document("b", b"2")
    assert (store.number("a"), store.document("b")) == (None, None)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_a_disk_that_takes_nothing_costs_the_memory_alone(world: World) -> None:
    (world.folder / "cache").write_text("no folder")
    with world.up():
        handle = world.connected()
        with pytest.raises(SchemaError, match="module-directory"):  # libyang reads texts from there
            handle.resolve(EXPORTER, None, THINGS)


def test_one_question_that_breaks_the_registry_keeps_no_other_from_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world.up():
        one = world.connected()
        send = one._client._send

        def broken(method: str, path: str, content: bytes = b"") -> httpx.Response:
            if b"192.0.2.66" in content:
                return httpx.Response(500, content=b'{"error_code":50001,"message":"a defect"}')
            return send(method, path, content)  # type: ignore[no-any-return]

        monkeypatch.setattr(one._client, "_send", broken)
        with pytest.raises(SchemaPendingError, match="a defect"):
            one.resolve("192.0.2.66", None, THINGS)
        assert one.resolve(EXPORTER, None, THINGS) > 0


def test_an_error_told_often_keeps_nothing_alive(world: World) -> None:
    with world.up():
        handles: list[Any] = [world.connected(), EmbeddedRegistry(world.folder / "own", world.directories)]
        for handle in handles:
            for _ in range(20):
                with pytest.raises(SchemaError) as told:
                    handle.resolve(EXPORTER, None, frozenset({"nothing"}))
            assert len(told.traceback) < 10


class Nodes:
    """A resolver whose nodes tell of one subscription, when they are asked the second time."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def resolve(self, *_: Any) -> None:
        return None

    def subscription(self, _exporter: str, identifier: int) -> Terms | None:
        self.asked.append(identifier)
        if len(self.asked) == 1:
            raise SchemaPendingError("subscription-pending", "asking")
        return TERMS if identifier == 7 else None


def test_a_subscription_is_asked_for_by_the_registry_and_known_without_it(world: World) -> None:
    nodes = Nodes()
    bound = bind("127.0.0.1", 0)
    world.port = bound.getsockname()[1]
    with serving(make_app(SchemaStore(world.folder / "r"), resolver=nodes), bound):
        asking = world.connected()
        with pytest.raises(SchemaPendingError, match=r"asks 192\.0\.2\.10 for 7"):
            asking.subscription(EXPORTER, 7)
        with pytest.raises(SchemaPendingError):
            asking.subscription(EXPORTER, 7)
        world.now += remote.PENDING_S + 0.1
        for _ in range(3):
            assert asking.subscription(EXPORTER, 7) == TERMS
            assert asking.subscription(EXPORTER, 8) is None
        assert nodes.asked == [7, 7, 8]
        world.now += remote.TOLD_S + 0.1
        assert asking.subscription(EXPORTER, 7) == TERMS
        assert nodes.asked == [7, 7, 8, 7]
    later = world.connected()
    assert later.subscription(EXPORTER, 7) == TERMS
    assert later.subscription(EXPORTER, 8) is None
    with pytest.raises(SchemaPendingError, match="out of reach"):
        later.subscription(EXPORTER, 9)


def test_where_schemas_are_found_here_so_are_subscriptions(world: World) -> None:
    assert world.connected(resolves=False, directories=world.directories).subscription(EXPORTER, 7) is None


def test_what_is_no_subscription_is_waited_out(world: World) -> None:
    class Lying(Nodes):
        def subscription(self, _exporter: str, _identifier: int) -> Any:
            return Terms(period_cs="often")  # type: ignore[arg-type] # a lie

    bound = bind("127.0.0.1", 0)
    world.port = bound.getsockname()[1]
    with (
        serving(make_app(SchemaStore(world.folder / "r"), resolver=Lying()), bound),
        pytest.raises(SchemaPendingError, match="something else than a subscription"),
    ):
        world.connected().subscription(EXPORTER, 7)


def test_a_registry_that_goes_and_comes_is_noticed_with_the_reason(world: World) -> None:
    OUTSIDES.clear()
    with world.up():
        one = world.connected()
        one.resolve(EXPORTER, None, THINGS)
        (known,) = OUTSIDES.all()
        assert (known.kind, known.address, known.state) == (Kind.REGISTRY, f"http://127.0.0.1:{world.port}", "reached")
    with pytest.raises(SchemaPendingError):
        one.resolve("192.0.2.11", None, THINGS)
    (known,) = OUTSIDES.all()
    assert known.is_away
    assert "Connect" in known.why
    world.now += 1000
    with world.up():
        one.resolve("192.0.2.11", None, THINGS)
    (known,) = OUTSIDES.all()
    assert (known.state, known.outages) == ("reached", 1)
    OUTSIDES.clear()
