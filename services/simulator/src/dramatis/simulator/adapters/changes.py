"""What the log says, and who takes it in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from dramatis.core.campaign import Campaign
from dramatis.core.persona_set import PersonaSet
from dramatis.runtime.log_token import LogToken


@dataclass(frozen=True, slots=True)
class NewSet:
    """A persona set arrived."""

    personas: PersonaSet


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign was created or changed; None: it is gone."""

    tenant: str
    campaign_id: str
    campaign: Campaign | None


Change = NewSet | NewCampaign


class Learner(Protocol):
    """A store that follows the log. What it has learned survives a kill -9."""

    async def applied(self) -> LogToken:
        """How far the log has been taken in.

        Raises:
            Unavailable: the store cannot be read.
        """
        ...

    async def learn(self, changes: Sequence[Change], position: LogToken) -> None:
        """Takes in what the log says and notes how far; the same change twice is harmless.

        Raises:
            Unavailable: nothing was taken in.
        """
        ...
