"""Pins the bytes of this release's elements, while it is not out: ``python -m tests.transforms.pin``."""

from importlib.metadata import version
from pathlib import Path

from tests.transforms.samples import SAMPLES
from yangbeam.transforms.coders import BatchCoder


def main() -> None:
    folder = Path(__file__).resolve().parents[1] / "golden" / "state" / version("yangbeam")
    folder.mkdir(exist_ok=True)
    for sample in SAMPLES:
        (folder / f"{type(sample).__name__}.hex").write_text(BatchCoder(type(sample)).encode(sample).hex() + "\n")


if __name__ == "__main__":
    main()
