"""Decides what befalls each message on its way: at most one fault of the network, drawn by chance, written down.

Pure: a pass over one router's messages in order, that gives datagrams and the truth about them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

import msgspec

from yangbeam.core.udp_notif import FIXED_OCTETS, SEGMENTATION_OCTETS
from yangbeam.simulator.emission import Emission, cut
from yangbeam.simulator.habits import Habit, Scope
from yangbeam.simulator.options import CHANCES, SimulateOptions
from yangbeam.simulator.truth import TruthRecord

OVERTAKEN_BY = 3
"""At most so many later messages overtake one that is reordered."""
DAMAGES = ("version", "length", "cut", "payload")
"""Ways to corrupt a message; all but the last make its first datagram one that must be refused."""
LEAVE_SEGMENTS = frozenset({"incomplete", "corrupt"})
"""Faults after which a receiver waits for segments that never come."""
UPDATES = frozenset({"push-update", "push-change-update"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is really sent of one message.

    Attributes:
        at_us: When, as event times go: microseconds since the Unix epoch.
        socket: Which of the router's sockets.
        datagrams: In order of sending; none when it is lost. Over HTTPS: the payload, for each request.
        record: The truth about it.
    """

    at_us: int
    socket: int
    datagrams: tuple[bytes, ...]
    record: TruthRecord


@dataclass(slots=True)
class _Held:
    """A message that later ones overtake: how many still may, and how many did."""

    delivery: Delivery
    waits: int
    overtaken: int = 0


class Network:
    """The way from one router to its receiver.

    Args:
        options: Chances of faults and the segment size.
        habit: How the router cuts messages into segments.
        rng: Where faults are drawn from.
    """

    def __init__(self, options: SimulateOptions, habit: Habit, rng: Random) -> None:
        self._options = options
        self._habit = habit
        self._rng = rng
        self._size = options.segment_size or habit.segment_size
        self._partial: set[tuple[int, int, int]] = set()

    def deliveries(self, emissions: Iterable[Emission]) -> Iterator[Delivery]:
        """Yields what becomes of each emission, in order of sending; every emission comes exactly once."""
        held: list[_Held] = []
        epoch = 0
        for emission in emissions:
            record = emission.record
            spared = record.kind not in UPDATES and not self._options.injure_state
            if spared or record.message_id_epoch != epoch:  # nothing overtakes a state change, or a router's death
                yield from _released(held, everything=True)
                epoch = record.message_id_epoch
            fault = "" if spared else self._draw()
            delivery = self._meet(emission, fault)
            if fault == "reorder":
                held.append(_Held(delivery, self._rng.randint(1, OVERTAKEN_BY)))
                continue
            yield delivery
            if delivery.datagrams:
                yield from _overtaken(held, delivery.at_us)
        yield from _released(held, everything=True)

    def _draw(self) -> str:
        """Draws at most one fault, by the chances of each."""
        if not self._options.injures:
            return ""
        drawn = self._rng.random()
        for name in CHANCES:
            drawn -= getattr(self._options, name)
            if drawn < 0:
                return name
        return ""

    def _meet(self, emission: Emission, fault: str) -> Delivery:
        # Over HTTPS a message is one request, and its body is the payload.
        whole = (emission.payload,) if self._options.https else cut(emission, self._habit, self._size)
        if fault in LEAVE_SEGMENTS and self._entangles(emission, fault, len(whole)):
            fault = ""
        if fault == "loss":
            return _delivery(emission, len(whole), (), "lost")
        if fault == "duplicate":
            return _delivery(emission, len(whole), whole * 2, "duplicate")
        if fault == "incomplete":
            if len(whole) == 1:
                half = FIXED_OCTETS + SEGMENTATION_OCTETS + len(emission.payload) // 2 + 1
                whole = cut(emission, self._habit, half)
            missing = self._rng.randrange(len(whole))
            return _delivery(emission, len(whole), whole[:missing] + whole[missing + 1 :], "incomplete")
        if fault == "corrupt":
            damage = self._rng.choice(DAMAGES)
            done = "corrupt-payload" if damage == "payload" else "corrupt-header"
            return _delivery(emission, len(whole), (damaged(whole[0], damage), *whole[1:]), done)
        return _delivery(emission, len(whole), whole)

    def _entangles(self, emission: Emission, fault: str, segments: int) -> bool:
        """Says whether segments left behind could meet those of another message under the same id, and notes them.

        Then a receiver might put one message together from two, and an innocent one would suffer. It can happen where
        message ids repeat on a socket: those of subscriptions that each count for themselves, or after a restart.
        """
        if segments == 1 and fault == "corrupt":
            return False
        record = emission.record
        if segments > 1 and self._habit.message_id is Scope.SUBSCRIPTION:
            return True
        key = (emission.socket, record.publisher_id, record.message_id)
        known = key in self._partial
        self._partial.add(key)
        return known


def damaged(datagram: bytes, damage: str) -> bytes:
    """Returns the datagram damaged in one of DAMAGES.

    >>> damaged(bytes.fromhex("210c000e00000001000000027b7d"), "length").hex()
    '210cffff00000001000000027b7d'
    """
    octets = bytearray(datagram)
    if damage == "version":  # 1 becomes 2
        octets[0] = octets[0] & 0x1F | 0x40
    elif damage == "length":  # more octets than came
        octets[2:4] = b"\xff\xff"
    elif damage == "cut":
        del octets[len(octets) // 2 :]
    else:  # 0xFF opens no JSON, no XML and no CBOR item
        octets[octets[1]] = 0xFF
    return bytes(octets)


def _delivery(emission: Emission, segments: int, datagrams: tuple[bytes, ...], *done: str) -> Delivery:
    record = msgspec.structs.replace(
        emission.record, segments=segments, sent=len(datagrams), done=(*emission.record.done, *done)
    )
    return Delivery(record.at_us, emission.socket, datagrams, record)


def _overtaken(held: list[_Held], at_us: int) -> Iterator[Delivery]:
    """Counts that one message overtook all held ones, and yields those that waited long enough."""
    for entry in held:
        entry.overtaken += 1
        entry.delivery = replace(entry.delivery, at_us=at_us)
    yield from _released(held)


def _released(held: list[_Held], *, everything: bool = False) -> Iterator[Delivery]:
    """Yields and forgets held messages; one that nothing overtook was not reordered after all."""
    waiting = []
    for entry in held:
        if not everything and entry.overtaken < entry.waits:
            waiting.append(entry)
            continue
        delivery = entry.delivery
        if entry.overtaken:
            record = msgspec.structs.replace(delivery.record, done=(*delivery.record.done, "reordered"))
            delivery = replace(delivery, record=record)
        yield delivery
    held[:] = waiting
