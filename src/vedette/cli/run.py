"""Runs a command line: reads it, calls the file of the command's name, and turns our own errors into one message."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from vedette.cli.commands import parser
from vedette.errors import ConfigError, VedetteError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["run"]


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default the process' own; our own errors become one clear message on stderr."""
    whole = parser()
    try:
        options = whole.parse_args(arguments)
    except SystemExit as stop:  # argparse has said why
        return int(stop.code or 0)
    if options.version or options.command == "version":
        from importlib.metadata import version  # noqa: PLC0415 - each command loads only what it needs

        sys.stdout.write(f"vedette {version('vedette')}\n")
        return 0
    if options.command is None:
        whole.print_help()
        return 2
    if options.command == "doctor":
        from vedette.cli.doctor import doctor  # noqa: PLC0415

        return doctor(as_json=options.as_json, everything=options.everything)
    if options.command != "health" and find_spec("numpy") is None:
        sys.stderr.write(
            f"vedette {options.command}: this part is not installed here; run: pip install 'vedette[server]'\n"
        )
        return 2 if options.command in ("check", "test") else 1
    try:
        return _call(options)
    except VedetteError as error:
        sys.stderr.write(f"vedette: {error}\n")
    except BrokenPipeError:  # `vedette check | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.filename is None:
            raise
        sys.stderr.write(f"vedette: {error.filename}: {error.strerror}\n")
    except KeyboardInterrupt:
        return 130
    return 2 if options.command in ("check", "test") else 1


def _call(options: argparse.Namespace) -> int:
    if options.command == "up":
        from vedette.cli.up import up  # noqa: PLC0415

        up(
            options.stack,
            options.environment,
            port=options.port,
            services=options.services,
            built=options.built,
            open_page=options.open_page,
        )
    elif options.command == "build":
        from vedette.cli.build import build  # noqa: PLC0415

        build(options.folder, options.stack, options.environment, check=options.check, as_json=options.as_json)
    elif options.command == "reference":
        from vedette.cli.reference import reference  # noqa: PLC0415

        reference(options.folder, options.stack, options.environment, pictures=options.pictures, check=options.check)
    elif options.command in ("plan", "apply", "drift"):
        return _call_deployed(options)
    elif options.command == "check":
        return _call_check(options)
    elif options.command == "test":
        return _call_test(options)
    elif options.command == "explain":
        from vedette.cli.explained import explain  # noqa: PLC0415

        explain(options.name, options.stack, options.environment, files=options.files, as_json=options.as_json)
    elif options.command == "graph":
        from vedette.cli.graph import graph  # noqa: PLC0415

        graph(
            options.name,
            options.stack,
            options.environment,
            files=options.files,
            form=options.form,
            output=options.output,
            depth=options.depth,
        )
    elif options.command == "health":
        from vedette.cli.health import health  # noqa: PLC0415

        return health(options.url, timeout=options.timeout, token_file=options.token_file, as_json=options.as_json)
    elif options.command == "slo":
        _call_slo(options)
    elif options.command == "score":
        from vedette.cli.score import score  # noqa: PLC0415

        score(
            options.stack,
            options.environment,
            live=options.live,
            token_file=options.token_file,
            as_json=options.as_json,
            badge=options.badge,
        )
    elif options.command == "backtest":
        _call_backtest(options)
    elif options.command == "preview":
        from vedette.cli.preview import preview  # noqa: PLC0415

        preview(
            options.stack,
            options.environment,
            port=options.port,
            pictures=options.pictures,
            open_page=options.open_page,
        )
    else:
        from vedette.cli.demo import switch  # noqa: PLC0415

        switch(getattr(options, "fault", None))
    return 0


def _call_deployed(options: argparse.Namespace) -> int:
    from vedette.cli import deployed  # noqa: PLC0415

    if options.command == "apply":
        return deployed.apply(options.stack, options.environment, yes=options.yes)
    look = deployed.plan if options.command == "plan" else deployed.drift
    return look(options.stack, options.environment, as_json=options.as_json)


def _call_backtest(options: argparse.Namespace) -> None:
    if options.rules and options.stack:
        raise ConfigError("--stack and --rules: give one of them")
    if options.sweep and (options.change or options.compare):
        raise ConfigError("--sweep stands alone: without --change and --compare")
    from vedette.cli.backtest import Options, backtest_command  # noqa: PLC0415

    given = vars(options).copy()
    given["changes"] = tuple(given.pop("change"))
    for key in ("rules", "compare"):
        given[key] = tuple(given[key])
    del given["command"], given["version"]
    backtest_command(Options(**given))


def _call_test(options: argparse.Namespace) -> int:
    from vedette.cli.test import Options, test  # noqa: PLC0415

    given = vars(options).copy()
    del given["command"], given["version"]
    return test(Options(**{**given, "files": tuple(options.files)}))


def _call_slo(options: argparse.Namespace) -> None:
    from vedette.cli.slo import convert, show  # noqa: PLC0415

    if options.imported is not None:
        convert(options.imported)
    else:
        show(
            options.name,
            options.stack,
            options.environment,
            live=options.live,
            token_file=options.token_file,
            as_json=options.as_json,
            as_openslo=options.openslo,
        )


def _call_check(options: argparse.Namespace) -> int:
    given = vars(options).copy()
    explain, listed = given.pop("explain"), given.pop("list")
    if explain or listed:
        from vedette.cli.explain import explain_check, list_checks  # noqa: PLC0415

        explain_check(explain) if explain else list_checks()
        return 0
    _refuse_check(options)
    from vedette.cli.check import Options, check  # noqa: PLC0415

    for key in ("select", "ignore"):
        given[key] = tuple(code.strip() for codes in given[key] for code in codes.split(",") if code.strip())
    del given["command"], given["version"]
    return check(Options(**{**given, "files": tuple(options.files)}))


def _refuse_check(options: argparse.Namespace) -> None:
    """What argparse cannot say: options that do not go together."""
    new = options.write_baseline
    for wrong, message in (
        (options.files and options.stack, "--stack and FILES: give one of them"),
        (options.token_file and not options.live, "--token-file is for --live"),
        (options.fix and options.diff, "--diff shows what --fix would do: give one of them"),
        (
            options.watch and (options.fix or options.diff or new),
            "--watch only looks: it goes with no option that writes",
        ),
        (new and (options.fix or options.diff), "--write-baseline goes with neither --fix nor --diff"),
        (new and not (options.expires and options.reason.strip()), "--write-baseline needs --expires and --reason"),
        (not new and (options.expires or options.reason), "--expires and --reason are for --write-baseline"),
    ):
        if wrong:
            raise ConfigError(message)
