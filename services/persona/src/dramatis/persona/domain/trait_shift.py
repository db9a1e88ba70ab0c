"""How far the world has moved one trait of each persona."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TraitShift:
    """One trait over all personas.

    Attributes:
        trait: its name.
        before: [P] means of the members, as the recipients show them.
        after: [P] means with the shift.
        why: the rules and how many signals spoke for each.
    """

    trait: str
    before: tuple[float, ...]
    after: tuple[float, ...]
    why: str

    @property
    def amounts(self) -> tuple[float, ...]:
        """[P] in the trait's unit."""
        return tuple(to - since for since, to in zip(self.before, self.after, strict=True))
