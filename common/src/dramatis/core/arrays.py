"""Names for arrays.

Letters used in this package: R recipients, P personas, C campaigns ("control" among them where a
table says so), G response stages, D encoded columns, M affinities, S draws.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]
