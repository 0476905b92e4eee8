"""A CBOR payload as a tree with names: bounded in depth and size, only the tags of YANG-CBOR, header SIDs named.

RFC 8949, RFC 9254, draft-ietf-netconf-notif-envelope-04 section 3.1.2.3.
"""

import io
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NoReturn

import cbor2
import orjson

from yangbeam.core.elements import Message, Notification
from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.facts import Encoding, modules_of_members, notification_of
from yangbeam.core.notification.header import unwrap
from yangbeam.core.notification.refusal import MAX_DEPTH, refuse, refuse_depth
from yangbeam.core.notification.size import bound_cbor
from yangbeam.core.notification.wrappers import ENVELOPE_SIDS
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames

ABSOLUTE_SID: Final = 47
"""Tag of a SID that is no delta (RFC 9254 section 3.2)."""
_YANG_TAGS: Final = frozenset({43, 44, 45, 46, ABSOLUTE_SID})
"""RFC 9254 section 9.3; decimal64 is tag 4, which cbor2 reads."""
_BUILT_IN_TAGS: Final = (
    *range(4),
    5,
    *range(25, 31),
    *range(35, 38),
    52,
    54,
    100,
    256,
    258,
    260,
    261,
    1004,
    43_000,
    43_001,
)
"""Tags that cbor2 would interpret (dates, bignums, references, regular expressions, …): none belongs in YANG data."""


_DATA: Final = frozenset(("datastore-contents", "value"))
"""Members that hold data nodes."""
_SELF_DESCRIBED: Final = b"\xd9\xd9\xf7"
"""Tag 55799 around everything, which says no more than that this is CBOR (RFC 8949 section 3.4.6)."""


class _TagError(Exception):
    """A tag that has no place in YANG data."""


def decode_cbor(message: Message, sids: SidNames = NO_SIDS) -> Notification:
    """Returns the notification in a CBOR payload; raises NotificationError."""
    raw = _loaded(message.payload)
    by_sid = type(raw) is dict and any(type(key) is not str for key in raw)
    found = unwrap(named(raw, sids.nodes))
    return notification_of(message, found, f"{'C2' if by_sid else 'C1'}/{found.row}", CBOR)


def tree_of_cbor(message: Message, sids: SidNames = NO_SIDS) -> Any:
    """Returns the decoded payload with names for the SIDs known; others stay integers or CBORTag(47).

    Args:
        message: With a CBOR payload.
        sids: What an operator's .sid files say, beside the headers' own.

    Raises:
        NotificationError: empty-payload, not-cbor, nesting-too-deep, too-many-nodes, unsupported-cbor-tag.
    """
    return named(_loaded(message.payload), sids.nodes)


def named(value: Any, nodes: Mapping[int, str], parent: int = 0, module: str | None = "") -> Any:
    """Returns a tree whose SID keys are replaced by names where known, as members are named in JSON; takes it apart.

    Around contents and values of edits the module is left out where it is that of the node above. Within them names
    stay whole: which of them stand in anydata, where each has its module, the schema alone can say.

    >>> named({2957: {1: {}, 4: 8}}, {})
    {'ietf-yp-notification:envelope': {'contents': {}, 'sequence-number': 8}}

    Args:
        value: What CBOR held; of large ones there is no memory for two.
        nodes: SID to ``module:name``, beside the headers' own.
        parent: The SID above, which keys are deltas to, in anydata as well (RFC 9254 sections 3.2, 4.5); 0: none.
        module: That of the node above: its members stand without a module; None within contents.
    """
    if type(value) is list:
        for index, each in enumerate(value):
            value[index] = named(each, nodes, parent, module)
        return value
    if type(value) is not dict:
        return value
    members: dict[Any, Any] = {}
    for key in tuple(value):
        below = value.pop(key)
        sid = _sid(key, parent)
        name = ENVELOPE_SIDS.get(sid) or nodes.get(sid) or (_absolute(sid) if parent and type(key) is int else key)
        own = name.rpartition(":")[0] if type(name) is str else ""
        # A name under a SID starts afresh: its own SID is not known here, so deltas below it cannot be resolved.
        local = name[len(own) + 1 :] if own else name
        inside = None if module is None or local in _DATA else own or module
        members[local if own and own == module else name] = named(below, nodes, sid, inside)
    return members


@lru_cache(4096)
def _absolute(sid: int) -> Any:
    """Returns the key of a SID that nothing names: what stands above it gets a name, so that a delta would be lost."""
    return cbor2.CBORTag(ABSOLUTE_SID, sid)


def _sid(key: Any, parent: int) -> int:
    if type(key) is int:
        return parent + key
    if isinstance(key, cbor2.CBORTag) and key.tag == ABSOLUTE_SID and type(key.value) is int:
        return key.value
    return 0


def _loaded(payload: bytes) -> Any:
    if not payload:
        refuse("empty-payload", "the message has a header and no payload")
    tree = _load_one(payload)
    # Some publishers wrap the map in a byte string.
    return _load_one(tree) if type(tree) is bytes else tree


def _load_one(data: bytes) -> Any:
    data = data.removeprefix(_SELF_DESCRIBED)
    bound_cbor(data)
    stream = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(
        stream, tag_hook=_tag, semantic_decoders=dict.fromkeys(_BUILT_IN_TAGS, _refuse_tag), max_depth=MAX_DEPTH
    )
    try:
        tree = decoder.decode()
    except (cbor2.CBORDecodeError, _TagError, ValueError, TypeError, OverflowError, ArithmeticError) as error:
        _refuse_error(error)
    if stream.tell() != len(data):
        refuse("not-cbor", f"{len(data) - stream.tell()} octets stand behind the CBOR item")
    return tree


def _refuse_error(error: Exception) -> NoReturn:
    if isinstance(error, _TagError) or isinstance(error.__cause__, _TagError):
        refuse("unsupported-cbor-tag", f"{error.__cause__ or error}")
    if "depth" in str(error):
        refuse_depth(str(error))
    refuse("not-cbor", f"the payload is no CBOR: {error}"[:300])


def _tag(tag: cbor2.CBORTag, _immutable: Any = None) -> Any:
    if tag.tag not in _YANG_TAGS:
        raise _TagError(f"tag {tag.tag} is none of YANG-CBOR (RFC 9254)")
    return tag


def _refuse_tag(*_: Any) -> Any:
    raise _TagError("a tag that is none of YANG-CBOR (RFC 9254), such as a date, bignum or reference")


def _filter_bytes(tree: Any) -> bytes:
    try:
        return orjson.dumps(tree, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        raise NotificationError("invalid-filter", f"a subtree filter that JSON cannot express: {error}") from error


CBOR: Final = Encoding(all_text=False, modules_of=modules_of_members, filter_bytes=_filter_bytes)
