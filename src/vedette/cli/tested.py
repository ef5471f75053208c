"""What ``vedette test`` shows: the failures, which alerts are tested how, mutants that live, and a line at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from vedette.cli.terminal import Terminal
from vedette.duration import format_duration
from vedette.testing.coverage import KINDS, percent
from vedette.testing.mutation import score
from vedette.testing.skeletons import case_of
from vedette.testing.told import tell_case, tell_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from vedette.testing.coverage import AlertCoverage
    from vedette.testing.mutation import Fate
    from vedette.testing.session import Judged, Session

__all__ = ["plain", "show", "show_mutants"]

_NONE: Final = "\N{EN DASH}"


class _Near:
    """Texts with paths from here on."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"

    def __call__(self, text: str) -> str:
        return text.replace(self._root, "")


def show(session: Session, root: Path, *, took: float, least: int | None, whole: bool) -> None:
    """Print how everything went.

    Args:
        session: what was run.
        root: the project's folder; paths are shown from there.
        took: seconds.
        least: the coverage that was asked for, where it is not reached.
        whole: whether these are all of the project's tests, so that what alerts lack is worth a word.
    """
    terminal, near = Terminal(), _Near(root)
    for judged in session.stacks:
        for outcome in judged.outcomes:
            if not outcome.passed:
                terminal.text(Text(f"✗ {near(tell_case(outcome))}\n", "red" if outcome.case.unfinished else ""))
    for file in session.files:
        if file.error:
            terminal.text(Text(f"✗ {near(file.path)}\n  {near(file.error)}\n"))
        for group in file.groups:
            if group.problems:
                told = "\n".join(map(tell_problem, group.problems)).replace("\n", "\n  ")
                terminal.text(Text(f"✗ {near(file.path)}: {group.name}\n  {near(told)}\n"))
    for judged in session.stacks:
        _show_coverage(terminal, judged)
    if session.files:
        _show_files(terminal, session, near)
    for file in session.files:
        for warning in file.warnings:
            terminal.warn(near(warning))
    covered = [one for judged in session.stacks for one in judged.coverage()]
    lacking = [one for one in covered if one.missing]
    if lacking and whole:
        more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
        names = ", ".join(one.alert for one in lacking[:3]) + more
        terminal.warn(f"{len(lacking)} of {len(covered)} alerts lack a case: {names}")
        terminal.warn("`vedette test --missing` writes skeletons of what they lack")
    if least is not None:
        terminal.warn(f"{percent(covered)} % of the alerts have every kind of case; {least} % are asked for")
    _summary(terminal, session, took)


def _summary(terminal: Terminal, session: Session, took: float) -> None:
    outcomes = [outcome for judged in session.stacks for outcome in judged.outcomes]
    tests = [group for file in session.files for group in file.groups]
    failed = sum(not one.passed for one in outcomes) + sum(bool(one.problems) for one in tests)
    failed += sum(bool(file.error) for file in session.files)
    count = len(outcomes) + len(tests)
    text = f"{count} test{'s' * (count != 1)} in {took:.1f} s"
    if failed:
        terminal.text(Text.assemble(("✗ ", "red"), f"{failed} failed, {text}"))
    elif count:
        terminal.done(text)
    else:
        terminal.warn("there is no test")


def _show_coverage(terminal: Terminal, judged: Judged) -> None:
    covered = judged.coverage()
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("alert", no_wrap=True)
    for title in ("cases", *KINDS):
        table.add_column(title, justify="right", no_wrap=True)
    pack = None
    for one in covered:
        if one.pack != pack:
            pack = one.pack
            table.add_row(Text(pack, "dim"))
        cells = [_cell(one, kind) for kind in KINDS]
        passed = one.cases - one.failed
        cases = Text(str(one.cases)) if not one.failed else Text(f"{passed}/{one.cases}", "red")
        table.add_row(f"  {one.alert}", cases, *cells)
    terminal.trimmed(table)
    terminal.text("")


def _cell(one: AlertCoverage, kind: Any) -> Text:
    if kind not in one.kinds:
        return Text("")
    return Text(str(one.kinds[kind])) if one.kinds[kind] else Text(_NONE, "red")


def _show_files(terminal: Terminal, session: Session, near: _Near) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("file", "tests", "failed"):
        table.add_column(title, justify="left" if title == "file" else "right", no_wrap=True)
    for file in session.files:
        failed = sum(bool(group.problems) for group in file.groups) if not file.error else 1
        table.add_row(near(file.path), str(len(file.groups)), Text(str(failed), "red" if failed else ""))
    terminal.trimmed(table)
    terminal.text("")


def show_mutants(fates: Sequence[Fate]) -> None:
    """Print the score of each alert, and every mutant that lives with the case that would kill it."""
    terminal = Terminal()
    for fate in fates:
        if fate.state != "survived":
            continue
        mutant = fate.mutant
        through = "" if mutant.rule == mutant.alert else f" (in {mutant.rule})"
        terminal.text(Text(f"! {mutant.alert} lives on with {mutant.what}{through}", "yellow"))
        if fate.killer is None:
            terminal.text(Text("  no case was found that tells them apart\n"))
        else:
            terminal.text(Text(f"  this would kill it, from the case {fate.killer.based_on}:"))
            terminal.text(Text("    " + case_of(mutant, fate.killer).replace("\n", "\n    ") + "\n"))
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("alert", "mutants", "killed", "equivalent", "score"):
        table.add_column(title, justify="left" if title == "alert" else "right", no_wrap=True)
    for name, own in _by_alert(fates).items():
        table.add_row(name, *_figures(own))
    table.add_row(Text("all", "bold"), *_figures(fates))
    terminal.trimmed(table)


def _by_alert(fates: Iterable[Fate]) -> dict[str, list[Fate]]:
    found: dict[str, list[Fate]] = {}
    for fate in fates:
        found.setdefault(fate.mutant.alert, []).append(fate)
    return found


def _figures(fates: Sequence[Fate]) -> tuple[str, ...]:
    states = [fate.state for fate in fates]
    return (
        str(len(fates)),
        str(states.count("killed")),
        str(states.count("equivalent") or ""),
        f"{100 * score(fates):.0f} %",
    )


def plain(session: Session, root: Path, fates: Sequence[Fate] = ()) -> dict[str, Any]:
    """The same for programs."""
    near = _Near(root)
    covered = [one for judged in session.stacks for one in judged.coverage()]
    found: dict[str, Any] = {
        "cases": [
            {
                "alert": outcome.case.alert,
                "why": outcome.case.why,
                "file": near(outcome.case.place.file),
                "line": outcome.case.place.line,
                "passed": outcome.passed,
                "shows": sorted(outcome.kinds),
                "expects": [{"at": format_duration(one.when), "state": one.state} for one in outcome.case.expected],
                "message": "" if outcome.passed else near(tell_case(outcome)),
            }
            for judged in session.stacks
            for outcome in judged.outcomes
        ],
        "files": [
            {
                "file": near(file.path),
                "verdict": file.verdict,
                "error": near(file.error),
                "warnings": [near(warning) for warning in file.warnings],
                "tests": [
                    {"name": group.name, "problems": [near(tell_problem(one)) for one in group.problems]}
                    for group in file.groups
                ],
            }
            for file in session.files
        ],
        "coverage": {
            "percent": percent(covered),
            "alerts": [
                {
                    "alert": one.alert,
                    "pack": one.pack,
                    "cases": one.cases,
                    "failed": one.failed,
                    "kinds": dict(one.kinds),
                    "missing": list(one.missing),
                }
                for one in covered
            ],
        },
    }
    if fates:
        found["mutants"] = {
            "score": round(score(fates), 4),
            "all": [
                {
                    "alert": fate.mutant.alert,
                    "rule": fate.mutant.rule,
                    "operator": fate.mutant.operator,
                    "what": fate.mutant.what,
                    "state": fate.state,
                    "equivalent": fate.mutant.equivalent,
                    "killed_by": fate.by.name if fate.by else None,
                    "would_kill": case_of(fate.mutant, fate.killer) if fate.killer else None,
                }
                for fate in fates
            ],
        }
    return found
