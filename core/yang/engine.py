"""Who judges contents and edits: the compiled judge accepts, libyang has the last word on everything else.

The compiled judge only ever accepts. What it does not accept goes to libyang for the verdict and the words; so does a
sample of what it accepted. Should libyang refuse one of those, the compiled judge of that schema is out of office for
the rest of the process, and the message is a dead letter of its own kind.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from yangbeam.core.errors import Fault, InvalidInstanceError
from yangbeam.core.notification.patch import Edit
from yangbeam.core.notification.target import Step, parse_target
from yangbeam.core.yang.compiled.edits import EditJudge
from yangbeam.core.yang.compiled.judge import CompiledJudge
from yangbeam.core.yang.edits import WITH_VALUE, Place
from yangbeam.core.yang.json_object import read_object
from yangbeam.core.yang.schema_set import SchemaSet
from yangbeam.core.yang.tree import Tree

COMPILED_PROFILE: Final = "structural"
"""The profile that is compiled; ``full`` asks for must, when and leafrefs, which are libyang's."""
DISAGREE: Final = "engines-disagree"
"""Reason of what the compiled judge accepted and libyang refused."""

_NOTHING: Final = re.compile(rb"\s*\{\s*\}\s*").fullmatch

_dismissed: set[str] = set()
"""Digests of the schemas whose compiled judge erred in this process."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How contents are judged.

    Attributes:
        profile: ``structural`` or ``full``.
        compiled: Ask the compiled judge first.
        sample: Of so many accepted texts libyang judges one again; 0: none.
    """

    profile: str = COMPILED_PROFILE
    compiled: bool = True
    sample: int = 1000


class ByLibyang(Protocol):
    """What the engine asks of the schema that it belongs to."""

    schema_set: SchemaSet
    tree: Tree

    def validate_contents(self, text: bytes, profile: str = ...) -> None:
        """Judges contents that were not parsed."""
        ...

    def judge(self, text: bytes, document: Mapping[str, Any], profile: str = ...) -> None:
        """Judges contents that were."""
        ...

    def validate_edit(self, target: Sequence[Step], operation: str, value: bytes | None = ...) -> Sequence[Place]:
        """Judges one edit, and returns what its target names."""
        ...


class EnginesDisagreeError(InvalidInstanceError):
    """libyang refuses what the compiled judge accepted: a defect of ours, whoever sent it."""

    fault = Fault.COLLECTOR


class Engine:
    """Judges by one schema, for the thread that loaded it.

    Args:
        schema: The loaded schema.
    """

    def __init__(self, schema: ByLibyang) -> None:
        self._schema = schema
        self._compiled = self.compiled = CompiledJudge(schema.tree)
        self._edits = EditJudge(self._compiled)
        self._digest = schema.schema_set.digest
        self._accepted = 0

    def left_to_libyang(self, names: Iterable[str]) -> Mapping[str, str]:
        """Returns schema path → why libyang judges it, below some top-level nodes; what is not there is compiled.

        Args:
            names: ``module:name`` of the nodes; those that the schema lacks are passed over.
        """
        self._compiled.meet(names)
        return self._compiled.left_out

    @property
    def is_dismissed(self) -> bool:
        """Says whether the compiled judge of this schema erred in this process."""
        return self._digest in _dismissed

    def judge_contents(self, text: bytes, choice: Choice, *, hastily: bool = False) -> None:
        """Judges the contents of a push-update, a JSON object (RFC 7951) of top-level data nodes.

        None at all are right: a filter may select nothing (RFC 8641 section 3.7).

        Args:
            text: Its bytes.
            choice: Who judges, and how strictly.
            hastily: Refuse what the compiled judge does not accept, without libyang's words.

        Raises:
            InvalidInstanceError: As ``Schema.validate_contents``; ``engines-disagree``.
        """
        compiled = self._is_compiled(choice)
        if compiled and self._compiled.accepts(text):
            if self._is_sampled(choice):
                self._judge_again(lambda: self._schema.validate_contents(text, choice.profile))
            return
        if hastily:
            raise _unsure()
        if _NOTHING(text):
            return
        document = read_object(text)
        self._schema.judge(text, document, choice.profile)
        if compiled:
            self._compiled.meet(document)  # the next ones of these nodes take the short way

    def accept(self, text: bytes, choice: Choice) -> bool:
        """Counts contents that were accepted by the same structs, and judges a sample again; False: these have no say.

        Raises:
            InvalidInstanceError: ``engines-disagree``.
        """
        if not self._is_compiled(choice):
            return False
        if self._is_sampled(choice):
            self._judge_again(lambda: self._schema.validate_contents(text, choice.profile))
        return True

    def judge_edits(self, edits: Sequence[Edit], choice: Choice, *, hastily: bool = False) -> None:
        """Judges the edits of a push-change-update, each at its own target; arguments as of ``judge_contents``.

        Raises:
            InvalidInstanceError: As ``Schema.validate_edit``; ``engines-disagree``.
            NotificationError: A target that cannot be read.
        """
        compiled = self._is_compiled(choice)
        for edit in edits:
            if compiled and self._accepts_edit(edit):
                if self._is_sampled(choice):
                    self._judge_again(lambda edit=edit: self._judge_edit(edit))  # type: ignore[misc] # bound now
            elif hastily and edit.operation in WITH_VALUE:
                raise _unsure()
            else:
                self._judge_edit(edit)

    def _accepts_edit(self, edit: Edit) -> bool:
        return edit.value is not None and edit.operation in WITH_VALUE and self._edits.accepts(edit.target, edit.value)

    def _judge_edit(self, edit: Edit) -> None:
        places = self._schema.validate_edit(parse_target(edit.target), edit.operation, edit.value)
        if edit.value is not None and edit.operation in WITH_VALUE:
            self._edits.learn(edit.target, places)

    def _is_compiled(self, choice: Choice) -> bool:
        return choice.compiled and choice.profile == COMPILED_PROFILE and self._digest not in _dismissed

    def _is_sampled(self, choice: Choice) -> bool:
        self._accepted += 1
        return choice.sample > 0 and self._accepted % choice.sample == 0

    def _judge_again(self, by_libyang: Callable[[], object]) -> None:
        try:
            by_libyang()
        except InvalidInstanceError as error:
            _dismissed.add(self._digest)
            detail = (
                f"the compiled judge accepted what libyang refuses, and judges no more by this schema: {error.detail}; "
                "please report this message"
            )
            raise EnginesDisagreeError(DISAGREE, detail, path=error.path, rule=error.rule) from error


def _unsure() -> InvalidInstanceError:
    return InvalidInstanceError("invalid-contents", "the compiled judge does not accept it")
