"""Decides what hostile and broken publishers send: each attack a name and the datagrams of one message, from a seed.

But for those of ``VALID``, no message is one that a collector may deliver.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from yangbeam.core.elements import MediaType
from yangbeam.core.udp_notif import segments_of
from yangbeam.simulator.clock import rfc3339
from yangbeam.simulator.interfaces import Interfaces
from yangbeam.simulator.messages import Subscription, announcement, observed, push_update
from yangbeam.simulator.values import Tree, to_json
from yangbeam.simulator.wrappers import wrap

SUBSCRIPTION: Final = 7001
PUBLISHER: Final = 1
PUBLISHERS: Final = 50
"""Of messages that never become whole."""
WIDE: Final = 48_000
"""Octets of a payload that fills most of one datagram."""
UNKNOWN: Final = 1 << 31
UNKNOWNS: Final = 100
"""Subscriptions that nobody announced, from this number on: so many that a soak's warm-up has seen them all. What ever
new ones cost is bounded by tables that no hour fills, and measured elsewhere."""
HUGE: Final = 1_500_000
"""Octets of a message whose dead letter is larger than a topic takes by default."""
_WRAPPER: Final = "H8"
_ESCAPES: Final = "\x1b]0;owned\x07\x9b31m\r\nreceived 0[/bold]"


@dataclass(slots=True)
class Attacker:
    """One hostile publisher, which numbers its messages as a healthy one would.

    Attributes:
        rng: Where everything is drawn from.
        at_us: Event time of what it sends next, microseconds since the Unix epoch.
        message_id: Of what it sends next.
    """

    rng: Random
    at_us: int
    message_id: int = 0

    def announced(self) -> list[bytes]:
        """Returns the datagrams of its subscription-started, which is healthy: without it nothing is judged."""
        subscription = Subscription(
            number=SUBSCRIPTION,
            xpath=Interfaces.xpath,
            modules=Interfaces.modules,
            on_change=False,
            period_cs=100,
            content_id="",
        )
        body = announcement(
            subscription,
            SUBSCRIPTION,
            modified=False,
            media_type=MediaType.JSON,
            publisher_leaf="",
            publishers=(),
        )
        return self.datagrams(self.wrapped(body))

    def contents(self) -> Tree:
        """Returns contents that ietf-interfaces takes."""
        return Interfaces(1, self.rng, self.at_us).contents(self.at_us)

    def update(self, contents: Tree, *, node: str = "hostile", subscription: int = SUBSCRIPTION) -> bytes:
        """Returns a push-update of ``contents`` as JSON."""
        observation = observed(PUBLISHER, self.at_us, on_change=False)
        return self.wrapped(push_update(subscription, contents, observation), node)

    def wrapped(self, body: Tree, node: str = "hostile") -> bytes:
        """Returns a notification in its envelope."""
        return wrap(
            _WRAPPER,
            MediaType.JSON,
            body,
            at_us=self.at_us,
            node=node,
            sequence_number=self.message_id,
            publisher_id=PUBLISHER,
        )

    def datagrams(self, payload: bytes, media_type: str = MediaType.JSON) -> list[bytes]:
        """Returns the datagrams of one message, under the next message id."""
        made = segments_of(payload, media_type=media_type, publisher_id=PUBLISHER, message_id=self.message_id)
        self.message_id = (self.message_id + 1) & 0xFFFFFFFF
        return made


def _repeated_members(attacker: Attacker) -> list[bytes]:
    text = attacker.update(attacker.contents())
    again = b'"if-index":1,' * (WIDE // 13)
    return attacker.datagrams(text.replace(b'"if-index":1,', again))


def _unknown_leaf(attacker: Attacker) -> list[bytes]:
    tree = attacker.contents()
    tree["ietf-interfaces:interfaces"]["interface"][0][f"leaf-{attacker.rng.random()}"] = "x" * attacker.rng.randrange(
        WIDE
    )
    return attacker.datagrams(attacker.update(tree))


def _wrong_value(attacker: Attacker) -> list[bytes]:
    tree = attacker.contents()
    tree["ietf-interfaces:interfaces"]["interface"][0]["oper-status"] = f"sideways-{attacker.rng.random()}"
    return attacker.datagrams(attacker.update(tree))


def _keyless_entries(attacker: Attacker) -> list[bytes]:
    return attacker.datagrams(attacker.update({"ietf-interfaces:interfaces": {"interface": [{}] * (WIDE // 4)}}))


def _unknown_subscription(attacker: Attacker) -> list[bytes]:
    contents = attacker.contents()
    return attacker.datagrams(attacker.update(contents, subscription=UNKNOWN + attacker.rng.randrange(UNKNOWNS)))


def _escapes(attacker: Attacker) -> list[bytes]:
    tree: Tree = {f"{_ESCAPES}:interfaces": {_ESCAPES: _ESCAPES}}
    return attacker.datagrams(attacker.update(tree, node=_ESCAPES))


def _deep_json(attacker: Attacker) -> list[bytes]:
    return attacker.datagrams(b'{"a":' * (WIDE // 6) + b"1" + b"}" * (WIDE // 6))


def _deep_cbor(attacker: Attacker) -> list[bytes]:
    return attacker.datagrams(b"\xa1\x61a" * (WIDE // 3) + b"\x01", MediaType.CBOR)


def _deep_xml(attacker: Attacker) -> list[bytes]:
    return attacker.datagrams(b"<a>" * (WIDE // 7) + b"</a>" * (WIDE // 7), MediaType.XML)


def _maps(count: int) -> bytes:
    """Returns ``{"a:b": [{}, …]}`` in CBOR: one octet for each map (RFC 8949 section 3)."""
    return b"\xa1\x63a:b\x9a" + count.to_bytes(4) + b"\xa0" * count


def _empty_maps(attacker: Attacker) -> list[bytes]:
    return attacker.datagrams(_maps(WIDE), MediaType.CBOR)


def _huge_empty_maps(attacker: Attacker) -> list[bytes]:
    return attacker.datagrams(_maps(HUGE), MediaType.CBOR)


def _huge_invalid(attacker: Attacker) -> list[bytes]:
    tree = attacker.contents()
    tree["ietf-interfaces:interfaces"]["interface"][0]["oper-status"] = "x" * HUGE
    return attacker.datagrams(attacker.update(tree))


def _entities(attacker: Attacker) -> list[bytes]:
    nested = b"".join(b'<!ENTITY e%d "%s">' % (at, b"&e%d;" % (at - 1) * 10) for at in range(1, 10))
    return attacker.datagrams(b'<!DOCTYPE a [<!ENTITY e0 "x">' + nested + b"]><a>&e9;</a>", MediaType.XML)


def _noise(attacker: Attacker) -> list[bytes]:
    return [attacker.rng.randbytes(attacker.rng.randrange(1, 1500))]


def _lying_lengths(attacker: Attacker) -> list[bytes]:
    (datagram,) = attacker.datagrams(to_json({"a:b": 1}))
    at = attacker.rng.randrange(1, 4)
    return [datagram[:at] + attacker.rng.randbytes(1) + datagram[at + 1 :] + b"\0"]


def _half_a_message(attacker: Attacker) -> list[bytes]:
    payload = attacker.update(attacker.contents())
    cut = segments_of(
        payload,
        media_type=MediaType.JSON,
        publisher_id=attacker.rng.randrange(PUBLISHERS),
        message_id=attacker.rng.randrange(1 << 32),
        max_segment_size=256,
    )
    return cut[:-1]


def _reused_ids(attacker: Attacker) -> list[bytes]:
    """The same message id with two payloads in turn, each of them refused."""
    one, other = (attacker.wrapped({f"hostile:{name}": {"at": rfc3339(attacker.at_us)}}) for name in "ab")
    made = [
        segments_of(payload, media_type=MediaType.JSON, publisher_id=PUBLISHER, message_id=attacker.message_id)[0]
        for payload in (one, other, one, other)
    ]
    attacker.message_id += 1
    return made


def _leaping_numbers(attacker: Attacker) -> list[bytes]:
    attacker.message_id = attacker.rng.randrange(1 << 32)
    return attacker.datagrams(attacker.wrapped({"hostile:leap": {}}))


ATTACKS: Final[dict[str, Callable[[Attacker], list[bytes]]]] = {
    "repeated-members": _repeated_members,
    "unknown-leaf": _unknown_leaf,
    "wrong-value": _wrong_value,
    "keyless-entries": _keyless_entries,
    "unknown-subscription": _unknown_subscription,
    "escapes": _escapes,
    "deep-json": _deep_json,
    "deep-cbor": _deep_cbor,
    "deep-xml": _deep_xml,
    "empty-maps": _empty_maps,
    "entities": _entities,
    "noise": _noise,
    "lying-lengths": _lying_lengths,
    "half-a-message": _half_a_message,
    "reused-ids": _reused_ids,
    "leaping-numbers": _leaping_numbers,
}
"""By name; each returns the datagrams of its messages."""
VALID: Final = ("announcement", "unknown-leaf", "unknown-subscription")
"""What is delivered: it attacks memory, by a new subscription or a new name of a leaf each, which is set aside."""
RARE: Final[dict[str, Callable[[Attacker], list[bytes]]]] = {
    "huge-empty-maps": _huge_empty_maps,
    "huge-invalid": _huge_invalid,
}
"""Likewise, of more than a megabyte: one in ``RARELY``."""
RARELY: Final = 200


def attacker(seed: str, at_us: int) -> Attacker:
    """Returns a publisher that draws from a seed, and whose first event is at ``at_us``."""
    return Attacker(Random(seed), at_us)  # noqa: S311 # a simulation, to be repeated


def attacks(attacker: Attacker, step_us: int) -> Iterator[tuple[str, list[bytes]]]:
    """Yields attacks for ever, each ``step_us`` after the one before; the publisher's announcement comes first."""
    yield "announcement", attacker.announced()
    while True:
        attacker.at_us += step_us
        table = RARE if attacker.rng.randrange(RARELY) == 0 else ATTACKS
        name = attacker.rng.choice(sorted(table))
        yield name, table[name](attacker)
