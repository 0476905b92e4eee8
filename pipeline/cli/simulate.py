"""`yangbeam simulate`: every option of the simulator as an option of the command, so that the two cannot differ."""

from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, asdict, fields
from inspect import Parameter, Signature
from typing import Annotated, Any, Final

import orjson
import typer

from yangbeam.pipeline.cli.console import output, print_json, reporting, say
from yangbeam.simulator.habits import HABITS
from yangbeam.simulator.options import CHANCES, MEDIA_TYPES, SimulateOptions, help_of
from yangbeam.simulator.send import simulate
from yangbeam.simulator.summary import Summary

_NAMES: Final = {"duration_s": "--duration"}
_CHOICES: Final[dict[str, Iterable[str]]] = {"habits": HABITS, "encoding": MEDIA_TYPES}
_FAULTS: Final = frozenset((*CHANCES, "invalid", "restarts", "schema_changes", "new_revision", "suspensions"))
_ROUTERS: Final = frozenset(("target", "routers", "habits", "rate", "duration_s", "messages", "subscriptions"))


def command() -> Callable[..., None]:
    """Returns the command ``simulate``, with a parameter for each field of SimulateOptions."""

    def simulate_routers(*, json: bool, **chosen: Any) -> None:
        """Be routers: publish notifications over real UDP sockets, with the habits of vendors and faults on demand.

        The truth file tells of every message what was done to it, so that what a collector reports can be compared.
        """
        with reporting():
            options = SimulateOptions(**{name: _given(value) for name, value in chosen.items()})
            say(f"sending to {options.target}; Ctrl-C ends it")
            show(simulate(options), json=json)

    parameters = [_parameter(field) for field in fields(SimulateOptions)]
    parameters.append(_flag("json", "Print the summary as JSON."))
    simulate_routers.__signature__ = Signature(parameters)  # type: ignore[attr-defined] # read by inspect
    simulate_routers.__annotations__ = {each.name: each.annotation for each in parameters}
    return simulate_routers


def _parameter(field: Field[Any]) -> Parameter:
    choices = _CHOICES.get(field.name)
    help_text = help_of(field.name) + (f" Known: {', '.join(choices)}." if choices else "")
    panel = "Faults" if field.name in _FAULTS else "Routers" if field.name in _ROUTERS else "Messages and the rest"
    names = [_NAMES[field.name]] if field.name in _NAMES else []
    option = typer.Option(*names, help=help_text, rich_help_panel=panel)
    kind: Any = list[str] if field.name in _CHOICES and field.name.endswith("s") else field.type
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    default = Parameter.empty if default is MISSING else default
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, option])


def _flag(name: str, help_text: str) -> Parameter:
    annotation = Annotated[bool, typer.Option(f"--{name}", help=help_text)]
    return Parameter(name, Parameter.KEYWORD_ONLY, default=False, annotation=annotation)


def _given(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def show(summary: Summary, *, json: bool) -> None:
    """Prints what was sent."""
    if json:
        print_json(orjson.dumps(asdict(summary), default=str))
        return
    console = output()
    console.print(
        f"{summary.messages:,} messages in {summary.datagrams:,} datagrams, {summary.octets:,} octets of payload, "
        f"in {summary.seconds:.1f} s ({summary.rate:,.0f} datagrams/s)",
        soft_wrap=True,
    )
    for title, counts in (("sent", summary.kinds), ("done to them", summary.done)):
        if counts:
            console.print(
                f"{title}: " + ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items())), soft_wrap=True
            )
    if summary.truth:
        console.print(f"truth: {summary.truth}", soft_wrap=True)
