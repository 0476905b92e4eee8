"""An XML payload as an element, read without entities, DTD or network; its head as the tree JSON would give."""

from dataclasses import replace
from typing import Any, Final, NoReturn

from lxml import etree

from yangbeam.core.elements import Message, Notification, Terms
from yangbeam.core.notification.facts import Encoding, notification_of
from yangbeam.core.notification.header import unwrap
from yangbeam.core.notification.kinds import KIND_OF
from yangbeam.core.notification.refusal import MAX_DEPTH, refuse, refuse_depth
from yangbeam.core.notification.size import bound_xml
from yangbeam.core.notification.terms import terms_of
from yangbeam.core.notification.wrappers import BARE, CONTENTS, HEADER_LEAVES, XML_TOPS

_YANG: Final = "urn:ietf:params:xml:ns:yang:"
_ANYDATA: Final = frozenset({"datastore-contents", "value", "datastore-subtree-filter", "stream-subtree-filter"})
"""Containers of any data: they stay elements."""
_ANYDATA_OF_CHANGES: Final = _ANYDATA - {"datastore-contents"}
"""In a push-change-update that name is a misplaced datastore-changes."""
_IDENTITIES: Final = frozenset({"datastore", "transport", "encoding", "reason"})
"""Leaves of type identityref: their prefixes are the sender's choice and become module names."""
MOST_PREFIXES: Final = 256
_DEEP: Final = etree.XPath(f"boolean(/{'/'.join('*' * (MAX_DEPTH + 1))})")
"""Whether there is an element below the last level: asked of libxml2, as lxml would make an object of each element."""
_LISTS: Final = frozenset({"edit", "module-version", "module-version-config", "module-version-subs"})
"""Where one element is an array of one; elsewhere repetition makes the array."""


def decode_xml(message: Message) -> Notification:
    """Returns the notification in an XML payload; raises NotificationError.

    ``path`` holds local names below the document element; ``modules`` holds namespaces, and of edit targets what
    their steps are prefixed with.
    """
    root = element_of(message)
    known = XML_TOPS.get(str(root.tag))
    if known is None:
        row, quirk, tree = BARE, "", _bare(root)
    else:
        row, top, quirk = known
        tree = {top: _holder(root)}
    found = unwrap(tree)
    if quirk:
        found.quirks.append(quirk)
    if not found.kind.of_subscription:
        namespace = _namespace_of_notification(root, found.path)
        found = found._replace(kind=replace(found.kind, module=namespace))
    local = tuple(name.rpartition(":")[2] for name in found.path)
    return notification_of(message, found._replace(path=local), row, XML)


def _bare(root: etree._Element) -> dict[str, Any]:
    """A notification without a header: a known one only, since any document would be one otherwise."""
    name = _qualified(root, "")
    if name not in KIND_OF or ":" not in name:
        refuse("no-wrapper", f"document element {root.tag!s:.200} is no known wrapper")
    return {name: _body(root, name)}


def _holder(root: etree._Element) -> dict[str, Any]:
    """Returns header leaves and notification by the names that JSON would give them."""
    own = _namespace(root)
    members: dict[str, Any] = {}
    for below in root:
        local = _local(below)
        if local in CONTENTS:
            members[local] = {(name := _qualified(inner, _namespace(below))): _body(inner, name) for inner in below}
        elif local in HEADER_LEAVES and len(below) == 0:
            members[_qualified(below, own)] = _leaf_text(below)
        else:
            name = _qualified(below, own)
            members[name] = _body(below, name)
    return members


def _body(element: etree._Element, name: str) -> dict[str, Any]:
    """Returns the members of a notification of RFC 8639 or 8641; others stay unread."""
    kind = KIND_OF.get(name)
    if kind is None:
        return {}
    anydata = _ANYDATA_OF_CHANGES if kind.carries == "changes" else _ANYDATA
    return _members(element, anydata)


def terms_in(subscription: etree._Element) -> Terms:
    """Returns the terms of a subscription in a node's own list (RFC 8639 section 3), of the same leaves as started.

    Raises:
        NotificationError: A leaf of a wrong type.
    """
    return terms_of(_members(subscription, _ANYDATA), [], None, _filter_bytes)


def _namespace_of_notification(root: etree._Element, path: tuple[str, ...]) -> str:
    wanted = path[-1].rpartition(":")[2]
    return next(_namespace(element) for element in root.iter() if _local(element) == wanted)


def element_of(message: Message) -> etree._Element:
    """Returns the document element of an XML payload, comments and processing instructions dropped.

    Raises:
        NotificationError: empty-payload, not-xml, xml-dtd, xml-prefixes, nesting-too-deep, too-many-nodes.
    """
    if not message.payload.strip():
        refuse("empty-payload", "the message has a header and no payload")
    if b"<!DOCTYPE" in message.payload:
        _refuse_dtd()
    bound_xml(message.payload)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(message.payload, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        if "depth" in str(error).lower():
            refuse_depth()
        refuse("not-xml", f"the payload is no XML: {error}"[:300])
    if message.payload.count(b"xmlns") > MOST_PREFIXES or b"\0" in message.payload:
        _refuse_many_prefixes(root)
    if root.getroottree().docinfo.internalDTD is not None:  # in an encoding that hid it from the search above
        _refuse_dtd()
    _check_depth(root)
    return root


def _refuse_many_prefixes(root: etree._Element) -> None:
    """Refuses what declares more prefixes in one place than anybody needs: each leaf would cost as many."""
    if any(len(element.nsmap) > MOST_PREFIXES for element in root.iter()):
        refuse("xml-prefixes", f"more than {MOST_PREFIXES} namespace prefixes are declared for one element")


def _refuse_dtd() -> NoReturn:
    refuse("xml-dtd", "the payload has a document type declaration; none is read (NETCONF forbids them, RFC 6241)")


def _check_depth(root: etree._Element) -> None:
    if _DEEP(root):
        refuse_depth()


def _members(element: etree._Element, anydata: frozenset[str]) -> dict[str, Any]:
    """Returns what RFC 7951 would make of a container, leaves as text."""
    own = _namespace(element)
    members: dict[str, Any] = {}
    for below in element:
        name, local = _qualified(below, own), _local(below)
        value = _value(below, local, anydata)
        held = members.get(name)
        if type(held) is list:
            held.append(value)
        elif held is not None:
            members[name] = [held, value]
        else:
            members[name] = [value] if local in _LISTS else value
    return members


def _value(element: etree._Element, local: str, anydata: frozenset[str]) -> Any:
    if local in anydata:
        return element
    return _members(element, anydata) if len(element) else _leaf_text(element)


def _leaf_text(element: etree._Element) -> str:
    value = (element.text or "").strip()
    local = _local(element)
    prefix, colon, name = value.partition(":")
    if local not in _IDENTITIES or not colon or prefix not in element.nsmap:
        return value
    return f"{_module(element.nsmap[prefix])}:{name}"


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _namespace(element: etree._Element) -> str:
    """Returns the namespace, which may itself hold a brace: lxml's own QName refuses such a tag."""
    return str(element.tag).rpartition("}")[0].removeprefix("{")


def _qualified(element: etree._Element, namespace: str) -> str:
    """Returns the element's JSON member name within a parent of that namespace."""
    own = _namespace(element)
    return _local(element) if own in {namespace, ""} else f"{_module(own)}:{_local(element)}"


def _module(namespace: str) -> str:
    """Returns the module a namespace most likely belongs to; only its schema knows for sure.

    >>> _module("urn:ietf:params:xml:ns:yang:ietf-yang-push")
    'ietf-yang-push'
    """
    return namespace.removeprefix(_YANG).rpartition("/")[2].rpartition(":")[2] or "unknown"


def _modules_of(name: str, contents: Any) -> tuple[str, ...]:
    """Returns the namespaces at the top of a container of any data, in order, each once."""
    if type(contents) is list:
        refuse("container-repeated", f"container {name} stands more than once")
    return tuple(dict.fromkeys(_namespace(below) for below in contents))


def _filter_bytes(element: Any) -> bytes:
    if type(element) is list:
        refuse("container-repeated", "a subtree filter stands more than once")
    return etree.tostring(element, with_tail=False)


XML: Final = Encoding(all_text=True, modules_of=_modules_of, filter_bytes=_filter_bytes)
