"""A dry run: all rows read and made into messages, none sent."""

import json
from collections import Counter

from rich.console import Console

from dramatis.cli.adapters.shown import as_data
from dramatis.cli.bulk.chunks import chunked
from dramatis.cli.bulk.rows import Place
from dramatis.cli.bulk.session import Options, open_files


def run(options: Options, show: int, *, as_json: bool) -> None:
    """Prints the first rows as they would be sent, and how many could be read.

    Raises:
        Invalid: file or mapping cannot be read, or they do not fit each other.
    """
    opened = open_files(options)
    first: list[dict[str, object]] = []
    good, skipped = 0, 0
    reasons: Counter[tuple[str, str]] = Counter()
    examples: dict[tuple[str, str], str] = {}
    for chunk in chunked(opened.source.rows(Place()), opened.maker):
        first += [as_data(item) for item in chunk.items[: max(show - len(first), 0)]]
        good, skipped = good + len(chunk.items), skipped + chunk.skipped
        for each in chunk.rejects:
            reasons[each.reason, each.field] += 1
            examples.setdefault((each.reason, each.field), f"row {each.row}: {each.message}")
    rejected = [
        {"reason": why, "field": field, "rows": count, "first": examples[why, field]}
        for (why, field), count in reasons.most_common()
    ]
    told = {"good": good, "skipped": skipped, "rejected": rejected, "first": first}
    if as_json:
        print(json.dumps(told))
    else:
        _show(told)


def _show(told: dict[str, object]) -> None:
    console = Console()
    for each in told["first"]:  # type: ignore[attr-defined]
        console.print_json(data=each)
    rejected = told["rejected"]
    console.print(
        f"{told['good']:,} rows would be sent, {told['skipped']:,} skipped", highlight=False
    )
    for each in rejected:  # type: ignore[attr-defined]
        place = f" in {each['field']!r}" if each["field"] else ""
        console.print(
            f"{each['rows']:,} rejected: {each['reason']}{place}; {each['first']}",
            highlight=False, markup=False,
        )  # fmt: skip
