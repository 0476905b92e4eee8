"""The table's lines on Confluent's API beside registering: deleting, configuration, places, content types, modules."""

from tests.registry.service.lines import AVRO_INT, AVRO_TEXT, INT, PAIR, N, S, V, case, post, yang
from tests.registry.service.table_confluent import BUILT_IN, LAB, OPEN, OUTER, RESERVES, SELF, A, record
from tests.registry.service.worlds import Ask
from yangbeam.registry.refusals import Code

CASES = (
    # Deleting
    case(f"DELETE {S}", "what refers to itself alone", "/subjects/s", [1, 2], *SELF),
    case(
        f"DELETE {N}",
        "a version that another of its subject needs",
        "/subjects/s/versions/1",
        Code.REFERENCE_EXISTS,
        *SELF,
    ),
    case(
        f"DELETE {S}",
        "what refers to itself, and stands elsewhere too",
        "/subjects/s",
        Code.REFERENCE_EXISTS,
        *SELF,
        post("t", OUTER, references=[{"name": "o.S", "subject": "s", "version": 1}]),
    ),
    # Configuration
    case(
        "PUT /config",
        "members without a meaning",
        Ask("PUT", "/config", {"compatibility": "FULL", "policy": "x"}),
        {"compatibility": "FULL"},
    ),
    case("PUT /config", "validateFields", Ask("PUT", "/config", {"validateFields": True}), {"validateFields": True}),
    case(
        f"POST {V}",
        "a field that its metadata reserve",
        post("s", record(A), **RESERVES),
        Code.INCOMPATIBLE,
        Ask("PUT", "/config", {"validateFields": True}),
    ),
    case(f"POST {V}", "a reserved field where nothing is enforced", post("s", record(A), **RESERVES), {"version": 1}),
    case(
        f"POST {V}",
        "a reservation that is dropped",
        post("s", record(A | {"name": "b"}), metadata={}),
        Code.INCOMPATIBLE,
        OPEN,
        post("s", record(A | {"name": "c"}), **RESERVES),
        Ask("PUT", "/config", {"validateFields": True}),
    ),
    case(
        f"POST {V}",
        "a reserved property",
        post("s", '{"properties":{"a":{}}}', "JSON", **RESERVES),
        Code.INCOMPATIBLE,
        Ask("PUT", "/config", {"validateFields": True}),
    ),
    # Where things stand
    case(
        "GET /schemas/ids/{id}",
        "under a subject",
        "/schemas/ids/1?subject=t",
        {"subject": "t", "version": 1},
        INT,
        post("t", AVRO_INT),
    ),
    case(
        "GET /schemas/ids/{id}",
        "a subject that has it not",
        "/schemas/ids/1?subject=u",
        {"subject": "s", "version": 1},
        INT,
    ),
    case(
        "GET /schemas/ids/{id}",
        "a context",
        "/schemas/ids/1?subject=:.lab:",
        {"subject": ":.lab:s", "version": 1},
        INT,
        LAB,
    ),
    case(
        "GET /schemas/ids/{id}", "a subject of another context", "/schemas/ids/1?subject=s", {"subject": ":.lab:s"}, LAB
    ),
    case(
        f"GET {N}/referencedby",
        "the deleted, too",
        "/subjects/m/versions/1/referencedby?deleted=true",
        [2],
        *PAIR,
        Ask("DELETE", "/subjects/n"),
    ),
    case(
        f"GET {N}/referencedby",
        "not the deleted",
        "/subjects/m/versions/1/referencedby",
        [],
        *PAIR,
        Ask("DELETE", "/subjects/n"),
    ),
    case("GET /subjects", "an empty prefix means its context", "/subjects?subjectPrefix=", ["s"], INT, LAB),
    case(
        "GET /subjects", "a prefix within a context", "/contexts/.lab/subjects?subjectPrefix=s", [":.lab:s"], INT, LAB
    ),
    case(
        "GET /subjects",
        "a prefix in every context",
        "/subjects?subjectPrefix=:*:s",
        [":.lab:s", "s"],
        INT,
        LAB,
        post("t", AVRO_INT),
    ),
    case("GET /subjects", "the default context by its name", "/subjects?subjectPrefix=:.:", ["s"], INT, LAB),
    # Content
    case("GET /subjects", "anything", Ask("GET", "/subjects", headers={"accept": "text/html, image/gif, *; q=.2"}), []),
    case(
        "PUT /config",
        "in another character set",
        Ask(
            "PUT",
            "/config",
            content='{"compatibility":"FULL"}'.encode("utf-16"),
            headers={"content-type": "application/json; charset=utf-16"},
        ),
        {"compatibility": "FULL"},
    ),
    case(
        "PUT /config",
        "in an unknown character set",
        Ask("PUT", "/config", content=b"{}", headers={"content-type": "application/json; charset=ebcdic"}),
        Code.UNSUPPORTED_MEDIA,
    ),
    # Modules
    case(f"POST {V}", "an import that only libyang has", yang(BUILT_IN, "n"), Code.INVALID_SCHEMA),
    case(
        f"POST {V}",
        "a submodule's import that only libyang has",
        yang("submodule p { belongs-to m { prefix m; } import ietf-inet-types { prefix i; } }", "p"),
        Code.INVALID_SCHEMA,
    ),
    case(
        "GET /config/{subject}",
        "nothing is configured of a subject whose last version went",
        "/config/s",
        Code.NO_COMPATIBILITY,
        INT,
        Ask("PUT", "/config/s", {"compatibility": "FULL"}),
        Ask("DELETE", "/subjects/s/versions/1"),
    ),
    case(
        "POST /compatibility/subjects/{subject}/versions",
        "only versions of one group are compared",
        Ask(
            "POST", "/compatibility/subjects/s/versions", {"schema": AVRO_TEXT, "metadata": {"properties": {"g": "2"}}}
        ),
        {"is_compatible": True},
        Ask("PUT", "/config", {"compatibilityGroup": "g"}),
        post("s", AVRO_INT, metadata={"properties": {"g": "1"}}),
    ),
)
