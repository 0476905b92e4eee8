"""Decides what a simulated router answers to a NETCONF request; pure: XML in, XML out."""

import re
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from yangbeam.core.netconf_framing import BASE_1_1
from yangbeam.core.yang.yang_library import LibraryModule
from yangbeam.core.yang.yang_library_xml import NAMESPACE as LIBRARY
from yangbeam.simulator.netconf.equipment import Equipment
from yangbeam.simulator.netconf.faults import MONITORING, NetconfFaults

BASE: Final = "urn:ietf:params:xml:ns:netconf:base:1.0"
BASE_1_0: Final = "urn:ietf:params:netconf:base:1.0"
SUBSCRIPTIONS: Final = "urn:ietf:params:xml:ns:yang:ietf-subscribed-notifications"
CAPABILITIES: Final = "urn:ietf:params:xml:ns:yang:ietf-system-capabilities"
_NOTIFICATION_CAPABILITIES: Final = "urn:ietf:params:xml:ns:yang:ietf-notification-capabilities"
_TRANSPORT_CAPABILITIES: Final = "urn:ietf:params:xml:ns:yang:ietf-yp-transport-capabilities"

MAX_REQUEST_BYTES: Final = 1 << 20


def hello(equipment: Equipment, session_id: int, *, chunked: bool) -> bytes:
    """Returns the server's hello (RFC 6241 section 8.1); ``chunked``: it knows base 1.1."""
    told = "module-set-id" if equipment.rfc7895 else "content-id"
    version = "1.0?revision=2016-06-21" if equipment.rfc7895 else "1.1?revision=2019-01-04"
    capabilities = [
        BASE_1_0,
        *([BASE_1_1] if chunked else []),
        f"urn:ietf:params:netconf:capability:yang-library:{version}&{told}={quote(equipment.library.content_id)}",
        f"{MONITORING}?module=ietf-netconf-monitoring&revision=2010-10-04",
    ]
    if equipment.in_hello:
        capabilities = [*capabilities[:-2], *map(_capability, equipment.library.modules)]
    inner = "".join(f"<capability>{escape(capability)}</capability>" for capability in capabilities)
    return (
        f'<hello xmlns="{BASE}"><capabilities>{inner}</capabilities><session-id>{session_id}</session-id></hello>'
    ).encode()


def answer(request: bytes, equipment: Equipment, faults: NetconfFaults) -> bytes:
    """Returns the rpc-reply to one rpc.

    Args:
        request: One message of a client after its hello.
        equipment: The router's modules.
        faults: What is wrong with its modules; what is wrong with sessions is the server's business.
    """
    try:
        rpc = etree.fromstring(request, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return _reply("", _error("malformed-message", "this is no XML"))
    message_id = rpc.get("message-id", "")
    operation = next(rpc.iterchildren("{*}*"), None)
    if operation is None:
        return _reply(message_id, _error("missing-element", "an rpc holds an operation"))
    name = etree.QName(operation).localname
    warning = _error("partial-operation", "this is a warning", severity="warning")
    beside = warning if faults.warns or faults.only_warns else ""
    if name == "get":
        return _reply(message_id, f"{beside}<data>{_get(operation, equipment)}</data>")
    if name == "get-schema":
        found = "" if faults.only_warns else _get_schema(operation, equipment, faults)
        return _reply(message_id, beside + found)
    if name == "close-session":
        return _reply(message_id, "<ok/>")
    return _reply(message_id, _error("operation-not-supported", f"this router does not know {name}"))


def is_farewell(request: bytes) -> bool:
    """Whether a request ends its session."""
    return b"close-session" in request


def _get(operation: etree._Element, equipment: Equipment) -> str:
    chosen = {str(element.tag): element for element in operation.iterfind(f"{{{BASE}}}filter/{{*}}*")}
    parts = []
    told = f"{{{LIBRARY}}}{'modules-state' if equipment.rfc7895 else 'yang-library'}"
    if told in chosen and not equipment.in_hello:
        parts.append(equipment.library_xml())
    subscriptions = chosen.get(f"{{{SUBSCRIPTIONS}}}subscriptions")
    if subscriptions is not None:
        parts.append(_subscriptions(subscriptions, equipment))
    if f"{{{CAPABILITIES}}}system-capabilities" in chosen:
        parts.append(_capabilities())
    return "".join(parts)


def _subscriptions(chosen: etree._Element, equipment: Equipment) -> str:
    named = ((leaf.text or "").strip() for leaf in chosen.iterfind("{*}subscription/{*}id"))
    wanted = set(filter(None, named))  # an empty id selects a leaf, not an entry (RFC 6241 section 6.2.4)
    found = [entry for entry in equipment.subscriptions if not wanted or _id_of(entry) in wanted]
    return f'<subscriptions xmlns="{SUBSCRIPTIONS}">{"".join(found)}</subscriptions>' if found else ""


def _id_of(subscription: str) -> str:
    return etree.fromstring(subscription).findtext("{*}id", "")


def _capabilities() -> str:
    """RFC 9196 and draft-ietf-netconf-yp-transport-capabilities-06."""
    encodings = "".join(
        f'<encoding-format xmlns:sn="{SUBSCRIPTIONS}">sn:encode-{name}</encoding-format>' for name in ("json", "xml")
    )
    return (
        f'<system-capabilities xmlns="{CAPABILITIES}">'
        f'<subscription-capabilities xmlns="{_NOTIFICATION_CAPABILITIES}">'
        "<max-nodes-per-update>1000</max-nodes-per-update>"
        "<minimum-update-period>100</minimum-update-period>"
        f'<transport-capabilities xmlns="{_TRANSPORT_CAPABILITIES}"><transport-capability>'
        '<transport-protocol xmlns:unt="urn:ietf:params:xml:ns:yang:ietf-udp-notif-transport">unt:udp-notif'
        f"</transport-protocol>{encodings}</transport-capability></transport-capabilities>"
        "</subscription-capabilities></system-capabilities>"
    )


def _get_schema(operation: etree._Element, equipment: Equipment, faults: NetconfFaults) -> str:
    name = (operation.findtext("{*}identifier") or "").strip()
    version = operation.findtext("{*}version")
    found = {key: text for key, text in equipment.texts.items() if key[0] == name}
    wrong = faults.of_module(name)
    if version is not None and not faults.knows_revisions:
        return _error("invalid-value", f"no schema {name} of {version}", "data-missing")
    if version is not None:
        found = {key: text for key, text in found.items() if key[1] == version.strip()}
    if not found or wrong == "missing":
        return _error("invalid-value", f"no schema {name} of {version or 'any revision'}", "data-missing")
    if len(found) > 1:
        return _error("operation-failed", f"several revisions of {name}", "data-not-unique")
    ((_, revision), text) = next(iter(found.items()))
    if wrong == "wrong_revision" and revision:
        text = text.replace(revision, "1999-12-31")
    if wrong == "wrong_name":
        text = next(other for key, other in sorted(equipment.texts.items()) if key[0] != name)
    if wrong == "undated":
        text = re.sub(r"\brevision\s+[\d-]+\s*(;|\{[^}]*\})", "", text)
    if faults.namespace is None:
        return escape(text)
    return f"<data xmlns={quoteattr(faults.namespace)}>{escape(text)}</data>"


def _capability(module: LibraryModule) -> str:
    """How a hello names a module (RFC 6020 section 5.6.4)."""
    told = {"module": module.name, "revision": module.revision, "features": ",".join(module.features)}
    query = "&".join(f"{name}={value}" for name, value in told.items() if value)
    return f"{module.namespace}?{query}"


def _error(tag: str, message: str, app_tag: str = "", severity: str = "error") -> str:
    told = f"<error-app-tag>{app_tag}</error-app-tag>" if app_tag else ""
    return (
        f"<rpc-error><error-type>application</error-type><error-tag>{tag}</error-tag>"
        f"<error-severity>{severity}</error-severity>{told}<error-message>{escape(message)}</error-message></rpc-error>"
    )


def _reply(message_id: str, inner: str) -> bytes:
    return f'<rpc-reply xmlns="{BASE}" message-id={quoteattr(message_id)}>{inner}</rpc-reply>'.encode()
