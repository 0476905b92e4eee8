"""Decides when the input of a run has ended: once, after the last of its readers, for every shard seen."""

import msgspec

from yangbeam.core.elements import EndOfInput, MessageBatch, Refused


def newest_us(batch: MessageBatch) -> int:
    """Returns the newest arrival or clock in the batch, in microseconds since the epoch; 0 for an empty one."""
    arrivals = max((message.arrival_us for message in batch.messages), default=0)
    clocks = (
        control.clock_us if not isinstance(control, Refused) else control.arrival_us for control in batch.controls
    )
    return max(arrivals, max(clocks, default=0))


class InputEnd:
    """Holds back each reader's end of input, and gives one per shard when all readers are done.

    A stage takes the first end of input of its shard for the end: one of two readers must not announce it for both.
    """

    def __init__(self) -> None:
        self._newest_us: dict[int, int] = {}

    def hold(self, batch: MessageBatch) -> MessageBatch:
        """Returns the batch without its end of input, and remembers its shard and time."""
        newest_us = batch.messages[-1].arrival_us if batch.messages else 0
        ends = [control for control in batch.controls if isinstance(control, EndOfInput)]
        newest_us = max(self._newest_us.get(batch.shard, 0), newest_us, *(end.clock_us for end in ends))
        self._newest_us[batch.shard] = newest_us
        if not ends:
            return batch
        kept = [control for control in batch.controls if not isinstance(control, EndOfInput)]
        return msgspec.structs.replace(batch, controls=kept)

    def batches(self) -> list[MessageBatch]:
        """Returns the last batch of every shard that was seen; shard 0 when none was."""
        return [
            MessageBatch(shard=shard, source="end-of-input", messages=[], controls=[EndOfInput(0, clock_us)])
            for shard, clock_us in sorted((self._newest_us or {0: 0}).items())
        ]
