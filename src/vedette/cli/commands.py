"""Every command's name, arguments and help. What a command does stands in the file of its name."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations at run time
from typing import Annotated, Literal

import click
import typer

import vedette
from vedette.errors import VedetteError

__all__ = ["run"]

app = typer.Typer(
    name="vedette",
    help="Complete observability for a Python service from one typed declaration.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Stack = Annotated[
    str | None,
    typer.Option("--stack", "-s", help="Where the stack is, as module:name.", show_default="from pyproject.toml"),
]
Environment = Annotated[
    str | None,
    typer.Option("--environment", "-e", help="Which environment.", show_default="from pyproject.toml, or local"),
]


@app.command(epilog="Examples:  vedette up   ·   vedette up --port 8080   ·   vedette up --environment demo")
def up(
    stack: Stack = None,
    environment: Environment = None,
    port: Annotated[int, typer.Option(help="The one port of the page and every API, on 127.0.0.1.")] = 7373,
    *,
    services: Annotated[
        bool, typer.Option(help="Also start the commands of [tool.vedette] run, and stop them again.")
    ] = True,
    from_: Annotated[
        Path | None,
        typer.Option("--from", help="Run an existing build (or anybody's files laid out like one) instead of a stack."),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Build the stack and watch it: scrape, store, judge, notify and show it on one page."""
    from vedette.cli.up import up as command  # noqa: PLC0415 - each command loads only what it needs

    command(stack, environment, port=port, services=services, built=from_, open_page=open_)


@app.command(epilog="Examples:  vedette build out/   ·   vedette build --check   ·   vedette build out/ -e production")
def build(
    folder: Annotated[Path | None, typer.Argument(help="Where the files go.", show_default=".vedette/build")] = None,
    stack: Stack = None,
    environment: Environment = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Build and verify, but write nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the file list as JSON.")] = False,
) -> None:
    """Write the files that Prometheus, Alertmanager and Grafana (or `vedette up`) run on."""
    from vedette.cli.build import build as command  # noqa: PLC0415

    command(folder, stack, environment, check=check, as_json=json)


demo = typer.Typer(help="Break the demo shop in a realistic way, and mend it.", no_args_is_help=True)
app.add_typer(demo, name="demo")


@demo.command("break", epilog="Example:  vedette demo break errors")
def break_(
    what: Annotated[
        Literal["errors", "latency", "pool", "down"],
        typer.Argument(help="errors: checkouts fail · latency: slow answers · pool: leaked connections · down"),
    ],
) -> None:
    """Switch a fault of the running demo on."""
    from vedette.cli.demo import switch  # noqa: PLC0415

    switch(what)


@demo.command(epilog="Example:  vedette demo mend")
def mend() -> None:
    """Switch every fault of the demo off."""
    from vedette.cli.demo import switch  # noqa: PLC0415

    switch(None)


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"vedette {vedette.__version__}")


def run() -> int:
    """Run the command line and turn our own errors into one clear message on stderr."""
    try:
        app(standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.Abort:
        return 130
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except VedetteError as error:
        sys.stderr.write(f"vedette: {error}\n")
        return 1
    return 0
