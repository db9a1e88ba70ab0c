from dataclasses import replace
from datetime import timedelta

import numpy as np

from dramatis.core.plan import Plan
from dramatis.prioritizer.adapters.memory import MemoryShelf
from dramatis.prioritizer.app.follow import follow, restore
from dramatis.prioritizer.app.world import World
from dramatis.prioritizer.domain.ladder import Rung
from dramatis.prioritizer.domain.standing import Standing
from dramatis.prioritizer.ports import About, Batch, Change, Listing, Word
from tests.unit.prioritizer.samples import CAMPAIGNS, NOW, TENANT, own, snapshot


def change(about, value, subject=""):
    return Change(about, TENANT, subject, value, about.value, f"{TENANT}/{subject}", b"x")


def campaigns():
    return [change(About.CAMPAIGN, each, name) for name, each in CAMPAIGNS.items()]


class Feed:
    def __init__(self, *batches):
        self._batches = batches

    async def follow(self):
        for batch in self._batches:
            yield batch


async def taken_in(world, shelf, *batches):
    told = []
    await follow(world, Feed(*batches), shelf, told.append, lambda drafts: None)
    return told


async def test_tables_appear_with_the_snapshot():
    world, shelf = World(own), MemoryShelf()
    told = await taken_in(world, shelf, Batch(campaigns(), current=False))
    assert (told, world.tables(TENANT)) == ([], None)
    arrived = Batch([change(About.SNAPSHOT, snapshot())], current=True)
    assert await taken_in(world, shelf, arrived) == [True]
    assert world.tables(TENANT).rung is Rung.LIVE_POSTERIOR
    assert world.tables("other") is None


async def test_old_tables_stay_whole_when_new_ones_come():
    world, shelf = World(own), MemoryShelf()
    first = [*campaigns(), change(About.SNAPSHOT, snapshot())]
    await taken_in(world, shelf, Batch(first, current=True))
    before = world.tables(TENANT)
    means = before.means.copy()
    plan = Plan("p", "set-1", "b", {})
    await taken_in(world, shelf, Batch([change(About.PLAN, plan)], current=True))
    after = world.tables(TENANT)
    assert (before.plan_id, after.plan_id) == ("", "p")
    assert (before.means == means).all()
    await taken_in(world, shelf, Batch([change(About.PLAN, None)], current=True))
    assert world.tables(TENANT).plan_id == ""


async def test_what_the_shelf_holds_is_restored_as_the_disk_rung():
    shelf = MemoryShelf()
    first = [*campaigns(), change(About.SNAPSHOT, snapshot())]
    await taken_in(World(own), shelf, Batch(first, current=True))
    world = World(own)
    await restore(world, shelf, lambda drafts: None)
    assert world.complete
    assert world.tables(TENANT).rung is Rung.DISK_SNAPSHOT
    await taken_in(world, shelf, Batch([], current=True))
    assert world.tables(TENANT).rung is Rung.DISK_SNAPSHOT
    await taken_in(world, shelf, Batch(first, current=True))
    assert world.tables(TENANT).rung is Rung.LIVE_POSTERIOR


def test_while_consents_are_not_all_known_marketing_is_denied():
    world = World(own)
    world.update([change(About.RECIPIENT, Word(Standing.GRANTED, NOW), "r-1")], Rung.LIVE_POSTERIOR)
    assert world.look(TENANT)("r-1") & Standing.DENIED
    world.complete = True
    assert world.look(TENANT)("r-1") == Standing.GRANTED
    assert world.look(TENANT)("r-2") == 0
    assert world.look("other")("r-1") == 0


def test_only_a_later_grant_takes_someone_off_the_suppression_list():
    world = World(own)
    world.complete = True
    world.list([Listing(TENANT, "r-1", NOW)])
    for days, listed in ((0, True), (1, False)):
        granted = Word(Standing.GRANTED, NOW + timedelta(days=days))
        world.update([change(About.RECIPIENT, granted, "r-1")], Rung.LIVE_POSTERIOR)
        assert bool(world.look(TENANT)("r-1") & Standing.LISTED) is listed


def test_a_report_that_comes_late_does_not_undo_a_later_grant():
    world = World(own)
    world.complete = True
    granted = Word(Standing.GRANTED, NOW + timedelta(seconds=1))
    world.update([change(About.RECIPIENT, granted, "r-1")], Rung.LIVE_POSTERIOR)
    world.list([Listing(TENANT, "r-1", NOW)])
    assert world.look(TENANT)("r-1") == Standing.GRANTED
    world.list([Listing(TENANT, "r-1", NOW + timedelta(seconds=1))])
    assert world.look(TENANT)("r-1") == Standing.GRANTED | Standing.LISTED


def test_the_erased_stay_erased_whatever_comes_late():
    world = World(own)
    world.complete = True
    granted = change(About.RECIPIENT, Word(Standing.GRANTED, NOW), "r-1")
    world.update([granted], Rung.LIVE_POSTERIOR)
    world.list([Listing(TENANT, "r-1", NOW)])
    world.forget([(TENANT, "r-1")])
    for late in (granted, change(About.RECIPIENT, None, "r-1")):
        world.update([late], Rung.LIVE_POSTERIOR)
        world.list([Listing(TENANT, "r-1", NOW)])
        assert world.look(TENANT)("r-1") == Standing.ERASED | Standing.DENIED
    assert world.look("other")("r-1") == 0


def test_an_earlier_report_does_not_make_a_listing_older():
    world = World(own)
    world.complete = True
    late, early = NOW + timedelta(days=2), NOW
    world.list([Listing(TENANT, "r-1", late), Listing(TENANT, "r-1", early)])
    granted = Word(Standing.GRANTED, NOW + timedelta(days=1))
    world.update([change(About.RECIPIENT, granted, "r-1")], Rung.LIVE_POSTERIOR)
    assert world.look(TENANT)("r-1") & Standing.LISTED


async def test_of_what_cannot_be_made_into_tables_the_former_go_on():
    world, shelf, told = World(own), MemoryShelf(), []
    good = Batch([*campaigns(), change(About.SNAPSHOT, snapshot())], current=True)
    broken = replace(snapshot(snapshot_id="s-2"), weights=np.ones(3))
    denied = change(About.RECIPIENT, Word(Standing.DENIED), "r-1")
    bad = Batch([change(About.SNAPSHOT, broken), denied], current=True)
    await follow(world, Feed(good, bad), shelf, lambda ready: None, told.append)
    assert world.tables(TENANT).snapshot_id == "s-1"
    assert world.look(TENANT)("r-1") == Standing.DENIED
    assert [(list(each.tables), list(each.failures)) for each in told] == [
        ([TENANT], []),
        ([], [TENANT]),
    ]

    again = World(own)
    await restore(again, shelf, told.append)
    assert again.tables(TENANT).snapshot_id == "s-1"
    assert again.look(TENANT)("r-1") == Standing.DENIED
    assert not told[-1].failures


async def test_one_tenants_broken_record_leaves_the_others_alone():
    world, told = World(own), []
    mine = change(About.SNAPSHOT, replace(snapshot(), weights=np.ones(3)))
    theirs = replace(change(About.SNAPSHOT, snapshot(tenant="other")), tenant="other")
    batch = Batch([mine, theirs], current=True)
    await follow(world, Feed(batch), MemoryShelf(), lambda ready: None, told.append)
    assert world.tables(TENANT) is None
    assert world.tables("other").snapshot_id == "s-1"
