"""What the registry refuses, and by which error code: the numbers of Confluent's API, and our own from …90."""

from enum import Enum
from typing import Final

from yangbeam.core.errors import SchemaError


class Code(Enum):
    """Error codes: (code, HTTP status, what it means)."""

    UNAUTHORIZED = (40101, 401, "Who asks is not known.")
    FORBIDDEN = (40301, 403, "Who asks may read, not write.")
    NO_ROUTE = (404, 404, "There is no such route.")
    NO_METHOD = (405, 405, "The route has no such method.")
    NOT_ACCEPTABLE = (406, 406, "The answer is JSON, which the request does not accept.")
    UNSUPPORTED_MEDIA = (415, 415, "The request's body is not JSON.")
    NO_SUBJECT = (40401, 404, "The subject is not registered.")
    NO_VERSION = (40402, 404, "The subject has no such version.")
    NO_SCHEMA = (40403, 404, "The schema, or the id, is not registered.")
    SUBJECT_DELETED = (40404, 404, "The subject is soft-deleted already.")
    SUBJECT_NOT_DELETED = (40405, 404, "A subject is soft-deleted before it is deleted permanently.")
    VERSION_DELETED = (40406, 404, "The version is soft-deleted already.")
    VERSION_NOT_DELETED = (40407, 404, "A version is soft-deleted before it is deleted permanently.")
    NO_COMPATIBILITY = (40408, 404, "The subject has no compatibility level of its own.")
    NO_MODE = (40409, 404, "The subject has no mode of its own.")
    NOT_RESOLVED = (40490, 404, "No resolver has the schema of that exporter.")
    NO_VERDICT = (40491, 404, "The version has no predecessor to be judged against.")
    NO_ASSOCIATIONS = (40492, 404, "This registry keeps no associations.")
    NO_SUBSCRIPTION = (40493, 404, "The node tells nothing of that subscription, or is not to be asked.")
    INCOMPATIBLE = (409, 409, "The schema is incompatible with an earlier one.")
    INVALID_SCHEMA = (42201, 422, "The schema is invalid, or needs what is not registered.")
    INVALID_VERSION = (42202, 422, "The version is not a positive number, latest or -1.")
    INVALID_COMPATIBILITY = (42203, 422, "There is no such compatibility level.")
    INVALID_MODE = (42204, 422, "There is no such mode.")
    NOT_PERMITTED = (42205, 422, "The mode does not permit it.")
    REFERENCE_EXISTS = (42206, 422, "Other schemas need the version.")
    ID_MISMATCH = (42207, 422, "The id is another schema's, or the schema has another id.")
    INVALID_SUBJECT = (42208, 422, "The subject's name is not one.")
    TOO_LARGE = (42209, 422, "The schema is larger than the registry takes.")
    INVALID_RULES = (42210, 422, "The rule set is not one.")
    CONTEXT_NOT_EMPTY = (42211, 422, "Subjects are in the context.")
    INVALID_REQUEST = (42290, 422, "The request is not as documented.")
    INTERNAL = (50001, 500, "The store failed, or the registry has a defect.")
    TIMEOUT = (50002, 500, "The operation took too long.")
    BUSY = (50390, 503, "Too many schemas wait for being compiled: ask again.")
    NODE_AWAY = (50490, 504, "The node could not be asked, or did not answer in time.")

    @property
    def number(self) -> int:
        """The error_code."""
        return self.value[0]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[1]

    @property
    def meaning(self) -> str:
        """What it means, for the documentation."""
        return self.value[2]


_CAUSES: Final = {Code.INCOMPATIBLE: "registry-incompatible", Code.INVALID_SCHEMA: "schema-invalid"}
"""What a refusal counts as when it costs a message; all others are ``registry-refused``."""


class RefusedError(SchemaError):
    """A request that the registry refuses.

    Attributes:
        code: Why.
        messages: Single findings, of an incompatibility.
    """

    def __init__(self, code: Code, detail: str, messages: tuple[str, ...] = ()) -> None:
        super().__init__(_CAUSES.get(code, "registry-refused"), detail)
        self.code = code
        self.messages = messages


def no_subject(subject: str) -> RefusedError:
    """Returns the refusal of a subject that is not there."""
    return RefusedError(Code.NO_SUBJECT, f"Subject '{subject}' not found.")


def no_version(version: object) -> RefusedError:
    """Returns the refusal of a version that is not there."""
    return RefusedError(Code.NO_VERSION, f"Version {version} not found.")


def invalid(detail: str) -> RefusedError:
    """Returns the refusal of a schema that is none."""
    return RefusedError(Code.INVALID_SCHEMA, detail)


def invalid_schema(kind: str, detail: str) -> RefusedError:
    """Returns the refusal of a schema that is none of its kind, in the words of what judged it."""
    return invalid(f"Invalid schema of type {kind}, details: {detail}")
