"""The table's lines on deleting."""

from tests.registry.service.lines import GONE, INT, PAIR, TWO, N, S, case
from tests.registry.service.worlds import READER, Ask
from yangbeam.registry.refusals import Code

CASES = (
    case(f"DELETE {S}", "first softly", "/subjects/s", [1], INT),
    case(f"DELETE {S}", "then for good", "/subjects/s?permanent=true", [1], *GONE),
    case(f"DELETE {S}", "an unknown subject", "/subjects/s", Code.NO_SUBJECT),
    case(f"DELETE {S}", "twice", "/subjects/s", Code.SUBJECT_DELETED, *GONE),
    case(f"DELETE {S}", "for good at once", "/subjects/s?permanent=true", Code.SUBJECT_NOT_DELETED, INT),
    case(f"DELETE {S}", "what others need", "/subjects/m", Code.REFERENCE_EXISTS, *PAIR),
    case(
        f"DELETE {S}",
        "when only reading",
        "/subjects/s",
        Code.NOT_PERMITTED,
        INT,
        Ask("PUT", "/mode", {"mode": "READONLY"}),
    ),
    case(f"DELETE {S}", "by a reader", Ask("DELETE", "/subjects/s", auth=READER), Code.FORBIDDEN, world="accounts"),
    case(f"DELETE {N}", "softly", "/subjects/s/versions/1", 1, *TWO),
    case(
        f"DELETE {N}",
        "for good",
        "/subjects/s/versions/1?permanent=true",
        1,
        *TWO,
        Ask("DELETE", "/subjects/s/versions/1"),
    ),
    case(f"DELETE {N}", "the latest", "/subjects/s/versions/latest", 2, *TWO),
    case(
        f"DELETE {N}",
        "twice",
        "/subjects/s/versions/1",
        Code.VERSION_DELETED,
        *TWO,
        Ask("DELETE", "/subjects/s/versions/1"),
    ),
    case(f"DELETE {N}", "for good at once", "/subjects/s/versions/1?permanent=true", Code.VERSION_NOT_DELETED, *TWO),
    case(f"DELETE {N}", "an unknown version", "/subjects/s/versions/9", Code.NO_VERSION, INT),
    case(f"DELETE {N}", "an unknown subject", "/subjects/s/versions/9", Code.NO_SUBJECT),
    case(f"DELETE {N}", "what others need", "/subjects/m/versions/1", Code.REFERENCE_EXISTS, *PAIR),
)
