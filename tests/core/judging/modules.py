"""Two modules with every type of YANG, in leaves, keys, leaf-lists and unions; and one message in each encoding."""

from dataclasses import replace
from typing import Any, Final, NamedTuple

import cbor2
import msgspec
import orjson

from tests.builders import message
from yangbeam.core.elements import Bound, Message
from yangbeam.core.errors import InvalidInstanceError
from yangbeam.core.notification.decode import decode
from yangbeam.core.policy import Policy
from yangbeam.core.validation import judgement
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames

OTHER: Final = """module o { yang-version 1.1; namespace "urn:o"; prefix op;
import ietf-yang-metadata { prefix md; } revision 2026-01-01;
identity other; identity one { base other; } identity two { base other; }
md:annotation seen { type int32; } }"""

_TYPES: Final = {
    "i8": "int8;",
    "i64": "int64;",
    "u32": "uint32;",
    "u64": "uint64;",
    "dec": "decimal64 { fraction-digits 2; }",
    "boo": "boolean;",
    "enu": "enumeration { enum up { value 1; } enum down; }",
    "bit": "bits { bit z; bit y; }",
    "bin": "binary;",
    "emp": "empty;",
    "ide": "identityref { base o:other; }",
    "own": "identityref { base here; }",
    "ins": "instance-identifier { require-instance false; }",
    "uni": "union { type uint8; type identityref { base here; } type string; }",
    "num": "union { type int64; type boolean; }",
    "str": "string;",
}
_LEAVES: Final = "\n".join(f"leaf {name} {{ type {kind} }}" for name, kind in _TYPES.items())
_LISTS: Final = "\n".join(
    f"list k-{name} {{ key k; leaf k {{ type {kind} }} leaf v {{ type int32; }} }}" for name, kind in _TYPES.items()
)
_MANY: Final = "\n".join(f"leaf-list m-{name} {{ type {kind} }}" for name, kind in _TYPES.items())
TYPES: Final = f"""module t {{ yang-version 1.1; namespace "urn:t"; prefix tp;
import o {{ prefix o; }} revision 2026-01-01;
identity here; identity a {{ base here; }} identity b {{ base o:other; }}
grouping all {{ {_LEAVES} }}
container c {{ uses all; {_LISTS} {_MANY} container deep {{ uses all; }}
  list l {{ key k; leaf k {{ type string; }} uses all; }}
  anydata any; anyxml ax; container p {{ presence p; leaf v {{ type int32; }} }} }}
leaf-list tops {{ type string; }} }}"""


class Sent(NamedTuple):
    """What became of one message.

    Attributes:
        verdict: ``refused``, or the verdict.
        contents: As they are published; of a refused one None.
        paths: Of what was set aside.
        habits: What was spelt anew.
        why: The detail of a refusal.
        nodes: How many were set aside.
    """

    verdict: str
    contents: Any = None
    paths: tuple[str, ...] = ()
    habits: tuple[str, ...] = ()
    why: str = ""
    nodes: int = 0


def judged(
    sent: Message, schema: Schema, policy: Policy | None = None, *, sids: SidNames = NO_SIDS, is_warm: bool = False
) -> Sent:
    """Judges a message by its schema, as if none had come before, or many of its kind had."""
    schema.mending.streak = 9 if is_warm else 0
    policy = replace(policy or Policy(), sids=sids)
    try:
        found = judgement(Bound(decode(sent, sids), 7), {7: schema}.__getitem__, policy).validated
    except InvalidInstanceError as error:
        return Sent("refused", why=error.detail)
    body = orjson.loads(found.json)
    for name in found.bound.notification.path:
        body = body[name]
    changes = body.get("datastore-changes")
    contents = body["datastore-contents"] if changes is None else changes["yang-patch"]["edit"]
    return Sent(found.verdict, contents, found.paths, found.habits, nodes=found.nodes)


_HEAD: Final = b'{"ietf-yp-notification:envelope":{"event-time":"2026-11-20T10:00:10Z","contents":%b}}'
_UPDATE: Final = b'{"ietf-yang-push:push-update":{"id":1,"datastore-contents":%b}}'
_CHANGE: Final = (
    b'{"ietf-yang-push:push-change-update":{"id":1,"datastore-changes":{"yang-patch":{"patch-id":"1","edit":%b}}}}'
)
_XML: Final = (
    '<envelope xmlns="urn:ietf:params:xml:ns:yang:ietf-yp-notification"><event-time>2026-11-20T10:00:10Z</event-time>'
    '<contents><push-update xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-push"><id>1</id>'
    "<datastore-contents>{}</datastore-contents></push-update></contents></envelope>"
)


def in_json(contents: str) -> Message:
    return message(_HEAD % (_UPDATE % contents.encode()))


def edits_in_json(edits: str) -> Message:
    return message(_HEAD % (_CHANGE % edits.encode()))


def in_xml(contents: str) -> Message:
    return message(_XML.format(contents).encode(), media_type="application/xml")


def in_cbor(contents: Any) -> Message:
    document = orjson.loads(_HEAD % (_UPDATE % b"null"))
    document["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-update"]["datastore-contents"] = contents
    return message(cbor2.dumps(document), media_type="application/yang-data+cbor")


def in_cbor_as_json(sent: Message) -> Message:
    """The same document as CBOR, names and values as they are."""
    payload = cbor2.dumps(orjson.loads(sent.payload))
    return msgspec.structs.replace(sent, payload=payload, media_type="application/yang-data+cbor")


def all_three(name: str, json: str, xml: str, item: Any) -> tuple[Message, Message, Message]:
    """Returns contents of one leaf in each encoding: JSON text, XML text, and what CBOR holds."""
    element = f'<c xmlns="urn:t" xmlns:q="urn:t" xmlns:oo="urn:o"><{name}>{xml}</{name}></c>'
    return in_json(f'{{"t:c":{{"{name}":{json}}}}}'), in_xml(element), in_cbor({"t:c": {name: item}})
