"""Sentiment by VADER: a lexicon and rules for English posts, from the wheel, without training.

C. Hutto, E. Gilbert: VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media
Text, ICWSM 2014. `python -m bench.sentiment` measures it on labelled posts.
"""

from typing import Final

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from dramatis.ingest.domain.feeds.plain_text import same_language
from dramatis.ingest.domain.feeds.world_signal import UNSUPPORTED, Sentiment

MAX_TEXT: Final = 1_000  # characters; it takes about 60 us for a post, and 1 ms for so many


class Vader:
    """A `Scorer` that understands English."""

    def __init__(self) -> None:
        self._analyzer = SentimentIntensityAnalyzer()

    def score(self, text: str, language_code: str) -> Sentiment:
        """See `Scorer`. The score is VADER's compound."""
        if not (same_language(language_code, "en") and text.strip()):
            return UNSUPPORTED
        compound = float(self._analyzer.polarity_scores(text[:MAX_TEXT])["compound"])
        return Sentiment(supported=True, score=min(max(compound, -1.0), 1.0))
