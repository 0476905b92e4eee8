"""What of the telemetry topic is given to the detection of losses."""

import msgspec

from tests.builders import ARRIVAL_US, notification
from yangbeam.core.elements import Bound, BoundBatch, EndOfInput, Heartbeat
from yangbeam.transforms.unwrap_telemetry import unbound


def part(number: int, index: int) -> Bound:
    found = notification(sequence_number=number)
    message = msgspec.structs.replace(found.message, raw_partition=0, raw_offset=number, raw_index=index)
    return Bound(msgspec.structs.replace(found, message=message), 1)


def test_a_split_message_counts_once_and_controls_stay_where_they_stood() -> None:
    beat = Heartbeat(3, "c", ARRIVAL_US, {})
    batch = BoundBatch(
        notifications=[part(1, 0), part(1, 1), part(2, 0), part(3, 2)],
        controls=[beat, EndOfInput(4, ARRIVAL_US)],
        shard=2,
    )
    found = unbound(batch)
    assert [each.sequence_number for each in found.notifications] == [1, 2]
    assert [control.at for control in found.controls] == [2, 2]
    assert found.shard == 2
