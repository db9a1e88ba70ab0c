"""A made-up campaign to try `dramatis backtest` on: `python examples/made_up.py FOLDER`."""

import csv
import sys
from pathlib import Path

import numpy as np
import yaml

ARMS = ("none", "spring", "summer", "autumn")


def write(folder: Path, recipients: int, seed: int) -> tuple[Path, Path]:
    """A campaign of four arms with clicks, orders and amounts; paths of its data and spec.

    Young recipients answer "spring", old ones "autumn"; a member pays more. A few cells are
    empty, a few rows cannot be read.
    """
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, recipients)
    member = rng.random(recipients) < 0.3
    city = rng.choice(["north", "south", "west"], recipients)
    arm = rng.integers(0, len(ARMS), recipients)
    liking = np.where(arm == 1, age < 40, np.where(arm == 3, age > 55, 0.3)) * (arm > 0)
    clicked = rng.random(recipients) < 0.05 + 0.15 * liking
    ordered = clicked & (rng.random(recipients) < 0.3)
    amount = np.where(ordered, rng.gamma(2.0, 20.0 + 20.0 * member), 0.0)
    data = folder / "campaign.csv"
    with data.open("w", newline="", encoding="latin-1") as file:
        rows = csv.writer(file, lineterminator="\r\n")
        rows.writerow(["id", "âge", "member", "city", "group", "clicked", "ordered", "amount"])
        for i in range(recipients):
            known = "" if i % 97 == 0 else age[i]
            rows.writerow([f"r{i}", known, "yes" if member[i] else "no", city[i], ARMS[arm[i]],
                           int(clicked[i]), int(ordered[i]), f"{amount[i]:.2f}"])  # fmt: skip
        rows.writerow(["bad", 30, "yes", "north", "winter", 0, 0, 0.0])
    return data, _spec(folder)


def _spec(folder: Path) -> Path:
    spec = {
        "name": "Four seasons",
        "arm": {"column": "group", "control": "none"},
        "campaigns": {
            name: {"stimulus": {"category": name, "channel": "email"}, "cost_per_send": 0.1}
            for name in ARMS[1:]
        },
        "outcomes": [
            {"stage": "click", "column": "clicked"},
            {"stage": "convert", "column": "ordered"},
            {"stage": "amount", "column": "amount"},
        ],
        "objective": "amount",
        "features": {"id": "id", "âge": "numeric", "member": "boolean", "city": "categorical"},
    }
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec, allow_unicode=True))
    return path


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    print(*write(folder, recipients=8_000, seed=0))
