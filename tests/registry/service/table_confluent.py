"""The table's lines on what clients and test suites of Confluent's API go by: texts, metadata, versions, prefixes."""

import json
from typing import Any

from tests.registry.service.lines import AVRO_INT, AVRO_LONG, AVRO_TEXT, CS, GONE, INT, N, S, V, case, post, yang
from tests.registry.service.worlds import Ask
from yangbeam.registry.refusals import Code

IMPORT = Ask("PUT", "/mode", {"mode": "IMPORT"})
OPEN = Ask("PUT", "/config", {"compatibility": "NONE"})
LAB = post(":.lab:s", AVRO_INT)


def record(*fields: Any, name: str = "R") -> str:
    return json.dumps({"type": "record", "name": name, "fields": list(fields)})


A = {"name": "a", "type": "string"}
BAD_DEFAULT = record(A | {"default": None})
INNER, OUTER = record(A, name="o.S"), record({"name": "s", "type": "o.S"})
REFERS = {"references": [{"name": "o.S", "subject": "inner", "version": 1}]}
RESOLVED = record({"name": "s", "type": json.loads(INNER)})
WITH_METADATA = post("s", record(A), metadata={"properties": {"owner": "me"}})
SELF = (post("s", INNER), OPEN, post("s", OUTER, references=[{"name": "o.S", "subject": "s", "version": 1}]))
TYPES = 'module types { namespace "u:t"; prefix t; typedef name { type string; } }'
BUILT_IN = 'module n { namespace "u:n"; prefix n; import ietf-yang-types { prefix y; } leaf c { type y:counter32; } }'
RESERVES = {"metadata": {"properties": {"confluent:reserved": "a"}}}

CASES = (
    # One identity for equal schemas
    case(f"POST {V}", "a primitive is its name", post("s", '{"type": "int"}'), {"id": 1, "version": 1}, INT),
    case(
        f"GET {N}",
        "the canonical text is kept",
        "/subjects/s/versions/1",
        {"schema": '"string"'},
        post("s", '{"type": "string"}'),
    ),
    case(f"POST {V}", "a default of another type", post("s", BAD_DEFAULT), Code.INVALID_SCHEMA),
    case(
        f"POST {V}",
        "a default of another type, normalised",
        Ask("POST", "/subjects/s/versions?normalize=true", {"schema": BAD_DEFAULT}),
        Code.INVALID_SCHEMA,
    ),
    case(
        f"POST {S}",
        "by resolved references",
        Ask("POST", "/subjects/s", {"schema": RESOLVED}),
        {"version": 1, "id": 2},
        post("inner", INNER),
        post("s", OUTER, **REFERS),
    ),
    case(
        f"POST {V}",
        "by resolved references it is there",
        post("s", RESOLVED),
        {"version": 1, "id": 2},
        post("inner", INNER),
        post("s", OUTER, **REFERS),
    ),
    case(
        f"POST {V}",
        "names as the specification has them",
        post("s", '{"type":"enum","name":"a-b.E","symbols":["A"]}'),
        Code.INVALID_SCHEMA,
    ),
    case(
        f"POST {V}",
        "any names where they are not judged",
        post("s", '{"type":"enum","name":"a-b.E","symbols":["A"]}'),
        {"version": 1},
        Ask("PUT", "/config", {"validateNames": False}),
    ),
    # Metadata
    case(
        f"POST {V}",
        "metadata that are not sent are those before",
        post("s", record(A)),
        {"id": 1, "version": 1},
        WITH_METADATA,
    ),
    case(
        f"GET {N}",
        "metadata are carried over to another schema",
        "/subjects/s/versions/2",
        {"metadata": {"properties": {"owner": "me"}}},
        OPEN,
        WITH_METADATA,
        post("s", AVRO_INT),
    ),
    case(
        f"GET {N}",
        "metadata that are sent hold",
        "/subjects/s/versions/2",
        {"metadata": {"properties": {"x": "1"}}},
        WITH_METADATA,
        post("s", record(A), metadata={"properties": {"x": "1"}}),
    ),
    case(
        f"POST {S}",
        "looked up without its metadata",
        Ask("POST", "/subjects/s", {"schema": record(A)}),
        {"version": 1},
        WITH_METADATA,
    ),
    case(
        f"GET {N}",
        "those of a module are not carried over",
        "/subjects/m/versions/2",
        {"metadata": None},
        OPEN,
        yang(TYPES, metadata={"properties": {"revision": "1"}}),
        yang(TYPES.replace("typedef name", "typedef word")),
    ),
    case(
        f"GET {N}",
        "default and override metadata",
        "/subjects/s/versions/1",
        {"metadata": {"properties": {"a": "1", "b": "3", "c": "3"}}},
        Ask(
            "PUT",
            "/config",
            {"defaultMetadata": {"properties": {"a": "1", "b": "1"}}, "overrideMetadata": {"properties": {"c": "3"}}},
        ),
        post("s", AVRO_INT, metadata={"properties": {"b": "3", "c": "1"}}),
    ),
    # Versions
    case(f"POST {V}", "under the next number", post("s", AVRO_INT, version=2), {"id": 2, "version": 2}, INT),
    case(
        f"GET {N}",
        "the number is kept",
        "/subjects/s/versions/2",
        {"metadata": {"properties": {"confluent:version": "2"}}},
        INT,
        post("s", AVRO_INT, version=2),
    ),
    case(f"POST {V}", "under a number that is there", post("s", AVRO_INT, version=1), Code.INVALID_SCHEMA, INT),
    case(f"POST {V}", "as the latest, which it is", post("s", AVRO_INT, version=-1), {"id": 1, "version": 1}, INT),
    case(f"POST {V}", "as the latest, which it is not", post("s", AVRO_LONG, version=-1), {"id": 2, "version": 2}, INT),
    case(
        f"POST {S}",
        "the version of a number",
        Ask("POST", "/subjects/s", {"schema": AVRO_INT, "metadata": {"properties": {"confluent:version": "2"}}}),
        {"version": 2},
        INT,
        post("s", AVRO_INT, version=2),
    ),
    case(
        f"POST {S}",
        "a version without its number",
        Ask("POST", "/subjects/s", {"schema": AVRO_INT}),
        {"version": 2},
        INT,
        post("s", AVRO_INT, version=2),
        Ask("DELETE", "/subjects/s/versions/1"),
    ),
    # Empty schemas
    case(f"POST {V}", "an empty schema", post("s", ""), Code.INVALID_SCHEMA),
    case(f"POST {V}", "no schema", Ask("POST", "/subjects/s/versions", {}), Code.INVALID_SCHEMA),
    case(
        f"POST {V}",
        "an empty schema is the one before with other metadata",
        post("s", " ", metadata={"properties": {"x": "1"}}),
        {"id": 2, "version": 2},
        INT,
    ),
    case(f"POST {S}", "no schema to look up", Ask("POST", "/subjects/s", {}), Code.NO_SCHEMA, INT),
    case(f"POST {S}", "no schema, no subject", Ask("POST", "/subjects/s", {}), Code.NO_SUBJECT),
    case(
        f"POST {CS}",
        "an empty schema follows nothing",
        Ask("POST", "/compatibility/subjects/s/versions", {}),
        Code.INVALID_SCHEMA,
    ),
    # Modes
    case(f"POST {V}", "without an id when importing", INT, Code.NOT_PERMITTED, IMPORT),
    case(
        f"POST {V}",
        "the same under another number when importing",
        post("s", AVRO_INT, id=7, version=2),
        {"id": 7, "version": 2},
        IMPORT,
        post("s", AVRO_INT, id=7, version=1),
    ),
    case(
        f"POST {V}",
        "the same under the same number when importing",
        post("s", AVRO_INT, id=7, version=1),
        {"id": 7, "version": 1},
        IMPORT,
        post("s", AVRO_INT, id=7, version=1),
    ),
    case(
        f"POST {V}",
        "another under the same number when importing",
        post("s", AVRO_TEXT, id=8, version=1),
        Code.INVALID_VERSION,
        IMPORT,
        post("s", AVRO_INT, id=7, version=1),
    ),
    case(
        "GET /mode/{subject}",
        "what overrides needs no asking",
        "/mode/s",
        {"mode": "READONLY_OVERRIDE"},
        Ask("PUT", "/mode", {"mode": "READONLY_OVERRIDE"}),
    ),
    # Compatibility of what is not there
    case(
        f"POST {CS}/{{version}}",
        "the latest of an unknown subject",
        Ask("POST", "/compatibility/subjects/s/versions/latest", {"schema": AVRO_INT}),
        {"is_compatible": True},
    ),
    case(
        f"POST {CS}/{{version}}",
        "the latest of a deleted subject",
        Ask("POST", "/compatibility/subjects/s/versions/latest", {"schema": AVRO_TEXT}),
        {"is_compatible": True},
        *GONE,
    ),
    case(
        f"POST {CS}/{{version}}",
        "no schema, of an unknown subject",
        Ask("POST", "/compatibility/subjects/s/versions/latest", {"schema": BAD_DEFAULT}),
        Code.INVALID_SCHEMA,
    ),
    case(
        f"POST {CS}/{{version}}",
        "a version that is none",
        Ask("POST", "/compatibility/subjects/s/versions/earliest", {"schema": AVRO_INT}),
        Code.INVALID_VERSION,
        INT,
    ),
    case(
        f"POST {CS}",
        "no schema, in words",
        Ask("POST", "/compatibility/subjects/s/versions?verbose=true", {"schema": BAD_DEFAULT}),
        {"is_compatible": False},
    ),
    case(
        f"POST {V}",
        "the same module without its metadata",
        yang(TYPES, "types"),
        {"id": 1, "version": 1},
        yang(TYPES, "types", metadata={"tags": {"features": ["f"]}}),
    ),
    case(
        f"POST {V}",
        "the same module with none, which it says",
        yang(TYPES, "types", metadata={}),
        {"id": 2, "version": 2},
        OPEN,
        yang(TYPES, "types", metadata={"tags": {"features": ["f"]}}),
    ),
)
