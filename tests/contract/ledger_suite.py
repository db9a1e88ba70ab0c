"""What any ledger of third parties must do. An adapter's test class derives from `LedgerSuite`."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.third_party import Lent
from dramatis.ingest.ports import Ledger

NOW = datetime(2026, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)
PARTY = Name("acme", "datahouse")
OTHER = Name("acme", "weather")
START = ("", "", "")


def lent(recipient_id: str = "r1", party: str = "datahouse") -> Lent:
    return Lent(party, recipient_id, ["age", "income"], "digest", NOW + timedelta(days=1))


class LedgerSuite:
    """The contract; derived classes give the fixture `ledger`."""

    @pytest.fixture
    async def ledger(self) -> AsyncIterator[Ledger]:
        raise NotImplementedError
        yield  # noqa: PT022 - derived ones close what they open

    async def test_what_was_noted_is_held(self, ledger: Ledger) -> None:
        await ledger.keep("acme", [lent(), lent("r2"), lent("r1", "weather")])
        await ledger.keep("beta", [lent("r3")])
        assert await ledger.held(PARTY, {"r1", "r3", "r4"}) == {"r1": lent()}
        assert await ledger.held(OTHER, ["r1"]) == {"r1": lent("r1", "weather")}
        assert await ledger.held(Name("beta", "datahouse"), ["r1"]) == {}

    async def test_the_last_note_holds(self, ledger: Ledger) -> None:
        await ledger.keep("acme", [lent(), lent("r2")])
        later = replace(lent(), names=["age"], digest="", expires=NOW + timedelta(days=2))
        await ledger.keep("acme", [later])
        assert await ledger.held(PARTY, ["r1", "r2"]) == {"r1": later, "r2": lent("r2")}

    async def test_what_was_dropped_is_gone(self, ledger: Ledger) -> None:
        await ledger.keep("acme", [lent(), lent("r2"), lent("r1", "weather")])
        await ledger.drop(PARTY, ["r1", "r9"])
        assert set(await ledger.held(PARTY, ["r1", "r2"])) == {"r2"}
        assert set(await ledger.held(OTHER, ["r1"])) == {"r1"}

    async def test_pages_hold_all_once(self, ledger: Ledger) -> None:
        ids = [f"r{each}" for each in range(5)]
        await ledger.keep("acme", [lent(each) for each in ids])
        await ledger.keep("acme", [lent("r1", "weather")])
        await ledger.keep("beta", [lent("r1")])
        found, place = [], START
        while (page := await ledger.page(place, 3)).end is not None:
            found += page.lent
            place = page.end
        names = [name for name, _ in found]
        assert names == [PARTY] * 5 + [OTHER, Name("beta", "datahouse")]
        assert {each.recipient_id for _, each in found[:5]} == set(ids)
        assert found[5][1] == lent("r1", "weather")

    async def test_there_may_be_nothing(self, ledger: Ledger) -> None:
        assert (await ledger.page(START, 3)).end is None
        await ledger.keep("acme", [])
        await ledger.drop(PARTY, [])
        assert await ledger.held(PARTY, []) == {}
