"""What commands that read captures share: their options, and what they say of a capture that holds no message."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from yangbeam.core.capture_contents import beside_messages, what_it_holds
from yangbeam.core.udp_notif import UdpNotifSettings
from yangbeam.io.capture_files import CaptureReader
from yangbeam.pipeline.cli.console import warn
from yangbeam.pipeline.exit_codes import ExitCode

Version0 = Annotated[
    bool,
    typer.Option("--version-0", help="Read version 0 of UDP-notif, as some routers send it."),
]


def reader_of(files: list[Path], ports: list[int] | None, *, version_0: bool) -> CaptureReader:
    """Returns a reader of captures by the options of a command."""
    settings = UdpNotifSettings(version_0=version_0)
    return CaptureReader(files, ports=frozenset(ports or ()) or None, settings=settings)


def end_without_message(reader: CaptureReader, *, found: bool) -> None:
    """Says what captures held that were read to their end and gave no message.

    Raises:
        typer.Exit: They gave none.
    """
    sys.stdout.flush()  # what was found stands before what was not
    not_read = beside_messages(reader.counters)
    if found and not_read:
        warn(not_read)
    if not found:
        warn(what_it_holds(reader.counters))
        raise typer.Exit(ExitCode.NO_MESSAGE)
