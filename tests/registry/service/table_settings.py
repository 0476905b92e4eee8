"""The table's lines on compatibility, levels and modes."""

from tests.registry.service.lines import AVRO_INT, AVRO_LONG, AVRO_TEXT, BREAKS, CS, INT, LATER, MODULE, case, yang
from tests.registry.service.worlds import READER, Ask
from yangbeam.registry.refusals import Code

CASES = (
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
        "a version of an unknown subject",
        Ask("POST", "/compatibility/subjects/m/versions/1", {"schema": BREAKS}),
        Code.NO_VERSION,
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
    case("PUT /config", "an alias that is none", Ask("PUT", "/config", {"alias": 7}), Code.INVALID_REQUEST),
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
)
