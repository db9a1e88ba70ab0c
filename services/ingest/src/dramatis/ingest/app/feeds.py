"""What connectors bring becomes signals: each story once, and what was deleted is taken back.

First the signals are published, then the cursor moves. A crash in between brings the same items
again; their signals have the same ids and are duplicates.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from dramatis.core.errors import Unavailable
from dramatis.ingest.app.answers import forget
from dramatis.ingest.app.signals import publish_signals
from dramatis.ingest.app.world import World
from dramatis.ingest.domain.feeds.connector import Connector
from dramatis.ingest.domain.feeds.item import Batch, Entry, Item, Removal
from dramatis.ingest.domain.feeds.stories import Stories, Story, from_bytes, sketch, to_bytes
from dramatis.ingest.domain.feeds.topics import entities
from dramatis.ingest.domain.feeds.world_signal import (
    WorldSignal,
    digest,
    intensity,
    withdrawal_id,
)
from dramatis.ingest.domain.verdict import Outcome
from dramatis.ingest.ports import Cursors, EncodeSignal, Noted, Progress, Scorer

MOST_AT_ONCE: Final = 1_000  # signals of one call
REMEMBERED: Final = 20_000  # stories of a tenant that are known again after a restart
PAUSE_SECONDS: Final = 3600.0
BREATH: Final = 32  # entries judged before others get their turn


@dataclass(frozen=True)
class Desk:
    """What all connectors of a process share.

    Attributes:
        world: where signals are published.
        cursors: what is remembered over restarts.
        scorer: says how something was said.
        encode: writes a signal as the contract says.
        stories: by tenant and topic, what counted lately.
    """

    world: World
    cursors: Cursors
    scorer: Scorer
    encode: EncodeSignal
    stories: dict[str, dict[str, Stories]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch.

    Attributes:
        outcomes: how many entries or signals came to what.
        newest: time of the newest item; None without one.
    """

    outcomes: Mapping[str, int]
    newest: datetime | None


async def take_in(desk: Desk, connector: Connector, holder: str, batch: Batch) -> Taken:
    """Publishes what a batch says, takes back what it takes back, and moves the cursor.

    Raises:
        Unavailable: it is not known how much was done; hand in the same batch again, or read it
            again from the last cursor.
        Conflict: another process runs this connector by now.
    """
    tenant, outcomes = connector.name.tenant, Counter[str]()
    stories = await _stories(desk, tenant)
    pairs: list[tuple[WorldSignal, Noted]] = []
    for index, item in enumerate(_standing(batch.entries, outcomes)):
        pairs += _judge(desk, connector, item, stories, outcomes)
        if index % BREATH == BREATH - 1:
            await asyncio.sleep(0)
    gone = await _taken_back(desk, connector, batch.entries)
    await _publish(desk, tenant, [signal for signal, _ in pairs], outcomes)
    now = desk.world.clock()
    await _publish(desk, tenant, [_withdrawal(each, now) for each in gone], outcomes, "withdrawn")
    withdrawn = {each.signal_id for each in gone}
    noted = [each for _, each in pairs if each.signal_id not in withdrawn]
    await desk.cursors.save(Progress(connector.name, holder, batch.cursor, noted, withdrawn))
    for each in gone:
        _about(stories, each.topic).forget(each.signal_id)
    newest = max((e.time for e in batch.entries if isinstance(e, Item)), default=None)
    return Taken(outcomes, newest)


async def _stories(desk: Desk, tenant: str) -> dict[str, Stories]:
    """What counted lately by topic; read once, then kept up."""
    if tenant not in desk.stories:
        recent: dict[str, Stories] = {}
        for each in await desk.cursors.recent(tenant, REMEMBERED):
            told = from_bytes(each.told)
            _about(recent, each.topic).update(Story(each.signal_id, told, each.time))
        desk.stories.setdefault(tenant, recent)
    return desk.stories[tenant]


def _about(stories: dict[str, Stories], topic: str) -> Stories:
    return stories.setdefault(topic, Stories())


def _standing(entries: Sequence[Entry], outcomes: Counter[str]) -> Iterator[Item]:
    """Yields the items that nothing later in the batch takes back, oldest first."""
    keys: set[str] = set()
    authors: set[str] = set()
    standing: list[Item] = []
    for entry in reversed(entries):
        if isinstance(entry, Removal):
            keys.add(entry.key)
            authors.add(entry.author)
        elif entry.key in keys - {""} or entry.author in authors - {""}:
            outcomes["deleted"] += 1
        else:
            standing.append(entry)
    return reversed(standing)


def _judge(
    desk: Desk,
    connector: Connector,
    item: Item,
    stories: dict[str, Stories],
    outcomes: Counter[str],
) -> Iterator[tuple[WorldSignal, Noted]]:
    """Yields a signal for each topic of an item that is new there."""
    if why := connector.skips(item, desk.world.clock()):
        outcomes[why] += 1
        return
    topics = item.topics or list(connector.topics.found(item))
    outcomes["no_topic"] += not topics
    told = sketch(item.title) if connector.once else frozenset()
    for topic in topics:
        name = _named(desk, connector, "signal", item.item_id, topic)
        story = Story(f"{connector.source_kind}-{name}", told, item.time)
        if _about(stories, topic).same(story):
            outcomes["repeat"] += 1
            continue
        _about(stories, topic).update(story)
        signal = _signal(desk, connector, item, topic, story.signal_id)
        yield signal, _note(desk, connector, item, signal, story)


def _signal(
    desk: Desk, connector: Connector, item: Item, topic: str, signal_id: str
) -> WorldSignal:
    language_code = connector.language(item)
    return WorldSignal(
        signal_id,
        connector.kind,
        topic,
        min(item.time, desk.world.clock()),
        _source(connector),
        entities(item, connector.entities),
        connector.region_code,
        language_code,
        desk.scorer.score(item.text, language_code),
        intensity(connector.weight, item.reactions),
    )


def _note(desk: Desk, connector: Connector, item: Item, signal: WorldSignal, story: Story) -> Noted:
    return Noted(
        signal.signal_id,
        signal.kind,
        signal.topic,
        signal.source,
        item.time,
        _key(desk, connector, item.key or item.item_id),
        _author(desk, connector, item.author),
        to_bytes(story.told),
    )


def _source(connector: Connector) -> str:
    return f"{connector.source_kind}/{connector.name.connector}"


def _key(desk: Desk, connector: Connector, key: str) -> str:
    return _named(desk, connector, "key", key)


def _author(desk: Desk, connector: Connector, author: str) -> str:
    return _named(desk, connector, "author", author) if author else ""


def _named(desk: Desk, connector: Connector, *parts: str) -> str:
    """What a tenant calls something of a source: who has not the tenant's key cannot tell what."""
    name = digest(connector.source_kind, *parts)
    return desk.world.pseudonym(connector.name.tenant, name)


async def _taken_back(
    desk: Desk, connector: Connector, entries: Sequence[Entry]
) -> Sequence[Noted]:
    """The signals of what was deleted."""
    removals = [each for each in entries if isinstance(each, Removal)]
    if not removals:
        return ()
    keys = {_key(desk, connector, each.key) for each in removals if each.key}
    authors = {_author(desk, connector, each.author) for each in removals if each.author}
    return await desk.cursors.noted(connector.name.tenant, keys, authors)


def _withdrawal(noted: Noted, now: datetime) -> WorldSignal:
    return WorldSignal(
        withdrawal_id(noted.signal_id),
        noted.kind,
        noted.topic,
        now,
        noted.source,
        withdraws=noted.signal_id,
    )


async def _publish(
    desk: Desk,
    tenant: str,
    signals: Sequence[WorldSignal],
    outcomes: Counter[str],
    accepted: str = "accepted",
) -> None:
    """Publishes, and counts verdicts; `accepted` is what new ones count as."""
    for at in range(0, len(signals), MOST_AT_ONCE):
        incoming = [desk.encode(each) for each in signals[at : at + MOST_AT_ONCE]]
        done = await publish_signals(desk.world, tenant, incoming, forget)
        for verdict in done.verdicts:
            new = verdict.outcome is Outcome.ACCEPTED
            outcomes[accepted if new else verdict.outcome.name.lower()] += 1


async def forget_old(desk: Desk, remembered: timedelta) -> None:
    """Forgets what was noted long ago, every hour until cancelled; then it cannot be taken back.

    Where it fails, the next hour will do.
    """
    while True:
        with suppress(Unavailable):
            await desk.cursors.forget_noted(desk.world.clock() - remembered)
        await asyncio.sleep(PAUSE_SECONDS)
