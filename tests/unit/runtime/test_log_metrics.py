from pathlib import Path

from prometheus_client import REGISTRY

from dramatis.runtime.sqlite_log import SqliteLog
from tests.contract.event_log_suite import new, nothing_applied

TOPIC = "world-signals"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_the_log_tells_what_it_took_and_what_a_group_has_left(tmp_path: Path) -> None:
    before = value("dramatis_log_appended_records_total", topic=TOPIC)
    async with SqliteLog.open(tmp_path / "log.sqlite3") as log:
        [*_, last] = await log.append([new("k", str(i), topic=TOPIC) for i in range(10)])
        assert value("dramatis_log_appended_records_total", topic=TOPIC) == before + 10
        async with log.subscribe([TOPIC], "meter", nothing_applied) as subscription:
            await subscription.poll(4, 0)
            place = {"topic": TOPIC, "partition": str(last.partition), "group": "meter"}
            assert value("dramatis_log_lag_records", **place) == 6
            await subscription.poll(100, 0)
            assert value("dramatis_log_lag_records", **place) == 0
        async with log.tail([TOPIC]) as tail:
            await tail.poll(4, 0)
    assert value("dramatis_log_consumed_records_total", topic=TOPIC, group="meter") == 10
