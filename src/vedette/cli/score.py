"""``vedette score``: how far each pack and service is, and what comes next."""

from __future__ import annotations

import sys
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table

from vedette.build.project import find
from vedette.check.graph import graph_of
from vedette.check.graph.drawing.badge import badge as draw_badge
from vedette.check.graph.score import CRITERIA, LEVELS, scores
from vedette.cli.facts import facts_for
from vedette.errors import ConfigError
from vedette.testing.session import tested_alerts

if TYPE_CHECKING:
    from collections.abc import Container, Sequence
    from typing import Any

    from vedette.catalog import Stack
    from vedette.check.facts import Facts
    from vedette.check.graph.score import Criterion, Score, Share

__all__ = ["score"]

WIDTH: Final = 120
"""Where nobody looks at it."""
_UNKNOWN: Final = "\N{EN DASH}"
_TITLES: Final[dict[Criterion, str]] = {
    "declared": "declared", "live": "exported", "panel": "on a panel", "alerted": "alerted", "runbook": "runbooks",
    "tested": "tested", "slo": "objectives",
}  # fmt: skip


def score(
    stack: str | None,
    environment: str | None,
    *,
    live: str | None = None,
    token_file: Path | None = None,
    as_json: bool = False,
    badge: Path | None = None,
) -> None:
    """Print the scores of the stack, and write its badge. ``live`` is where to see what is exposed.

    Raises:
        ConfigError: no stack is named, it cannot be loaded, a test cannot be imported, nobody answers, or the badge
            cannot be written.
    """
    facts = facts_for(stack, environment)
    assert facts.stack is not None
    exported = None if live is None else _exported(facts, facts.stack, live, token_file)
    tested = tested_alerts(find(Path.cwd()), facts.stack)
    found = scores(
        graph_of(facts), facts.stack.name, exported=exported, tested=tested, objectives=_objectives(facts.stack)
    )
    if badge is not None:
        try:
            badge.write_text(draw_badge(found[-1].level, len(LEVELS) - 1), "utf-8")
        except OSError as problem:
            raise ConfigError(f"{badge}: cannot be written: {problem.strerror}") from problem
    if as_json:
        sys.stdout.write(dumps([_plain(one) for one in found], ensure_ascii=False, indent=2) + "\n")
        return
    _show(found)


def _objectives(stack: Stack) -> dict[str, set[str]]:
    """Pack → the names of its objectives."""
    found: dict[str, set[str]] = {}
    for pack in (pack for service in stack.services for pack in service.pack_list()):
        found.setdefault(pack.name, set()).update(slo.name for slo in pack.slos)
    return found


def _exported(facts: Facts, stack: Stack, where: str, token_file: Path | None) -> frozenset[str]:
    from vedette.check.live.ask import ask  # noqa: PLC0415 - most runs ask nobody
    from vedette.check.live.learn import questions  # noqa: PLC0415

    live = ask(where, questions(facts), token_file=token_file)
    if live.page and len(stack.services) > 1:
        raise ConfigError(
            f"{live.url}: it is the page of one process, and the stack has {len(stack.services)} services; give the "
            "server that scrapes them all"
        )
    return live.exported | _waiting(stack, live.exported)


def _waiting(stack: Stack, exported: Container[str]) -> set[str]:
    """The names of what is exposed once it happens: in packs that are there, metrics whose labels may be anything."""
    found: set[str] = set()
    for pack in (pack for service in stack.services for pack in service.pack_list()):
        if any(name in exported for metric in pack.metrics for name in metric.description.sample_names):
            free = (one for one in pack.metrics if None in one.label_values.values() and not one.exporter)
            found.update(name for metric in free for name in metric.description.taken)
    return found


def _show(found: Sequence[Score]) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("")
    for criterion in CRITERIA:
        table.add_column(_TITLES[criterion], justify="right", no_wrap=True)
    table.add_column("level", no_wrap=True)
    for one in found:
        figures = [_shown(one.shares[criterion]) for criterion in CRITERIA]
        style = "bold" if one.kind == "stack" else ""
        table.add_row(one.kind, one.name, *figures, f"{one.level} {LEVELS[one.level]}", style=style)
    following = Table.grid(padding=(0, 2, 0, 0))
    for one in found:
        if one.next:
            following.add_row(one.kind, one.name, one.next)
    with console.capture() as captured:
        console.print(table)
        console.print("\nnext", style="dim")
        console.print(following)
    text = captured.get()
    console.file.write(text if console.is_terminal else "\n".join(line.rstrip() for line in text.split("\n")))


def _shown(share: Share | None) -> str:
    return _UNKNOWN if share is None else f"{100 * share.have // share.of} %"


def _plain(one: Score) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "name": one.name,
        "level": one.level,
        "word": LEVELS[one.level],
        "next": one.next,
        "shares": {
            criterion: share and {"have": share.have, "of": share.of, "missing": list(share.missing)}
            for criterion, share in one.shares.items()
        },
    }
