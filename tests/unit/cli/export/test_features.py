"""Features as Parquet: a picture for each run, whole or not there, without who was erased."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from dramatis.cli.adapters import feature_rows
from dramatis.cli.export import columns, features, parts, position
from dramatis.cli.export.position import Asked
from dramatis.cli.settings import CommandSettings, read_settings
from dramatis.core.act import ActKind
from dramatis.core.campaign import Campaign, Stimulus
from dramatis.core.errors import Conflict
from dramatis.persona.adapters.database_personas import DatabasePersonas
from dramatis.persona.domain.features.declared import VERSION
from dramatis.persona.ports import CampaignKnown
from tests.contract.persona_store_suite import NAMES, NOW, SPOT, acted, erased

ASKED = Asked(what="features")
MAIL = CampaignKnown("acme", "a", Campaign("a", Stimulus({"channel": "email"})))


@pytest.fixture
async def settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CommandSettings]:
    """Of a state folder in which 25 recipients have clicked, some of them bought."""
    monkeypatch.setattr(feature_rows, "AT_ONCE", 10)
    read = read_settings(tmp_path / "state", None)
    async with DatabasePersonas.open(read.database("persona"), NAMES) as store:
        for n in range(25):
            kinds = (ActKind.SENT, ActKind.CLICKED, ActKind.ORDERED)[: 3 if n % 5 == 0 else 2]
            acts = [acted(f"{n} {kind}", kind, f"r{n}", after=n) for kind in kinds]
            await store.apply([MAIL, *acts], SPOT, NOW)
        await store.apply([erased("r0")], SPOT, NOW)
        yield read


async def take(folder: Path, settings: CommandSettings, days: int) -> position.Standing:
    now = NOW + timedelta(days=days)
    folder.mkdir(exist_ok=True)
    standing = position.load(folder, ASKED)
    pages = feature_rows.pages(settings, "", now)
    return await features.take(folder, standing, pages, now, part_rows=50)


async def test_duckdb_reads_each_day(settings: CommandSettings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for days in (0, 2):
        standing = await take(out, settings, days)
    found = duckdb.sql(
        f"SELECT day, count(DISTINCT recipient), count(*) FILTER (name = 'orders'),"
        f" max(value) FILTER (name = 'click_recency')"
        f" FROM read_parquet('{out}/day=*/*.parquet', hive_partitioning = true) GROUP BY 1 ORDER BY 1"
    ).fetchall()
    first, last = (NOW + timedelta(days=each) for each in (0, 2))
    assert [row[:3] for row in found] == [(first.date(), 24, 4), (last.date(), 24, 4)]
    assert found[1][3] == pytest.approx(2 - 1 / 86_400)
    assert standing.events == sum(row[0] for row in duckdb.sql(
        f"SELECT count(*) FROM '{out}/day=*/*.parquet'").fetchall())  # fmt: skip
    assert duckdb.sql(
        f"SELECT DISTINCT definition_version, label FROM '{out}/day=*/*.parquet'"
        " WHERE name = 'answered'"
    ).fetchall() == [(VERSION, "channel.email")]


async def test_what_a_killed_run_left_goes(settings: CommandSettings, tmp_path: Path) -> None:
    out = tmp_path / "out"
    before = await take(out, settings, 0)
    left = parts.Batch(columns.feature_schema())
    left.add(NOW.date(), {"tenant": "acme", "recipient": "half a picture"})
    left.write(out, before.parts)
    await take(out, settings, 1)
    assert "half a picture" not in {
        row[0] for row in duckdb.sql(f"SELECT recipient FROM '{out}/day=*/*.parquet'").fetchall()
    }


async def test_events_and_features_need_folders_of_their_own(
    settings: CommandSettings, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    await take(out, settings, 0)
    with pytest.raises(Conflict, match="holds an export of features"):
        position.load(out, Asked())


def test_the_guide_lists_the_columns() -> None:
    guide = (Path(__file__).parents[4] / "docs/export.md").read_text()
    for name, kind, meaning in columns.FEATURE_COLUMNS:
        assert f"| `{name}` | {kind} | {meaning} |" in guide
