import pytest

from tests.core.yang.compiled.sets import OWN
from tests.fuzz.fuzz_libyang import fuzz, main


def test_a_short_run_of_the_fuzzer_ends_no_process() -> None:
    done, accepted, ended = fuzz(list(OWN), seconds=600.0, seed=1, texts=3000)
    assert ended == []
    assert 0 < accepted < done == 3000


@pytest.mark.parametrize(
    "text",
    [
        '{"corners-more:things":{"thing":[{"kind":"big","kind":"big"},{"kind":"corners-more:big"},{"kind":"big"}]}}',
        '{"corners:top":{"by-name":[{"name":"x","name":"x"},{"name":"x"},{"name":{"name":"x"}}]}}',
    ],
)
def test_what_ended_a_process_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """libyang 3.12.2 sorts entries by their keys, and follows a null pointer when one stands twice."""
    monkeypatch.setattr("sys.argv", ["fuzz_libyang.py", "--set", "corners", "--text", text])
    main()
    assert capsys.readouterr().out == "False\n"
