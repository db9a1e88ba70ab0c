"""Where something was done, no finer than a region."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A country (ISO 3166-1 alpha-2) and a region of it (ISO 3166-2); empty where unknown."""

    country_code: str = ""
    region_code: str = ""


NOWHERE: Final = Place()
