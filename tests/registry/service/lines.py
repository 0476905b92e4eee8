"""What a line of the table of routes and error codes is, and the schemas that its lines speak of."""

from dataclasses import dataclass
from typing import Any

from tests.registry.service.worlds import Ask

AVRO_INT, AVRO_LONG, AVRO_TEXT = '"int"', '"long"', '"string"'
MODULE = 'module m { namespace "u:m"; prefix m; revision 2026-01-01; leaf a { type string; } }'
LATER = 'module m { namespace "u:m"; prefix m; revision 2026-02-01; leaf a { type string; } leaf b { type string; } }'
BREAKS = 'module m { namespace "u:m"; prefix m; revision 2026-03-01; leaf b { type string; } }'
USES = 'module n { namespace "u:n"; prefix n; import m { prefix m; } leaf c { type string; } }'
UNRESOLVED = 'module n { namespace "u:n"; prefix n; import nowhere { prefix x; } }'


def post(subject: str, text: str, kind: str = "AVRO", **more: Any) -> Ask:
    """Registers a schema."""
    return Ask("POST", f"/subjects/{subject}/versions", {"schema": text, "schemaType": kind, **more})


def yang(text: str, subject: str = "m", **more: Any) -> Ask:
    """Registers a module."""
    return post(subject, text, "YANG", **more)


def need(version: int = 1) -> dict[str, Any]:
    """References to m."""
    return {"references": [{"name": "m", "subject": "m", "version": version}]}


INT, TEXT_FREE = post("s", AVRO_INT), (Ask("PUT", "/config", {"compatibility": "NONE"}), post("s", AVRO_INT))
TWO = (*TEXT_FREE, post("s", AVRO_TEXT))
GONE = (INT, Ask("DELETE", "/subjects/s"))
PAIR = (yang(MODULE), yang(USES, "n", **need()))


@dataclass(frozen=True)
class Case:
    """One line: a route, what went before, what is asked, and what must come of it.

    ``gives`` is the document; a dict must be contained in it; a Code is the refusal; a type is that of the document.
    """

    route: str
    name: str
    ask: Ask
    gives: Any
    before: tuple[Ask, ...] = ()
    world: str = "plain"
    status: int = 200


def case(
    route: str, name: str, ask: Ask | str, gives: Any, *before: Ask, world: str = "plain", status: int = 200
) -> Case:
    """Makes a line; a path alone asks with the route's method."""
    asked = ask if isinstance(ask, Ask) else Ask(route.partition(" ")[0], ask)
    return Case(route, name, asked, gives, before, world, status)


S, V, N = "/subjects/{subject}", "/subjects/{subject}/versions", "/subjects/{subject}/versions/{version}"
CS = "/compatibility/subjects/{subject}/versions"
GUID = "00000000-0000-0000-0000-000000000000"
