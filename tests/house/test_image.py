"""The worker image installs what was tested: locked, nothing resolved, and looked at afterwards."""

import re

from tests.house.test_layout import ROOT

INSTALLS = re.findall(r"pip install ([^\\\n]*)", (ROOT / "runners" / "deploy" / "Dockerfile").read_text())


def test_nothing_is_resolved_in_the_image() -> None:
    assert len(INSTALLS) == 3
    assert [words for words in INSTALLS if "--no-deps" not in words.split()] == []


def test_every_package_of_the_image_has_its_hash_and_the_project_is_built_by_them() -> None:
    locked = [words for words in INSTALLS if "--require-hashes" in words.split()]
    assert [words.split()[-1] for words in locked] == ["requirements/build.txt", "requirements/run.txt"]
    (own,) = (words for words in INSTALLS if words not in locked)
    assert "--no-build-isolation" in own.split()


def test_the_image_is_checked_after_the_last_package() -> None:
    text = (ROOT / "runners" / "deploy" / "Dockerfile").read_text()
    assert text.rindex("pip install") < text.rindex("pip check")
