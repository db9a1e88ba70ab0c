"""How good our sentiment is: macro-recall on labelled posts, beside published models.

The data is TweetEval's sentiment task (SemEval-2017 task 4A), which is not part of this repository:
val_text.txt, val_labels.txt, test_text.txt and test_labels.txt in the folder tweeteval_sentiment of
DRAMATIS_DATA_DIR, or of ../shared/data beside the project.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from bench.support import data, report
from dramatis.ingest.adapters.feeds.vader import Vader

FOLDER: Final = "tweeteval_sentiment"

# Macro-recall on the test part, percent: F. Barbieri et al., TweetEval, Findings of EMNLP 2020, and
# its leaderboard, as the README beside the data gives them.
PUBLISHED: Final[Mapping[str, float]] = {
    "blstm": 58.3,
    "svm": 62.9,
    "fasttext": 62.9,
    "roberta_base": 71.3,
    "roberta_retrained": 72.6,
    "bertweet": 73.4,
}
USUAL: Final = (-0.05, 0.05)  # VADER's own: below is negative, above is positive
STEPS: Final = np.arange(0.0, 0.81, 0.05)

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Posts:
    """Labelled posts: 0 negative, 1 neutral, 2 positive."""

    texts: Sequence[str]
    labels: Labels


def load(folder: Path, part: str, most: int | None = None) -> Posts:
    """The posts of a part, test or val; the first `most`."""
    texts = (folder / f"{part}_text.txt").read_text(encoding="utf-8").split("\n")
    labels = (folder / f"{part}_labels.txt").read_text(encoding="utf-8").split()
    return Posts(texts[: len(labels)][:most], np.array(labels[:most], dtype=np.int64))


def score(posts: Posts) -> Numbers:
    """The score of each post, [-1, 1]."""
    scorer = Vader()
    return np.array([scorer.score(text, "en").score for text in posts.texts])


def macro_recall(scores: Numbers, labels: Labels, cuts: tuple[float, float]) -> float:
    """Mean over the labels of the share that is found, percent.

    >>> macro_recall(np.array([-0.9, 0.0, 0.0, 0.9]), np.array([0, 1, 2, 2]), (-0.05, 0.05))
    83.33333333333334
    """
    below, above = cuts
    found = np.where(scores <= below, 0, np.where(scores >= above, 2, 1))
    return float(100 * np.mean([np.mean(found[labels == each] == each) for each in range(3)]))


def chosen(scores: Numbers, labels: Labels) -> tuple[float, float]:
    """The cuts with the highest macro-recall on these posts."""
    cuts = [(-float(low), float(high)) for low in STEPS for high in STEPS if low + high > 0]
    return max(cuts, key=lambda each: macro_recall(scores, labels, each))


def main() -> None:
    """Measures, and prints ours beside the published; with --quick on 2,000 test posts."""
    told = report.arguments(__doc__ or "")
    folder = data.find(os.environ, FOLDER, "test_text.txt")
    if folder is None:
        return
    validation = load(folder, "val")
    test = load(folder, "test", 2_000 if told.quick else None)
    cuts = chosen(score(validation), validation.labels)
    begun = time.perf_counter()
    scores = score(test)
    seconds = time.perf_counter() - begun
    ours = macro_recall(scores, test.labels, USUAL)
    figures = {
        "posts": float(len(test.labels)),
        "macro_recall_pct": ours,
        "macro_recall_cuts_from_validation_pct": macro_recall(scores, test.labels, cuts),
        "cut_negative": cuts[0],
        "cut_positive": cuts[1],
        **{f"published_{name}_pct": value for name, value in PUBLISHED.items()},
        "microseconds_per_post": 1e6 * seconds / len(test.labels),
    }
    ratios = {f"vs_{name}": ours / value for name, value in PUBLISHED.items()}
    report.publish(report.Report("sentiment", ratios, figures), told.json)


if __name__ == "__main__":
    main()
