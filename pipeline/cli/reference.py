"""docs/cli.md, generated from the commands themselves."""

import re
import sys
from typing import Any, Final

import typer

from yangbeam.pipeline.cli.app import build_app
from yangbeam.pipeline.exit_codes import MEANING
from yangbeam.pipeline.launching import Job, Launchers

_HEAD: Final = """# Commands

`yangbeam --help` is the map, `yangbeam COMMAND --help` tells the same as this page, which is generated:
`python -m yangbeam.pipeline.cli.reference > docs/cli.md`. Results go to standard output, everything else to standard
error. What follows `--` in `yangbeam run … -- OPTIONS` are Beam's own options.

A failure is one line: what was found and where, what to do, and in brackets its cause and whose fault it is. What
routers, brokers and files say is shown as text only: control characters in it are shown as escapes, in JSON too.

## Options of every command

They may stand before or behind the command.

| option | default | meaning |
|---|---|---|
"""


def commands() -> str:
    """Returns docs/cli.md."""
    group: Any = typer.main.get_command(build_app(Launchers(bounded=_never, live=_never)))
    sections = "".join(_command(name, command) for name, command in group.commands.items())
    codes = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in MEANING.items())
    of_all = "".join(map(_row, group.params))
    return f"{_HEAD}{of_all}{sections}\n## Exit codes\n\n| code | meaning |\n|---|---|\n{codes}"


def _never(_: Job) -> None:
    raise NotImplementedError


def _command(name: str, command: Any) -> str:
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", command.help or "")]
    rows = "".join(_row(parameter) for parameter in command.params)
    text = "\n\n".join(paragraphs)
    return f"\n## `yangbeam {name}`\n\n{text}\n\n| option | default | meaning |\n|---|---|---|\n{rows}"


def _row(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    is_option = names[0].startswith("-")
    shown = ", ".join(f"`{name}`" for name in names) if is_option else f"`{parameter.metavar or names[0].upper()}`"
    default = parameter.default
    is_silent = default is None or isinstance(default, bool) or default == "" or callable(default)
    listed = ", ".join(map(str, default)) if isinstance(default, list | tuple) else str(default)
    meaning = " ".join((parameter.help or "").split()).replace("|", "\\|")
    return f"| {shown} | {'' if is_silent or not listed else f'`{listed}`'} | {meaning} |\n"


if __name__ == "__main__":
    sys.stdout.write(commands())
