"""``vedette test``: the tests of a project's alerts, and anybody's promtool files."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from vedette.build.project import find
from vedette.cli import tested
from vedette.cli.build import choose
from vedette.cli.junit import junit
from vedette.errors import ConfigError
from vedette.testing.coverage import percent
from vedette.testing.discover import files_of
from vedette.testing.mutation import mutate
from vedette.testing.session import LOCAL, run_files
from vedette.testing.skeletons import skeletons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vedette.build.project import Project
    from vedette.catalog import Environment, Stack
    from vedette.testing.mutation import Fate
    from vedette.testing.session import Session

__all__ = ["Options", "test"]

_SUFFIXES = (".py", ".yml", ".yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line."""

    files: tuple[Path, ...] = ()
    stack: str | None = None
    environment: str | None = None
    fail_under: int | None = None
    missing: bool = False
    mutants: bool = False
    as_json: bool = False
    junit: Path | None = None


def test(options: Options) -> int:
    """Run the tests and print how they went; the exit code.

    Raises:
        ConfigError: a file or the stack cannot be read.
        DeclarationError: the stack cannot be built, or a case is declared in a way that cannot work.
    """
    project = find(Path.cwd())
    began = time.perf_counter()
    session = _run(options, project)
    took = time.perf_counter() - began
    if options.missing:
        sys.stdout.write("".join(skeletons(judged.bench, judged.coverage()) for judged in session.stacks))
        return 0
    fates = _mutate(session, quiet=options.as_json) if options.mutants else []
    covered = [one for judged in session.stacks for one in judged.coverage()]
    # what the project asks for is of all of its tests, not of some
    least = options.fail_under if options.fail_under is not None or options.files else project.test.fail_under
    enough = least is None or percent(covered) >= least
    if options.junit is not None:
        _write(options.junit, junit(session, project.root))
    if options.as_json:
        found = {"passed": session.passed and enough, **tested.plain(session, project.root, fates)}
        sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    else:
        if options.mutants:
            tested.show_mutants(fates)
        tested.show(session, project.root, took=took, least=None if enough else least, whole=not options.files)
    return 0 if session.passed and enough else 1


def _run(options: Options, project: Project) -> Session:
    files = list(_below(options.files)) if options.files else files_of(project.test.files, project.root)
    whole = not options.files and (options.stack or project.stack) is not None
    if not files and not whole:
        raise ConfigError(
            f"no tests: no file matches {', '.join(map(repr, project.test.files))}, and no stack is named; name the "
            'files, here or in pyproject.toml, [tool.vedette.test] files = ["tests/test_alerts.py"]'
        )

    def of_project() -> tuple[Stack, Environment]:
        # what runs here may have a pace of its own; a case means the same wherever it is judged
        choice = choose(project, options.stack, options.environment or LOCAL)
        return choice.stack, choice.environment

    with _progress("tests", quiet=options.as_json or options.missing) as tell:
        return run_files(files, project.root, of_project, always=whole, tell=tell)


def _below(files: Sequence[Path]) -> Iterator[Path]:
    """The files, and those of tests in folders."""
    for path in files:
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.suffix in _SUFFIXES and "test" in one.stem)
            if not inside:
                raise ConfigError(f"{path}: there is no file of tests, such as test_alerts.py or alerts_test.yml")
            yield from inside
        elif not path.exists():
            raise ConfigError(f"{path}: there is no such file")
        else:
            yield path


def _mutate(session: Session, *, quiet: bool) -> list[Fate]:
    fates: list[Fate] = []
    for judged in session.stacks:
        alerts = list(judged.bench.alerts())
        passed = [one.case for one in judged.outcomes if one.passed]
        with _progress("alerts", quiet=quiet) as tell:

            def told(alert: str, alerts: list[str] = alerts, tell: Callable[[int, int], None] = tell) -> None:
                tell(alerts.index(alert), len(alerts))

            fates += mutate(judged.bench, passed, tell=told)
    return fates


@contextmanager
def _progress(what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while somebody looks at it."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _done, _of: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be written: {problem.strerror}") from problem
