"""``vedette slo``: the objectives of the stack, how soon errors are noticed, and OpenSLO out and in."""

from __future__ import annotations

import re
import sys
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

from vedette.build.plan import plan
from vedette.build.project import find
from vedette.build.slo.openslo import export, imported
from vedette.build.slo.told import noticed, people_duration
from vedette.catalog import Events, Latency
from vedette.catalog.names import nearest
from vedette.catalog.slo import plain
from vedette.cli.budgets import budgets_left
from vedette.cli.build import choose
from vedette.duration import format_duration, milliseconds
from vedette.errors import ConfigError
from vedette.formats import openslo, yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.build.slo import Objective
    from vedette.catalog import Slo

    Left = Mapping[tuple[str, str], float]

__all__ = ["convert", "show"]

_WIDTH: Final = 120
"""Where nobody looks at it."""
_UNKNOWN: Final = "\N{EN DASH}"
_USUAL_WINDOW: Final = milliseconds("30d")
_USUAL_LEAST: Final = 5
"""What `Slo` has where nothing is written."""


def show(
    name: str | None,
    stack: str | None,
    environment: str | None,
    *,
    live: str | None = None,
    token_file: Path | None = None,
    as_json: bool = False,
    as_openslo: bool = False,
) -> None:
    """Print the objectives of the stack, or all that is to be said of one. ``live`` is where budgets are asked for.

    Raises:
        ConfigError: no stack is named, it cannot be loaded, has no such objective, or nobody answers.
        DeclarationError: it cannot be built.
    """
    choice = choose(find(Path.cwd()), stack, environment)
    built = plan(choice.stack, choice.environment)
    if as_openslo:
        sys.stdout.write(openslo.write(export(built)))
        return
    found: dict[str, tuple[Objective, list[str]]] = {}
    for use in built.uses:
        for one in use.objectives:
            found.setdefault(one.id, (one, []))[1].extend(service.name for service in use.services)
    if name is not None:
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            raise ConfigError(f"the stack has no objective {name!r}; it has {known}{nearest(name, found)}")
        found = {name: found[name]}
    left = None if live is None else budgets_left(live, token_file)
    if as_json:
        document = [_plain(one, services, left) for one, services in found.values()]
        sys.stdout.write(dumps(document, ensure_ascii=False, indent=2) + "\n")
        return
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH)
    if not found:
        console.print("The stack has no objectives: write slos=[Slo(…)] in a pack.")
        return
    console.print(_table(list(found.values()), left))
    if name is not None:
        one = found[name][0]
        console.print(f"\nHow soon errors of {one.title} are noticed, in a window without others:", style="dim")
        console.print(_notice(one))
        for out in one.left_out:
            console.print(f"There is no alert of severity {out.tier.severity}: {out.why}.")


def _table(found: Sequence[tuple[Objective, list[str]]], left: Left | None) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("objective", "of", "good", "window", "budget", "as time", "a complete outage pages"):
        table.add_column(title, justify="right" if title in ("good", "budget", "as time") else "left")
    if left is not None:
        table.add_column("left")
    for one, services in found:
        slo = one.slo
        table.add_row(
            one.id,
            ", ".join(services),
            f"{plain(slo.percent)} %",
            format_duration(slo.window_ms),
            f"{plain(slo.budget * 100)} %",
            people_duration(slo.window_ms * float(slo.budget)),
            _paged(one),
            *([] if left is None else [_left(one, services, left)]),
        )
    return table


def _left(one: Objective, services: Sequence[str], left: Left) -> str:
    """What is left now, of each service where there are several."""
    shown = {name: f"{100 * left[one.id, name]:.3g} %" if (one.id, name) in left else _UNKNOWN for name in services}
    return ", ".join(shown.values() if len(shown) == 1 else (f"{name} {value}" for name, value in shown.items()))


def _paged(one: Objective) -> str:
    paged = noticed(one.slo, one.burns)[0].paged
    return "never" if paged is None else f"after {people_duration(paged)}"


def _notice(one: Objective) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("errors", "noticed after", "as", "budget gone by then", "paged after", "budget empty after"):
        table.add_column(title, justify="left" if title == "as" else "right")
    for row in noticed(one.slo, one.burns):
        table.add_row(
            f"{100 * row.errors:g} %",
            people_duration(row.after),
            row.burn.tier.severity if row.burn else "never",
            "" if row.spent is None else f"{100 * row.spent:.2g} %",
            people_duration(row.paged),
            people_duration(row.empty),
        )
    return table


def _plain(one: Objective, services: Sequence[str], left: Left | None) -> dict[str, Any]:
    slo = one.slo
    now = {} if left is None else {"budget_left": {name: left.get((one.id, name)) for name in services}}
    return {
        "id": one.id,
        "title": one.title,
        "services": list(services),
        "objective": plain(slo.percent),
        "window_seconds": slo.window_ms / 1000,
        "alerts": [alert.name for alert in one.alerts],
        "left_out": [{"severity": out.tier.severity, "why": out.why} for out in one.left_out],
        "noticed": [
            {
                "errors": row.errors,
                "after_seconds": None if row.after is None else row.after / 1000,
                "as": row.burn.tier.severity if row.burn else None,
                "budget_gone": row.spent,
                "paged_after_seconds": None if row.paged is None else row.paged / 1000,
                "empty_after_seconds": row.empty / 1000,
            }
            for row in noticed(slo, one.burns)
        ],
        **now,
    }


# --- OpenSLO in ------------------------------------------------------------------------------------------------------


def convert(file: Path) -> None:
    """Print the SLOs of an OpenSLO file as Python.

    Raises:
        ConfigError: the file cannot be read, or has what cannot be counted by events.
    """
    found = imported(yaml.read_text(file), str(file))
    kinds = sorted({type(slo.indicator).__name__ for _, slo in found})
    lines = [f"from vedette import {', '.join([*kinds, 'Slo'])}"]
    services = list(dict.fromkeys(service for service, _ in found))
    for service in services:
        name = "slos" if len(services) == 1 else f"{re.sub(r'[^a-z0-9]+', '_', service.lower())}_slos"
        lines += ["", f"# service {service}" if service else "", f"{name} = ["]
        for _, slo in (one for one in found if one[0] == service):
            lines += [f"    {line}" for line in _python(slo)]
        lines.append("]")
    sys.stdout.write("\n".join(lines) + "\n")


def _python(slo: Slo) -> list[str]:
    given = [_text(slo.name), _indicator(slo), f"objective={plain(slo.percent)}"]
    given += [f"window={_text(str(slo.window))}"] if slo.window_ms != _USUAL_WINDOW else []
    given += [f"by=[{', '.join(map(_text, slo.by))}]"] if slo.by else []
    given += [f"min_errors={slo.min_errors}"] if slo.min_errors != _USUAL_LEAST else []
    given += [f"{key}={_text(value)}" for key in ("title", "description", "team") if (value := getattr(slo, key))]
    return ["Slo(", *(f"    {one}," for one in given), "),"]


def _text(value: str) -> str:
    """In double quotes, where that reads well."""
    return repr(value) if '"' in value or "\\" in value or not value.isprintable() else f'"{value}"'


def _indicator(slo: Slo) -> str:
    indicator = slo.indicator
    if isinstance(indicator, Events):
        key = "errors" if indicator.errors else "good"
        return f"Events({_text(str(indicator.total))}, {key}={_text(getattr(indicator, key))})"
    if isinstance(indicator, Latency):
        where = f", where={_text(indicator.where)}" if indicator.where else ""
        return f"Latency({_text(str(indicator.histogram))}, below={indicator.below!r}{where})"
    return f'Freshness({_text(str(indicator.timestamp))}, within="{format_duration(indicator.limit)}")'
