"""The model as a whole: what it says before evidence, after it, and that order does not matter."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from dramatis import engine
from dramatis.core.campaign import CONTROL, Campaign, Stage, StageValue
from dramatis.core.errors import Invalid
from dramatis.core.evidence import Axes
from tests.unit.engine import made


def seeded(seed=1):
    return torch.Generator().manual_seed(seed)


def example(seed=0, count=6, campaigns=3, sends=400):
    rng = np.random.default_rng(seed)
    rates = made.truth(rng, count, campaigns)
    evidence = made.observe(rng, made.axes(campaigns), rates, sends)
    return made.personas(evidence, seed), made.mailings(campaigns), rates


def test_nothing_observed_nobody_there():
    model = engine.fit(made.nobody(), [made.campaign("a", category="mens")], use_evidence=True)
    rates, amounts = model.expected()
    assert model.axes == Axes((CONTROL, "a"), (Stage.CONVERT,), (None,))
    assert model.supported.all()
    # Documented prior: one in a hundred; the mean lies above the median of a wide distribution.
    assert 0.01 < rates[0, 0, 0] < 0.04
    assert amounts[0, 0] > 0
    drawn = model.draw(50, seeded())
    assert drawn.rates.shape == (50, 1, 2, 1)
    assert drawn.amount_mean.shape == (50, 1, 2)


def test_conversions_without_a_price_have_no_amount():
    model = engine.fit(made.nobody(), [made.campaign("a", 0.0)], use_evidence=True)
    assert model.expected()[1].tolist() == [[0.0, 0.0]]
    assert not model.draw(3, seeded()).amount_mean.any()


def test_nobody_opens_what_was_not_sent():
    opens = Campaign("a", values=(StageValue(Stage.OPEN), StageValue(Stage.VISIT)))
    model = engine.fit(made.nobody(2), [opens], use_evidence=False)
    rates, _ = model.expected()
    assert model.axes.stages == (Stage.OPEN, Stage.VISIT)
    assert (rates[:, 0, 0] < 1e-8).all()
    assert (rates[:, 0, 1] > 0.01).all()
    assert (rates[:, 1, 0] > 0.1).all()


def test_much_evidence_is_believed():
    personas, campaigns, rates = example(sends=100_000)
    drawn = engine.fit(personas, campaigns, use_evidence=True).draw(300, seeded())
    assert np.abs(drawn.rates.mean(dim=0).numpy()[..., 0] - rates[..., 0]).max() < 0.01
    assert drawn.amount_mean.mean().item() == pytest.approx(40.0, rel=0.02)


def test_without_use_of_evidence_it_does_not_matter():
    (one, campaigns, _), (other, _, _) = example(seed=0), example(seed=1)
    other = replace(one, evidence=other.evidence)
    rates = [engine.fit(each, campaigns, use_evidence=False).expected()[0] for each in (one, other)]
    assert rates[0].tobytes() == rates[1].tobytes()


def test_more_evidence_narrows():
    widths = []
    for factor in (1, 4, 16):
        personas, campaigns, _ = example()
        evidence = personas.evidence
        more = replace(
            evidence,
            **{
                name: factor * getattr(evidence, name)
                for name in ("trials", "successes", "amount_count", "amount_sum")
            },
            amount_square_sum=factor * evidence.amount_square_sum,
        )
        model = engine.fit(replace(personas, evidence=more), campaigns, use_evidence=True)
        drawn = model.draw(500, seeded())
        widths.append([drawn.rates.std(dim=0).mean(), drawn.amount_mean.std(dim=0).mean()])
    for narrow, wide in zip(widths[1:], widths, strict=False):
        assert narrow[0] < 0.8 * wide[0]
        assert narrow[1] < 0.8 * wide[1]


def test_the_order_of_personas_and_campaigns_changes_no_bit():
    personas, campaigns, _ = example(count=7, campaigns=4)
    order, turned = np.array([3, 0, 6, 1, 5, 2, 4]), np.array([2, 0, 3, 1])
    old = personas.evidence
    shuffled = replace(
        personas,
        persona_ids=tuple(personas.persona_ids[i] for i in order),
        traits=personas.traits[order],
        affinities=personas.affinities[order],
        evidence=replace(
            old,
            axes=replace(old.axes, campaign_ids=tuple(old.axes.campaign_ids[i] for i in turned)),
            **{
                name: getattr(old, name)[order][:, turned]
                for name in (
                    "trials", "successes", "amount_count", "amount_sum", "amount_square_sum"
                )
            },
        ),
    )  # fmt: skip
    one = engine.fit(personas, campaigns, use_evidence=True)
    other = engine.fit(shuffled, campaigns[::-1], use_evidence=True)
    first, second = one.draw(20, seeded()), other.draw(20, seeded())
    columns = [other.axes.campaign_ids.index(each) for each in one.axes.campaign_ids]
    back = np.argsort(order)
    assert torch.equal(second.rates[:, back][:, :, columns], first.rates)
    assert torch.equal(second.amount_mean[:, back][:, :, columns], first.amount_mean)


def test_a_draw_repeats_with_its_seed_and_differs_without():
    personas, campaigns, _ = example()
    model = engine.fit(personas, campaigns, use_evidence=True)
    one, same, other = (model.draw(10, seeded(seed)).rates for seed in (5, 5, 6))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_a_stimulus_like_those_observed_is_forecast_and_another_is_not():
    personas, campaigns, _ = example()
    near = made.campaign("near", category="mens", channel="email")
    far = made.campaign("far", category="garden", channel="sms", tone="loud")
    model = engine.fit(personas, [*campaigns, near, far], use_evidence=True)
    told = zip(model.supported, model.distance, strict=True)
    found = dict(zip(model.axes.campaign_ids, told, strict=True))
    assert found["near"] == (True, 0.0)
    assert found["far"] == (False, 1.0)
    assert all(found[one.campaign_id] == (True, 0.0) for one in campaigns)


def test_before_any_launch_priors_speak_of_all_stimuli():
    personas, campaigns, _ = example()
    far = made.campaign("far", category="garden", channel="sms")
    assert engine.fit(personas, [*campaigns, far], use_evidence=False).supported.all()


def test_an_affinity_with_the_stimulus_helps_before_evidence():
    personas = replace(made.nobody(2), affinities=np.array([[1.0, 0.0], [0.0, 0.0]]))
    rates, _ = engine.fit(personas, [made.campaign("a", category="mens")], False).expected()
    assert rates[0, 1, 0] > rates[1, 1, 0]
    assert rates[0, 0, 0] == pytest.approx(rates[1, 0, 0])


@pytest.mark.parametrize("field", ["traits", "affinities"])
def test_what_is_not_finite_is_refused(field):
    personas, campaigns, _ = example()
    broken = np.array(getattr(personas, field))
    broken[0, 0] = np.nan
    with pytest.raises(Invalid, match="finite"):
        engine.fit(replace(personas, **{field: broken}), campaigns, use_evidence=True)


def test_more_than_one_design_holds_is_refused():
    with pytest.raises(Invalid, match="64 personas x 1001 campaigns"):
        engine.fit(
            made.nobody(64), [made.campaign(f"c{i}") for i in range(1000)], use_evidence=True
        )


def test_no_persona_is_refused():
    with pytest.raises(Invalid, match="no persona"):
        engine.fit(made.nobody(0), [], use_evidence=True)


def test_rates_of_nought_and_one_are_survived():
    axes = made.AXES
    trials = np.full((2, 3, 2), 1000.0)
    successes = trials * np.array([0.0, 1.0])
    trials[..., 1] = successes[..., 0] = 1000.0
    successes[:, 0] = 0.0
    trials[:, 0, 1] = 0.0
    personas = made.personas(made.counts(axes, trials, successes))
    rates = engine.fit(personas, [], use_evidence=True).draw(20, seeded()).rates
    assert ((rates > 0) & (rates < 1)).all()
    assert rates[:, :, 1].mean() > 0.98
