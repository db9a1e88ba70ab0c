"""What every use case is given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dramatis.core.campaign import CONTROL
from dramatis.persona.app.board import Board
from dramatis.persona.domain.formed import Known
from dramatis.persona.ports import Clock, Publisher, Store, Token


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
    """

    store: Store
    publisher: Publisher
    clock: Clock
    board: Board
    wait: Callable[[Token, float], Awaitable[None]]
    by_features: bool = False

    async def known(self, tenant: str) -> Known:
        """The tenant's campaigns and the stages that they price."""
        campaigns = await self.store.campaigns(tenant)
        return Known(
            frozenset({CONTROL, *(each.campaign_id for each in campaigns)}),
            frozenset(value.stage for each in campaigns for value in each.values),
        )
