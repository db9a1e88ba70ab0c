import asyncio
import math
from dataclasses import replace

import pytest

from dramatis.api.common.v1 import campaign_pb2, consent_pb2
from dramatis.api.prioritizer.v1 import prioritizer_pb2 as pb
from dramatis.core.errors import Invalid, NotFound, Unavailable
from dramatis.core.plan import Plan
from dramatis.prioritizer.adapters.desk import Desk
from dramatis.prioritizer.adapters.grpc_servicer import budget
from dramatis.prioritizer.adapters.memory import MemoryLedger
from dramatis.prioritizer.app.world import World
from dramatis.prioritizer.domain.ladder import Rung
from dramatis.prioritizer.domain.standing import Standing
from dramatis.prioritizer.ports import About, Change, Listing, Word
from tests.unit.prioritizer.samples import CAMPAIGNS, NOW, TENANT, own, snapshot


def change(about, value, subject=""):
    return Change(about, TENANT, subject, value, about.value, f"{TENANT}/{subject}", b"x")


@pytest.fixture
def world():
    world = World(own)
    world.update([change(About.SNAPSHOT, snapshot())], Rung.LIVE_POSTERIOR)
    world.update(
        [change(About.CAMPAIGN, each, name) for name, each in CAMPAIGNS.items()],
        Rung.LIVE_POSTERIOR,
    )
    world.complete = True
    world.swap(world.draft([TENANT]))
    return world


@pytest.fixture
def desk(world):
    return Desk(world, MemoryLedger(own), lambda: NOW)


def item(number=0, size=4.0, granted=True, default=""):
    message = pb.PrioritizeItem(request_id=f"q-{number}", default_campaign_id=default)
    message.recipient.recipient_id = f"r-{number}"
    if size is not None:
        message.recipient.attributes["size"].number = size
    if granted:
        consent = message.recipient.consents.add(purpose=1, state=1)
        consent.consent_time.FromDatetime(NOW)
    return message


async def ask(desk, *items, left=1.0, tenant=TENANT, **rest):
    rest.setdefault("mode", pb.MODE_DRY_RUN)
    request = pb.PrioritizeRequest(items=items, **rest)
    return await desk.prioritize(tenant, request, lambda: left)


async def one(desk, *args, **rest):
    (answer,) = (await ask(desk, *args, **rest)).prioritizations
    return answer


def ranked(answer):
    return [each.campaign_id for each in answer.ranked]


def reasons(answer):
    return [
        pb.SuppressionReason.Name(each.reason).removeprefix("SUPPRESSION_REASON_")
        for each in answer.suppressions
    ]


async def test_an_answer_says_where_it_comes_from(desk):
    response = await ask(desk, item())
    assert (response.snapshot_id, response.plan_id) == ("s-1", "")
    (answer,) = response.prioritizations
    assert ranked(answer) == ["a"]
    assert (answer.arm, answer.rung) == (pb.ARM_TREATMENT, pb.RUNG_LIVE_POSTERIOR)
    best = answer.ranked[0]
    loyal = 1 / (1 + math.exp(-8))
    assert best.score == pytest.approx(2 * loyal, abs=1e-12)
    assert best.score == pytest.approx(best.value - best.baseline_value - 0.5, abs=1e-12)
    assert best.response_rate_lower_90 < best.response_rate < best.response_rate_upper_90
    assert (best.cost.micros, best.propensity, best.stage) == (500_000, 1.0, 4)


async def test_what_is_below_zero_is_not_ranked(desk):
    answer = await one(desk, item(), top_n=5)
    assert ranked(answer) == ["a"]
    assert answer.suppressions == []
    only_b = await one(desk, item(), campaign_ids=["b"])
    assert (ranked(only_b), reasons(only_b)) == ([], ["LOW_VALUE"])


async def test_explanations_name_personas_and_all_that_was_considered(desk):
    plain = await one(desk, item(size=0.2))
    summary = await one(desk, item(size=0.2), explain=pb.EXPLAIN_SUMMARY)
    assert ranked(summary) == ranked(plain)
    assert not plain.personas
    assert [each.persona_id for each in summary.personas] == ["loyal", "bargain"]
    assert sum(each.membership for each in summary.personas) == pytest.approx(1)
    assert [(s.reason, s.campaign_id) for s in summary.suppressions] == [
        (pb.SUPPRESSION_REASON_LOW_VALUE, "b")
    ]
    full = await one(desk, item(size=0.2), explain=pb.EXPLAIN_FULL)
    assert [each.campaign_id for each in full.considered] == ["a", "b"]


@pytest.mark.parametrize("rung", ["scored", "hurried", "default"])
async def test_consent_fails_closed_on_every_rung(desk, rung):
    left = -1.0 if rung == "hurried" else 1.0
    tenant = "nobody" if rung == "default" else TENANT
    unasked = await one(desk, item(granted=False, default="a"), left=left, tenant=tenant)
    assert ranked(unasked) == []
    assert "CONSENT" in reasons(unasked)
    granted = await one(desk, item(default="a"), left=left, tenant="nobody")
    assert "CONSENT" in reasons(granted) or ranked(granted) == ["a"]


async def test_a_recorded_denial_beats_a_grant_in_the_request(desk, world):
    world.update([change(About.RECIPIENT, Word(Standing.DENIED), "r-0")], Rung.LIVE_POSTERIOR)
    assert reasons(await one(desk, item())) == ["CONSENT"]
    world.update([change(About.RECIPIENT, Word(Standing.GRANTED, NOW), "r-0")], Rung.LIVE_POSTERIOR)
    assert ranked(await one(desk, item(granted=False))) == ["a"]
    refused = item()
    refused.recipient.consents[0].state = consent_pb2.CONSENT_STATE_WITHDRAWN
    assert reasons(await one(desk, refused)) == ["CONSENT"]


async def test_all_reasons_are_told_together(desk, world):
    world.list([Listing(TENANT, "r-0", NOW)])
    answer = await one(desk, item(granted=False), campaign_ids=["b"])
    assert reasons(answer) == ["CONSENT", "SUPPRESSION_LIST", "LOW_VALUE"]


@pytest.mark.parametrize(
    "bound", [campaign_pb2.MESSAGE_CLASS_TRANSACTIONAL, campaign_pb2.MESSAGE_CLASS_LEGAL]
)
async def test_what_marketing_does_not_bind_is_passed_on(desk, world, bound):
    world.update([change(About.RECIPIENT, Word(Standing.DENIED), "r-0")], Rung.LIVE_POSTERIOR)
    answer = await one(desk, item(), campaign_ids=["b", "a"], top_n=2, message_class=bound)
    assert ranked(answer) == ["b", "a"]
    assert not answer.suppressions
    default = await one(desk, item(default="receipt"), message_class=bound)
    assert ranked(default) == ["receipt"]


async def test_without_attributes_averages_answer_and_without_snapshot_the_default(desk):
    average = await one(desk, item(size=None))
    assert average.rung == pb.RUNG_CAMPAIGN_AVERAGES
    assert average.ranked[0].score == pytest.approx(1.5)
    default = await one(desk, item(default="x"), tenant="nobody")
    assert "CONSENT" not in reasons(default)
    assert (default.rung, ranked(default)) == (pb.RUNG_CALLER_DEFAULT, ["x"])
    nothing = await one(desk, item(), tenant="nobody")
    assert reasons(nothing) == ["NO_DATA"]


async def test_late_requests_get_averages(desk):
    late = await one(desk, item(), left=-0.001)
    assert (late.rung, ranked(late)) == (pb.RUNG_CAMPAIGN_AVERAGES, ["a"])


async def test_hard_scoring_is_the_closest_persona(desk, world):
    hard = await one(desk, item(size=0.2), scoring=pb.SCORING_HARD)
    assert hard.ranked[0].score == pytest.approx(2.0, abs=1e-12)
    setting = Desk(world, MemoryLedger(own), lambda: NOW, hard=True)
    assert (await one(setting, item(size=0.2))).ranked[0].score == pytest.approx(2.0, abs=1e-12)
    soft = await one(setting, item(size=0.2), scoring=pb.SCORING_SOFT)
    assert soft.ranked[0].score < 1.5


@pytest.mark.parametrize(
    ("rest", "field"),
    [
        ({"top_n": -1}, "top_n"),
        ({"top_n": 1001}, "top_n"),
        ({"campaign_ids": ["a", "nope"]}, "campaign_ids[1]"),
        ({"mode": 9}, "mode"),
    ],
)
async def test_a_request_that_cannot_be_answered_names_the_field(desk, rest, field):
    with pytest.raises(Invalid) as caught:
        await ask(desk, item(), **rest)
    assert caught.value.metadata["field"] == field


@pytest.mark.parametrize("count", [0, 501])
async def test_a_batch_has_1_to_500_items(desk, count):
    with pytest.raises(Invalid) as caught:
        await ask(desk, *(item(at) for at in range(count)))
    assert caught.value.metadata["field"] == "items"
    assert len((await ask(desk, *(item(at) for at in range(500)))).prioritizations) == 500


@pytest.mark.parametrize(
    ("rest", "field"), [({"explain": pb.EXPLAIN_SUMMARY}, "explain"), ({"top_n": 1_000}, "top_n")]
)
async def test_an_answer_that_would_be_too_large_is_not_begun(desk, rest, field):
    many = [f"c-{number}" for number in range(100)]
    crowd = [item(number) for number in range(201)]
    with pytest.raises(Invalid) as caught:
        await ask(desk, *crowd, campaign_ids=many, **rest)
    assert (caught.value.reason, caught.value.metadata["field"]) == ("ANSWER_TOO_LARGE", field)
    with pytest.raises(Invalid, match="c-0"):
        await ask(desk, *crowd[:200], campaign_ids=many, **rest)


async def test_a_bad_item_spoils_only_itself(desk):
    bad = [item(at) for at in range(1, 6)]
    bad[0].recipient.attributes["size"].number = math.nan
    bad[1].request_id = "q-0"
    bad[2].recipient.recipient_id = "x" * 129
    bad[3].request_id = ""
    bad[4].recipient.consents[0].ClearField("consent_time")
    response = await ask(desk, item(0), *bad, item(9), mode=pb.MODE_LIVE)
    first, *spoiled, last = response.prioritizations
    assert ranked(first) == ranked(last) == ["a"]
    assert (first.recipient_id, last.recipient_id) == ("r-0", "r-9")
    assert [each.error.metadata["field"] for each in spoiled] == [
        "items[1].recipient.attributes",
        "items[2].request_id",
        "items[3].recipient.recipient_id",
        "items[4].request_id",
        "items[5].recipient.consents[0].consent_time",
    ]
    assert all(each.error.code == 3 and not each.decision_id for each in spoiled)


async def test_attributes_of_another_type_are_missing_and_others_do_not_matter(desk):
    odd = item(size=None)
    odd.recipient.attributes["size"].category = "large"
    odd.recipient.attributes["colour"].category = "red"
    amount = item(1, size=None)
    amount.recipient.attributes["size"].amount_micros = 4_000_000
    flag = item(2, size=None)
    flag.recipient.attributes["size"].flag = True
    answers = (await ask(desk, odd, amount, flag, item(3), item(4, 1.0))).prioritizations
    assert answers[0].rung == pb.RUNG_CAMPAIGN_AVERAGES
    assert answers[1].ranked[0].score == answers[3].ranked[0].score
    assert answers[2].ranked[0].score == answers[4].ranked[0].score
    alone = await one(desk, amount)
    assert alone.ranked[0].score == pytest.approx(answers[1].ranked[0].score, abs=1e-12)


async def test_the_same_request_id_gets_the_original_answer(desk, world):
    first = await one(desk, item(), mode=pb.MODE_LIVE)
    world.update([change(About.PLAN, Plan("p", "set-1", "b", {}))], Rung.LIVE_POSTERIOR)
    world.swap(world.draft([TENANT]))
    again = await one(desk, item(), mode=pb.MODE_LIVE)
    assert first.decision_id
    assert again == first
    other = await one(desk, item(size=-4.0), mode=pb.MODE_LIVE)
    assert other.error.reason == "REQUEST_ID_REUSED"


async def test_a_dry_run_leaves_no_trace(desk):
    dry = await one(desk, item())
    assert dry.decision_id == ""
    live = await one(desk, item(), mode=pb.MODE_LIVE)
    with pytest.raises(NotFound):
        await desk.ledger.get("other", live.decision_id)


async def test_a_decision_holds_what_judging_it_takes(desk):
    live = await one(desk, item(), mode=pb.MODE_LIVE)
    decision = pb.Decision.FromString(await desk.ledger.get(TENANT, live.decision_id))
    assert decision.prioritization == live
    assert decision.request_id == "q-0"
    assert decision.decision_time.ToDatetime(tzinfo=NOW.tzinfo) == NOW
    assert list(decision.action_ids) == ["a", "b", "control"]
    assert list(decision.action_probabilities) == [1.0, 0.0, 0.0]
    assert list(decision.features) == [4.0]
    assert decision.policy_version == "s-1//soft"
    assert [each.campaign_id for each in decision.campaigns] == ["a", "b"]
    quiet = await one(desk, item(1, granted=False), mode=pb.MODE_LIVE)
    silent = pb.Decision.FromString(await desk.ledger.get(TENANT, quiet.decision_id))
    assert list(silent.action_probabilities) == [0.0, 0.0, 1.0]


async def test_in_shadow_the_caller_gets_its_own_default(desk):
    shadow = await one(desk, item(default="mine"), mode=pb.MODE_SHADOW)
    assert (ranked(shadow), shadow.rung) == (["mine"], pb.RUNG_CALLER_DEFAULT)
    decision = pb.Decision.FromString(await desk.ledger.get(TENANT, shadow.decision_id))
    assert ranked(decision.prioritization) == ["a"]
    assert await one(desk, item(default="mine"), mode=pb.MODE_SHADOW) == shadow
    refused = await one(desk, item(1, granted=False, default="mine"), mode=pb.MODE_SHADOW)
    assert (ranked(refused), reasons(refused)) == ([], ["CONSENT"])


async def test_when_the_store_is_down_the_answer_still_comes(world):
    class Down(MemoryLedger):
        async def keep(self, tenant, records):
            raise Unavailable("the disk is full")

    live = await one(Desk(world, Down(own), lambda: NOW), item(), mode=pb.MODE_LIVE)
    assert (ranked(live), live.decision_id) == (["a"], "")


async def test_when_the_store_hangs_the_answer_comes_before_the_deadline(world):
    class Hung(MemoryLedger):
        async def keep(self, tenant, records):
            await asyncio.Event().wait()

    request = pb.PrioritizeRequest(items=[item()], mode=pb.MODE_LIVE)
    async with asyncio.timeout(0.5):
        response = await Desk(world, Hung(own), lambda: NOW).prioritize(
            TENANT, request, budget(0.5)
        )
    (live,) = response.prioritizations
    assert (ranked(live), live.decision_id) == (["a"], "")


def test_no_call_waits_for_longer_than_the_longest():
    assert budget(None)() == pytest.approx(24.0, abs=0.1)
    assert budget(3600.0)() == pytest.approx(24.0, abs=0.1)
    assert budget(1.0)() == pytest.approx(0.8, abs=0.1)


async def test_one_batch_is_answered_by_one_snapshot(desk, world):
    shares = await ask(desk, item(0), item(1), explain=pb.EXPLAIN_SUMMARY)
    world.update(
        [change(About.SNAPSHOT, replace(snapshot(), snapshot_id="s-2"))], Rung.LIVE_POSTERIOR
    )
    world.swap(world.draft([TENANT]))
    assert shares.snapshot_id == "s-1"
    assert (await ask(desk, item(0))).snapshot_id == "s-2"


async def test_of_the_erased_nothing_is_sent_and_nothing_kept(world):
    world.forget([(TENANT, "r-0")])
    ledger = MemoryLedger(own)
    desk = Desk(world, ledger, lambda: NOW)
    gone, other = (await ask(desk, item(0), item(1), mode=pb.MODE_LIVE)).prioritizations
    assert [block.reason for block in gone.suppressions] == [pb.SUPPRESSION_REASON_CONSENT]
    assert not gone.ranked
    assert not gone.decision_id
    assert other.ranked
    assert await ledger.get(TENANT, other.decision_id)
    assert len(ledger._decisions) == 1
