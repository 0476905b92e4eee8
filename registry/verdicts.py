"""What RFC 7950 section 11 says of each version against the one before; kept, whether it was enforced or not."""

import logging
from functools import lru_cache
from typing import Final

import msgspec

from yangbeam.core.errors import SchemaError, SchemaPendingError
from yangbeam.core.registered import YANG
from yangbeam.core.yang.module_text import read_module_text
from yangbeam.registry.formats.known import judge_of
from yangbeam.registry.formats.yang_update import Update
from yangbeam.registry.registrar import Registrar
from yangbeam.registry.store import Version

_log: Final = logging.getLogger(__name__)

REMEMBERED: Final = 256
"""Comparisons that are remembered."""


class Verdict(msgspec.Struct, frozen=True, rename="camel"):
    """What was found.

    Attributes:
        subject: Whose version it is.
        version: Which.
        previous: The version that it was compared with: the one before that was not deleted.
        is_compatible: RFC 7950 section 11 allows it.
        errors: What it forbids; "module@revision:line: what".
        warnings: What cannot be decided.
    """

    subject: str
    version: int
    previous: int
    is_compatible: bool
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def verdict(registrar: Registrar, version: Version) -> Verdict | None:
    """Returns the verdict on a version, finding it if it was not found yet; None: there is nothing before it."""
    kept = registrar.store.verdict(version.subject, version.version)
    if kept is not None:
        return msgspec.json.decode(kept, type=Verdict)
    before = [each for each in registrar.store.versions(version.subject) if each.version < version.version]
    olds = [each for each in before if not each.is_deleted] or before
    if not olds or registrar.body(version.id).kind != YANG or registrar.body(olds[-1].id).kind != YANG:
        return None
    found = _found(registrar, version, olds[-1])
    registrar.store.put_verdict(version.subject, version.version, msgspec.json.encode(found))
    return found


def _found(registrar: Registrar, version: Version, old: Version) -> Verdict:
    said = _compared(registrar, version.id, old.id)
    place = (version.subject, version.version, old.version)
    return Verdict(*place, is_compatible=not said.errors, errors=said.errors, warnings=said.warnings)


@lru_cache(REMEMBERED)
def _compared(registrar: Registrar, new: int, old: int) -> Update:
    """Compares two schemas; nodes that are upgraded alike take one comparison, however many there are."""
    try:
        news, olds = registrar.parsed(registrar.body(new)), registrar.parsed(registrar.body(old))
        return judge_of(registrar.formats).update(news, olds, patient=True)
    except SchemaPendingError:
        raise
    except SchemaError as error:
        return Update((error.detail,))


def _is_of_a_module(registrar: Registrar, version: Version) -> bool:
    """Whether a subject is a module's own: what breaks in the sets of a thousand nodes is told once, of the module."""
    try:
        return version.subject.endswith(read_module_text(registrar.body(version.id).text).name)
    except SchemaError:
        return True


def judge(registrar: Registrar, most: int = 1) -> list[Verdict]:
    """Finds verdicts that are still to be found, and tells of what is not compatible."""
    found = []
    for subject, number in registrar.store.unjudged(most):
        version = registrar.store.version(subject, number)
        said = verdict(registrar, version) if version else None
        if said is None:
            registrar.store.forget_verdict(subject, number)
            continue
        found.append(said)
        if not said.is_compatible:
            _log.log(
                logging.WARNING if version and _is_of_a_module(registrar, version) else logging.INFO,
                "%s version %d breaks RFC 7950 section 11 against version %d: %s",
                *(subject, number, said.previous),
                "; ".join(said.errors[:3]),
            )
    return found
