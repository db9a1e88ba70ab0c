"""A Parquet file as rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dramatis.cli.bulk.rows import Place, Row
from dramatis.core.errors import Invalid

BATCH = 1_000


class ParquetSource:
    """A Parquet file; offsets are rows.

    Args:
        path: the file.
        wanted: columns to read, or their structures; others cost nothing.

    Raises:
        Invalid: it cannot be read.
    """

    def __init__(self, path: Path, wanted: Sequence[str]) -> None:
        self._path = path
        try:
            with pq.ParquetFile(path) as file:
                self.columns = tuple(file.schema_arrow.names)
                self.size = file.metadata.num_rows
        except (OSError, pa.ArrowException) as error:
            raise Invalid(f"{path}: is no Parquet file: {error}") from None
        roots = {name for each in wanted for name in (each, each.partition(".")[0])}
        self._wanted = [name for name in self.columns if name in roots]

    def rows(self, start: Place) -> Iterator[Row]:
        """See `Source`; row groups before the start are not read."""
        try:
            with pq.ParquetFile(self._path, buffer_size=1 << 20) as file:
                yield from self._from(file, start.row)
        except (OSError, pa.ArrowException) as error:
            raise Invalid(f"{self._path}: cannot be read: {error}") from None

    def _from(self, file: pq.ParquetFile, start: int) -> Iterator[Row]:
        number, groups = 0, list(range(file.num_row_groups))
        while groups and number + file.metadata.row_group(groups[0]).num_rows <= start:
            number += file.metadata.row_group(groups.pop(0)).num_rows
        if not groups:
            return
        for batch in file.iter_batches(BATCH, groups, self._wanted, use_threads=False):
            for cells in _to_microseconds(batch).to_pylist():
                number += 1
                if number > start:
                    yield Row(Place(number, 0, number), 0, cells)


def _to_microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with times to the microsecond, which is as exact as Python's are."""
    fields = [
        pa.field(each.name, pa.timestamp("us", each.type.tz))
        if pa.types.is_timestamp(each.type)
        else each
        for each in batch.schema
    ]
    return batch.cast(pa.schema(fields), safe=False)
