from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from dramatis.prioritizer.adapters.table_watch import TableWatch
from dramatis.prioritizer.app.world import Drafts
from tests.unit.prioritizer.samples import NOW, TENANT, tables

FAILED = Drafts({}, {TENANT: ValueError("no shape")})
MADE = Drafts({TENANT: tables()}, {})


def count():
    return REGISTRY.get_sample_value("dramatis_prioritizer_failed_tables_total")


def test_failures_are_counted_each_time_and_told_once_until_all_is_well():
    watch, before = TableWatch(), count()
    with capture_logs() as logs:
        for drafts in (FAILED, FAILED, MADE, FAILED):
            watch(drafts)
    assert count() == before + 3
    assert [(each["tenant"], each["error"]) for each in logs] == [(TENANT, "ValueError")] * 2


def test_the_age_of_the_oldest_snapshot_can_be_seen():
    TableWatch()(MADE)
    name = "dramatis_prioritizer_snapshot_create_time_seconds"
    assert REGISTRY.get_sample_value(name) == NOW.timestamp()
