"""Finds verdicts on registered versions beside the requests, whoever registered them."""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from starlette.concurrency import run_in_threadpool

from yangbeam.core.errors import YangbeamError
from yangbeam.registry.service.serving import Service
from yangbeam.registry.verdicts import judge

_log: Final = logging.getLogger(__name__)

IDLE_S: Final = 2.0
"""Between two looks for versions that other processes registered."""
GRACE_S: Final = 1.0
"""How long the end waits for a verdict under way: a large set takes half a minute, and is judged at the next start."""


@asynccontextmanager
async def judging(service: Service) -> AsyncIterator[None]:
    """Judges while it is entered, in a thread that no end of the process waits for."""
    end = threading.Event()
    thread = threading.Thread(target=_judge, args=(service, end), name="registry-verdicts", daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        await run_in_threadpool(thread.join, GRACE_S)


def _judge(service: Service, end: threading.Event) -> None:
    while not end.is_set():
        try:
            found = judge(service.registrar)
        except YangbeamError as error:
            if not end.is_set():
                _log.warning("verdicts wait: %s", error)
            found = []
        for each in found:
            service.metrics.verdicts.labels("compatible" if each.is_compatible else "incompatible").inc()
        if not found:
            end.wait(IDLE_S)
