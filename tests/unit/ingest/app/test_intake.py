import asyncio

import pytest

from dramatis.core.errors import Exhausted
from dramatis.ingest.app.intake import Intake, Room
from dramatis.ingest.domain.policy import Policies, Policy, Quota

SLOW = Policies(tenants={"slow": Policy(quota=Quota(items_per_second=10, burst_items=20))})


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def send(intake: Intake, tenant: str, items: int, size: int = 1) -> None:
    with intake.admit(tenant, items, size):
        pass


def test_a_tenant_may_send_its_burst_and_then_its_rate() -> None:
    clock = Clock()
    intake = Intake(SLOW, seconds=clock)
    send(intake, "slow", 15)
    send(intake, "slow", 15)  # more than is left: a debt of ten
    with pytest.raises(Exhausted) as caught:
        send(intake, "slow", 1)
    assert caught.value.reason == "QUOTA"
    assert caught.value.retry_after_seconds == pytest.approx(1.1)
    send(intake, "other", 100)
    clock.now += 1.1
    send(intake, "slow", 1)
    clock.now += 1_000
    send(intake, "slow", 20)
    with pytest.raises(Exhausted):
        send(intake, "slow", 1)


async def test_what_is_in_work_is_bounded_for_each_and_for_all() -> None:
    intake = Intake(room=Room(total=10, per_tenant=6))
    with intake.admit("a", 1, 4), intake.admit("b", 1, 4):
        with pytest.raises(Exhausted) as caught:
            send(intake, "a", 1, 3)
        assert caught.value.reason == "TOO_MUCH_IN_WORK"
        send(intake, "a", 1, 2)
        with pytest.raises(Exhausted):
            send(intake, "b", 1, 3)
        send(intake, "c", 1, 5)  # who has nothing in work is never shut out
    send(intake, "a", 1, 6)


async def test_a_stream_waits_for_its_turn() -> None:
    quota = Policy(quota=Quota(items_per_second=100, burst_items=1))
    intake = Intake(Policies(quota))
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(3):
        async with intake.wait("a", 5, 1):
            pass
    assert loop.time() - began >= 0.08


async def test_a_stream_that_would_wait_for_long_is_refused() -> None:
    intake = Intake(Policies(Policy(quota=Quota(items_per_second=0.01, burst_items=1))))
    async with intake.wait("a", 1, 1):
        pass
    with pytest.raises(Exhausted):
        async with intake.wait("a", 1, 1):
            pass


async def test_what_waits_gives_back_its_room() -> None:
    intake = Intake(room=Room(total=10, per_tenant=10))
    for _ in range(3):
        async with intake.wait("a", 1, 10):
            pass
    async with intake.wait("a", 1, 10), asyncio.timeout(1):
        waiting = asyncio.create_task(intake.wait("a", 1, 10).__aenter__())
        await asyncio.sleep(0)
        assert not waiting.done()
    async with asyncio.timeout(1):
        await waiting


async def test_a_nearly_full_disk_is_left_to_what_is_urgent() -> None:
    room = [False]
    intake = Intake(spare=lambda: room[0])
    with pytest.raises(Exhausted) as caught:
        send(intake, "a", 1)
    assert caught.value.reason == "DISK_NEARLY_FULL"
    assert caught.value.retry_after_seconds > 0
    with pytest.raises(Exhausted):
        async with intake.wait("a", 1, 1):
            pass
    with intake.admit("a", 1, 1, urgent=True):
        pass
    room[0] = True
    send(intake, "a", 1)
