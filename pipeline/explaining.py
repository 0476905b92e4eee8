"""Reads captures into an explanation of their exporters, and words it: no Beam, no schema."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
from rich.console import Console
from rich.table import Table

from yangbeam.core.elements import Control, MessageBatch, Notification, NotificationBatch, place
from yangbeam.core.errors import NotificationError
from yangbeam.core.loss.explain import ExplainedCounter, ExplainedExporter
from yangbeam.core.lost import DISCONTINUITY
from yangbeam.core.notification.decode import decode
from yangbeam.core.reader import Reader
from yangbeam.pipeline.explaining_schemas import ExplainedSchema

BATCH_BYTES = 1 << 20


class Explains(Protocol):
    """Something that learns from decoded batches."""

    def observe(self, batch: NotificationBatch) -> None:
        """Takes one batch, in order."""
        ...


def observed(reader: Reader, *explainers: Explains) -> None:
    """Reads to the end of input; what cannot be decoded is left out, as it is for the detector of a run."""
    while isinstance(batch := reader.poll(BATCH_BYTES, 0.0), MessageBatch):
        decoded = _decoded(batch)
        for explainer in explainers:
            explainer.observe(decoded)


def _decoded(batch: MessageBatch) -> NotificationBatch:
    notifications: list[Notification] = []
    before = [0]
    """How many notifications stand before each message."""
    for message in batch.messages:
        with suppress(NotificationError):
            notifications.append(decode(message))
        before.append(len(notifications))
    return NotificationBatch(
        notifications=notifications, controls=[_moved(one, before[one.at]) for one in batch.controls], **place(batch)
    )


def _moved(control: Control, at: int) -> Control:
    moved: Control = msgspec.structs.replace(control, at=at)
    return moved


def as_json(exporters: list[ExplainedExporter], schemas: list[ExplainedSchema] | None = None) -> bytes:
    """Returns one JSON document; ``schemas`` where they were asked for."""
    found: dict[str, Any] = {"exporters": exporters}
    return msgspec.json.format(
        msgspec.json.encode(found if schemas is None else found | {"schemas": schemas}), indent=2
    )


def show(exporters: list[ExplainedExporter], console: Console) -> None:
    """Prints it for a person."""
    for one in exporters:
        console.print(f"{one.exporter}  {one.node}", style="bold")
        console.print(f"  {one.messages} messages, {_time(one.first_us)} to {_time(one.last_us)}")
        for counter in one.counters:
            _show_counter(counter, console)
        _show_subscriptions(one, console)
        for line in _events(one):
            console.print(f"  {line}", soft_wrap=True)


def _show_counter(counter: ExplainedCounter, console: Console) -> None:
    name = {"transport": "message id", "notification": "sequence number"}[counter.counter]
    console.print(f"  {name}: {_words(counter)}", soft_wrap=True)
    for why in counter.why:
        console.print(f"    {why}", soft_wrap=True)
    table = Table("if it counted by", "counters", "loss events", "missing", title=None)
    for one in counter.alternatives:
        table.add_row(", ".join(one.scopes), str(one.counters), str(one.loss_events), str(one.missing))
    console.print(table)


def _words(counter: ExplainedCounter) -> str:
    lost = f"{counter.missing} missing in {counter.loss_events} losses" if counter.loss_events else "nothing missing"
    if counter.discontinuities:
        lost += f", {counter.discontinuities} discontinuities"
    if counter.state == "untrackable":
        return "cannot be followed"
    if not counter.scope:
        return "never seen"
    by = {"set": "by the operator's word", "settled": "learned"}.get(counter.state, "not decided yet; likeliest")
    return f"counts by {counter.scope} ({by}), {counter.counters} counters; {lost}"


def _show_subscriptions(exporter: ExplainedExporter, console: Console) -> None:
    if not exporter.subscriptions:
        return
    table = Table("subscription", "state", "sends", "updates", "publishers", "ports", "modules or filter")
    for one in exporter.subscriptions:
        sends = f"every {one.period_s:g} s" if one.period_s is not None else "on change" if one.on_change else "?"
        table.add_row(
            str(one.id),
            one.state if one.announced else f"{one.state}, announcement not seen",
            sends,
            str(one.updates),
            ", ".join(map(str, one.publisher_ids)),
            ", ".join(map(str, one.ports)),
            ", ".join(one.modules) or one.filter,
        )
    console.print(table)


def _events(exporter: ExplainedExporter) -> Iterator[str]:
    for event in exporter.events:
        yield _event_line(event)


def _event_line(event: dict[str, Any]) -> str:
    numbers = f"{event['first']}..{event['last']} ({event['count']})" if event["count"] else ""
    if event["cause"] == DISCONTINUITY:
        numbers = f"last seen {event['first']}, next seen {event['last']}"
    words = [event["counter"], event["state"], event["scope"], numbers, event["cause"], event["detail"]]
    subscriptions = ", ".join(map(str, event["subscription_ids"]))
    return f"{_time(event['last_us'])} {' '.join(word for word in words if word)} [subscriptions {subscriptions}]"


def _time(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1_000_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
