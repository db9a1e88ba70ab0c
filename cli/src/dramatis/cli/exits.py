"""Exit codes of the command, as its help says."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1
WRONG_INPUT: Final = 2
ADDRESS_IN_USE: Final = 3
INTERRUPTED: Final = 130
