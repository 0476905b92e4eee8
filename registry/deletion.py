"""Which versions and subjects may be deleted, and how far: hidden first, forgotten only then."""

from yangbeam.registry.appending import LATEST
from yangbeam.registry.refusals import Code, RefusedError, no_subject, no_version
from yangbeam.registry.registrar import Registrar
from yangbeam.registry.store import Version


def delete_version(registrar: Registrar, subject: str, version: int, *, permanent: bool) -> int:
    """Deletes one version and returns its number; with the last one goes what is configured of the subject.

    Raises:
        RefusedError: 40401, 40402, 40406, 40407, 42205, 42206.
    """
    registrar.writable(subject)
    store = registrar.store
    with store.writing():
        found = _found(registrar, subject, version)
        name = f"Subject '{subject}' Version {found.version}"
        if permanent and not found.is_deleted:
            raise RefusedError(
                Code.VERSION_NOT_DELETED, f"{name} was not deleted first before being permanently deleted"
            )
        if not permanent and found.is_deleted:
            raise RefusedError(
                Code.VERSION_DELETED, f"{name} was soft deleted.Set permanent=true to delete permanently"
            )
        _refuse_needed(registrar, [found])
        if permanent:
            store.erase(subject, found.version)
        else:
            store.soft_delete(subject, found.version)
            if all(each.is_deleted for each in store.versions(subject)):
                registrar.settings.forget(subject)
    return found.version


def delete_subject(registrar: Registrar, subject: str, *, permanent: bool) -> list[int]:
    """Deletes all versions of a subject and returns their numbers; what is configured of it goes too.

    Raises:
        RefusedError: 40401, 40404, 40405, 42205, 42206.
    """
    registrar.writable(subject)
    store = registrar.store
    with store.writing():
        versions = store.versions(subject)
        live = [version for version in versions if not version.is_deleted]
        if not versions:
            raise no_subject(subject)
        if permanent and live:
            raise RefusedError(
                Code.SUBJECT_NOT_DELETED, f"Subject '{subject}' was not deleted first before being permanently deleted"
            )
        if not permanent and not live:
            what = f"Subject '{subject}' was soft deleted.Set permanent=true to delete permanently"
            raise RefusedError(Code.SUBJECT_DELETED, what)
        chosen = versions if permanent else live
        _refuse_needed(registrar, chosen, outside=subject)
        for version in chosen:
            (store.erase if permanent else store.soft_delete)(subject, version.version)
        registrar.settings.forget(subject)
    return [version.version for version in chosen]


def _found(registrar: Registrar, subject: str, version: int) -> Version:
    if version == LATEST:
        return registrar.version(subject, version)
    versions = registrar.store.versions(subject)
    if not versions:
        raise no_subject(subject)
    found = next((each for each in versions if each.version == version), None)
    if found is None:
        raise no_version(version)
    return found


def _refuse_needed(registrar: Registrar, versions: list[Version], outside: str = "") -> None:
    """Refuses what other schemas need; those of a subject that goes as a whole need nothing any more."""
    for version in versions:
        needing = registrar.store.referenced_by(version.subject, version.version, outside=outside)
        if needing:
            key = f"{{magic=1,keytype=SCHEMA,subject={version.subject},version={version.version}}}"
            raise RefusedError(Code.REFERENCE_EXISTS, f"One or more references exist to the schema {key}.")
