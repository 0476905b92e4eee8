"""`yangbeam receive`: sockets to the raw topic, until it is told to end."""

from pathlib import Path
from typing import Annotated

import orjson
import typer

from yangbeam.pipeline.cli.console import print_json, reporting, say, warn
from yangbeam.pipeline.config.file import load


def receive(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML file; see `yangbeam check`.")] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the counters at the end as JSON.")] = False,
) -> None:
    """Receive from sockets into the raw Kafka topic, without Beam, until SIGTERM or Ctrl-C.

    What Kafka does not take waits on disk, within a limit; what finds no room there is counted. The end waits for Kafka
    for `receive.flush_s` seconds and keeps the rest on disk for the next start.
    """
    # Clients and a web server, of no use to the other commands.
    from yangbeam.pipeline.receive.metrics import metrics  # noqa: PLC0415
    from yangbeam.pipeline.receive.parent import Receive  # noqa: PLC0415
    from yangbeam.pipeline.receive.plan import plan_of  # noqa: PLC0415

    with reporting():
        found = load(config)
        received = Receive(plan_of(found, warn), warn)
        received.open()
        for host, port in received.addresses:
            say(f"listening on {host} port {port}")
        with metrics(found.receive.metrics_port, lambda: received.receivers) as chosen:
            if chosen is not None:
                say(f"metrics at http://127.0.0.1:{chosen}/metrics")
            received.run()
        if json:
            counters = {receiver.name: receiver.report.counters for receiver in received.receivers}
            print_json(orjson.dumps(counters))
