import math

import pytest
import torch

from dramatis.engine.design import Effect, assemble, components
from dramatis.engine.laplace import Log, Logit, fit, spread

F64 = torch.float64


def level(cells, variance=1e6):
    return assemble({"base": Effect(torch.ones((cells, 1), dtype=F64), 0.0, variance)}, 0.1)


def tensor(*values):
    return torch.tensor(values, dtype=F64)


def test_a_level_alone_is_the_logit_of_the_rate():
    # 30 of 200 without cells' own ways: logit(0.15), variance 1 / (200 x 0.15 x 0.85).
    found = fit(level(1), Logit(), tensor(200.0), tensor(30.0), 1e-5)
    assert float(found.mean[0]) == pytest.approx(math.log(0.15 / 0.85), abs=1e-4)
    assert float(spread(level(1).columns, found.precision_root)[0]) == pytest.approx(
        1 / 25.5, rel=1e-3
    )


def test_a_level_of_amounts_is_the_logarithm_of_their_mean():
    found = fit(level(1), Log(2.0), tensor(50.0), tensor(2000.0), 1e-5)
    assert float(found.mean[0]) == pytest.approx(math.log(40.0), abs=1e-4)
    assert float(spread(level(1).columns, found.precision_root)[0]) == pytest.approx(
        2 / 50, rel=1e-3
    )


def test_without_evidence_the_prior_stays():
    design = assemble(
        {"base": Effect(torch.ones((3, 1), dtype=F64), -2.0, 0.5),
         "own": Effect(torch.eye(3, dtype=F64))}, 0.1,
    )  # fmt: skip
    found = fit(design, Logit(), torch.zeros(3, dtype=F64), torch.zeros(3, dtype=F64), 0.02)
    assert found.mean.tolist() == [-2.0, 0.0, 0.0, 0.0]
    assert found.cell_variance == pytest.approx(0.02)
    assert spread(design.columns, found.precision_root).tolist() == pytest.approx([0.6] * 3)


def test_cells_that_stray_are_found_out():
    # Logits scatter by 0.5 around one level; 20,000 trials each leave no doubt of it.
    eta = -1 + 0.5 * torch.randn(300, generator=torch.Generator().manual_seed(1), dtype=F64)
    trials = torch.full((300,), 20_000.0, dtype=F64)
    found = fit(level(300), Logit(), trials, trials * torch.sigmoid(eta), 0.01)
    assert found.cell_variance**0.5 == pytest.approx(0.5, abs=0.05)


def test_cells_that_do_not_stray_are_not_suspected():
    trials = torch.full((300,), 400.0, dtype=F64)
    rng = torch.Generator().manual_seed(1)
    total = torch.binomial(trials, torch.full((300,), 0.2, dtype=F64), generator=rng)
    found = fit(level(300), Logit(), trials, total, 0.01)
    assert found.cell_variance**0.5 < 0.08


def test_draws_have_the_posterior_s_mean_and_variance():
    found = fit(level(1, 1.0), Logit(), tensor(200.0), tensor(30.0), 1e-5)
    drawn = found.draw(
        torch.randn(20_000, 1, generator=torch.Generator().manual_seed(2), dtype=F64)
    )
    assert float(drawn.mean()) == pytest.approx(float(found.mean[0]), abs=0.01)
    assert float(drawn.std()) == pytest.approx(1 / float(found.precision_root[0, 0]), rel=0.03)


def test_components_keep_the_distances_between_personas():
    traits = torch.randn(6, 4, generator=torch.Generator().manual_seed(3), dtype=F64)
    main = components(traits, share=1.0)
    before = torch.cdist(traits, traits) / 2
    assert torch.allclose(torch.cdist(main, main), before)


def test_alike_personas_have_no_components():
    assert components(torch.ones(5, 3, dtype=F64)).shape == (5, 0)
    assert components(torch.ones(5, 0, dtype=F64)).shape == (5, 0)
