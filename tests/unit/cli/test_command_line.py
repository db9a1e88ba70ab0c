import sys
from pathlib import Path

import pytest

from dramatis.cli import config, fleet, main
from dramatis.cli.exits import WRONG_INPUT
from dramatis.core.errors import Invalid


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["dramatis", *arguments])
    return main.main()


def test_without_a_command_the_help_is_all(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == WRONG_INPUT
    said = capsys.readouterr()
    assert "backtest" in said.out
    assert said.err == ""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe\x80", "is not UTF-8 text"),
        (b"[", "is not YAML"),
        (b"LOG_LEVEL: debug", "expected lines such as"),
    ],
)
def test_a_config_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=why):
        config.read_config(path)


@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:99999", "127.0.0.1:", ":7411"])
def test_an_address_that_is_none_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    address: str,
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"DRAMATIS_INGEST_GRPC_ADDRESS: '{address}'")
    state = str(tmp_path / "state")
    assert run(monkeypatch, "up", "--config", str(path), "--state", state) == WRONG_INPUT
    assert "DRAMATIS_INGEST_GRPC_ADDRESS: expected host:port" in capsys.readouterr().err


def test_the_last_words_of_a_service_are_its_event(tmp_path: Path) -> None:
    log = tmp_path / "ingest.jsonl"
    for content, words in [
        ("", "nothing"),
        ('{"event": "started", "level": "info"}\n', "started"),
        ("{}\nplain words\n", "plain words"),
        ("[1]\n", "[1]"),
    ]:
        log.write_text(content)
        assert fleet._last_line(log) == words
