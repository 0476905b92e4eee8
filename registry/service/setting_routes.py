"""Compatibility levels and modes: of all, of a context, of a subject."""

from typing import Any

import msgspec

from yangbeam.core.registered import Metadata
from yangbeam.registry.refusals import Code, RefusedError, no_subject
from yangbeam.registry.rule_sets import RuleSet
from yangbeam.registry.service.asking import Asked
from yangbeam.registry.service.serving import Service
from yangbeam.registry.settings import Config


class SentConfig(msgspec.Struct, rename="camel"):
    """A configuration as clients send it; what is null is not said, and members of no meaning here are passed over."""

    compatibility: str | None = None
    compatibility_level: str | None = None
    normalize: bool | None = None
    compatibility_group: str | None = None
    validate_fields: bool | None = None
    validate_names: bool | None = None
    default_metadata: Metadata | None = None
    override_metadata: Metadata | None = None
    default_rule_set: RuleSet | None = None
    override_rule_set: RuleSet | None = None
    alias: str | None = None


class SentMode(msgspec.Struct):
    """A mode as clients send it; null removes what is set."""

    mode: str | None = None


def get_config(service: Service, asked: Asked) -> dict[str, Any]:
    """GET /config[/{subject}]."""
    settings = service.registrar.settings
    if asked.scope == "" or asked.flag("defaultToGlobal"):
        return _shown(settings.effective_config(asked.scope))
    found = settings.config(asked.scope)
    if found is None or found.compatibility is None:
        raise RefusedError(
            Code.NO_COMPATIBILITY, f"Subject '{asked.scope}' does not have subject-level compatibility configured"
        )
    return _shown(found)


def put_config(service: Service, asked: Asked) -> dict[str, Any]:
    """PUT /config[/{subject}]."""
    sent = asked.read(SentConfig)
    level = sent.compatibility or sent.compatibility_level
    config = Config(
        level.upper() if level else None,
        *(sent.normalize, sent.compatibility_group, sent.validate_fields, sent.validate_names),
        default_metadata=sent.default_metadata,
        override_metadata=sent.override_metadata,
        default_rule_set=sent.default_rule_set,
        override_rule_set=sent.override_rule_set,
        alias=sent.alias,
    )
    service.registrar.settings.set_config(asked.scope, config)
    shown: dict[str, Any] = msgspec.to_builtins(config)
    return shown


def drop_config(service: Service, asked: Asked) -> dict[str, Any]:
    """DELETE /config[/{subject}]."""
    found = service.registrar.settings.drop_config(asked.scope)
    if found is None and asked.scope:
        raise no_subject(asked.scope)
    return _shown(found or service.registrar.settings.effective_config(asked.scope))


def get_mode(service: Service, asked: Asked) -> dict[str, str]:
    """GET /mode[/{subject}]."""
    settings = service.registrar.settings
    if asked.scope == "" or asked.flag("defaultToGlobal") or settings.mode("") == "READONLY_OVERRIDE":
        return {"mode": settings.effective_mode(asked.scope)}
    found = settings.mode(asked.scope)
    if found is None:
        raise RefusedError(Code.NO_MODE, f"Subject '{asked.scope}' does not have subject-level mode configured")
    return {"mode": found}


def put_mode(service: Service, asked: Asked) -> dict[str, str | None]:
    """PUT /mode[/{subject}]."""
    sent = asked.read(SentMode).mode
    if sent is None:
        service.registrar.settings.drop_mode(asked.scope)
        return {"mode": None}
    mode = sent.upper()
    service.registrar.settings.set_mode(asked.scope, mode, force=asked.flag("force"))
    return {"mode": mode}


def drop_mode(service: Service, asked: Asked) -> dict[str, str | None]:
    """DELETE /mode[/{subject}]; ``recursive``: also those of the context's subjects."""
    below = asked.flag("recursive")
    found = service.registrar.settings.drop_mode(asked.scope, below=below)
    if found is None and asked.scope and not below:
        raise no_subject(asked.scope)
    return {"mode": found or (None if asked.scope else "READWRITE")}


def _shown(config: Config) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(config)
    if "compatibility" in shown:
        shown["compatibilityLevel"] = shown.pop("compatibility")
    return shown
