import math
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from dramatis.core import plan as plans
from dramatis.core.campaign import CONTROL, Campaign
from dramatis.core.encoding import encode
from dramatis.core.errors import Invalid
from dramatis.core.membership import predict
from dramatis.core.plan import Plan
from dramatis.core.response import appraise
from dramatis.prioritizer.domain.decide import Question, decide
from dramatis.prioritizer.domain.eligibility import Reason
from dramatis.prioritizer.domain.encoder import MISSING, Columns
from dramatis.prioritizer.domain.ladder import Rung
from dramatis.prioritizer.domain.standing import Standing
from dramatis.prioritizer.domain.tables import build
from tests.unit.prioritizer.samples import CAMPAIGNS, GAIN, NOW, RATES, A, B, snapshot, tables

SECONDS = NOW.timestamp()


def ask(*sizes, bits=Standing.GRANTED, **rest):
    standings = np.full(len(sizes), int(bits), dtype=np.int64)
    return Question(standings=standings, columns=Columns([list(sizes)], []), **rest)


def chosen(decided):
    labels = decided.tables.labels
    return [[labels[at][0] for at in row] for row in decided.ranking.columns.tolist()]


def test_scores_are_those_worked_by_hand():
    # size 1: loyal with e^2 / (1 + e^2)
    loyal = math.exp(2) / (1 + math.exp(2))
    decided = decide(tables(), ask(1.0, top_n=2), SECONDS)
    a = (1 - loyal) * 0.0 + loyal * 2.0
    b = (1 - loyal) * 0.5 + loyal * -0.5
    assert chosen(decided) == [["a", "b"]]
    np.testing.assert_allclose(decided.ranking.score, [[a, b]], rtol=1e-12)
    np.testing.assert_allclose(
        decided.ranking.figures[0, 0, 1:4],
        [10 * (0.1 + loyal * 0.2), 0.5, 0.1 + loyal * 0.2],
        rtol=1e-12,
    )
    assert decided.positive.tolist() == [1]


def test_hard_membership_is_the_closest_persona_and_nothing_else():
    decided = decide(tables(), ask(-1.0, 1.0, top_n=2, hard=True), SECONDS)
    assert chosen(decided) == [["b", "a"], ["a", "b"]]
    np.testing.assert_allclose(decided.ranking.score, [[0.5, 0.0], [2.0, -0.5]], atol=1e-12)


def test_soft_and_hard_may_disagree():
    # size -0.5 is 0.27 loyal: a scores 0.54, b 0.23; the closest persona alone prefers b.
    soft = decide(tables(), ask(-0.5, top_n=1), SECONDS)
    hard = decide(tables(), ask(-0.5, top_n=1, hard=True), SECONDS)
    assert chosen(soft) == [["a"]]
    assert chosen(hard) == [["b"]]


def test_decisions_equal_the_same_tables_evaluated_row_by_row():
    rng = np.random.default_rng(5)
    rates = rng.uniform(0.01, 0.6, RATES.shape)
    plan = Plan("p", "set-1", "b", {"bargain": frozenset({"a"}), "loyal": frozenset({CONTROL})})
    sizes = rng.normal(size=200)
    decided = decide(tables(plan, rates), ask(*sizes, top_n=2), SECONDS)
    shot = snapshot(rates)
    gain = appraise(
        shot.responses.axes, shot.responses.rates, shot.responses.amount_mean, [A, B]
    ).gain
    counted = plans.follow(plan, gain, shot.persona_ids, ["a", "b"])
    model = shot.membership
    for row, size in enumerate(sizes):
        member = predict(model, encode(model.encodings, [{"size": float(size)}]))[0]
        score = dict(zip("ab", member @ counted, strict=True))
        best = sorted(score, key=score.__getitem__, reverse=True)
        assert chosen(decided)[row] == best
        np.testing.assert_allclose(
            decided.ranking.score[row], [score[one] for one in best], atol=1e-9
        )


def test_ties_go_to_the_incumbent():
    same = np.array([[[0.2], [0.15], [0.05]], [[0.2], [0.15], [0.05]]])
    cheaper = {"a": replace(A, cost_micros=1_000_000), "b": replace(B, cost_micros=500_000)}
    shot = snapshot(same)
    plan = Plan("p", "set-1", "b", {"bargain": frozenset(), "loyal": frozenset()})
    tied = build(shot, cheaper, plan, Rung.LIVE_POSTERIOR)
    assert chosen(decide(tied, ask(-1.0, 0.0, 1.0), SECONDS)) == [["b"]] * 3
    without = build(shot, cheaper, None, Rung.LIVE_POSTERIOR)
    score = decide(without, ask(0.3, top_n=2), SECONDS).ranking.score
    assert abs(score[0, 0] - score[0, 1]) < 1e-9


def test_silence_as_incumbent_sends_only_what_is_preferred():
    plan = Plan("p", "set-1", CONTROL, {"bargain": frozenset(), "loyal": frozenset({"a"})})
    decided = decide(tables(plan), ask(-4.0, 4.0, hard=True), SECONDS)
    assert decided.positive.tolist() == [0, 1]
    assert chosen(decided)[1] == ["a"]


def test_a_plan_for_other_personas_is_not_followed():
    plan = Plan("p", "set-0", "a", {"gone": frozenset()})
    assert tables(plan).plan_id == ""
    assert tables(replace(plan, persona_set_id="set-1")).plan_id == "p"


def test_priority_multiplies_the_score():
    doubled = build(snapshot(), {**CAMPAIGNS, "b": replace(B, priority=2.0)}, None, Rung(1))
    decided = decide(doubled, ask(-4.0, hard=True), SECONDS)
    np.testing.assert_allclose(decided.ranking.score, [[2 * GAIN[0][1]]])


def test_without_attributes_or_profiling_the_averages_answer():
    decided = decide(tables(), ask(MISSING, 1.0), SECONDS)
    assert decided.rungs.tolist() == [Rung.CAMPAIGN_AVERAGES, Rung.LIVE_POSTERIOR]
    np.testing.assert_allclose(decided.ranking.score[0], [0.25 * 0.0 + 0.75 * 2.0])
    unprofiled = decide(tables(), ask(1.0, bits=Standing.UNPROFILED), SECONDS)
    assert unprofiled.rungs.tolist() == [Rung.CAMPAIGN_AVERAGES]
    np.testing.assert_allclose(unprofiled.ranking.score, decided.ranking.score[:1])


def test_in_a_hurry_the_averages_answer_without_reading_anything():
    hurried = Question(np.array([1, 1]), Columns((), ()), top_n=2, hurried=True)
    decided = decide(tables(), hurried, SECONDS)
    assert decided.rungs.tolist() == [Rung.CAMPAIGN_AVERAGES] * 2
    np.testing.assert_allclose(decided.ranking.score, [[1.5, -0.25]] * 2, atol=1e-12)


def test_the_interval_holds_nine_of_ten_draws_of_the_rate():
    rng = np.random.default_rng(1)
    shot = snapshot(RATES * 1.0)
    table = shot.responses
    draws = rng.beta(table.alpha[:, 0, 0] * 0.05, table.beta[:, 0, 0] * 0.05, (20_000, 2))
    loose = replace(table, alpha=table.alpha * 0.05, beta=table.beta * 0.05)
    loose_tables = build(replace(shot, responses=loose), CAMPAIGNS, None, Rung(1))
    decided = decide(loose_tables, ask(0.2, campaign_ids=("a",)), SECONDS)
    mixed = draws @ decided.memberships[0]
    lower, upper = decided.ranking.figures[0, 0, 4:]
    assert 0.88 < ((lower < mixed) & (mixed < upper)).mean() < 0.92


def test_campaigns_that_are_over_or_paused_are_no_candidates():
    over = replace(A, end_time=NOW)
    paused = replace(B, paused=True)
    later = build(snapshot(), {"a": over, "b": paused}, None, Rung(1))
    decided = decide(later, ask(1.0), SECONDS)
    assert decided.ranking is None
    assert [(b.reason, b.campaign_id) for b in decided.candidates.blocks] == [
        (Reason.INELIGIBLE, "")
    ]
    named = decide(later, ask(1.0, campaign_ids=("a", "b")), SECONDS)
    assert chosen(named) == [["b"]]
    assert [(b.reason, b.campaign_id) for b in named.candidates.blocks] == [
        (Reason.INELIGIBLE, "a")
    ]
    before = decide(later, ask(1.0), (NOW - timedelta(seconds=1)).timestamp())
    assert chosen(before) == [["a"]]


def test_a_campaign_that_was_never_forecast_has_no_data():
    more = build(snapshot(), {**CAMPAIGNS, "new": Campaign("new")}, None, Rung(1))
    decided = decide(more, ask(1.0), SECONDS)
    assert [(b.reason, b.campaign_id) for b in decided.candidates.blocks] == [
        (Reason.NO_DATA, "new")
    ]


def test_an_unknown_campaign_is_named_with_its_place():
    with pytest.raises(Invalid) as caught:
        decide(tables(), ask(1.0, campaign_ids=("a", "nope")), SECONDS)
    assert caught.value.metadata["field"] == "campaign_ids[1]"
    assert caught.value.reason == "UNKNOWN_CAMPAIGN"
