"""One base for every expected failure, saying whose fault it is and what to do."""

from typing import Self

from yangbeam.core.cause_table import CAUSES
from yangbeam.core.fault import Fault as Fault  # noqa: PLC0414 # handed on: part of an error


class YangbeamError(Exception):
    """Base of every expected failure: only its children may become dead letters.

    Attributes:
        reason: A stable code in kebab case; the key under which it is counted. Of what may become a dead letter a
            name of the table of causes.
        fault: Whose fault it is: as the table of causes says, else as the class does.
        detail: What an operator reads: what was found, where, and what to do next.
        module: Module that is missing, or at fault; empty where none is. Of several that are missing the most needed.
        also: The others that are missing, most needed first; bounded.
        absent: All that are missing of what was asked for, where that is known: whoever asks leaves them out at once.
        path: Instance path that it is about; empty where there is none.
    """

    fault: Fault = Fault.DEVICE
    module: str = ""
    also: tuple[str, ...] = ()
    absent: frozenset[str] = frozenset()
    path: str = ""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        cause = CAUSES.get(reason)
        if cause is not None:
            self.fault = cause.fault

    def __str__(self) -> str:
        return f"{self.detail} [{self.reason}; {self.fault}]"

    def reworded(self, detail: str) -> Self:
        """Returns an equal error that says more."""
        again = self.anew()
        again.args, again.detail = (self.reason, detail), detail
        return again

    def anew(self) -> Self:
        """Returns an equal error to keep or to raise: each raise adds its frames, and what they hold, to its own."""
        again = type(self).__new__(type(self), *self.args)
        again.__dict__.update(self.__dict__)
        return again


class WireError(YangbeamError):
    """A datagram or segment that breaks the transport's rules; the only error that leaves a wire codec."""


class NotificationError(YangbeamError):
    """A payload that is no notification; the only error that leaves the notification decoders."""


class SchemaError(YangbeamError):
    """A schema that is missing, incomplete or does not compile."""

    fault = Fault.CONFIGURATION

    def __init__(self, reason: str, detail: str, *, module: str = "") -> None:
        super().__init__(reason, detail)
        self.module = module


class SchemaPendingError(SchemaError):
    """A schema that is being fetched, or that a registry out of reach is still owed for: ask again.

    ``Schemas.resolve`` raises it at once, without waiting; whoever asked holds the message and asks again later. As a
    dead letter it means that the wait was in vain.
    """

    fault = Fault.ENVIRONMENT


class CannotReadLibyangError(YangbeamError):
    """The libyang of this machine is missing, or is not the one that yangbeam was built for."""

    fault = Fault.ENVIRONMENT


class InvalidInstanceError(YangbeamError):
    """Data that its schema refuses.

    Attributes:
        path: Instance path of the offending node, RFC 7951 names; empty when libyang does not say.
        rule: The rule that was broken, in the validator's words.
        schema_id: The registered schema that refused it; None before registration.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        path: str = "",
        rule: str = "",
        schema_id: int | None = None,
        module: str = "",
    ) -> None:
        super().__init__(reason, detail)
        self.path = path
        self.module = module
        self.rule = rule
        self.schema_id = schema_id


class UnmappableValueError(YangbeamError):
    """A value that the derived table's column type cannot hold."""


class ConfigurationError(YangbeamError):
    """Something the operator wrote; reported before anything starts."""

    fault = Fault.CONFIGURATION
