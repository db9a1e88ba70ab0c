"""Countries and regions by IP address, from a CSV file that the operator brings.

Each line holds the first and the last address of a range, an ISO 3166-1 country and, where known,
an ISO 3166-2 region: `192.0.2.0,192.0.2.255,DE,DE-BE`. Ranges do not overlap.
"""

import csv
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from dramatis.core.errors import Unavailable
from dramatis.ingest.domain.places import NOWHERE, Place
from dramatis.ingest.domain.rules import Locate

_Address = tuple[int, int]  # version, number: IPv4 and IPv6 are apart


class _Range(NamedTuple):
    first: _Address
    last: _Address
    place: Place


def read(path: str) -> Locate:
    """How to look up addresses in a file; where there is none, all are nowhere.

    Raises:
        Unavailable: the file cannot be read, or a line of it; the message says which.
    """
    return Ranges(sorted(_lines(Path(path)))) if path else lambda address: NOWHERE


class Ranges:
    """Looks up addresses in sorted ranges."""

    def __init__(self, ranges: Sequence[_Range]) -> None:
        self._ranges = ranges
        self._firsts = [each.first for each in ranges]

    def __call__(self, address: str) -> Place:
        """Where an address is; nowhere if it is none, or not in the file."""
        try:
            at = _address(address)
        except ValueError:
            return NOWHERE
        place = bisect_right(self._firsts, at) - 1
        return (
            self._ranges[place].place if place >= 0 and at <= self._ranges[place].last else NOWHERE
        )


def _lines(path: Path) -> Iterator[_Range]:
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    except (OSError, ValueError) as error:
        raise _unusable(f"cannot read {path}: {error}") from error
    for number, row in enumerate(rows, 1):
        try:
            first, last, country, region = (*row, "") if len(row) == 3 else row
            yield _Range(_address(first), _address(last), Place(country, region))
        except ValueError as error:
            raise _unusable(f"{path}, line {number}: {error}") from error


def _unusable(why: str) -> Unavailable:
    return Unavailable(f"DRAMATIS_INGEST_IP_RANGES: {why}", reason="BAD_IP_RANGES")


def _address(text: str) -> _Address:
    parsed = ip_address(text.strip())
    return parsed.version, int(parsed)
