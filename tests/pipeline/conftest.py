"""Fixtures of the pipeline's tests."""

from pathlib import Path

import pytest

from tests.pipeline.commands import capture
from tests.pipeline.configurations import Write
from yangbeam.core.elements import MediaType


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Writes a configuration file."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "yangbeam.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A capture of one message."""
    return capture(tmp_path / "a.pcap", (MediaType.JSON, b"{}"))
