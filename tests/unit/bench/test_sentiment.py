from datetime import UTC, datetime

import numpy as np
import pytest

from bench import sentiment, stories
from bench.support import data

LABELS = np.array([0, 1, 2, 2])


def test_macro_recall_weighs_labels_not_posts():
    scores = np.array([-0.9, 0.0, 0.0, 0.9])
    assert sentiment.macro_recall(scores, LABELS, (-0.05, 0.05)) == pytest.approx(250 / 3)


def test_cuts_come_from_the_posts_they_are_chosen_on():
    scores = np.array([-0.9, 0.4, 0.6, 0.9])
    cuts = sentiment.chosen(scores, LABELS)
    assert sentiment.macro_recall(scores, LABELS, cuts) == 100
    assert 0.4 < cuts[1] <= 0.6


def test_posts_are_found_and_read(tmp_path):
    folder = tmp_path / sentiment.FOLDER
    folder.mkdir()
    (folder / "test_text.txt").write_text("bad\u2028still the first\ngood\n", encoding="utf-8")
    (folder / "test_labels.txt").write_text("0\n2\n")
    environ = {"DRAMATIS_DATA_DIR": str(tmp_path)}
    assert data.find(environ, sentiment.FOLDER, "test_text.txt") == folder
    posts = sentiment.load(folder, "test")
    assert (len(posts.texts), posts.labels.tolist()) == (2, [0, 2])


def test_without_the_data_it_says_so(capsys):
    assert data.find({}, "no_such_data", "x.txt") is None
    assert "skipped: no no_such_data/x.txt in DRAMATIS_DATA_DIR" in capsys.readouterr().err


def test_titles_that_repeat_a_story_come_with_the_first():
    monday = datetime(2026, 5, 4, tzinfo=UTC)
    told = [(monday, "Mill in Ayton to cut jobs"), (monday, "Live: mill in Ayton to cut jobs")]
    assert list(stories.repeats(told)) == [(f"26-05-04 {told[1][1]}", f"26-05-04 {told[0][1]}")]
