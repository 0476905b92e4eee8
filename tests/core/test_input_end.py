from yangbeam.core.elements import EndOfInput, Heartbeat, Message, MessageBatch, Refused
from yangbeam.core.input_end import InputEnd, newest_us


def message(arrival_us: int) -> Message:
    return Message("192.0.2.1", 1, 1, 1, arrival_us, "application/yang-data+json", b"")


def test_the_end_of_each_reader_is_held_back_and_told_once_per_shard_with_the_newest_clock() -> None:
    end = InputEnd()
    beat = Heartbeat(0, "c", 5, {})
    assert end.hold(MessageBatch(messages=[], controls=[beat, EndOfInput(0, 50)])).controls == [beat]
    assert end.hold(MessageBatch(messages=[], controls=[EndOfInput(0, 40)])).controls == []
    untouched = MessageBatch(shard=3, messages=[message(7)])
    assert end.hold(untouched) is untouched
    told = [(batch.shard, batch.messages, batch.controls) for batch in end.batches()]
    assert told == [(0, [], [EndOfInput(0, 50)]), (3, [], [EndOfInput(0, 7)])]


def test_an_input_without_batches_ends_shard_zero() -> None:
    assert [(batch.shard, batch.controls) for batch in InputEnd().batches()] == [(0, [EndOfInput(0, 0)])]


def test_the_newest_time_is_that_of_a_message_or_a_control() -> None:
    refused = Refused(0, "malformed", "", "192.0.2.1", 1, 30, b"")
    assert newest_us(MessageBatch(messages=[])) == 0
    assert newest_us(MessageBatch(messages=[message(20), message(10)])) == 20
    assert newest_us(MessageBatch(messages=[message(20)], controls=[refused])) == 30
    assert newest_us(MessageBatch(messages=[message(20)], controls=[Heartbeat(0, "c", 40, {})])) == 40
