from dataclasses import replace
from datetime import timedelta

import pytest

from dramatis.api.common.v1 import event_pb2
from dramatis.core.consent import Consent, ConsentState, DataType, Purpose
from dramatis.core.errors import Conflict
from dramatis.ingest.adapters.feeds.memory import MemoryCursors
from dramatis.ingest.adapters.feeds.signal_message import encode as encode_signal
from dramatis.ingest.adapters.feeds.vader import Vader
from dramatis.ingest.adapters.memory import MemoryStore
from dramatis.ingest.adapters.third_party.event import encode
from dramatis.ingest.adapters.third_party.memory import MemoryLedger
from dramatis.ingest.app.feeds import Desk
from dramatis.ingest.app.third_party import Bureau
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.third_party import Lot, Party, Row, Told
from dramatis.ingest.ports import Effect
from dramatis.runtime import topics
from tests.unit.ingest.fakes import NOW, BrokenStore, make_world, records

PARTY = Party(Name("acme", "datahouse"), ("form v*",), timedelta(days=10))
COVERED = {PARTY.name: PARTY.consents}
GRANTED, WITHDRAWN = ConsentState.GRANTED, ConsentState.WITHDRAWN


def said(state=GRANTED, source="form v3", data_type=DataType.THIRD_PARTY, days=1, party=""):
    time = NOW - timedelta(days=days)
    return Consent(Purpose.PROFILING, state, time, data_type, source, third_party=party)


def row(recipient_id="r1", **values):
    told = {name: Told("number", value) for name, value in values.items()}
    return Row(recipient_id, told or {"income": Told("number", 4.0)})


class Scene:
    """A bureau in memory, whose clock can be set."""

    def __init__(self, store=None, **consents):
        self.store, self.consents = store or MemoryStore(), consents
        self.now = NOW
        self.world = replace(make_world(self.store), clock=lambda: self.now)
        self.desk = Desk(self.world, MemoryCursors(), Vader(), encode_signal)
        self.bureau = Bureau(MemoryLedger(), encode)

    async def say(self, **consents):
        held = {who: tuple(each) for who, each in consents.items()}
        await self.store.save(Effect("acme", consents=held))

    async def take(self, *rows, cursor="1"):
        await self.desk.cursors.lease(PARTY.name, "me", self.now, self.now + timedelta(hours=1))
        taken = await self.bureau.take_in(self.desk, PARTY, "me", Lot(rows, cursor))
        return {outcome: number for outcome, number in taken.outcomes.items() if number}

    async def sweep(self):
        return dict(await self.bureau.sweep(self.world, COVERED))

    async def events(self):
        found = await records(self.world, topics.RECIPIENT_EVENTS.name)
        return [event_pb2.Event.FromString(each.value) for each in found]


async def test_only_of_those_who_allow_it():
    scene = Scene()
    await scene.say(
        yes=[said()],
        all=[said(data_type=DataType.ALL)],
        elsewhere=[said(source="another form")],
        denied=[said(ConsentState.DENIED)],
        withdrawn=[said(WITHDRAWN)],
        marketing=[replace(said(), purpose=Purpose.MARKETING)],
        no_to_all=[said(), said(ConsentState.DENIED, data_type=DataType.ALL)],
        named=[said(source="anywhere", party="datahouse")],
        another=[said(party="another house")],
        all_but_it=[said(), said(ConsentState.DENIED, party="datahouse")],
    )
    names = ["yes", "all", "elsewhere", "denied", "withdrawn", "marketing", "no_to_all", "silent"]
    more = ["named", "another", "all_but_it"]
    assert await scene.take(*map(row, names + more)) == {"accepted": 3, "no_consent": 8}
    found = await scene.events()
    assert {each.recipient_id for each in found} == {"yes", "all", "named"}
    value = found[0].recipient_updated.attributes["income"]
    assert (value.number, value.source) == (4.0, "datahouse")
    assert value.obtain_time.ToDatetime(NOW.tzinfo) == NOW
    assert value.expire_time.ToDatetime(NOW.tzinfo) == NOW + PARTY.ttl
    assert not any("yes" in each.event_id for each in found)


async def test_what_did_not_change_has_no_second_effect():
    scene = Scene()
    await scene.say(r1=[said()])
    assert await scene.take(row()) == {"accepted": 1}
    assert await scene.take(row()) == {"unchanged": 1}
    scene.now += timedelta(days=4)
    assert await scene.take(row()) == {"unchanged": 1}
    assert len(await scene.events()) == 1


async def test_a_value_that_is_still_told_is_renewed_before_it_ends():
    scene = Scene()
    await scene.say(r1=[said()])
    await scene.take(row())
    scene.now += timedelta(days=6)
    assert await scene.take(row()) == {"accepted": 1}
    scene.now += timedelta(days=6)
    assert await scene.sweep() == {}


async def test_there_and_back_again():
    scene = Scene()
    await scene.say(r1=[said()])
    for value in (1.0, 2.0, 1.0):
        scene.now += timedelta(minutes=1)
        assert await scene.take(row(income=value)) == {"accepted": 1}
    seen = [each.recipient_updated.attributes["income"].number for each in await scene.events()]
    assert seen == [1.0, 2.0, 1.0]


async def test_what_a_row_lacks_now_is_removed():
    scene = Scene()
    await scene.say(r1=[said()])
    await scene.take(row(income=1.0, age=30.0))
    await scene.take(row(age=30.0))
    last = (await scene.events())[-1].recipient_updated
    assert (list(last.attributes), list(last.removed_attributes)) == (["age"], ["income"])


async def test_what_has_expired_is_forgotten_without_a_word_and_may_come_again():
    scene = Scene()
    await scene.say(r1=[said()])
    await scene.take(row())
    scene.now += PARTY.ttl - timedelta(seconds=1)
    assert await scene.sweep() == {}
    scene.now += timedelta(seconds=1)
    assert await scene.sweep() == {"expired": 1}
    assert await scene.sweep() == {}
    assert len(await scene.events()) == 1
    assert await scene.take(row()) == {"accepted": 1}
    assert len(await scene.events()) == 2


@pytest.mark.parametrize(
    "now",
    [
        said(WITHDRAWN, days=0),
        said(ConsentState.DENIED, data_type=DataType.ALL, days=0),
        said(source="elsewhere", days=0),
        said(WITHDRAWN, days=0, party="datahouse"),
    ],
)
async def test_what_is_not_allowed_any_more_is_removed(now):
    scene = Scene()
    await scene.say(r1=[said()], r2=[said()])
    await scene.take(row(), row("r2"))
    held = [said(), now] if now.data_type is DataType.ALL or now.third_party else [now]
    await scene.say(r1=held)
    assert await scene.sweep() == {"withdrawn": 1}
    removed = [each for each in await scene.events() if not each.recipient_updated.attributes]
    assert [each.recipient_id for each in removed] == ["r1"]
    assert removed[0].recipient_updated.removed_attributes == ["income"]
    assert await scene.take(row(), row("r2")) == {"no_consent": 1, "unchanged": 1}


async def test_what_a_crash_left_in_the_log_is_known_and_can_be_removed():
    store = BrokenStore()
    scene = Scene(store)
    await scene.say(r1=[said()])
    store.broken = True
    with pytest.raises(Exception, match="disk is full"):
        await scene.take(row())
    store.broken = False
    assert len(await scene.events()) == 1
    await scene.say(r1=[said(WITHDRAWN, days=0)])
    scene.now += timedelta(minutes=1)
    assert await scene.sweep() == {"withdrawn": 1}
    assert (await scene.events())[-1].recipient_updated.removed_attributes == ["income"]


async def test_who_lost_the_lease_moves_no_cursor():
    scene = Scene()
    await scene.desk.cursors.lease(PARTY.name, "another", NOW, NOW + timedelta(hours=1))
    with pytest.raises(Conflict):
        await scene.take(row())
    assert await scene.desk.cursors.cursor(PARTY.name) == ""
