"""Whether metadata annotations (RFC 7952) have a form that libyang 2.1 survives: an object within one crashes it."""

from typing import Any, Final

from yangbeam.core.errors import InvalidInstanceError

_SIGNS: Final = (b'"@', b"\\u0040")
"""One of them is in every text that has a member whose name begins with ``@``."""
RULE: Final = "RFC 7952 section 5.2: an annotation is an object of scalar values, or an array of such objects and nulls"


def refuse_odd_annotations(text: bytes, document: Any) -> None:
    """Looks through a parsed document, where its text may hold annotations at all.

    Raises:
        InvalidInstanceError: ``invalid-contents``, with the path of one that is no object of scalar values.
    """
    if any(sign in text for sign in _SIGNS):
        _look(document, "")


def _look(value: Any, path: str) -> None:
    if isinstance(value, dict):
        for name, below in value.items():
            if name.startswith("@"):
                _annotation(below, f"{path}/{name}")
            else:
                _look(below, f"{path}/{name}")
    elif isinstance(value, list):
        for index, below in enumerate(value):
            _look(below, f"{path}[{index + 1}]")


def _annotation(value: Any, path: str) -> None:
    if not is_annotation(value):
        detail = f"{path}: metadata in a form that no annotation has"
        raise InvalidInstanceError("invalid-contents", detail, path=path, rule=RULE)


def is_annotation(value: Any) -> bool:
    """Says whether a value has the form of an annotation, or of those of a leaf-list."""
    entries = [each for each in value if each is not None] if isinstance(value, list) else [value]
    return all(
        isinstance(entry, dict) and not any(isinstance(each, dict | list) for each in entry.values())
        for entry in entries
    )
