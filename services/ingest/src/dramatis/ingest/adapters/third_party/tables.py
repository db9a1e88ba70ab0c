"""CSV, Parquet and JSON Lines, row by row, in bounded memory."""

import csv
import io
import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import BinaryIO, Final, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from dramatis.core.errors import Unavailable
from dramatis.ingest.adapters.feeds.web import LONG_SECONDS

LONGEST_LINE: Final = 1 << 20
AT_A_TIME: Final = 500
MAX_GROUP_BYTES: Final = 256 << 20  # of a row group, unpacked

Cells: TypeAlias = Mapping[str, object]


def rows(file: BinaryIO, form: str, columns: Sequence[str]) -> Generator[Cells | None, None, None]:
    """Yields the cells of these columns, row by row; None for a row that cannot be read.

    Raises:
        Unavailable: the file, or the rest of it, is not what it should be.
    """
    readers = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
    return readers[form](file, columns)


def broken(why: str) -> Unavailable:
    """The file cannot be read; it may be a better one later."""
    return Unavailable(why, reason="BROKEN_FILE", retry_after_seconds=LONG_SECONDS)


def _csv(file: BinaryIO, columns: Sequence[str]) -> Generator[Cells | None, None, None]:
    with closing(_lines(file)) as lines:
        reader = csv.reader(lines)
        try:
            header = [each.strip() for each in next(reader, [])]
            _check(header, columns)
            for cells in reader:
                if cells:
                    named = dict(zip(header, cells, strict=False))
                    yield named if len(cells) == len(header) else None
        except csv.Error:
            raise broken("it is no CSV") from None


def _jsonl(file: BinaryIO, columns: Sequence[str]) -> Generator[Cells | None, None, None]:
    with closing(_lines(file)) as lines:
        for line in lines:
            if line.strip():
                yield _object(line)


def _object(line: str) -> Cells | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _parquet(file: BinaryIO, columns: Sequence[str]) -> Generator[Cells | None, None, None]:
    try:
        with pq.ParquetFile(file) as table:
            _check(table.schema_arrow.names, columns)
            sizes = (
                table.metadata.row_group(each).total_byte_size
                for each in range(table.num_row_groups)
            )
            if max(sizes, default=0) > MAX_GROUP_BYTES:
                raise broken(f"a row group has more than {MAX_GROUP_BYTES} bytes")
            for batch in table.iter_batches(AT_A_TIME, columns=list(columns), use_threads=False):
                yield from batch.to_pylist()
    except (OSError, ValueError, pa.ArrowException):
        raise broken("it is no Parquet file") from None


def _check(there: Sequence[str], columns: Sequence[str]) -> None:
    missing = sorted(set(columns) - set(there))
    if missing:
        raise broken(f"it has no column {missing[0]!r}")


def _lines(file: BinaryIO) -> Generator[str, None, None]:
    """Yields lines of at most LONGEST_LINE characters."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE and not line.endswith("\n"):
                raise broken("a line is too long")
            yield line
    except UnicodeDecodeError:
        raise broken("it is not UTF-8") from None
    finally:
        text.detach()  # else it closes the file, which is not its own
