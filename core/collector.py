"""Decides what a stream of datagrams comes to: messages, refusals and heartbeats in arrival order, by shard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from yangbeam.core.causes import CAUSES, final_name
from yangbeam.core.elements import Control, EndOfInput, Heartbeat, Message, MessageBatch, Refused
from yangbeam.core.errors import Fault, WireError
from yangbeam.core.reassembly import Outcome, Reassembled, Reassembly, ReassemblyLimits
from yangbeam.core.shards import shard_of
from yangbeam.core.udp_notif import COUNTERS, WHOLE, Parser, UdpNotifSettings, identity
from yangbeam.core.unheard import Admission, Heard

_TOO_MANY = "too many exporters that were never heard before send at the same time"

MAX_RECORDS = 4096
"""Messages in a batch at most: below, crossing a stage costs more than the messages; above, latency suffers."""


def unaccounted(counters: Mapping[str, int]) -> int:
    """Returns what a socket gave, or a publisher was told to be safe, and the collector has in no count.

    Its reader counts ``taken`` (datagrams, where the socket gives them) or ``answered`` (notifications, once their
    publisher has its 204); a reader that counts neither leaves nothing to compare.
    """
    datagrams = counters.get("taken", 0) - counters.get("datagrams", 0) - counters.get("not_allowed", 0)
    return max(datagrams, 0) + max(counters.get("answered", 0) - counters.get("messages", 0), 0)


@dataclass(slots=True)
class _Builder:
    """The batch of one shard under construction."""

    messages: list[Message] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)
    octets: int = 0
    """Of payloads and of refused originals."""
    ordinal: int = 0
    given: int = 0
    """Messages and refusals so far: what the ledger's first line begins with."""


class Collector:
    """Codec, reassembly and counters of one collector; time is a parameter, in microseconds since the epoch.

    Not thread-safe: one receiving thread owns it. What comes out of ``take`` keeps the order in which it went in.
    """

    def __init__(
        self,
        collector_id: str,
        *,
        shards: int = 1,
        source: str = "udp-notif",
        settings: UdpNotifSettings | None = None,
        limits: ReassemblyLimits | None = None,
        admission: Admission | None = None,
    ) -> None:
        """Makes a collector whose counters stand at zero.

        Args:
            collector_id: Its name.
            shards: Into how many its exporters are spread.
            source: Names the batches' reader.
            settings: Of the codec.
            limits: Of reassembly.
            admission: How many exporters that were never heard are let in; None: all, as of a capture.
        """
        settings = settings or UdpNotifSettings()
        self.collector_id = collector_id
        names = ("datagrams", "messages", *COUNTERS, "kernel_drops", "ring_drops")
        self.counters = dict.fromkeys(names, 0)
        """Cumulative; a heartbeat carries a copy. Readers may add their own."""
        self._source = source
        self._parse = Parser(settings).parse
        self._reassembly = Reassembly(self.counters, limits, settings.last_bit)
        self._builders = [_Builder() for _ in range(shards)]
        self._heard = Heard()
        self._admission = admission

    def datagram(
        self, data: bytes, exporter: str, port: int, collector: str, collector_port: int, arrival_us: int
    ) -> None:
        """Takes one UDP payload that came from (exporter, port) to (collector, collector_port). Never raises."""
        self.counters["datagrams"] += 1
        shard = self._heard.get(exporter)
        if shard is None and not self._is_let_in(exporter, arrival_us):
            self.refuse("too_many_new_exporters", _TOO_MANY, data, exporter=exporter, port=port, arrival_us=arrival_us)
            return
        try:
            segment = self._parse(data)
        except WireError as error:
            self._refuse_datagram(error, data, exporter, port, arrival_us)
            return
        for note in segment.notes:
            self.counters[note] += 1
        if segment.value == WHOLE:
            media_type, payload, options = segment.media_type, segment.payload, segment.options
        else:
            key = (exporter, port, collector_port, segment.publisher_id, segment.message_id)
            whole = self._settle(self._reassembly.add(key, segment, arrival_us))
            if whole is None:
                return
            media_type, payload, options = whole.media_type, whole.payload, whole.options
        if not payload:
            self.counters["empty_payload"] += 1
        self.counters["messages"] += 1
        builder = self._builders[shard] if shard is not None else self._builder(exporter)
        builder.octets += len(payload)
        builder.given += 1
        builder.messages.append(
            Message(
                exporter,
                port,
                segment.publisher_id,
                segment.message_id,
                arrival_us,
                media_type,
                payload,
                collector,
                collector_port,
                "udp-notif",
                options,
                -1,
                -1,
                0,
                self.collector_id,
            )
        )

    def message(self, message: Message) -> None:
        """Takes a whole message of a transport that brings them whole."""
        self.counters["messages"] += 1
        builder = self._builder(message.exporter)
        builder.octets += len(message.payload)
        builder.given += 1
        builder.messages.append(message)

    def tick(self, now_us: int) -> None:
        """Gives up the messages whose segments did not come in time; call it at least once a second."""
        self._settle(self._reassembly.expire(now_us))

    def heartbeat(self, now_us: int, kernel_drops: int = 0, ring_drops: int = 0) -> None:
        """Ticks, then writes the clock and the counters to every shard; both drops are cumulative."""
        self.tick(now_us)
        self.counters["kernel_drops"] = kernel_drops
        self.counters["ring_drops"] = ring_drops
        if missing := unaccounted(self.counters):
            self.counters["unaccounted"] = missing
        for builder in self._builders:
            at, given = len(builder.messages), builder.given
            record = Heartbeat(at, self.collector_id, now_us, dict(self.counters), given)
            builder.controls.append(record)

    def end(self, now_us: int) -> None:
        """Gives up what is incomplete, then writes a last heartbeat and the end of input to every shard."""
        self._settle(self._reassembly.flush())
        self.heartbeat(now_us, self.counters["kernel_drops"], self.counters["ring_drops"])
        for builder in self._builders:
            builder.controls.append(EndOfInput(len(builder.messages), now_us))

    def refuse(
        self,
        reason: str,
        detail: str,
        original: bytes,
        *,
        exporter: str = "",
        port: int = 0,
        arrival_us: int,
        ids: tuple[int | None, int | None] = (None, None),
        fault: Fault | None = None,
    ) -> None:
        """Counts a refusal and writes it, with the original octets, between the messages.

        Its fault is the cause's, unless it is given.
        """
        self.counters[reason] = self.counters.get(reason, 0) + 1
        builder = self._builder(exporter)
        builder.octets += len(original)
        builder.given += 1
        at, owner = len(builder.messages), self.collector_id
        fault = fault or CAUSES[final_name(reason)].fault
        builder.controls.append(
            Refused(at, reason, detail, exporter, port, arrival_us, original, ids[0], ids[1], fault.value, owner)
        )

    @property
    def given(self) -> int:
        """Messages and refusals so far, of all shards."""
        return sum(builder.given for builder in self._builders)

    def octets(self, shard: int) -> int:
        """Returns how many octets of payload and of refused originals wait for ``take``."""
        return self._builders[shard].octets

    def records(self, shard: int) -> int:
        """Returns how many messages and control records wait for ``take``."""
        builder = self._builders[shard]
        return len(builder.messages) + len(builder.controls)

    def take(self, shard: int, max_bytes: int) -> MessageBatch | None:
        """Returns the oldest records of a shard as its next batch, None if there are none.

        A batch holds at most ``max_bytes`` octets, unless one record alone is larger, and at most MAX_RECORDS messages.
        """
        builder = self._builders[shard]
        messages, controls, octets = builder.messages, builder.controls, builder.octets
        if not messages and not controls:
            return None
        if octets <= max_bytes and len(messages) <= MAX_RECORDS:
            builder.messages, builder.controls, builder.octets = [], [], 0
        else:
            messages, controls = _cut(builder, max_bytes)
        ordinal, builder.ordinal = builder.ordinal, builder.ordinal + 1
        return MessageBatch(messages=messages, controls=controls, shard=shard, source=self._source, ordinal=ordinal)

    def _builder(self, exporter: str) -> _Builder:
        shard = self._heard.get(exporter)
        return self._builders[shard_of(exporter, len(self._builders)) if shard is None else shard]

    def _is_let_in(self, exporter: str, now_us: int) -> bool:
        """Says whether an exporter that was not heard lately is listened to, and remembers that it is."""
        if self._heard.again(exporter) is None:
            if self._admission is not None and not self._admission.admits(now_us):
                return False
            self._heard.keep(exporter, shard_of(exporter, len(self._builders)))
        return True

    def _refuse_datagram(self, error: WireError, data: bytes, exporter: str, port: int, arrival_us: int) -> None:
        self.refuse(
            error.reason,
            error.detail,
            data,
            exporter=exporter,
            port=port,
            arrival_us=arrival_us,
            ids=identity(data),
            fault=error.fault,
        )

    def _settle(self, outcomes: Sequence[Outcome]) -> Reassembled | None:
        """Writes what was given up; returns the message that was completed, if one was."""
        whole: Reassembled | None = None
        for outcome in outcomes:
            if isinstance(outcome, Reassembled):
                whole = outcome
                continue
            exporter, port, _, publisher_id, message_id = outcome.key
            self.refuse(
                outcome.reason,
                outcome.detail,
                outcome.original,
                exporter=exporter,
                port=port,
                arrival_us=outcome.arrival_us,
                ids=(publisher_id, message_id),
            )
        return whole


def _cut(builder: _Builder, max_bytes: int) -> tuple[list[Message], list[Control]]:
    """Takes the oldest records up to the limits, at least one, out of a builder."""
    messages, controls = builder.messages, builder.controls
    taken = written = octets = 0
    while taken + written < len(messages) + len(controls):
        is_control = written < len(controls) and controls[written].at <= taken
        size = _size(controls[written] if is_control else messages[taken])
        if (taken + written and octets + size > max_bytes) or (taken == MAX_RECORDS and not is_control):
            break
        octets += size
        taken, written = (taken, written + 1) if is_control else (taken + 1, written)
    builder.messages = messages[taken:]
    builder.controls = [msgspec.structs.replace(record, at=record.at - taken) for record in controls[written:]]
    builder.octets -= octets
    return messages[:taken], controls[:written]


def _size(record: Message | Control) -> int:
    if isinstance(record, Message):
        return len(record.payload)
    return len(record.original) if isinstance(record, Refused) else 0
