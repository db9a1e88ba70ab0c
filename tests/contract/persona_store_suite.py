"""What any store of persona must do. An adapter's test class derives from `StoreSuite`."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
import pytest

from dramatis.core.act import Act, ActKind
from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.campaign import CONTROL, Campaign, Stage, Stimulus
from dramatis.core.errors import Invalid, NotFound
from dramatis.core.evidence import Axes
from dramatis.core.forecast import ForecastTable
from dramatis.core.happening import Changed, Exposed, Happening, Meaning, Responded
from dramatis.core.request import Request
from dramatis.persona.adapters.intake import Applied, Intake
from dramatis.persona.domain.features.state import read
from dramatis.persona.domain.formed import Known, form
from dramatis.persona.domain.population import Population
from dramatis.persona.domain.signals import Signal
from dramatis.persona.domain.standing import Standing, Written, establish, in_writing
from dramatis.persona.domain.trait_shift import TraitShift
from dramatis.persona.ports import (
    BODIES,
    PART_BYTES,
    CampaignKnown,
    Effect,
    Erased,
    ForecastCame,
    Item,
    Profiling,
    Reclustered,
    SignalCame,
    Store,
)
from dramatis.runtime.keyring.names import Names
from dramatis.runtime.log_token import LogToken
from dramatis.wire import forecasts, personas, snapshots

NOW = datetime(2026, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
NAMES = Names(bytes(range(32)))
SPOT = LogToken({("recipient-events", 1): 7})
REQUEST = Request("acme", "Recluster", "q1", b"digest")
ANSWER = Reclustered("set-000001", 3, 99)


class StoreUnderTest(Store, Intake, Protocol):
    """Both halves of a store."""


def happen(
    event_id: str, meaning: Meaning, recipient_id: str = "r1", tenant: str = "acme", after: int = 0
) -> Happening:
    return Happening(tenant, event_id, recipient_id, NOW + timedelta(seconds=after), meaning)


def acted(event_id: str, kind: ActKind, recipient_id: str = "r1", after: int = 0) -> Happening:
    time = NOW + timedelta(seconds=after)
    act = Act(kind, "a", amount_micros=2_000_000, categories=("x", "y\0"))
    return Happening("acme", event_id, recipient_id, time, Exposed("a"), act)


def erased(recipient_id: str) -> Erased:
    return Erased("acme", NAMES.pseudonym("acme", recipient_id))


def number(value: float) -> Attribute:
    return Attribute(AttributeKind.NUMBER, value)


STORY: Sequence[Item] = [
    happen("e1", Changed({"age": number(30.0), "zone": Attribute(AttributeKind.CATEGORY, "x")})),
    happen("e2", Exposed("a"), after=1),
    happen("e3", Responded(Stage.CONVERT, "", 12.5), after=2),
    happen("e4", Changed({"age": number(31.0)}, ("zone",)), after=3),
    happen("e5", Exposed(CONTROL), "r0"),
    happen("e6", Responded(Stage.VISIT, "b"), "r2"),
]


def standing(
    population: Population, simulation_id: str = "", *, with_body: bool = False
) -> Standing:
    formed = form(population, Known(), 0)
    made, _ = establish("acme", formed, population, None, NOW)
    return named(made, simulation_id, with_body=with_body)


def named(made: Standing, simulation_id: str = "", *, with_body: bool = False) -> Standing:
    """The standing in writing; with a body its snapshot is more than one part long."""
    about = replace(made.snapshot, simulation_id=simulation_id)
    if with_body:
        about = replace(about, persona_names=("x" * PART_BYTES,))
    snapshot, record = snapshots.write(about)
    written = Written(snapshots.refer(snapshot, record), record) if with_body else Written(record)
    return replace(made, snapshot=snapshot, written=written)


async def body(store: StoreUnderTest, made: Standing, tenant: str = "acme") -> bytes:
    parts = [part async for part in store.body(tenant, made.snapshot.snapshot_id)]
    assert all(0 < len(part) <= PART_BYTES for part in parts)
    return b"".join(parts)


def told(population: Population) -> dict[str, object]:
    """A population as values that can be compared."""
    columns = {each.name: getattr(population, each.name) for each in fields(population)}
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in columns.items()}


def forecast_records(simulation_id: str, rate: float = 0.5) -> list[ForecastCame]:
    axes = Axes(("a", CONTROL), (Stage.VISIT,), (None,))
    table = ForecastTable(
        simulation_id, "set-000000", ("everyone",), axes, np.full((1, 2, 1), rate),
        np.zeros((1, 2, 1)), np.zeros((1, 2)), np.zeros((1, 2)), np.array([True, True]),
    )  # fmt: skip
    spread = forecasts.Spread(*[table.rates] * 11)
    spread = replace(spread, parameter_error=table.rate_error)
    messages = forecasts.from_forecasts(
        "acme", table, spread, spread, forecasts.Origin(np.zeros(2), 1, 0)
    )
    return [
        ForecastCame(
            "acme", m.simulation_id, m.persona_set_id, m.persona_id, m.campaign_id,
            m.SerializeToString(),
        )
        for m in messages
    ]  # fmt: skip


class StoreSuite:
    """The contract; derived classes give the fixture `store`."""

    @pytest.fixture
    def store(self) -> StoreUnderTest:
        raise NotImplementedError

    async def test_folds_and_knows_how_far(self, store: StoreUnderTest) -> None:
        assert await store.applied() == LogToken()
        done = await store.apply(STORY, SPOT, NOW)
        assert done == Applied(frozenset({"acme"}), 6, 0)
        assert await store.applied() == SPOT
        population = await store.population("acme", NOW)
        assert population.recipient_ids == ("r0", "r1", "r2")
        assert population.attributes == [{}, {"age": number(31.0)}, {}]
        assert population.campaign_ids == ("a", CONTROL)
        assert population.recipient.tolist() == [0, 1]
        assert population.stages.tolist() == [0, 1 << Stage.CONVERT]
        assert population.amount.tolist() == [0.0, 12.5]

    async def test_what_ends_is_unknown_from_then_on(self, store: StoreUnderTest) -> None:
        end, moment = NOW + timedelta(hours=1), timedelta(microseconds=250_000)
        changed = Changed({"age": number(30.0), "size": number(1.0)}, ends={"age": end})
        await store.apply([happen("e1", changed), happen("e2", Exposed("a"))], SPOT, NOW)
        both, one = {"age": number(30.0), "size": number(1.0)}, {"size": number(1.0)}
        for time, known in ((end - moment, both), (end, one)):
            assert await store.attributes("acme", ["r1"], time) == {"r1": known}
            assert (await store.population("acme", time)).attributes == [known]

    async def test_what_has_ended_goes(self, store: StoreUnderTest) -> None:
        ends = [{"age": NOW + timedelta(hours=each)} for each in range(1, 4)]
        for at, each in enumerate(ends):
            changed = Changed({"age": number(float(at))}, ends=each)
            await store.apply([happen(f"e{at}", changed, f"r{at}")], SPOT, NOW)
        now = NOW + timedelta(hours=2)
        assert await store.forget_ended(now - timedelta(hours=2)) == 0
        assert await store.forget_ended(now) == 2
        assert await store.forget_ended(now) == 0
        assert (await store.population("acme", NOW)).attributes == [{}, {}, {"age": number(2.0)}]
        late = Changed({"age": number(9.0)})
        old = happen("e8", late, "r0", after=-1)
        await store.apply([old, happen("e9", late, "r1", after=9)], SPOT, NOW)
        known = (await store.population("acme", now)).attributes
        assert known == [{}, {"age": number(9.0)}, {"age": number(2.0)}]

    async def test_what_comes_twice_counts_once(self, store: StoreUnderTest) -> None:
        await store.apply([*STORY, STORY[2]], SPOT, NOW)
        once = told(await store.population("acme", NOW))
        done = await store.apply(STORY, SPOT, NOW)
        assert (done.fresh, done.repeated) == (0, 6)
        assert told(await store.population("acme", NOW)) == once

    async def test_other_batches_and_recipients_in_another_order_are_the_same(
        self, store: StoreUnderTest
    ) -> None:
        for item in [STORY[5], *STORY[:2], STORY[4], *STORY[2:4]]:
            await store.apply([item], SPOT, NOW)
        moved = [replace(each, tenant="beta") for each in STORY if isinstance(each, Happening)]
        await store.apply(moved, SPOT, NOW)
        assert told(await store.population("acme", NOW)) == told(
            await store.population("beta", NOW)
        )

    async def test_features_are_folded_once_whatever_the_batches(
        self, store: StoreUnderTest
    ) -> None:
        acts = [acted(f"a{n}", kind, after=n) for n, kind in enumerate(ActKind)]
        await store.apply(acts[:5], SPOT, NOW)
        await store.apply([*acts, acted("other", ActKind.ORDERED, "r2")], SPOT, NOW)
        held = await store.features("acme", ["r1", "r2", "stranger"])
        assert held.keys() == {"r1", "r2"}
        assert read(held["r1"], held["r1"].last_time, {})["orders"] == {"": 1.0}
        assert read(held["r2"], NOW.timestamp(), {})["spend"] == {"": 2.0}
        assert held["r1"].last_time - held["r1"].first_time == len(ActKind) - 1
        assert await store.features("acme") == held
        assert await store.features("beta", ["r1"]) == {}

    async def test_no_features_are_made_of_who_denies_profiling(
        self, store: StoreUnderTest
    ) -> None:
        acts = [acted("a1", ActKind.ORDERED), acted("a2", ActKind.ORDERED, "r2")]
        await store.apply(acts, SPOT, NOW)
        await store.apply([Profiling("acme", "r1", False)], SPOT, NOW)
        done = await store.apply([acted("a3", ActKind.ORDERED)], SPOT, NOW)
        assert done == Applied(frozenset({"acme"}), 1, 0, 1)
        assert (await store.features("acme")).keys() == {"r2"}
        assert await store.features("acme", ["r1"]) == {}
        assert [await store.unprofiled(each) for each in ("", "acme", "beta")] == [1, 1, 0]
        await store.apply([Profiling("acme", "r1", True)], SPOT, NOW)
        await store.apply([acted("a4", ActKind.ORDERED)], SPOT, NOW)
        held = await store.features("acme", ["r1"])
        assert read(held["r1"], NOW.timestamp(), {})["orders"] == {"": 1.0}
        assert await store.unprofiled() == 0

    async def test_the_erased_have_no_features(self, store: StoreUnderTest) -> None:
        acts = [acted("a1", ActKind.ORDERED), acted("a2", ActKind.ORDERED, "r2")]
        await store.apply(acts, SPOT, NOW)
        await store.forget([erased("r1")])
        await store.apply([erased("r2"), acted("a3", ActKind.ORDERED)], SPOT, NOW)
        assert await store.features("acme", ["r1", "r2"]) == {}
        assert await store.unprofiled() == 0

    async def test_tenants_are_apart(self, store: StoreUnderTest) -> None:
        await store.apply(STORY, SPOT, NOW)
        assert (await store.population("beta", NOW)).recipient_ids == ()
        assert await store.attributes("beta", ["r1"], NOW) == {}
        assert await store.standing("beta") is None
        assert await store.tenants() == frozenset({"acme"})

    async def test_who_denies_profiling_is_left_out_until_they_grant_it(
        self, store: StoreUnderTest
    ) -> None:
        await store.apply([*STORY, Profiling("acme", "r1", False)], SPOT, NOW)
        assert (await store.population("acme", NOW)).recipient_ids == ("r0", "r2")
        assert await store.attributes("acme", ["r1", "r2"], NOW) == {"r2": {}}
        await store.apply([Profiling("acme", "r1", True)], SPOT, NOW)
        assert await store.attributes("acme", ["r1"], NOW) == {"r1": {"age": number(31.0)}}

    async def test_who_is_erased_is_forgotten_for_good(self, store: StoreUnderTest) -> None:
        await store.apply([*STORY, erased("r1")], SPOT, NOW)
        late = happen("e9", Exposed("a"))
        await store.apply([late, Profiling("acme", "r1", True)], SPOT, NOW)
        assert (await store.population("acme", NOW)).recipient_ids == ("r0", "r2")

    async def test_the_ledger_finds_who_it_names(self, store: StoreUnderTest) -> None:
        await store.apply([*STORY, Profiling("acme", "r2", False)], SPOT, NOW)
        for _ in range(2):
            await store.forget([erased("r1"), erased("r2"), erased("nobody")])
        await store.apply(
            [happen("e9", Exposed("a")), happen("e7", Exposed("a"), "nobody")], SPOT, NOW
        )
        await store.apply(
            [Profiling("acme", "r2", True), happen("e8", Exposed("a"), "r2")], SPOT, NOW
        )
        assert (await store.population("acme", NOW)).recipient_ids == ("r0",)
        assert await store.attributes("acme", ["r0", "r1", "r2"], NOW) == {"r0": {}}

    async def test_portraits_of_what_is_newest_are_redrawn(self, store: StoreUnderTest) -> None:
        await store.apply(STORY, SPOT, NOW)
        first = standing(await store.population("acme", NOW))
        second = standing(await store.population("acme", NOW), "another")
        await store.save(Effect(first))
        await store.save(Effect(second))
        for each in (first, second):
            await store.redraw(replace(each, exemplars=((each.snapshot.snapshot_id,),)))
        held = await store.standing("acme")
        assert held
        assert held.exemplars == ((second.snapshot.snapshot_id,),)

    async def test_campaigns_come_change_and_go(self, store: StoreUnderTest) -> None:
        a, b = Campaign("a", Stimulus({"category": "x"}), cost_micros=5), Campaign("b")
        await store.apply([CampaignKnown("acme", c.campaign_id, c) for c in (b, a)], SPOT, NOW)
        assert await store.campaigns("acme") == [a, b]
        await store.apply([CampaignKnown("acme", "a", None)], SPOT, NOW)
        assert await store.campaigns("acme") == [b]

    async def test_a_simulation_counts_when_it_is_complete(self, store: StoreUnderTest) -> None:
        first, second = forecast_records("s1"), forecast_records("s2", 0.25)
        await store.apply([first[0]], SPOT, NOW)
        assert await store.forecast("acme", "set-000000") is None
        await store.apply([first[1], first[1], second[0]], SPOT, NOW)
        table = await store.forecast("acme", "set-000000")
        assert table is not None
        assert table.simulation_id == "s1"
        await store.apply([second[1]], SPOT, NOW)
        table = await store.forecast("acme", "set-000000")
        assert table is not None
        assert (table.simulation_id, table.rates[0, 0, 0]) == ("s2", 0.25)
        assert await store.forecast("acme", "set-000001") is None

    async def test_signals_hold_until_they_are_taken_back(self, store: StoreUnderTest) -> None:
        one = Signal("s1", "economy/downturn", "DE", -0.5, 0.75, 1_000.5)
        two = Signal("s2", "economy/downturn", "", None, 0.5, 5_000.0)
        back = replace(one, signal_id="w1", intensity=0.0)
        came = [SignalCame("acme", one), SignalCame("acme", two), SignalCame("beta", one)]
        await store.apply([*came, came[0]], SPOT, NOW)
        assert await store.signals("acme") == [one, two]
        await store.apply([SignalCame("acme", back, "s1")], SPOT, NOW)
        await store.apply([came[0]], SPOT, NOW)
        assert await store.signals("acme") == [two]
        assert await store.signals("beta") == [one]
        assert await store.forget_signals(datetime.fromtimestamp(2_000.0, UTC)) == 2
        assert await store.signals("beta") == []
        assert await store.signals("acme") == [two]

    async def test_a_standing_comes_back_with_its_life(self, store: StoreUnderTest) -> None:
        rows = [happen(f"a{at}", Changed({"age": number(at)}), f"r{at}") for at in range(9)]
        await store.apply(rows, SPOT, NOW)
        population = await store.population("acme", NOW)
        assert population.seen.tolist() == [NOW.timestamp()] * 9
        first, _ = establish("acme", form(population, Known(), 0, 3), population, None, NOW)
        made, _ = establish("acme", form(population, Known(), 0, 2), population, first, NOW)
        shift = TraitShift("age", (1.0, 2.0), (1.5, 2.5), "why")
        made = named(replace(made, shifts=(shift,)))
        await store.save(Effect(made))
        back = await store.standing("acme")
        assert back is not None
        assert (back.parents, back.heirs, back.shifts) == (made.parents, made.heirs, made.shifts)
        assert repr(back.anchor) == repr(made.anchor)
        assert len(back.heirs) > 0

    async def test_a_standing_comes_back(self, store: StoreUnderTest) -> None:
        await store.apply(STORY, SPOT, NOW)
        made = standing(await store.population("acme", NOW))
        await store.save(Effect(made))
        back = await store.standing("acme")
        assert back is not None
        assert back.token == ""
        assert personas.from_persona_set(back.personas) == personas.from_persona_set(made.personas)
        assert snapshots.from_snapshot(back.snapshot) == snapshots.from_snapshot(made.snapshot)
        assert (back.sentences, back.exemplars) == (made.sentences, made.exemplars)
        assert repr(back.traits) == repr(made.traits)
        await store.published(made, "token")
        back = await store.standing("acme")
        assert back is not None
        assert back.token == "token"

    async def test_the_token_of_an_older_standing_is_not_that_of_the_newest(
        self, store: StoreUnderTest
    ) -> None:
        population = await store.population("acme", NOW)
        old, new = standing(population), standing(population, "s1")
        await store.save(Effect(old))
        await store.save(Effect(new))
        await store.published(old, "token")
        back = await store.standing("acme")
        assert back is not None
        assert back.token == ""

    async def test_a_large_snapshot_comes_back_in_parts(self, store: StoreUnderTest) -> None:
        made = standing(await store.population("acme", NOW), with_body=True)
        written = in_writing(made)
        assert len(written.record) < 1_000 < PART_BYTES < len(written.body)
        await store.save(Effect(made))
        assert await body(store, made) == written.body
        back = await store.standing("acme")
        assert back is not None
        assert back.written == written
        assert back.snapshot.persona_names == made.snapshot.persona_names
        with pytest.raises(NotFound):
            await body(store, made, "beta")

    async def test_the_last_few_large_snapshots_are_kept(self, store: StoreUnderTest) -> None:
        population = await store.population("acme", NOW)
        made = [standing(population, f"s{at}", with_body=True) for at in range(BODIES + 1)]
        small = standing(population, "small")
        for each in (*made, made[0], small):
            await store.save(Effect(each))
        for each in (made[0], *made[2:]):
            assert await body(store, each) == in_writing(each).body
        for each in (made[1], small):
            with pytest.raises(NotFound):
                await body(store, each)
        held = await store.standing("acme")
        assert held is not None
        assert held.written == small.written

    async def test_an_answer_is_remembered_with_its_effect(self, store: StoreUnderTest) -> None:
        assert await store.answer(REQUEST) is None
        made = standing(await store.population("acme", NOW))
        await store.save(Effect(made, (), REQUEST, ANSWER))
        assert await store.answer(REQUEST) == (ANSWER, "")
        await store.published(made, "token")
        assert await store.answer(REQUEST) == (ANSWER, "token")
        assert await store.answer(replace(REQUEST, tenant="beta")) is None
        with pytest.raises(Invalid) as caught:
            await store.answer(replace(REQUEST, digest=b"other"))
        assert caught.value.reason == "REQUEST_ID_REUSED"

    async def test_events_of_personas_page_by_page(self, store: StoreUnderTest) -> None:
        population = await store.population("acme", NOW)
        made, events = establish("acme", form(population, Known(), 0), population, None, NOW)
        made = named(made)
        for number_ in range(3):
            numbered = [replace(e, explanation=f"{number_}") for e in events]
            await store.save(Effect(made, numbered))
        pages = await store.events("acme", 0, 2)
        assert [e.explanation for _, e in pages] == ["0", "1"]
        assert pages[0][1] == replace(events[0], explanation="0")
        rest = await store.events("acme", pages[-1][0], 2)
        assert [e.explanation for _, e in rest] == ["2"]
        assert await store.events("beta", 0, 2) == []

    async def test_an_event_that_came_long_ago_counts_again(self, store: StoreUnderTest) -> None:
        await store.apply(STORY[:2], SPOT, NOW)
        await store.apply(STORY[2:3], SPOT, NOW + timedelta(days=1))
        assert await store.forget_events(NOW + timedelta(hours=1)) == 2
        assert await store.forget_events(NOW + timedelta(hours=1)) == 0
        done = await store.apply(STORY[1:3], SPOT, NOW + timedelta(days=1))
        assert (done.fresh, done.repeated) == (1, 1)

    async def test_a_request_answered_long_ago_is_new_again(self, store: StoreUnderTest) -> None:
        made = standing(await store.population("acme", NOW))
        await store.save(Effect(made, (), REQUEST, ANSWER))
        assert await store.forget_answers(NOW) == 0
        assert await store.forget_answers(NOW + timedelta(seconds=1)) == 1
        assert await store.answer(REQUEST) is None

    async def test_what_is_said_last_of_a_recipient_holds(self, store: StoreUnderTest) -> None:
        said = [Profiling("acme", each, True) for each in ("r0", "r1", "r2")]
        denied = [replace(each, allowed=False) for each in said]
        await store.apply([*STORY, denied[0], said[0], said[1], denied[1]], SPOT, NOW)
        assert (await store.population("acme", NOW)).recipient_ids == ("r0", "r2")
        await store.apply([erased("r0"), said[0], denied[2], said[2]], SPOT, NOW)
        assert (await store.population("acme", NOW)).recipient_ids == ("r2",)

    async def test_the_order_is_that_of_bytes(self, store: StoreUnderTest) -> None:
        ids = ["b", "B", "_", "\u00e9", "a-1", "a1", "\U0001f600", "\uffee"]
        events = [happen(each, Exposed(each), each) for each in ids]
        await store.apply(events, SPOT, NOW)
        population = await store.population("acme", NOW)
        assert population.recipient_ids == tuple(sorted(ids))
        assert population.campaign_ids == tuple(sorted(ids))
        campaigns = [CampaignKnown("acme", each, Campaign(each)) for each in ids]
        await store.apply(campaigns, SPOT, NOW)
        assert [each.campaign_id for each in await store.campaigns("acme")] == sorted(ids)

    async def test_ids_and_values_may_hold_anything(self, store: StoreUnderTest) -> None:
        odd = "a'\"\\\n{}[],:%s?\U0001f600"
        word = Attribute(AttributeKind.CATEGORY, f"{odd}\0")
        story = [happen(odd, Changed({odd: word}), odd), happen("e", Exposed(odd), odd, after=1)]
        await store.apply(story, SPOT, NOW)
        done = await store.apply([*story, happen("late", Changed({"b": word}), odd)], SPOT, NOW)
        assert (done.fresh, done.repeated) == (1, 2)
        assert await store.attributes("acme", [odd], NOW) == {odd: {odd: word, "b": word}}
        assert (await store.population("acme", NOW)).campaign_ids == (odd,)

    async def test_forecasts_of_sets_that_are_no_more_go(self, store: StoreUnderTest) -> None:
        await store.apply(forecast_records("s1"), SPOT, NOW)
        await store.apply(forecast_records("s2"), SPOT, NOW)
        made = standing(await store.population("acme", NOW), "s1")
        await store.save(Effect(made))
        table = await store.forecast("acme", "set-000000")
        assert table is not None
        assert table.simulation_id == "s2"
