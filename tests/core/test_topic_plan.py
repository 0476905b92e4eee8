"""Topics as they should be beside topics as they are."""

import shlex

from yangbeam.core.topic_plan import Found, Wanted, commands, missing, shortcomings

RAW = Wanted("raw", 16, {"cleanup.policy": "delete", "max.message.bytes": "1000"})
LOSS = Wanted("loss", 1, {"cleanup.policy": "compact"})


def test_what_is_not_there_is_named_in_order() -> None:
    assert missing([RAW, LOSS], {}) == ["raw", "loss"]
    assert missing([RAW, LOSS], {"raw": Found(1)}) == ["loss"]


def test_a_topic_that_fits_or_is_larger_has_no_shortcomings() -> None:
    assert shortcomings([RAW], {"raw": Found(16, dict(RAW.settings))}) == []
    assert shortcomings([RAW], {"raw": Found(64, {"max.message.bytes": "9999", "cleanup.policy": "delete"})}) == []
    assert shortcomings([LOSS], {"loss": Found(1, {"cleanup.policy": "compact,delete"})}) == []
    assert shortcomings([LOSS], {}) == []


def test_each_shortcoming_is_said_with_its_cure() -> None:
    found = shortcomings([RAW], {"raw": Found(3, {"max.message.bytes": "999", "cleanup.policy": "compact"})})
    assert len(found) == 3
    assert found[0] == "topic raw has 3 partitions, 16 are wanted: add some"
    assert "takes records of 999 octets" in found[1]
    assert "cleanup.policy=compact, delete is wanted" in found[2]


def test_settings_that_we_are_not_told_are_no_shortcoming() -> None:
    assert shortcomings([RAW], {"raw": Found(16, None)}) == []
    assert shortcomings([RAW], {"raw": Found(16, {})}) == []


def test_commands_are_words_of_a_shell() -> None:
    (line,) = commands([Wanted("a b", 2, {"x": "1 2"})], "h:1", 3)
    words = shlex.split(line)
    assert words[0] == "kafka-topics.sh"
    assert words[words.index("--topic") + 1] == "a b"
    assert words[words.index("--config") + 1] == "x=1 2"
    assert words[words.index("--replication-factor") + 1] == "3"
