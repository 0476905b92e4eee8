"""The table's lines on Confluent's API: modes, imports, aliases, rule sets, contexts."""

from typing import Any

from tests.registry.service.lines import AVRO_INT, AVRO_LONG, CS, GONE, INT, N, S, V, case, post
from tests.registry.service.table_confluent import IMPORT, LAB, OPEN
from tests.registry.service.worlds import Ask
from yangbeam.registry.refusals import Code

READONLY = {"mode": "READONLY"}
IMPORTED = (IMPORT, post("s", AVRO_INT, id=7, version=1))
ALIAS = Ask("PUT", "/config/a", {"alias": "s"})


def rule(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "kind": "CONDITION", "type": "CEL", "mode": "WRITE", **more}


def rules(*names: str) -> dict[str, Any]:
    return {"domainRules": [rule(name) for name in names]}


CASES = (
    # Modes
    case("PUT /mode", "null removes what is set", Ask("PUT", "/mode", {"mode": None}), {"mode": None}),
    case(
        "GET /mode",
        "after null",
        "/mode",
        {"mode": "READWRITE"},
        Ask("PUT", "/mode", READONLY),
        Ask("PUT", "/mode", {}),
    ),
    case("GET /mode", "of all, by its context's name", "/mode", READONLY, Ask("PUT", "/mode/:.__GLOBAL:", READONLY)),
    case(
        "GET /mode/{subject}",
        "a context's mode is removed with those of its subjects",
        "/mode/:.x:s",
        Code.NO_MODE,
        Ask("PUT", "/mode/:.x:s", READONLY),
        Ask("PUT", "/mode/:.x:", READONLY),
        Ask("DELETE", "/mode/:.x:?recursive=true"),
    ),
    case(
        "GET /mode/{subject}",
        "a context's mode is removed alone",
        "/mode/:.x:s",
        READONLY,
        Ask("PUT", "/mode/:.x:s", READONLY),
        Ask("PUT", "/mode/:.x:", READONLY),
        Ask("DELETE", "/mode/:.x:"),
    ),
    case(
        "GET /mode/{subject}",
        "the mode of all is removed with those of the default context",
        "/mode/:.x:s",
        READONLY,
        Ask("PUT", "/mode/:.x:s", READONLY),
        Ask("PUT", "/mode/s", READONLY),
        Ask("DELETE", "/mode?recursive=true"),
    ),
    case(
        "DELETE /mode/{subject}",
        "nothing of a context, and nothing below",
        "/mode/:.x:?recursive=true",
        {"mode": None},
    ),
    # Imports
    case(f"POST {V}", "clients that send no id find what was imported", INT, {"id": 7, "version": 1}, *IMPORTED),
    case(f"POST {V}", "and nothing else", post("s", AVRO_LONG), Code.NOT_PERMITTED, *IMPORTED),
    case(
        f"POST {V}",
        "another id of the same schema is kept beside the first",
        post("s", AVRO_INT, id=8, version=2),
        {"id": 8, "version": 2},
        *IMPORTED,
    ),
    case(
        "GET /schemas/ids/{id}",
        "the further id leads to the schema",
        "/schemas/ids/8",
        {"schema": AVRO_INT},
        *IMPORTED,
        post("t", AVRO_INT, id=8, version=1),
    ),
    case(
        f"POST {S}",
        "under the further id it is found in its subject",
        Ask("POST", "/subjects/t", {"schema": AVRO_INT}),
        {"id": 8, "version": 1},
        *IMPORTED,
        post("t", AVRO_INT, id=8, version=1),
    ),
    case(
        f"POST {V}",
        "under the further id it is imported twice",
        post("t", AVRO_INT, id=8, version=1),
        {"id": 8, "version": 1},
        *IMPORTED,
        post("t", AVRO_INT, id=8, version=1),
    ),
    case(
        f"POST {V}",
        "in the place of a deleted version",
        post("s", AVRO_LONG, id=9, version=1),
        {"id": 9, "version": 1},
        *IMPORTED,
        Ask("DELETE", "/subjects/s"),
    ),
    case(
        f"GET {V}",
        "which is one version then",
        "/subjects/s/versions?deleted=true",
        [1],
        *IMPORTED,
        Ask("DELETE", "/subjects/s"),
        post("s", AVRO_INT, id=7, version=1),
    ),
    # Aliases
    case(f"GET {N}", "an alias", "/subjects/a/versions/1", {"subject": "s", "version": 1}, INT, ALIAS),
    case(f"POST {V}", "an alias is registered under", post("a", AVRO_INT), {"id": 1, "version": 1}, INT, ALIAS),
    case(
        f"POST {CS}",
        "an alias is compared with",
        Ask("POST", "/compatibility/subjects/a/versions", {"schema": '"string"'}),
        {"is_compatible": False},
        INT,
        ALIAS,
    ),
    case("GET /schemas/ids/{id}", "where an alias means", "/schemas/ids/1?subject=a", {"subject": "s"}, INT, ALIAS),
    case(
        "GET /config/{subject}", "what is configured of an alias is its own", "/config/a", Code.NO_COMPATIBILITY, ALIAS
    ),
    case(
        f"GET {N}",
        "an alias of another context",
        "/contexts/.y/subjects/a/versions/1",
        {"subject": ":.lab:s"},
        LAB,
        Ask("PUT", "/config/:.y:a", {"alias": ":.lab:s"}),
    ),
    case(
        f"GET {N}",
        "an alias of all is nobody's",
        "/subjects/s/versions/1",
        {"subject": "s"},
        INT,
        Ask("PUT", "/config", {"alias": "t"}),
    ),
    # Rule sets
    case(
        f"GET {N}",
        "configured rules are below and above those sent",
        "/subjects/s/versions/1",
        {"ruleSet": {"domainRules": [rule("a"), rule("b", doc="over"), rule("c")]}},
        Ask("PUT", "/config", {"defaultRuleSet": rules("a", "b")}),
        Ask("PUT", "/config/s", {"overrideRuleSet": {"domainRules": [rule("b", doc="over")]}}),
        post("s", AVRO_INT, ruleSet=rules("b", "c")),
    ),
    case(
        f"POST {V}",
        "rules alone are a version of the schema before",
        post("s", "", ruleSet=rules("a")),
        {"id": 2, "version": 2, "schema": AVRO_INT, "ruleSet": rules("a")},
        INT,
    ),
    *(
        case(f"POST {V}", f"a rule {what}", post("s", AVRO_INT, ruleSet=wrong), Code.INVALID_RULES)
        for what, wrong in {
            "without a type": {"domainRules": [{"name": "a", "mode": "READ"}]},
            "without a name": {"domainRules": [rule("")]},
            "of a mode of other rules": {"migrationRules": [rule("a")]},
            "that another is called like": rules("a", "a"),
        }.items()
    ),
    case(
        "PUT /config",
        "rules that are none",
        Ask("PUT", "/config", {"defaultRuleSet": {"domainRules": [rule("a", mode="UPGRADE")]}}),
        Code.INVALID_RULES,
    ),
    # Contexts
    case("GET /contexts", "by prefix", "/contexts?contextPrefix=.l", [".lab"], INT, LAB),
    case(f"GET {N}", "a name that only a context has", "/subjects/s/versions/1", {"subject": ":.lab:s"}, LAB),
    case(
        f"POST {S}",
        "a name that only a context has, by its schema",
        Ask("POST", "/subjects/s", {"schema": AVRO_INT}),
        {"subject": ":.lab:s", "version": 1},
        LAB,
    ),
    case(
        f"GET {N}",
        "a name whose end a context has",
        "/subjects/s/versions/1",
        Code.NO_SUBJECT,
        post(":.x:a:s", AVRO_INT),
    ),
    case("DELETE /contexts/{context}", "one with subjects", "/contexts/.lab", Code.CONTEXT_NOT_EMPTY, LAB),
    case("DELETE /contexts/{context}", "the default one", "/contexts/:.:", Code.CONTEXT_NOT_EMPTY),
    case(
        "GET /config/{subject}",
        "what was configured of a deleted context",
        "/config/:.x:",
        Code.NO_COMPATIBILITY,
        Ask("PUT", "/config/:.x:", {"compatibility": "FULL"}),
        Ask("PUT", "/config/:.x:s", {"compatibility": "FULL"}),
        Ask("DELETE", "/contexts/.x"),
    ),
    case("GET /v1/metadata/deployment", "no attributes", "/v1/metadata/deployment", {"attributes": []}),
    # Places and answers
    case(f"GET {N}", "the largest version", "/subjects/s/versions/2147483647", Code.NO_VERSION, INT),
    case(f"GET {N}", "a version beyond", "/subjects/s/versions/2147483648", Code.INVALID_VERSION, INT),
    case(
        f"POST {V}",
        "octets that are no name",
        Ask("POST", "/subjects/a%80b/versions", {"schema": AVRO_INT}),
        Code.INVALID_SUBJECT,
    ),
    case(f"POST {V}", "what is registered is told", post("s", '{"type":"int"}'), {"schema": AVRO_INT, "version": 1}),
    case(f"GET {N}", "that a version is not deleted", "/subjects/s/versions/1", {"deleted": False}, INT),
    case("GET /schemas/ids/{id}", "that a schema is deleted", "/schemas/ids/1", {"deleted": True}, *GONE),
    case(
        f"GET {N}",
        "metadata of an earlier version under another number",
        "/subjects/s/versions/2",
        {"metadata": {"properties": {"k": "v", "confluent:version": "2"}}},
        OPEN,
        post("s", AVRO_INT, metadata={"properties": {"k": "v"}}),
        post("s", AVRO_LONG, version=2),
    ),
)
