"""`dramatis recipient`: the rights of one person, by hand."""

import asyncio
import json as json_text
from pathlib import Path
from typing import Annotated, Any

import typer

from dramatis.cli.adapters import recipient_rights
from dramatis.cli.adapters.clients import IngestConnection
from dramatis.cli.api_key import api_key, ingest_address
from dramatis.cli.fleet import default_berths, is_address
from dramatis.core.errors import Invalid

app = typer.Typer(
    name="recipient", help="Show what is held of one recipient, or forget them.",
    no_args_is_help=True,
)  # fmt: skip
Id = Annotated[str, typer.Argument(metavar="ID", help="The recipient's id.")]
To = Annotated[str | None, typer.Option(help="Address of ingest, host:port.")]
State = Annotated[Path, typer.Option(help="State folder of `dramatis up`, for its API key.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@app.command()
def export(
    recipient_id: Id,
    to: To = None,
    decisions: Annotated[
        str | None, typer.Option(help="Address of the prioritizer; empty: no decisions.")
    ] = None,
    state: State = Path("state"),
    json: Json = False,
) -> None:
    """Everything that is held of a recipient: attributes, consents, events, decisions."""
    document = asyncio.run(_export(recipient_id, to, _prioritizer(decisions), state))
    if json:
        print(json_text.dumps(document, indent=2, ensure_ascii=False))
        return
    for name, items in document.items():
        print(f"{name}: {len(items)}" if isinstance(items, list) else _summary(items))
    print("--json prints all of it")


@app.command()
def erase(
    recipient_id: Id,
    to: To = None,
    state: State = Path("state"),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Forget a recipient for good: in every service, in the log and in what comes late."""
    if not yes:
        typer.confirm(f"Forget {recipient_id} for good?", abort=True)
    answer = asyncio.run(_erase(recipient_id, to, state))
    print(json_text.dumps(answer) if json else f"forgotten since {answer['eraseTime']}")


async def _export(
    recipient_id: str, to: str | None, prioritizer: str, state: Path
) -> dict[str, Any]:
    async with IngestConnection(ingest_address(to), api_key(state)) as connection:
        document = await recipient_rights.held(connection, recipient_id)
        if prioritizer:
            document["decisions"] = await recipient_rights.decisions(
                prioritizer, connection.metadata, document
            )
        return document


async def _erase(recipient_id: str, to: str | None, state: Path) -> dict[str, Any]:
    async with IngestConnection(ingest_address(to), api_key(state)) as connection:
        return await recipient_rights.erase(connection, recipient_id)


def _prioritizer(given: str | None) -> str:
    """Where the prioritizer is; empty where it is not to be asked.

    Raises:
        Invalid: not host:port.
    """
    if given is None:
        return default_berths()[-1].grpc_address
    if given and not is_address(given):
        raise Invalid(f"--decisions: expected host:port, not {given!r}")
    return given


def _summary(recipient: dict[str, Any]) -> str:
    attributes, consents = recipient.get("attributes", {}), recipient.get("consents", [])
    return f"attributes: {len(attributes)}\nconsents: {len(consents)}"
