"""What a guard and its process say to each other: MessagePack behind four octets of length."""

import os
from typing import Final

import msgspec

from yangbeam.core.yang.left_out import LeftOut
from yangbeam.core.yang.module_text import read_module_text
from yangbeam.core.yang.schema_set import Leeway, SchemaSet, schema_set_of

HEAD: Final = 4
BASE: Final = "*"
"""What a process is at that salvages a set: what contents and notifications need."""


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
        leeway: Of ``salvage``: what may be left out, and our own texts.
        largest: Of ``salvage``: modules that are tried together at most.
        costly: Of ``salvage``: modules that are not tried.
        longest_s: Of ``salvage``: seconds of CPU for all that is tried; ``cpu_s`` is for each attempt.
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
    leeway: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]] = ((), (), ())
    largest: int = 1 << 30
    costly: frozenset[str] = frozenset()
    longest_s: float = 0.0

    def schema_set(self) -> SchemaSet:
        """Returns the set to compile."""
        modules = tuple(read_module_text(text) for text in self.texts)
        contents, notifications, ours = self.leeway
        leeway = Leeway(contents, notifications, tuple(read_module_text(text) for text in ours))
        return SchemaSet(modules, self.implemented, self.features, "judged", leeway=leeway)


class Salvaged(msgspec.Struct, array_like=True, frozen=True):
    """What of a set compiles.

    Attributes:
        modules: Name, revision and text of its modules; no text: the one that was given.
        implemented: (name, revision).
        features: By module.
        left_out: Module, line, statement and words of what it is read without.
    """

    modules: tuple[tuple[str, str, str | None], ...]
    implemented: tuple[tuple[str, str], ...]
    features: dict[str, tuple[str, ...]]
    left_out: tuple[tuple[str, int, str, str], ...]

    @classmethod
    def of(cls, found: SchemaSet, given: SchemaSet) -> "Salvaged":
        """Returns what the process answers."""
        texts = {(module.name, module.revision): module.text for module in given.modules}
        modules = [
            (
                module.name,
                module.revision,
                None if texts.get((module.name, module.revision)) == module.text else module.text,
            )
            for module in found.modules
        ]
        left = tuple((each.module, each.line, each.statement, each.words) for each in found.left_out)
        return cls(tuple(modules), found.implemented, dict(found.features), left)

    def schema_set(self, given: SchemaSet) -> SchemaSet:
        """Returns the set that was found in one."""
        known = {(module.name, module.revision): module for module in given.modules}
        modules = tuple(
            known[name, revision] if text is None else read_module_text(text) for name, revision, text in self.modules
        )
        left = tuple(LeftOut(*each) for each in self.left_out)
        return schema_set_of(modules, self.implemented, self.features).settled((*given.left_out, *left))


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
