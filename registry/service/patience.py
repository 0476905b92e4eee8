"""How long an answer waits for a node: until it is there, or as long as was allowed; then it is to be asked again."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool

from yangbeam.core.errors import SchemaPendingError
from yangbeam.registry.service.serving import Answer

MAX_WAIT_S: Final = 60.0
RETRY_AFTER_S: Final = 1.0
_EVERY_S: Final = (0.02, 0.05, 0.1, 0.25)


async def in_time(attempt: Callable[[], Answer], wait_s: float, clock: Callable[[], float]) -> Answer:
    """Returns what an attempt gives, tried for ``wait_s`` seconds while it is pending; after them 202."""
    until = clock() + wait_s
    tries = 0
    while True:
        try:
            return await run_in_threadpool(attempt)
        except SchemaPendingError:
            pause = min(_EVERY_S[min(tries, len(_EVERY_S) - 1)], until - clock())
        if pause <= 0:
            return Answer({"retry-after-s": RETRY_AFTER_S}, 202, (("retry-after", f"{RETRY_AFTER_S:.0f}"),))
        tries += 1
        await asyncio.sleep(pause)
