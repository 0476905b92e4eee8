"""How subjects are named: contexts, and which names are none."""

from typing import Final

from yangbeam.registry.refusals import Code, RefusedError

DEFAULT: Final = "."
"""The context of subjects that name none."""
GLOBAL: Final = "__GLOBAL"
_EVERYWHERE: Final = (DEFAULT, ".__GLOBAL")
"""Contexts whose settings are those of all."""
MAX_LENGTH: Final = 1024


def context_of(subject: str) -> str:
    """Returns the context of a subject.

    >>> context_of(":.lab:ietf-interfaces"), context_of("ietf-interfaces")
    ('.lab', '.')
    """
    if subject.startswith(":.") and ":" in subject[2:]:
        return subject[1 : subject.index(":", 2)]
    return DEFAULT


def bare(subject: str) -> str:
    """Returns a subject without its context.

    >>> bare(":.lab:a"), bare("a")
    ('a', 'a')
    """
    return subject.removeprefix(scope_of(context_of(subject)))


def qualified(context: str, name: str) -> str:
    """Returns a subject's whole name: as it is when it names its context, else in the given one.

    >>> qualified(".lab", "a"), qualified(".", "a"), qualified(".lab", ":.:a"), qualified(".", ":.lab:a")
    (':.lab:a', 'a', 'a', ':.lab:a')
    """
    if name.startswith(":.") and ":" in name[2:]:
        return name.removeprefix(":.:")
    return name if context == DEFAULT else f":{context}:{name}"


def scope_of(context: str) -> str:
    """Returns under which name a context's settings are kept; that of the default context is empty: all."""
    return "" if context in _EVERYWHERE else f":{context}:"


def checked(subject: str) -> str:
    """Returns a subject that may be registered.

    Raises:
        RefusedError: 42208.
    """
    name = bare(subject)
    if not name or len(subject) > MAX_LENGTH or name in (GLOBAL, "__EMPTY") or not name.isprintable():
        raise RefusedError(Code.INVALID_SUBJECT, f"The specified subject '{subject[:80]}' is not a valid subject.")
    return subject
