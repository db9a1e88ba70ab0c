from pathlib import Path

import pytest

from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters import ip_ranges
from dramatis.ingest.domain.places import NOWHERE, Place

RANGES = """\
198.51.100.0,198.51.100.255,FR
192.0.2.0,192.0.2.127,DE,DE-BE
2001:db8::,2001:db8::ffff,AT,AT-9
"""


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.0", Place("DE", "DE-BE")),
        ("192.0.2.127", Place("DE", "DE-BE")),
        ("192.0.2.128", NOWHERE),
        ("198.51.100.9", Place("FR")),
        ("2001:db8::7", Place("AT", "AT-9")),
        ("2001:db9::7", NOWHERE),
        ("0.0.0.1", NOWHERE),
        ("no address", NOWHERE),
    ],
)
def test_addresses_are_looked_up(tmp_path: Path, address: str, place: Place) -> None:
    path = tmp_path / "ranges.csv"
    path.write_text(RANGES)
    assert ip_ranges.read(str(path))(address) == place


def test_without_a_file_all_are_nowhere() -> None:
    assert ip_ranges.read("")("192.0.2.7") == NOWHERE


@pytest.mark.parametrize("line", ["192.0.2.0,192.0.2.9", "here,there,DE", "a,b,c,d,e"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "ranges.csv"
    path.write_text(f"{RANGES}{line}\n")
    with pytest.raises(Unavailable, match="line 4"):
        ip_ranges.read(str(path))
