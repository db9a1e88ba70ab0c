"""A small campaign with a known truth, and the five services in numpy.

`NumpyServices` sees what a client of the real services may send and nothing else.
"""

import csv
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans

from dramatis.cli.backtest import encode
from dramatis.cli.backtest.arrays import Floats, Indices
from dramatis.cli.backtest.ports import (
    Choice,
    Decisions,
    Footprint,
    Forecast,
    Ingested,
    Persona,
    Plan,
    Posterior,
    Recipients,
    Responses,
)
from dramatis.cli.backtest.spec import Spec

STRENGTH = 200.0
Z_90 = 1.645


class NumpyServices:
    """In-memory `Services`; keeps what it was told so that tests can look."""

    def __init__(self, personas: int = 4, batch: int = 500) -> None:
        self.personas, self.batch = personas, batch
        self.seen: dict[str, int] = {}
        self.arm: Indices = np.zeros(0, np.int64)
        self.outcomes: dict[str, Floats] = {}
        self.decided: list[Recipients] = []

    async def open_campaigns(self, spec: Spec) -> None:
        self.spec = spec

    async def enrol(self, recipients: Recipients) -> Ingested:
        self.enrolled = recipients
        self.columns = encode.fit(self.spec.features, recipients)
        design = encode.apply(self.columns, recipients)
        self.scale = design.std(0) + 1e-9
        self.kmeans = KMeans(self.personas, n_init=1, random_state=0).fit(design / self.scale)
        self.place = {name: i for i, name in enumerate(recipients.ids)}
        return Ingested(len(recipients), 0, 0.5, {})

    async def learn(self, responses: Responses) -> Ingested:
        rows = [self.place[name] for name in responses.ids]
        assert not set(rows) & set(self.seen.values()), "each response once"
        self.seen |= dict(zip(responses.ids, rows, strict=True))
        self.arm = np.concatenate([self.arm, responses.arm])
        for name, values in responses.outcomes.items():
            old = self.outcomes.get(name, np.zeros(0))
            self.outcomes[name] = np.concatenate([old, values])
        return Ingested(2 * len(responses), 0, 0.5, {})

    async def form_personas(self) -> tuple[Persona, ...]:
        weight = np.bincount(self.kmeans.labels_, minlength=self.personas) / len(self.enrolled)
        return tuple(Persona(f"p{k}", float(w)) for k, w in enumerate(weight))

    async def forecast(self, *, with_evidence: bool) -> tuple[Forecast, ...]:
        found = []
        for outcome in self.spec.outcomes:
            if not outcome.binary:
                continue
            rate, n = self._rates(outcome.name, evidence=with_evidence)
            for (k, a), p in np.ndenumerate(rate):
                strength = STRENGTH + n[k, a]
                half = Z_90 * float(np.sqrt(p * (1 - p) / (strength + 1)))
                low, high = max(float(p) - half, 0.0), min(float(p) + half, 1.0)
                found.append(Forecast(f"p{k}", a, outcome.stage, p, low, high, strength))
        return tuple(found)

    async def optimize(self) -> Plan:
        net = self._net()
        best = net.argmax(1)
        choices = tuple(
            Choice(
                f"p{k}", int(a), {} if a == 0 else self.spec.campaigns[a - 1].stimulus, net[k, a]
            )
            for k, a in enumerate(best)
        )
        return Plan("plan-1", choices, float(net.max(1).mean()), {"greedy": 0.1}, True)

    async def decide(self, recipients: Recipients, *, seed: int) -> Decisions:
        self.decided.append(recipients)
        member = self._membership(recipients)
        scores = member @ self._gain()
        arm = np.where(scores.max(1) > 0, scores.argmax(1) + 1, 0)
        low = int((arm == 0).sum())
        calls = -(-len(recipients) // self.batch)
        reasons = {"LOW_VALUE": low} if low else {}
        names = tuple(f"p{k}" for k in range(self.personas))
        return Decisions(
            arm, scores, names, member, reasons, {"POSTERIOR": len(arm)}, np.full(calls, 2.0), 1.0
        )

    async def posterior(self) -> Posterior:
        return Posterior(tuple(f"p{k}" for k in range(self.personas)), self._gain(), "s1")

    async def footprint(self) -> Footprint:
        return Footprint({"persona": 300 << 20}, {"numpy_services": "1"})

    def _membership(self, recipients: Recipients) -> Floats:
        distance = self.kmeans.transform(encode.apply(self.columns, recipients) / self.scale)
        weight = np.exp(-4 * (distance - distance.min(1, keepdims=True)))
        mixture: Floats = weight / weight.sum(1, keepdims=True)
        return mixture

    def _rates(self, outcome: str, *, evidence: bool) -> tuple[Floats, Floats]:
        """[P, A] mean and number seen, shrunk to the arm's mean, and that to 10 %."""
        arms = len(self.spec.arms)
        n, total = np.zeros((self.personas, arms)), np.zeros((self.personas, arms))
        if evidence and self.seen:
            persona = self.kmeans.labels_[list(self.seen.values())]
            np.add.at(n, (persona, self.arm), 1.0)
            np.add.at(total, (persona, self.arm), self.outcomes[outcome])
        mean = (total.sum(0) + 0.1) / (n.sum(0) + 1)
        return (total + STRENGTH * mean) / (n + STRENGTH), n

    def _net(self) -> Floats:
        rate, _ = self._rates(self.spec.objective, evidence=True)
        net: Floats = self.spec.target.value * rate - np.array(self.spec.costs)
        return net

    def _gain(self) -> Floats:
        net = self._net()
        gain: Floats = net[:, 1:] - net[:, :1]
        return gain


SPEC = """\
name: Small campaign
currency: EUR
arm: {column: arm, control: none}
campaigns:
  a: {name: Offer A, stimulus: {channel: email, category: books}, cost_per_send: 0.01}
  b: {name: Offer B, stimulus: {channel: email, category: music}, cost_per_send: 0.01}
outcomes:
  - {stage: click, column: click}
  - {stage: convert, column: bought}
  - {stage: amount, column: amount, value: 0.5, empty: 0}
objective: click
features:
  age: numeric
  spent: amount
  loyalty: {type: ordinal, order: [low, mid, high]}
  region: categorical
  books: {type: boolean, affinity: books}
  joined: date
  key: id
"""


def small_rows(recipients: int, seed: int = 0) -> list[dict[str, object]]:
    """A randomized campaign in which A pays for those who bought books, B for the others."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    for i in range(recipients):
        arm, books = int(rng.integers(3)), bool(rng.random() < 0.5)
        spent = round(float(rng.lognormal(3, 1)), 2)
        rate = 0.1 + 0.2 * (arm == 1 and books) + 0.15 * (arm == 2 and not books)
        click = rng.random() < rate
        bought = click and rng.random() < 0.4
        rows.append(
            {
                "key": f"k{i}",
                "age": int(rng.integers(18, 80)),
                "spent": spent,
                "loyalty": ("low", "mid", "high")[int(rng.integers(3))],
                "region": ("north", "south", "east, far")[int(rng.integers(3))],
                "books": int(books),
                "joined": f"20{int(rng.integers(10, 25))}-03-0{int(rng.integers(1, 10))}",
                "arm": ("none", "a", "b")[arm],
                "click": int(click),
                "bought": int(bought),
                "amount": round(float(rng.lognormal(3, 0.5)), 2) if bought else "",
            }
        )
    return rows


def write_csv(path: Path, rows: list[dict[str, object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def services() -> NumpyServices:
    return NumpyServices()


@pytest.fixture
def spec_path(tmp_path: Path) -> Path:
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return path


@pytest.fixture
def csv_path(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "small.csv", small_rows(3_000))
