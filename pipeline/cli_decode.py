"""`yangbeam decode`: what stands in a capture, one JSON object per notification, without Beam."""

from pathlib import Path
from typing import Annotated

import typer


def decode(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Capture files.")],
) -> None:
    """Print each notification of captures as one JSON object per line."""
