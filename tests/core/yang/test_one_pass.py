"""Contents whose like were mended before are judged, mended and written in one pass, to the result of the long way."""

from typing import Any

import msgspec
import orjson
import pytest

from tests.builders import message
from yangbeam.core.elements import Bound
from yangbeam.core.notification.decode import decode
from yangbeam.core.notification.slices import contents_of, with_contents
from yangbeam.core.policy import Policy
from yangbeam.core.validation import Judgement, judgement
from yangbeam.core.yang.mending import one_pass
from yangbeam.core.yang.mending.one_pass import MAX_NAMES, MAX_PATHS, MAX_TEXTS, OnePass, Taken
from yangbeam.core.yang.mending.quick import Quick
from yangbeam.core.yang.schema import Schema

ACCEPT = Policy().accept
HEAD = (
    b'{"ietf-yp-notification:envelope":{"event-time":"2026-11-20T10:00:10Z",'
    b'"contents":{"ietf-yang-push:push-update":%b}}}'
)


def interfaces(*entries: dict[str, Any]) -> bytes:
    return orjson.dumps({"ietf-interfaces:interfaces": {"interface": entries}})


def entry(number: int, **more: Any) -> dict[str, Any]:
    return {"name": f"eth{number}", "oper-status": "up", "statistics": {"in-octets": "1", "in-errors": 0}} | more


STRANGE = {"acme:x": {"y": [1, "2"]}}
PREFIXED = {"type": "ianaift:other"}


@pytest.fixture
def taught(drafts: Schema) -> OnePass:
    """One that saw a message with an unknown leaf, an unknown top and a habit."""
    drafts.engine.compiled.meet(["ietf-interfaces:interfaces"])
    found = OnePass(drafts.engine.compiled, drafts.mending.places)
    quick = Quick(drafts.mending.places, ACCEPT)
    sent = orjson.loads(interfaces(entry(1, **STRANGE))) | {"acme:top": 1}
    quick.look(sent, drafts.mending.places.top)
    drafts.mending.places.suspect(interface_of(drafts), "type")
    return found


def interface_of(schema: Schema) -> Any:
    places = schema.mending.places
    return places.inside(places.inside(places.top, "ietf-interfaces:interfaces"), "interface")


def take(one: OnePass, contents: bytes) -> Taken | None:
    return one.take(contents, ACCEPT)


def test_what_is_unknown_goes_and_habits_are_spelt_anew(taught: OnePass) -> None:
    sent = [entry(number, **(STRANGE if number % 2 else PREFIXED)) for number in range(8)]
    found = take(taught, interfaces(*sent))
    assert found is not None
    kept = [entry(number, **({} if number % 2 else {"type": "iana-if-type:other"})) for number in range(8)]
    assert orjson.loads(found.contents) == orjson.loads(interfaces(*kept))
    assert len(found.findings) == 8
    paths = [one.path for one in found.findings]
    base = "/ietf-interfaces:interfaces/interface"
    assert paths[:2] == [f"{base}[name='eth0']/type", f"{base}[name='eth1']/acme:x"]
    assert [bool(path) for path in paths] == [True] * MAX_PATHS + [False] * 3


def test_contents_without_them_are_valid_as_they_came(taught: OnePass) -> None:
    sent = interfaces(entry(1, type="iana-if-type:other"))
    assert take(taught, sent) == Taken(sent, [])
    spaced = sent.replace(b",", b" ,\n")
    assert take(taught, spaced) == Taken(spaced, [])


@pytest.mark.parametrize(
    "sent",
    [
        interfaces(entry(1, **{"acme:other": 1})),  # never seen
        interfaces(entry(1, enabled="perhaps", **STRANGE)),  # wrong beside it
        interfaces(entry(1, **STRANGE), entry(1)),  # an entry that stands twice
        interfaces({"name": "eth1", **STRANGE}),  # only keys are left
        interfaces({"name": "eth1", "statistics": {}, **STRANGE}),
        interfaces(entry(1, type="nosuch:other")),
        interfaces(entry(1, **STRANGE)).replace(b'"y":[1', b'"y":[{"a":1,"a":2}'),  # twice in what goes
        interfaces(entry(1, **STRANGE)).replace(b'"oper-status":"up"', b'"oper-status":"up","oper-status":"down"'),
        interfaces(entry(1, **STRANGE)).replace(b'"acme:x":', b'"acme:x":1,"acme:x":'),
        interfaces(entry(1, **STRANGE)).replace(b"eth1", b"eth\\u0000"),
        b"{}",
        b"[]",
        b"{",
    ],
)
def test_what_is_wrong_otherwise_is_left_to_the_slower_looks(taught: OnePass, sent: bytes) -> None:
    assert take(taught, sent) is None


def test_habits_that_are_not_accepted_are_left_to_the_slower_looks(taught: OnePass) -> None:
    sent = interfaces(entry(1, **PREFIXED))
    assert taught.take(sent, ACCEPT) is not None
    assert taught.take(sent, ACCEPT - {"identity-by-prefix"}) is None


def test_structs_are_made_the_rarer_the_more_often_they_were(taught: OnePass, drafts: Schema) -> None:
    sent = interfaces(entry(1))
    waited = []
    for number in range(4):
        take(taught, sent)
        drafts.mending.places.learned += 1
        waited.append(0)
        while taught._made_of[0] != drafts.mending.places.learned:
            take(taught, sent)
            waited[number] += 1
    assert waited == [2, 4, 8, 16]


def test_a_bounded_number_of_names_and_texts_is_remembered(drafts: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_pass, "MAX_NAMES", 2)
    one = OnePass(drafts.engine.compiled, drafts.mending.places)
    more, loose = one._learned()
    assert sum(map(len, (*more.values(), *loose.values()))) <= 2 < MAX_NAMES
    found = OnePass(drafts.engine.compiled, drafts.mending.places)
    drafts.mending.places.suspect(interface_of(drafts), "if-index")
    monkeypatch.undo()
    for number in range(MAX_TEXTS + 50):
        assert found.take(interfaces(entry(1, **{"if-index": str(number + 1)})), ACCEPT) is not None
    (leaf,) = [leaf for leaf in _leaves(found._plan) if leaf.name == "if-index"]
    assert len(leaf.known) <= MAX_TEXTS


def _leaves(plan: Any) -> list[Any]:
    return [*plan.leaves, *(leaf for *_, below in plan.inner for leaf in _leaves(below))]


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":1,"datastore-contents":HERE}',
        b'{"datastore-contents":HERE,"id":1}',
        b'{"id":1,"ietf-yang-push:datastore-contents": HERE }',
        b'{"id":1,"acme:copy":COPY,"datastore-contents":HERE}',
        b'{"id":1,"datastore-contents":HERE,"acme:copy":COPY}',
    ],
)
def test_the_contents_are_put_where_they_stood(body: bytes) -> None:
    contents = interfaces(entry(1))
    sent = HEAD % body.replace(b"COPY", contents)
    notification = decode(message(sent.replace(b"HERE", contents)))
    assert contents_of(notification) == contents
    found = with_contents(notification, contents, b'{"a:b":1}')
    is_told = not body.endswith(b"COPY}")  # which of the two is meant?
    assert found == (sent.replace(b"HERE", b'{"a:b":1}') if is_told else None)


def judged(body: bytes, schema: Schema) -> Judgement:
    return judgement(Bound(decode(message(body)), 7), {7: schema}.__getitem__, Policy())


def test_the_short_way_and_the_long_one_come_to_the_same(drafts: Schema) -> None:
    sent = [
        HEAD % (b'{"id":1,"datastore-contents":%b}' % interfaces(*(entry(at, **more) for at in range(3))))
        for more in (STRANGE, PREFIXED, STRANGE | PREFIXED, {})
    ]
    long = []
    for body in sent:
        drafts.mending.streak = 0
        long.append(judged(body, drafts))
    drafts.mending.streak = 9
    for _ in range(40):
        short = [judged(body, drafts) for body in sent]
    for before, after in zip(long, short, strict=True):
        assert orjson.loads(after.validated.json) == orjson.loads(before.validated.json)
        assert msgspec.structs.replace(after.validated, json=b"") == msgspec.structs.replace(before.validated, json=b"")
        assert sorted(each._replace(path="") for each in after.findings) == sorted(
            each._replace(path="") for each in before.findings
        )
