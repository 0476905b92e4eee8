"""`yangbeam registry`: the schemas of one file, over HTTP, until it is told to end."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from yangbeam.pipeline.cli.console import reporting, say, warn
from yangbeam.pipeline.config.file import Config, load
from yangbeam.pipeline.config.registry import RegistryServer
from yangbeam.pipeline.config.toml_lines import Place

GUARDS: Final = 2
"""Schemas that are compiled at the same time at most."""
_ROLES: Final = {"nothing": 0, "read": 1, "write": 2}


def registry(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="TOML file; see `yangbeam check`.")] = None,
    listen: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 takes a free one.")
    ] = None,
    path: Annotated[Path | None, typer.Option(metavar="FILE", help="The SQLite file of schemas.")] = None,
    yang: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Folders of YANG modules, for POST /resolve.")
    ] = None,
) -> None:
    """Serve schemas over HTTP, in the API of Confluent's registry, with the schema type YANG; ends at SIGTERM.

    A run with an embedded registry may use the same file at the same time: ids are the same.
    """
    with reporting():
        # Servers and clients, of no use to the other commands.
        from yangbeam.pipeline.assembly import registry_of  # noqa: PLC0415
        from yangbeam.registry.guard.guard import Guard  # noqa: PLC0415
        from yangbeam.registry.resolving import make_resolver  # noqa: PLC0415
        from yangbeam.registry.service.app import make_app  # noqa: PLC0415
        from yangbeam.registry.service.serve import bind, serve  # noqa: PLC0415
        from yangbeam.registry.store import SchemaStore  # noqa: PLC0415

        found = load(config, *_settings(listen, path, yang))
        server = found.registry_server
        handle = registry_of(found)
        resolver = make_resolver(
            handle.directories,
            use_bundled=handle.use_bundled,
            discovery=handle.discovery,
            releases=handle.releases,
        )
        app = make_app(
            SchemaStore(found.registry.path),
            auth=_auth(server),
            resolver=resolver,
            prefix=server.subject_prefix,
            omit_tags_for=server.omit_tags_for,
            max_body=server.max_request_mib << 20,
            guard=Guard(found.schemas.compiling.limits(), processes=GUARDS),
        )
        bound = bind(server.host, server.port)
        _tell(found, bound.getsockname()[1])
        serve(app, bound, _tls(server))
        say("ended")


def _settings(
    listen: str | None, path: Path | None, yang: list[Path] | None
) -> tuple[dict[Place, Any], dict[Place, str]]:
    """Settings of the command line, and the option that gave each."""
    settings: dict[Place, Any] = {}
    options: dict[Place, str] = {}
    if listen is not None:
        host, _, port = listen.rpartition(":")
        settings["registry_server", "host"] = host.strip("[]") or "127.0.0.1"
        settings["registry_server", "port"] = int(port) if port.isascii() and port.isdigit() else port
        options["registry_server", "host"] = options["registry_server", "port"] = "--listen"
    if path is not None:
        settings["registry", "path"] = path.absolute()
        options["registry", "path"] = "--path"
    if yang:
        settings["schemas", "directories"] = [{"path": folder.absolute()} for folder in yang]
        options["schemas", "directories"] = "--yang"
    return settings, options


def _auth(server: RegistryServer) -> Any:
    from yangbeam.registry.service.auth import Account, Auth, Role  # noqa: PLC0415 - as above

    accounts = []
    for written in server.accounts:
        secret = written.password or written.token
        if secret is not None:  # judged by the configuration
            accounts.append(Account(secret.reveal(), Role(_ROLES[written.role]), written.name or ""))
    return Auth(accounts, Role(_ROLES[server.anonymous or "nothing"]))


def _tls(server: RegistryServer) -> Any:
    from yangbeam.registry.service.serve import Tls  # noqa: PLC0415 - as above

    if server.tls is None:
        return None
    password = server.tls.key_password.reveal() if server.tls.key_password else None
    return Tls(server.tls.certificate_file, server.tls.key_file, password, server.tls.client_ca_file)


def _tell(found: Config, port: int) -> None:
    server = found.registry_server
    scheme = "https" if server.tls else "http"
    host = f"[{server.host}]" if ":" in server.host else server.host
    say(f"schemas of {found.registry.path} at {scheme}://{host}:{port}")
    if server.accounts and not server.tls and server.host not in ("127.0.0.1", "::1", "localhost"):
        warn("passwords travel unencrypted: write [registry_server.tls]")
