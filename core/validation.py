"""Whether a notification is what its schema says, contents too; and its payload as RFC 7951 JSON, whatever it came in.

Two steps, since anydata is opaque to libyang: envelope and notification by the schema, then the contents (or
each edit of a yang-patch at its target) by the schema's data nodes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from yangbeam.core.elements import Bound, Notification, Validated
from yangbeam.core.errors import InvalidInstanceError, NotificationError
from yangbeam.core.notification.kinds import KINDS
from yangbeam.core.notification.leaf_names import HISTORY, Fact
from yangbeam.core.notification.slices import contents_of, edits_of, envelope_of, members_of
from yangbeam.core.notification.wrappers import ENVELOPE
from yangbeam.core.transcription import UNTYPED, is_json, transcribed
from yangbeam.core.yang.engine import Choice
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames
from yangbeam.core.yang.transcode import Context

STAGE: Final = "validate"

VALID: Final = "valid"
INVALID: Final = "invalid"
UNVALIDATED: Final = "unvalidated"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is judged, and what becomes of what fails.

    Attributes:
        validate: Judge at all; False marks everything ``unvalidated``.
        pass_invalid: Pass invalid messages on, marked, instead of a dead letter.
        pass_unbound: The same for messages without a schema.
        choice: Who judges contents and edits, and how strictly.
        sids: What the operator's .sid files name, for CBOR.
    """

    validate: bool = True
    pass_invalid: bool = False
    pass_unbound: bool = False
    choice: Choice = field(default_factory=Choice)
    sids: SidNames = NO_SIDS


def judge(bound: Bound, schema_of: Callable[[int], Schema], policy: Policy) -> Validated:
    """Returns the notification with its verdict and JSON.

    Args:
        bound: The notification.
        schema_of: Registered schema by id.
        policy: What is judged, and what becomes of what fails.

    Raises:
        InvalidInstanceError: The schema refuses it, and the policy does not pass it on.
    """
    if bound.schema_id is None or not policy.validate:
        return _passed_on(bound, UNVALIDATED, bound.how)
    schema = schema_of(bound.schema_id)
    try:
        notification = bound.notification
        if not is_json(notification):
            notification = transcribed(notification, Context(schema.tree, sids=policy.sids))
        _check(notification, schema, policy.choice)
    except (InvalidInstanceError, NotificationError) as error:
        refused = _refused(error, bound.schema_id)
        if not policy.pass_invalid:
            raise refused from error
        return _passed_on(bound, INVALID, str(refused))
    return _validated(bound, VALID, notification)


def _validated(bound: Bound, verdict: str, json: Notification, why: str = "") -> Validated:
    """The original message rides along; the path becomes the one in the JSON."""
    if json is not bound.notification:
        original = msgspec.structs.replace(bound.notification, path=json.path)
        bound = msgspec.structs.replace(bound, notification=original)
    return Validated(bound, verdict, json.message.payload, why)


def _passed_on(bound: Bound, verdict: str, why: str) -> Validated:
    """Passes a message on that was not proved valid: what was not JSON becomes JSON with every value as text."""
    try:
        return _validated(bound, verdict, transcribed(bound.notification, UNTYPED), why)
    except NotificationError as error:
        raise InvalidInstanceError(error.reason, error.detail, schema_id=bound.schema_id) from error


def _refused(error: InvalidInstanceError | NotificationError, schema_id: int) -> InvalidInstanceError:
    known = error if isinstance(error, InvalidInstanceError) else None
    kind = type(known) if known is not None else InvalidInstanceError
    return kind(
        error.reason,
        f"{error.detail} (schema {schema_id})",
        path=known.path if known else "",
        rule=known.rule if known else "",
        schema_id=schema_id,
        module=error.module,
    )


def _check(notification: Notification, schema: Schema, choice: Choice) -> None:
    """Judges the notification and its envelope around the contents, then these.

    In the profile ``structural`` a misfit of what drafts add by augmentation is excused: their leaves change names from
    revision to revision, and the set at hand may not be the publisher's. What RFC 8639 and 8641 define never is.
    """
    lenient = choice.profile == "structural"
    times = notification.observed_at or "", notification.point_in_time or "", notification.event_time or ""
    if notification.exact and schema.fits_exactly(*times):
        contents = contents_of(notification)
        if contents is not None:
            schema.engine.judge_contents(contents, choice)
            return
    members = members_of(notification)
    contents = _taken_out(members) if notification.kind == "push-update" else None
    quirks = schema.validate_members(_qualified(notification), members, lenient=lenient)
    if notification.path[0] == ENVELOPE and schema.has_structure(ENVELOPE):
        quirks += schema.validate_members(ENVELOPE, envelope_of(notification), lenient=lenient)
    if notification.exact and not quirks:
        schema.remember_exact(*times)
    if contents is not None:
        schema.engine.judge_contents(contents, choice)
    elif notification.kind == "push-change-update":
        schema.engine.judge_edits(edits_of(notification), choice)


def _taken_out(members: dict[str, bytes]) -> bytes | None:
    """Takes the contents out of a push-update's members; what is null stays, for the notification to be refused."""
    for name in _CONTENTS:
        if members.get(name, _NULL) != _NULL:
            return members.pop(name)
    return None


def _qualified(notification: Notification) -> str:
    """Returns ``module:name``: kinds of RFC 8639 and 8641 go by their own module, however they were spelt."""
    return _MODULES.get(notification.kind, notification.kind)


_NULL: Final = b"null"
_CONTENTS: Final = HISTORY[Fact.CONTENTS]
_MODULES: Final = {kind.name: f"{kind.module}:{kind.name}" for kind in KINDS}
