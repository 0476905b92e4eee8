"""A receiver of UDP-notif that loses one message on purpose: run as a script in the place of ``io.udp_receiver``."""

import sys
from typing import Any

import msgspec

from yangbeam.core.collector import Collector
from yangbeam.io import udp_receiver

_LOST: list[int] = []


def _without_a_datagram(original: Any) -> Any:
    """Between the socket and the collector."""

    def datagram(self: Collector, *came: Any) -> None:
        if _LOST:
            original(self, *came)
        _LOST.append(1)

    return datagram


def _without_a_message(original: Any) -> Any:
    """Between the collector and the pipe."""

    def take(self: Collector, *limits: Any) -> Any:
        batch = original(self, *limits)
        if not _LOST and batch is not None and batch.messages:
            _LOST.append(1)
            kept = batch.messages[:-1]
            controls = [msgspec.structs.replace(each, at=min(each.at, len(kept))) for each in batch.controls]
            return msgspec.structs.replace(batch, messages=kept, controls=controls)
        return batch

    return take


LOSE = {"datagram": _without_a_datagram, "take": _without_a_message}

if __name__ == "__main__":
    name, order = sys.argv[1:]
    setattr(Collector, name, LOSE[name](getattr(Collector, name)))
    sys.exit(udp_receiver.main(order))
