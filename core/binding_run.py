"""One batch's way through binding: bound, held, released in order, or given up with a reason."""

from dataclasses import dataclass, field
from typing import Final

from yangbeam.core.dead_groups import count_dead
from yangbeam.core.dead_letter import letter_of_notification
from yangbeam.core.elements import Bound, Control, DeadLetter, Heartbeat, Notification, Terms
from yangbeam.core.epochs import REORDER_US, Binding, epoch_of
from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.ledger import BOUND, DUPLICATES, ID_REUSED, MARKED, PENDING, Tallies
from yangbeam.core.numbering import Verdict, give_up_hole
from yangbeam.core.patience import Patience
from yangbeam.core.pending import Limits, QueueKey
from yangbeam.core.remembering import remembered
from yangbeam.core.schemas import AsksNodes, Schemas
from yangbeam.core.subscribing import DATA_KINDS, enter
from yangbeam.core.subscription_state import Entry, Key, Subscriptions
from yangbeam.core.subscription_table import SubscriptionTable

STAGE: Final = "bind"

_HOLE_QUEUE: Final = 256
"""Messages that wait behind a hole at most."""

MOST_ATTEMPTS: Final = 16
"""Questions for one message's schema: where the first answer names all modules that are missing, each further one is
about imports; a registry in another process names some at a time."""

_Wanted = tuple[str, str | None, frozenset[str]]
"""What a schema is asked for by: exporter, content-id, modules."""


@dataclass(slots=True)
class BindingRun:
    """Binds the messages of one batch, and those that waited.

    Attributes:
        schemas: Where schemas are found.
        state: The shard.
        tallies: What is counted.
        patience: Elapsed time, and whether the input can wait in place.
        limits: How long and how much is held.
        pass_unbound: Pass on what has no schema, marked.
        bound: What came out.
        letters: What died.
        table: Subscriptions of what came out.
    """

    schemas: Schemas
    state: Subscriptions
    tallies: Tallies
    patience: Patience
    limits: Limits
    pass_unbound: bool
    bound: list[Bound] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    table: SubscriptionTable = field(default_factory=SubscriptionTable)
    _still_asked: set[Key] = field(default_factory=set)
    _still_away: set[_Wanted] = field(default_factory=set)
    """Asked in vain since time last passed: asking again at once is of no use."""

    def arrive(self, notification: Notification) -> None:
        """Takes one message in."""
        state = self.state
        duplicate, reused = state.memory.is_duplicate(notification.message)
        if duplicate:
            self._count(DUPLICATES, notification)
            return
        if reused:
            self._count(ID_REUSED, notification)
        if notification.message.arrival_us > state.clock_us:
            self._pass_time(notification.message.arrival_us)
        key, epoch, verdict = enter(state, notification)
        if verdict is Verdict.ORDINARY and not state.pending.queues:
            try:
                self._settle(key, notification, epoch)
            except SchemaPendingError:
                self._place(key, notification, epoch, verdict)
        else:
            self._place(key, notification, epoch, verdict)

    def control(self, control: Control) -> None:
        """Lets data time pass to a collector's heartbeat."""
        if isinstance(control, Heartbeat) and control.clock_us > self.state.clock_us:
            self._pass_time(control.clock_us)

    def retry(self) -> None:
        """Releases what waited for a schema that is there, and gives up what waited too long."""
        self._still_away.clear()
        self._still_asked.clear()
        for key in self.state.pending.in_order():
            if key not in self.state.holes:
                self._run_queue(key)

    def flush(self) -> None:
        """Ends all waiting, as no more input comes: in place where that is allowed, else at once."""
        for key in tuple(self.state.holes):
            self._close_hole(key)
        self.retry()
        while self.state.pending.queues and self.patience.pause():
            self.retry()
        error = SchemaPendingError(
            "schema-timeout",
            "the input ended while the schema was still being fetched: read it again when the schema is there",
        )
        for key in self.state.pending.in_order():
            self._give_up_queue(key, error)

    def _place(self, key: Key | None, notification: Notification, epoch: int, verdict: Verdict) -> None:
        """Binds the message, or holds it behind what waits; beyond the limits it is given up."""
        queue = (notification.message.exporter, notification.subscription_id)
        pending, began = self.state.pending, self.patience.now()
        hole = verdict is Verdict.HOLE and pending.has_room(notification, self.limits)
        while hole or queue in pending.queues or not self._settled(key, notification, epoch):
            if pending.has_room(notification, self.limits):
                pending.hold(queue, notification, epoch, self.patience.now())
                self._count(PENDING, notification)
                self._look_at_hole(queue, verdict)
                return
            if self.patience.now() - began >= self.limits.wait_s or not self.patience.pause():
                self._beyond_limit(queue, notification, epoch)
                return
            self.retry()

    def _settled(self, key: Key | None, notification: Notification, epoch: int) -> bool:
        try:
            self._settle(key, notification, epoch)
        except SchemaPendingError:
            return False
        return True

    def _look_at_hole(self, queue: QueueKey, verdict: Verdict) -> None:
        """A hole begins with the head of a queue; it ends when it is filled, or too much waits behind it."""
        holes = self.state.holes
        if verdict is Verdict.HOLE and len(self.state.pending.queues[queue]) == 1:
            holes[queue] = due_us = self.state.due_us(queue)
            if due_us <= self.state.clock_us:  # another collector's clock is ahead
                self._close_hole(queue)
        elif queue not in holes:  # it waits for a schema anyway, and what is missing has that long to come
            self._forget_hole(queue)
        else:
            filled = verdict is Verdict.FILLED and not self.state.due_us(queue)
            if filled or len(self.state.pending.queues[queue]) > _HOLE_QUEUE:
                self._close_hole(queue)

    def _forget_hole(self, key: QueueKey) -> None:
        for line_key in self.state.open_lines(key):
            self.state.lines[line_key].missing = ()
            self.state.touched_lines.add(line_key)

    def _pass_time(self, clock_us: int) -> None:
        state = self.state
        state.clock_us = max(state.clock_us, clock_us)
        if state.holes:
            for key in [key for key, due_us in state.holes.items() if due_us <= state.clock_us]:
                self._close_hole(key)

    def _close_hole(self, key: QueueKey) -> None:
        for line_key in self.state.open_lines(key):
            give_up_hole(self.state.lines[line_key])
            self.state.touched_lines.add(line_key)
        self.state.holes.pop(key, None)
        self._run_queue(key)

    def _run_queue(self, key: QueueKey) -> None:
        """Releases a queue from its head as far as schemas are there."""
        pending = self.state.pending
        while queue := pending.queues.get(key):
            head = queue[0]
            notification = head.held.notification
            try:
                self._settle(_key_of(notification), notification, head.held.epoch)
            except SchemaPendingError as error:
                now = self.patience.now()
                head.since_s = now if head.since_s is None else head.since_s
                if now - head.since_s < self.limits.wait_s:
                    return
                self._without_schema(_key_of(notification), notification, head.held.epoch, self._too_late(error))
            pending.release(key)
            self._count(PENDING, notification, -1)

    def _too_late(self, error: SchemaPendingError) -> SchemaPendingError:
        return SchemaPendingError(
            "schema-timeout", f"waited {self.limits.wait_s:g} s for the schema in vain: {error.detail}"
        )

    def _beyond_limit(self, queue: QueueKey, notification: Notification, epoch: int) -> None:
        pending, limits = self.state.pending, self.limits
        error = SchemaPendingError(
            "schema-pending-limit",
            f"{len(pending):,} messages ({pending.size:,} octets) wait for their schema, and of one exporter at most "
            f"{limits.max_messages_per_exporter:,} ({limits.max_bytes_per_exporter:,} octets) may: make its schema "
            "available, or raise the limits of [schemas]",
        )
        if self.pass_unbound:  # what waits goes first, or the order would be lost
            self._give_up_queue(queue, error)
        self._without_schema(_key_of(notification), notification, epoch, error)

    def _give_up_queue(self, key: QueueKey, error: SchemaError) -> None:
        while key in self.state.pending.queues:
            held = self.state.pending.release(key)
            self._count(PENDING, held.notification, -1)
            self._without_schema(_key_of(held.notification), held.notification, held.epoch, error)
        self.state.holes.pop(key, None)

    def _settle(self, key: Key | None, notification: Notification, epoch: int) -> None:
        """Binds a message, or lets it go without a schema by policy.

        Raises:
            SchemaPendingError: Its schema is being fetched.
        """
        entry = self.state.entries.get(key) if key is not None else None
        binding = self._binding(entry, notification, epoch)
        try:
            schema_id, how = self._schema_of(key, binding, notification)
        except SchemaPendingError:
            raise
        except SchemaError as error:
            self._without_schema(key, notification, epoch, error)
            return
        self._count(BOUND, notification)
        self.bound.append(Bound(notification, schema_id, self.table.index(key, entry, binding), how))

    def _without_schema(self, key: Key | None, notification: Notification, epoch: int, error: SchemaError) -> None:
        if not self.pass_unbound:
            letter = letter_of_notification(STAGE, notification, error)
            self.letters.append(letter)
            count_dead(letter, self.tallies, _where(notification))
            return
        entry = self.state.entries.get(key) if key is not None else None
        binding = self._binding(entry, notification, epoch)
        self._count(f"{MARKED}:unbound", notification)
        how = f"none: {error.detail}"
        self.bound.append(Bound(notification, None, self.table.index(key, entry, binding), how))

    def _binding(self, entry: Entry | None, notification: Notification, epoch: int) -> Binding | None:
        if entry is None or not entry.older:
            return entry
        begin = entry.begin
        if (
            begin is not None
            and epoch == entry.number
            and notification.message.arrival_us - begin.arrival_us > REORDER_US
        ):
            return entry
        return epoch_of(entry, notification, epoch)

    def _schema_of(self, key: Key | None, binding: Binding | None, notification: Notification) -> tuple[int, str]:
        if (
            binding is not None
            and binding.schema_id is not None
            and binding.bound_modules == notification.modules
            and notification.kind in DATA_KINDS
        ):
            return binding.schema_id, binding.how
        exporter = notification.message.exporter
        terms = binding.terms if binding is not None else None
        content_id = terms.content_id if terms else None
        if notification.kind not in DATA_KINDS:
            # State notifications need no more than their own modules; event-stream ones need theirs.
            return self._resolve(exporter, content_id, frozenset(notification.modules)), "notification"
        if key is None or binding is None:
            return self._resolve_part(notification, None, frozenset(notification.modules)), "module-names"
        how = "started"
        if terms is None:
            terms, how = self._asked(key), "asked"
            binding.terms = terms
            content_id = terms.content_id if terms else None
        named = {name: revision for name, revision, _ in terms.modules} if terms else {}
        wanted = {f"{name}@{revision}" if revision else name for name, revision in named.items()}
        wanted.update(module for module in notification.modules if module not in named)
        schema_id = self._resolve_part(notification, content_id, frozenset(wanted))
        binding.schema_id = schema_id
        binding.bound_modules = _shared(notification.modules)
        binding.how = how if named or content_id else "module-names"
        self.state.touch(key)
        return schema_id, binding.how

    def _asked(self, key: Key) -> Terms | None:
        """Returns what the node says of a subscription whose started message was missed; None: nothing.

        Raises:
            SchemaPendingError: It is being asked.
        """
        if not isinstance(self.schemas, AsksNodes):
            return None
        if key in self._still_asked:
            raise SchemaPendingError("subscription-pending", f"{key[0]} is being asked for subscription {key[1]}")
        try:
            return self.schemas.subscription(*key)
        except SchemaPendingError:
            self._still_asked.add(key)
            raise
        except SchemaError:
            return None  # what the contents name must do

    def _resolve_part(self, notification: Notification, content_id: str | None, wanted: frozenset[str]) -> int:
        """Returns the schema of the modules that are there, while the contents have nodes of one of them.

        Nodes of the others are set aside when they are judged, or cost their message, by policy.

        Raises:
            SchemaError: None of them is there, or one that is there lacks something.
        """
        exporter, left = notification.message.exporter, wanted
        first: SchemaError | None = None
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                return self._resolve(exporter, content_id, left)
            except SchemaPendingError:
                raise
            except SchemaError as error:
                if error.reason != "module-missing":
                    raise
                first = first or error.anew()  # it names all that are missing
                gone = {_bare(name) for name in (error.module, *error.also, *error.absent)}
                fewer = frozenset(name for name in left if _bare(name) not in gone)
                named = {_bare(name) for name in fewer}
                if fewer == left or named.isdisjoint(notification.modules) or attempt == MOST_ATTEMPTS:
                    raise first.anew() from None
                left = fewer
        raise AssertionError  # pragma: no cover - the last attempt returns or raises

    def _resolve(self, *wanted: *tuple[str, str | None, frozenset[str]]) -> int:
        if wanted in self._still_away:
            raise SchemaPendingError("schema-pending", f"the schema for {wanted[0]} is being fetched")
        try:
            return self.schemas.resolve(*wanted)
        except SchemaPendingError:
            self._still_away.add(wanted)
            raise

    def _count(self, name: str, notification: Notification, count: int = 1) -> None:
        self.tallies.add(name, *_where(notification), count)


def _bare(module: str) -> str:
    """Name of a module without its revision; a namespace as it is."""
    name, at, revision = module.rpartition("@")
    return name if at and revision[:1].isdigit() else module


def _where(notification: Notification) -> tuple[str, int | None, int | None, int]:
    message = notification.message
    return message.exporter, notification.publisher_id, notification.subscription_id, message.arrival_us


@remembered(1_024)
def _shared(modules: tuple[str, ...]) -> tuple[str, ...]:
    """Returns one tuple for all subscriptions of the same modules: each message brings a copy."""
    return modules


def _key_of(notification: Notification) -> Key | None:
    number = notification.subscription_id
    return None if number is None else (notification.message.exporter, number)
