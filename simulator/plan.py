"""Decides the order in which all routers' datagrams go out; same options and start, same octets."""

from collections.abc import Iterator
from heapq import merge
from random import Random

from yangbeam.simulator.faults import Delivery, Network
from yangbeam.simulator.options import SimulateOptions
from yangbeam.simulator.router import Router


def plan(options: SimulateOptions, start_us: int) -> Iterator[Delivery]:
    """Yields every router's deliveries by time.

    Args:
        options: The simulation.
        start_us: Event time of the first message, microseconds since the Unix epoch.
    """
    return merge(
        *(_of_router(options, index, start_us) for index in range(options.routers)),
        key=lambda delivery: delivery.at_us,
    )


def _of_router(options: SimulateOptions, index: int, start_us: int) -> Iterator[Delivery]:
    router = Router(options, index, start_us)
    rng = Random(f"{options.seed}/{index}/network")  # noqa: S311  repeatable, not secret
    return Network(options, router.habit, rng).deliveries(router.emissions())
