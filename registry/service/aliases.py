"""Other names of subjects: a request that names an alias asks for the subject that it is configured to mean."""

from dataclasses import replace

from yangbeam.registry.service.asking import Asked
from yangbeam.registry.settings import Settings
from yangbeam.registry.subjects import DEFAULT, qualified


def meant(settings: Settings, asked: Asked, path: str) -> Asked:
    """Returns a request with the subject that it means.

    Settings are those of the name itself; an alias of a context or of all means nothing, as in Confluent's API.

    Args:
        settings: What is configured.
        asked: The request.
        path: That of its route.
    """
    if path.startswith(("/subjects/", "/compatibility/")):
        subject = _alias(settings, asked.subject)
        return replace(asked, params={**asked.params, "subject": subject}, context=DEFAULT) if subject else asked
    wanted = asked.query.get("subject", "")
    if path.startswith("/schemas/ids/") and wanted:
        subject = _alias(settings, qualified(asked.context, wanted))
        return replace(asked, query={**asked.query, "subject": subject}, context=DEFAULT) if subject else asked
    return asked


def _alias(settings: Settings, subject: str) -> str:
    config = settings.config(subject) if subject and not subject.endswith(":") else None
    return (config.alias if config is not None else None) or ""
