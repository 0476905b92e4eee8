"""What the exit codes mean: one table, read by the commands, their help and the documentation."""

from enum import IntEnum
from typing import Final

from yangbeam.core.errors import Fault


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    ENVIRONMENT = 3
    TOO_MANY_DEAD = 4
    NO_MESSAGE = 5
    INTERRUPTED = 130


MEANING: Final[dict[ExitCode, str]] = {
    ExitCode.OK: "Done, and everything balances.",
    ExitCode.FAILED: "The run failed, or its ledger does not balance.",
    ExitCode.USAGE: "Nothing was started: the command line or the configuration is wrong, or names a file that is not "
    "there, or a port that is taken.",
    ExitCode.ENVIRONMENT: "Something outside is not there: a broker, a registry, a node, space on the disk.",
    ExitCode.TOO_MANY_DEAD: "Done, and everything balances; but a larger share of the messages became dead letters "
    "than --max-dead allows, or was pruned than --max-pruned allows.",
    ExitCode.NO_MESSAGE: "Done; but the capture holds nothing to show, and standard error says what it holds.",
    ExitCode.INTERRUPTED: "Interrupted before everything was flushed (Ctrl-C twice).",
}

OF_FAULT: Final[dict[Fault, ExitCode]] = {
    Fault.DEVICE: ExitCode.FAILED,
    Fault.COLLECTOR: ExitCode.FAILED,
    Fault.ENVIRONMENT: ExitCode.ENVIRONMENT,
    Fault.CONFIGURATION: ExitCode.USAGE,
}
"""Exit code of an error that ends a command, by whose fault it is."""
