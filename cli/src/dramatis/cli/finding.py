"""What `dramatis doctor` finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        what: its name.
        state: what was found.
        fine: whether the services can run with that.
        advice: what to do where they cannot.
    """

    what: str
    state: str
    fine: bool = True
    advice: str = ""
