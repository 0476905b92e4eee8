"""Registries in different circumstances, and what is asked of them, for the table of routes and error codes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from starlette.testclient import TestClient

from yangbeam.core.elements import Terms
from yangbeam.core.errors import Fault, SchemaError, SchemaPendingError
from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set
from yangbeam.registry.guard.guard import Guard
from yangbeam.registry.service.app import make_app
from yangbeam.registry.service.auth import Account, Auth, Role
from yangbeam.registry.store import SchemaStore, Version

READER, WRITER, TOKEN = ("reader", "r-secret"), ("writer", "w-secret"), "t-secret"


@dataclass(frozen=True)
class Ask:
    """One request."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    auth: tuple[str, str] | None = None


class AwayError(SchemaError):
    fault = Fault.ENVIRONMENT


def things(exporter: str, content_id: str | None, modules: frozenset[str]) -> SchemaSet | None:
    """A resolver by the last octet of the exporter."""
    match exporter.rpartition(".")[2]:
        case "1":
            text = 'module things { namespace "u:things"; prefix t; revision 2026-01-01; leaf size { type uint8; } }'
            return make_schema_set({"things": text})
        case "2":
            raise SchemaPendingError("schema-pending", "asking")
        case "3":
            raise AwayError("netconf-unreachable", "192.0.2.3 does not answer")
        case "4":
            return make_schema_set({"broken": "module broken { namespace u:b; prefix b; leaf a { type nothing; } }"})
        case "5":
            raise SchemaError("schema-missing", "module nothing is not in any directory")
    return None


TERMS = Terms(xpath_filter="/t:things", period_cs=100, modules=(("things", "2026-01-01", None),), content_id="7f3a")


def subscription(exporter: str, identifier: int) -> Terms | None:
    """Like ``things``; a node that answers has the subscription 7 alone."""
    things(exporter, None, frozenset())
    return TERMS if identifier == 7 else None


class Resolving:
    def __init__(self, answer: Callable[..., SchemaSet | None] = things) -> None:
        self.resolve = answer
        self.subscription = subscription


class Contended(SchemaStore):
    """Another process is always faster."""

    count = 0

    def versions(self, subject: str) -> list[Version]:
        self.count += 1
        return [*super().versions(subject), Version(subject, 1000 + self.count, 1, True)]


def _closed() -> Guard:
    guard = Guard()
    guard.close()
    return guard


@contextmanager
def world(kind: str, folder: Path) -> Iterator[TestClient]:
    """Yields a client of a registry: ``plain``, or in other circumstances (of ``kind``)."""
    store = Contended(folder / "r") if kind == "contended" else SchemaStore(folder / "r")
    accounts = [
        Account(SecretStr(READER[1]), Role.READ, READER[0]),
        Account(SecretStr(WRITER[1]), Role.WRITE, WRITER[0]),
        Account(SecretStr(TOKEN), Role.WRITE),
    ]
    app = make_app(
        store,
        auth=Auth(accounts if kind == "accounts" else ()),
        resolver=Resolving() if kind == "resolving" else None,
        max_body=200 if kind == "small" else 1 << 20,
        guard=_closed() if kind == "busy" else None,
    )
    # Without the lifespan no verdicts are found in the background: the tests ask for them.
    client = TestClient(app, raise_server_exceptions=False)
    if kind == "broken":
        store.close()
    yield client
    store.close()


def send(client: TestClient, ask: Ask) -> Any:
    """Sends one request and returns the response."""
    kwargs: dict[str, Any] = {"headers": ask.headers}
    if ask.content is not None:
        kwargs["content"] = ask.content
    elif ask.body is not None:
        kwargs["json"] = ask.body
    if ask.auth is not None:
        kwargs["auth"] = ask.auth
    return client.request(ask.method, ask.path, **kwargs)
