"""Writes values as XPath 1.0 compares them."""


def literal(value: str) -> str:
    """Returns a value as an XPath 1.0 literal, in single quotes where it can be."""
    if "'" not in value:
        return f"'{value}'"
    if '"' not in value:
        return f'"{value}"'
    return "concat(" + ',"\'",'.join(f"'{part}'" for part in value.split("'")) + ")"
