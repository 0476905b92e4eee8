"""One message on its way out: what a router hands to the network, and how it is cut into datagrams."""

from dataclasses import dataclass

from yangbeam.core.udp_notif import segments_of
from yangbeam.simulator.habits import Habit
from yangbeam.simulator.options import MEDIA_TYPES
from yangbeam.simulator.truth import TruthRecord


@dataclass(frozen=True, slots=True)
class Emission:
    """One message as the router means to send it.

    Attributes:
        socket: Which of the router's sockets, from 0.
        payload: The encoded notification.
        record: Its truth so far: nothing was sent yet.
    """

    socket: int
    payload: bytes
    record: TruthRecord


def cut(emission: Emission, habit: Habit, max_segment_size: int) -> tuple[bytes, ...]:
    """Returns the datagrams of a message, in order, none longer than ``max_segment_size`` octets."""
    return tuple(
        segments_of(
            emission.payload,
            media_type=MEDIA_TYPES[emission.record.encoding],
            publisher_id=emission.record.publisher_id,
            message_id=emission.record.message_id,
            max_segment_size=max_segment_size,
            last_bit=habit.last_bit,
        )
    )
