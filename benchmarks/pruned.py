"""What a message costs some of whose nodes are set aside, or spelt anew, beside the same message without them.

Run: ``./dev bench pruned``. CPU time of the whole graph into Kafka (librdkafka's mock cluster in a process of its own),
kinds in turn, so that what else the machine does falls on all of them; per message of a long run beyond a short one.
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


def counts(interfaces: int) -> tuple[int, int]:
    """Messages of a short run, and how many more a long one has."""
    return 4_000 // (3 + interfaces), 24_000 // (3 + interfaces)


def spent_s(address: str, interfaces: int) -> tuple[float, float]:
    """Returns the seconds of a short run and of a long one."""
    few, more = counts(interfaces)
    short, whole = (
        count / bounded(count, tables=False, kafka=address, interfaces=interfaces) for count in (few, few + more)
    )
    return short, whole


def main() -> None:
    """Prints the table."""
    print("| interfaces | " + " | ".join(ODD) + " | pruned : valid |\n|---|" + "---|" * (len(ODD) + 1))
    with broker() as address:
        for interfaces in KINDS:
            found: dict[str, list[tuple[float, float]]] = {name: [] for name in ODD}
            for _ in range(ROUNDS):
                for name, more in ODD.items():
                    graph.payload = odd(more)
                    found[name].append(spent_s(address, interfaces))
            more = counts(interfaces)[1]
            # Of each run the least: of differences the least would be the one with the most noise.
            runs = {name: [min(times) for times in zip(*each, strict=True)] for name, each in found.items()}
            least = {name: 1e6 * (whole - short) / more for name, (short, whole) in runs.items()}
            cells = " | ".join(f"{time:.1f} us" for time in least.values())
            print(f"| {interfaces} | {cells} | {least['pruned'] / least['valid']:.2f} |", flush=True)


if __name__ == "__main__":
    main()
