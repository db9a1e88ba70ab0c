"""Signals of the world in the database: each by its id, and those that were taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from dramatis.persona.adapters.tables import SIGNALS
from dramatis.persona.domain.signals import Signal
from dramatis.persona.ports import Item, SignalCame
from dramatis.runtime.database import Transaction
from dramatis.runtime.sql import insert, upsert


def take(tx: Transaction, items: Sequence[Item]) -> None:
    """Takes them in, in their order; one that was taken back does not come again."""
    for item in items:
        if isinstance(item, SignalCame) and item.withdraws:
            tx.execute(upsert(tx, SIGNALS), _row(item, item.withdraws, withdrawn=1))
        elif isinstance(item, SignalCame):
            row = _row(item, item.signal.signal_id, withdrawn=0)
            tx.execute(insert(tx, SIGNALS).on_conflict_do_nothing(), row)


def _row(item: SignalCame, signal_id: str, *, withdrawn: int) -> dict[str, Any]:
    signal = item.signal
    return {
        "tenant": item.tenant,
        "signal_id": signal_id,
        "topic": signal.topic,
        "region_code": signal.region_code,
        "score": signal.score,
        "intensity": signal.intensity,
        "signal_time": signal.time,
        "withdrawn": withdrawn,
    }


def signals(tx: Transaction, tenant: str) -> Sequence[Signal]:
    """Those that hold, by id."""
    at = SIGNALS.c
    columns = (at.signal_id, at.topic, at.region_code, at.score, at.intensity, at.signal_time)
    mine = select(*columns).where(at.tenant == tenant, at.withdrawn == 0).order_by(at.signal_id)
    return [Signal(*row) for row in tx.execute(mine)]


def forget(tx: Transaction, before: datetime) -> int:
    """Drops those of what happened before then; returns how many."""
    old = delete(SIGNALS).where(SIGNALS.c.signal_time < before.timestamp())
    return tx.execute(old).rowcount
