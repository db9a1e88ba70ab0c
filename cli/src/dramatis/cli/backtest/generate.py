"""A population with the shape of the Hillstrom campaign, for where the data cannot be had.

Only published aggregates went in: response rates and spend by arm, and the marginals of the
features. Whatever personas are found in it were put there by the lines in `_interest`.
"""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dramatis.cli.backtest.arrays import Floats, Indices, Mask

RECIPIENTS = 64_000
ARMS = ("No E-Mail", "Mens E-Mail", "Womens E-Mail")
VISIT_RATES = (0.1062, 0.1828, 0.1514)
CONVERSION_RATES = (0.00573, 0.01253, 0.00884)
MEAN_SPEND = 1.0509
CHANNELS = (("Web", 0.441), ("Phone", 0.438), ("Multichannel", 0.121))
ZIP_CODES = (("Surburban", 0.449), ("Urban", 0.402), ("Rural", 0.149))  # spelt so in the original
SEGMENTS = (
    (100, "1) $0 - $100"),
    (200, "2) $100 - $200"),
    (350, "3) $200 - $350"),
    (500, "4) $350 - $500"),
    (750, "5) $500 - $750"),
    (1_000, "6) $750 - $1,000"),
    (np.inf, "7) $1,000 +"),
)
HEADER = (
    "recency", "history_segment", "history", "mens", "womens", "zip_code", "newbie", "channel",
    "segment", "visit", "conversion", "spend",
)  # fmt: skip


def write(path: Path, rng: np.random.Generator, recipients: int = RECIPIENTS) -> None:
    """Writes a CSV with the columns of the original."""
    history = np.maximum(29.99, np.round(rng.lognormal(5.06, 0.95, recipients), 2))
    kind = rng.choice(3, recipients, p=[0.45, 0.449, 0.101])  # men's, women's, both
    mens, womens = (kind != 1).astype(int), (kind != 0).astype(int)
    recency = rng.integers(1, 13, recipients)
    newbie = (rng.random(recipients) < 0.502).astype(int)
    arm = rng.integers(0, 3, recipients)
    interest = _interest(arm, np.stack([mens, womens], 1), recency, newbie, history)
    visit = _calibrated(arm, interest, VISIT_RATES, rng, np.ones(recipients, bool))
    buys = tuple(c / v for c, v in zip(CONVERSION_RATES, VISIT_RATES, strict=True))
    conversion = _calibrated(arm, interest, buys, rng, visit)
    mean_order = MEAN_SPEND / float(np.mean(CONVERSION_RATES))
    order = np.maximum(29.99, rng.lognormal(np.log(mean_order) - 0.32, 0.8, recipients))
    spend = np.where(conversion, np.round(order, 2), 0.0)
    edges = np.array([edge for edge, _ in SEGMENTS[:-1]])
    names = np.array([name for _, name in SEGMENTS])
    columns = (
        recency, names[np.searchsorted(edges, history, "right")], history, mens, womens,
        _pick(ZIP_CODES, recipients, rng), newbie, _pick(CHANNELS, recipients, rng),
        np.array(ARMS)[arm], visit.astype(int), conversion.astype(int), spend,
    )  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(zip(*(column.tolist() for column in columns), strict=True))


def _interest(
    arm: Indices, bought: Indices, recency: Indices, newbie: Indices, history: Floats
) -> Floats:
    """[R] logit of a response, but for the arm's level: invented, plausible, and modest."""
    loyal = 0.25 * (np.log(history) - 5.06) - 0.06 * (recency - 6.5) - 0.25 * newbie
    mens, womens = bought.T
    matched = 0.3 * (arm == 1) * mens + 0.5 * (arm == 2) * womens
    interest: Floats = loyal + 0.25 * (mens + womens) + matched
    return interest


def _calibrated(
    arm: Indices, logit: Floats, rates: tuple[float, ...], rng: np.random.Generator, among: Mask
) -> Mask:
    """[R] draws among some recipients, each arm's level set so that its mean rate is as given."""
    chance = np.zeros(len(arm))
    for a, rate in enumerate(rates):
        rows = (arm == a) & among
        low, high = -15.0, 15.0
        for _ in range(50):
            middle = (low + high) / 2
            p = 1 / (1 + np.exp(-(middle + logit[rows])))
            low, high = (middle, high) if p.mean() < rate else (low, middle)
        chance[rows] = p
    return np.asarray(rng.random(len(arm)) < chance)


def _pick(
    levels: tuple[tuple[str, float], ...], size: int, rng: np.random.Generator
) -> NDArray[np.str_]:
    return rng.choice([name for name, _ in levels], size, p=[share for _, share in levels])
