"""What is seen of a run: pictures and lines of hand-made moments, on consoles that are none."""

import io
import threading

from tests.pipeline.snapshots import loss, snapshot
from tests.waiting import PATIENCE_S
from yangbeam.pipeline.config.sinks import Status as StatusConfig
from yangbeam.pipeline.view.console import TextConsole
from yangbeam.pipeline.view.live_view import TOP, LiveView, RateMeter, Rates, RunView, picture, plain_line
from yangbeam.pipeline.view.status import Snapshot


def shown(found: Snapshot) -> str:
    console = TextConsole(width=200)
    with console.capture() as captured:
        console.print(picture(found, Rates(1234.5, 2000), 61.5))
    return captured.get()


def test_rates_are_means_over_the_last_seconds() -> None:
    meter = RateMeter()
    moments = [(0.0, 0), (1.0, 100), (2.0, 200), (3.0, 200), (4.0, 200)]
    rates = [meter.rates(snapshot({"received": count}), now).messages for now, count in moments]
    assert rates == [0.0, 100.0, 100.0, 50.0, 0.0]


def test_the_picture_shows_flow_subscriptions_and_trouble() -> None:
    text = shown(snapshot(loss=(loss(5, 9), loss(20, 22, state="open"), loss(30, 31, state="withdrawn"))))
    assert "01:01" in text
    assert "1,234 messages/s" in text
    assert "delivered to tables" in text
    assert "192.0.2.1 #7 (publisher 1)" in text
    rows = {line.split("  ")[-1].strip() for line in text.splitlines()}
    assert any(row.endswith("5") for row in rows)
    assert "dead: invalid-contents" in text
    assert "kernel drops" in text


def test_only_the_busiest_subscriptions_are_listed() -> None:
    busy = {(f"10.0.0.{number}", 0, number): number for number in range(1, 100)}
    text = shown(snapshot(subscriptions=busy))
    assert "10.0.0.99 #99" in text
    assert f"and {99 - TOP} more" in text
    assert "10.0.0.5 " not in text


def test_names_from_the_network_are_no_markup() -> None:
    assert "[red]" in shown(snapshot({"dead:[red]x[/red]": 1}))


def test_a_capture_has_a_bar_and_a_socket_has_none() -> None:
    assert "━" in shown(snapshot(position=50, size=100))
    assert "━" not in shown(snapshot())


def test_a_plain_line_says_the_same_in_short() -> None:
    assert plain_line(snapshot(loss=(loss(5, 9),), position=1, size=4), Rates(2, 3), 10.2) == (
        "10 s, 25% read, 10 messages (2/s), 1 subscriptions, 6 delivered to files, 5 delivered to tables, "
        "4 dead letters, 5 lost, 4 kernel drops"
    )


def test_where_there_is_no_terminal_plain_lines_are_printed() -> None:
    out = io.StringIO()
    asked = threading.Event()

    def take() -> Snapshot:
        asked.set()
        return snapshot()

    with LiveView(RunView(take), StatusConfig(plain_every_s=0.1), TextConsole(file=out, width=40)):
        assert asked.wait(PATIENCE_S)
    assert "10 messages" in out.getvalue()
    assert "\n" not in out.getvalue().split("kernel")[0]


def test_on_a_terminal_the_picture_is_drawn() -> None:
    out = io.StringIO()
    console = TextConsole(file=out, width=120, force_terminal=True, color_system="truecolor")
    with LiveView(RunView(snapshot), StatusConfig(view="auto", refresh_s=60), console) as view:
        view.show()
    assert "Subscriptions" in out.getvalue()


def test_nothing_is_shown_where_nothing_is_wanted() -> None:
    out = io.StringIO()
    with LiveView(RunView(snapshot), StatusConfig(view="off"), TextConsole(file=out, force_terminal=True)):
        pass
    assert out.getvalue() == ""
