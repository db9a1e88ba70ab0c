import math
from dataclasses import replace

import numpy as np
import pytest

from dramatis.core.campaign import CONTROL
from dramatis.core.errors import Invalid
from dramatis.core.evidence import Axes
from dramatis.prioritizer.domain.ladder import Rung
from dramatis.prioritizer.domain.tables import build, check
from tests.unit.prioritizer.samples import GAIN, RATES, snapshot, tables


def test_scores_are_gains_over_silence_net_of_cost():
    np.testing.assert_allclose(tables().means[:, 0, :], GAIN, atol=1e-12)


def scaled(model, scale):
    return replace(model, encodings=[replace(each, scale=scale) for each in model.encodings])


def test_a_sound_snapshot_passes():
    check(snapshot())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: replace(s, weights=np.array([1.0])),
        lambda s: replace(s, weights=np.zeros(2)),
        lambda s: replace(s, weights=np.array([-0.5, 1.5])),
        lambda s: replace(s, membership=scaled(s.membership, 0.0)),
        lambda s: replace(s, membership=scaled(s.membership, math.nan)),
        lambda s: replace(s, persona_ids=()),
        lambda s: replace(s, membership=replace(s.membership, slopes=np.zeros((2, 2)))),
        lambda s: replace(s, responses=replace(s.responses, alpha=RATES[:1])),
        lambda s: replace(s, responses=replace(s.responses, beta=RATES * 0)),
        lambda s: replace(s, responses=replace(s.responses, alpha=RATES * np.nan)),
        lambda s: replace(
            s, responses=replace(s.responses, axes=replace(s.responses.axes, campaign_ids=("a", "b", "c")))
        ),
    ],
)  # fmt: skip
def test_tables_that_do_not_belong_together_are_refused(spoil):
    with pytest.raises(Invalid):
        check(spoil(snapshot()))


def test_a_snapshot_of_before_any_response_can_be_served():
    """No stage was ever seen, and no campaign known: tables without columns."""
    empty = snapshot()
    nothing = replace(
        empty.responses, axes=Axes((CONTROL,), (), ()), alpha=np.zeros((2, 1, 0)),
        beta=np.zeros((2, 1, 0)), amount_mean=np.zeros((2, 1)), amount_error=np.zeros((2, 1)),
    )  # fmt: skip
    bare = replace(empty, responses=nothing)
    check(bare)
    assert build(bare, {}, None, Rung.LIVE_POSTERIOR).means.shape == (2, 4, 0)
