"""`yangbeam decode`: what stands in captures, one JSON object per notification, without Beam."""

from pathlib import Path
from typing import Annotated

import typer

from yangbeam.pipeline.cli.captures import Version0, end_without_message, reader_of
from yangbeam.pipeline.cli.console import print_json, reporting


def decode(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Capture files (pcap, pcapng, or such in gzip or Zstandard), in order."),
    ],
    yang: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Folders of YANG modules: types for the contents of XML and CBOR."),
    ] = None,
    port: Annotated[
        list[int] | None, typer.Option("--port", "--ports", help="UDP ports to read; all by default.")
    ] = None,
    *,
    version_0: Version0 = False,
) -> None:
    """Print the notifications of captures, one JSON object a line; what cannot be decoded as {"error": …}."""
    # Decoders load slowly: only this command pays for them.
    from yangbeam.pipeline.decoding import decoded  # noqa: PLC0415

    with reporting():
        reader = reader_of(files, port, version_0=version_0)
        found = False
        for line in decoded(reader, yang or []):
            found = True
            print_json(line)
        end_without_message(reader, found=found)
