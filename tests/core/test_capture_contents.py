"""What a capture holds that is no message, in words."""

from yangbeam.core.capture_contents import beside_messages, what_it_holds

COUNTERS = {
    "frames": 1_234,
    "other_traffic": 9,
    "other_traffic:161": 5,
    "other_traffic:514": 3,
    "other_traffic:53": 1,
    "tcp": 30,
    "tcp:http:8443": 2,
    "tcp:mdt:57500": 1,
    "unsupported_link": 4,
    "unsupported_link:147": 4,
    "not_ip": 2,
    "cut_packets": 1,
    "malformed": 4,
    "incomplete": 1,
}


def test_an_empty_capture_says_so() -> None:
    assert what_it_holds({"frames": 0}) == "0 frames, no message"


def test_everything_that_gave_no_message_is_named_with_its_number() -> None:
    assert what_it_holds(COUNTERS) == (
        "1,234 frames, no message: 9 UDP datagrams to other ports (161, 514, 53: choose with --port), "
        "5 UDP datagrams or messages that were refused (see the dead letters, or decode), "
        "2 TCP streams of HTTP without TLS (HTTPS-notif is read by a listener, not from captures), to port 8443, "
        "1 TCP streams of Cisco's dial-out over TCP (not read), to port 57500, "
        "4 frames of a link type that is not read (LINKTYPE 147), "
        "1 packets that the capture did not keep whole (record with tcpdump -s 0), "
        "30 TCP packets (of TCP, nothing is read from captures), 2 frames without IP"
    )


def test_beside_messages_only_what_may_be_telemetry_is_named() -> None:
    assert beside_messages(COUNTERS) == (
        "not read from captures: 9 UDP datagrams to other ports (161, 514, 53: choose with --port), "
        "2 TCP streams of HTTP without TLS (HTTPS-notif is read by a listener, not from captures), to port 8443, "
        "1 TCP streams of Cisco's dial-out over TCP (not read), to port 57500, "
        "4 frames of a link type that is not read (LINKTYPE 147), "
        "1 packets that the capture did not keep whole (record with tcpdump -s 0)"
    )
    assert beside_messages({"frames": 9, "datagrams": 3, "tcp": 4, "not_ip": 1, "not_udp": 1}) == ""


def test_only_the_busiest_ports_are_named() -> None:
    counters = {"other_traffic": 99} | {f"other_traffic:{port}": port for port in range(1, 10)}
    assert "(9, 8, 7, 6, 5: choose" in what_it_holds(counters)
