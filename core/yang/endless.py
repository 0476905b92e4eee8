"""Which patterns of a module are left out before libyang reads it: what may go back without end.

PCRE2 gives up after some seconds, for each value: a list of a thousand would stop everybody for an hour. What is
registered and shown is the text as it came.
"""

from yangbeam.core.yang.compiled.patterns import is_bounded
from yangbeam.core.yang.statements import Statement, read_statements, without


def without_endless(text: str) -> tuple[str, list[Statement]]:
    """Returns a module's text without such patterns, its lines as they were, and the patterns."""
    if "pattern" not in text:
        return text, []
    statements = read_statements(text).within()
    found = [each for each in statements if each.keyword == "pattern" and not is_bounded(each.argument)]
    return without(text, found), found
