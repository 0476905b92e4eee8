"""Decides when the input of a run has ended: once, after the last of its readers, for every shard seen."""

from typing import Any, TypeVar

import msgspec

from yangbeam.core.elements import Control, EndOfInput, MessageBatch, Refused, TopicBatch

B = TypeVar("B", MessageBatch, TopicBatch)


def newest_us(batch: MessageBatch | TopicBatch) -> int:
    """Returns the newest arrival or clock in the batch, in microseconds since the epoch; 0 for an empty one."""
    arrivals = max(_times(batch), default=0)
    clocks = (
        control.clock_us if not isinstance(control, Refused) else control.arrival_us for control in batch.controls
    )
    return max(arrivals, max(clocks, default=0))


def _times(batch: MessageBatch | TopicBatch) -> list[int]:
    if isinstance(batch, TopicBatch):
        return [record.timestamp_us for record in batch.records]
    return [message.arrival_us for message in batch.messages]


class InputEnd:
    """Holds back each reader's end of input, and gives one per shard when all readers are done.

    A stage takes the first end of input of its shard for the end: one of two readers must not announce it for both.

    Args:
        element: What the input's batches are: of an input without any, its end must be one too.
    """

    def __init__(self, element: type = MessageBatch) -> None:
        self._element = element
        self._newest_us: dict[int, int] = {}

    def hold(self, batch: B) -> B:
        """Returns the batch without its end of input, and remembers its shard and time."""
        newest_us = max(_times(batch)[-1:], default=0)
        ends = [control for control in batch.controls if isinstance(control, EndOfInput)]
        newest_us = max(self._newest_us.get(batch.shard, 0), newest_us, *(end.clock_us for end in ends))
        self._newest_us[batch.shard] = newest_us
        if not ends:
            return batch
        kept = [control for control in batch.controls if not isinstance(control, EndOfInput)]
        return msgspec.structs.replace(batch, controls=kept)

    def batches(self) -> list[Any]:
        """Returns the last batch of every shard that was seen; shard 0 when none was."""
        return [self._last(shard, clock_us) for shard, clock_us in sorted((self._newest_us or {0: 0}).items())]

    def _last(self, shard: int, clock_us: int) -> MessageBatch | TopicBatch:
        source: str = "end-of-input"
        controls: list[Control] = [EndOfInput(0, clock_us)]
        if self._element is TopicBatch:
            return TopicBatch(shard=shard, source=source, records=[], controls=controls)
        return MessageBatch(shard=shard, source=source, messages=[], controls=controls)
