import pytest
import torch

from dramatis.engine.population import flow, shares
from tests.unit.engine.made import AXES

F64 = torch.float64
RATES = torch.tensor([[[0.2, 0.5], [1.0, 0.1]]], dtype=F64).expand(5_000, 2, 2)


def test_heads_flow_down_the_chain():
    heads = flow(AXES, RATES, 1_000, torch.Generator().manual_seed(1))
    assert (heads[..., 1] <= heads[..., 0]).all()
    # 1,000 x 0.2 = 200 visit, half of them buy; standard errors over 5,000 draws are below 0.2.
    assert heads.mean(dim=0)[0].tolist() == pytest.approx([200, 100], abs=1.0)
    assert (heads[:, 1, 0] == 1_000).all()


def test_chance_is_binomial():
    heads = flow(AXES, RATES, 1_000, torch.Generator().manual_seed(2))
    assert float(heads[:, 0, 0].var()) == pytest.approx(1_000 * 0.2 * 0.8, rel=0.06)


def test_ten_million_heads_cost_what_ten_do():
    heads = flow(AXES, RATES, 10_000_000, torch.Generator().manual_seed(3))
    assert float(heads[:, 0, 0].mean()) == pytest.approx(2_000_000, rel=1e-4)


def test_shares_are_of_those_who_got_there():
    reached = torch.tensor([[[20.0, 5.0], [0.0, 0.0]]], dtype=F64)
    observed = shares([None, 0], reached, 100)
    assert observed[0, 0].tolist() == [0.2, 0.25]
    assert observed[0, 1, 0] == 0
    assert observed[0, 1, 1].isnan()
