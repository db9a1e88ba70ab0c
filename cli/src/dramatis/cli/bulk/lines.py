"""Lines of a text file with their offsets, of bounded length."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST = 1 << 20
_BOM = b"\xef\xbb\xbf"


@dataclass
class Lines(Iterator[str]):
    """Iterates over lines of a file, and says where it is.

    Attributes:
        file: opened for bytes, at `offset`.
        encoding: of its text.
        offset: after the last line that was handed out, in bytes.
        number: lines before that.
        fault: of a line since this was last cleared: "not_<encoding>" or "line_too_long".
    """

    file: BinaryIO
    encoding: str
    offset: int = 0
    number: int = 0
    fault: str = ""

    def __next__(self) -> str:
        line = self.file.readline(LONGEST)
        if not line:
            raise StopIteration
        begins, self.offset, self.number = self.offset, self.offset + len(line), self.number + 1
        if len(line) == LONGEST and not line.endswith(b"\n"):
            self.fault = "line_too_long"
            self._skip()
            return "?\n"
        try:
            return (line if begins else line.removeprefix(_BOM)).decode(self.encoding)
        except UnicodeDecodeError:
            self.fault = f"not_{self.encoding.replace('-', '_')}"
            return line.decode(self.encoding, errors="replace")

    def _skip(self) -> None:
        """Moves to the end of a line that is too long, without keeping it."""
        while (more := self.file.readline(LONGEST)) and not more.endswith(b"\n"):
            self.offset += len(more)
        self.offset += len(more)
