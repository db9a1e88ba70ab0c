"""The page of settings says what the code says."""

from pathlib import Path

from dramatis.runtime.settings_doc import load, render

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "persona", "simulator", "optimizer", "prioritizer")


def test_the_page_is_fresh() -> None:
    page = render(load(f"dramatis.{name}.settings:Settings") for name in SERVICES)
    assert (ROOT / "docs/configuration.md").read_text() == page, "run `make docs`"
