"""Targets in both spellings become the same steps."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yangbeam.core.errors import NotificationError
from yangbeam.core.notification.target import MAX_TARGET, Step, parse_target


@pytest.mark.parametrize(
    ("target", "steps"),
    [
        ("", ()),
        ("/", ()),
        ("/m:a", (Step("m", "a"),)),
        ("/m:a/b/n:c", (Step("m", "a"), Step(None, "b"), Step("n", "c"))),
        ("/m:a/b=x", (Step("m", "a"), Step(None, "b", ("x",)))),
        ("/m:a/b=x,y,", (Step("m", "a"), Step(None, "b", ("x", "y", "")))),
        ("/m:a/b=eth0%2F1%2C2/c", (Step("m", "a"), Step(None, "b", ("eth0/1,2",)), Step(None, "c"))),
        ("/m:a/b=[x]'y", (Step("m", "a"), Step(None, "b", ("[x]'y",)))),
        ("/m:a/b[name='x/y]z']", (Step("m", "a"), Step(None, "b", {"name": "x/y]z"}))),
        ('/m:a/b[m:name="it\'s"]', (Step("m", "a"), Step(None, "b", {"name": "it's"}))),
        ("/m:a/b[id=c d  e ]", (Step("m", "a"), Step(None, "b", {"id": "c d  e"}))),
        ("/m:a/b[id=2222]/c", (Step("m", "a"), Step(None, "b", {"id": "2222"}), Step(None, "c"))),
        (
            "/m:a/b[name=GigabitEthernet0/3/9][unit= 5 ]/dynamic",
            (Step("m", "a"), Step(None, "b", {"name": "GigabitEthernet0/3/9", "unit": "5"}), Step(None, "dynamic")),
        ),
        ("/m:a/b[.='v']", (Step("m", "a"), Step(None, "b", (), "v"))),
        ("/m:a/b[ name = '' ]", (Step("m", "a"), Step(None, "b", {"name": ""}))),
    ],
)
def test_targets_become_steps(target: str, steps: tuple[Step, ...]) -> None:
    assert parse_target(target) == steps


@pytest.mark.parametrize(
    "target",
    [
        "a",
        "//a",
        "/a/",
        "/1a",
        "/m:",
        "/a b",
        "/a=%2",
        "/a=%zz",
        "/a=%ff",
        "/a[",
        "/a[1]",
        "/a[name]",
        "/a[name=]",
        "/a[name='x]",
        "/a[name='x']b",
        "/ü",
        "/a/" * 3,
        "/a" * 200,
        "/" + "a" * MAX_TARGET,
    ],
)
def test_what_is_no_target_is_refused(target: str) -> None:
    with pytest.raises(NotificationError) as refused:
        parse_target(target)
    assert refused.value.reason == "invalid-target"


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=3))
def test_any_key_value_survives_percent_encoding(keys: list[str]) -> None:
    target = "/m:a/b=" + ",".join(quote(key, safe="") for key in keys)
    assert parse_target(target)[1].keys == tuple(keys)


@given(st.text(st.characters(codec="utf-8", exclude_characters="'")))
def test_any_quoted_key_value_survives(key: str) -> None:
    assert parse_target(f"/m:a/b[k='{key}']")[1].keys == {"k": key}


@given(st.text(alphabet="/:=[]'\"%,.ab1 \u00e9", max_size=40))
def test_only_notification_errors_leave_the_parser(target: str) -> None:
    try:
        steps = parse_target(target)
    except NotificationError:
        return
    assert all(isinstance(step, Step) for step in steps)


@pytest.mark.parametrize("rest", ["", "]", "'", " x]"])
def test_a_predicate_of_blanks_is_read_in_one_pass(rest: str) -> None:
    blanks = " " * (MAX_TARGET - 20)  # backtracking over them would take seconds each
    for _ in range(20):
        try:
            (step,) = parse_target(f"/a[b=c{blanks}{rest}")
        except NotificationError:
            assert rest in {"", "'"}
        else:
            assert step.keys == {"b": "c" if rest == "]" else f"c{blanks} x"}
