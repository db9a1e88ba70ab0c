import csv
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dramatis.cli.backtest import dataset, generate, job, sources, spec_file
from dramatis.cli.backtest.sources import Places
from dramatis.core.errors import Invalid

CLOSED = "http://127.0.0.1:9/nothing-listens-here.csv"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An address that serves one file, and that file."""
    folder = tmp_path / "published"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args, **kwargs) -> None:
            super().__init__(*args, directory=str(folder), **kwargs)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}/data.csv", folder / "data.csv"
        listening.shutdown()
        thread.join()


def nowhere(tmp_path: Path, *addresses: str) -> Places:
    return Places({}, [tmp_path / "project"], tmp_path / "cache", addresses or (CLOSED,))


def test_a_given_file_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("a\n1\n")
    source = sources.find(path, nowhere(tmp_path), tmp_path, pytest.fail)
    assert (source.path, source.generated) == (path, False)
    with pytest.raises(Invalid, match="no such file"):
        sources.find(tmp_path / "none.csv", nowhere(tmp_path), tmp_path, pytest.fail)
    with pytest.raises(Invalid, match="is not a file"):
        sources.find(tmp_path, nowhere(tmp_path), tmp_path, pytest.fail)


@pytest.mark.parametrize("inside", ["hillstrom.csv", "hillstrom/hillstrom.csv"])
def test_the_data_folder_comes_second(tmp_path: Path, inside: str) -> None:
    path = tmp_path / "data" / inside
    path.parent.mkdir(parents=True)
    path.touch()
    where = Places({"DRAMATIS_DATA_DIR": str(tmp_path / "data")}, [], tmp_path / "cache")
    assert sources.find(None, where, tmp_path, pytest.fail).path == path


def test_the_folder_beside_the_project_comes_third_and_an_empty_data_folder_is_told(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shared" / "data" / "hillstrom" / "hillstrom.csv"
    path.parent.mkdir(parents=True)
    path.touch()
    told: list[str] = []
    where = Places(
        {"DRAMATIS_DATA_DIR": str(tmp_path / "empty")}, [tmp_path / "project"], tmp_path / "cache"
    )
    source = sources.find(None, where, tmp_path, told.append)
    assert (source.path, source.generated) == (path, False)
    assert told == [
        f"DRAMATIS_DATA_DIR={tmp_path / 'empty'} holds neither hillstrom.csv nor hillstrom/hillstrom.csv"
    ]


def test_a_download_is_verified_cached_and_used_again_without_network(
    tmp_path: Path, server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, published = server
    published.write_bytes(b"recency\n1\n")
    monkeypatch.setattr(sources, "SHA256", hashlib.sha256(b"recency\n1\n").hexdigest())
    source = sources.find(None, nowhere(tmp_path, CLOSED, address), tmp_path, lambda _: None)
    assert source.path == tmp_path / "cache" / "hillstrom.csv"
    assert source.path.read_bytes() == b"recency\n1\n"
    assert not source.generated
    again = sources.find(None, nowhere(tmp_path), tmp_path, pytest.fail)
    assert again.path == source.path


def test_a_download_with_another_checksum_is_refused_and_the_population_generated(
    tmp_path: Path, server: tuple[str, Path]
) -> None:
    address, published = server
    published.write_bytes(b"not the campaign")
    told: list[str] = []
    source = sources.find(None, nowhere(tmp_path, address), tmp_path / "out", told.append)
    assert source.generated
    assert source.path == tmp_path / "out" / "generated.csv"
    assert "refused" in told[0]
    assert told[1].startswith("GENERATED")
    assert not (tmp_path / "cache").exists()


def test_a_spoilt_cache_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "hillstrom.csv").write_text("half a file")
    assert sources.find(None, nowhere(tmp_path), tmp_path / "out", lambda _: None).generated


def test_the_usual_places() -> None:
    where = sources.places({"HOME": "/home/me"}, Path(__file__).parent)
    assert where.cache == Path("/home/me/.cache/dramatis")
    assert Path(__file__).parents[4] in where.project
    assert sources.places({"XDG_CACHE_HOME": "/c"}, Path("/")).cache == Path("/c/dramatis")


def test_the_generated_population_has_the_published_rates_and_suits_the_shipped_spec(
    tmp_path: Path,
) -> None:
    path = tmp_path / "generated.csv"
    generate.write(path, np.random.default_rng(2008))
    data = dataset.load(path, spec_file.read(job.demo_spec()))
    got = data.responses
    assert len(got) == 64_000
    assert not data.rejected
    for a, rate in enumerate(generate.VISIT_RATES):  # three standard errors
        rows = got.outcomes["visit"][got.arm == a]
        assert rows.mean() == pytest.approx(rate, abs=3 * (rate * (1 - rate) / len(rows)) ** 0.5)
    assert got.outcomes["conversion"].mean() == pytest.approx(0.00903, abs=0.0012)
    assert got.outcomes["spend"].mean() == pytest.approx(1.0509, abs=0.2)
    assert (got.outcomes["conversion"] <= got.outcomes["visit"]).all()
    assert ((got.outcomes["spend"] > 0) == (got.outcomes["conversion"] == 1)).all()


def test_generation_is_repeatable(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        generate.write(tmp_path / name, np.random.default_rng(1), recipients=500)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    with (tmp_path / "a.csv").open(newline="") as file:
        assert tuple(next(csv.reader(file))) == generate.HEADER
