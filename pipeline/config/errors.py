"""What an operator reads about a configuration: every problem at once, where it is, and what to write instead."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from yangbeam.core.errors import ConfigurationError, Fault
from yangbeam.core.shown_text import shown
from yangbeam.pipeline.config.toml_lines import Place, line_of
from yangbeam.pipeline.config.types import PROBLEM

MAX_SHOWN: Final = 60
"""Characters of an offending value that are quoted."""

_PART: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_PRIVATE: Final = ("password", "secret", "token", "jaas", "pem", "properties")
"""Settings whose names contain one of these are never quoted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend.

    Attributes:
        origin: The file, or ``command line``.
        line: Line of the setting or of the table that should hold it, from 1; None when it is written nowhere.
        key: Path of the setting, like ``sources[0].port``; a command-line option where one set it.
        what: What was found.
        instead: What to write or do.
        fault: Whose it is: the configuration's, or the environment's (a file or variable that is not there).
    """

    origin: str
    line: int | None
    key: str
    what: str
    instead: str
    fault: Fault = Fault.CONFIGURATION

    def __str__(self) -> str:
        place = self.origin if self.line is None else f"{self.origin}:{self.line}"
        key = f" {self.key}:" if self.key else ""
        return shown(f"{place}:{key} {self.what}; {self.instead} [{self.fault}]")


class InvalidConfigurationError(ConfigurationError):
    """Everything that is wrong with a configuration.

    Attributes:
        problems: In the order of the file.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda found: (found.line or 0, found.key)))
        super().__init__("configuration", "\n".join(map(str, self.problems)))

    def __str__(self) -> str:
        count = len(self.problems)
        return f"{count} problem{'s' if count > 1 else ''} in the configuration\n{self.detail}"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the settings came from.

    Attributes:
        name: The file as the operator named it; ``command line`` without one.
        lines: Line of each setting written in it.
        options: Command-line option that set each setting, by its path.
    """

    name: str = "command line"
    lines: Mapping[Place, int] = field(default_factory=dict)
    options: Mapping[Place, str] = field(default_factory=dict)

    def option(self, place: Place) -> str | None:
        """Returns the option that set the setting or a table above it."""
        for end in range(len(place), 0, -1):
            if place[:end] in self.options:
                return self.options[place[:end]]
        return None


def problems_of(
    error: ValidationError, written: dict[str, Any], model: type[BaseModel], origin: Origin
) -> list[Problem]:
    """Translates what pydantic found.

    Args:
        error: What it found.
        written: The settings that it judged.
        model: The model that it judged them by.
        origin: Where they came from.
    """
    details = error.errors(include_url=False)
    deeper = {detail["loc"][:-1] for detail in details}
    # A list whose every element is wrong also counts as too short: one complaint is enough.
    return [
        _problem(detail, written, model, origin)
        for detail in details
        if detail["type"] != "too_short" or detail["loc"] not in deeper
    ]


def _problem(detail: ErrorDetails, written: dict[str, Any], model: type[BaseModel], origin: Origin) -> Problem:
    place = _written_place(detail["loc"], written)
    context = detail.get("ctx", {})
    if detail["type"] == PROBLEM:
        place = (*place, *_parts(context["key"]))
        what, instead, fault = context["what"], context["instead"], Fault(context["fault"])
    else:
        what, instead = _words(detail, place, written, model)
        fault = Fault.CONFIGURATION
    option = origin.option(place)
    if option:
        return Problem("command line", None, option, what, instead, fault)
    return Problem(origin.name, line_of(dict(origin.lines), place), name_of(place), what, instead, fault)


def _parts(key: str) -> Place:
    """Returns the parts of a setting's name, as ``name_of`` joins them."""
    return tuple(int(index) if index else name for index, name in _PART.findall(key))


def name_of(place: Place) -> str:
    """Returns a path as it is read: ``sources[0].port``.

    >>> name_of(("sources", 0, "port"))
    'sources[0].port'
    """
    name = ""
    for part in place:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def _written_place(loc: tuple[int | str, ...], written: Any) -> Place:
    """Drops from pydantic's path what stands in no file: the tags of unions."""
    place: list[int | str] = []
    for position, part in enumerate(loc):
        is_last = position == len(loc) - 1
        if isinstance(written, dict) and isinstance(part, str) and part not in written and not is_last:
            continue
        place.append(part)
        written = _below(written, part)
    return tuple(place)


def _below(written: Any, part: int | str) -> Any:
    if isinstance(written, dict):
        return written.get(part)
    if isinstance(written, list) and isinstance(part, int) and part < len(written):
        return written[part]
    return None


_WANTED_TABLE: Final = frozenset({"model_type", "model_attributes_type", "dict_type"})
_WANTED: Final = {
    "int_type": "write a whole number",
    "float_type": "write a number",
    "bool_type": "write true or false",
    "string_type": 'write a string: "…"',
    "tuple_type": "write a list: [ … ]",
    "string_pattern_mismatch": "write letters, digits, dots, underscores and hyphens, 249 at most",
    "string_too_short": "write something",
    "string_too_long": "write 1,000 characters at most",
    "too_short": "name one at least",
    "path_type": "write a path as a string",
    "finite_number": "write a finite number",
}


def _words(detail: ErrorDetails, place: Place, written: dict[str, Any], model: type[BaseModel]) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return "unknown setting", _meant(str(place[-1]), _siblings(place, written, model))
    if kind == "missing":
        return "missing", f"write {place[-1]} = …"
    if kind in {"union_tag_not_found", "union_tag_invalid"}:
        found = "no kind" if kind == "union_tag_not_found" else f"{_quoted(context.get('tag'), place)} is no kind"
        return found, "write " + " or ".join(f'kind = "{name}"' for name in _kinds(place, model))
    if kind in {"literal_error", "enum"}:
        expected = str(context["expected"]).replace("'", '"')
        return f"{_quoted(detail['input'], place)} is not one of the choices", f"write {expected}"
    if kind in _WANTED_TABLE:  # may be a secret that is one level too high
        return f"found {_kind_of(detail['input'])}", "write a table"
    bound = _bound(context)
    what = f"{_quoted(detail['input'], place)} is out of range" if bound else f"found {_found(detail['input'], place)}"
    return what, bound or _WANTED.get(kind, detail["msg"])


def _bound(context: dict[str, Any]) -> str:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    return next((f"write {word} {_number(context[key])}" for key, word in words.items() if key in context), "")


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


_KINDS: Final = {
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


def _kind_of(value: Any) -> str:
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def _found(value: Any, place: Place) -> str:
    kind = _kind_of(value)
    return f"the{kind.removeprefix('a')} {_quoted(value, place)}" if isinstance(value, str | int | float) else kind


def _quoted(value: Any, place: Place) -> str:
    if any(word in str(part) for part in place for word in _PRIVATE):
        return "(not shown)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value[:MAX_SHOWN]}"'.encode("ascii", "backslashreplace").decode().replace("\n", "\\n")
    return str(value)[:MAX_SHOWN] if isinstance(value, int | float) else f"a {type(value).__name__}"


def _meant(name: str, known: list[str]) -> str:
    close = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    choices = ", ".join(known)
    return f'did you mean "{close[0]}"? Known: {choices}' if close else f"known here: {choices}"


def _models_at(place: Place, model: type[BaseModel]) -> list[type[BaseModel]]:
    models = [model]
    for part in place:
        if isinstance(part, str):
            models = [found for owner in models for found in _models_of(owner.model_fields.get(part))]
    return models


def _kinds(place: Place, model: type[BaseModel]) -> list[str]:
    fields = [found.model_fields["kind"] for found in _models_at(place, model) if "kind" in found.model_fields]
    return [kind for info in fields for kind in getattr(info.annotation, "__args__", ())][::-1]


def _siblings(place: Place, written: dict[str, Any], model: type[BaseModel]) -> list[str]:
    """Returns the names that are known beside the last part of a path."""
    models = _models_at(place[:-1], model)
    below: Any = written
    for part in place[:-1]:
        below = _below(below, part)
    kind = below.get("kind") if isinstance(below, dict) else None
    models = [found for found in models if _is_kind(found, kind)] or models
    return list(dict.fromkeys(name for found in models for name in found.model_fields))


def _is_kind(model: type[BaseModel], kind: Any) -> bool:
    field_ = model.model_fields.get("kind")
    return field_ is not None and kind in getattr(field_.annotation, "__args__", ())


def _models_of(info: FieldInfo | None) -> list[type[BaseModel]]:
    found: list[type[BaseModel]] = []
    pending: list[Any] = [info.annotation] if info is not None else []
    while pending:
        annotation = pending.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found.append(annotation)
        else:
            pending.extend(getattr(annotation, "__args__", ()))
    return found
