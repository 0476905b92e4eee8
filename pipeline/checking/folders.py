"""Whether what a configuration writes can be written."""

from collections.abc import Iterator
from pathlib import Path

from yangbeam.io.scratch_files import unwritable
from yangbeam.pipeline.checking.finding import Finding, ok, problem
from yangbeam.pipeline.config.file import Config

NAME = "folders"


def writable(config: Config) -> Iterator[Finding]:
    """Tries every folder that a command of this configuration writes to, each once."""
    settings: dict[Path, str] = {}
    for setting, folder in _folders(config):
        settings.setdefault(folder, setting)
    for folder, setting in settings.items():
        why = unwritable(folder)
        if why:
            yield problem(NAME, f"{setting} cannot be written: {why}", "grant the right, or place it elsewhere")
        else:
            yield ok(NAME, f"{setting} can be written: {folder}")


def _folders(config: Config) -> Iterator[tuple[str, Path]]:
    """Yields each setting that places something, and the folder it is placed in."""
    yield "status.report", config.status.report.parent
    if config.files.enabled:
        yield "files.directory", config.files.directory
    if config.tables.enabled:
        yield "tables.path", config.tables.path.parent
    if config.dead_letters.kind == "file":
        yield "dead_letters.path", config.dead_letters.path.parent
    if config.registry.kind == "embedded":
        yield "registry.path", config.registry.path.parent
    else:
        yield "registry.cache", config.registry.cache
    if any(node.netconf for node in config.schemas.nodes):
        yield "discovery.cache", config.discovery.cache
    if config.kafka is not None:
        yield "receive.spool", config.receive.spool
