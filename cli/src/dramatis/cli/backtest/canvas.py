"""A drawing as SVG text: the few marks that the report's pictures are made of.

Colours are CSS classes, so that the page decides them, for light and dark alike.
"""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape


class Canvas:
    """Collects marks; `svg` is the drawing. Coordinates are pixels from the top left."""

    def __init__(self, width: float, height: float, label: str) -> None:
        self.width, self.height, self.label = width, height, label
        self._marks: list[str] = []

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """A straight line."""
        self._marks.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'
        )

    def box(
        self, x: float, y: float, width: float, height: float, kind: str, *, tip: str = ""
    ) -> None:
        """A filled rectangle with slightly round corners; `tip` shows under the pointer."""
        title = f"<title>{escape(tip)}</title>" if tip else ""
        self._marks.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
            f'rx="2" class="{kind}">{title}</rect>'
        )

    def dot(self, x: float, y: float, radius: float, kind: str, tip: str = "") -> None:
        """A filled circle."""
        title = f"<title>{escape(tip)}</title>" if tip else ""
        self._marks.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" class="{kind}">{title}</circle>'
        )

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """Words whose baseline begins, is centred or ends at the point."""
        self._marks.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">'
            f"{escape(words)}</text>"
        )

    def path(
        self, points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False
    ) -> None:
        """A line through the points, or the area that they enclose."""
        steps = " L ".join(f"{x:.1f} {y:.1f}" for x, y in points)
        self._marks.append(f'<path d="M {steps}{" Z" if closed else ""}" class="{kind}"/>')

    def svg(self) -> Markup:
        """The drawing, to stand in a page; its label is what a screen reader says."""
        label = escape(self.label)
        return Markup(  # noqa: S704 - every word above is escaped
            f'<svg viewBox="0 0 {self.width:.0f} {self.height:.0f}" role="img" '
            f'aria-label="{label}">{"".join(self._marks)}</svg>'
        )


class Scale:
    """Values to pixels on one axis, with round ticks."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        low, high = min(values), max(values)
        room = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
        self.low, self.high = low - room, high + room
        self.start, self.end = start, end

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """Round values within the axis: steps of 1, 2 or 5 times a power of ten."""
        rough = (self.high - self.low) / most
        power = 10.0 ** np.floor(np.log10(rough))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
        first = int(np.ceil(self.low / step - 1e-9))
        last = int(np.floor(self.high / step + 1e-9))
        return [round(i * step, 12) for i in range(first, last + 1)]


def shorten(words: str, most: int) -> str:
    """The words, cut at the end with an ellipsis where they are too long for their place."""
    return words if len(words) <= most else words[: most - 1].rstrip(" ,") + "\u2026"
