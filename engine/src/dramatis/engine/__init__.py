"""What personas answer to campaigns never sent: the response model and its simulation."""

from dramatis.engine.learning import fit
from dramatis.engine.priors import Priors
from dramatis.engine.response import Draws, ResponseModel

__all__ = ["Draws", "Priors", "ResponseModel", "fit"]
