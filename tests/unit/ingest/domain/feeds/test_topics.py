from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dramatis.ingest.domain.feeds.connector import Connector, Name
from dramatis.ingest.domain.feeds.item import Item
from dramatis.ingest.domain.feeds.topics import MAX_ENTITIES, Words, entities
from dramatis.ingest.domain.feeds.world_signal import SignalKind

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def item(text, **fields):
    return Item("i", text, text, fields.pop("time", NOW), **fields)


def connector(**fields):
    return Connector(Name("acme", "c"), "rss", SignalKind.NEWS, Words({"all": ()}), **fields)


def test_words_are_found_whole_in_any_case():
    found = Words({"jobs": ["layoff", "job losses"], "rain": ["rain"]})
    assert list(found.found(item("JOB   Losses at the mill"))) == ["jobs"]
    assert list(found.found(item("A train, not rain."))) == ["rain"]
    assert list(found.found(item("layoffs"))) == []


def test_a_name_without_spellings_is_found_everywhere():
    assert list(Words({"all": ()}).found(item("anything"))) == ["all"]


def test_hashtags_count_as_words():
    assert list(Words({"x": ["supply chain"]}).found(item("oh", tags=["SupplyChain"]))) == ["x"]


def test_spellings_are_text_and_no_patterns():
    assert list(Words({"c": ["c++ (lang)"]}).found(item("I like C++ (lang) much"))) == ["c"]


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.split()), st.text(max_size=50))
def test_any_spelling_can_be_looked_for(spelling, text):
    list(Words({"x": [spelling]}).found(item(text)))


def test_entities_are_names_and_hashtags_and_few():
    names = Words({"ACME Corp": ["acme"], "Other": ["other"]})
    assert entities(item("acme!", tags=["Sale", "sale"]), names) == ["ACME Corp", "#sale"]
    assert len(entities(item("", tags=[f"t{n}" for n in range(99)]), names)) == MAX_ENTITIES


def test_old_items_and_other_languages_are_skipped():
    told = connector(languages=("en",), max_age=timedelta(days=1))
    assert told.skips(item("x", language_code="en-GB"), NOW) == ""
    assert told.skips(item("x", language_code="de"), NOW) == "language"
    assert told.skips(item("x"), NOW) == "language"
    assert told.skips(item("x", time=NOW - timedelta(days=2)), NOW) == "old"


def test_the_language_is_the_items_or_the_configured_one():
    assert connector(language_code="fr").language(item("x")) == "fr"
    assert connector(language_code="fr").language(item("x", language_code="de")) == "de"
    assert connector().language(item("The quick brown fox")) == ""
