"""A past campaign in memory: what the spec says, read from the CSV.

A row whose arm or outcome cannot be read is rejected, with its line and reason; a feature that
cannot be read is missing. Nothing is guessed.
"""

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dramatis.cli.backtest import cells, csv_table
from dramatis.cli.backtest.arrays import Indices, Mask
from dramatis.cli.backtest.csv_table import Rejection, Table, shorten
from dramatis.cli.backtest.ports import Cell, Recipients, Responses
from dramatis.cli.backtest.spec import Feature, FeatureType, Outcome, Spec
from dramatis.cli.backtest.spec_file import SpecFile, unknown_columns, unseen_arms
from dramatis.core.errors import Invalid

LEAST_PER_ARM = 20
MOST_CATEGORIES = 1_000
MOST_CHARACTERS = 100


class TooManyRejected(Invalid):
    """More rows than the spec allows cannot be read; `rejected` has all that were found."""

    default_reason = "TOO_MANY_REJECTED"

    def __init__(self, message: str, rejected: Sequence[Rejection]) -> None:
        super().__init__(message)
        self.rejected = tuple(rejected)


@dataclass(frozen=True)
class Dataset:
    """R recipients of a past campaign.

    Attributes:
        spec: with the features that carry something, orders of ordinals filled in, and with
            propensities.
        recipients: [R] features.
        responses: [R] arms and outcomes.
        rejected: rows left out.
        rows: in the file, without header and empty lines.
        missing: cells that could not be read, by feature column.
        notes: what a reader of the report should know, in sentences.
    """

    spec: Spec
    recipients: Recipients
    responses: Responses
    rejected: tuple[Rejection, ...]
    rows: int
    missing: Mapping[str, int]
    notes: tuple[str, ...]


def load(path: Path, file: SpecFile) -> Dataset:
    """The data set of `path` as `file` describes it.

    Raises:
        Invalid: a column or an arm of the spec is not in the data, or too few rows of an arm.
        TooManyRejected: the message says how many, why, and where the first is.
    """
    return build(csv_table.read(path), file, path)


def build(table: Table, file: SpecFile, path: Path) -> Dataset:
    """The same from a table already in memory; `path` is for messages."""
    spec = file.spec
    file.document.refuse(unknown_columns(file.document, spec, table.header))
    columns = dict(zip(table.header, map(list, zip(*table.rows, strict=True)), strict=True))
    arms = [cell.strip() for cell in columns[spec.arm_column]]
    counts = Counter(arms)
    file.document.refuse(unseen_arms(file.document, spec, counts))

    index = {arm: i for i, arm in enumerate(spec.arms)}
    faults: dict[int, Rejection] = {}
    for row, arm in enumerate(arms):
        if arm not in index:
            reason = "unknown_arm" if arm else "missing_arm"
            faults[row] = Rejection(table.lines[row], spec.arm_column, reason, shorten(arm))
    outcomes = {}
    for outcome in spec.outcomes:
        values = _outcome(outcome, columns[outcome.column], table.lines, faults)
        outcomes[outcome.name] = values
    rejected = (*table.rejected, *faults.values())
    total = len(table.rows) + len(table.rejected)
    _check_share(path, spec, rejected, total)

    kept = np.array([row not in faults for row in range(len(table.rows))])
    arm = np.array([index.get(a, 0) for a in arms], np.int64)[kept]
    _check_arms(path, spec, arm)
    ids = tuple(f"r{line}" for line, keep in zip(table.lines, kept, strict=True) if keep)
    features, feature_cells, missing, notes = _features(spec.features, columns, kept)
    shares = tuple(float(s) for s in np.bincount(arm, minlength=len(spec.arms)) / len(arm))
    return Dataset(
        replace(spec, features=features, propensity=spec.propensity or shares),
        Recipients(ids, feature_cells),
        Responses(ids, arm, {name: np.array(v, np.float64)[kept] for name, v in outcomes.items()}),
        tuple(sorted(rejected, key=lambda r: r.line)),
        total,
        missing,
        (*table.notes, *notes),
    )


def write_rejected(rejected: Sequence[Rejection], path: Path) -> None:
    """Writes line, column, reason and value of each rejected row; the header alone when none."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "column", "reason", "value"])
        writer.writerows([r.line, r.column, r.reason, r.value] for r in rejected)


def _outcome(
    outcome: Outcome, column: Sequence[str], lines: Sequence[int], faults: dict[int, Rejection]
) -> list[float]:
    """[R] values; a cell that cannot be read is 0 and its row goes to `faults`."""
    values = []
    for row, (text, number) in enumerate(zip(column, cells.numbers(column), strict=True)):
        value, reason = (number, "") if number is not None else _unread(outcome, text)
        if value is not None and value < 0:
            reason = "negative_outcome"
        elif value is not None and outcome.binary and value not in {0.0, 1.0}:
            reason = "not_0_or_1"
        if reason and row not in faults:
            faults[row] = Rejection(lines[row], outcome.column, reason, shorten(text))
        values.append(0.0 if reason or value is None else value)
    return values


def _unread(outcome: Outcome, text: str) -> tuple[float | None, str]:
    """Value and reason for a cell that is no number."""
    if cells.is_missing(text):
        return outcome.empty, "" if outcome.empty is not None else "missing_outcome"
    truth = cells.truth(text) if outcome.binary else None
    return (None, "not_a_number") if truth is None else (float(truth), "")


def _check_share(path: Path, spec: Spec, rejected: Sequence[Rejection], total: int) -> None:
    if len(rejected) <= spec.max_rejected_share * total:
        return
    reasons = Counter((r.reason, r.column) for r in rejected).most_common(5)
    told = "; ".join(f"{n} x {why}{f' in {col!r}' if col else ''}" for (why, col), n in reasons)
    first = min(rejected, key=lambda r: r.line)
    hint = ""
    if any(r.reason == "missing_outcome" for r in rejected):
        hint = " If an empty outcome means 0, say `empty: 0` in the spec's outcome."
    raise TooManyRejected(
        f"{path}: {len(rejected)} of {total} rows cannot be read, more than max_rejected_share = "
        f"{spec.max_rejected_share:g}: {told}. First at line {first.line}: "
        f"{first.value!r}.{hint}",
        sorted(rejected, key=lambda r: r.line),
    )


def _check_arms(path: Path, spec: Spec, arm: Indices) -> None:
    for name, count in zip(spec.arms, np.bincount(arm, minlength=len(spec.arms)), strict=True):
        if count < LEAST_PER_ARM:
            raise Invalid(
                f"{path}: {count} usable rows in the arm {name!r}; at least {LEAST_PER_ARM} needed"
            )


def _features(
    features: Sequence[Feature], columns: Mapping[str, Sequence[str]], kept: Mask
) -> tuple[tuple[Feature, ...], dict[str, list[Cell]], dict[str, int], list[str]]:
    """Features that carry something, their cells, missing counts and notes on the others."""
    used, kept_cells, missing, notes = [], {}, {}, []
    for named in features:
        texts = [t for t, keep in zip(columns[named.column], kept, strict=True) if keep]
        column, feature = _read(named, texts)
        why = _useless(feature, column)
        if why:
            notes.append(f"feature {feature.column!r} is not used: {why}")
            continue
        used.append(feature)
        kept_cells[feature.column] = column
        missing[feature.column] = sum(cell is None for cell in column)
        if missing[feature.column]:
            share = missing[feature.column] / len(column)
            notes.append(f"feature {feature.column!r}: {share:.2%} of the cells are missing")
    if not used:
        raise Invalid("no feature can be used: " + "; ".join(notes))
    return tuple(used), kept_cells, missing, notes


def _read(feature: Feature, texts: Sequence[str]) -> tuple[list[Cell], Feature]:
    match feature.type:
        case FeatureType.NUMERIC | FeatureType.AMOUNT:
            return list(cells.numbers(texts)), feature
        case FeatureType.BOOLEAN:
            return [cells.truth(t) for t in texts], feature
        case FeatureType.DATE:
            return _by_value(texts, cells.day), feature
        case FeatureType.ORDINAL:
            words = _by_value(texts, cells.word)
            order = feature.order or cells.natural_order(
                sorted({str(w) for w in words if w is not None})
            )
            known = set(order)
            return [w if w in known else None for w in words], replace(feature, order=order)
        case _:
            return _by_value(texts, lambda t: (cells.word(t) or "")[:MOST_CHARACTERS] or None), (
                feature
            )


def _by_value(texts: Sequence[str], read: Callable[[str], Cell]) -> list[Cell]:
    """Reads each distinct text once."""
    memory = {text: read(text) for text in set(texts)}
    return [memory[text] for text in texts]


def _useless(feature: Feature, column: Sequence[Cell]) -> str:
    """Why nothing can be decided from this column, or ""."""
    if feature.type is FeatureType.ID:
        return "an id tells recipients apart, it says nothing about them"
    distinct = len(set(column) - {None})
    if distinct == 0:
        return f"no cell can be read as {feature.type}"
    if distinct == 1 and None not in column:
        return "it is constant"
    limited = feature.type in {FeatureType.CATEGORICAL, FeatureType.ORDINAL}
    if limited and (distinct > MOST_CATEGORIES or distinct > 0.5 * len(column)):
        return f"{distinct:,} distinct values in {len(column):,} rows are an id, not categories"
    return ""
