"""The contract of every source: a plain object, without Beam, that an SDF or the live bridge drives."""

from enum import Enum
from typing import Final, Protocol, runtime_checkable

from yangbeam.core.elements import MessageBatch


class Poll(Enum):
    """The two kinds of nothing."""

    NOTHING = "nothing now"
    END = "never again"


NOTHING: Final = Poll.NOTHING
END: Final = Poll.END


class Reader(Protocol):
    """A source of message batches.

    Batches of one shard come in order with rising ordinals, and belong to one shard each. A bounded reader's last
    batch of each shard ends with ``Heartbeat`` and ``EndOfInput``; only then does ``poll`` return ``END``.
    """

    def poll(self, max_bytes: int, max_wait_s: float) -> MessageBatch | Poll:
        """Returns a batch of at most ``max_bytes`` of payload, ``NOTHING`` or ``END``.

        A single message above ``max_bytes`` travels alone. Blocks at most about ``max_wait_s`` seconds; returns as
        soon as a batch is worth sending. Raises only errors that end the run.
        """
        ...

    def position(self) -> int:
        """Returns how far it has read, in the source's own unit (datagrams, octets, offsets): for progress."""
        ...

    def close(self) -> None:
        """Releases what it holds; safe to call twice."""
        ...


@runtime_checkable
class Stoppable(Protocol):
    """A reader that holds what must not be lost when the operator ends the run."""

    def stop(self) -> None:
        """Asks for the end: takes in nothing new; ``poll`` returns what is in flight, then ``END``."""
        ...


@runtime_checkable
class Counting(Protocol):
    """A reader that counts what comes where it comes, whatever becomes of it further on."""

    def received(self) -> int:
        """Returns how many messages came so far, whole or refused; may be asked from another thread."""
        ...


@runtime_checkable
class Placed(Protocol):
    """A reader of places, each of which it reads once: of a topic."""

    def again(self) -> int:
        """Returns how many records came from a place that it had read before; may be asked from another thread."""
        ...


@runtime_checkable
class Resumable(Protocol):
    """A reader that a later run can go on from."""

    def succeeded(self) -> None:
        """Keeps how far was read: the run ended well, and everything before went through every sink."""
        ...
