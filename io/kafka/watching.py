"""What a librdkafka client says beside its records: that its brokers are away, and its log, one line for each cause.

Errors come from its threads through ``poll`` and ``flush``, as its log does; what was acknowledged or fetched says that
the brokers are back.
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

from confluent_kafka import KafkaError

from yangbeam.core.log_causes import LogCauses
from yangbeam.core.outside import Kind
from yangbeam.transforms.outsides import OUTSIDES

_LOG: Final = logging.getLogger("yangbeam.kafka")
_DOWN: Final = KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001 # librdkafka's own name, as the next ones
_WHY: Final = frozenset(
    {
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._RESOLVE,  # noqa: SLF001
        KafkaError._SSL,  # noqa: SLF001
        KafkaError._AUTHENTICATION,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
    }
)
"""Errors of one broker's connection: the reason, should all be down."""


class _Log:
    """The ``logger`` of every client of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._causes = LogCauses()

    def log(self, level: int, _format: str, facility: str, _client: str, text: str) -> None:
        """Takes a line; the name and arguments are confluent-kafka's."""
        with self._lock:
            line = self._causes.line(facility, text, time.monotonic())
        if line is not None:
            # At most a warning: what becomes of it is said by whoever waits for the brokers.
            _LOG.log(min(level, logging.WARNING), "%s", line)


LOG: Final = _Log()


class Watch:
    """Reports a client's brokers into this process's table of outside systems.

    Args:
        properties: librdkafka's.
    """

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self.address = str(properties.get("bootstrap.servers", ""))
        # Of errors, unless the operator wants more: warnings are about properties that another kind of client takes.
        self._log_level = str(properties.get("log_level", "3"))
        self.why = ""
        """What a connection said last."""
        self.is_refused = False
        """Whether a broker did not let us in."""

    def settings(self) -> dict[str, Any]:
        """Returns what a client is given beside its properties."""
        return {"error_cb": self.error, "logger": LOG, "log_level": self._log_level}

    def error(self, error: KafkaError) -> None:
        """Takes an error that belongs to no record."""
        if error.code() in _WHY:
            self.why = error.str().split(" (after ")[0]
            if self.is_away:  # the reason often comes behind the fact
                self.failed(self.why)
        if error.code() == _DOWN:
            self.failed(self.why or "no connection to any broker")
        self.is_refused = self.is_refused or error.code() == KafkaError._AUTHENTICATION  # noqa: SLF001

    def failed(self, why: str) -> None:
        """Notes that the brokers do not do what they should."""
        OUTSIDES.failed(Kind.KAFKA, self.address, why)

    def answered(self) -> None:
        """Notes that one did."""
        OUTSIDES.answered(Kind.KAFKA, self.address)

    @property
    def is_away(self) -> bool:
        """Whether they were last seen failing."""
        return OUTSIDES.is_away(Kind.KAFKA, self.address)
