"""The compiled judge against libyang: messages per CPU-second on the same contents in one run, and compile times.

Run: ``./dev bench validator``. The OpenConfig row needs the published modules in the folder that YANGBEAM_SHARED names.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from graph import _interface, payload

from yangbeam.core.yang.compiled.judge import CompiledJudge
from yangbeam.core.yang.json_object import read_object
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set
from yangbeam.io.yang_directories import bundled, read_modules, write_set

SECONDS = 1.0


def per_second(work: Callable[[], Any]) -> float:
    """Returns calls per CPU-second, best of three."""
    best = 0.0
    for _ in range(3):
        count, started = 0, time.process_time()
        while (spent := time.process_time() - started) < SECONDS:
            for _ in range(50):
                work()
            count += 50
        best = max(best, count / spent)
    return best


def interfaces(count: int) -> bytes:
    """Returns contents of so many interfaces with 22 leaves each."""
    update = orjson.loads(payload(1))["ietf-yp-notification:envelope"]["contents"]["ietf-yang-push:push-update"]
    statistics = update["datastore-contents"]["ietf-interfaces:interfaces"]["interface"][0]["statistics"]
    entries = [_interface(at, statistics) for at in range(count)]
    return orjson.dumps({"ietf-interfaces:interfaces": {"interface": entries}})


def neighbours(count: int) -> bytes:
    """Returns the state of so many BGP neighbours in openconfig-network-instance."""
    entries = [
        {
            "neighbor-address": f"192.0.2.{at}",
            "state": {
                "neighbor-address": f"192.0.2.{at}",
                "peer-as": 65000 + at,
                "session-state": "ESTABLISHED",
                "established-transitions": "5",
                "last-established": "1795168810000000000",
                "messages": {
                    "sent": {"UPDATE": "1234567", "NOTIFICATION": "1"},
                    "received": {"UPDATE": "7654321", "NOTIFICATION": "0"},
                },
                "queues": {"input": 0, "output": 0},
            },
        }
        for at in range(1, count + 1)
    ]
    bgp = {"identifier": "openconfig-policy-types:BGP", "name": "bgp", "bgp": {"neighbors": {"neighbor": entries}}}
    instance = {"name": "default", "protocols": {"protocol": [bgp]}}
    return orjson.dumps({"openconfig-network-instance:network-instances": {"network-instance": [instance]}})


def row(what: str, schema: Schema, text: bytes) -> None:
    """Prints one row: octets, compile time, both rates, their ratio."""
    document = read_object(text)
    started = time.process_time()
    judge = CompiledJudge(schema.tree)
    judge.meet(document)
    compiled_ms = (time.process_time() - started) * 1000
    assert judge.accepts(text), what
    fast = per_second(lambda: judge.accepts(text))
    slow = per_second(lambda: schema.judge(text, read_object(text)))
    print(
        f"| {what} | {len(text):,} | {fast:,.0f} | {slow:,.0f} | {fast / slow:.1f} | {compiled_ms:.0f} ms |", flush=True
    )


def main() -> None:
    print("| contents | octets | compiled /CPU-s | libyang /CPU-s | ratio | compile time |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        ietf = make_schema_set(bundled(), ["ietf-interfaces", "ietf-ip", "iana-if-type"])
        with Schema(ietf, write_set(ietf, Path(folder))) as schema:
            for count in (1, 10, 48):
                row(f"{count} interface{'s' * (count > 1)}", schema, interfaces(count))
        shared = os.environ.get("YANGBEAM_SHARED")
        if shared is None:
            print("openconfig: not run, YANGBEAM_SHARED is not set", file=sys.stderr)
            return
        published: SchemaSet = make_schema_set(
            read_modules(Path(shared) / "yang" / "openconfig"), ["openconfig-network-instance"]
        )
        with Schema(published, write_set(published, Path(folder))) as schema:
            for count in (1, 20):
                row(f"{count} BGP neighbour{'s' * (count > 1)}, OpenConfig", schema, neighbours(count))


if __name__ == "__main__":
    main()
