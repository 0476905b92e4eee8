"""What becomes of a notification that its schema refused: looked at node by node, mended as far as the policy lets it.

First what no schema describes is set aside and habits are spelt anew; the rest is judged as any message. Only what is
still wrong then contradicts its schema: no rule of a schema can depend on a node that it does not have. Where that is
set aside as well, in the profile ``full`` a broken rule (mandatory, must, when, leafref, unique) takes the smallest
list entry or presence container around it along, until none is broken.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from yangbeam.core.checking import check, levels
from yangbeam.core.elements import Notification
from yangbeam.core.errors import InvalidInstanceError, NotificationError
from yangbeam.core.mending import Mended, fully, without, without_edit
from yangbeam.core.notification.patch import Edit
from yangbeam.core.notification.slices import edits_of
from yangbeam.core.policy import PASS, PRUNE, REJECT, Policy
from yangbeam.core.transcription import is_json, transcribed
from yangbeam.core.yang.engine import COMPILED_PROFILE, Choice, EnginesDisagreeError
from yangbeam.core.yang.mending.around import around, at
from yangbeam.core.yang.mending.findings import (
    HABIT,
    INVALID,
    INVALID_VALUE,
    LEFT_OUT,
    UNKNOWN,
    Finding,
    set_aside,
)
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.transcode import Context

MAX_ROUNDS: Final = 64
"""Broken rules that a message loses nodes for at most, each after another look by libyang."""
DEPENDENT: Final = "depends-on-pruned"
INVALID_EDIT: Final = "invalid-edit"
MAX_ALIKE: Final = 256
"""Nodes that are set aside for one broken rule at a time."""
_PREDICATES: Final = re.compile(r"""\[(?:[^\]"']|"[^"]*"|'[^']*')*\]""")
_NUMBERS: Final = re.compile(r"\[[0-9]+\]").search

Refused = InvalidInstanceError | NotificationError


class Misfit(NamedTuple):
    """What a message cannot be mended of.

    Attributes:
        error: What is wrong with it.
        fate: What the policy says becomes of it: REJECT or PASS.
    """

    error: Refused
    fate: str


def second_look(notification: Notification, schema: Schema, policy: Policy, error: Refused) -> Mended | Misfit:
    """Returns the notification as its schema accepts it, or what is wrong with it.

    Args:
        notification: As it came.
        schema: Its schema, which refused it.
        policy: What becomes of what fails.
        error: What was refused.
    """
    fate = PASS if policy.invalid == PASS else REJECT
    if isinstance(error, EnginesDisagreeError):
        return Misfit(error, fate)
    try:
        mended = _looked_through(notification, schema, policy)
    except (InvalidInstanceError, NotificationError):
        return Misfit(error, fate)
    is_unknown = any(found.kind == UNKNOWN for found in mended.findings)
    if is_unknown and (policy.unknown == REJECT or (policy.unknown == PRUNE and mended.is_empty)):
        return Misfit(_of_unknown(mended, error), REJECT)
    misfit = _misfit(mended, schema, policy) if mended.findings else error
    if misfit is not None and policy.invalid == PRUNE:
        mended, misfit = _without_invalid(notification, schema, policy)
        if misfit is None and mended.is_empty and set_aside(mended.findings):
            misfit, fate = error, REJECT
    if misfit is not None:
        return Misfit(misfit, fate)
    return Misfit(error, PASS) if is_unknown and policy.unknown == PASS else mended


def spelt_anew(notification: Notification, schema: Schema, policy: Policy) -> Mended | None:
    """Returns a valid notification with excused habits spelt anew; None: it has none that are understood.

    Args:
        notification: In JSON.
        schema: Its schema.
        policy: Which habits are understood.
    """
    try:
        mended = _looked_through(notification, schema, policy, excused=True)
        if not mended.findings or set_aside(mended.findings):
            return None
        check(mended.notification, schema, policy.choice)
    except (InvalidInstanceError, NotificationError):
        return None
    return mended


def _looked_through(
    notification: Notification, schema: Schema, policy: Policy, *, invalid: bool = False, excused: bool = False
) -> Mended:
    """Looks at every node; at the notification's own members and its envelope where they were refused, or excused."""
    if not is_json(notification):
        notification = transcribed(notification, Context(schema.tree, untyped_unknown=True, sids=policy.sids))
    lenient = policy.choice.profile == COMPILED_PROFILE
    means = schema.mending.means(policy.accept, invalid=invalid, foreign=lenient)
    refused = {}
    for name, members in levels(notification, schema):
        node = schema.tree.notifications.get(name) or schema.tree.data.get(name)
        try:
            is_odd = bool(schema.validate_members(name, members, lenient=lenient)) and excused
        except InvalidInstanceError:
            if node is None:
                raise
            is_odd = True
        if is_odd and node is not None:
            refused[name] = node
    return fully(notification, means, refused)


def _misfit(mended: Mended, schema: Schema, policy: Policy) -> Refused | None:
    """Returns what is wrong with what is left; None: nothing."""
    try:
        check(mended.notification, schema, policy.choice)
    except (InvalidInstanceError, NotificationError) as error:
        return error
    return None


def _without_invalid(notification: Notification, schema: Schema, policy: Policy) -> tuple[Mended, Refused | None]:
    """Sets aside what contradicts its schema as well; returns what is left, and what is still wrong with it."""
    mended = _looked_through(notification, schema, policy, invalid=True)
    for _ in range(MAX_ROUNDS):
        error = _misfit(mended, schema, policy)
        if error is None:
            return mended, None
        fewer = _without_refused(mended, schema, policy, error)
        if fewer is None:
            return mended, error
        mended = fewer
    return mended, InvalidInstanceError(DEPENDENT, f"more than {MAX_ROUNDS} rules are broken")


def _without_refused(mended: Mended, schema: Schema, policy: Policy, error: Refused) -> Mended | None:
    """Takes out what the judge refuses and the walk could not see; None: nothing of it can be set aside.

    Of edits the first that is refused; of contents the node that breaks its own type, or what is around a broken rule.
    """
    rule = error.rule if isinstance(error, InvalidInstanceError) else error.detail
    places = schema.mending.places
    if mended.notification.kind == "push-change-update":
        edits = edits_of(mended.notification)
        number = next((at for at, edit in enumerate(edits) if not _is_right(edit, schema, policy)), None)
        if number is None:
            return None
        found = Finding(INVALID, INVALID_EDIT, error.path or edits[number].target, "/", error.module, rule)
        return _with(mended, without_edit(mended.notification, number, places), found)
    if not error.path:
        return None
    own = _misfit(mended, schema, replace(policy, choice=Choice(COMPILED_PROFILE)))
    cause = INVALID_VALUE if own else DEPENDENT
    fewer = None if own else without(mended.notification, _alike(error.path, mended.findings), places, around)
    fewer = fewer or without(mended.notification, [error.path], places, at)
    if fewer is None:
        return None
    smaller, gone = fewer
    return _with(mended, smaller, *(Finding(INVALID, cause, path, node.path, node.module, rule) for path, node in gone))


def _alike(path: str, findings: Iterable[Finding]) -> list[str]:
    """Returns the path of a broken rule, and those where the same node was set aside: each lacks it as this one does.

    Entries without keys are left to the next look, as their numbers change.
    """
    place = _PREDICATES.sub("", path)
    alike = [found.path for found in findings if found.place == place and not _NUMBERS(found.path)]
    return list(dict.fromkeys((path, *alike)))[:MAX_ALIKE]


def _with(mended: Mended, smaller: Mended, *found: Finding) -> Mended:
    return Mended(smaller.notification, [*mended.findings, *found], smaller.is_empty)


def _is_right(edit: Edit, schema: Schema, policy: Policy) -> bool:
    try:
        schema.engine.judge_edits([edit], policy.choice)
    except (InvalidInstanceError, NotificationError):
        return False
    return True


def _of_unknown(mended: Mended, error: Refused) -> Refused:
    """Words a refusal as what was found of the unknown node that it is about.

    That is another one where what was refused first is a habit that is understood, or lacks what was left out.
    """
    unknown = [found for found in mended.findings if found.kind == UNKNOWN]
    is_of_data = error.reason in ("invalid-contents", "invalid-edit", "module-missing")
    meant = next((found for found in unknown if is_of_data and found.path == error.path), unknown[0])
    if meant.path != error.path and meant.name != LEFT_OUT and not any(each.kind == HABIT for each in mended.findings):
        return error
    return InvalidInstanceError(
        meant.name, f"{meant.path}: {meant.rule}", path=meant.path, rule=meant.rule, module=meant.module
    )
