"""Which events of a day are exported already: the log may hold one twice."""

import hashlib
from collections import OrderedDict
from datetime import date
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

MOST: Final = 1_000_000
"""Events that are remembered at a time, about 100 bytes each."""


class Seen:
    """Events of the days that were looked at last; those of others are read from their files."""

    def __init__(self, folder: Path, most: int = MOST) -> None:
        self._folder, self._most = folder, most
        self._days: OrderedDict[date, set[bytes]] = OrderedDict()

    def is_new(self, day: date, tenant: str, event: str) -> bool:
        """Whether this event of the day comes for the first time; notes it."""
        known = self._known(day)
        digest = _digest(tenant, event)
        if digest in known:
            return False
        known.add(digest)
        return True

    def _known(self, day: date) -> set[bytes]:
        if day in self._days:
            self._days.move_to_end(day)
            return self._days[day]
        known = self._days[day] = self._read(day)
        return known

    def forget_some(self) -> None:
        """Lets go of days that are not needed; to be called when all rows are in their files."""
        while len(self._days) > 1 and sum(map(len, self._days.values())) > self._most:
            self._days.popitem(last=False)

    def _read(self, day: date) -> set[bytes]:
        found: set[bytes] = set()
        for path in sorted((self._folder / f"day={day.isoformat()}").glob("part-*.parquet")):
            table = pq.read_table(path, columns=["tenant", "event"], partitioning=None)
            pairs = zip(table["tenant"].to_pylist(), table["event"].to_pylist(), strict=True)
            found.update(_digest(*pair) for pair in pairs)
        return found


def _digest(tenant: str, event: str) -> bytes:
    return hashlib.blake2b(f"{tenant}/{event}".encode(), digest_size=12).digest()
