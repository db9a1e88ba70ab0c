"""Where data sets are that are not part of this repository."""

import sys
from collections.abc import Mapping
from pathlib import Path


def find(environ: Mapping[str, str], folder: str, file: str) -> Path | None:
    """The folder of a data set that holds a file; where there is none stderr says where it was due.

    Looked for in DRAMATIS_DATA_DIR, in its folder of that name, and in ../shared/data.
    """
    told = environ.get("DRAMATIS_DATA_DIR", "")
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    places = [Path(told), Path(told) / folder] if told else []
    for place in (*places, beside / folder):
        if (place / file).is_file():
            return place
    print(f"skipped: no {folder}/{file} in DRAMATIS_DATA_DIR or ../shared/data", file=sys.stderr)
    return None
