"""How messages are processed: schemas, validation, loss detection, batches."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from yangbeam.core.errors import Fault
from yangbeam.core.yang.costs import CostLimits
from yangbeam.core.yang.mending.habits import HABITS
from yangbeam.pipeline.config.discovery import SchemaNode
from yangbeam.pipeline.config.types import Flag, InputFolder, InputPath, Prefix, Section, Text, problem
from yangbeam.pipeline.config.yang_folders import lacks_modules

Policy = Literal["reject", "pass-and-mark"]
Fate = Literal["prune", "reject", "pass-and-mark"]
HabitName = Annotated[str, Field(strict=True)]
Scope = Annotated[str, Field(strict=True)]

_SCOPES = ("node", "publisher", "subscription", "socket")


class SchemaDirectory(Section):
    """A folder of YANG modules, and whose they are."""

    path: InputFolder
    """Folder of `.yang` files; folders below it are not searched."""
    exporter: Prefix | None = None
    """Serves the exporters in this prefix; the longest prefix wins."""
    content_id: Text | None = None
    """Serves the YANG library with this content-id (RFC 8525)."""
    default: Flag = False
    """Serves everybody whom no other folder serves; so does a folder with neither `exporter` nor `content_id`."""
    release: Text | None = None
    """Serves the nodes whose [[schemas.nodes]] say that they run this, like "vendor/platform/release"."""
    features: tuple[Text, ...] | None = None
    """Features that the publishers have, as `module:feature`. Absent: all of them."""

    @field_validator("path")
    @classmethod
    def _has_modules(cls, path: Path, info: ValidationInfo) -> Path:
        lacking = lacks_modules(path) if info.context is not None else None
        if lacking is not None:
            raise problem(*lacking, fault=Fault.ENVIRONMENT)
        return path

    @model_validator(mode="after")
    def _serves_one_kind(self) -> Self:
        chosen = {
            "exporter": self.exporter,
            "content_id": self.content_id,
            "release": self.release,
            "default": self.default or None,
        }
        named = [name for name, value in chosen.items() if value is not None]
        if len(named) > 1:
            what = f"{' and '.join(named)} exclude each other"
            raise problem(what, "write one [[schemas.directories]] for each; several may have the same path")
        return self

    @field_validator("features")
    @classmethod
    def _name_their_modules(cls, features: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for feature in features or ():
            if feature.count(":") != 1:
                raise problem(f'"{feature[:60]}" names no module', 'write it like "ietf-interfaces:if-mib"')
        return features

    @property
    def serves_everybody(self) -> bool:
        """Whether this is a default folder."""
        return self.exporter is None and self.content_id is None and self.release is None


class Compiling(Section):
    """What compiling a set of foreign YANG modules may cost; more is `schema-too-costly` until its content changes."""

    cpu_s: Annotated[int, Field(strict=True, ge=1, le=3_600)] = 20
    """Seconds of CPU. OpenConfig's 71 modules take 0.6."""
    time_s: Annotated[float, Field(strict=True, ge=1, le=86_400, allow_inf_nan=False)] = 60.0
    """Seconds of time, whatever else the machine does; at least three times `cpu_s` are waited for."""
    memory_mib: Annotated[int, Field(strict=True, ge=128, le=1 << 16)] = 1_024
    """Mebibytes of data."""
    nodes: Annotated[int, Field(strict=True, ge=1, le=100_000_000)] = 250_000
    """Nodes of the compiled tree; each costs every worker some 20 µs and 1 kB."""

    def limits(self) -> CostLimits:
        """Returns the limits as the guard takes them."""
        return CostLimits(self.cpu_s, self.time_s, self.memory_mib << 20, self.nodes)


class Schemas(Section):
    """Which schema the contents of a notification are read by."""

    directories: tuple[SchemaDirectory, ...] = ()
    """Folders of YANG modules."""
    nodes: tuple[SchemaNode, ...] = ()
    """Nodes that are asked for their own YANG by NETCONF, and what is known of those that cannot be."""
    bundled: Flag = True
    """Also use the modules that come with yangbeam: those of the notifications themselves."""
    sid_files: tuple[InputPath, ...] = ()
    """Files that name the SIDs of YANG in CBOR (RFC 9595), or folders of `.sid` files: the publishers' own. pyang makes
    them (`--sid-generate-file`), which helps where the publishers number by the same files."""
    missing: Policy = "reject"
    """What becomes of a notification whose schema is not to be had: a dead letter, or passed on and marked."""
    wait_s: Annotated[float, Field(strict=True, ge=0, le=86_400, allow_inf_nan=False)] = 60.0
    """How long a notification waits for a schema that is being fetched; from zero again after a restart."""
    max_pending_messages: Annotated[int, Field(strict=True, ge=0, le=10_000_000)] = 100_000
    """How many notifications wait at most, per shard; what comes beyond is treated as `missing` says."""
    max_pending_bytes: Annotated[int, Field(strict=True, ge=0, le=1 << 34)] = 128 << 20
    """How many octets of them."""
    max_pending_messages_per_exporter: Annotated[int, Field(strict=True, ge=0, le=10_000_000)] = 20_000
    """How many notifications of one exporter wait at most."""
    max_pending_bytes_per_exporter: Annotated[int, Field(strict=True, ge=0, le=1 << 34)] = 32 << 20
    """How many octets of them."""
    compiling: Compiling = Field(default_factory=Compiling)
    """What compiling a set may cost."""


class Validation(Section):
    """Whether contents are judged by their YANG schema, and how strictly."""

    enabled: Flag = True
    """Validate the contents."""
    profile: Literal["structural", "full"] = "structural"
    """`structural`: names, types and keys, which a filtered subscription can satisfy. `full`: also mandatory nodes,
    must and when, for subscriptions to whole subtrees."""
    unknown: Fate = "prune"
    """What becomes of nodes that no schema at hand describes. `prune`: they are set aside and counted, and the rest is
    judged and published; a message of which only ancestors and keys are left is a dead letter. `reject`: their message
    is one. `pass-and-mark`: it is passed on as it came, marked."""
    invalid: Fate = "reject"
    """What becomes of nodes that contradict their schema, likewise; `prune` takes an entry without valid keys along."""
    accept: tuple[HabitName, ...] = tuple(HABITS)
    """Habits of vendors that are understood, where the schema leaves one meaning, and published as RFC 7951 has them:
    see docs/causes.md. Empty: none."""
    pruned_originals: Literal["all", "sample", "none"] = "sample"
    """Which originals of pruned messages are kept beside the dead letters. `sample`: the first three of each
    subscription, path and hour; the rest is counted."""
    engine: Literal["auto", "libyang"] = "auto"
    """What judges contents. `auto`: a judge compiled from the schema accepts what is surely valid in the profile
    `structural`, libyang has the last word on the rest. `libyang`: libyang alone."""
    sample_one_in: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = 1_000
    """Of so many contents that the compiled judge accepts, libyang judges one again; should it refuse one, the message
    is a dead letter `engines-disagree`, and libyang alone judges by that schema from then on. 0: none."""

    @model_validator(mode="before")
    @classmethod
    def _has_no_policy(cls, written: Any) -> Any:
        if isinstance(written, dict) and "policy" in written:
            raise problem(
                "policy is no setting any more: it is told apart what no schema knows and what contradicts its schema",
                'write invalid = "reject" or "pass-and-mark" for the same, and see unknown',
                key="policy",
            )
        return written

    @field_validator("accept")
    @classmethod
    def _are_habits(cls, accept: tuple[str, ...]) -> tuple[str, ...]:
        for name in accept:
            if name not in HABITS:
                raise problem(f'"{name[:60]}" is no habit that is known', f"choose from {', '.join(HABITS)}")
        return accept


def _scope(value: str) -> str:
    parts = value.split("+")
    if not set(parts) <= set(_SCOPES) or len(set(parts)) != len(parts):
        raise problem(
            f'"{value[:60]}" is no scope', f'write one of {", ".join(_SCOPES)}, or several joined: "publisher+socket"'
        )
    return "+".join(sorted(parts, key=_SCOPES.index))


class LossScope(Section):
    """How some exporters count, where that is known."""

    exporter: Prefix
    """The exporters; the longest prefix wins."""
    transport: Scope | None = None
    """What one message id counter belongs to: node, publisher, subscription, socket, or several joined by `+`.
    Absent: learned."""
    notification: Scope | None = None
    """The same of the sequence number. Absent: learned."""

    @field_validator("transport", "notification")
    @classmethod
    def _are_known(cls, value: str | None) -> str | None:
        return None if value is None else _scope(value)


class Loss(Section):
    """Detection of missing message ids and sequence numbers."""

    enabled: Flag = True
    """Detect loss."""
    window_s: Annotated[float, Field(strict=True, gt=0, le=3_600, allow_inf_nan=False)] = 20.0
    """How long a missing number may still arrive before it is lost; at least the longest reassembly timeout."""
    scopes: tuple[LossScope, ...] = ()
    """What counters belong to, where it should not be learned."""


class Beam(Section):
    """How work is cut for Apache Beam."""

    shards: Annotated[int, Field(strict=True, ge=1, le=4_096)] = 1
    """Keys of all state; an exporter belongs to one. 1 on one machine."""
    batch_bytes: Annotated[int, Field(strict=True, ge=4_096, le=3 << 20)] = 1 << 20
    """Payload octets per batch, of 4,096 messages at most; one larger message travels alone."""
    linger_ms: Annotated[int, Field(strict=True, ge=1, le=1_000)] = 30
    """How long a batch waits to fill."""
    flush_s: Annotated[float, Field(strict=True, ge=0.1, le=600, allow_inf_nan=False)] = 10.0
    """How long the end of `run`, `collect` and `ingest` on one machine, by `--duration` or Ctrl-C, waits for what is
    outside: brokers, registry, tables. What waits longer is counted, and the exit code is 3."""


def reassembly_fits(loss: Loss, info: ValidationInfo) -> Loss:
    """Checks that loss is not declared while a message may still be completed.

    Raises:
        PydanticCustomError: The window is shorter than a source's reassembly timeout.
    """
    reassemblies = (getattr(source, "reassembly", None) for source in info.data.get("sources", ()))
    longest = max((reassembly.timeout_s for reassembly in reassemblies if reassembly is not None), default=0.0)
    if loss.window_s < longest:
        what = f"{loss.window_s:g} s is shorter than the longest reassembly timeout, {longest:g} s"
        raise problem(what, f"write {longest:g} or more", key="window_s")
    return loss
