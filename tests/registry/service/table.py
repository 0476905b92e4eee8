"""Each route and each error code of the registry with what proves it: the table that the tests run line by line."""

from dataclasses import dataclass
from typing import Any

from tests.registry.service.worlds import READER, TOKEN, WRITER, Ask
from yangbeam.registry.refusals import Code

AVRO_INT, AVRO_LONG, AVRO_TEXT = '{"type":"int"}', '{"type":"long"}', '{"type":"string"}'
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

CASES = (
    case("GET /", "the root answers with an empty object", "/", {}),
    case("GET /_health", "a healthy registry says so, to anybody", "/_health", {"status": "up"}, world="accounts"),
    case("GET /_health", "a store that fails is told", "/_health", Code.INTERNAL, world="broken"),
    case("GET /metrics", "metrics are text", "/metrics", str, INT),
    case("GET /metrics", "metrics are not for everybody", "/metrics", Code.UNAUTHORIZED, world="accounts"),
    case("GET /v1/metadata/id", "the server has an id", "/v1/metadata/id", {"id": "r"}),
    case("GET /v1/metadata/version", "the server has a version", "/v1/metadata/version", {"commitId": ""}),
    case("GET /contexts", "the default context is always there", "/contexts", ["."]),
    case("GET /contexts", "contexts are those of the subjects", "/contexts", [".", ".lab"], post(":.lab:s", AVRO_INT)),
    case("GET /schemas/types", "the types are told", "/schemas/types", ["AVRO", "JSON", "YANG"]),
    case("GET /schemas", "all schemas are listed", "/schemas?latestOnly=true", list, *TWO),
    case("GET /schemas/ids/{id}", "an id leads to its schema", "/schemas/ids/1", {"schema": AVRO_INT}, INT),
    case("GET /schemas/ids/{id}", "the greatest id on demand", "/schemas/ids/1?fetchMaxId=true", {"maxId": 1}, INT),
    case(
        "GET /schemas/ids/{id}",
        "the type is told unless it is Avro",
        "/schemas/ids/1",
        {"schemaType": "YANG"},
        yang(MODULE),
    ),
    case(
        "GET /schemas/ids/{id}",
        "an id outlives the soft deletion of its subject",
        "/schemas/ids/1",
        {"schema": AVRO_INT},
        *GONE,
    ),
    case("GET /schemas/ids/{id}", "an unknown id", "/schemas/ids/9", Code.NO_SCHEMA),
    case("GET /schemas/ids/{id}", "an id that is none", "/schemas/ids/nine", Code.NO_ROUTE),
    case("GET /schemas/ids/{id}", "an id in another context", "/schemas/ids/1?subject=:.x:s", Code.NO_SCHEMA, INT),
    case(
        "GET /schemas/ids/{id}", "a form that there is not", "/schemas/ids/1?format=resolved", Code.INVALID_SCHEMA, INT
    ),
    case("GET /schemas/ids/{id}/schema", "the text of Avro is JSON", "/schemas/ids/1/schema", {"type": "int"}, INT),
    case("GET /schemas/ids/{id}/schema", "the text of YANG is a string", "/schemas/ids/1/schema", MODULE, yang(MODULE)),
    case(
        "GET /schemas/ids/{id}/subjects",
        "where an id stands",
        "/schemas/ids/1/subjects",
        ["s", "t"],
        INT,
        post("t", AVRO_INT),
    ),
    case(
        "GET /schemas/ids/{id}/subjects", "deleted ones on demand", "/schemas/ids/1/subjects?deleted=true", ["s"], *GONE
    ),
    case("GET /schemas/ids/{id}/subjects", "an unknown id", "/schemas/ids/9/subjects", Code.NO_SCHEMA),
    case(
        "GET /schemas/ids/{id}/versions",
        "as which versions",
        "/schemas/ids/1/versions",
        [{"subject": "s", "version": 1}],
        INT,
    ),
    case("GET /schemas/guids/{guid}", "an unknown GUID", f"/schemas/guids/{GUID}", Code.NO_SCHEMA),
    case("GET /schemas/guids/{guid}/ids", "an unknown GUID", f"/schemas/guids/{GUID}/ids", Code.NO_SCHEMA),
    case("GET /subjects", "none at first", "/subjects", []),
    case("GET /subjects", "by prefix", "/subjects?subjectPrefix=t", ["t"], INT, post("t", AVRO_INT)),
    case(
        "GET /subjects",
        "page by page",
        "/subjects?offset=1&limit=1",
        ["t"],
        INT,
        post("t", AVRO_INT),
        post("u", AVRO_INT),
    ),
    case("GET /subjects", "not the deleted ones", "/subjects", [], *GONE),
    case("GET /subjects", "the deleted ones, too", "/subjects?deleted=true", ["s", "t"], *GONE, post("t", AVRO_INT)),
    case("GET /subjects", "only the deleted ones", "/subjects?deletedOnly=true", ["s"], *GONE, post("t", AVRO_INT)),
    case("GET /subjects", "of one context", "/contexts/:.lab:/subjects", [":.lab:s"], INT, post(":.lab:s", AVRO_INT)),
    case(
        "GET /subjects",
        "of every context",
        "/subjects?subjectPrefix=:*:",
        [":.lab:s", "s"],
        INT,
        post(":.lab:s", AVRO_INT),
    ),
    case("GET /subjects", "a number that is none", "/subjects?offset=x", Code.INVALID_REQUEST),
    case("GET /subjects", "a store that fails", "/subjects", Code.INTERNAL, world="broken"),
    case(
        "GET /subjects",
        "an answer that is not accepted",
        Ask("GET", "/subjects", headers={"accept": "text/html"}),
        Code.NOT_ACCEPTABLE,
    ),
    case(
        "GET /subjects", "JSON by its common name", Ask("GET", "/subjects", headers={"accept": "application/json"}), []
    ),
    case("GET /subjects", "nobody in particular", "/subjects", Code.UNAUTHORIZED, world="accounts"),
    case(
        "GET /subjects",
        "a wrong password",
        Ask("GET", "/subjects", auth=("reader", "w-secret")),
        Code.UNAUTHORIZED,
        world="accounts",
    ),
    case("GET /subjects", "a reader reads", Ask("GET", "/subjects", auth=READER), [], world="accounts"),
    case(
        "GET /subjects",
        "credentials that are none",
        Ask("GET", "/subjects", headers={"authorization": "Basic %%"}),
        Code.UNAUTHORIZED,
        world="accounts",
    ),
    case(
        "GET /subjects",
        "a scheme that is unknown",
        Ask("GET", "/subjects", headers={"authorization": "Digest a"}),
        Code.UNAUTHORIZED,
        world="accounts",
    ),
    case(
        "GET /subjects",
        "a token",
        Ask("GET", "/subjects", headers={"authorization": f"Bearer {TOKEN}"}),
        [],
        world="accounts",
    ),
    case(
        f"POST {S}",
        "a schema is found",
        Ask("POST", "/subjects/s", {"schema": AVRO_INT}),
        {"subject": "s", "version": 1, "id": 1},
        INT,
    ),
    case(
        f"POST {S}",
        "whatever its white space",
        Ask("POST", "/subjects/s", {"schema": '{ "type" : "int" }'}),
        {"id": 1},
        INT,
    ),
    case(
        f"POST {S}",
        "a deleted one on demand",
        Ask("POST", "/subjects/s?deleted=True", {"schema": AVRO_INT}),
        {"id": 1},
        *GONE,
    ),
    case(f"POST {S}", "not a deleted one", Ask("POST", "/subjects/s", {"schema": AVRO_INT}), Code.NO_SUBJECT, *GONE),
    case(f"POST {S}", "an unknown subject", Ask("POST", "/subjects/s", {"schema": AVRO_INT}), Code.NO_SUBJECT),
    case(f"POST {S}", "an unknown schema", Ask("POST", "/subjects/s", {"schema": AVRO_TEXT}), Code.NO_SCHEMA, INT),
    case(f"POST {S}", "no schema at all", Ask("POST", "/subjects/s", {"schema": "int?"}), Code.INVALID_SCHEMA, INT),
    case(f"DELETE {S}", "first softly", "/subjects/s", [1], INT),
    case(f"DELETE {S}", "then for good", "/subjects/s?permanent=true", [1], *GONE),
    case(f"DELETE {S}", "an unknown subject", "/subjects/s", Code.NO_SUBJECT),
    case(f"DELETE {S}", "twice", "/subjects/s", Code.SUBJECT_DELETED, *GONE),
    case(f"DELETE {S}", "for good at once", "/subjects/s?permanent=true", Code.SUBJECT_NOT_DELETED, INT),
    case(f"DELETE {S}", "what others need", "/subjects/m", Code.REFERENCE_EXISTS, *PAIR),
    case(
        f"DELETE {S}",
        "when only reading",
        "/subjects/s",
        Code.NOT_PERMITTED,
        INT,
        Ask("PUT", "/mode", {"mode": "READONLY"}),
    ),
    case(f"DELETE {S}", "by a reader", Ask("DELETE", "/subjects/s", auth=READER), Code.FORBIDDEN, world="accounts"),
    case(
        f"GET {S}/metadata",
        "by a property",
        "/subjects/m/metadata?key=revision&value=1",
        {"version": 1},
        yang(MODULE, metadata={"properties": {"revision": "1"}}),
        yang(LATER, metadata={"properties": {"revision": "2"}}),
    ),
    case(
        f"GET {S}/metadata",
        "no such property",
        "/subjects/m/metadata?key=revision&value=3",
        Code.NO_SCHEMA,
        yang(MODULE),
    ),
    case(f"GET {S}/metadata", "no such subject", "/subjects/m/metadata?key=revision&value=3", Code.NO_SUBJECT),
    case(f"GET {S}/metadata", "nothing asked", "/subjects/m/metadata", Code.INVALID_REQUEST, yang(MODULE)),
    case(f"GET {V}", "the versions of a subject", "/subjects/s/versions", [1, 2], *TWO),
    case(f"GET {V}", "of a subject with a slash", "/subjects/a%2Fb/versions", [1], post("a%2Fb", AVRO_INT)),
    case(f"GET {V}", "the deleted ones, too", "/subjects/s/versions?deleted=true", [1], *GONE),
    case(f"GET {V}", "an unknown subject", "/subjects/s/versions", Code.NO_SUBJECT),
    case(f"POST {V}", "a schema is registered", INT, {"id": 1, "version": 1}),
    case(f"POST {V}", "twice is once", INT, {"id": 1, "version": 1}, INT),
    case(f"POST {V}", "a module", yang(MODULE), {"id": 1, "schemaType": "YANG"}),
    case(f"POST {V}", "with what it needs", yang(USES, "n", **need()), {"id": 2}, yang(MODULE)),
    case(f"POST {V}", "the latest of what it needs", yang(USES, "n", **need(-1)), {"id": 2}, yang(MODULE)),
    case(
        f"POST {V}",
        "in a context",
        Ask("POST", "/contexts/.lab/subjects/s/versions", {"schema": AVRO_INT}),
        {"version": 1},
    ),
    case(f"POST {V}", "a version after a deleted one", INT, {"id": 1, "version": 2}, *GONE),
    case(f"POST {V}", "what does not fit", post("s", AVRO_TEXT), Code.INCOMPATIBLE, INT),
    case(f"POST {V}", "what fits", post("s", AVRO_LONG), {"version": 2}, INT),
    case(f"POST {V}", "a module that breaks RFC 7950 section 11", yang(BREAKS), Code.INCOMPATIBLE, yang(MODULE)),
    case(f"POST {V}", "another type", post("s", '{"type":"integer"}', "JSON"), Code.INCOMPATIBLE, INT),
    case(f"POST {V}", "an import that nobody has", yang(UNRESOLVED), Code.INVALID_SCHEMA),
    case(f"POST {V}", "a reference that nobody has", yang(USES, "n", **need()), Code.INVALID_SCHEMA),
    case(f"POST {V}", "a type that is unknown", post("s", "x", "PROTOBUF"), Code.INVALID_SCHEMA),
    case(f"POST {V}", "a name that is none", post("__GLOBAL", AVRO_INT), Code.INVALID_SUBJECT),
    case(f"POST {V}", "an id when not importing", post("s", AVRO_INT, id=7), Code.NOT_PERMITTED),
    case(
        f"POST {V}",
        "an id when importing",
        post("s", AVRO_INT, id=7, version=3),
        {"id": 7, "version": 3},
        Ask("PUT", "/mode", {"mode": "IMPORT"}),
    ),
    case(
        f"POST {V}",
        "an id that is taken",
        post("t", AVRO_TEXT, id=7),
        Code.ID_MISMATCH,
        Ask("PUT", "/mode", {"mode": "IMPORT"}),
        post("s", AVRO_INT, id=7),
    ),
    case(
        f"POST {V}",
        "another id for the same",
        post("s", AVRO_INT, id=8),
        Code.ID_MISMATCH,
        Ask("PUT", "/mode", {"mode": "IMPORT"}),
        post("s", AVRO_INT, id=7),
    ),
    case(f"POST {V}", "a version that is not the next", post("s", AVRO_INT, version=5), Code.INVALID_VERSION),
    case(f"POST {V}", "when only reading", INT, Code.NOT_PERMITTED, Ask("PUT", "/mode/s", {"mode": "READONLY"})),
    case(f"POST {V}", "a request that is too large", post("s", '"' + "x" * 300 + '"'), Code.TOO_LARGE, world="small"),
    case(f"POST {V}", "no JSON", Ask("POST", "/subjects/s/versions", content=b"{"), Code.INVALID_REQUEST),
    case(f"POST {V}", "a list", Ask("POST", "/subjects/s/versions", []), Code.INVALID_REQUEST),
    case(f"POST {V}", "tags that are none", post("s", AVRO_INT, metadata={"tags": 7}), Code.INVALID_REQUEST),
    case(
        f"POST {V}",
        "text",
        Ask("POST", "/subjects/s/versions", content=b"x", headers={"content-type": "text/plain"}),
        Code.UNSUPPORTED_MEDIA,
    ),
    case(f"POST {V}", "among others without end", INT, Code.TIMEOUT, world="contended"),
    case(
        f"POST {V}",
        "by a reader",
        Ask("POST", "/subjects/s/versions", {"schema": AVRO_INT}, auth=READER),
        Code.FORBIDDEN,
        world="accounts",
    ),
    case(
        f"POST {V}",
        "by a writer",
        Ask("POST", "/subjects/s/versions", {"schema": AVRO_INT}, auth=WRITER),
        {"id": 1},
        world="accounts",
    ),
    case(
        f"GET {N}",
        "one version",
        "/subjects/s/versions/1",
        {"subject": "s", "version": 1, "id": 1, "schema": AVRO_INT},
        *TWO,
    ),
    case(f"GET {N}", "the latest", "/subjects/s/versions/latest", {"version": 2}, *TWO),
    case(f"GET {N}", "the latest by number", "/subjects/s/versions/-1", {"version": 2}, *TWO),
    case(f"GET {N}", "with references and tags", "/subjects/n/versions/1", need(), *PAIR),
    case(f"GET {N}", "a deleted one on demand", "/subjects/s/versions/1?deleted=true", {"deleted": True}, *GONE),
    case(f"GET {N}", "an unknown version", "/subjects/s/versions/7", Code.NO_VERSION, INT),
    case(f"GET {N}", "an unknown subject", "/subjects/s/versions/7", Code.NO_SUBJECT),
    case(f"GET {N}", "a version that is none", "/subjects/s/versions/0", Code.INVALID_VERSION, INT),
    case(f"DELETE {N}", "softly", "/subjects/s/versions/1", 1, *TWO),
    case(
        f"DELETE {N}",
        "for good",
        "/subjects/s/versions/1?permanent=true",
        1,
        *TWO,
        Ask("DELETE", "/subjects/s/versions/1"),
    ),
    case(f"DELETE {N}", "the latest", "/subjects/s/versions/latest", 2, *TWO),
    case(
        f"DELETE {N}",
        "twice",
        "/subjects/s/versions/1",
        Code.VERSION_DELETED,
        *TWO,
        Ask("DELETE", "/subjects/s/versions/1"),
    ),
    case(f"DELETE {N}", "for good at once", "/subjects/s/versions/1?permanent=true", Code.VERSION_NOT_DELETED, *TWO),
    case(f"DELETE {N}", "an unknown version", "/subjects/s/versions/9", Code.NO_VERSION, INT),
    case(f"DELETE {N}", "an unknown subject", "/subjects/s/versions/9", Code.NO_SUBJECT),
    case(f"DELETE {N}", "what others need", "/subjects/m/versions/1", Code.REFERENCE_EXISTS, *PAIR),
    case(f"GET {N}/schema", "the text alone", "/subjects/s/versions/1/schema", {"type": "int"}, INT),
    case(f"GET {N}/referencedby", "who needs it", "/subjects/m/versions/1/referencedby", [2], *PAIR),
    case(f"GET {N}/referencedby", "nobody", "/subjects/n/versions/1/referencedby", [], *PAIR),
    case(
        f"GET {N}/verdict",
        "a compatible update",
        "/subjects/m/versions/2/verdict",
        {"isCompatible": True, "previous": 1},
        yang(MODULE),
        yang(LATER),
    ),
    case(
        f"GET {N}/verdict",
        "a breaking one",
        "/subjects/m/versions/2/verdict",
        {"isCompatible": False},
        Ask("PUT", "/config", {"compatibility": "NONE"}),
        yang(MODULE),
        yang(BREAKS),
    ),
    case(f"GET {N}/verdict", "the first has none", "/subjects/m/versions/1/verdict", Code.NO_VERDICT, yang(MODULE)),
    case(
        f"POST {CS}",
        "what fits",
        Ask("POST", "/compatibility/subjects/s/versions", {"schema": AVRO_LONG}),
        {"is_compatible": True},
        INT,
    ),
    case(
        f"POST {CS}",
        "what does not, in words",
        Ask("POST", "/compatibility/subjects/s/versions?verbose=true", {"schema": AVRO_TEXT}),
        {"is_compatible": False},
        INT,
    ),
    case(
        f"POST {CS}",
        "an empty subject fits all",
        Ask("POST", "/compatibility/subjects/s/versions", {"schema": AVRO_TEXT}),
        {"is_compatible": True},
    ),
    case(
        f"POST {CS}",
        "no schema",
        Ask("POST", "/compatibility/subjects/s/versions", {"schema": "{"}),
        Code.INVALID_SCHEMA,
        INT,
    ),
    case(
        f"POST {CS}/{{version}}",
        "a module that fits",
        Ask("POST", "/compatibility/subjects/m/versions/latest", {"schema": LATER, "schemaType": "YANG"}),
        {"is_compatible": True},
        yang(MODULE),
    ),
    case(
        f"POST {CS}/{{version}}",
        "one that breaks",
        Ask("POST", "/compatibility/subjects/m/versions/1", {"schema": BREAKS, "schemaType": "YANG"}),
        {"is_compatible": False},
        yang(MODULE),
    ),
    case(
        f"POST {CS}/{{version}}",
        "an unknown subject",
        Ask("POST", "/compatibility/subjects/m/versions/1", {"schema": BREAKS}),
        Code.NO_SUBJECT,
    ),
    case(
        f"POST {CS}/{{version}}",
        "an unknown version",
        Ask("POST", "/compatibility/subjects/s/versions/4", {"schema": AVRO_INT}),
        Code.NO_VERSION,
        INT,
    ),
    case("GET /config", "backward unless configured", "/config", {"compatibilityLevel": "BACKWARD"}),
    case("PUT /config", "a level", Ask("PUT", "/config", {"compatibility": "full"}), {"compatibility": "FULL"}),
    case("PUT /config", "no level", Ask("PUT", "/config", {"compatibility": "PERHAPS"}), Code.INVALID_COMPATIBILITY),
    case("PUT /config", "what is not supported", Ask("PUT", "/config", {"defaultMetadata": {}}), Code.INVALID_REQUEST),
    case(
        "DELETE /config",
        "back to the default",
        "/config",
        {"compatibilityLevel": "FULL"},
        Ask("PUT", "/config", {"compatibility": "FULL"}),
    ),
    case("GET /config/{subject}", "none of its own", "/config/s", Code.NO_COMPATIBILITY, INT),
    case(
        "GET /config/{subject}", "what holds", "/config/s?defaultToGlobal=true", {"compatibilityLevel": "BACKWARD"}, INT
    ),
    case(
        "GET /config/{subject}",
        "its own",
        "/config/s",
        {"compatibilityLevel": "NONE"},
        Ask("PUT", "/config/s", {"compatibility": "NONE"}),
    ),
    case(
        "GET /config/{subject}",
        "its context's",
        "/config/:.x:s?defaultToGlobal=1",
        {"compatibilityLevel": "FULL"},
        Ask("PUT", "/config/:.x:", {"compatibility": "FULL"}),
    ),
    case(
        "PUT /config/{subject}",
        "a level",
        Ask("PUT", "/config/s", {"compatibility": "NONE"}),
        {"compatibility": "NONE"},
    ),
    case(
        "PUT /config/{subject}",
        "by a reader",
        Ask("PUT", "/config/s", {"compatibility": "NONE"}, auth=READER),
        Code.FORBIDDEN,
        world="accounts",
    ),
    case(
        "DELETE /config/{subject}",
        "what it was",
        "/config/s",
        {"compatibilityLevel": "NONE"},
        Ask("PUT", "/config/s", {"compatibility": "NONE"}),
    ),
    case("DELETE /config/{subject}", "nothing", "/config/s", Code.NO_SUBJECT),
    case("GET /mode", "everything is allowed", "/mode", {"mode": "READWRITE"}),
    case("PUT /mode", "reading", Ask("PUT", "/mode", {"mode": "readonly"}), {"mode": "READONLY"}),
    case("PUT /mode", "no mode", Ask("PUT", "/mode", {"mode": "SOMETIMES"}), Code.INVALID_MODE),
    case("PUT /mode", "importing over others", Ask("PUT", "/mode", {"mode": "IMPORT"}), Code.NOT_PERMITTED, INT),
    case(
        "PUT /mode", "importing by force", Ask("PUT", "/mode?force=true", {"mode": "IMPORT"}), {"mode": "IMPORT"}, INT
    ),
    case("DELETE /mode", "what it was", "/mode", {"mode": "READONLY"}, Ask("PUT", "/mode", {"mode": "READONLY"})),
    case("GET /mode/{subject}", "none of its own", "/mode/s", Code.NO_MODE),
    case(
        "GET /mode/{subject}",
        "what holds",
        "/mode/s?defaultToGlobal=true",
        {"mode": "READONLY"},
        Ask("PUT", "/mode", {"mode": "READONLY"}),
    ),
    case(
        "GET /mode/{subject}",
        "what overrides",
        "/mode/s?defaultToGlobal=true",
        {"mode": "READONLY_OVERRIDE"},
        Ask("PUT", "/mode/s", {"mode": "READWRITE"}),
        Ask("PUT", "/mode", {"mode": "READONLY_OVERRIDE"}),
    ),
    case("PUT /mode/{subject}", "a mode", Ask("PUT", "/mode/s", {"mode": "READONLY"}), {"mode": "READONLY"}),
    case(
        "DELETE /mode/{subject}",
        "what it was",
        "/mode/s",
        {"mode": "READONLY"},
        Ask("PUT", "/mode/s", {"mode": "READONLY"}),
    ),
    case("DELETE /mode/{subject}", "nothing", "/mode/s", Code.NO_SUBJECT),
    case("GET /associations/{rest:path}", "none are kept", "/associations/resources/a/b", Code.NO_ASSOCIATIONS),
    case(
        "POST /resolve",
        "a set is registered",
        Ask("POST", "/resolve", {"exporter": "192.0.2.1", "modules": ["things"], "subscription-id": 4}),
        {"subject": "192.0.2.1-4", "version": 1},
        world="resolving",
    ),
    case(
        "POST /resolve",
        "what is being fetched",
        Ask("POST", "/resolve", {"exporter": "192.0.2.2"}),
        {"retry-after-s": 1.0},
        world="resolving",
        status=202,
    ),
    case(
        "POST /resolve",
        "a node that is away",
        Ask("POST", "/resolve", {"exporter": "192.0.2.3"}),
        Code.NODE_AWAY,
        world="resolving",
    ),
    case(
        "POST /resolve",
        "a set that does not compile",
        Ask("POST", "/resolve", {"exporter": "192.0.2.4"}),
        Code.INVALID_SCHEMA,
        world="resolving",
    ),
    case(
        "POST /resolve",
        "what nobody has",
        Ask("POST", "/resolve", {"exporter": "192.0.2.5"}),
        Code.NOT_RESOLVED,
        world="resolving",
    ),
    case(
        "POST /resolve",
        "an exporter that nobody serves",
        Ask("POST", "/resolve", {"exporter": "192.0.2.6"}),
        Code.NOT_RESOLVED,
        world="resolving",
    ),
    case("POST /resolve", "no resolver", Ask("POST", "/resolve", {"exporter": "192.0.2.1"}), Code.NOT_RESOLVED),
    case("POST /resolve", "no address", Ask("POST", "/resolve", {"exporter": "router-1"}), Code.INVALID_REQUEST),
    case(
        "POST /resolve",
        "a wait that is too long",
        Ask("POST", "/resolve", {"exporter": "192.0.2.1", "wait-s": 99}),
        Code.INVALID_REQUEST,
    ),
    case(
        "POST /resolve",
        "a member that is unknown",
        Ask("POST", "/resolve", {"exporter": "192.0.2.1", "x": 1}),
        Code.INVALID_REQUEST,
    ),
    case("GET /nowhere", "no route", "/nowhere", Code.NO_ROUTE),
    case("PATCH /subjects", "no method", Ask("PATCH", "/subjects"), Code.NO_METHOD),
)
