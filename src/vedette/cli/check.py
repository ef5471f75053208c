"""``vedette check``: what is wrong in the project's stack, or in anybody's files, before it runs."""

from __future__ import annotations

import gc
import os
import re
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.build.project import find as find_project
from vedette.check import baseline as baselines
from vedette.check.finding import Finding
from vedette.check.outcome import files_of, outcome
from vedette.check.registry import Choice
from vedette.check.report import render
from vedette.check.report.report import Report
from vedette.check.sources import Sources, is_address
from vedette.errors import ConfigError, VedetteError
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.build.project import Project
    from vedette.check.baseline import Baseline
    from vedette.check.facts import Facts
    from vedette.check.outcome import Outcome

    _Look = Callable[["Options", Project, Sources, Choice, Baseline], tuple[Outcome, str]]

__all__ = ["Options", "check"]

# How our errors begin when they know where something stands: file:line or file:line:column.
_PLACED = re.compile(r"(?P<file>[^\n]+?):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<message>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says."""

    files: tuple[Path, ...] = ()
    stack: str | None = None
    environment: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    everything: bool = False
    form: str = "people"
    output: Path | None = None
    fix: bool = False
    diff: bool = False
    baseline: Path | None = None
    write_baseline: bool = False
    expires: date | None = None
    reason: str = ""
    strict: bool = False
    watch: bool = False
    live: str | None = None
    token_file: Path | None = None

    def again(self, form: str, output: Path | None = None) -> list[str]:
        """The arguments of a run in another process that only looks: modules are imported once in each."""
        valued = {
            "--stack": self.stack,
            "--environment": self.environment,
            "--select": ",".join(self.select),
            "--ignore": ",".join(self.ignore),
            "--baseline": self.baseline,
            "--format": form,
            "--output": output,
            "--live": self.live,
            "--token-file": self.token_file,
        }
        flags = {"--all": self.everything, "--strict": self.strict}
        given = [f"{name}={value}" for name, value in valued.items() if value]
        given += [name for name, on in flags.items() if on]
        return ["check", *given, *(["--", *map(str, self.files)] if self.files else [])]


def check(options: Options) -> int:
    """Check, print what is found, and where it is asked for mend it; 1 where something that is found fails.

    Raises:
        ConfigError: it cannot run: no stack, no such file, no such check.
    """
    gc.disable()  # the process ends before it would pay to look for what nobody needs any more
    project = find_project(Path.cwd())
    if options.watch:
        from vedette.cli.watching import watch  # noqa: PLC0415 - each way loads only what it needs

        return watch(options, project.root)
    sources = Sources(Path.cwd())
    path = _baseline_file(options, project)
    if options.write_baseline:
        return _write_baseline(path, options, project, sources)
    report = _report(options, project, sources, _read_baseline(path, sources))
    if options.diff:
        from vedette.cli.mending import show  # noqa: PLC0415

        show(report)
        return int(report.failed)
    if options.fix:
        from vedette.cli.mending import mend  # noqa: PLC0415

        ended = mend(report, options)
        if ended is not None:
            return ended
    _tell(report, options)
    return int(report.failed)


def _tell(report: Report, options: Options) -> None:
    """Print the report; where it goes to a file, people are still told."""
    if options.output is not None:
        try:
            options.output.write_text(render(options.form, report), "utf-8")
        except OSError as problem:
            raise ConfigError(f"{options.output}: cannot be written: {problem.strerror}") from problem
    elif options.form != "people":
        sys.stdout.write(render(options.form, report))
        return
    from rich.console import Console  # noqa: PLC0415 - programs do without it

    from vedette.check.report import people  # noqa: PLC0415

    people.show(report, Console(highlight=False))


def _report(options: Options, project: Project, sources: Sources, baseline: Baseline) -> Report:
    began = time.perf_counter()
    choice = Choice(
        select=options.select or project.check.select,
        ignore=(*project.check.ignore, *options.ignore),
        everything=options.everything,
    )
    with _progress():
        found, what = _looked_at(options, project)(options, project, sources, choice, baseline)
    version, pages = _about() if options.form in ("json", "sarif") else ("", "")
    return Report(
        findings=found.told,
        suppressed=found.suppressed,
        excused=found.excused,
        sources=sources,
        what=what,
        seconds=time.perf_counter() - began,
        strict=options.strict or project.check.strict,
        version=version,
        pages=pages,
    )


@contextmanager
def _progress() -> Iterator[None]:
    """Say that it works, and take that back, only where somebody looks at it."""
    if not sys.stderr.isatty():
        yield
        return
    sys.stderr.write("· checking …")
    sys.stderr.flush()
    try:
        yield
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _about() -> tuple[str, str]:
    """The version of Vedette, and where its pages on the checks are, as the package says."""
    from importlib.metadata import metadata  # noqa: PLC0415 - takes longer than reading a stack

    told = metadata("vedette")
    urls = dict(url.split(", ", 1) for url in told.get_all("Project-URL") or ())
    home = urls.get("Documentation", "").rstrip("/")
    return told["Version"], f"{home}/reference/checks" if home else ""


def _looked_at(options: Options, project: Project) -> _Look:
    """What is looked at: files, the stack, or where there is neither what is live alone."""
    if options.files:
        return _of_files
    return _of_live if options.live and not (options.stack or project.stack) else _of_stack


def _of_live(options: Options, _: Project, sources: Sources, choice: Choice, baseline: Baseline) -> tuple[Outcome, str]:
    """What is found in what is live, where nothing is there to hold against it."""
    from vedette.check.facts import Facts  # noqa: PLC0415 - takes long to load

    facts, what = _with_live(Facts(kind="foreign"), "", options, sources)
    today = date.today()  # noqa: DTZ011 - a day ends where the user is
    return outcome(facts, (), files=(), sources=sources, choice=choice, baseline=baseline, today=today), what


def _with_live(facts: Facts, what: str, options: Options, sources: Sources) -> tuple[Facts, str]:
    """The facts with what is live, where that is asked for, and what both are called."""
    if options.live is None:
        return facts, what
    from vedette.check.live.ask import ask  # noqa: PLC0415 - most runs ask nobody
    from vedette.check.live.learn import questions, with_live  # noqa: PLC0415

    live = ask(options.live, questions(facts), token_file=options.token_file)
    if live.page:
        sources.give(live.url, live.text)
    return with_live(facts, live), f"{what} and {live.described()}" if what else live.described()


def _of_files(
    options: Options, _: Project, sources: Sources, choice: Choice, baseline: Baseline
) -> tuple[Outcome, str]:
    """What is found in the files that were given, and what they are called together."""
    from vedette.check.foreign import facts_of_paths  # noqa: PLC0415 - a stack does without it
    from vedette.check.given import given  # noqa: PLC0415

    paths = given(options.files)
    facts, extra = facts_of_paths(options.files)
    facts, what = _with_live(facts, f"{len(paths)} file{'s' * (len(paths) != 1)}", options, sources)
    files = {sources.name(file) for file in (*map(str, paths), *files_of(facts))}
    found = outcome(
        facts,
        extra,
        files=files,
        sources=sources,
        choice=choice,
        baseline=baseline,
        today=date.today(),  # noqa: DTZ011 - a day ends where the user is
    )
    return found, what


def _of_stack(
    options: Options, project: Project, sources: Sources, choice: Choice, baseline: Baseline
) -> tuple[Outcome, str]:
    """What is found in the stack, and what it is called; from memory, where nothing has changed."""
    from vedette.cli.remembered import Memory  # noqa: PLC0415 - files do without it

    today = date.today()  # noqa: DTZ011 - a day ends where the user is
    chosen = (options.stack or project.stack or "", options.environment or project.environment)
    said = map(str, (*chosen, choice, baseline, project.check.cardinality, today))
    memory = Memory(project.state, project.root, said, os.environ)
    remembered = memory.recall() if options.live is None else None
    if remembered is not None:
        return remembered
    facts, extra, what = _facts_of_stack(options, project)
    if facts.stack is not None:
        facts, what = _with_live(facts, what, options, sources)
    files = {sources.name(file) for file in files_of(facts)}
    found = outcome(facts, extra, files=files, sources=sources, choice=choice, baseline=baseline, today=today)
    if facts.stack is not None and options.live is None:
        memory.keep(found, what, facts.folders)
    return found, what


def _facts_of_stack(options: Options, project: Project) -> tuple[Facts, list[Finding], str]:
    from vedette.check.declared import facts_of_stack  # noqa: PLC0415 - takes longest to load
    from vedette.check.facts import Facts  # noqa: PLC0415
    from vedette.cli.build import choose  # noqa: PLC0415

    try:
        choice = choose(project, options.stack, options.environment)
    except VedetteError as error:
        broken = _placed(error)
        if broken is None:
            raise
        return Facts(kind="declared"), [broken], "the stack, which cannot be loaded"
    facts, extra = facts_of_stack(choice.stack, choice.environment)
    facts = replace(facts, cardinality=project.check.cardinality)
    return facts, extra, f"stack {choice.stack.name}, environment {choice.environment.name}"


def _placed(error: VedetteError) -> Finding | None:
    """The finding that an error is when it knows the place; None where it does not, and so nothing can be checked."""
    told = _PLACED.fullmatch(str(error))
    if told is None or not Path(told["file"]).is_file():
        return None
    message, _, fix = told["message"].partition("\n")[0].partition("; ")
    return Finding(
        code="cannot-be-built",
        level="error",
        place=Place(told["file"], int(told["line"]), int(told["column"] or 0)),
        subject="the stack",
        message=message,
        fix=fix or "correct it; nothing else is checked before the stack can be loaded",
    )


def _baseline_file(options: Options, project: Project) -> Path:
    if options.baseline is not None:
        if not options.write_baseline and not options.baseline.exists():
            raise ConfigError(f"{options.baseline}: there is no such file; --write-baseline makes one")
        return options.baseline
    return project.root / (project.check.baseline or baselines.FILE)


def _read_baseline(path: Path, sources: Sources) -> Baseline:
    """The baseline, its files named as the findings name them; an empty one where there is no such file."""
    shown = sources.name(str(path))
    if not path.exists():
        return baselines.Baseline(shown)
    try:
        read = baselines.parse(path.read_text("utf-8"), shown)
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(f"{path}: cannot be read: {problem}") from problem
    folder = path.resolve().parent

    def name(file: str) -> str:
        return file if is_address(file) else sources.name(os.path.normpath(folder / file))

    return baselines.renamed(read, name)


def _write_baseline(path: Path, options: Options, project: Project, sources: Sources) -> int:
    """Put all that is found into the baseline."""
    assert options.expires is not None
    today = date.today()  # noqa: DTZ011 - a day ends where the user is
    if options.expires < today:
        raise ConfigError(f"--expires {options.expires} is over, so that nothing would be excused; write a later day")
    before = _read_baseline(path, sources)
    report = _report(options, project, sources, baselines.Baseline(before.name))
    new = baselines.renewed(report.findings, before, today, reason=options.reason, expires=options.expires)
    folder = path.resolve().parent

    def beside(file: str) -> str:
        return file if is_address(file) else os.path.relpath(sources.path(file), folder).replace(os.sep, "/")

    named = baselines.renamed(new, beside)
    try:
        path.write_text(baselines.render(named), "utf-8")
    except OSError as problem:
        raise ConfigError(f"{path}: cannot be written: {problem.strerror}") from problem
    count = sum(entry.count for entry in named.entries)
    sys.stdout.write(f"{sources.name(str(path))}: {count} finding{'s' * (count != 1)} excused\n")
    return 0
