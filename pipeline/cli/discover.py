"""`yangbeam discover`: asks one node for its YANG now, keeps what it gives, and says what it is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from yangbeam.core.errors import ConfigurationError
from yangbeam.core.publisher_facts import PublisherCapabilities
from yangbeam.core.yang.module_text import read_module_text
from yangbeam.core.yang.node_modules import NodeModules
from yangbeam.io.module_store import ModuleStore
from yangbeam.io.netconf import NetconfSession
from yangbeam.pipeline.cli.console import fail, output, print_json, reporting, say
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.exit_codes import ExitCode
from yangbeam.pipeline.nodes import discovery_of
from yangbeam.registry.discovery.asking import LATEST, Asking, Wanted


def discover(
    exporter: Annotated[str, typer.Argument(metavar="ADDRESS", help="Address that the node's messages come from.")],
    *,
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML file with [[schemas.nodes]].")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Ask a node for its YANG by NETCONF: whether it answers, what it implements, what it refuses.

    What it gives is kept in the cache, so that a run finds it there. The exit code is 1 when it gives no module.
    """
    with reporting():
        found = facts(*ask(load(config), exporter))
    if json:
        print_json(orjson.dumps(found))
    else:
        show(found)
    if not found["texts"]:
        why = next(iter(found["refused"].values()), "its library lists none")
        fail(f"{found['node']} gave none of its {len(found['modules']):,} modules: {why}")
        raise typer.Exit(ExitCode.FAILED)


def show(found: dict[str, Any]) -> None:
    """Prints it for a person."""
    for what, value in found.items():
        if what == "refused":
            for name, why in value.items():
                say(f"  refused {name}: {why}")
        elif what == "quirks":
            for line in value:
                say(f"  quirk: {line}")
        elif what != "modules":
            output().print(f"{what}: {value}", soft_wrap=True)


def ask(config: Config, exporter: str) -> tuple[NodeModules, PublisherCapabilities]:
    """Returns what a node gives now.

    Raises:
        YangbeamError: It is not to be asked, cannot be, or says what cannot be used.
    """
    settings = discovery_of(config)
    access = settings.access(exporter) if settings else None
    if settings is None or access is None:
        what = f"no [[schemas.nodes]] says how {exporter} is asked"
        raise ConfigurationError("not-asked", f"{what}: add one with exporter, username, key or password, known_hosts")
    store = ModuleStore(settings.cache)
    asking = Asking(settings, store, NetconfSession)
    target = settings.target(access, exporter)
    say(f"asking {target.name}")
    asking.ask(target, Wanted(exporter, None, frozenset(), access.skip))
    pointer = store.pointed(LATEST, exporter)
    modules = store.get(pointer.set_id, target.name, pointer.own_id) if pointer else None
    if modules is None:
        raise ConfigurationError("module-cache", f"{settings.cache} does not keep what is written there")
    return modules, asking.ask_capabilities(target)


def facts(modules: NodeModules, capabilities: PublisherCapabilities) -> dict[str, Any]:
    """Returns what is told of a node, by name."""
    library = modules.library
    return {
        "node": modules.node,
        "library": library.source,
        "content_id": library.content_id,
        "implemented": len(library.implemented()),
        "texts": len(modules.texts),
        "octets": sum(len(text.encode()) for text in modules.texts.values()),
        "transports": {name: list(encodings) for name, encodings in capabilities.transports.items()},
        "minimum_period_cs": capabilities.minimum_period_cs,
        "maximum_nodes": capabilities.maximum_nodes,
        "on_change": list(capabilities.on_change),
        "modules": {module.name: module.revision for module in library.modules if not module.import_only},
        "quirks": [*library.quirks, *_undated(modules)],
        "refused": {"@".join(filter(None, key)): why for key, why in modules.refused.items()},
    }


def _undated(modules: NodeModules) -> Iterator[str]:
    """Yields a line of each text that names no revision, though the library does."""
    for (name, revision), text in sorted(modules.texts.items()):
        if revision and not read_module_text(text).revision:
            yield f"the text of {name}@{revision} names no revision: it is taken for that one"
