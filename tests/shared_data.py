"""Where test data that is not part of the project lies; tests that need it are skipped, and counted, without it."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("YANGBEAM_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def shared(path: str) -> Path:
    """Returns ``path`` below the shared data, or skips the test."""
    found = ROOT / path
    if not found.exists():
        pytest.skip(f"shared data absent: {path}")
    return found
