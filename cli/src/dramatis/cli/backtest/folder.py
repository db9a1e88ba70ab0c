"""The folder that results go to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dramatis.core.errors import Invalid


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Makes the folder; a fault while writing into it becomes a sentence that says what to do.

    Raises:
        Invalid: it cannot be made or written to, or the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        message = (
            f"{folder}: cannot be written to ({error.strerror}); make room or choose another --out"
        )
        raise Invalid(message, reason="OUT_NOT_WRITABLE") from error
