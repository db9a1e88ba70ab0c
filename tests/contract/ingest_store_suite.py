"""What any store of ingest must do. An adapter's test class derives from `StoreSuite`."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from dramatis.core.consent import Consent, ConsentState, DataType, Purpose
from dramatis.core.errors import Invalid
from dramatis.core.request import Request
from dramatis.ingest.domain.notes import FIRST, DayNote, Note
from dramatis.ingest.domain.permissions import Permissions
from dramatis.ingest.ports import Answer, Effect, HeldCampaign, HeldEvent, HeldRecipient, Store
from dramatis.runtime.event_log import Position
from dramatis.runtime.log_token import LogToken

NOW = datetime(2026, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
GRANTED = Consent(Purpose.MARKETING, ConsentState.GRANTED, NOW, source="form", proof="p1")
NO_PROFILE = Consent(Purpose.PROFILING, ConsentState.DENIED, NOW, DataType.BEHAVIOUR)


def held(event_id: str, recipient_id: str = "r1", partition: int = 0, offset: int = 0) -> HeldEvent:
    return HeldEvent(event_id, recipient_id, Position("recipient-events", partition, offset))


def answer(request_id: str = "q1", tenant: str = "acme", digest: bytes = b"d") -> Answer:
    return Answer(Request(tenant, "PublishEvents", request_id, digest), b"body", NOW)


class StoreSuite:
    """The contract; derived classes give the fixture `store`."""

    @pytest.fixture
    async def store(self) -> AsyncIterator[Store]:
        raise NotImplementedError
        yield  # noqa: PT022 - derived ones close what they open

    async def test_knows_events_per_tenant(self, store: Store) -> None:
        await store.save(Effect("acme", [held("e1"), held("e2", offset=1)]))
        known = await store.known("acme", {"e1", "e2", "e3"}, ())
        assert set(known.seen) == {"e1", "e2"}
        assert not (await store.known("other", {"e1"}, ())).seen

    async def test_ids_may_hold_anything(self, store: Store) -> None:
        odd = "a'\"\\\n{}[],é\U0001f600" + "0" * 40
        await store.save(Effect("acme", [held(odd, recipient_id=odd), held("17", offset=1)]))
        known = await store.known("acme", {odd, "17"}, {odd})
        assert set(known.seen) == {odd, "17"}
        assert (await store.recipient("acme", odd)) is not None

    async def test_saving_again_changes_nothing(self, store: Store) -> None:
        effect = Effect("acme", [held("e1")], {"r1": (GRANTED,)}, answer=answer())
        await store.save(effect)
        await store.save(effect)
        found = await store.recipient("acme", "r1")
        assert found == HeldRecipient((GRANTED,), "", [Position("recipient-events", 0, 0)])

    async def test_first_place_of_an_event_stays(self, store: Store) -> None:
        await store.save(Effect("acme", [held("e1", offset=4)]))
        await store.save(Effect("acme", [held("e1", offset=9)]))
        found = await store.recipient("acme", "r1")
        assert found is not None
        assert [each.offset for each in found.events] == [4]

    async def test_answers_once_given_come_again(self, store: Store) -> None:
        assert await store.answer(answer().request) is None
        await store.save(Effect("acme", answer=answer()))
        assert await store.answer(answer().request) == b"body"
        assert await store.answer(answer(tenant="other").request) is None

    async def test_another_body_under_the_same_id_is_a_mistake(self, store: Store) -> None:
        await store.save(Effect("acme", answer=answer()))
        with pytest.raises(Invalid) as caught:
            await store.answer(answer(digest=b"else").request)
        assert caught.value.reason == "REQUEST_ID_REUSED"
        assert caught.value.metadata == {"field": "request_id"}

    async def test_forgets_old_answers_only(self, store: Store) -> None:
        await store.save(Effect("acme", answer=answer()))
        assert await store.forget_answers(NOW) == 0
        assert await store.forget_answers(NOW + timedelta(seconds=1)) == 1
        assert await store.answer(answer().request) is None

    async def test_consents_as_they_were_said(self, store: Store) -> None:
        await store.save(Effect("acme", consents={"r1": (GRANTED, NO_PROFILE), "r2": (GRANTED,)}))
        found = await store.consents("acme", {"r1", "r3"})
        assert found == {"r1": (GRANTED, NO_PROFILE)}
        assert not await store.consents("other", {"r1"})

    async def test_knows_what_recipients_said_and_where_they_are(self, store: Store) -> None:
        said = {"r1": (GRANTED, NO_PROFILE), "r2": (GRANTED,)}
        await store.save(Effect("acme", consents=said, time_zones={"r2": "Europe/Berlin"}))
        known = await store.known("acme", (), {"r1", "r2", "r3"})
        denied = Permissions(denied=frozenset({DataType.BEHAVIOUR}))
        assert known.permissions == {"r1": denied, "r2": Permissions()}
        assert known.zones == {"r2": "Europe/Berlin"}
        assert not (await store.known("beta", (), {"r1", "r2"})).zones

    async def test_holds_what_was_said_of_one_third_party(self, store: Store) -> None:
        def of(party: str, state: ConsentState, at: datetime = NOW) -> Consent:
            return Consent(
                Purpose.PROFILING, state, at, DataType.THIRD_PARTY, "form", "p1", third_party=party
            )

        general, yes = of("", ConsentState.DENIED), of("one", ConsentState.GRANTED)
        later = NOW + timedelta(microseconds=1)
        no = of("one", ConsentState.WITHDRAWN, later)
        other = of("other", ConsentState.GRANTED, later)
        await store.save(Effect("acme", consents={"r1": (general, yes), "r2": (yes,)}))
        await store.save(Effect("acme", consents={"r1": (GRANTED, general, no, other)}))
        everybody = {"r1", "r2", "r3"}
        found = await store.consents("acme", everybody)
        assert found == {"r1": (GRANTED, general, no, other), "r2": (yes,)}
        permissions = (await store.known("acme", (), everybody)).permissions
        assert permissions["r1"].parties == {"one": False, "other": True}
        assert not await store.consents("other", everybody)
        held = await store.recipient("acme", "r2")
        assert held is not None
        assert held.consents == (yes,)
        await store.forget("acme", ["r1"])
        assert set(await store.consents("acme", everybody)) == {"r2"}

    async def test_knows_signals(self, store: Store) -> None:
        await store.save(Effect("acme", signals={"s1": NOW}))
        assert set(await store.signals("acme", {"s1", "s2"})) == {"s1"}
        assert not await store.signals("other", {"s1"})

    async def test_forgets_old_signals_only(self, store: Store) -> None:
        later = NOW + timedelta(days=1)
        await store.save(Effect("acme", signals={"s1": NOW, "s2": later}))
        await store.save(Effect("acme", signals={"s1": later}))
        assert await store.forget_signals(NOW) == 0
        assert await store.forget_signals(later) == 1
        assert set(await store.signals("acme", {"s1", "s2"})) == {"s2"}

    async def test_lists_campaigns_by_id_in_pages(self, store: Store) -> None:
        campaigns = [HeldCampaign(each, 1, each.encode()) for each in ("b", "a", "c")]
        await store.save(Effect("acme", campaigns=campaigns))
        await store.save(Effect("other", campaigns=[HeldCampaign("aa", 1, b"")]))
        first = await store.list_campaigns("acme", "", 2)
        assert [each.campaign_id for each in first] == ["a", "b"]
        rest = await store.list_campaigns("acme", "b", 2)
        assert [each.campaign_id for each in rest] == ["c"]

    async def test_campaigns_as_they_are_now(self, store: Store) -> None:
        await store.save(Effect("acme", campaigns=[HeldCampaign("a", 1, b"old")]))
        await store.save(Effect("acme", campaigns=[HeldCampaign("a", 2, b"\x00new")]))
        found = await store.campaigns("acme", {"a", "b"})
        assert found == {"a": HeldCampaign("a", 2, b"\x00new")}

    async def test_nothing_held_is_none(self, store: Store) -> None:
        assert await store.recipient("acme", "r1") is None

    async def test_a_time_zone_is_held(self, store: Store) -> None:
        await store.save(Effect("acme", time_zones={"r1": "Europe/Berlin"}))
        assert await store.recipient("acme", "r1") == HeldRecipient((), "Europe/Berlin", [])

    async def test_erasure_forgets_one_recipient_and_remembers_that(self, store: Store) -> None:
        await store.save(
            Effect(
                "acme",
                [held("e1"), held("e2", "r2", 1, 1)],
                {"r1": (GRANTED,)},
                {"r1": "Europe/Berlin"},
            )
        )
        await store.erase("r1", NOW, answer())
        assert await store.recipient("acme", "r1") is None
        assert await store.recipient("acme", "r2") is not None
        assert set((await store.known("acme", (), {"r1", "r2"})).erased) == {"r1"}
        assert not (await store.known("other", (), {"r1"})).erased
        assert await store.answer(answer().request) == b"body"

    async def test_the_first_erasure_stays(self, store: Store) -> None:
        await store.erase("r1", NOW, answer("q1"))
        await store.erase("r1", NOW + timedelta(days=1), answer("q2"))
        assert await store.erasure("acme", "r1") == NOW
        assert await store.erasure("other", "r1") is None

    async def test_followed_position_moves_with_the_effects(self, store: Store) -> None:
        assert await store.followed() == LogToken()
        position = LogToken({("recipient-events", 2): 7})
        await store.follow([Effect("acme", [held("e1")]), Effect("beta", [held("e1")])], position)
        assert await store.followed() == position
        assert (await store.known("beta", {"e1"}, ())).seen

    async def test_counts_what_was_refused_by_day(self, store: Store) -> None:
        may, june = (
            DayNote(day, Note("event", "consent", "PROFILING_DENIED", ""))
            for day in ("2026-05-01", "2026-06-01")
        )
        dropped = DayNote("2026-05-01", Note("event", "consent", "dropped", "context.local_hour"))
        await store.save(Effect("acme", notes={may: 2, dropped: 1}))
        await store.save(Effect("acme", notes={may: 3, june: 1}))
        await store.save(Effect("beta", notes={june: 7}))
        year = ("2026-01-01", "2026-12-31")
        assert await store.list_notes("acme", year, FIRST, 9) == [(may, 5), (dropped, 1), (june, 1)]
        assert await store.list_notes("acme", year, may, 1) == [(dropped, 1)]
        in_may = ("2026-05-01", "2026-05-01")
        assert await store.list_notes("acme", in_may, FIRST, 9) == [(may, 5), (dropped, 1)]
        assert await store.forget_notes("2026-06-01") == 2
        assert await store.list_notes("acme", year, FIRST, 9) == [(june, 1)]
