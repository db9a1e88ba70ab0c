"""Members of a group share the partitions: nothing is lost, nothing counts twice."""

import asyncio
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dramatis.runtime.kafka.cluster import Cluster
from dramatis.runtime.kafka_log import KafkaLog
from tests.contract.event_log_suite import new
from tests.servers.tally import counted, total

KEYS = 50


@dataclass
class Group:
    """Members as processes, and what they counted together."""

    bootstrap: str
    folder: Path
    prefix: str = field(default_factory=lambda: f"{uuid.uuid4().hex[:8]}-")
    members: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.folder / "tally.sqlite3"

    def join(self, name: str, seconds_per_batch: float = 0.05) -> None:
        command = [
            sys.executable, "-m", "tests.servers.tally",
            self.bootstrap, self.prefix, str(self.file), name, str(seconds_per_batch),
        ]  # fmt: skip
        with (self.folder / f"{name}.log").open("wb") as log:
            self.members[name] = subprocess.Popen(command, stderr=log)

    def leave(self, name: str, number: int) -> None:
        member = self.members.pop(name)
        member.send_signal(number)
        member.wait(20)

    def counted_by(self, name: str) -> int:
        return list(counted(self.file).values()).count(name)


@pytest.fixture
def group(kafka_bootstrap: str, tmp_path: Path) -> Iterator[Group]:
    made = Group(kafka_bootstrap, tmp_path)
    yield made
    for name in list(made.members):
        made.leave(name, signal.SIGTERM)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not true():
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_member_comes_and_another_one_goes(group: Group, number: int) -> None:
    sent: set[str] = set()
    async with KafkaLog.open(Cluster(group.bootstrap, prefix=group.prefix, wait_seconds=5)) as log:

        async def write() -> None:
            while True:
                first = len(sent)
                records = [new(f"acme/r{i % KEYS}", str(i)) for i in range(first, first + 20)]
                await log.append(records)
                sent.update(each.event_id for each in records)
                await asyncio.sleep(0.02)

        writing = asyncio.create_task(write())
        group.join("first")
        await until(lambda: group.counted_by("first") > 100)
        group.join("second")
        await until(lambda: group.counted_by("second") > 100)
        group.leave("first", number)
        before = group.counted_by("second")
        await until(lambda: group.counted_by("second") > before + 500)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await until(lambda: counted(group.file).keys() >= sent)
    found = counted(group.file)
    assert set(found.values()) == {"first", "second"}
    effects, again = total(group.file)
    print(f"acknowledged {len(sent)}, effects {effects}, delivered again {again}")
    assert effects == len(found)
    assert len(found.keys() - sent) <= 20  # written by the append that was cut off
