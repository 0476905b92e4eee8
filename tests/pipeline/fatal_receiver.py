"""A receiving process that says at once that it can do nothing more."""

import sys

from yangbeam.pipeline.receive.order import FATAL

if __name__ == "__main__":
    sys.exit(FATAL)
