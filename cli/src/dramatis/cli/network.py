"""`dramatis network`: the tenant's Bayesian network as a file for other tools."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from dramatis.cli.adapters.network_export import parts
from dramatis.cli.api_key import api_key, persona_address
from dramatis.core.errors import Invalid

Out = Annotated[Path, typer.Option(help="File to write, in the format BIF.")]
To = Annotated[str | None, typer.Option(help="Address of persona, host:port.")]
State = Annotated[Path, typer.Option(help="State folder of `dramatis up`, for its API key.")]


def network(out: Out = Path("network.bif"), to: To = None, state: State = Path("state")) -> None:
    """Write the Bayesian network of persona as BIF, which pgmpy, bnlearn and others read."""
    version, size = asyncio.run(_write(out, persona_address(to), api_key(state)))
    print(f"{out}: network {version}, {size:,} bytes")


async def _write(out: Path, address: str, key: str) -> tuple[str, int]:
    """The network's version, and the bytes written: all of them, or no file."""
    part, version, size = out.with_name(f"{out.name}.part"), "", 0
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            async for told, text in parts(address, key):
                version, size = told, size + file.write(text)
        part.replace(out)
    except OSError as error:
        raise Invalid(f"--out: cannot write {out}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
    return version, size
