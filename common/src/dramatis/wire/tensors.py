"""Arrays as `Tensor` messages: float64, little-endian, row-major."""

import math

import numpy as np

from dramatis.api.common.v1.tensor_pb2 import Tensor
from dramatis.core.arrays import Floats
from dramatis.core.errors import Invalid

_BYTES = np.dtype("<f8")


def to_tensor(array: Floats) -> Tensor:
    """The message that holds the array."""
    data = np.ascontiguousarray(array, dtype=_BYTES)
    return Tensor(shape=data.shape, data=data.tobytes())


def from_tensor(tensor: Tensor) -> Floats:
    """The array that the message holds, read-only.

    Raises:
        Invalid: shape and data do not agree.
    """
    shape = tuple(tensor.shape)
    if any(length < 0 for length in shape) or math.prod(shape) * 8 != len(tensor.data):
        raise Invalid(f"a tensor of shape {shape} holds {len(tensor.data)} bytes", field="data")
    array: Floats = np.frombuffer(tensor.data, dtype=_BYTES).reshape(shape)
    return array
