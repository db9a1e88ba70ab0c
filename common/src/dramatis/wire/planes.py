"""Tables of 16 bit integers as few bytes: medians, what is left of each cell, zstd.

Most of what a response table says is said by its campaigns and by its personas: beside their
medians little is left, nothing at all where a cell has no evidence of its own. Low and high bytes
are kept apart, since the high ones are nearly all the same. Sums and differences are modulo 65,536,
so that nothing is lost. Letters: P personas, C campaigns.
"""

from typing import Final

import cramjam
import numpy as np
from numpy.typing import NDArray

from dramatis.core.errors import Invalid
from dramatis.wire.grids import Integers

LEVEL: Final = 3
"""Of zstd; higher ones take long and find little in noise."""
_WORD: Final = np.dtype("<i2")


def pack(table: Integers) -> bytes:
    """The bytes of a table [P, C]."""
    by_campaign = table.T.copy()
    campaigns = _medians(by_campaign)
    by_campaign -= campaigns[:, None]
    personas = _medians(np.ascontiguousarray(by_campaign.T))
    by_campaign -= personas[None, :]
    medians = np.concatenate([campaigns, personas]).astype(_WORD)
    low_high = _zigzag(by_campaign).reshape(-1, 1).view(np.uint8).T
    data = medians.tobytes() + np.ascontiguousarray(low_high).tobytes()
    return bytes(cramjam.zstd.compress(data, level=LEVEL))


def unpack(data: bytes, personas: int, campaigns: int) -> Integers:
    """The table [P, C] that `pack` made bytes of.

    Raises:
        Invalid: they are the bytes of no table of this size.
    """
    medians, cells = campaigns + personas, campaigns * personas
    held = _decompress(data, 2 * (medians + cells))
    sides = held[: 2 * medians].view(_WORD).astype(np.int16)
    low, high = held[2 * medians :].reshape(2, campaigns, personas)
    table = _unzigzag(low | np.left_shift(high, 8, dtype=np.uint16))
    table += sides[:campaigns, None]
    table += sides[None, campaigns:]
    return np.ascontiguousarray(table.T)


def _decompress(data: bytes, size: int) -> NDArray[np.uint8]:
    """Exactly so many bytes; a frame that holds more never gets more memory."""
    held = bytearray(size)
    try:
        found = cramjam.zstd.decompress_into(data, held)
    except cramjam.DecompressionError:
        raise Invalid("a packed table is damaged, or too large", field="packed") from None
    if found != size:
        raise Invalid(f"a packed table holds {found} bytes, not {size}", field="packed")
    return np.frombuffer(held, dtype=np.uint8)


def _medians(rows: Integers) -> Integers:
    """[N] median of each row [N, M], the lower of two; 0 where there are no columns."""
    if rows.shape[1] == 0:
        return np.zeros(len(rows), dtype=np.int16)
    middle = (rows.shape[1] - 1) // 2
    return np.partition(rows, middle, axis=1)[:, middle]


def _zigzag(signed: Integers) -> NDArray[np.uint16]:
    """0, -1, 1, -2, ... as 0, 1, 2, 3, ..."""
    return ((signed << 1) ^ (signed >> 15)).view(np.uint16).astype("<u2", copy=False)


def _unzigzag(unsigned: NDArray[np.uint16]) -> Integers:
    return ((unsigned >> 1) ^ (-(unsigned & 1).view(np.int16)).view(np.uint16)).view(np.int16)
