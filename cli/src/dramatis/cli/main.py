"""The command `dramatis`."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dramatis.cli import doctor, quiet, recipient, up
from dramatis.cli.audit import audit
from dramatis.cli.backing import Kafka, Postgres, chosen
from dramatis.cli.backtest.command import backtest, demo
from dramatis.cli.bulk.command import ingest
from dramatis.cli.dead_letters import command as dead_letters
from dramatis.cli.exits import FAILED, INTERRUPTED, WRONG_INPUT
from dramatis.cli.export import command as export
from dramatis.cli.network import network
from dramatis.cli.versions import versions
from dramatis.core.errors import DramatisError, Invalid

app = typer.Typer(
    name="dramatis",
    help="Digital personas for e-mail campaigns: simulate first, then send what pays.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong input, 3 an address is in use, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

app.command()(backtest)
app.command()(demo)
app.command()(ingest)
app.add_typer(dead_letters.app, name="dead-letters")
app.command()(audit)
app.command()(network)
app.add_typer(recipient.app)
app.add_typer(export.app, name="export")


@app.command(name="up")
def up_(
    state: Annotated[
        Path, typer.Option(help="Folder for everything that must survive a restart.")
    ] = Path("state"),
    config: Annotated[
        Path | None, typer.Option(help="YAML file of DRAMATIS_ settings for the services.")
    ] = None,
    kafka: Kafka = None,
    postgres: Postgres = None,
    json: Json = False,
) -> None:
    """Run all five services on this machine until Ctrl-C, which drains them."""
    backing = chosen(kafka, postgres)
    asyncio.run(up.up(state, config, backing, Console(stderr=True), as_json=json))


@app.command(name="doctor")
def doctor_(
    state: Annotated[Path, typer.Option(help="The state folder to check.")] = Path("state"),
    config: Annotated[
        Path | None, typer.Option(help="YAML file of DRAMATIS_ settings for the services.")
    ] = None,
    kafka: Kafka = None,
    postgres: Postgres = None,
    json: Json = False,
) -> None:
    """Say what is installed, what Kafka and PostgreSQL say, and whether ports are free."""
    if not doctor.report(state, config, chosen(kafka, postgres), Console(), as_json=json):
        raise typer.Exit(FAILED)


@app.command()
def version(json: Json = False) -> None:
    """Print the versions of dramatis and of what it stands on."""
    console, found = Console(), versions()
    if json:
        console.print_json(data=found)
        return
    for name, number in found.items():
        console.print(f"{name} {number}", highlight=False)


def main() -> int:
    """Runs the command line; returns the exit code, after a sentence on stderr where it failed."""
    quiet.configure()
    try:
        return int(app(standalone_mode=False) or 0)
    except typer.Exit as stop:
        return stop.exit_code
    except DramatisError as error:
        return _say(error.message, WRONG_INPUT if isinstance(error, Invalid) else FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:  # who reads the output has gone, as `head` does; nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except typer.TyperException as error:
        return _say(error.format_message(), WRONG_INPUT)


def _say(message: str, code: int) -> int:
    if message:  # typer has none where it showed the help instead
        print(f"dramatis: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
