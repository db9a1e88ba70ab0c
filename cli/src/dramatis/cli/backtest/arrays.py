"""Names for the arrays of the backtest.

Letters used in this package: R recipients, A arms (arm 0 is the control: nothing sent), C = A - 1
campaigns in the order of the spec, P personas, D encoded feature columns, B bootstrap resamples.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
