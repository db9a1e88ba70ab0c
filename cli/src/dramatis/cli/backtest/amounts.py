"""Values of the objective as people read them: visits per 100 recipients, USD per recipient."""

from collections.abc import Sequence
from dataclasses import dataclass

from dramatis.cli.backtest.report import Report


@dataclass(frozen=True)
class Amounts:
    """How to write values of one report.

    Attributes:
        title: what the values are.
        scale: what they are multiplied by.
        digits: after the point.
    """

    title: str
    scale: float
    digits: int

    @staticmethod
    def of(report: Report) -> "Amounts":
        """Counts per 100 recipients for a plain response, amounts per recipient for money."""
        spec, objective = report["spec"], report["objective"]
        costly = any(report["spec"]["costs"].values())
        less = " less the cost of sending" if costly else ""
        if spec["stage"] == "amount" or spec["value"] != 1:
            unit = f" in {spec['currency']}" if spec["currency"] else ""
            most = max(abs(p["dr"]) for p in report["policies"].values())
            return Amounts(f"{objective}{less} per recipient{unit}", 1.0, 3 if most < 10 else 2)
        return Amounts(f"{objective} per 100 recipients{less}", 100.0, 2)

    def text(self, value: float) -> str:
        """The value."""
        return f"{value * self.scale:,.{self.digits}f}".replace("-", "\u2212")

    def signed(self, value: float) -> str:
        """The value with its sign, by a proper minus."""
        return f"{value * self.scale:+,.{self.digits}f}".replace("-", "\u2212")

    def interval(self, bounds: Sequence[float]) -> str:
        """Both bounds."""
        return f"{self.text(bounds[0])} to {self.text(bounds[1])}"
