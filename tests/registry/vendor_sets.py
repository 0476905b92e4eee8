"""Module sets as vendors ship them, from a seed: a good part, damage around it, and instances that need the good part.

The reference never sees the damage: it is libyang over the good texts alone. ``./dev prove schemas`` makes many.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson

from yangbeam.core.errors import YangbeamError
from yangbeam.core.yang.collection import Collection, Offer
from yangbeam.core.yang.module_text import read_module_text
from yangbeam.core.yang.schema import Schema
from yangbeam.core.yang.schema_set import SchemaSet, make_schema_set
from yangbeam.core.yang.selection import select
from yangbeam.io.yang_directories import write_set
from yangbeam.registry.formats.judges import HERE

REVISIONS: Final = ("2019-01-01", "2021-06-01", "2024-11-30")
PUSH: Final = (
    'module ietf-yang-push { yang-version 1.1; namespace "urn:ietf:params:xml:ns:yang:ietf-yang-push"; prefix yp; '
    "revision 2019-09-09; notification push-update { leaf id { type uint32; } anydata datastore-contents; } }"
)
"""In place of the notifications' modules, which a mass of sets need not compile each time."""


@dataclass
class VendorSet:
    """One set.

    Attributes:
        wanted: What the subscription names.
        good: File → text of what compiles.
        damage: File → text of what does not, or must be left out.
        instance: Contents that are valid by the good part.
    """

    wanted: str = "acme-plant"
    good: dict[str, str] = field(default_factory=dict)
    damage: dict[str, str] = field(default_factory=dict)
    instance: dict[str, Any] = field(default_factory=dict)

    @property
    def texts(self) -> dict[str, str]:
        """All that the folder holds."""
        return self.good | self.damage


def module(name: str, body: str, imports: str = "", revision: str = "", namespace: str = "") -> str:
    dated = f"revision {revision};" if revision else ""
    return (
        f'module {name} {{ yang-version 1.1; namespace "{namespace or f"urn:{name}"}"; prefix {name}; '
        f"{imports} {dated}\n{body}\n}}\n"
    )


def imported(name: str, prefix: str = "", revision: str = "") -> str:
    date = f"revision-date {revision}; " if revision else ""
    return f"import {name} {{ prefix {prefix or name}; {date}}}"


PLANT: Final = imported("acme-plant", "p")


def made(seed: int) -> VendorSet:
    """Returns the set of a seed."""
    random = Random(seed)
    found = VendorSet()
    _types(random, found)
    _plant(random, found)
    for make in random.sample(_GOOD, random.randint(0, len(_GOOD))):
        make(random, found)
    for number in range(random.randint(1, 6)):
        name = f"acme-{random.choice('abcxyz')}{number}"
        text = random.choice(_DAMAGE)(random, name)
        found.damage[f"{name}.yang"] = text
    return found


def _types(random: Random, found: VendorSet) -> None:
    for revision in random.sample(REVISIONS, random.randint(1, 3)):
        found.good[f"acme-types@{revision}.yang"] = module(
            "acme-types", "typedef count { type uint32; }", revision=revision
        )
    found.good["acme-kinds.yang"] = module("acme-kinds", "identity medium; identity gas { base medium; }")


def _plant(random: Random, found: VendorSet) -> None:
    revision = random.choice(["", *(file[11:-5] for file in found.good if "@" in file)])
    body = """  feature cold; feature warm;
  container plant { config false;
    leaf size { type t:count; }
    leaf medium { type identityref { base k:medium; } }
    leaf chill { if-feature cold; type string; }
    list line {
      key name; leaf name { type string; } leaf rate { type uint64; } container state { leaf up { type boolean; } }
    }
  }"""
    found.good["acme-plant.yang"] = module(
        "acme-plant", body, imported("acme-types", "t", revision) + imported("acme-kinds", "k")
    )
    lines = [
        {"name": f"l{number}", "rate": str(random.randrange(2**64)), "state": {"up": random.random() < 0.5}}
        for number in range(random.randint(0, 4))
    ]
    plant = {"size": random.randrange(2**32), "medium": "acme-kinds:gas"}
    found.instance["acme-plant:plant"] = plant | ({"line": lines} if lines else {})


def _augment(random: Random, found: VendorSet) -> None:
    quote = random.choice("\"'")
    body = f"augment {quote}/p:plant{quote} {{ leaf more {{ type int8; }} }}"
    found.good["acme-more.yang"] = module("acme-more", body, PLANT)
    found.instance["acme-plant:plant"]["acme-more:more"] = random.randrange(128)


def _identity(random: Random, found: VendorSet) -> None:
    bases = random.choice(["base k:medium;", "base own; base k:medium;", 'description "}"; base "k:medium";'])
    body = f"identity own; identity steam {{ {bases} }}"
    found.good["acme-steam.yang"] = module("acme-steam", body, imported("acme-kinds", "k"))
    found.instance["acme-plant:plant"]["medium"] = "acme-steam:steam"


def _annotation(random: Random, found: VendorSet) -> None:
    body = "md:annotation quality { type uint8; }"
    found.good["acme-quality.yang"] = module("acme-quality", body, imported("ietf-yang-metadata", "md"))
    found.instance["acme-plant:plant"]["@size"] = {"acme-quality:quality": random.randrange(256)}


def _deviation(random: Random, found: VendorSet) -> None:
    del random
    body = 'deviation "/p:plant/p:size" { deviate replace { type string; } }'
    found.good["acme-deviates.yang"] = module("acme-deviates", body, PLANT)
    found.instance["acme-plant:plant"]["size"] = "much"


def _mixed(random: Random, found: VendorSet) -> None:
    """A module some of whose statements are bad: the others are needed."""
    good = [
        'augment "/p:plant" { leaf mixed { type int8; } }',
        'augment "/p:plant/p:line" { leaf kind { type string; } }',
    ]
    bad = random.sample([body for body in _BODIES if "leef" not in body and body.count("{") == body.count("}")], 2)
    statements = [*good, *(each.replace("leaf l ", f"leaf l{number} ") for number, each in enumerate(bad))]
    random.shuffle(statements)
    found.good["acme-mixed.yang"] = module("acme-mixed", "\n".join(good), PLANT)
    found.damage["acme-mixed.yang"] = module("acme-mixed", "\n".join(statements), PLANT)
    found.instance["acme-plant:plant"]["acme-mixed:mixed"] = random.randrange(128)


_GOOD: Final[list[Callable[[Random, VendorSet], None]]] = [_augment, _identity, _annotation, _deviation, _mixed]


def _bad_body(random: Random, name: str) -> str:
    return module(name, random.choice(_BODIES), PLANT)


_BODIES: Final = (
    'deviation "/p:plant/p:chill" { deviate replace { default "x"; } }',
    'deviation "/p:plant/p:nothing" { deviate not-supported; }',
    'augment "/p:plant/p:nothing" { leaf l { type int8; } }',
    'augment "/p:plant" { leaf m { when "../n"; type int8; } leaf n { when "../m"; type int8; } }',
    'augment "/p:plant" { leaf l { type enumeration; } }',
    'augment "/p:plant" { leaf l { type leafref { path "/p:plant/p:nothing"; } } }',
    'augment "/p:plant" { leaf l { type int8; mandatory true; } }',
    'augment "/p:plant" { leef l { type int8; } }',
    'augment "/p:plant" { leaf l { type p:nobody; } ',
    'augment "/p:plant" { uses p:nobody; }',
    'deviation "/p:plant/p:line/p:name" { deviate not-supported; }',
    'augment "/p:plant" { leaf l { type int8; } leaf l { type int8; } }',
    "identity i { base p:nobody; } augment /p:plant { leaf l { type identityref { base i; } } }",
)


def _without_import(random: Random, name: str) -> str:
    body = random.choice(('augment "/p:plant" { uses gone:g; }', 'augment "/p:plant" { leaf l { type gone:t; } }'))
    return module(name, body, PLANT + imported("acme-gone", "gone"))


def _of_a_taken_namespace(random: Random, name: str) -> str:
    del random
    return module(name, 'augment "/p:plant" { leaf taken { type int8; } }', PLANT, namespace="urn:acme-plant")


def _silencing(random: Random, name: str) -> str:
    target = random.choice(("/yp:push-update", "/yp:push-update/yp:id"))
    body = f'deviation "{target}" {{ deviate not-supported; }}'
    return module(name, body, imported("ietf-yang-push", "yp"))


def _unrelated(random: Random, name: str) -> str:
    return module(name, random.choice(("container c { leaf l { type nobody; } }", "leef l;", "uses nobody;")))


def _no_module(random: Random, name: str) -> str:
    del name
    return random.choice(("", "<html>Not found</html>", "module", "\x00\x01", "submodule x { belongs-to y;"))


_DAMAGE: Final = (
    _bad_body,
    _bad_body,
    _bad_body,
    _without_import,
    _of_a_taken_namespace,
    _silencing,
    _unrelated,
    _no_module,
)


def offered(texts: dict[str, str]) -> Offer:
    """The modules of a folder; what is none counts as not there."""
    modules = []
    for text in texts.values():
        try:
            modules.append(read_module_text(text))
        except YangbeamError:
            continue
    return Offer("folder", modules)


def salvaged(vendor: VendorSet) -> SchemaSet:
    """What yangbeam reads a subscription by, of all that the folder holds."""
    ours = read_module_text(PUSH)
    collection = Collection((offered(vendor.texts),), {ours.name: ours})
    wanted = collection.find(vendor.wanted)
    assert wanted is not None
    return HERE.salvaged(select(collection, [wanted], roots=(ours.name,)))


def reference(vendor: VendorSet) -> SchemaSet:
    """What libyang reads it by that was given the good texts alone."""
    return make_schema_set(vendor.good)


def lost(vendor: VendorSet, folder: Path) -> str:
    """Says what is wrong; empty: the message is read, all that is good stands, and only damage is named."""
    text = orjson.dumps(vendor.instance)
    try:
        with Schema(reference(vendor), write_set(reference(vendor), folder)) as schema:
            schema.validate_contents(text)
    except YangbeamError as error:
        return f"the reference itself refuses: {error}"
    try:
        found = salvaged(vendor)
        with Schema(found, write_set(found, folder)) as schema:
            schema.validate_contents(text)
            is_read = "ietf-yang-push:push-update" in schema.tree.notifications
    except YangbeamError as error:
        return str(error)
    if not is_read:
        return "the notification is not read"
    damaged = {file.removesuffix(".yang") for file in vendor.damage}
    wrongly = [each for each in found.left_out if each.module not in damaged]
    return f"left out: {wrongly[0]}" if wrongly else ""
