"""Finds verdicts on registered versions beside the requests, whoever registered them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from starlette.concurrency import run_in_threadpool

from yangbeam.core.errors import YangbeamError
from yangbeam.registry.service.serving import Service
from yangbeam.registry.verdicts import judge

_log: Final = logging.getLogger(__name__)

IDLE_S: Final = 2.0
"""Between two looks for versions that other processes registered."""


@asynccontextmanager
async def judging(service: Service) -> AsyncIterator[None]:
    """Judges while it is entered."""
    task = asyncio.create_task(_judge(service))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _judge(service: Service) -> None:
    while True:
        try:
            found = await run_in_threadpool(judge, service.registrar)
        except YangbeamError as error:
            _log.warning("verdicts wait: %s", error)
            found = []
        for each in found:
            service.metrics.verdicts.labels("compatible" if each.is_compatible else "incompatible").inc()
        if not found:
            await asyncio.sleep(IDLE_S)
