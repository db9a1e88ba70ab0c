"""Populations made for tests."""

import numpy as np

from dramatis.core.attributes import Attribute, AttributeKind
from dramatis.core.campaign import CONTROL, Stage
from dramatis.persona.domain.population import Population, assemble


def flags(*stages: Stage) -> int:
    return sum(1 << stage for stage in stages)


def planted(recipients: int = 3000, seed: int = 0) -> tuple[Population, np.ndarray]:
    """Three kinds of recipients who answer differently, and which kind each is."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, recipients)
    rate = np.array([[0.02, 0.5], [0.3, 0.3], [0.05, 0.05]])
    attributes, rows = [], []
    for at, k in enumerate(kind):
        attributes.append(
            {
                "age": Attribute(AttributeKind.NUMBER, float(rng.normal(25 + 25 * k, 2))),
                "spend": Attribute(AttributeKind.AMOUNT, float(np.exp(rng.normal(2 * k, 0.2)))),
                "mens": Attribute(AttributeKind.AFFINITY, float(k == 0)),
                "zone": Attribute(AttributeKind.CATEGORY, ("Urban", "Rural", "Rural")[k]),
            }
        )
        arm = int(rng.integers(0, 2))
        visit = bool(rng.random() < rate[k, arm])
        convert = visit and rng.random() < 0.5
        stages = flags(*[Stage.VISIT] * visit, *[Stage.CONVERT] * convert)
        amount = 20_000_000 if convert else 0
        rows.append((at, (CONTROL, "mens")[arm], stages, amount))
    ids = tuple(f"r{at:05d}" for at in range(recipients))
    return assemble(ids, attributes, rows), kind
