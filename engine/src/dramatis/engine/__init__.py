"""What personas answer to campaigns never sent: the response model and its simulation."""

from typing import Final

from dramatis.engine.learning import fit
from dramatis.engine.priors import Priors
from dramatis.engine.response import Draws, ResponseModel
from dramatis.engine.simulation import Outcome, Spread, gather, simulate, table

VERSION: Final = "0.1.0"
"""Of the mathematics: another version may give other forecasts for the same seed."""

__all__ = [
    "VERSION", "Draws", "Outcome", "Priors", "ResponseModel", "Spread", "fit", "gather",
    "simulate", "table",
]  # fmt: skip
