"""Decides how each maker's routers number their messages and use their sockets, as measured on real ones.

Each row of HABITS is what captures of interoperability tests show (2023 to 2026), ``standard`` what the texts say:
draft-ietf-netconf-udp-notif-26 section 3.2 and draft-ietf-netconf-notif-envelope-04 section 3.2.1.
"""

from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.udp_notif import LastBit


class Scope(StrEnum):
    """What shares one counter."""

    NODE = "node"
    PUBLISHER = "publisher"
    SUBSCRIPTION = "subscription"
    PUBLISHER_SUBSCRIPTION = "publisher+subscription"
    SOCKET = "socket"


class Sockets(StrEnum):
    """What shares one source port."""

    SHARED = "shared"
    PER_SUBSCRIPTION = "per subscription"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a counter starts: drawn from [low, high]."""

    low: int
    high: int


ZERO = Start(0, 0)
ONE = Start(1, 1)
RANDOM = Start(0, 2**32 - 1)
RUNS_ON = Start(5, 300_000)
"""The router numbered messages long before this subscription: 5, 15 thousand and 285,906 were seen."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How one kind of router publishes.

    Attributes:
        name: Key of the row.
        message_id: Scope of the message id of UDP-notif.
        sequence: Scope of the sequence number; None: the router sends none.
        message_id_start: First message id.
        sequence_start: First sequence number; None: it equals the message id, always.
        restart_start: First number after the router restarted; None: drawn as at first.
        sockets: What shares a source port.
        publishers: Publisher ids: the main card's, then those of the line cards that send data, if any.
        wrapper: Notification header it uses (row of the wrapper table).
        fixed_port: Source port that survives a restart; 0: a new one each time.
        client_id: Subscription id of started and terminated, where it is another than the updates'; 0: the same.
        publisher_leaf: Leaf-list of the publisher ids in started, or empty.
        observation: Updates carry publisher id, observation time and point in time.
        segment_size: Octets of the largest datagram, header included.
        last_bit: Where it sets the last-segment flag.
    """

    name: str
    message_id: Scope
    sequence: Scope | None
    message_id_start: Start = ZERO
    sequence_start: Start | None = None
    restart_start: Start | None = None
    sockets: Sockets = Sockets.SHARED
    publishers: tuple[int, ...] = (0,)
    wrapper: str = "H8"
    fixed_port: int = 0
    client_id: int = 0
    publisher_leaf: str = "ietf-distributed-notif:message-publisher-id"
    observation: bool = True
    segment_size: int = 1400
    last_bit: LastBit = LastBit.STANDARD


_OLD_LEAF = "ietf-distributed-notif:message-publisher-ids"

_ROWS = (
    # 6WIND: one counter for the whole node, one source port per subscription.
    Habit("six-wind", Scope.NODE, Scope.NODE, RUNS_ON, restart_start=ZERO, sockets=Sockets.PER_SUBSCRIPTION),
    # Until 2024 its started and terminated carried the client's id, not the one of the updates.
    Habit(
        "six-wind-2024",
        Scope.NODE,
        Scope.NODE,
        RUNS_ON,
        restart_start=ZERO,
        sockets=Sockets.PER_SUBSCRIPTION,
        wrapper="H7",
        client_id=12345678,
        publisher_leaf=_OLD_LEAF,
    ),
    # Cisco XR: a socket and a counter for each subscription.
    Habit("cisco-xr", Scope.SOCKET, Scope.SOCKET, sockets=Sockets.PER_SUBSCRIPTION),
    # Huawei NE: subscriptions share socket and publisher, yet each counts for itself: ids repeat on one 5-tuple.
    Habit("huawei-ne", Scope.SUBSCRIPTION, Scope.SUBSCRIPTION, publishers=(16974839,), fixed_port=50000),
    Habit(
        "huawei-ne8000",
        Scope.SUBSCRIPTION,
        Scope.SUBSCRIPTION,
        publishers=(16974839,),
        wrapper="H2",
        publisher_leaf=_OLD_LEAF,
    ),
    # Huawei MA5800: the main card announces, line cards publish, each with its own message ids.
    Habit(
        "huawei-ma5800",
        Scope.PUBLISHER,
        Scope.PUBLISHER_SUBSCRIPTION,
        sequence_start=ZERO,
        publishers=(3021116856, 3021116848, 3021116840),
    ),
    Habit(
        "arrcus",
        Scope.PUBLISHER,
        None,
        Start(7, 7),
        restart_start=ZERO,
        sockets=Sockets.PER_SUBSCRIPTION,
        wrapper="H9",
        observation=False,
        last_bit=LastBit.TOP,
    ),
    Habit("sysrepo", Scope.PUBLISHER, None, ONE, sockets=Sockets.PER_SUBSCRIPTION, wrapper="H10", observation=False),
    Habit("standard", Scope.PUBLISHER, Scope.PUBLISHER, RANDOM, sequence_start=ONE, publishers=(1,), segment_size=1472),
)
HABITS = {habit.name: habit for habit in _ROWS}


def content_id(habit: Habit, library: int) -> str:
    """Returns the content-id of a router's YANG library, the same for all routers of a kind.

    Args:
        habit: Its kind.
        library: How often the library changed.
    """
    return f"{crc32(f'{habit.name}/{library}'.encode()):08x}"


def habit_of(name: str) -> Habit:
    """Returns the row of ``name``.

    Raises:
        ConfigurationError: No such row.
    """
    if name not in HABITS:
        raise ConfigurationError("unknown_habit", f"no router habit {name!r}; known are {', '.join(HABITS)}")
    return HABITS[name]
