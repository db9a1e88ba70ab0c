"""`dramatis dead-letters list | show | replay`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)

State = Annotated[
    Path, typer.Option(envvar="DRAMATIS_STATE_DIR", help="State folder of the services.")
]
Config = Annotated[Path | None, typer.Option(help="YAML file of DRAMATIS_ settings.")]
Reason = Annotated[str, typer.Option(help="Only with this reason.")]
Topic = Annotated[str, typer.Option(help="Only of this topic.")]
Group = Annotated[str, typer.Option(help="Only of this reader.")]
Tenant = Annotated[str, typer.Option(help="Only of this tenant.")]
Id = Annotated[str, typer.Option("--id", help="Only this letter.")]
Since = Annotated[datetime | None, typer.Option(help="Only written at or after, UTC.")]
Until = Annotated[datetime | None, typer.Option(help="Only written before, UTC.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document only.")]


@app.callback()
def dead_letters() -> None:
    """Records that could not be applied: which there are, what is in them, once more."""


@app.command(name="list")
def list_(
    state: State = Path("state"), config: Config = None, reason: Reason = "", topic: Topic = "",
    group: Group = "", tenant: Tenant = "", since: Since = None, until: Until = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Count them by reason, topic and reader."""
    from dramatis.cli.dead_letters import session  # noqa: PLC0415
    from dramatis.cli.dead_letters.letters import Filter  # noqa: PLC0415

    wanted = Filter(reason, topic, group, tenant, "", _utc(since), _utc(until))
    asyncio.run(session.show_counts(state, config, wanted, as_json=json))


@app.command()
def show(
    state: State = Path("state"), config: Config = None, reason: Reason = "", topic: Topic = "",
    group: Group = "", tenant: Tenant = "", id_: Id = "", since: Since = None, until: Until = None,
    limit: Annotated[int, typer.Option(min=1, help="The first so many.")] = 20,
    payload: Annotated[
        bool, typer.Option("--payload", help="What is in them too, decoded; it is personal.")
    ] = False,
) -> None:  # fmt: skip
    """Show them, one JSON document each: reason, place, headers."""
    from dramatis.cli.dead_letters import session  # noqa: PLC0415
    from dramatis.cli.dead_letters.letters import Filter  # noqa: PLC0415

    wanted = Filter(reason, topic, group, tenant, id_, _utc(since), _utc(until))
    asyncio.run(session.show_letters(state, config, wanted, limit, payload=payload))


@app.command()
def replay(
    state: State = Path("state"), config: Config = None, reason: Reason = "", topic: Topic = "",
    group: Group = "", tenant: Tenant = "", id_: Id = "", since: Since = None, until: Until = None,
    to: Annotated[
        str | None, typer.Option(help="Address of ingest, for events that it set aside.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do it; otherwise only say what would be done.")
    ] = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Send them once more, under their own event ids; each of them once."""
    from dramatis.cli.dead_letters import session  # noqa: PLC0415
    from dramatis.cli.dead_letters.letters import Filter  # noqa: PLC0415

    wanted = Filter(reason, topic, group, tenant, id_, _utc(since), _utc(until))
    asyncio.run(session.replay_letters(state, config, wanted, to, yes=yes, as_json=json))


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time else None
