import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dramatis.core.campaign import Campaign, Stage, StageValue
from dramatis.core.errors import Invalid, Unavailable
from dramatis.core.happening import Changed, Exposed, Happening, Responded
from dramatis.persona.adapters.log_publisher import LogPublisher
from dramatis.persona.adapters.memory_personas import MemoryPersonas
from dramatis.persona.app.assign import assign
from dramatis.persona.app.board import Board
from dramatis.persona.app.recluster import recluster
from dramatis.persona.app.refresh import Refresher, begin, refresh
from dramatis.persona.domain import beliefs
from dramatis.persona.domain.standing import Standing
from dramatis.persona.ports import CampaignKnown, Effect, ForecastCame, Token
from dramatis.wire import forecasts, personas, snapshots
from tests.unit.persona.worlds import NOW, Here, story, wish


async def test_before_any_data_everyone_is_one_persona() -> None:
    here = Here()
    campaign = Campaign("a", values=(StageValue(Stage.VISIT, 1),))
    await here.tell([CampaignKnown("acme", "a", campaign)])
    await begin(here.world, "acme")
    (record,) = await here.records("snapshots")
    snapshot = snapshots.to_snapshot(record.value)
    assert snapshot.persona_ids == ("everyone",)
    assert snapshot.responses.axes.campaign_ids == ("a", "control")
    assert snapshot.responses.axes.stages == (Stage.VISIT,)
    (record,) = await here.records("personas")
    assert personas.to_persona_set(record.value).recipient_count == 0


async def test_no_standing_yet_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        Here().world.board.get("acme")


async def test_recluster_publishes_and_answers_the_same_again() -> None:
    here = Here()
    await here.tell(story())
    await begin(here.world, "acme")
    answer, token = await recluster(here.world, wish())
    assert (answer.persona_count, answer.recipient_count) == (4, 300)
    assert await recluster(here.world, wish()) == (answer, token)
    (record,) = await here.records("personas")
    assert personas.to_persona_set(record.value).persona_set_id == answer.persona_set_id
    with pytest.raises(Invalid):
        await recluster(here.world, wish(digest=b"other"))


async def test_two_at_once_have_one_effect() -> None:
    here = Here()
    await here.tell(story())
    answers = await asyncio.gather(*(recluster(here.world, wish()) for _ in range(3)))
    assert answers[0] == answers[1] == answers[2]
    assert here.world.board.get("acme").number == 0


async def test_shuffled_and_repeated_delivery_gives_the_same_bytes() -> None:
    rng = np.random.default_rng(0)
    events = story()
    by_recipient: dict[str, list[Happening]] = {}
    for each in events:
        by_recipient.setdefault(each.recipient_id, []).append(each)
    queues = list(by_recipient.values())
    shuffled: list[Happening] = []
    while queues:
        queue = queues[rng.integers(len(queues))]
        shuffled.append(queue.pop(0))
        if rng.random() < 0.2:
            shuffled.append(shuffled[rng.integers(len(shuffled))])
        queues = [each for each in queues if each]
    records = []
    for order, batch in ((events, 10_000), (shuffled, 7)):
        here = Here()
        for start in range(0, len(order), batch):
            await here.tell(order[start : start + batch])
        await recluster(here.world, wish())
        records.append(
            [(await here.records(topic))[0].value for topic in ("personas", "snapshots")]
        )
    assert records[0] == records[1]


async def test_new_evidence_is_published_once() -> None:
    here = Here()
    await here.tell(story())
    await recluster(here.world, wish())
    before = here.world.board.get("acme")
    assert not await refresh(here.world, "acme")
    news = [
        Happening("acme", "n1", "r00001", NOW, Exposed("new")),
        Happening("acme", "n2", "r00001", NOW, Responded(Stage.VISIT, "new")),
    ]
    await here.tell(news)
    assert await refresh(here.world, "acme")
    assert not await refresh(here.world, "acme")
    after = here.world.board.get("acme")
    assert after.personas.persona_ids == before.personas.persona_ids
    assert after.snapshot.responses.axes.campaign_ids == ("control", "mens", "new")
    assert after.personas.evidence.trials[:, 2, 0].sum() == pytest.approx(1.0)


async def test_a_complete_simulation_enters_the_snapshot() -> None:
    here = Here()
    await here.tell(story())
    await recluster(here.world, wish())
    held = here.world.board.get("acme").personas
    shape = held.evidence.trials.shape
    table = forecasts.ForecastTable(
        "s1", held.persona_set_id, held.persona_ids, held.evidence.axes, np.full(shape, 0.3),
        np.zeros(shape), np.ones(shape[:2]), np.ones(shape[:2]), np.ones(shape[1], dtype=bool),
    )  # fmt: skip
    spread = forecasts.Spread(*[table.rates] * 11)
    spread = replace(spread, parameter_error=table.rate_error)
    origin = forecasts.Origin(np.zeros(shape[1]), 1, 0)
    items = [
        ForecastCame(
            "acme", "s1", m.persona_set_id, m.persona_id, m.campaign_id, m.SerializeToString()
        )
        for m in forecasts.from_forecasts("acme", table, spread, spread, origin)
    ]
    await here.tell(items[:-1])
    assert not await refresh(here.world, "acme")
    await here.tell(items[-1:])
    assert await refresh(here.world, "acme")
    snapshot = here.world.board.get("acme").snapshot
    assert snapshot.simulation_id == "s1"
    evidence = here.world.board.get("acme").personas.evidence
    expected = beliefs.update(evidence, held.persona_ids, table)
    np.testing.assert_allclose(snapshot.responses.alpha, expected.alpha, rtol=1e-9)


async def test_what_was_saved_but_not_written_is_written_after_a_crash() -> None:
    here = Here()
    await here.tell(story())
    await recluster(here.world, wish())
    held = here.world.board.get("acme")
    saved = replace(held, number=held.number + 1, token="")
    answer = await here.store.answer(wish().request)
    assert answer is not None
    request = wish("q2").request
    await here.store.save(Effect(saved, (), request, answer[0]))
    restarted = Here()
    restarted.world = replace(restarted.world, store=here.store)
    await begin(restarted.world, "acme")
    assert len(await restarted.records("snapshots")) == 1
    again = await here.store.answer(request)
    assert again is not None
    assert again[1] != ""
    assert restarted.world.board.get("acme").token == again[1]


class Failing(LogPublisher):
    """A log that cannot be written to the first time."""

    failures = 1

    async def publish(self, standing: Standing) -> Token:
        if self.failures:
            self.failures -= 1
            raise Unavailable("the disk is full")
        return await super().publish(standing)


async def test_a_recluster_that_the_log_did_not_take_is_not_lost() -> None:
    here = Here()
    await here.tell(story())
    await begin(here.world, "acme")
    here.world = replace(here.world, publisher=Failing(here.log, 1_000_000))
    with pytest.raises(Unavailable):
        await recluster(here.world, wish())
    await here.tell([Happening("acme", "n1", "r00001", NOW, Exposed("new"))])
    await refresh(here.world, "acme")
    assert here.world.board.get("acme").personas.persona_set_id == "set-000001"
    answer, token = await recluster(here.world, wish())
    assert answer.persona_set_id == "set-000001"
    assert token


async def test_the_same_request_writes_what_the_log_did_not_take() -> None:
    here = Here()
    await here.tell(story())
    here.world = replace(here.world, publisher=Failing(here.log, 1_000_000))
    with pytest.raises(Unavailable):
        await recluster(here.world, wish())
    answer, token = await recluster(here.world, wish())
    (record,) = await here.records("personas")
    assert personas.to_persona_set(record.value).persona_set_id == answer.persona_set_id
    assert token


async def test_a_recluster_right_after_a_start_goes_on_from_what_was_saved() -> None:
    here = Here()
    await here.tell(story())
    await recluster(here.world, wish())
    before = here.world.board.get("acme").personas
    restarted = replace(here.world, board=Board())
    answer, _ = await recluster(restarted, wish("q2"))
    after = restarted.board.get("acme").personas
    assert (before.persona_set_id, answer.persona_set_id) == ("set-000000", "set-000001")
    assert set(after.persona_ids) & set(before.persona_ids)


async def test_one_tenant_that_cannot_be_published_does_not_stop_the_others() -> None:
    here = Here()
    told: list[tuple[str, bool]] = []

    class Broken(MemoryPersonas):
        async def campaigns(self, tenant: str) -> Sequence[Campaign]:
            if tenant == "acme":
                raise KeyError("a bug")
            return await super().campaigns(tenant)

    refresher = Refresher(
        replace(here.world, store=Broken()),
        3600.0,
        lambda who, error: told.append((who, not error)),
    )
    running = asyncio.create_task(refresher.run())
    refresher.note({"acme", "zeta"})
    async with asyncio.timeout(5):
        while len(told) < 2:
            await asyncio.sleep(0.005)
    running.cancel()
    assert sorted(told) == [("acme", False), ("zeta", True)]


async def test_attributes_given_go_before_those_stored() -> None:
    here = Here()
    events = story()
    await here.tell(events)
    await recluster(here.world, wish(count=3))
    first, second = [each for each in events if isinstance(each.meaning, Changed)][:2]
    assert isinstance(first.meaning, Changed)
    assert isinstance(second.meaning, Changed)
    mine, other = first.meaning.attributes, second.meaning.attributes
    stored = await assign(here.world, "acme", [(first.recipient_id, {}), ("nobody", mine)])
    np.testing.assert_array_equal(stored.memberships[0], stored.memberships[1])
    given = await assign(here.world, "acme", [(first.recipient_id, other), ("x", other)])
    np.testing.assert_array_equal(given.memberships[0], given.memberships[1])


async def test_watchers_see_the_newest_and_then_each_newer_one() -> None:
    here = Here()
    await begin(here.world, "acme")
    seen: list[str] = []

    async def watch() -> None:
        async for standing in here.world.board.watch("acme"):
            seen.append(standing.personas.persona_set_id)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    await here.tell(story())
    await recluster(here.world, wish())
    await asyncio.sleep(0.01)
    watching.cancel()
    assert seen == ["set-000000", "set-000001"]


async def test_news_are_published_and_forecasts_do_not_wait() -> None:
    here = Here()
    told: list[str] = []
    refresher = Refresher(here.world, 3600.0, lambda tenant, error: told.append(tenant))
    running = asyncio.create_task(refresher.run())
    refresher.note({"acme"})
    async with asyncio.timeout(5):
        while not told:
            await asyncio.sleep(0.005)
        await here.tell(story(20))
        refresher.note({"acme"}, urgent=True)
        while len(told) < 2:
            await asyncio.sleep(0.005)
    running.cancel()
    assert here.world.board.get("acme").personas.recipient_count == 20
