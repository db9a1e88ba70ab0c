"""Dramatis and its comparators, judged on the same half by the same estimators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dramatis.cli.backtest import encode, estimators, outcome_models, policies
from dramatis.cli.backtest.arrays import Floats
from dramatis.cli.backtest.calibration import Calibration, calibration, mixed
from dramatis.cli.backtest.dataset import Dataset
from dramatis.cli.backtest.estimators import Evidence, Interval, Judged
from dramatis.cli.backtest.policies import Half
from dramatis.cli.backtest.ports import Decisions, Forecast, Responses
from dramatis.cli.backtest.spec import Spec
from dramatis.cli.backtest.split import Split

DRAMATIS = "dramatis"
AFTER = f"{DRAMATIS} after "
LEARNER = "T-learner (LightGBM)"
STREAM = 7_411  # keeps the bootstrap's random numbers apart from the split's


@dataclass(frozen=True)
class Verdict:
    """Everything that the judging half says about the policies.

    Attributes:
        judged: values of all policies; dramatis after n recipients is 'dramatis after n'.
        best_fixed: name of the fixed policy that earned most on the learning half.
        versus: by name, what each policy earns more than the best fixed one.
        sent: [A] share of the judged recipients to whom dramatis gives each arm.
        policy: [R, A] what dramatis does at last.
        calibrations: by name, of the rates foretold for what the judged recipients got; empty
            where the objective is an amount.
    """

    judged: Judged
    best_fixed: str
    versus: Mapping[str, Interval]
    sent: Floats
    policy: Floats
    calibrations: Mapping[str, Calibration]


def after(recipients: int) -> str:
    """Name of dramatis after so many learning recipients."""
    return f"{AFTER}{recipients}"


def verdict(
    data: Dataset,
    split: Split,
    seed: int,
    decisions: Sequence[Decisions],
    forecast: Sequence[Forecast],
) -> Verdict:
    """Judges the decisions of each checkpoint of `split`, the last being dramatis itself.

    `forecast` is the last with evidence.
    """
    spec, rng = data.spec, np.random.default_rng([seed, STREAM])
    half, judged_design = _halves(data, split)
    judged_recipients = data.recipients.take(split.judging)
    answers = data.responses.take(split.judging)
    evidence = _evidence(spec, half, judged_design, answers)
    arms, rows = len(spec.arms), len(split.judging)

    ours = {
        after(n): policies.decided(d, arms, spec.budget, rng)
        for n, d in zip(split.checkpoints, decisions, strict=True)
    }
    final = ours[after(split.checkpoints[-1])]
    fixed = {fixed_name(spec, a): policies.fixed(rows, a, arms, spec.budget) for a in range(arms)}
    learned = policies.t_learner(half, judged_design, spec, seed)
    learners = {
        "best campaign per segment": policies.by_segment(spec, half, judged_recipients),
        LEARNER: spec.target.value * learned - np.array(spec.costs),
    }
    everyone = (
        {DRAMATIS: final}
        | fixed
        | {"random": policies.uniform(rows, arms, spec.budget)}
        | {name: policies.greedy(net, spec.budget, rng) for name, net in learners.items()}
        | ours
    )
    judged = estimators.judge(evidence, everyone, rng)
    best = fixed_name(spec, policies.best_fixed(half, arms))
    versus = {name: judged.difference(name, best) for name in everyone}
    foretold = {
        DRAMATIS: mixed(forecast, decisions[-1], spec.target.stage, arms),
        LEARNER: learned,
    }
    calibrations = _calibrations(spec, answers, foretold)
    return Verdict(judged, best, versus, final.mean(0), final, calibrations)


def _calibrations(
    spec: Spec, got: Responses, foretold: Mapping[str, Floats]
) -> dict[str, Calibration]:
    """Of rates [R, A]: each recipient's under the arm that it got, where all foretold one."""
    if not spec.target.binary:
        return {}
    rates = {name: by_arm[np.arange(len(got)), got.arm] for name, by_arm in foretold.items()}
    known = np.all([np.isfinite(rate) for rate in rates.values()], axis=0)
    answered = got.outcomes[spec.objective][known]
    return {name: calibration(rate[known], answered) for name, rate in rates.items()}


def fixed_name(spec: Spec, arm: int) -> str:
    """What the report calls sending one arm to all, or to a random share under a budget."""
    if arm == 0:
        return "nothing to anyone"
    whom = "everyone" if spec.budget is None else f"a random {spec.budget:.0%}"
    return f"{spec.arm_names[arm]} to {whom}"


def _halves(data: Dataset, split: Split) -> tuple[Half, Floats]:
    """The learning half, and the judging half's design."""
    spec = data.spec
    learned = data.recipients.take(split.learning)
    columns = encode.fit(spec.features, learned)
    got = data.responses.take(split.learning)
    half = Half(
        learned,
        encode.apply(columns, learned),
        got.arm,
        got.outcomes[spec.objective],
        _net(spec, got),
    )
    return half, encode.apply(columns, data.recipients.take(split.judging))


def _evidence(spec: Spec, half: Half, design: Floats, got: Responses) -> Evidence:
    assert spec.propensity is not None, "a loaded data set has propensities"
    expected = outcome_models.predict(
        half.design,
        half.arm,
        half.outcome,
        design,
        arms=len(spec.arms),
        binary=spec.target.binary,
    )
    return Evidence(
        got.arm,
        _net(spec, got),
        np.array(spec.propensity),
        spec.target.value * expected - np.array(spec.costs),
    )


def _net(spec: Spec, got: Responses) -> Floats:
    """[R] value of the objective less the cost of the send."""
    net: Floats = spec.target.value * got.outcomes[spec.objective] - np.array(spec.costs)[got.arm]
    return net
