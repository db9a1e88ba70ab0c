"""What every ledger and every shelf of the prioritizer does."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from dramatis.core.campaign import Stage
from dramatis.core.consent import Consent, ConsentState, Purpose
from dramatis.core.errors import Invalid, NotFound
from dramatis.core.snapshot import SnapshotReference
from dramatis.prioritizer.adapters.records import to_change
from dramatis.prioritizer.domain.feedback import Confirmation, Fate, Response, SendOutcome
from dramatis.prioritizer.ports import Batch, DecisionRecord, Ledger, Shelf
from dramatis.wire.consents import from_recipient
from dramatis.wire.snapshots import from_snapshot
from tests.unit.prioritizer.samples import snapshot


def pseudonym(tenant, recipient_id):
    return f"{tenant}'s {recipient_id}"


NOW = datetime(2026, 6, 1, tzinfo=UTC)
RECORD = DecisionRecord("d-1", b"asked", "r-1", ("a", "b"), b"body")


def sent(campaign_id="a", decision_id="d-1", outcome=SendOutcome.SENT):
    return Confirmation(decision_id, campaign_id, outcome, NOW)


def opened(outcome_id="o-1", stage=Stage.OPEN):
    return Response("d-1", outcome_id, stage, NOW)


def said(state, recipient_id="r-1"):
    body = from_recipient("acme", recipient_id, [Consent(Purpose.MARKETING, state, NOW)])
    return to_change("consents", f"acme/{recipient_id}", body, pseudonym)


def made_of(snapshot_id):
    body = from_snapshot(snapshot(snapshot_id=snapshot_id))
    return to_change("snapshots", "acme", body, pseudonym)


class LedgerSuite:
    @pytest.fixture
    def ledger(self) -> Ledger:
        raise NotImplementedError

    async def test_the_first_decision_of_an_id_is_kept(self, ledger):
        assert await ledger.keep("acme", [RECORD]) == [RECORD]
        other = DecisionRecord("d-1", b"other", "r-1", (), b"later")
        assert await ledger.keep("acme", [other]) == [RECORD]
        assert await ledger.get("acme", "d-1") == b"body"

    async def test_tenants_do_not_see_one_another(self, ledger):
        await ledger.keep("acme", [RECORD])
        with pytest.raises(NotFound):
            await ledger.get("other", "d-1")
        settled = await ledger.settle("other", "m", "q", b"", [sent()])
        assert settled[0].fate is Fate.REJECTED
        assert isinstance(settled[0].error, NotFound)

    async def test_each_report_counts_once(self, ledger):
        await ledger.keep("acme", [RECORD])
        reports = [
            sent(),
            sent(),
            sent("b"),
            opened(),
            opened(),
            opened("o-2"),
            opened("o-1", Stage.CLICK),
        ]
        settled = await ledger.settle("acme", "m", "q-1", b"1", reports)
        assert [each.fate.name[0] for each in settled] == list("ADAADAA")
        again = await ledger.settle("acme", "m", "q-2", b"2", [sent()])
        assert again[0].fate is Fate.DUPLICATE

    async def test_the_same_request_gets_the_same_answer(self, ledger):
        await ledger.keep("acme", [RECORD])
        reports = [sent(), sent(decision_id="nope"), sent("c"), Invalid("bad", field="x")]
        first = await ledger.settle("acme", "m", "q", b"1", reports)
        again = await ledger.settle("acme", "m", "q", b"1", reports)
        assert [each.fate.name[0] for each in first] == list("ARRR")
        assert [_told(each) for each in again] == [_told(each) for each in first]
        with pytest.raises(Invalid) as caught:
            await ledger.settle("acme", "m", "q", b"2", reports)
        assert caught.value.reason == "REQUEST_ID_REUSED"

    async def test_of_the_erased_nothing_is_left(self, ledger):
        other = DecisionRecord("d-2", b"asked", "r-2", ("a",), b"body")
        await ledger.keep("acme", [RECORD, other])
        await ledger.settle("acme", "m", "q", b"", [sent(), sent(decision_id="d-2")])
        for _ in range(2):
            await ledger.forget([("acme", pseudonym("acme", "r-1"))])
        with pytest.raises(NotFound):
            await ledger.get("acme", "d-1")
        assert await ledger.get("acme", "d-2") == b"body"
        settled = await ledger.settle("acme", "m", "q2", b"", [opened(), sent(decision_id="d-2")])
        assert [each.fate.name[0] for each in settled] == list("RD")


def _told(settled):
    error = settled.error
    return settled.fate, error and (type(error), error.message, error.reason, error.metadata)


class ShelfSuite:
    @pytest.fixture
    def shelf(self) -> Shelf:
        raise NotImplementedError

    async def test_an_empty_shelf_is_not_complete(self, shelf):
        kept = await shelf.load()
        assert not kept.changes
        assert not kept.complete

    async def test_the_last_word_of_each_key_is_kept(self, shelf):
        first, last = said(ConsentState.GRANTED), said(ConsentState.WITHDRAWN)
        other = said(ConsentState.GRANTED, "r-2")
        await shelf.save(Batch([first, other], current=False))
        assert not (await shelf.load()).complete
        await shelf.save(Batch([last, last], current=True))
        kept = await shelf.load()
        assert kept.complete
        assert {each.key: each.value for each in kept.changes} == {
            last.key: last.value,
            other.key: other.value,
        }

    async def test_what_is_gone_is_gone(self, shelf):
        await shelf.save(Batch([said(ConsentState.GRANTED)], current=True))
        await shelf.save(
            Batch([to_change("consents", "acme/~acme's r-1", b"", pseudonym)], current=True)
        )
        assert not (await shelf.load()).changes

    async def test_the_newest_snapshot_comes_back(self, shelf):
        for name in ("s-1", "s-2", "s-3"):
            await shelf.save(Batch([made_of(name)], current=True))
        (kept,) = (await shelf.load()).changes
        assert kept.value.snapshot_id == "s-3"

    async def test_a_snapshot_is_found_by_what_it_is(self, shelf):
        change = made_of("s-1")
        size, digest = len(change.body), sha256(change.body).digest()
        reference = SnapshotReference("acme", "s-1", NOW, size, digest)
        assert await shelf.find(reference) is None
        await shelf.save(Batch([change], current=True))
        found = await shelf.find(reference)
        assert found.body == change.body
        assert found.value.snapshot_id == "s-1"
        assert await shelf.find(replace(reference, sha256=bytes(32))) is None
        assert await shelf.find(replace(reference, tenant="other")) is None
