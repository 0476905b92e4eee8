"""The contract of a stage: what it makes of a batch; what follows from the batch is derived here, once for all stages.

A stage is a plain object that can be pickled and knows no runner. One without state is asked ``step(batch)``; one with
state is asked ``step(state, batch)`` with the value of the batch's shard, and, where it has something to do when only
time has passed, ``tick(state, shard)``. Either returns a ``StepResult``, and ``outputs`` gives what travels on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Protocol, Self, TypeVar

import msgspec

from yangbeam.core.controls import Control, EndOfInput
from yangbeam.core.elements import Batch, DeadLetter, DeadLetterBatch, place
from yangbeam.core.ledger import Tallies

OUT: Final = "out"
LETTERS: Final = "dead_letters"
LEDGER: Final = "ledger"
LOSS: Final = "loss"
"""Names of what a stage puts out, for every way to drive it."""

_NOTHING_MORE: Final[Mapping[str, Any]] = MappingProxyType({})


class StepResult(NamedTuple):
    """What a stage makes of one batch, or of time that has passed."""

    out: Batch | None
    """What the next stage is given; None: nothing this time."""
    tallies: Tallies | None = None
    """What was counted; None: of the stage that keeps the ledger."""
    letters: Sequence[DeadLetter] = ()
    originals: Sequence[DeadLetter] = ()
    """Originals of messages that are published without some of their nodes; they travel beside the letters."""
    more: Mapping[str, Batch] = _NOTHING_MORE
    """Further outputs by name."""


def outputs(batch: Batch, result: StepResult) -> Iterator[tuple[str, Batch]]:
    """Yields what travels on, each with the name of its output: elements with the place of the batch.

    Args:
        batch: What the stage was given; where only time has passed, what it put out.
        result: What it made of it.
    """
    where = place(batch)
    if result.out is not None:
        yield OUT, result.out
    if result.letters or result.originals:
        yield LETTERS, DeadLetterBatch(letters=list(result.letters), originals=list(result.originals), **where)
    yield from result.more.items()
    if result.tallies is not None:
        yield LEDGER, result.tallies.delta(**where, end=is_ended(batch))


def is_ended(batch: Any) -> bool:
    """Says whether a batch closes its shard; one without control records never does."""
    return any(isinstance(control, EndOfInput) for control in getattr(batch, "controls", ()))


def moved(controls: Iterable[Control], kept: Sequence[int]) -> list[Control]:
    """Returns control records at their places among what is left of the messages that they stood between.

    Args:
        controls: Of the batch that a stage was given.
        kept: For each message of it, and for its end, how many before it the stage put out.
    """
    return [msgspec.structs.replace(control, at=kept[control.at]) for control in controls]


class ShardValue(Protocol):
    """What a stage keeps of one shard, as a value that enters and leaves as bytes."""

    @classmethod
    def restore(cls, snapshot: bytes | None, journal: list[bytes]) -> Self:
        """Returns the value that the cells hold; a new one for ``(None, [])``; ``journal`` oldest first."""
        ...

    def snapshot(self) -> bytes:
        """Returns the whole value; forgets what ``changes`` has not yet reported."""
        ...

    def changes(self) -> bytes:
        """Returns what changed since the last ``changes`` or ``snapshot``, enough for ``restore``."""
        ...


Given_contra = TypeVar("Given_contra", bound=Batch, contravariant=True)
Value = TypeVar("Value", bound=ShardValue)

Restore = Callable[[bytes | None, list[bytes]], Value]
"""Makes the value of a shard from its snapshot and the changes since, oldest first; ``(None, [])``: a new one."""


class Stage(Protocol[Given_contra]):
    """A stage without state; order kept."""

    def step(self, batch: Given_contra, /) -> StepResult:
        """Returns what it makes of a batch; the same batch gives the same result."""
        ...


class ShardStage(Protocol[Value, Given_contra]):
    """A stage with a value for each shard, exactly once in state."""

    @property
    def name(self) -> str:
        """Its name, unique among the stages of a graph."""
        ...

    def restore(self, snapshot: bytes | None, journal: list[bytes], /) -> Value:
        """Returns the value of a shard; see ``Restore``."""
        ...

    def step(self, state: Value, batch: Given_contra, /) -> StepResult:
        """Returns what it makes of a batch, having changed the value; the same in every attempt."""
        ...
