"""Where the Hillstrom data comes from: given, found, downloaded, or generated."""

import hashlib
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dramatis.cli.backtest import generate
from dramatis.cli.backtest.folder import writing
from dramatis.core.errors import Invalid

SHA256 = "ff9e59285e9dc3f5fa3e0975419e6631ea5bdccd65d818991473d2367e02979c"
PUBLISHED = (
    "https://www.minethatdata.com/"
    "Kevin_Hillstrom_MineThatData_E-MailAnalytics_DataMiningChallenge_2008.03.20.csv",
)
FILE = "hillstrom.csv"
TIMEOUT_SECONDS = 5.0
DOWNLOAD_SECONDS = 30.0
MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class Source:
    """A file with the campaign.

    Attributes:
        path: of the CSV.
        generated: True when no recipient in it ever existed.
        note: one sentence on where it is from.
    """

    path: Path
    generated: bool
    note: str


@dataclass(frozen=True)
class Places:
    """Where to look, so that tests can say otherwise.

    Attributes:
        environ: for DRAMATIS_DATA_DIR.
        project: folders beside which `../shared/data` is looked for.
        cache: folder for the download.
        addresses: to download from, in order.
    """

    environ: Mapping[str, str]
    project: Sequence[Path]
    cache: Path
    addresses: Sequence[str] = PUBLISHED


def places(environ: Mapping[str, str], here: Path) -> Places:
    """The usual places of a process that runs in `here`."""
    roots = [here, *(p for p in here.parents if (p / "pyproject.toml").exists())]
    home = environ.get("XDG_CACHE_HOME") or str(
        Path(environ.get("HOME", "~")).expanduser() / ".cache"
    )
    return Places(environ, roots, Path(home) / "dramatis")


def find(given: Path | None, where: Places, out: Path, say: Callable[[str], None]) -> Source:
    """The first source that there is; `say` gets a line on each that failed.

    Order: `given`; DRAMATIS_DATA_DIR; ../shared/data/hillstrom beside the project; the cache or a
    download, both by checksum; else a generated population in `out`.

    Raises:
        Invalid: `given` is not a file, or `out` cannot be written to.
    """
    if given is not None:
        if not given.is_file():
            why = "is not a file" if given.exists() else "no such file"
            raise Invalid(f"{given}: {why}", reason="NO_DATA")
        return Source(given, False, "given with --data")
    return _on_disk(where, say) or _published(where, say) or _generated(out, say)


def _on_disk(where: Places, say: Callable[[str], None]) -> Source | None:
    folder = where.environ.get("DRAMATIS_DATA_DIR", "")
    if folder:
        for path in (Path(folder) / FILE, Path(folder) / "hillstrom" / FILE):
            if path.is_file():
                return Source(path, False, "found in DRAMATIS_DATA_DIR")
        say(f"DRAMATIS_DATA_DIR={folder} holds neither {FILE} nor hillstrom/{FILE}")
    for root in where.project:
        path = root.parent / "shared" / "data" / "hillstrom" / FILE
        if path.is_file():
            return Source(path, False, "found in ../shared/data")
    return None


def _published(where: Places, say: Callable[[str], None]) -> Source | None:
    cached = where.cache / FILE
    if cached.is_file() and hashlib.sha256(cached.read_bytes()).hexdigest() == SHA256:
        return Source(cached, False, "downloaded earlier, checksum verified")
    for address in where.addresses:
        try:
            content = _get(address)
        except (OSError, ValueError) as error:
            say(f"no download from {address}: {error}")
            continue
        if hashlib.sha256(content).hexdigest() != SHA256:
            say(f"refused the download from {address}: its checksum is not the published file's")
            continue
        return Source(_keep(content, cached), False, "downloaded, checksum verified")
    return None


def _get(address: str) -> bytes:
    """The body; bounded in time and size."""
    begun, content = time.monotonic(), b""
    with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        while chunk := answer.read(1 << 16):
            content += chunk
            if len(content) > MOST_BYTES or time.monotonic() - begun > DOWNLOAD_SECONDS:
                raise TimeoutError("it is too large or too slow")
    return content


def _keep(content: bytes, cached: Path) -> Path:
    """Puts the content into the cache in one step; into a temporary file where that fails."""
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=cached.parent)
        target = cached
    except OSError:
        handle, name = tempfile.mkstemp(suffix=".csv")
        target = Path(name)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return Path(name).replace(target)


def _generated(out: Path, say: Callable[[str], None]) -> Source:
    path = out / "generated.csv"
    with writing(out):
        generate.write(path, np.random.default_rng(2008))
    note = "GENERATED: no recipient in it ever existed; its rates are those published for Hillstrom"
    say(note)
    return Source(path, True, note)
