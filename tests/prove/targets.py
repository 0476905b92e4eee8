"""What is fuzzed: every decoder of foreign octets, with seeds that are right and the errors that it may raise.

A target takes octets and says how much of them it accepted; whatever else leaves it than the errors of its promise is a
fault. Its memory may be a multiple of the octets, beside a fixed part.
"""

import contextlib
from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Final, NamedTuple

import msgspec

from tests.builders import message
from tests.core.ingest.topic_records import record
from tests.core.notification.samples import CBOR, JSON, XML
from tests.core.notification.samples import corpus as notifications
from tests.costly import doubling, enums, leaves, set_of, unions
from tests.fuzz import fuzz_notification, fuzz_udp_notif
from tests.prove.stages import RECEIVE
from tests.wire import block, enhanced, ethernet, interface, ipv4, ipv6, pcap, section, udp
from yangbeam.core.dead_letter import from_record, letter_of_message, to_json, to_record
from yangbeam.core.elements import Heartbeat, MediaType, Refused
from yangbeam.core.errors import NotificationError, SchemaError, WireError
from yangbeam.core.framing import FRAMINGS, frame, read_frame
from yangbeam.core.https_notif import capabilities, media_type_of, payloads_of
from yangbeam.core.ingest.records import told
from yangbeam.core.netconf_framing import Deframer, framed
from yangbeam.core.notification.decode import decode
from yangbeam.core.packets import PacketDecoder
from yangbeam.core.pcap import CaptureError, CaptureParser
from yangbeam.core.raw_record import HEARTBEAT, MESSAGE, REFUSED, of_heartbeat, of_message, of_refused, read_record
from yangbeam.core.registry_answers import body_of, document, registered_of, terms_in
from yangbeam.core.udp_notif import segments_of
from yangbeam.core.yang.costs import CostLimits
from yangbeam.core.yang.yang_library import LibraryError
from yangbeam.core.yang.yang_library_xml import parse_library
from yangbeam.registry.guard.guard import Guard


class Target(NamedTuple):
    """One decoder, or one family of them."""

    seeds: Callable[[], Iterable[bytes]]
    """What it accepts."""
    take: Callable[[bytes], int]
    """Decodes; returns how much was accepted, and raises nothing of its promise."""
    tokens: tuple[bytes, ...] = ()
    """What its form is made of, and what breaks its readers."""
    memory: int = 16
    """Octets that it may take for each octet that it is given, beside FIXED."""


FIXED: Final = 256 << 10
"""Octets that any decoder may take, whatever it is given: parsers, and tables of its first use."""


def accepted(take: Callable[[], object], *promised: type[Exception]) -> int:
    """Returns 1 if nothing was raised, 0 for an error of the promise."""
    try:
        take()
    except promised:
        return 0
    return 1


def _udp(octets: bytes) -> int:
    chance = fuzz_udp_notif.Chance(octets)
    pieces = [octets[at : at + 100] for at in range(0, len(octets), 100)]
    for settings, parser in zip(fuzz_udp_notif.SETTINGS, fuzz_udp_notif.PARSERS, strict=True):
        for piece in (octets, *pieces):
            fuzz_udp_notif.check_parser(piece, parser)
        fuzz_udp_notif.check_collector([octets, *pieces], settings, chance)
    return sum(accepted(partial(parser.parse, octets), WireError) for parser in fuzz_udp_notif.PARSERS)


def _notification(media_type: str, octets: bytes) -> int:
    return int(fuzz_notification.check(message(octets, media_type=media_type)))


def _of(media_type: str) -> list[bytes]:
    return [one.payload for _, one in notifications() if one.media_type == media_type]


def _datagrams() -> list[bytes]:
    whole = segments_of(b"{}" * 600, media_type=MediaType.JSON, publisher_id=1, message_id=1, max_segment_size=300)
    return [segment for make in RECEIVE.values() for segment in make(7)] + whole


def _pcap(octets: bytes) -> int:
    parser, decoder, found = CaptureParser(), PacketDecoder({}), 0
    with contextlib.suppress(CaptureError):
        for at in range(0, len(octets), 97):
            for one in parser.feed(octets[at : at + 97]):
                found += decoder.decode(one) is not None
    parser.end()
    return found


def _captures() -> list[bytes]:
    packets = [ethernet(ip(udp(payload))) for payload in _datagrams() for ip in (ipv4, ipv6)]
    frames = [(1_700_000_000_000_000 + at, packet) for at, packet in enumerate(packets[:9])]
    new = section() + interface("<", link=1) + b"".join(enhanced("<", 0, at, packet) for at, packet in frames)
    return [pcap(frames), pcap(frames, order=">", nanoseconds=True), new, new + block("<", 5, b"statistics")]


def _https(octets: bytes) -> int:
    text = octets[:8_000].decode("latin-1")
    capabilities(text)
    accepted(lambda: media_type_of(text, text[:9]), WireError)
    return sum(accepted(partial(payloads_of, each, octets), WireError) for each in MediaType)


_RAW: Final = (MESSAGE, REFUSED, HEARTBEAT)


def _raw(octets: bytes) -> int:
    return sum(accepted(partial(read_record, [(name, octets)], octets, 0, 0), WireError) for name in _RAW)


def _raws() -> list[bytes]:
    refused = Refused(0, "malformed", "why", "192.0.2.1", 1, 1, b"x", 1, 2, "device", "c")
    made = (of_message(message()), of_refused(refused), of_heartbeat(Heartbeat(0, "c", 1, {"datagrams": 9}, 4), 3))
    return [facts for one in made for _, facts in one.headers if isinstance(facts, bytes)]


_HEADERS: Final = ("schema-id", "__value_schema_id", "content-type", "yangbeam-raw", "yangbeam-publisher")


def _framing(octets: bytes) -> int:
    """The first octets are a header's value, the others that of the record."""
    split = octets[0] % 24 if octets else 0
    each = (partial(read_frame, octets[1 + split :], [(name, octets[1 : 1 + split])]) for name in _HEADERS)
    return sum(accepted(one, NotificationError) for one in each)


def _framed() -> list[bytes]:
    made = (frame(name, 7, b'{"a":1}', bytes(16)) for name in FRAMINGS)
    return [bytes([len(content)]) + content + value for value, headers in made for _, content in headers]


def _telemetry(octets: bytes) -> int:
    topic = msgspec.structs.replace(record(), value=octets)
    return accepted(lambda: decode(told(topic).message), NotificationError)


def _letter(octets: bytes) -> int:
    headers = [("yangbeam-dead-letter", octets)]
    found = accepted(lambda: from_record(headers, octets), NotificationError)
    return found + accepted(lambda: from_record([], octets), NotificationError)


def _letters() -> list[bytes]:
    letter = letter_of_message("decode", message(b"x"), NotificationError("not-json", "no"))
    return [to_json(letter), to_record(letter)[1][1]]


def _netconf(octets: bytes) -> int:
    """Frames of either kind, in pieces, and each message as a reply that holds a library."""
    found = accepted(lambda: parse_library(octets), LibraryError)
    for chunked in (False, True):
        deframer = Deframer(1 << 16)
        deframer.chunked = chunked
        with contextlib.suppress(WireError):
            for at in range(0, len(octets), 41):
                for reply in deframer.feed(octets[at : at + 41]):
                    found += 1 + accepted(partial(parse_library, reply), LibraryError)
    return found


_LIBRARY: Final = """<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><data>
<yang-library xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"><content-id>c</content-id>
<module-set><name>m</name><module><name>a</name><revision>2026-01-01</revision><namespace>urn:a</namespace>
<feature>f</feature><deviation>d</deviation><submodule><name>s</name></submodule></module>
<import-only-module><name>b</name><revision/><namespace>urn:b</namespace></import-only-module></module-set>
<schema><name>s</name><module-set>m</module-set></schema>
<datastore xmlns:ds="urn:ietf:params:xml:ns:yang:ietf-datastores"><name>ds:operational</name><schema>s</schema>
</datastore></yang-library></data></rpc-reply>"""
_STATE: Final = """<modules-state xmlns="urn:ietf:params:xml:ns:yang:ietf-yang-library"><module-set-id>1</module-set-id>
<module><name>a</name><revision>2026-01-01</revision><namespace>urn:a</namespace><feature>f</feature>
<conformance-type>implement</conformance-type></module></modules-state>"""


def _replies() -> list[bytes]:
    replies = [_LIBRARY.encode(), _STATE.encode()]
    return [*replies, *(framed(reply, chunked=chunked) for reply in replies for chunked in (False, True))]


def _registry(octets: bytes) -> int:
    reads = (document, lambda name, text: registered_of(name, "s", text), body_of, terms_in)
    return sum(accepted(partial(read, "r", octets), SchemaError) for read in reads)


@cache
def guard() -> Guard:
    """The guard of a fuzzer, with small limits: what is beyond them is an answer like any other."""
    return Guard(CostLimits(cpu_s=2, wall_s=30.0, memory_bytes=256 << 20, nodes=10_000))


def _yang(octets: bytes) -> int:
    text = octets.decode("utf-8", "replace")
    return accepted(lambda: guard().compiles(set_of(text)), SchemaError)


def _modules() -> list[bytes]:
    texts = (doubling(3), enums(20), leaves(20), unions(3))
    return [text.encode() for text in texts]


_JSON: Final = fuzz_notification.TOKENS[JSON]
_XML: Final = fuzz_notification.TOKENS[XML]
_YANG: Final = (
    *(
        b"{",
        b"}",
        b";",
        b"uses g;",
        b"grouping g {",
        b"augment /d:a {",
        b"deviation /d:a {",
        b"when 1;",
        b"must '",
        b'"',
    ),
    *(
        b"leafref",
        b"path ../x;",
        b"union",
        b"type union {",
        b"identity i;",
        b"base i;",
        b"typedef t {",
        b"pattern '(((x*)*)*)*';",
    ),
    *(
        b"range 1..max;",
        b"include s;",
        b"import x {",
        b"prefix",
        b"if-feature f;",
        b"refine a {",
        b"choice c {",
        b"key k;",
    ),
    *(b"anydata a;", b"//", b"/*", b"*/", b"+", b"\\", b"\xff", b"\x00", b"99999999999999999999", b"config false;"),
)

TARGETS: Final[dict[str, Target]] = {
    # Three collectors, each with every hundred octets as a datagram of its own.
    "udp-notif": Target(fuzz_udp_notif.corpus, _udp, (b"\x01\x04\x00\x03", b"\x02\x04", b"\xff", b"\x21\x0c"), 400),
    "json": Target(partial(_of, JSON), partial(_notification, JSON), _JSON),
    "xml": Target(partial(_of, XML), partial(_notification, XML), _XML),
    "cbor": Target(partial(_of, CBOR), partial(_notification, CBOR), fuzz_notification.TOKENS[CBOR]),
    "pcap": Target(_captures, _pcap, (b"\x0a\x0d\x0d\x0a", b"\xff\xff\xff\xff", b"\x06\0\0\0", b"\x45", b"\x81\0")),
    "https": Target(lambda: [*_of(JSON), *_of(XML), *_of(CBOR)], _https, (*_JSON, *_XML, b";q=", b"*/*,")),
    "raw-records": Target(_raws, _raw, (b"\x9c", b"\xdd\xff\xff\xff\xff", b"\xc4\xff", b"\xcf" + b"\xff" * 8)),
    "framings": Target(_framed, _framing, (b"\x00", b"\x01", b"7777", b"1/2/3")),
    "telemetry": Target(lambda: [record().value], _telemetry, _JSON),
    "dead-letters": Target(_letters, _letter, _JSON),
    "netconf": Target(_replies, _netconf, (*_XML, b"]]>]]>", b"\n#9\n", b"\n##\n", b"\n#4294967295\n")),
    "registry": Target(
        lambda: [b'{"id":1,"version":2}', b'{"schema":"x"}', b'{"error_code":1}'], _registry, _JSON, 200
    ),
    "yang": Target(_modules, _yang, _YANG),
}
"""By name. The YANG texts are compiled by the guard's process, whose memory is the guard's own limit."""
