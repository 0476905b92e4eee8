"""Decides which subscriptions are silent: announced or sending once, and nothing for longer than their period allows.

Pure: what was announced, when data came, and a clock of listening go in; silences come out. The clock is the
collector's, counted by its heartbeats: a stretch in which the collector itself did not listen is no silence of a
publisher. An update may be lost, so one missing says nothing; two and a while are a suspicion (``open``), three are
told for sure (``confirmed``). Suspended subscriptions owe nothing. The anchor time (RFC 8641 section 4.2) only says
where in the period an update falls: the first one comes within one period after the announcement whatever it is.
"""

from typing import Final, Literal, NamedTuple

import msgspec

GRACE_US: Final = 10_000_000
"""How much later than its period an update may be whole: the reassembly timeout."""
FIRST_US: Final = 60_000_000
"""How long an on-change subscription that synchronises on start may take to send everything."""
LISTENED_US: Final = 5_000_000
"""Two heartbeats further apart leave a stretch in which nobody listened."""

MOST_PULSES: Final = 64
"""Publishers of one subscription that are watched: ids are easily made up."""

ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"
NEVER: Final = -1
"""``seen_us`` of a publisher that has not sent; ``publisher_id`` of a pulse that stands for any publisher."""


class Listening(msgspec.Struct, array_like=True, gc=False):
    """The clock of one collector: how long it has listened."""

    raw_us: int = 0
    """Its clock at the last heartbeat."""
    heard_us: int = 0
    """Time listened, us: never steps back, and stands still where heartbeats are missing."""


class Pulse(msgspec.Struct, array_like=True, gc=False):
    """What one publisher sends of a subscription."""

    publisher_id: int
    seen_us: int
    """Arrival of its last message, NEVER: none."""
    heard_us: int
    """The same on the clock of listening; of one that has not sent, when it was announced."""
    since_us: int = 0
    """When the silence began that is being told."""
    shown: str = ""
    """open or confirmed, as last told."""
    mark_us: int = NEVER
    """``seen_us`` when it was first told."""


class Watch(msgspec.Struct, array_like=True, gc=False):
    """One subscription that owes messages."""

    subscription_id: int
    port: int
    """Source port of the announcement: joins data that carry another id."""
    period_us: int
    """0: it sends on change, and owes only a first message where it synchronises on start."""
    told_us: int
    """Arrival of the last announcement or change of state."""
    state: str = ACTIVE
    pulses: list[Pulse] = []
    """The first stands for any publisher, until data came."""

    def patience(self) -> int:
        """Returns after how much silence, us, it is suspected."""
        return 2 * self.period_us + GRACE_US if self.period_us else FIRST_US


class Data(NamedTuple):
    """The newest message of a subscription from one publisher."""

    publisher_id: int
    arrival_us: int


class Silence(NamedTuple):
    """What is to be told of a silence."""

    state: Literal["open", "confirmed", "withdrawn"]
    cause: Literal["silent", "never-sent"]
    publisher_id: int | None
    since_us: int
    """Arrival of the last message before it, or of the announcement: its identity."""
    until_us: int
    """When data came again, else now."""
    missed: int
    """Updates that did not come, about."""


def host_of(collector_id: str) -> str:
    """Returns which clock a collector's heartbeats tell: processes of one receiver, ``NAME/INDEX``, share it.

    >>> host_of("edge-1-0/3"), host_of("lab")
    ('edge-1-0', 'lab')
    """
    return collector_id.rpartition("/")[0] or collector_id


def listen(clock: Listening, now_us: int) -> None:
    """Moves the clock to a heartbeat."""
    step = now_us - clock.raw_us
    if clock.raw_us and step > 0:
        clock.heard_us += min(step, LISTENED_US)
    clock.raw_us = now_us


def interrupted(clock: Listening, now_us: int) -> bool:
    """Says whether a heartbeat at ``now_us`` leaves a stretch behind in which nobody listened, or was set back."""
    return clock.raw_us != 0 and not 0 <= now_us - clock.raw_us <= LISTENED_US


def heard_at(clock: Listening, arrival_us: int) -> int:
    """Returns an arrival on the clock of listening; to be asked while no interruption lies between."""
    return clock.heard_us + min(arrival_us - clock.raw_us, LISTENED_US)


def announce(subscription_id: int, port: int, period_us: int, arrival_us: int, clock: Listening) -> Watch:
    """Returns the watch over a subscription that was just announced, or modified."""
    pulse = Pulse(NEVER, NEVER, heard_at(clock, arrival_us))
    return Watch(subscription_id, port, period_us, arrival_us, pulses=[pulse])


def refresh(watch: Watch, data: list[Data], clock: Listening) -> None:
    """Notes what came since last asked."""
    for publisher_id, arrival_us in data:
        if arrival_us <= watch.told_us:
            continue  # the announcement itself, or of a former life
        pulse = next((one for one in watch.pulses if one.publisher_id in (publisher_id, NEVER)), None)
        if pulse is None and len(watch.pulses) >= MOST_PULSES:
            continue
        if pulse is None:
            pulse = Pulse(publisher_id, NEVER, 0)
            watch.pulses.append(pulse)
        if arrival_us != pulse.seen_us:
            pulse.publisher_id, pulse.seen_us = publisher_id, arrival_us
            pulse.heard_us = min(heard_at(clock, arrival_us), clock.heard_us)


def excuse(watch: Watch, clock: Listening, *, state: str = ACTIVE) -> list[Silence]:
    """Starts patience anew, for a change of its state; what was suspected is taken back."""
    told = [_told(watch, one, "withdrawn", clock) for one in watch.pulses if one.shown == "open"]
    for pulse in watch.pulses:
        pulse.heard_us, pulse.shown = clock.heard_us, ""
    watch.state = state
    return told


def close(watch: Watch, clock: Listening) -> list[Silence]:
    """Returns what is open when the input ends: what is sure to its end; a mere suspicion is taken back."""
    told = [
        _told(watch, one, "withdrawn" if one.shown == "open" else "confirmed", clock)
        for one in watch.pulses
        if one.shown
    ]
    excuse(watch, clock, state=watch.state)
    return told


def rebase(watch: Watch, clock: Listening) -> None:
    """Starts patience anew where another collector's clock counts from now on."""
    for pulse in watch.pulses:
        pulse.heard_us = clock.heard_us


def check(watch: Watch, clock: Listening) -> list[Silence]:
    """Returns what is new of a subscription that was refreshed."""
    if watch.state != ACTIVE:
        return []
    return [told for pulse in watch.pulses for told in _check(watch, pulse, clock)]


def _check(watch: Watch, pulse: Pulse, clock: Listening) -> list[Silence]:
    if not watch.period_us and pulse.seen_us != NEVER and not pulse.shown:
        return []
    silent_us = clock.heard_us - pulse.heard_us
    if pulse.shown and pulse.seen_us != pulse.mark_us:
        told = _told(watch, pulse, "withdrawn" if pulse.shown == "open" else "confirmed", clock)
        pulse.shown = ""
        return [told]
    patience = watch.patience()
    now: Literal["open", "confirmed"] = "confirmed" if silent_us > patience + watch.period_us + GRACE_US else "open"
    if silent_us <= patience or pulse.shown == now:
        return []
    if not pulse.shown:
        pulse.since_us, pulse.mark_us = max(watch.told_us, pulse.seen_us), pulse.seen_us
    pulse.shown = now
    return [_told(watch, pulse, now, clock)]


def _told(watch: Watch, pulse: Pulse, state: Literal["open", "confirmed", "withdrawn"], clock: Listening) -> Silence:
    never = pulse.mark_us == NEVER
    until_us = pulse.seen_us if pulse.seen_us != pulse.mark_us else max(pulse.since_us, clock.raw_us)
    missed = (until_us - pulse.since_us) // watch.period_us if watch.period_us else 1
    publisher_id = None if pulse.publisher_id == NEVER else pulse.publisher_id
    cause: Literal["silent", "never-sent"] = "never-sent" if never else "silent"
    return Silence(state, cause, publisher_id, pulse.since_us, until_us, max(0, missed))


def due(watch: Watch) -> int | None:
    """Returns when, on the clock of listening, to look at it again; None: it owes nothing, or all there is was told."""
    owing = [one for one in watch.pulses if watch.period_us or one.seen_us == NEVER or one.shown]
    if watch.state != ACTIVE:
        return None
    return min((_due(watch, pulse) for pulse in owing if pulse.shown != "confirmed"), default=None)


def _due(watch: Watch, pulse: Pulse) -> int:
    suspected = pulse.heard_us + watch.patience() + 1
    return suspected + watch.period_us + GRACE_US if pulse.shown else suspected


def is_told(watch: Watch) -> bool:
    """Says whether it was told to be silent, so that its next message is awaited."""
    return any(pulse.shown for pulse in watch.pulses)
