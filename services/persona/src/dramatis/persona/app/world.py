"""What every use case is given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from dramatis.core.campaign import CONTROL
from dramatis.persona.app.board import Board
from dramatis.persona.domain.base_personas import BasePersonas
from dramatis.persona.domain.formed import Known
from dramatis.persona.domain.lives import Habits
from dramatis.persona.domain.signals import Outlook
from dramatis.persona.ports import Clock, Publisher, Store, Token

BaseOf: TypeAlias = Callable[[str], BasePersonas | None]
"""The base personas of a tenant."""
OutlookOf: TypeAlias = Callable[[str], Outlook | None]
"""The rules for world signals of a tenant."""


@dataclass(frozen=True, slots=True)
class World:
    """Ports and shared state.

    Attributes:
        store: what is remembered.
        publisher: how the others hear of it.
        clock: the time.
        board: the newest standing of each tenant.
        wait: returns when the log has been taken in up to a token, within so many seconds.
        by_features: whether personas are formed by features too.
        habits: how personas live.
        base: the base personas of a tenant, if there are any.
        outlook: the rules for world signals of a tenant, if there are any.
    """

    store: Store
    publisher: Publisher
    clock: Clock
    board: Board
    wait: Callable[[Token, float], Awaitable[None]]
    by_features: bool = False
    habits: Habits = field(default_factory=Habits)
    base: BaseOf = lambda tenant: None
    outlook: OutlookOf = lambda tenant: None

    async def known(self, tenant: str) -> Known:
        """The tenant's campaigns and the stages that they price."""
        campaigns = await self.store.campaigns(tenant)
        return Known(
            frozenset({CONTROL, *(each.campaign_id for each in campaigns)}),
            frozenset(value.stage for each in campaigns for value in each.values),
        )
