"""`dramatis export events | features | forget`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

Out = Annotated[Path, typer.Option(help="Folder of the export.")]
State = Annotated[
    Path, typer.Option(envvar="DRAMATIS_STATE_DIR", help="State folder of the services.")
]
Config = Annotated[Path | None, typer.Option(help="YAML file of DRAMATIS_ settings.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document only.")]


@app.callback()
def export() -> None:
    """Admitted events, and features of recipients, as Parquet, a folder for each day."""


@app.command()
def events(
    out: Out,
    since: Annotated[datetime | None, typer.Option(help="Only from then on, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Only before then, UTC.")] = None,
    tenant: Annotated[str, typer.Option(help="Only of this tenant.")] = "",
    with_ids: Annotated[
        bool, typer.Option("--with-ids", help="Also the ids that the tenant uses.")
    ] = False,
    state: State = Path("state"),
    config: Config = None,
    json: Json = False,
) -> None:
    """Write the events that are not in the folder yet; take those out who were erased."""
    # Imported late: help and version need not wait for pyarrow.
    from dramatis.cli.export import session  # noqa: PLC0415
    from dramatis.cli.export.position import Asked  # noqa: PLC0415

    asked = Asked(tenant, _utc(since), _utc(until), with_ids)
    asyncio.run(session.export_events(out, asked, state, config, as_json=json))


@app.command()
def features(
    out: Out,
    tenant: Annotated[str, typer.Option(help="Only of this tenant.")] = "",
    state: State = Path("state"),
    config: Config = None,
    json: Json = False,
) -> None:
    """Write the features that all recipients have now; take those out who were erased."""
    from dramatis.cli.export import session  # noqa: PLC0415
    from dramatis.cli.export.position import Asked  # noqa: PLC0415

    asked = Asked(tenant, what="features")
    asyncio.run(session.export_features(out, asked, state, config, as_json=json))


@app.command()
def forget(
    out: Out, state: State = Path("state"), config: Config = None, json: Json = False
) -> None:
    """Take those out of the folder who were erased since."""
    from dramatis.cli.export import session  # noqa: PLC0415

    asyncio.run(session.forget_erased(out, state, config, as_json=json))


def _utc(time: datetime | None) -> str:
    return time.replace(tzinfo=UTC).isoformat() if time else ""
