"""`yangbeam receive`: sockets to the raw topic, until it is told to end."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Annotated, Any, Literal

import orjson
import typer

from yangbeam.core.edges import open_sockets
from yangbeam.pipeline.cli.console import fail, messages, print_json, reporting, say, warn
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.config.toml_lines import Place
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.transforms.outsides import OUTSIDES


def receive(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML file; see `yangbeam check`.")] = None,
    view: Annotated[
        Literal["auto", "live", "plain", "off"] | None, typer.Option(help="What is shown meanwhile.")
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the counters at the end as JSON.")] = False,
) -> None:
    """Receive from sockets into the raw Kafka topic, without Beam, until SIGTERM or Ctrl-C.

    What Kafka does not take waits on disk, within a limit, from the start on where Kafka is away then; what finds no
    room there is counted. The end waits for Kafka for `receive.flush_s` seconds, or until Ctrl-C comes again, and keeps
    the rest on disk for the next start; the exit code is 3 then.
    """
    # Clients and a web server, of no use to the other commands.
    from yangbeam.pipeline.receive.metrics import metrics  # noqa: PLC0415
    from yangbeam.pipeline.receive.parent import Receive  # noqa: PLC0415
    from yangbeam.pipeline.receive.plan import plan_of  # noqa: PLC0415
    from yangbeam.pipeline.receive.status import ReceiveView  # noqa: PLC0415
    from yangbeam.pipeline.view.live_view import LiveView  # noqa: PLC0415

    with reporting():
        chosen: dict[Place, Any] = {("status", "view"): view} if view is not None else {}
        found = load(config, chosen, {("status", "view"): "--view"})
        OUTSIDES.clear()
        received = Receive(plan_of(found), warn)
        shown = ReceiveView(lambda: received.receivers)
        received.open()
        with (
            _topic_checked(found),
            metrics(found.receive.metrics_port, lambda: received.receivers) as port,
            LiveView(shown, found.status, messages()),
        ):
            for address in received.addresses:
                say("listening on {} port {}".format(*address))
            if port is not None:
                say(f"metrics at http://127.0.0.1:{port}/metrics")
            received.run()
        if json:
            counters = {receiver.name: receiver.report.counters for receiver in received.receivers}
            print_json(orjson.dumps(counters))
        lost = open_sockets({receiver.name: receiver.report.counters for receiver in received.receivers})
        for one in lost:
            fail(f"{one}; a defect of the receiver: report it to the project")
        lines = shown.left_lines()
        for line in lines:
            fail(f"{line}; the next start writes it")
        if lines:
            raise typer.Exit(ExitCode.ENVIRONMENT)
        if lost:
            raise typer.Exit(ExitCode.FAILED)


@contextmanager
def _topic_checked(config: Config) -> Iterator[None]:
    """Checks the raw topic; while Kafka is away, beside the run: what comes waits on disk.

    Raises:
        ConfigurationError: It is missing, or does not take what is made for it.
    """
    # As above.
    from yangbeam.io.kafka.consumer import KafkaAwayError  # noqa: PLC0415
    from yangbeam.pipeline.receive.plan import check_raw_topic, check_until_answered  # noqa: PLC0415

    over = Event()
    try:
        check_raw_topic(config, warn)
    except KafkaAwayError as error:
        warn(f"{error}; what comes waits on disk until it does")
        Thread(target=check_until_answered, args=(config, warn, over), name="raw-topic", daemon=True).start()
    try:
        yield
    finally:
        over.set()
