"""What a capture without a message holds, in words."""

from yangbeam.core.capture_contents import what_it_holds


def test_an_empty_capture_says_so() -> None:
    assert what_it_holds({"frames": 0}, {}) == "0 frames, no message"


def test_everything_that_gave_no_message_is_named_with_its_number() -> None:
    counters = {
        "frames": 1_234,
        "other_traffic": 9,
        "tcp": 3,
        "not_ip": 2,
        "cut_packets": 1,
        "malformed": 4,
        "incomplete": 1,
    }
    assert what_it_holds(counters, {161: 5, 514: 3, 53: 1, 22: 0, 7: 0, 9: 0}) == (
        "1,234 frames, no message: 9 UDP datagrams to other ports (161, 514, 53, 7, 9: choose with --port), "
        "5 UDP datagrams or messages that were refused (see the dead letters, or decode), "
        "3 TCP packets (HTTPS-notif is encrypted, and is not read from captures), 2 frames without IP, "
        "1 packets that the capture did not keep whole (record with tcpdump -s 0)"
    )
