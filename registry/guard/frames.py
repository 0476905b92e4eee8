"""What a guard and its process say to each other: MessagePack behind four octets of length."""

import os
from typing import Final

import msgspec

from yangbeam.core.yang.module_text import read_module_text
from yangbeam.core.yang.schema_set import SchemaSet

HEAD: Final = 4


class Job(msgspec.Struct, array_like=True, frozen=True):
    """What is to be done within limits.

    Attributes:
        kind: ``compile``, or a question to pyang.
        cpu_s: Seconds of CPU that it may take.
        memory_bytes: Data that the process may have.
        nodes: Nodes that the tree may have.
        texts: Of ``compile``: the modules.
        implemented: Of ``compile``: (name, revision).
        features: Of ``compile``: by module.
        stepwise: Of ``compile``: one module after the other, each said before it is compiled.
        argument: Of the others: what they are asked, as MessagePack.
    """

    kind: str
    cpu_s: int
    memory_bytes: int
    nodes: int
    texts: tuple[str, ...] = ()
    implemented: tuple[tuple[str, str], ...] = ()
    features: dict[str, tuple[str, ...]] = {}
    stepwise: bool = False
    argument: bytes = b""

    def schema_set(self) -> SchemaSet:
        """Returns the set to compile."""
        modules = tuple(read_module_text(text) for text in self.texts)
        return SchemaSet(modules, self.implemented, self.features, "judged")


class Told(msgspec.Struct, array_like=True, frozen=True):
    """What the process says: that it is at a module, or its last word on a job.

    Attributes:
        at: The module that is being compiled; empty: this is the last word.
        reason: Why it is refused; empty: it is not.
        detail: The same in words.
        result: The answer of pyang, as MessagePack.
        is_spent: The process has taken so much that it does nothing more.
    """

    at: str = ""
    reason: str = ""
    detail: str = ""
    result: bytes = b""
    is_spent: bool = False


def framed(value: msgspec.Struct) -> bytes:
    """Returns the octets of a job or of what is told."""
    octets = msgspec.msgpack.encode(value)
    return len(octets).to_bytes(HEAD, "big") + octets


def read_exactly(source: int, count: int) -> bytes:
    """Returns so many octets of a pipe; fewer at its end."""
    parts = []
    while count:
        part = os.read(source, min(count, 1 << 20))
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
