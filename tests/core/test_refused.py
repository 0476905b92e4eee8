"""Refused messages, of every reason: each is refused for that reason, and nothing keeps it alive afterwards."""

import ast
import gc
import itertools
import tracemalloc
from pathlib import Path

import pytest

from tests.builders import message, payload
from tests.refused import DECODE, VALIDATE, refused_messages
from yangbeam.core.dead_letter import letter_of_message, letter_of_notification
from yangbeam.core.elements import Bound, DeadLetter, Message
from yangbeam.core.errors import NotificationError, YangbeamError
from yangbeam.core.notification.decode import decode
from yangbeam.core.policy import Policy
from yangbeam.core.validation import judge
from yangbeam.core.yang.engine import Choice
from yangbeam.core.yang.schema import Schema

ROUND = len(DECODE) + len(VALIDATE)
SIZE = 20_000
"""Octets of each message at least."""


def given_up(message: Message, schema: Schema, choice: Choice) -> DeadLetter | None:
    """What the stages make of a message; None: nothing is wrong with it."""
    try:
        notification = decode(message)
    except NotificationError as error:
        return letter_of_message("decode", message, error)
    try:
        judge(Bound(notification, 7, how="started"), {7: schema}.__getitem__, Policy(choice=choice))
    except YangbeamError as error:
        return letter_of_notification("validate", notification, error)
    return None


def test_every_message_is_refused_for_its_reason(drafts: Schema) -> None:
    for reason, refused in itertools.islice(refused_messages(1), ROUND):
        letter = given_up(refused, drafts, Choice())
        assert letter is not None, (reason, refused.payload)
        assert (letter.reason, refused.payload) == (reason, refused.payload)


def test_there_is_a_message_for_every_reason_that_the_decoders_have() -> None:
    folder = Path(__file__).resolve().parents[2] / "core" / "notification"
    calls = (
        node
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    reasons = {
        call.args[0].value
        for call in calls
        if call.func.id in {"refuse", "NotificationError"} and call.args and isinstance(call.args[0], ast.Constant)
    }
    assert reasons - {name.partition(":")[0] for name in (*DECODE, *VALIDATE)} == set()


@pytest.mark.parametrize("compiled", [True, False])
def test_refused_messages_leave_nothing_behind(drafts: Schema, *, compiled: bool) -> None:
    messages = refused_messages(2, SIZE)
    choice = Choice(compiled=compiled)

    def refuse(rounds: int) -> int:
        for _, refused in itertools.islice(messages, rounds * ROUND):
            given_up(refused, drafts, choice)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    assert given_up(message(payload()), drafts, choice) is None  # now the compiled judge knows these nodes
    tracemalloc.start()
    try:
        before = refuse(3)
        assert refuse(10) - before < 10 * SIZE  # of the 10 rounds of one reason not even its payloads
    finally:
        tracemalloc.stop()
