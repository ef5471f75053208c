"""``vedette backtest``: what the rules would have done in the past, with changes to them beside."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.build.project import find
from vedette.cli.backtested import Shown, show, show_sweep
from vedette.cli.build import choose
from vedette.duration import milliseconds
from vedette.errors import ConfigError
from vedette.formats import alertmanager, prometheus, rules, yaml
from vedette.testing.backtest import Candidate, Dump, NoAnswerError, Server, backtest
from vedette.testing.backtest.change import changed, parse_change, parse_sweep, swept
from vedette.testing.backtest.incidents import load_incidents, moment
from vedette.testing.backtest.outcome import outcome
from vedette.testing.backtest.page import page, sweep_page
from vedette.testing.backtest.picture import sweep_svg, timeline_svg
from vedette.testing.backtest.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vedette.formats.alertmanager import AlertmanagerConfig
    from vedette.testing.backtest import History, Samples
    from vedette.testing.backtest.change import Sweep

__all__ = ["HERE", "Options", "backtest_command"]

HERE: Final = "http://127.0.0.1:7373"
"""Where ``vedette up`` answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The arguments of the command line."""

    stack: str | None = None
    environment: str | None = None
    rules: tuple[Path, ...] = ()
    routes: Path | None = None
    since: str = "30d"
    until: str = ""
    against: str = HERE
    token_file: Path | None = None
    step: str = ""
    recorded: bool = False
    changes: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    sweep: str | None = None
    incidents: Path | None = None
    picture: Path | None = None
    html: Path | None = None
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class _Rules:
    """What is tried, and what surrounds it."""

    candidate: Candidate
    routes: AlertmanagerConfig | None
    interval: int
    external_labels: Mapping[str, str]


def backtest_command(options: Options) -> None:
    """Print what would have fired.

    Raises:
        ConfigError: there are no rules, something is not as it should be, or the server does not answer.
    """
    if options.picture is not None and options.picture.suffix != ".svg":
        raise ConfigError(f"--picture {options.picture}: a picture is a .svg file; --html writes a page")
    given = _rules(options)
    incidents = load_incidents(options.incidents) if options.incidents else ()
    samples, newest = _samples(options)
    until = newest if not options.until else _moment("--until", options.until, newest)
    start = _moment("--since", options.since, until)
    step = _duration("--step", options.step) if options.step else None
    sweep = parse_sweep(options.sweep) if options.sweep else None
    candidates = _candidates(options, given, sweep)

    def run(progress: Callable[[float], None]) -> list[History]:
        return backtest(
            samples, candidates, start=start, end=until, interval=given.interval, step=step,
            external_labels=given.external_labels, progress=progress,
        )  # fmt: skip

    began = time.perf_counter()
    try:
        histories = _with_bar(run, quiet=options.as_json)
    except NoAnswerError as problem:
        raise ConfigError(f"{problem}; {_advice(options.against)}") from None
    found = [outcome(history, given.routes, incidents) for history in histories]
    shown = Shown(tuple(found), incidents, time.perf_counter() - began)
    if options.as_json:
        sys.stdout.write(dumps([plain(one) for one in found], ensure_ascii=False, indent=2) + "\n")
    elif sweep is not None:
        show_sweep(sweep, shown)
    else:
        show(shown)
    if options.picture is not None:
        picture = timeline_svg(found, incidents) if sweep is None else sweep_svg(sweep, found)
        _write(options.picture, picture)
    if options.html is not None:
        made = page(found, incidents) if sweep is None else sweep_page(sweep, found, incidents, given.candidate)
        _write(options.html, made)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be written: {problem.strerror}") from problem


# What is tried


def _rules(options: Options) -> _Rules:
    routes = alertmanager.load(options.routes) if options.routes else None
    if options.rules:
        candidate = Candidate("the rules", _of_files(options.rules), options.recorded)
        return _Rules(candidate, routes, 60_000, {})
    found = _of_stack(options.stack, options.environment, options.recorded)
    return found if routes is None else _Rules(found.candidate, routes, found.interval, found.external_labels)


def _of_stack(stack: str | None, environment: str | None, recorded: bool) -> _Rules:
    files = choose(find(Path.cwd()), stack, environment).files()
    groups = [
        group
        for name, text in files.items()
        if name.startswith("prometheus/rules/")
        for group in rules.read(text, name).groups
    ]
    if not groups:
        raise ConfigError("the stack has no rules; give --rules FILES")
    config = prometheus.read(files["prometheus/prometheus.yml"], "prometheus.yml")
    routes = alertmanager.read(files["alertmanager/alertmanager.yml"], "alertmanager.yml")
    now = config.global_
    name = stack or "the stack"
    return _Rules(Candidate(name, tuple(groups), recorded), routes, now.evaluation_interval, now.external_labels)


def _of_files(paths: Sequence[Path]) -> tuple[rules.RuleGroup, ...]:
    every: list[Path] = []
    for path in paths:
        if not path.exists():
            raise ConfigError(f"{path}: no such file or folder")
        every += sorted([*path.rglob("*.yml"), *path.rglob("*.yaml")]) if path.is_dir() else [path]
    read = [rules.read(yaml.read_text(path), str(path)) for path in every]
    groups = tuple(group for file in read for group in file.groups)
    if not groups:
        raise ConfigError(f"{', '.join(map(str, paths))}: there are no rules in it")
    return groups


def _candidates(options: Options, given: _Rules, sweep: Sweep | None) -> list[Candidate]:
    now = given.candidate
    if sweep is not None:
        return [candidate for _, candidate in swept(now, sweep)]
    found = [now]
    if options.changes:
        found.append(changed(now, [parse_change(text) for text in options.changes]))
    if options.compare:
        names = ", ".join(options.compare)
        if all(":" in text and not Path(text).exists() for text in options.compare):
            groups = tuple(
                group
                for text in options.compare
                for group in _of_stack(text, options.environment, options.recorded).candidate.groups
            )
        else:
            groups = _of_files([Path(text) for text in options.compare])
        found.append(Candidate(names, groups, options.recorded))
    return found


# Where and when


def _samples(options: Options) -> tuple[Samples, int]:
    """The samples, and the time that a backtest ends at where none is given: now, or the newest in a file."""
    path = Path(options.against)
    if "://" not in options.against and path.exists():
        dump = Dump.open(path)
        return dump, dump.span[1]
    token = ""
    if options.token_file is not None:
        from vedette.check.live.client import read_token  # noqa: PLC0415 - few servers want one

        token = read_token(options.token_file)
    return Server(options.against, token), int(time.time() // 60) * 60_000


def _advice(against: str) -> str:
    """What to do where nothing answers."""
    if against == HERE:
        return "start `vedette up`, or say with --against where the samples are"
    if "://" not in against:
        return f"is it running? There is no file {against!r} either"
    return "is it running, and is --against its address?"


def _moment(option: str, text: str, before: int) -> int:
    """A time, or so long before another one."""
    try:
        return before - milliseconds(text)
    except ValueError:
        pass
    try:
        return moment(text)
    except ValueError:
        raise ConfigError(
            f"{option} {text!r} is no time; write 30d for so long before the end, 2026-01-31 or 2026-01-31T12:00:00Z"
        ) from None


def _duration(option: str, text: str) -> int:
    try:
        found = milliseconds(text)
    except ValueError as problem:
        raise ConfigError(f"{option}: {problem}") from None
    if found <= 0:
        raise ConfigError(f"{option} {text!r}: it must be more than zero")
    return found


def _with_bar(run: Callable[[Callable[[float], None]], list[History]], *, quiet: bool) -> list[History]:
    """Run, with a bar on standard error where somebody looks at it."""
    if quiet or not sys.stderr.isatty():
        return run(lambda _: None)
    from rich.console import Console  # noqa: PLC0415 - only a terminal shows it
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("backtest"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("backtest", total=1.0)
        return run(lambda share: bar.update(task, completed=share))
