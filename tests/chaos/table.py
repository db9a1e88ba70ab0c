"""What a test counted, as a table that people read."""

from collections.abc import Mapping


def table(title: str, counts: Mapping[str, object]) -> str:
    """Lines of `what  how much`, aligned."""
    width = max(map(len, counts))
    lines = [f"{name:<{width}}  {_text(value):>12}" for name, value in counts.items()]
    return "\n".join(["", title, "-" * len(title), *lines])


def _text(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
