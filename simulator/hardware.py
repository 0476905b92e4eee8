"""Decides what a router's temperature sensors report: ietf-hardware@2018-03-13."""

from random import Random

from yangbeam.simulator.clock import rfc3339
from yangbeam.simulator.interfaces import OPERATIONS
from yangbeam.simulator.values import Enumerated, Identity, Tree

SENSOR = Identity("iana-hardware:sensor")
CELSIUS = Enumerated("celsius", 8)
UNITS = Enumerated("units", 9)
OK = Enumerated("ok", 1)
ENABLED = Enumerated("enabled", 3)


class Hardware:
    """The sensors of one router: temperatures that wander within a few degrees.

    Args:
        count: How many; at least 1.
        rng: Where their temperatures are drawn from.
        start_us: When the simulation begins.
    """

    xpath = "/ietf-hardware:hardware/component"
    modules = (("ietf-hardware", "2018-03-13"), ("iana-hardware", "2018-03-13"))

    def __init__(self, count: int, rng: Random, start_us: int) -> None:
        self._start_us = start_us
        self._sensors = [(f"sensor {index}", rng.randint(300, 650), rng.randint(20, 90)) for index in range(count)]

    def contents(self, at_us: int) -> Tree:
        """Returns all sensors as they are at ``at_us``."""
        components = [self._component(index, at_us) for index in range(len(self._sensors))]
        return {"ietf-hardware:hardware": {"component": components}}

    def _component(self, index: int, at_us: int) -> Tree:
        name, _, _ = self._sensors[index]
        return {
            "name": name,
            "class": SENSOR,
            "physical-index": index + 1,
            "parent-rel-pos": index,
            "serial-num": f"SN{index:08}",
            "is-fru": False,
            "state": {"oper-state": ENABLED},
            "sensor-data": {
                "value": self._tenths(index, at_us),
                "value-type": CELSIUS,
                "value-scale": UNITS,
                "value-precision": 1,
                "oper-status": OK,
                "value-timestamp": rfc3339(at_us),
            },
        }

    def _tenths(self, index: int, at_us: int) -> int:
        """Returns tenths of a degree: up and down by two degrees around the sensor's own, over its own period."""
        _, middle, period_s = self._sensors[index]
        phase = (at_us - self._start_us) // 1_000_000 % period_s
        return middle + 40 * min(phase, period_s - phase) // period_s

    def edits(self, first: int, count: int, at_us: int) -> list[Tree]:
        """Returns ``count`` new readings from the ``first`` one of this router's history of changes."""
        edits: list[Tree] = []
        for number in range(first, first + count):
            index = number % len(self._sensors)
            name = self._sensors[index][0].replace(" ", "%20")
            edits.append(
                {
                    "edit-id": f"edit-{number}",
                    "operation": Enumerated("replace", OPERATIONS["replace"]),
                    "target": f"/ietf-hardware:hardware/component={name}/sensor-data/value",
                    "value": {"ietf-hardware:value": self._tenths(index, at_us) + number % 3},
                }
            )
        return edits
