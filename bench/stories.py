"""Which headlines count as one story: pairs to be read by people, and how long it takes.

The data is not part of this repository: guardian_headlines.csv and cnbc_headlines.csv in the folder
news_headlines of DRAMATIS_DATA_DIR, or of ../shared/data beside the project.
"""

import csv
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from bench.support import data, report
from dramatis.ingest.domain.feeds.stories import Stories, Story, sketch

FILES: Final = ("cnbc_headlines.csv", "guardian_headlines.csv")
FORMATS: Final = ("%d %B %Y", "%d %b %Y", "%d-%b-%y")
_DAY = re.compile(r"\d+[ -]\w+[ -]\d+")

Title: TypeAlias = tuple[datetime, str]


def titles(folder: Path) -> Sequence[Title]:
    """All headlines that have a day, oldest first."""
    return sorted(each for name in FILES for each in _read(folder / name))


def _read(path: Path) -> Iterator[Title]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            title, told = " ".join((row["Headlines"] or "").split()), day(row["Time"] or "")
            if title and told:
                yield told, title


def day(text: str) -> datetime | None:
    """The day in a text, if there is one.

    >>> str(day(" 7:51  PM ET Fri, 17 July 2020")), str(day("18-Jul-20")), day("soon")
    ('2020-07-17 00:00:00+00:00', '2020-07-18 00:00:00+00:00', None)
    """
    found = _DAY.search(text.replace("Sept ", "Sep "))
    for each in FORMATS if found else ():
        with suppress(ValueError):
            return datetime.strptime(found[0] if found else "", each).replace(tzinfo=UTC)
    return None


def repeats(told: Sequence[Title]) -> Iterator[tuple[str, str]]:
    """Yields each title that does not count, with one that told its story before."""
    stories = Stories()
    for moment, title in told:
        story = Story(f"{moment:%y-%m-%d} {title}", sketch(title), moment)
        other = stories.same(story)
        if other:
            yield story.signal_id, other.signal_id
        else:
            stories.update(story)


def main() -> None:
    """Prints the pairs; with --quick of the first 2,000 headlines."""
    told = report.arguments(__doc__ or "")
    folder = data.find(os.environ, "news_headlines", FILES[1])
    if folder is None:
        return
    found = titles(folder)[: 2_000 if told.quick else None]
    begun = time.perf_counter()
    pairs = list(repeats(found))
    seconds = time.perf_counter() - begun
    for later, earlier in pairs:
        print(f"{later}\n    {earlier}")
    figures = {
        "headlines": float(len(found)),
        "repeats": float(len(pairs)),
        "microseconds_per_headline": 1e6 * seconds / len(found),
    }
    report.publish(report.Report("stories", {}, figures), told.json)


if __name__ == "__main__":
    main()
