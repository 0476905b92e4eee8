"""All causes of dead letters: whose fault each is, what it means, and what to do; read through core/causes.py."""

from typing import Final

from yangbeam.core.cause import Cause
from yangbeam.core.fault import Fault

DEVICE, COLLECTOR, ENVIRONMENT, CONFIGURATION = Fault

UNKNOWN: Final = "unknown-cause"
"""What a cause counts as that this release does not know: names of counts are bounded."""

CAUSES: Final[dict[str, Cause]] = {
    # The receiver refuses datagrams, bodies and files.
    "malformed": Cause(
        DEVICE,
        "The lengths or options of a datagram, or the array of an HTTPS-notif body, contradict each other.",
        "Show the original to the router's vendor.",
    ),
    "unsupported-version": Cause(
        DEVICE,
        "A datagram has another version of UDP-notif than 1.",
        "For version 0, as routers of 2024 send it, set version_0 = true in [sources.dialect], or --version-0; else "
        "update the router.",
    ),
    "unsupported-media-type": Cause(
        DEVICE,
        "The media type, or the content encoding, is none that this release reads.",
        "Let the router send JSON, XML or CBOR.",
    ),
    "private-media-type": Cause(
        CONFIGURATION,
        "A datagram has a private media type that the source does not allow.",
        "Add its number to private_media_types in [sources.dialect], or let the router send JSON, XML or CBOR.",
    ),
    "unsupported-option": Cause(
        DEVICE,
        "A datagram has an option that the standard does not define, and is discarded as the draft says.",
        'Set unknown_options = "keep" in [sources.dialect] to deliver such messages.',
    ),
    "too-many-new-exporters": Cause(
        ENVIRONMENT,
        "More exporters that were never heard before send at the same time than the receiver lets in.",
        "Look at the exporters of these letters: if addresses are forged, narrow allow of the source; if the network "
        "is that large, raise unheard_per_s of the source.",
    ),
    "incomplete": Cause(
        ENVIRONMENT,
        "Some segments of a message did not arrive in time.",
        "Look for loss on the path and for kernel_drops; raise receive_buffer_bytes of the source.",
    ),
    "too-many-segments": Cause(
        CONFIGURATION,
        "A message has more segments than the receiver holds.",
        "Raise max_segments in [sources.reassembly]; if the router sets the last-segment flag in the top bit, set "
        'last_bit = "detect" in [sources.dialect].',
    ),
    "message-too-large": Cause(
        CONFIGURATION,
        "A message has more octets than the receiver holds.",
        "Raise max_message_bytes in [sources.reassembly], or let the router send less in one message.",
    ),
    "capture-cut": Cause(
        ENVIRONMENT,
        "A capture file ends within a packet.",
        "Copy the file again, or end its recorder properly; everything before the cut was read.",
    ),
    "capture-damaged": Cause(
        ENVIRONMENT,
        "A capture file has a block that cannot be read.",
        "Copy the file again; everything before the damage was read.",
    ),
    # Records of topics.
    "not-a-raw-record": Cause(
        CONFIGURATION,
        "A record of the raw topic was not written by yangbeam receive, or by a newer release of it.",
        "Let nothing else write to the raw topic; update the readers before the writers.",
    ),
    "raw-records-deleted": Cause(
        ENVIRONMENT,
        "Records of the raw topic were deleted before they were read.",
        "Lengthen the retention of the raw topic, or let collect keep up.",
    ),
    "record-refused": Cause(
        CONFIGURATION,
        "A topic can never take this record.",
        "Raise max.message.bytes of the topic, and message.max.bytes in [kafka.properties].",
    ),
    "not-a-telemetry-message": Cause(
        CONFIGURATION,
        "A record of the telemetry topic is no telemetry message.",
        "Let nothing else write to the topic, or leave the topic out of ingest.topics.",
    ),
    "invalid-telemetry-message": Cause(
        DEVICE,
        "A telemetry message breaks the schema of ietf-telemetry-message at {path}.",
        "Correct what wrote it.",
    ),
    "invalid-identity": Cause(
        DEVICE,
        "The header yangbeam-raw of a record is no place in the raw topic.",
        "Correct what wrote the record.",
    ),
    "not-a-loss-event": Cause(
        DEVICE,
        "A record of the loss topic is no loss event.",
        "Let nothing else write to the topic.",
    ),
    "not-a-dead-letter": Cause(
        DEVICE,
        "A record of the topic of dead letters is none.",
        "Let nothing else write to the topic.",
    ),
    "invalid-time": Cause(
        DEVICE,
        "The collection time of a telemetry message is no date-and-time.",
        "Correct what wrote the message.",
    ),
    "no-schema-id": Cause(
        CONFIGURATION,
        "A record of the telemetry topic has no schema id in any framing, so that nothing says what it means.",
        "Let its writer add the schema id: see kafka.framing.",
    ),
    "invalid-schema-id": Cause(
        DEVICE,
        "The header of a record that should hold its schema id holds no id.",
        "Correct what wrote the record: see kafka.framing.",
    ),
    # The decoder finds no notification.
    "empty-payload": Cause(DEVICE, "A message has no payload.", "Show the original to the router's vendor."),
    "not-json": Cause(DEVICE, "The payload is no JSON.", "Look at the original: it was cut, or it is XML or CBOR."),
    "not-xml": Cause(DEVICE, "The payload is no XML.", "Look at the original: it was cut, or it is JSON or CBOR."),
    "not-cbor": Cause(DEVICE, "The payload is no CBOR.", "Look at the original: it was cut, or it is JSON or XML."),
    "unsupported-cbor-tag": Cause(
        DEVICE, "The payload has a CBOR tag that RFC 9254 does not use.", "Show the original to the router's vendor."
    ),
    "xml-dtd": Cause(
        DEVICE, "The XML has a document type declaration, which is never read.", "Let the router leave it out."
    ),
    "xml-prefixes": Cause(
        DEVICE, "The XML declares more namespace prefixes than are read.", "Show the original to the router's vendor."
    ),
    "nesting-too-deep": Cause(
        DEVICE, "The payload nests deeper than 128 levels.", "Show the original to the router's vendor."
    ),
    "too-many-nodes": Cause(
        DEVICE,
        "The payload has too many nodes, or such that take too much memory.",
        "Let the subscription select less.",
    ),
    "facts-too-long": Cause(
        DEVICE, "Names, filters or modules are too long to be kept.", "Let the subscription name fewer, shorter ones."
    ),
    "no-wrapper": Cause(
        DEVICE,
        "No notification header that is known encloses the payload.",
        "Look at the original: if it is a notification, report its form to the project.",
    ),
    "no-notification": Cause(
        DEVICE, "The notification header encloses no notification.", "Show the original to the router's vendor."
    ),
    "ambiguous-notification": Cause(
        DEVICE,
        "The notification header encloses more than one notification.",
        "Show the original to the router's vendor.",
    ),
    "unknown-sid": Cause(
        CONFIGURATION,
        "A SID stands for a name that no .sid file at hand has.",
        "Add the router's .sid files to schemas.sid_files.",
    ),
    "not-a-number": Cause(DEVICE, "A leaf of the notification is no number.", "Update the router."),
    "not-a-string": Cause(DEVICE, "A leaf of the notification is no string.", "Update the router."),
    "not-a-boolean": Cause(DEVICE, "A leaf of the notification is no boolean.", "Update the router."),
    "not-a-list": Cause(DEVICE, "A list of the notification is no array.", "Update the router."),
    "not-a-container": Cause(
        DEVICE, "A container of the notification is no object, or an array of objects.", "Update the router."
    ),
    "container-repeated": Cause(
        DEVICE, "A container of the notification stands there more than once.", "Update the router."
    ),
    "number-out-of-range": Cause(
        DEVICE, "A number of the notification is not within 32 unsigned bits.", "Update the router."
    ),
    "invalid-filter": Cause(
        DEVICE,
        "The filter that a subscription-started has cannot be read.",
        "Show the original to the router's vendor.",
    ),
    "module-without-name": Cause(
        DEVICE,
        "A module-version of a subscription-started names no module.",
        "Show the original to the router's vendor.",
    ),
    "no-patch": Cause(
        DEVICE, "A push-change-update has no yang-patch that can be read.", "Show the original to the router's vendor."
    ),
    "edit-without-target": Cause(DEVICE, "An edit of a yang-patch has no target.", "Update the router."),
    "edit-without-value": Cause(DEVICE, "An edit that needs a value has none.", "Update the router."),
    "edit-without-point": Cause(
        DEVICE, "An insert before or after an entry does not say which entry.", "Update the router."
    ),
    "invalid-target": Cause(
        DEVICE, "The target of an edit is no instance-identifier.", "Show the original to the router's vendor."
    ),
    "unknown-operation": Cause(
        DEVICE, "The operation of an edit is none of RFC 8072 section 2.5.", "Update the router."
    ),
    "unknown-where": Cause(DEVICE, "The where of an insert is none of RFC 8072 section 2.5.", "Update the router."),
    # Binding finds no schema.
    "schema-missing": Cause(
        CONFIGURATION,
        "No source of schemas serves this router, or what it served is damaged.",
        "Add a folder of its modules with --yang DIR or [[schemas.directories]], or its NETCONF access as "
        "[[schemas.nodes]].",
    ),
    "module-missing": Cause(CONFIGURATION, "{module} {be} not there.", "Add {it} to --yang DIR."),
    "schema-invalid": Cause(
        CONFIGURATION,
        "The modules of the router do not compile together.",
        "Correct or replace the module that the detail names.",
    ),
    "schema-cyclic": Cause(
        DEVICE, "Modules of the router import each other.", "Report the modules to the router's vendor."
    ),
    "not-yang": Cause(CONFIGURATION, "A text that should be a YANG module is none.", "Replace the file."),
    "module-directory": Cause(
        CONFIGURATION, "A folder of YANG modules cannot be read.", "Correct its path or its permissions."
    ),
    "sid-file": Cause(
        CONFIGURATION, "A .sid file cannot be read (RFC 9595 section 3).", "Replace the file, or remove it."
    ),
    "schema-unknown": Cause(
        CONFIGURATION,
        "The registry has no schema of the id that a message carries.",
        "Let readers and writers use one registry: see [registry].",
    ),
    "other-registry": Cause(
        CONFIGURATION, "Another registry counted a message's schema id.", 'Share one: [registry] kind = "http".'
    ),
    "schema-id-taken": Cause(
        CONFIGURATION, "A schema id belongs to another schema.", "Let writers share one registry: see [registry]."
    ),
    "schema-too-large": Cause(
        CONFIGURATION, "A schema refers to more modules than are read.", "Split what is registered under this id."
    ),
    "schema-closed": Cause(COLLECTOR, "A schema was used after it was freed.", "Report this defect to the project."),
    "schema-too-costly": Cause(
        DEVICE,
        "{module} cannot be compiled within the limits of time, memory and nodes.",
        "Report its groupings, types or lists that multiply each other; it is tried again when its content changes.",
    ),
    "schema-pending": Cause(
        ENVIRONMENT, "The schema was still being fetched.", "Read the message again when the schema is there."
    ),
    "schema-timeout": Cause(
        ENVIRONMENT,
        "The schema did not arrive within the time that a message waits for it.",
        "Mend what the detail names, or raise schemas.wait_s; then read the message again.",
    ),
    "schema-pending-limit": Cause(
        ENVIRONMENT,
        "More messages waited for a schema than may wait.",
        "Mend what the detail names, or raise the limits of [schemas]; then read the message again.",
    ),
    "subscription-pending": Cause(
        ENVIRONMENT,
        "The router was still being asked for its subscription.",
        "Read the message again when the router has answered.",
    ),
    "subscription-invalid": Cause(
        DEVICE, "The router describes its subscription wrongly.", "Show the detail to the router's vendor."
    ),
    "library-missing": Cause(
        DEVICE, "The router has no YANG library.", "Add its modules with --yang DIR or [[schemas.directories]]."
    ),
    "library-invalid": Cause(
        DEVICE,
        "The YANG library of the router contradicts itself, or breaks its module.",
        "Add its modules with --yang DIR or [[schemas.directories]].",
    ),
    "library-too-large": Cause(
        DEVICE,
        "The modules of the router have more octets than are read.",
        "Add the modules that its telemetry needs with --yang DIR.",
    ),
    "module-text": Cause(
        DEVICE,
        "The router gives a text for a module that is another module, none, or too large.",
        "Add the module to --yang DIR.",
    ),
    "netconf-unreachable": Cause(
        ENVIRONMENT, "The router's NETCONF port does not answer.", "Correct the address, or open the path to it."
    ),
    "netconf-timeout": Cause(DEVICE, "The router did not answer NETCONF in time.", "Raise the times of [discovery]."),
    "netconf-no-session": Cause(
        DEVICE, "The router opens no NETCONF session.", "Look at its NETCONF server and its log."
    ),
    "netconf-dropped": Cause(
        DEVICE, "The router's NETCONF session ended during an answer.", "Look at its NETCONF server and its log."
    ),
    "netconf-refused": Cause(
        DEVICE, "The router refuses a NETCONF request.", "Allow the user to read the YANG library and the modules."
    ),
    "netconf-login": Cause(
        CONFIGURATION, "The router refuses the login.", "Correct username, key_file or password of [[schemas.nodes]]."
    ),
    "netconf-known-hosts": Cause(
        CONFIGURATION, "The file of known host keys is not there.", "Add the router's host key as the detail says."
    ),
    "netconf-host-key-unknown": Cause(
        CONFIGURATION, "The router's host key is not known.", "Compare the key, and add it as the detail says."
    ),
    "netconf-host-key-changed": Cause(
        CONFIGURATION,
        "The router has another host key than the known one.",
        "Find out why; then replace the known key.",
    ),
    "netconf-framing": Cause(
        DEVICE, "The router frames its NETCONF answer wrongly.", "Show the detail to the router's vendor."
    ),
    "netconf-too-long": Cause(
        DEVICE, "A NETCONF answer of the router is larger than is read.", "Add its modules with --yang DIR."
    ),
    "discovery-failed": Cause(COLLECTOR, "Asking the router failed by a defect.", "Report the detail to the project."),
    "module-store": Cause(
        ENVIRONMENT, "The cache of modules takes no file.", "Free space, or set another discovery.cache."
    ),
    "registry-unreachable": Cause(
        ENVIRONMENT, "The schema registry does not answer.", "Start it, or correct [registry]."
    ),
    "registry-failing": Cause(ENVIRONMENT, "The schema registry answers with an error of its own.", "Read its log."),
    "registry-answer-invalid": Cause(
        ENVIRONMENT,
        "The answer is none that a schema registry gives.",
        "Correct the address in [registry], or look at the proxy before it.",
    ),
    "registry-unfit": Cause(
        CONFIGURATION, "The server at the registry's address lacks what is asked of it.", "Correct [registry]."
    ),
    "registry-denied": Cause(
        CONFIGURATION, "The schema registry refuses the credentials.", "Correct the credentials of [registry]."
    ),
    "registry-refused": Cause(
        DEVICE, "The schema registry refuses the modules of the router.", "Read the registry's words in the detail."
    ),
    "registry-incompatible": Cause(
        DEVICE,
        "The compatibility level of the subject forbids the modules of the router.",
        "Lower the subject's compatibility level, or correct the modules.",
    ),
    # The schema refuses the message.
    "invalid-contents": Cause(
        DEVICE,
        "The contents break the schema at {path}.",
        "Compare the router's release with the modules at hand; else show rule and original to its vendor.",
    ),
    "invalid-edit": Cause(
        DEVICE,
        "An edit breaks the schema at {path}.",
        "Compare the router's release with the modules at hand; else show rule and original to its vendor.",
    ),
    "invalid-notification": Cause(
        DEVICE,
        "The notification or its envelope breaks its schema at {path}.",
        "Show rule and original to the router's vendor.",
    ),
    "pruned": Cause(CONFIGURATION, "Nodes were set aside, the rest was delivered.", "Add the modules they are of."),
    "depends-on-pruned": Cause(
        CONFIGURATION, "A node depends on one that was set aside: {path}.", "Add the module that the report names."
    ),
    "unknown-node": Cause(
        CONFIGURATION,
        "The module of {path} is there, and has no such node.",
        "Compare the router's release with the modules at hand, and replace the older ones.",
    ),
    "left-out": Cause(CONFIGURATION, "The schema is read without {path}.", "Correct {module}, or add what it imports."),
    "unknown-notification": Cause(
        CONFIGURATION,
        "No module at hand has the notification {path}.",
        "Add its module to --yang DIR.",
    ),
    "engines-disagree": Cause(
        COLLECTOR,
        "The compiled judge accepted what libyang refuses.",
        "Report the schema and the original to the project; libyang judges alone from then on.",
    ),
    # The tables cannot hold it.
    "unmappable": Cause(
        DEVICE,
        "A value does not fit its table's column; the message is delivered elsewhere.",
        "Compare the router's release with the modules at hand.",
    ),
    UNKNOWN: Cause(
        COLLECTOR,
        "This release does not know the cause; the detail has its name.",
        "Update the readers before the writers.",
    ),
}
"""By name, in kebab case; a name is final. A house test holds that each is raised, and that no other is."""
