"""Invariant: whatever the contents, libyang comes back: it never ends the process.

``python tests/fuzz/fuzz_libyang.py --seconds 600 --seed 1``: of all sets in turn, or of those named by ``--set``. The
work is done in a process of its own; when a text ends it, the text is printed, and the next seed goes on. ``--text``
judges one text by one set, to see whether it still does.
"""

import argparse
import copy
import mmap
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.core.yang.compiled.instances import Array, Instances, Member, case, mutate, written  # noqa: E402
from tests.core.yang.compiled.sets import SETS  # noqa: E402
from tests.core.yang.compiled.tokens import Chance  # noqa: E402
from tests.core.yang.schemas import loaded  # noqa: E402
from yangbeam.core.errors import InvalidInstanceError  # noqa: E402
from yangbeam.core.yang.schema import Schema  # noqa: E402

ROUND = 2000
"""Texts of one set before the next one's turn."""
LARGEST = 1 << 16
MOST = 50
"""Findings after which a run ends."""
PROFILES = ("structural", "full")


def objects(value: object) -> list[list[Member]]:
    """Every object of a document, the outermost first."""
    if isinstance(value, Array):
        return [found for entry in value for found in objects(entry)]
    if isinstance(value, list):
        return [value, *(found for _, inner in value for found in objects(inner))]
    return []


def arrays(document: list[Member]) -> list[Array]:
    """Every array of a document."""
    return [value for members in objects(document) for _, value in members if isinstance(value, Array)]


def _respell(document: list[Member], chance: Chance) -> None:
    """The same member once more under its other spelling."""
    members = chance.choice(objects(document))
    if members:
        name, value = chance.choice(members)
        module = chance.choice([one.partition(":")[0] for each in objects(document) for one, _ in each])
        local = name.rpartition(":")[2]
        members.insert(
            chance.randint(0, len(members)), [local if ":" in name else f"{module}:{local}", copy.deepcopy(value)]
        )


def _more_entries(document: list[Member], chance: Chance) -> None:
    """Entries of a list once more, in any order, with members that they lack or have twice."""
    found = [array for array in arrays(document) if array]
    if found:
        array = chance.choice(found)
        for _ in range(chance.randrange(1, 4)):
            array.append(copy.deepcopy(chance.choice(array)))
        chance.shuffle(array)


def _repeat_member(document: list[Member], chance: Chance) -> None:
    members = chance.choice(objects(document))
    if members:
        members.insert(chance.randint(0, len(members)), copy.deepcopy(chance.choice(members)))


def _annotate(document: list[Member], chance: Chance) -> None:
    """Metadata (RFC 7952) of any form, of a member that is there or not."""
    members = chance.choice(objects(document))
    name = chance.choice(members)[0] if members else "x"
    value = chance.choice((b'{"ietf-netconf:operation":"merge"}', b'{"yang:insert":"x"}', b"[null]", b"{}", b"[]"))
    name = chance.choice((f"@{name}", "@", f"@{name}:"))
    members.insert(chance.randint(0, len(members)), [name, value])


def _graft(document: list[Member], chance: Chance) -> None:
    """An object of the document at another place of it."""
    members = chance.choice(objects(document))
    if members:
        chance.choice(members)[1] = copy.deepcopy(chance.choice(objects(document))[:5])


CHANGES: tuple[Callable[[list[Member], Chance], None], ...] = (
    *(_respell, _more_entries, _repeat_member, _annotate, _graft),
)


def text_of(made: Instances, chance: Chance) -> bytes:
    """One text: as the judges are compared by, or with what libyang's own structures stumble on."""
    if chance.random() < 0.3:
        return case(made, chance)[1]
    document = made.document()
    for _ in range(chance.choice((1, 2, 3, 4))):
        chance.choice(CHANGES)(document, chance)
        if chance.random() < 0.2:
            mutate(made, document, chance)
            if not document:
                break
    return written(document)


def judge(schema: Schema, text: bytes, profile: str) -> bool:
    """Whether it is valid; what libyang does besides answering ends the process."""
    try:
        schema.validate_contents(text, profile)
    except InvalidInstanceError:
        return False
    return True


def work(names: list[str], seed: int, seconds: float, texts: int, place: Path) -> None:
    """Judges texts until time is over or so many are judged, each noted in the file ``place`` before."""
    end, chance, done, accepted = time.monotonic() + seconds, random.Random(seed), 0, 0
    with place.open("r+b") as file, mmap.mmap(file.fileno(), LARGEST) as note, tempfile.TemporaryDirectory() as cache:
        while time.monotonic() < end and done < texts:
            name = chance.choice(names)
            with loaded(SETS[name](), Path(cache)) as schema:
                made = Instances(schema.tree, chance)
                for _ in range(ROUND):
                    text, profile = text_of(made, chance), chance.choice(PROFILES)
                    head = f"--set {name} --profile {profile} ".encode()
                    if len(head) + len(text) + 1 > LARGEST:
                        continue
                    note[: len(head) + len(text) + 1] = head + text + b"\0"
                    accepted += judge(schema, text, profile)
                    done += 1
                    if time.monotonic() >= end or done >= texts:
                        break
    print(done, accepted)  # noqa: T201 - read by the parent


def fuzz(names: list[str], seconds: float, seed: int, texts: int = sys.maxsize) -> tuple[int, int, list[str]]:
    """Returns (texts of the processes that ended well, valid ones, what ended a process)."""
    end, done, accepted, ended = time.monotonic() + seconds, 0, 0, []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "text"
        while (left := end - time.monotonic()) > 0 and done < texts and len(ended) < MOST:
            place.write_bytes(bytes(LARGEST))
            command = [sys.executable, __file__, "--work", str(place), "--seed", str(seed), "--seconds", str(left)]
            command += ["--texts", str(texts)]
            command += [word for name in names for word in ("--set", name)]
            ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
            if ran.returncode:
                text = place.read_bytes().partition(b"\0")[0].decode("utf-8", "backslashreplace")
                ended.append(f"{ran.returncode} {ran.stderr[-300:] if ran.returncode > 0 else ''} {text}")
                print(f"seed {seed}: {ended[-1]}", flush=True)  # noqa: T201 - the finding
            else:
                done, accepted = (
                    before + int(word) for before, word in zip((done, accepted), ran.stdout.split(), strict=True)
                )
            seed += 1
    return done, accepted, ended


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--set", action="append", choices=list(SETS), help="may be repeated; all")
    arguments.add_argument("--profile", choices=PROFILES, default="structural", help="of --text")
    arguments.add_argument("--text", help="judge this one")
    arguments.add_argument("--texts", type=int, default=sys.maxsize, help="so many, if time does not end before")
    arguments.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    names = chosen.set or list(SETS)
    if chosen.work:
        work(names, chosen.seed, chosen.seconds, chosen.texts, chosen.work)
    elif chosen.text:
        with tempfile.TemporaryDirectory() as cache, loaded(SETS[names[0]](), Path(cache)) as schema:
            print(judge(schema, chosen.text.encode(), chosen.profile))  # noqa: T201 - its result
    else:
        done, accepted, ended = fuzz(names, chosen.seconds, chosen.seed, chosen.texts)
        print(f"{done} texts, {accepted} valid, {len(ended)} ended the process")  # noqa: T201 - its result
        sys.exit(bool(ended))


if __name__ == "__main__":
    main()
