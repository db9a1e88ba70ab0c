"""Features of all recipients as rows, out of persona's store."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from dramatis.persona.adapters import database_features
from dramatis.persona.adapters.database_features import Who
from dramatis.persona.adapters.database_personas import MIGRATIONS, NAME
from dramatis.persona.domain.features.declared import VERSION
from dramatis.persona.domain.features.feature import Stimuli
from dramatis.persona.domain.features.state import FeatureState, read
from dramatis.runtime.common_settings import Common
from dramatis.runtime.database import Transaction, open_database

AT_ONCE: Final = 2_000
Row = Mapping[str, Any]


async def pages(settings: Common, tenant: str, now: datetime) -> AsyncIterator[Sequence[Row]]:
    """Yields the rows of so many recipients after the other, by pseudonym.

    Args:
        settings: say where persona's store is.
        tenant: only of this one; "" for all.
        now: what the values are of.
    """
    async with open_database(settings.database(NAME), MIGRATIONS) as database:
        stimuli = await database.read(database_features.stimuli)
        after: Who = ("", "")
        while held := await database.read(partial(_page, tenant, after)):
            yield [
                row
                for who, state in held
                for row in _rows(who, state, now, stimuli.get(who[0], {}))
            ]
            after = held[-1][0]


def _page(tenant: str, after: Who, tx: Transaction) -> Sequence[tuple[Who, FeatureState]]:
    return database_features.page(tx, tenant, after, AT_ONCE)


def _rows(who: Who, state: FeatureState, now: datetime, stimuli: Stimuli) -> Iterator[Row]:
    about = {
        "tenant": who[0],
        "recipient": who[1],
        "as_of_time": now,
        "first_event_time": datetime.fromtimestamp(state.first_time, UTC),
        "last_event_time": datetime.fromtimestamp(state.last_time, UTC),
        "definition_version": VERSION,
    }
    for name, values in read(state, now.timestamp(), stimuli).items():
        for label, value in values.items():
            yield about | {"name": name, "label": label, "value": value}
