"""How long an append waits: less where the one before has waited in vain.

Callers queue behind one another, for a recipient say; their waits must not add up.
"""

from typing import Final

SHORT_SECONDS: Final = 0.1


class Patience:
    """Is lost by a wait in vain, and found again when anything gets through."""

    def __init__(self, seconds: float) -> None:
        self._long = seconds
        self._short = min(SHORT_SECONDS, seconds)
        self.seconds = seconds

    def lose(self) -> None:
        """Somebody has waited in vain."""
        self.seconds = self._short

    def find(self) -> None:
        """A broker has answered."""
        self.seconds = self._long
