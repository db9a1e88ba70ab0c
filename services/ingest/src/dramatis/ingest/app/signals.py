"""Signals of the world come in."""

from collections.abc import Sequence

from dramatis.ingest.app import claims, records
from dramatis.ingest.app.answers import Published, Seal
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.incoming import IncomingSignal
from dramatis.ingest.domain.notes import Notes, of_the_day
from dramatis.ingest.domain.verdict import ACCEPTED, DUPLICATE, Verdict, rejected
from dramatis.ingest.ports import Effect
from dramatis.runtime import topics
from dramatis.runtime.log_token import LogToken


async def publish_signals(
    world: World, tenant: str, signals: Sequence[IncomingSignal], seal: Seal
) -> Published:
    """Admits a batch of signals; what it returns is durable.

    Raises:
        Unavailable: it is not known what was written; send the same signals again.
    """
    ids = {signal.signal_id for signal in signals if signal.fault is None}
    async with world.claims.hold({claims.of_signal(tenant, each) for each in ids}):
        seen = set(await world.store.signals(tenant, ids))
        accepted: list[IncomingSignal] = []
        verdicts: list[Verdict] = []
        for signal in signals:
            verdicts.append(_judge(signal, seen))
            if verdicts[-1] is ACCEPTED:
                seen.add(signal.signal_id)
                accepted.append(signal)
        new = [records.of_signal(tenant, signal) for signal in accepted]
        token = LogToken.after(await world.log.append(new) if new else ())
        if len(accepted) < len(signals):
            token = token.merge(await world.log.end({topics.WORLD_SIGNALS.name}))
        published = Published(verdicts, token.encode())
        now = world.clock()
        effect = Effect(
            tenant,
            signals=dict.fromkeys((signal.signal_id for signal in accepted), now),
            answer=seal(published),
            notes=of_the_day("signal", verdicts, Notes(), now),
        )
        await world.store.save(effect)
    return published


def _judge(signal: IncomingSignal, seen: set[str]) -> Verdict:
    if signal.fault:
        return rejected("schema", signal.fault)
    return DUPLICATE if signal.signal_id in seen else ACCEPTED
