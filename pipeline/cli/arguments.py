"""How an argument list is cut before typer sees it: options with several values, and Beam's own after ``--``."""

from collections.abc import Sequence
from typing import Final

MANY: Final = {"run": ("--capture", "--yang", "--allow", "--port"), "simulate": ("--habits",)}
"""By command, the options that take several values at once, each until the next option; all are repeatable too."""

GLOBAL: Final = {"--debug": 0, "--log": 1}
"""Options of the whole command line, and how many values each takes; they may stand behind the command, too."""

WITH_BEAM_OPTIONS: Final = ("run", "collect")
"""Commands whose arguments behind ``--`` belong to Beam; for the others it ends the options, as usual."""


def cut(arguments: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Returns the arguments for typer, options with several values repeated, and Beam's.

    >>> cut(["run", "--capture", "a.pcap", "b.pcap", "--debug", "--", "--streaming"])
    (['--debug', 'run', '--capture', 'a.pcap', '--capture', 'b.pcap'], ('--streaming',))
    """
    everywhere, ours = _globals(arguments)
    beams: tuple[str, ...] = ()
    if ours[:1] and ours[0] in WITH_BEAM_OPTIONS and "--" in ours:
        end = ours.index("--")
        ours, beams = ours[:end], tuple(ours[end + 1 :])
    return everywhere + _repeated(ours, MANY.get(ours[0], ()) if ours else ()), beams


def _globals(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the options of the whole command line, and the rest; nothing behind ``--`` is one."""
    found: list[str] = []
    rest: list[str] = []
    left = list(arguments)
    while left and left[0] != "--":
        name = left[0].partition("=")[0]
        taken = 1 + (GLOBAL.get(name, 0) if "=" not in left[0] else 0)
        (found if name in GLOBAL else rest).extend(left[:taken])
        del left[:taken]
    return found, rest + left


def _repeated(arguments: list[str], many: Sequence[str]) -> list[str]:
    repeated: list[str] = []
    option = ""
    has_value = False
    for argument in arguments:
        if argument.startswith("-"):
            option, has_value = (argument if argument in many else ""), False
        elif option and has_value:
            repeated.append(option)
        elif option:
            has_value = True
        repeated.append(argument)
    return repeated
