"""What a message costs some of whose nodes are set aside, or spelt anew, beside the same message without them.

Run: ``./dev bench pruned``. CPU time of the whole graph into Kafka (librdkafka's mock cluster in a process of its own),
kinds in turn, so that what else the machine does falls on all of them; the least of each counts.
"""

from typing import Any

import graph
import orjson
from graph import bounded, payload
from line_rate import broker

ROUNDS = 4
KINDS = (1, 10)
"""Interfaces of a message, 22 leaves each; each of them has one odd node."""
ODD: dict[str, dict[str, Any]] = {
    "valid": {},
    "pruned": {"acme-optics:temperature": "41.5"},
    "normalised": {"type": "ianaift:ethernetCsmacd"},
}


def odd(more: dict[str, Any]) -> Any:
    """Returns what makes the messages of a kind."""

    def made(number: int, interfaces: int = 1) -> bytes:
        document = orjson.loads(payload(number, interfaces))
        update = document["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-update"]
        for entry in update["datastore-contents"]["ietf-interfaces:interfaces"]["interface"]:
            entry.update(more)
        return orjson.dumps(document)

    return made if more else payload


def spent_us(address: str, interfaces: int) -> float:
    """Returns microseconds per message of a run beyond a short one."""
    few, more = 4_000 // (3 + interfaces), 24_000 // (3 + interfaces)
    short, whole = (
        count / bounded(count, tables=False, kafka=address, interfaces=interfaces) for count in (few, few + more)
    )
    return 1e6 * (whole - short) / more


def main() -> None:
    """Prints the table."""
    print("| interfaces | " + " | ".join(ODD) + " | pruned : valid |\n|---|" + "---|" * (len(ODD) + 1))
    with broker() as address:
        for interfaces in KINDS:
            found: dict[str, list[float]] = {name: [] for name in ODD}
            for _ in range(ROUNDS):
                for name, more in ODD.items():
                    graph.payload = odd(more)
                    found[name].append(spent_us(address, interfaces))
            least = {name: min(times) for name, times in found.items()}
            cells = " | ".join(f"{time:.1f} us" for time in least.values())
            print(f"| {interfaces} | {cells} | {least['pruned'] / least['valid']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
