"""One line for each cause and minute, whatever a library repeats."""

from yangbeam.core.log_causes import EVERY_S, MAX_LINE, MOST_CAUSES, LogCauses

REFUSED = (
    "[thrd:127.0.0.1:9/bootstrap]: 127.0.0.1:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused "
    "(after {}ms in state CONNECT, {} identical error(s) suppressed)"
)


def test_a_thousand_lines_of_one_cause_are_one_and_then_one_a_minute_with_their_number() -> None:
    causes = LogCauses()
    lines = [causes.line("FAIL", REFUSED.format(at % 7, at), at / 10) for at in range(1400)]
    shown = [line for line in lines if line is not None]
    assert len(shown) == 3
    assert shown[0] == (
        "127.0.0.1:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused "
        "(after 0ms in state CONNECT, 0 identical error(s) suppressed)"
    )
    assert shown[1].endswith("(and 599 more like it since)")


def test_other_brokers_and_other_reasons_are_other_causes() -> None:
    causes = LogCauses()
    assert causes.line("FAIL", "192.0.2.1:9092/1: timed out", 0.0) is not None
    assert causes.line("FAIL", "192.0.2.2:9092/2: timed out", 0.0) is not None
    assert causes.line("FAIL", "192.0.2.1:9092/1: refused", 0.0) is not None
    assert causes.line("REQTMOUT", "192.0.2.1:9092/1: timed out", 0.0) is not None
    assert causes.line("FAIL", "192.0.2.1:9092/1: timed out", 1.0) is None


def test_times_and_counts_make_no_new_cause() -> None:
    causes = LogCauses()
    text = "b/1: Timed out {} in-flight, 0 retry-queued, {} out-queue requests after {}ms"
    assert causes.line("REQTMOUT", text.format(3, 0, 1200), 0.0) is not None
    assert causes.line("REQTMOUT", text.format(4, 0, 999), 1.0) is None


def test_what_is_remembered_and_shown_is_bounded() -> None:
    causes = LogCauses()
    for number in range(3 * MOST_CAUSES):
        causes.line("FAIL", f"host-{number}: refused", 0.0)
    assert len(causes._causes) == MOST_CAUSES
    line = causes.line("FAIL", "y" * 10_000, EVERY_S)
    assert line is not None
    assert len(line) == MAX_LINE
