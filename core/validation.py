"""Whether a notification is what its schema says, contents too; and its payload as RFC 7951 JSON, whatever it came in.

Two steps, since anydata is opaque to libyang: envelope and notification by the schema, then the contents (or
each edit of a yang-patch at its target) by the schema's data nodes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from yangbeam.core.elements import Bound, Notification, Validated
from yangbeam.core.errors import InvalidInstanceError, NotificationError
from yangbeam.core.mending import Mended, fully, quickly
from yangbeam.core.notification.kinds import KINDS
from yangbeam.core.notification.leaf_names import HISTORY, Fact
from yangbeam.core.notification.slices import contents_of, edits_of, envelope_of, members_of
from yangbeam.core.notification.wrappers import ENVELOPE
from yangbeam.core.transcription import UNTYPED, is_json, transcribed
from yangbeam.core.yang.engine import Choice, EnginesDisagreeError
from yangbeam.core.yang.mending.findings import HABIT, UNKNOWN, Finding, set_aside
from yangbeam.core.yang.mending.findings import INVALID as INVALID_NODE
from yangbeam.core.yang.mending.habits import HABITS
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.sid_files import NO_SIDS, SidNames
from yangbeam.core.yang.transcode import Context

STAGE: Final = "validate"

VALID: Final = "valid"
PRUNED: Final = "pruned"
NORMALISED: Final = "normalised"
INVALID: Final = "invalid"
UNVALIDATED: Final = "unvalidated"
JUDGED: Final = frozenset((VALID, PRUNED, NORMALISED))
"""What its schema accepts, as it is published."""

PRUNE: Final = "prune"
REJECT: Final = "reject"
PASS: Final = "pass-and-mark"  # noqa: S105 # no password
MAX_PATHS: Final = 5
"""Paths of nodes set aside that a message names."""
MAX_PATH: Final = 200
"""Characters of one."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is judged, and what becomes of what fails.

    Attributes:
        validate: Judge at all; False marks everything ``unvalidated``.
        unknown: What becomes of nodes that no schema at hand describes: PRUNE, REJECT or PASS, the last two with their
            message.
        invalid: The same of nodes that contradict their schema.
        accept: Names of the habits of vendors that are understood.
        originals: Which originals of pruned messages are kept: ``all``, ``sample`` or ``none``.
        pass_unbound: Pass messages without a schema on, marked, instead of a dead letter.
        choice: Who judges contents and edits, and how strictly.
        sids: What the operator's .sid files name, for CBOR.
    """

    validate: bool = True
    unknown: str = PRUNE
    invalid: str = REJECT
    accept: frozenset[str] = frozenset(HABITS)
    originals: str = "sample"
    pass_unbound: bool = False
    choice: Choice = field(default_factory=Choice)
    sids: SidNames = NO_SIDS


class Judgement(NamedTuple):
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


def judgement(bound: Bound, schema_of: Callable[[int], Schema], policy: Policy) -> Judgement:
    """Returns the notification with its verdict and JSON, and what was done to it.

    Args:
        bound: The notification.
        schema_of: Registered schema by id.
        policy: What is judged, and what becomes of what fails.

    Raises:
        InvalidInstanceError: The schema refuses it, and the policy neither mends it nor passes it on.
    """
    if bound.schema_id is None or not policy.validate:
        return Judgement(_passed_on(bound, UNVALIDATED, bound.how))
    schema = schema_of(bound.schema_id)
    if schema.mending.is_expected and policy.unknown == PRUNE and is_json(bound.notification):
        judged = _at_once(bound, schema, policy)
        if judged is not None:
            return judged
    try:
        notification = bound.notification
        if not is_json(notification):
            notification = transcribed(notification, Context(schema.tree, sids=policy.sids))
        _check(notification, schema, policy.choice)
    except (InvalidInstanceError, NotificationError) as error:
        return _second(bound, schema, policy, error)
    return Judgement(_validated(bound, VALID, notification))


def _at_once(bound: Bound, schema: Schema, policy: Policy) -> Judgement | None:
    """The short way of messages whose like were pruned before: by names, and without libyang; None: not this one."""
    try:
        _check(bound.notification, schema, policy.choice, hastily=True)
        return Judgement(_validated(bound, VALID, bound.notification))
    except (InvalidInstanceError, NotificationError):
        pass
    try:
        mended = quickly(bound.notification, schema.mending.places, policy.accept)
        if mended is None or mended.is_empty:
            schema.mending.is_expected = False
            return None
        _check(mended.notification, schema, policy.choice)
    except (InvalidInstanceError, NotificationError):
        return None
    return _mended(bound, mended)


def _second(bound: Bound, schema: Schema, policy: Policy, error: InvalidInstanceError | NotificationError) -> Judgement:
    """The second look at what was refused: node by node, by the policy.

    Raises:
        InvalidInstanceError: It dies all the same.
    """
    unknown, invalid = policy.unknown, policy.invalid
    try:
        mended = _looked_through(bound.notification, schema, policy)
    except (InvalidInstanceError, NotificationError):
        return _refused_or_passed(bound, schema, policy, error, invalid)
    is_unknown = any(found.kind == UNKNOWN for found in mended.findings)
    if is_unknown and unknown == REJECT:
        return _refused_or_passed(bound, schema, policy, _first_unknown(mended, error), unknown)
    misfit: InvalidInstanceError | NotificationError | None = None
    try:
        if mended.findings:
            _check(mended.notification, schema, policy.choice)
        else:
            misfit = error
    except (InvalidInstanceError, NotificationError) as found:
        misfit = found
    if misfit is not None and invalid == PRUNE and not isinstance(misfit, EnginesDisagreeError):
        mended, misfit = _without_invalid(bound.notification, schema, policy, misfit)
    if misfit is not None:
        return _refused_or_passed(bound, schema, policy, misfit, invalid)
    if is_unknown and unknown == PASS:
        return _refused_or_passed(bound, schema, policy, error, unknown)
    if mended.is_empty and any(found.kind != HABIT for found in mended.findings):
        return _refused_or_passed(bound, schema, policy, error, REJECT)
    schema.mending.is_expected = bool(mended.findings)
    return _mended(bound, mended)


def _looked_through(notification: Notification, schema: Schema, policy: Policy, *, invalid: bool = False) -> Mended:
    """Looks at every node of a notification, and at its own members and envelope where they were refused."""
    if not is_json(notification):
        notification = transcribed(notification, Context(schema.tree, untyped_unknown=True, sids=policy.sids))
    lenient = policy.choice.profile == "structural"
    means = schema.mending.means(policy.accept, invalid=invalid, foreign=lenient)
    refused = {}
    for name, members in _levels(notification, schema):
        node = schema.tree.notifications.get(name) or schema.tree.data.get(name)
        try:
            schema.validate_members(name, members, lenient=lenient)
        except InvalidInstanceError:
            if node is None:
                raise
            refused[name] = node
    return fully(notification, means, refused)


def _without_invalid(
    notification: Notification, schema: Schema, policy: Policy, misfit: InvalidInstanceError | NotificationError
) -> tuple[Mended, InvalidInstanceError | NotificationError | None]:
    """Sets aside what contradicts its schema as well; returns what is left, and what is still wrong with it."""
    mended = _looked_through(notification, schema, policy, invalid=True)
    if not any(found.kind == INVALID_NODE for found in mended.findings):
        return mended, misfit
    try:
        _check(mended.notification, schema, policy.choice)
    except (InvalidInstanceError, NotificationError) as error:
        return mended, error
    return mended, None


def _first_unknown(
    mended: Mended, error: InvalidInstanceError | NotificationError
) -> InvalidInstanceError | NotificationError:
    """Words the refusal of an unknown node, where what was refused first is a habit that is understood."""
    if not any(found.kind == HABIT for found in mended.findings):
        return error
    found = next(found for found in mended.findings if found.kind == UNKNOWN)
    return InvalidInstanceError(
        found.name, f"{found.path}: {found.rule}", path=found.path, rule=found.rule, module=found.module
    )


def _refused_or_passed(
    bound: Bound, schema: Schema, policy: Policy, error: InvalidInstanceError | NotificationError, fate: str
) -> Judgement:
    """Passes a refused message on as it came, marked, or raises what is wrong with it."""
    refused = _refused(error, bound.schema_id)
    if fate != PASS:
        raise refused from error
    return Judgement(
        _passed_on(bound, INVALID, str(refused), Context(schema.tree, untyped_unknown=True, sids=policy.sids))
    )


def _mended(bound: Bound, mended: Mended) -> Judgement:
    """The verdict of a message that is not as its publisher sent it."""
    aside = set_aside(mended.findings)
    validated = _validated(bound, PRUNED if aside else NORMALISED, mended.notification)
    return Judgement(
        msgspec.structs.replace(
            validated,
            nodes=len(aside),
            paths=tuple(found.path[:MAX_PATH] for found in aside[:MAX_PATHS]),
            habits=tuple(dict.fromkeys(found.name for found in mended.findings if found.kind == HABIT)),
        ),
        mended.findings,
    )


def _validated(bound: Bound, verdict: str, json: Notification, why: str = "") -> Validated:
    """The original message rides along; the path becomes the one in the JSON."""
    if json is not bound.notification:
        original = msgspec.structs.replace(bound.notification, path=json.path)
        bound = msgspec.structs.replace(bound, notification=original)
    return Validated(bound, verdict, json.message.payload, why)


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


def _check(notification: Notification, schema: Schema, choice: Choice, *, hastily: bool = False) -> None:
    """Judges the notification and its envelope around the contents, then these; hastily: without asking libyang.

    In the profile ``structural`` a misfit of what drafts add by augmentation is excused: their leaves change names from
    revision to revision, and the set at hand may not be the publisher's. What RFC 8639 and 8641 define never is.
    """
    lenient = choice.profile == "structural"
    times = notification.observed_at or "", notification.point_in_time or "", notification.event_time or ""
    if notification.exact and schema.fits_exactly(*times):
        contents = contents_of(notification)
        if contents is not None:
            schema.engine.judge_contents(contents, choice, hastily=hastily)
            return
    members = members_of(notification)
    contents = _taken_out(members) if notification.kind == "push-update" else None
    quirks = schema.validate_members(_qualified(notification), members, lenient=lenient)
    if notification.path[0] == ENVELOPE and schema.has_structure(ENVELOPE):
        quirks += schema.validate_members(ENVELOPE, envelope_of(notification), lenient=lenient)
    if notification.exact and not quirks:
        schema.remember_exact(*times)
    if contents is not None:
        schema.engine.judge_contents(contents, choice, hastily=hastily)
    elif notification.kind == "push-change-update":
        schema.engine.judge_edits(edits_of(notification), choice, hastily=hastily)


def _levels(notification: Notification, schema: Schema) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yields the notification and its envelope: name and members, without contents."""
    members = members_of(notification)
    if notification.kind == "push-update":
        _taken_out(members)
    yield _qualified(notification), members
    if notification.path[0] == ENVELOPE and schema.has_structure(ENVELOPE):
        yield ENVELOPE, envelope_of(notification)


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
