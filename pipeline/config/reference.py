"""The reference of settings and commands, generated from the models themselves: it cannot be out of date."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from yangbeam.pipeline.config.file import Config
from yangbeam.pipeline.config.types import Secret
from yangbeam.pipeline.exit_codes import MEANING

_HEAD: Final = """# Configuration

One TOML file says what a run does: `yangbeam run --config FILE`. It is judged as a whole before anything starts
(`yangbeam check FILE`); `yangbeam check --schema` prints its JSON Schema for editors. Every setting may be left out;
where no default is given below, nothing is set. Options of the command line lie over the file.

Relative paths start at the folder of the file. A secret never stands in the file: write `{ env = "NAME" }` or
`{ file = "path" }`.

This page is generated: `python -m yangbeam.pipeline.config.reference > docs/configuration.md`.
"""


def configuration() -> str:
    """Returns docs/configuration.md."""
    return _HEAD + "".join(_section("", Config, {})) + _exit_codes()


def _section(name: str, model: type[BaseModel], shown: dict[type[BaseModel], str]) -> Iterator[str]:
    """Yields the table of a section, then those of the sections below it; what two sections share, once."""
    shown[model] = name
    title = f"`{name}`" if name else "Top level"
    fields = model.model_fields
    plain = {key: info for key, info in fields.items() if not _models(info)}
    yield f"\n## {title}\n\n{' '.join((model.__doc__ or '').split())}\n"
    if plain:
        yield "\n| setting | type | default | meaning |\n|---|---|---|---|\n"
        yield from (_row(key, info) for key, info in plain.items())
    for key, info in fields.items():
        for below in _models(info):
            if below not in shown:
                yield from _section(_name(name, key, info, below), below, shown)
            elif not name:
                yield f"\n## `{_name(name, key, info, below)}`\n\n{info.description} Settings: as `{shown[below]}`.\n"


def _name(above: str, key: str, info: FieldInfo, model: type[BaseModel]) -> str:
    path = f"{above.strip('[]').split(']')[0]}.{key}" if above else key
    kind = model.model_fields.get("kind")
    is_choice = len(_models(info)) > 1 and kind is not None
    suffix = f' kind = "{get_args(kind.annotation)[0]}"' if is_choice and kind is not None else ""
    return (f"[[{path}]]" if _is_list(info) else f"[{path}]") + suffix


def _is_list(info: FieldInfo) -> bool:
    return any(get_origin(part) is tuple for part in (info.annotation, *get_args(info.annotation)))


def _row(key: str, info: FieldInfo) -> str:
    default = "required" if info.is_required() else _default(info.get_default(call_default_factory=True))
    meaning = " ".join((info.description or "").split()).replace("|", "\\|")
    return f"| `{key}` | {_type(info)} | {default} | {meaning} |\n"


def _default(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return f"`[{', '.join(map(_toml, value))}]`"
    return "`{}`" if isinstance(value, dict) else f"`{_toml(value)}`"


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str | Path) else str(value)


def _type(info: FieldInfo) -> str:
    return _type_name(info.annotation) + _bounds(info.metadata)


def _bounds(metadata: list[Any]) -> str:
    words = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    found = [
        f"{sign} {getattr(each, name):,}" for each in metadata for name, sign in words.items() if hasattr(each, name)
    ]
    return ", " + ", ".join(found) if found else ""


_NAMES: Final = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "Path": "path",
    "dict": "table",
    "Secret": "secret",
    "IPv4Network": "prefix",
    "IPv6Network": "prefix",
    "AwareDatetime": "time with zone",
}


def _type_name(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    metadata = getattr(annotation, "__metadata__", None)
    if metadata is not None:
        bounds = [bound for each in metadata if isinstance(each, FieldInfo) for bound in each.metadata]
        return _type_name(arguments[0]) + _bounds(bounds)
    if origin is Literal:
        return " or ".join(f'`"{choice}"`' for choice in arguments)
    if origin is tuple:
        return f"list of {_type_name(arguments[0])}"
    if arguments and origin is not dict:
        return " or ".join(sorted({_type_name(part) for part in arguments if part is not type(None)}))
    return _NAMES[getattr(origin or annotation, "__name__", "")]


def _models(info: FieldInfo) -> list[type[BaseModel]]:
    """Returns the sections that a field holds; a secret is a value, not a section."""
    found: list[type[BaseModel]] = []
    pending: list[Any] = [info.annotation]
    while pending:
        part = pending.pop()
        if isinstance(part, type) and issubclass(part, BaseModel):
            found.append(part)
        else:
            pending.extend(reversed(get_args(part)))
    return [model for model in found if model is not Secret]


def _exit_codes() -> str:
    rows = "".join(f"| {code.value} | {meaning} |\n" for code, meaning in MEANING.items())
    return f"\n## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}"


if __name__ == "__main__":
    sys.stdout.write(configuration())
