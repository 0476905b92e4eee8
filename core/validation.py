"""Whether a notification is what its schema says, contents too; and its payload as RFC 7951 JSON, whatever it came in.

Two steps, since anydata is opaque to libyang: the notification by the schema's notifications, then its contents (or each
edit of a yang-patch at its target) by the schema's data nodes.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from yangbeam.core.elements import Bound, MediaType, Notification, Validated
from yangbeam.core.errors import InvalidInstanceError, NotificationError
from yangbeam.core.notification.slices import contents_of, edits_of
from yangbeam.core.notification.target import parse_target
from yangbeam.core.schemas import Schemas
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.transcode import transcoded

STAGE: Final = "validate"

VALID: Final = "valid"
INVALID: Final = "invalid"
UNVALIDATED: Final = "unvalidated"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is judged, and what becomes of what fails.

    Attributes:
        validate: Judge at all; False marks everything ``unvalidated``.
        profile: ``structural`` or ``full``.
        pass_invalid: Pass invalid messages on, marked, instead of a dead letter.
        pass_unbound: The same for messages without a schema.
    """

    validate: bool = True
    profile: str = "structural"
    pass_invalid: bool = False
    pass_unbound: bool = False


def judge(bound: Bound, schemas: Schemas, policy: Policy) -> Validated:
    """Returns the notification with its verdict and JSON.

    Raises:
        InvalidInstanceError: The schema refuses it, and the policy does not pass it on; or it cannot be made JSON.
    """
    if bound.schema_id is None or not policy.validate:
        return Validated(bound, UNVALIDATED, _as_json(bound.notification, None), bound.how)
    schema = schemas.schema(bound.schema_id)
    try:
        json = _as_json(bound.notification, schema)
        _check(_as_message(bound.notification, json), schema, policy.profile)
    except (InvalidInstanceError, NotificationError) as error:
        refused = _with_schema(error, bound.schema_id)
        if not policy.pass_invalid:
            raise refused from error
        return Validated(bound, INVALID, _as_json(bound.notification, None), str(refused))
    return Validated(bound, VALID, json)


def _check(notification: Notification, schema: Schema, profile: str) -> None:
    schema.validate_notification(notification)
    if notification.kind == "push-update":
        contents = contents_of(notification)
        if contents is not None:
            schema.validate_contents(contents, profile)
    elif notification.kind == "push-change-update":
        for edit in edits_of(notification):
            schema.validate_edit(parse_target(edit.target), edit.operation, edit.value)
