from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dramatis.core.errors import Invalid
from dramatis.ingest.adapters.feeds import catalogue
from dramatis.ingest.domain.feeds.connector import Name
from dramatis.ingest.domain.feeds.world_signal import SignalKind

EXAMPLE = Path(__file__).parents[5] / "examples/connectors.yaml"
ENVIRON = {"MASTODON_TOKEN": "t0ken"}
GOOD = """\
connectors:
  - name: news
    tenant: acme
    kind: rss
    address: https://news.example/feed
    topics:
      economy: [recession, job losses]
      all:
    entities: {ACME: [acme, no, 1]}
    region: GB
    language: en-gb
    interval_seconds: 60
  - name: posts
    tenant: beta
    kind: mastodon
    address: https://social.example/
    tags: ["#Jobs", mill]
    token: {env: MASTODON_TOKEN}
    stream: no
    near_duplicates: each
    topics: {jobs: [jobs]}
"""


def read(tmp_path, text=GOOD, environ=ENVIRON):
    path = tmp_path / "connectors.yaml"
    path.write_text(text, encoding="utf-8")
    return catalogue.read(path, environ)


def fault(tmp_path, text, environ=ENVIRON):
    with pytest.raises(Invalid) as caught:
        read(tmp_path, text, environ)
    assert "t0ken" not in caught.value.message
    return caught.value.message.replace(f"{tmp_path}/", "")


def test_connectors_are_as_described(tmp_path):
    news, jobs, mill = read(tmp_path)
    assert news.connector.name == Name("acme", "news")
    assert news.connector.topics.spellings == {"economy": ["recession", "job losses"], "all": ()}
    assert news.connector.entities.spellings == {"ACME": ["acme", "no", "1"]}
    assert (news.connector.region_code, news.connector.language_code) == ("GB", "en-GB")
    assert (news.connector.kind, news.connector.weight) == (SignalKind.NEWS, 0.5)
    assert news.interval == timedelta(minutes=1)
    assert news.connector.max_age == timedelta(days=7)
    assert [each.connector.name.connector for each in (jobs, mill)] == ["posts/Jobs", "posts/mill"]
    assert (jobs.connector.kind, jobs.connector.weight) == (SignalKind.SOCIAL, 0.1)
    assert (jobs.options["tag"], jobs.options["stream"], jobs.connector.once) == (
        "Jobs",
        "no",
        False,
    )
    assert jobs.token == "t0ken"
    assert "t0ken" not in repr(jobs)


@pytest.mark.parametrize(
    ("change", "to", "told"),
    [
        ("kind: rss", "kind: rrs", "connectors.yaml:4:11: 'rrs' is not known; did you mean 'rss'?"),
        ("    region: GB", "    regoin: GB", "connectors.yaml:10:5: unknown key 'regoin'; did you mean 'region'?"),
        ("    tenant: acme\n", "", "connectors.yaml:2:5: missing 'tenant' in connectors.1"),
        ("interval_seconds: 60", "interval_seconds: soon", "interval_seconds must be a number, not 'soon'"),
        ("interval_seconds: 60", "interval_seconds: 0.1", "must be at least 1, not 0.1"),
        ("interval_seconds: 60", "interval_seconds: nan", "interval_seconds must be a finite number"),
        ("name: posts", "name: news", "connectors.yaml:13:11: a second connector named 'news'"),
        ("    language: en-gb", "    tags: [x]", "'tags' is for the kind mastodon only"),
        ("    address: https://news.example/feed\n", "", "missing 'address' for the kind rss"),
        ("https://news.example/feed", "https://ann:secret@news.example/feed", "connectors.1.address"),
        ("https://news.example/feed", "wss://news.example/feed", "begins with http:// or https://"),
        ('    tags: ["#Jobs", mill]\n', "", "the kind mastodon takes either 'tags' or a 'timeline'"),
        ("{env: MASTODON_TOKEN}", "{env: NO_SUCH}", "18:12: the environment variable NO_SUCH holds no token"),
        ("{env: MASTODON_TOKEN}", "{file: no-such}", "the file no-such holds no token"),
        ("kind: rss", "kind: gdelt", "connectors.yaml:8:7: the topic 'all' has no words, and there is no 'query'"),
        ("[recession, job losses]", "recession", "connectors.yaml:7:16: connectors.1.topics.economy"),
        (GOOD, "", "the file is empty; expected a list of connectors"),
        (GOOD, "connectors: []", "connectors is too short"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line_and_field(tmp_path, change, to, told):
    assert change in GOOD
    assert told in fault(tmp_path, GOOD.replace(change, to))


def test_a_secret_that_cannot_be_sent_is_refused(tmp_path):
    assert "holds no token" in fault(tmp_path, GOOD, {"MASTODON_TOKEN": "t0ken\r\nx: y"})


def test_a_token_may_be_in_a_file(tmp_path):
    (tmp_path / "token").write_text("from-file\n")
    *_, mill = read(tmp_path, GOOD.replace("{env: MASTODON_TOKEN}", "{file: token}"))
    assert mill.token == "from-file"


def test_the_example_is_right_and_shows_every_kind(tmp_path):
    environ = {"MASTODON_TOKEN": "x"}
    shown = catalogue.read(EXAMPLE, environ)
    assert {each.connector.source_kind for each in shown} == {"rss", "mastodon", "bluesky", "gdelt"}


def test_the_schema_is_one():
    Draft202012Validator.check_schema(catalogue.schema())
    assert files("dramatis.ingest.adapters.feeds").joinpath("connectors_schema.json").is_file()
