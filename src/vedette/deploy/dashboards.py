"""What differs between the dashboards of two sides: panels, their queries and lines, variables, and the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vedette.deploy.change import Change, from_to, short
from vedette.deploy.deep import differing
from vedette.deploy.queries import compare
from vedette.promql.ast import Number
from vedette.promql.printer import format as printed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vedette.deploy.change import Kind
    from vedette.formats.grafana import Dashboard, Panel, Target, Variable

__all__ = ["differences", "panels", "subject"]


def subject(dashboard: Dashboard, panel: Panel | None = None) -> str:
    """``dashboard 'Shop: HTTP'``, ``panel 'Errors' of dashboard 'Shop: HTTP'``."""
    whole = f"dashboard {dashboard.title!r}"
    return whole if panel is None else f"{'row' if panel.type == 'row' else 'panel'} {panel.title!r} of {whole}"


def differences(old: Mapping[str, Dashboard], new: Mapping[str, Dashboard]) -> Iterator[Change]:
    """From the dashboards by uid on one side to those on the other."""
    for uid, dashboard in new.items():
        if uid in old:
            yield from _dashboard(old[uid], dashboard)
        else:
            yield _change("new", subject(dashboard), f"{subject(dashboard)} is new")
    for uid, dashboard in old.items():
        if uid not in new:
            yield _change("gone", subject(dashboard), f"{subject(dashboard)} is gone")


def panels(dashboard: Dashboard) -> dict[tuple[int, int], Panel]:
    """Every panel by its id, those folded into rows, too; the second number tells those apart that share one."""
    found: dict[tuple[int, int], Panel] = {}
    waiting = list(dashboard.panels)
    while waiting:
        panel = waiting.pop(0)
        count = 0
        while (panel.id, count) in found:
            count += 1
        found[panel.id, count] = panel
        waiting = [*panel.panels, *waiting]
    return found


def _change(kind: Kind, of: str, sentence: str, old: str = "", new: str = "", *, threshold: bool = False) -> Change:
    return Change("grafana", kind, of, sentence, old, new, threshold)


def _dashboard(old: Dashboard, new: Dashboard) -> Iterator[Change]:
    name = subject(new)
    were, are = panels(old), panels(new)
    moved = 0
    for key, panel in are.items():
        if key not in were:
            yield _change("new", subject(new, panel), f"{subject(new, panel)} is new")
            continue
        yield from _panel(were[key], panel, subject(new, panel))
        moved += were[key].grid != panel.grid
    for key, panel in were.items():
        if key not in are:
            yield _change("gone", subject(new, panel), f"{subject(new, panel)} is gone")
    if moved:
        told = f"{moved} panels of {name} stand" if moved > 1 else f"one panel of {name} stands"
        yield _change("changed", name, f"{told} elsewhere")
    yield from _variables(old.variables, new.variables, name)
    before, after = (replace(one, panels=(), variables=(), schema_version=0) for one in (old, new))
    for path, was, now in differing(before, after):
        yield _other(name, path, was, now)


def _panel(old: Panel, new: Panel, name: str) -> Iterator[Change]:
    yield from _queries(old.targets, new.targets, name)
    lines = [(one.config.steps if one.config else ()) for one in (old, new)]
    first, second = (tuple(step.color for step in steps) for steps in lines)
    if first == second:
        for was, now in dict.fromkeys(zip(*lines, strict=True)):
            if was != now:
                # as a query has it, so that the line and the threshold of its alert are known for one change
                before, after = (printed(Number(one.value)) if one.value is not None else "" for one in (was, now))
                told = from_to(f"the line of {name}", before, after)
                yield _change("changed", name, told, before, after, threshold=True)
    else:
        yield _change("changed", name, f"the lines of {name} are others")
    found = list(differing(_bare(old), _bare(new)))
    for path, was, now in found[:2]:
        yield _other(name, path.removeprefix("config.").removeprefix("other."), was, now)
    if len(found) > 2:
        yield _change("changed", name, f"{len(found) - 2} more settings of {name} are others")


def _bare(panel: Panel) -> Panel:
    """Without what has sentences of its own."""
    config = panel.config and replace(panel.config, steps=())
    return replace(panel, targets=(), panels=(), grid=None, config=config)


def _queries(old: Sequence[Target], new: Sequence[Target], name: str) -> Iterator[Change]:
    were, are = ({one.ref_id: one for one in side} for side in (old, new))
    for ref, target in are.items():
        if ref not in were:
            yield _change("changed", name, f"{name} has one more query: `{short(target.expr)}`", "", target.expr)
            continue
        for one in compare(were[ref].expr, target.expr):
            told = (
                f"{name} has another query: `{short(one.new)}`"
                if one.what == "query"
                else from_to(f"a {one.what} in a query of {name}", one.old, one.new)
            )
            yield _change("changed", name, told, one.old, one.new, threshold=one.what == "threshold")
        for path, was, now in differing(replace(were[ref], expr=""), replace(target, expr="")):
            yield _other(name, f"{path.removeprefix('other.')} of query {ref}", was, now)
    for ref, target in were.items():
        if ref not in are:
            yield _change("changed", name, f"{name} has one query less: `{short(target.expr)}`", target.expr, "")


def _variables(old: Sequence[Variable], new: Sequence[Variable], of: str) -> Iterator[Change]:
    # what somebody has chosen in one is no difference
    were, are = ({one.name: replace(one, current=None, options=()) for one in side} for side in (old, new))
    for name, one in are.items():
        if name not in were:
            yield _change("changed", of, f"variable {name} of {of} is new")
        elif were[name] != one:
            yield _change("changed", of, f"variable {name} of {of} is another")
    for name in were:
        if name not in are:
            yield _change("changed", of, f"variable {name} of {of} is gone")


def _other(of: str, path: str, was: Any, now: Any) -> Change:
    if isinstance(was or now, str | int | float):
        before, after = ("" if one is None else str(one) for one in (was, now))
        return _change("changed", of, from_to(f"{path} of {of}", before, after), before, after)
    return _change("changed", of, f"{path} of {of} is another")
