import numpy as np

from bench.support import prioritizer_data
from dramatis.prioritizer.domain.ladder import Rung
from dramatis.prioritizer.domain.tables import build, check


def test_the_drawn_world_can_be_decided_with():
    rng = np.random.default_rng(1)
    campaigns = {each.campaign_id: each for each in prioritizer_data.campaigns(20, rng)}
    snapshot = prioritizer_data.snapshot("t", 64, list(campaigns), 32, rng)
    check(snapshot)
    tables = build(snapshot, campaigns, None, Rung.LIVE_POSTERIOR)
    assert tables.means.shape == (64, 4, 20)
    (item,) = prioritizer_data.items(1, 32, rng)
    assert len(item.recipient.attributes) == 32
    named = {*tables.encoder.numbers, *tables.encoder.levels}
    assert named == set(item.recipient.attributes)
