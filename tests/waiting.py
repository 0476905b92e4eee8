"""How tests wait: for a condition, as long as anything moves; how fast the machine is decides no verdict."""

from collections.abc import Callable
from typing import Final, TypeVar

from yangbeam.runners.servers.processes import wait_until

PATIENCE_S: Final = 180.0
"""How long nothing may move, in seconds; also the limit of sockets, joins and processes. It ends a test that hangs."""
POLL_S: Final = 0.01

Found = TypeVar("Found")


def until(
    ready: Callable[[], Found], what: str = "it does not happen", progress: Callable[[], object] = lambda: None
) -> Found:
    """Polls until ``ready`` returns something true, and returns that; fails when nothing moved for PATIENCE_S."""
    return wait_until(ready, PATIENCE_S, what, progress=progress, poll_s=POLL_S)
