"""Runs a simulation: sends what the plan says over real sockets, and writes down what was sent."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from pathlib import Path

import msgspec

from yangbeam.simulator.faults import Delivery
from yangbeam.simulator.load import send_load
from yangbeam.simulator.netconf.routers import RouterNetconf
from yangbeam.simulator.options import SimulateOptions
from yangbeam.simulator.pace import Pace
from yangbeam.simulator.plan import plan
from yangbeam.simulator.requests import RouterRequests
from yangbeam.simulator.sockets import RouterSockets
from yangbeam.simulator.summary import Summary
from yangbeam.simulator.truth import TruthRecord, TruthWriter

LOOK_S = 0.2
"""Between looks at whether a process of routers still lives."""


def simulate(
    options: SimulateOptions,
    *,
    pace: Pace | None = None,
    progress: Callable[[TruthRecord], None] | None = None,
    afterwards: Callable[[], None] | None = None,
) -> Summary:
    """Sends a whole simulation and returns what was sent; blocks until it is over.

    A KeyboardInterrupt ends it early: what was sent until then is in the truth, and in the summary it returns.

    Args:
        options: What to simulate.
        pace: Keeps the rate; by default on the machine's clock.
        progress: Called with the truth of each message, after it was sent.
        afterwards: Called after the last message, while the routers still answer to NETCONF.

    Raises:
        ConfigurationError: A source address cannot be used, or the truth file cannot be written.
    """
    pace = pace or Pace()
    start_us = time.time_ns() // 1000 if options.start_us is None else options.start_us
    with RouterNetconf(options) as netconf:
        summary = _send_all(options, start_us, netconf, pace, progress)
        if afterwards is not None:
            afterwards()
        return summary


def _send_all(
    options: SimulateOptions,
    start_us: int,
    netconf: RouterNetconf,
    pace: Pace,
    progress: Callable[[TruthRecord], None] | None,
) -> Summary:
    if options.https:
        with closing(RouterRequests(options)) as requests:
            return _send_plan(options, start_us, netconf, partial(post, requests=requests), pace, progress)
    with closing(RouterSockets(options)) as sockets:
        if options.fast:
            return send_load(options, start_us, sockets, pace)
        return _send_plan(options, start_us, netconf, partial(send, sockets=sockets), pace, progress)


def _send_plan(
    options: SimulateOptions,
    start_us: int,
    netconf: RouterNetconf,
    send_one: Callable[[Delivery], TruthRecord],
    pace: Pace,
    progress: Callable[[TruthRecord], None] | None,
) -> Summary:
    truth = TruthWriter(options.truth) if options.truth else None
    tally = _Tally()
    try:
        for delivery in plan(options, start_us):
            if options.rate:
                pace.wait_until((delivery.at_us - start_us) / 1_000_000)
            netconf.note(delivery.record)
            record = send_one(delivery)
            tally.add(record)
            if truth:
                truth.write(record)
            if progress:
                progress(record)
    except KeyboardInterrupt:
        pass  # the operator has seen enough
    finally:
        if truth:
            truth.close()
    return tally.summary(pace.elapsed_s(), options.truth)


def send(delivery: Delivery, sockets: RouterSockets) -> TruthRecord:
    """Sends the datagrams of one message; returns its truth with the address and port they really came from."""
    record = delivery.record
    opened, address, port = sockets.of(record.router, delivery.socket, record.port)
    for datagram in delivery.datagrams:
        opened.sendto(datagram, sockets.destination)
    if (address, port) == (record.exporter, record.port):
        return record
    return msgspec.structs.replace(record, exporter=address, port=port)


def post(delivery: Delivery, requests: RouterRequests) -> TruthRecord:
    """Sends the requests of one message; returns its truth with the address and port they really came from."""
    record = delivery.record
    for payload in delivery.datagrams:
        source = requests.post(record.router, delivery.socket, payload)
        if source is None:
            return msgspec.structs.replace(record, done=(*record.done, "refused"))
        record = msgspec.structs.replace(record, exporter=source[0], port=source[1])
    return record


class _Tally:
    """Sums records up."""

    def __init__(self) -> None:
        self._messages = self._datagrams = self._octets = 0
        self._done: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()

    def add(self, record: TruthRecord) -> None:
        self._messages += 1
        self._datagrams += record.sent
        self._octets += record.octets
        self._kinds[record.kind] += 1
        self._done.update(record.done)

    def summary(self, seconds: float, truth: Path | None) -> Summary:
        return Summary(
            messages=self._messages,
            datagrams=self._datagrams,
            octets=self._octets,
            seconds=seconds,
            kinds=dict(self._kinds),
            done=dict(self._done),
            truth=truth,
        )


def start(options: SimulateOptions) -> SpawnProcess:
    """Starts the simulation in a process of its own, and returns it: join it, or end it with ``terminate``."""
    process = multiprocessing.get_context("spawn").Process(target=simulate, args=(options,), name="simulator")
    process.start()
    return process


@dataclass(frozen=True, slots=True)
class Running:
    """A simulation in a process of its own, whose routers answer to NETCONF until they are told to stop.

    Attributes:
        process: The process.
        sent: Set when the last message was sent.
        stopping: To be set by ``stop``.
    """

    process: SpawnProcess
    sent: Event
    stopping: Event

    def wait_until_sent(self) -> None:
        """Returns when the last message was sent, or the process is gone."""
        while not self.sent.wait(LOOK_S) and self.process.is_alive():
            pass

    def stop(self) -> None:
        """Lets the routers go, and waits for them."""
        self.stopping.set()
        self.process.join()


def run_routers(options: SimulateOptions) -> Running:
    """Starts the simulation in a process of its own; its routers stay until they are stopped."""
    context = multiprocessing.get_context("spawn")
    sent, stopping = context.Event(), context.Event()
    process = context.Process(target=_run, args=(options, sent, stopping), name="routers", daemon=True)
    process.start()
    return Running(process, sent, stopping)


def _run(options: SimulateOptions, sent: Event, stopping: Event) -> None:
    def stay() -> None:
        sent.set()
        stopping.wait()

    simulate(options, afterwards=stay)
