"""Whether a notification is what its schema says, contents too; and its payload as RFC 7951 JSON, whatever it came in.

What is valid stays as it is. What was refused gets a second look, node by node (``core.second_look``), by the policy.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from yangbeam.core.checking import check
from yangbeam.core.elements import Bound, Notification, Validated
from yangbeam.core.errors import InvalidInstanceError, NotificationError, SchemaError
from yangbeam.core.mending import Mended, in_one_pass, quickly
from yangbeam.core.notification.kinds import KIND_OF
from yangbeam.core.policy import INVALID, NORMALISED, PASS, PRUNE, PRUNED, UNVALIDATED, VALID, Policy
from yangbeam.core.second_look import Misfit, second_look, spelt_anew
from yangbeam.core.transcription import UNTYPED, is_json, transcribed
from yangbeam.core.yang.mending.findings import HABIT, Finding, set_aside
from yangbeam.core.yang.mending.mending import SURE
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.transcode import Context

STAGE: Final = "validate"
MAX_PATHS: Final = 5
"""Paths of nodes set aside that a message names."""
MAX_PATH: Final = 200
"""Characters of one."""
_ABOUT_DATA: Final = frozenset({"push-update", "push-change-update"})


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """What was found of one notification.

    Attributes:
        validated: It, with its verdict and JSON.
        findings: What was set aside or spelt anew in it.
    """

    validated: Validated
    findings: Sequence[Finding] = ()


def judge(bound: Bound, schema_of: Callable[[int], Schema], policy: Policy) -> Validated:
    """As ``judgement``, for who asks for no findings."""
    return judgement(bound, schema_of, policy).validated


def judgement(
    bound: Bound, schema_of: Callable[[int], Schema], policy: Policy, own: Callable[[], Schema] | None = None
) -> Judgement:
    """Returns the notification with its verdict and JSON, and what was done to it.

    Args:
        bound: The notification.
        schema_of: Registered schema by id.
        policy: What is judged, and what becomes of what fails.
        own: Schema of the notifications alone, for the types of what is passed on without one; None: all is text.

    Raises:
        InvalidInstanceError: The schema refuses it, and the policy neither mends it nor passes it on.
    """
    if bound.schema_id is None or not policy.validate:
        return Judgement(_passed_on(bound, UNVALIDATED, bound.how, _context(bound, policy, own)))
    schema = schema_of(bound.schema_id)
    if schema.mending.streak and policy.unknown == PRUNE and _goes_at_once(bound.notification):
        judged = _at_once(bound, schema, policy)
        if judged is not None:
            return judged
    try:
        notification = bound.notification
        if not is_json(notification):
            notification = transcribed(notification, Context(schema.tree, sids=policy.sids))
        excused = check(notification, schema, policy.choice)
    except (InvalidInstanceError, NotificationError) as error:
        return _by_policy(bound, schema, policy, second_look(bound.notification, schema, policy, error))
    if excused and notification.kind in KIND_OF and notification.kind not in _ABOUT_DATA:
        mended = spelt_anew(notification, schema, policy)
        if mended is not None:
            return _mended(bound, mended)
    return Judgement(_validated(bound, VALID, notification))


def _context(bound: Bound, policy: Policy, own: Callable[[], Schema] | None) -> Context:
    """What types the notification around contents of which no schema is known; none where it is JSON already."""
    if own is None or is_json(bound.notification):
        return UNTYPED
    try:
        return Context(own().tree, untyped_unknown=True, sids=policy.sids)
    except SchemaError:
        return UNTYPED


def _goes_at_once(notification: Notification) -> bool:
    return notification.kind in _ABOUT_DATA and is_json(notification)


def _at_once(bound: Bound, schema: Schema, policy: Policy) -> Judgement | None:
    """The short way of messages whose like were mended before: without libyang; None: it is not for this one."""
    mending, notification = schema.mending, bound.notification
    try:
        found = in_one_pass(notification, schema, policy)
        if found is not None:
            payload, findings = found
            mending.streak += bool(findings)
            return _published(bound, payload, findings)
        if mending.streak < SURE and _is_surely_valid(notification, schema, policy):
            return Judgement(_validated(bound, VALID, notification))
        mended = quickly(notification, mending.places, policy.accept)
        if mended is None or (mended.is_empty and set_aside(mended.findings)):
            mending.streak = 0
            return None
        check(mended.notification, schema, policy.choice)
    except (InvalidInstanceError, NotificationError):
        mending.streak = 0
        return None
    mending.streak += 1
    return _mended(bound, mended)


def _is_surely_valid(notification: Notification, schema: Schema, policy: Policy) -> bool:
    try:
        check(notification, schema, policy.choice, hastily=True)
    except (InvalidInstanceError, NotificationError):
        return False
    return True


def _by_policy(bound: Bound, schema: Schema, policy: Policy, found: Mended | Misfit) -> Judgement:
    """Marks what was mended; what was not is passed on as it came, marked, or refused.

    Raises:
        InvalidInstanceError: What is wrong with it.
    """
    if isinstance(found, Mended):
        schema.mending.streak += 1
        return _mended(bound, found)
    refused = _refused(found.error, bound.schema_id)
    if found.fate != PASS:
        raise refused from found.error
    context = Context(schema.tree, untyped_unknown=True, sids=policy.sids)
    return Judgement(_passed_on(bound, INVALID, str(refused), context))


def _mended(bound: Bound, mended: Mended) -> Judgement:
    """The verdict of a message that is not as its publisher sent it."""
    return _published(_at_path_of(mended.notification, bound), mended.notification.message.payload, mended.findings)


def _published(bound: Bound, payload: bytes, findings: Sequence[Finding]) -> Judgement:
    """The verdict of a payload that its schema accepts, after what was done to it."""
    if not findings:
        return Judgement(Validated(bound, VALID, payload))
    aside = set_aside(findings)
    validated = Validated(
        bound,
        PRUNED if aside else NORMALISED,
        payload,
        nodes=len(aside),
        paths=tuple([found.path[:MAX_PATH] for found in aside[:MAX_PATHS]]),
        habits=_habits_in(findings) if len(aside) < len(findings) else (),
    )
    return Judgement(validated, findings)


def _habits_in(findings: Sequence[Finding]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([found.name for found in findings if found.kind == HABIT]))


def _at_path_of(json: Notification, bound: Bound) -> Bound:
    """The original message rides along; the path becomes the one in the JSON."""
    if json is bound.notification or json.path == bound.notification.path:
        return bound
    original = msgspec.structs.replace(bound.notification, path=json.path)
    return msgspec.structs.replace(bound, notification=original)


def _validated(bound: Bound, verdict: str, json: Notification, why: str = "") -> Validated:
    return Validated(_at_path_of(json, bound), verdict, json.message.payload, why)


def _passed_on(bound: Bound, verdict: str, why: str, context: Context = UNTYPED) -> Validated:
    """Passes a message on that was not proved valid: what was not JSON becomes JSON, what is unknown with its text."""
    try:
        return _validated(bound, verdict, transcribed(bound.notification, context), why)
    except NotificationError as error:
        raise InvalidInstanceError(error.reason, error.detail, schema_id=bound.schema_id) from error


def _refused(error: InvalidInstanceError | NotificationError, schema_id: int | None) -> InvalidInstanceError:
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
