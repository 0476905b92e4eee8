"""Decides what one router publishes and when: announcements, updates, and what befalls the router itself.

Pure: it sends nothing and reads no clock. What befalls messages on their way is the network's (faults.py).
"""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from yangbeam.simulator import messages
from yangbeam.simulator.counters import Counters
from yangbeam.simulator.emission import Emission
from yangbeam.simulator.habits import Sockets, content_id
from yangbeam.simulator.hardware import Hardware
from yangbeam.simulator.injuries import INJURIES, injure
from yangbeam.simulator.interfaces import Interfaces
from yangbeam.simulator.options import SimulateOptions
from yangbeam.simulator.truth import TruthRecord
from yangbeam.simulator.values import Tree
from yangbeam.simulator.wrappers import WRAPPERS, wrap, wrapper_for

TOPICS: tuple[tuple[type[Interfaces] | type[Hardware], bool], ...] = (
    (Interfaces, False),
    (Interfaces, True),
    (Hardware, False),
    (Hardware, True),
)
"""What subscriptions select, in turn: (data, on change)."""
RESUMED_AFTER = 6
"""Updates between suspended and resumed."""
FIRST_PORT = 61_000
"""Above the range from which Linux gives ports away by itself (32768 to 60999)."""
FASTEST_US = 1_000
"""Microseconds of event time between messages sent as fast as possible."""


class Router:
    """One publishing router.

    Args:
        options: The simulation.
        index: Which of its routers, from 0.
        start_us: Event time of the simulation's first message, microseconds since the Unix epoch.
    """

    def __init__(self, options: SimulateOptions, index: int, start_us: int) -> None:
        self.habit = options.habit(index)
        self._options = options
        self._index = index
        self._start_us = start_us
        self._rng = Random(f"{options.seed}/{index}/router")  # noqa: S311  repeatable, not secret
        self._counters = Counters(self.habit, self._rng, options.first_number)
        self._wrapper = wrapper_for(options.wrapper or self.habit.wrapper, options.media_type)
        self._node = f"{self.habit.name}-{index}"
        self._exporter = options.exporter(index)
        self._library = 0
        self._restarts = 0
        self._slot = 0
        self._ordinal = 0
        sources = {kind: kind(options.interfaces, self._rng, start_us) for kind, _ in TOPICS}
        topics = [TOPICS[number % len(TOPICS)] for number in range(options.subscriptions)]
        self._sources = [sources[kind] for kind, _ in topics]
        self._subscriptions = [
            messages.Subscription(number, kind.xpath, kind.modules, on_change, self._period_cs(), self._content_id())
            for number, (kind, on_change) in enumerate(topics, 1)
        ]
        self._patches = [0] * len(topics)
        self._suspended: dict[int, int] = {}

    @property
    def subscriptions(self) -> tuple[messages.Subscription, ...]:
        """Its subscriptions as they are now."""
        return tuple(self._subscriptions)

    def emissions(self) -> Iterator[Emission]:
        """Yields all messages in order of their event times: announcements, updates, farewells."""
        yield from self.announcements()
        routers = self._options.routers
        updates = self._options.updates // routers + (self._index < self._options.updates % routers)
        happenings = self._happenings(updates)
        for number in range(updates):
            for happening in happenings.get(number, ()):
                yield from self._befall(happening)
            yield from self._turn(number)
        if self._options.announce:
            yield from self._announce("terminated")

    def _happenings(self, updates: int) -> dict[int, list[str]]:
        """Draws before which update each restart, schema change and suspension comes."""
        drawn: dict[int, list[str]] = {}
        wanted = {
            "restart": self._options.restarts,
            "change": self._options.schema_changes,
            "suspend": self._options.suspensions,
        }
        for name, times in wanted.items():
            for number in self._rng.sample(range(1, max(updates, 1)), min(times, max(updates - 1, 0))):
                drawn.setdefault(number, []).append(name)
        return drawn

    def _befall(self, happening: str) -> Iterator[Emission]:
        if happening == "restart":
            self._counters.restart()
            self._restarts += 1
            self._suspended.clear()
            yield from self._announce("started", "restarted")
        elif happening == "change":
            self._library += 1
            self._subscriptions = [self._changed(subscription) for subscription in self._subscriptions]
            yield from self._announce("modified", "schema-changed")
        else:
            at = self._rng.randrange(len(self._subscriptions))
            if at not in self._suspended:
                self._suspended[at] = RESUMED_AFTER
                identifier = self._subscriptions[at].number
                yield self._state(at, messages.suspended(identifier), identifier)

    def _changed(self, subscription: messages.Subscription) -> messages.Subscription:
        modules = subscription.modules
        if self._options.new_revision:
            modules = ((modules[0][0], self._options.new_revision), *modules[1:])
        return replace(subscription, modules=modules, content_id=self._content_id())

    def _announce(self, what: str, *done: str) -> Iterator[Emission]:
        """Yields the state change ``what`` of every subscription."""
        for at, subscription in enumerate(self._subscriptions):
            identifier = self.habit.client_id or subscription.number
            if what == "terminated":
                body = messages.terminated(identifier)
            else:
                body = messages.announcement(
                    subscription,
                    identifier,
                    modified=what == "modified",
                    media_type=self._options.media_type,
                    publisher_leaf=self.habit.publisher_leaf,
                    publishers=(self._publisher(at),),
                    https=self._options.https,
                )
            yield self._state(at, body, identifier, *done)

    def _state(self, at: int, body: Tree, identifier: int, *done: str) -> Emission:
        return self._emission(at, body, identifier, self.habit.publishers[0], 0, done)

    def _turn(self, number: int) -> Iterator[Emission]:
        """Yields the update of the subscription whose turn it is; a suspended one resumes when its time is over."""
        at = number % len(self._subscriptions)
        for waiting in sorted(self._suspended):
            self._suspended[waiting] -= 1
            if self._suspended[waiting] == 0:
                del self._suspended[waiting]
                identifier = self._subscriptions[waiting].number
                yield self._state(waiting, messages.resumed(identifier), identifier)
        if at in self._suspended:
            self._slot += 1
        else:
            yield self.update(at)

    def announcements(self) -> Iterator[Emission]:
        """Yields subscription-started of every subscription, if the simulation announces them."""
        if self._options.announce:
            yield from self._announce("started")

    def update(self, at: int, place: int | None = None) -> Emission:
        """Returns the next update of one subscription, by its index from 0.

        Args:
            at: Which subscription.
            place: Written instead of the sequence number, if one is sent; the record keeps the number.
        """
        subscription, source = self._subscriptions[at], self._sources[at]
        publisher_id, now = self._publisher(at), self._now()
        entries = self._options.interfaces
        observation: Tree = {}
        if self.habit.observation:
            observation = messages.observed(publisher_id, now, on_change=subscription.on_change)
        contents: Tree | list[Tree]
        if subscription.on_change:
            contents = source.edits(self._patches[at] * entries, entries, now)
            body = messages.push_change_update(subscription.number, self._patches[at], contents, observation)
            self._patches[at] += 1
        else:
            contents = source.contents(now)
            body = messages.push_update(subscription.number, contents, observation)
        done = self._injure(contents)
        return self._emission(at, body, subscription.number, publisher_id, entries, done, place)

    def _injure(self, contents: Tree | list[Tree]) -> tuple[str, ...]:
        """Breaks contents by chance; of edits the first that has a value."""
        if not self._options.invalid or self._rng.random() >= self._options.invalid:
            return ()
        wanted = self._rng.choice(list(INJURIES))
        edits = contents if isinstance(contents, list) else [{"value": contents}]
        values: Tree = next((edit["value"] for edit in edits if "value" in edit), {})
        name = injure(values, wanted)
        return (name,) if name else ()

    def _emission(
        self,
        at: int,
        body: Tree,
        identifier: int,
        publisher_id: int,
        entries: int,
        done: tuple[str, ...],
        place: int | None = None,
    ) -> Emission:
        socket = self._socket(at)
        message_id, message_id_key, sequence, sequence_key = self._counters.take(
            publisher_id=publisher_id, subscription=at + 1, socket=socket
        )
        if not WRAPPERS[self._wrapper].sequence:
            sequence, sequence_key = None, ""
        now = self._now()
        payload = wrap(
            self._wrapper,
            self._options.media_type,
            body,
            at_us=now,
            node=self._node,
            sequence_number=sequence if place is None or sequence is None else place,
            publisher_id=publisher_id,
        )
        record = TruthRecord(
            router=self._index,
            ordinal=self._ordinal,
            habit=self.habit.name,
            node=self._node,
            exporter=self._exporter,
            port=self.habit.fixed_port or FIRST_PORT + socket,
            publisher_id=publisher_id,
            message_id=message_id,
            sequence_number=sequence,
            subscription_id=identifier,
            subscription=at + 1,
            kind=next(iter(body)).rpartition(":")[2],
            at_us=now,
            wrapper=self._wrapper,
            encoding=self._options.encoding,
            octets=len(payload),
            segments=0,
            sent=0,
            entries=entries,
            done=done,
            message_id_scope=self.habit.message_id.value,
            message_id_key=message_id_key,
            message_id_epoch=self._counters.epoch,
            sequence_scope="" if sequence is None or self.habit.sequence is None else self.habit.sequence.value,
            sequence_key=sequence_key,
            sequence_epoch=self._counters.epoch,
        )
        self._slot += 1
        self._ordinal += 1
        return Emission(socket, payload, record)

    def _socket(self, at: int) -> int:
        """Returns the socket of a subscription; after a restart another, unless the habit keeps its port."""
        each = len(self._subscriptions) if self.habit.sockets is Sockets.PER_SUBSCRIPTION else 1
        life = 0 if self.habit.fixed_port else self._restarts
        return life * each + at % each

    def _publisher(self, at: int) -> int:
        """Returns who publishes the updates of a subscription: a line card if the router has some."""
        cards = self.habit.publishers[1:] or self.habit.publishers
        return cards[at % len(cards)]

    def _now(self) -> int:
        interval_us = 1_000_000 / self._options.rate if self._options.rate else FASTEST_US
        return self._start_us + int((self._slot * self._options.routers + self._index) * interval_us)

    def _period_cs(self) -> int:
        """Returns the centiseconds between updates of one subscription, at least 1."""
        each = self._options.routers * self._options.subscriptions
        return max(1, round(100 * each / self._options.rate)) if self._options.rate else 1

    def _content_id(self) -> str:
        return content_id(self.habit, self._library)
