from dataclasses import replace

import numpy as np
import pytest

from dramatis.core.errors import Invalid
from dramatis.prioritizer.domain.tables import check
from tests.unit.prioritizer.samples import GAIN, RATES, snapshot, tables


def test_scores_are_gains_over_silence_net_of_cost():
    np.testing.assert_allclose(tables().means[:, 0, :], GAIN, atol=1e-12)


def test_a_sound_snapshot_passes():
    check(snapshot())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda s: replace(s, weights=np.array([1.0])),
        lambda s: replace(s, weights=np.zeros(2)),
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
