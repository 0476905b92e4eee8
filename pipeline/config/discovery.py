"""Who is asked for their YANG by NETCONF, how to log in, and how patiently."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from yangbeam.pipeline.config.types import Flag, InputFile, OutputPath, Prefix, Secret, Section, Text, problem

Count = Annotated[int, Field(strict=True, ge=1, le=1_024)]
Wait = Annotated[float, Field(strict=True, gt=0, le=86_400, allow_inf_nan=False)]


class SchemaNode(Section):
    """How the nodes of one prefix tell their YANG."""

    exporter: Prefix
    """The addresses that their messages come from; the longest prefix wins."""
    netconf: Flag = True
    """Ask them by NETCONF over SSH. false: only directories serve them."""
    address: Text | None = None
    """Address for management, where it is not the one their messages come from; for a prefix of one address."""
    port: Annotated[int, Field(strict=True, ge=1, le=65_535)] = 830
    """TCP port of NETCONF over SSH."""
    username: Text | None = None
    """Login. Absent: the name of the user that runs yangbeam."""
    key: InputFile | None = None
    """Private key. Absent: the password, else the user's SSH agent and keys."""
    password: Secret | None = None
    """Password of the login, or of the key."""
    known_hosts: InputFile | None = None
    """File of the nodes' host keys, as OpenSSH writes it. Absent: the user's own."""
    skip: tuple[Text, ...] = ()
    """Modules that are never asked for, by name: there are nodes that break over one of theirs. Where such a module is
    needed, it is taken from those that come with yangbeam, if they have the same revision."""
    release: Text | None = None
    """What runs on them, like "vendor/platform/release": chooses the folder of that release."""

    @model_validator(mode="after")
    def _has_an_address_of_its_own(self) -> Self:
        if self.address is not None and self.exporter.num_addresses > 1:
            what = f"{self.exporter} has many nodes, and they cannot all be managed at {self.address}"
            raise problem(what, "write one [[schemas.nodes]] for each, or leave address out", key="address")
        return self


class Discovery(Section):
    """How nodes are asked for their YANG; who is asked stands in [[schemas.nodes]]."""

    cache: OutputPath = Path("yangbeam-out/modules")
    """Folder of what they gave; with it a later run needs no node."""
    share: Literal["auto", "always", "never"] = "auto"
    """Whether a content-id means the same on every node, so that one is asked for all. `auto`: if it looks like a hash,
    not like a counter."""
    modules: Literal["all", "needed"] = "all"
    """`all`: every module of a node, once. `needed`: where its YANG library tells what augments what, only those that a
    subscription needs; quicker, but identities that other modules derive are then refused."""
    sessions: Annotated[int, Field(strict=True, ge=1, le=16)] = 4
    """SSH sessions with one node at a time."""
    requests: Annotated[int, Field(strict=True, ge=1, le=64)] = 4
    """Requests on their way in each of them."""
    nodes_at_a_time: Count = 64
    """Nodes that are asked at the same time."""
    connect_s: Wait = 10.0
    """How long a session takes to stand, from TCP to the hello."""
    reply_s: Wait = 30.0
    """How long one answer takes."""
    limit_s: Wait = 600.0
    """How long one node takes for all its modules."""
    attempts: Count = 4
    """Tries before a node is given up for `retry_after_s`."""
    backoff_s: Wait = 2.0
    """Pause after the first failure, give or take a half; doubled after each further one."""
    retry_after_s: Wait = 300.0
    """Until a node that was given up is tried again, and until a refused module is asked for again."""
    recheck_s: Wait = 3600.0
    """Until a node that announces no content-id is asked for its library again."""
    max_module_bytes: Annotated[int, Field(strict=True, ge=1 << 20, le=1 << 32)] = 256 << 20
    """Octets of all modules of one node."""
