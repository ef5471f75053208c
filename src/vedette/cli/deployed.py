"""``vedette plan``, ``vedette apply`` and ``vedette drift``: from what is declared to what runs, and back."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.text import Text

from vedette.build.project import find
from vedette.cli.build import choose
from vedette.cli.terminal import Terminal
from vedette.deploy.accepted import tool_for
from vedette.deploy.apply import apply as apply_to
from vedette.deploy.apply import record_only, refuse
from vedette.deploy.look import drifted, planned
from vedette.deploy.side import declared
from vedette.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.deploy.change import Change, Kind
    from vedette.deploy.look import Look
    from vedette.place import Place

__all__ = ["SOMETHING", "apply", "drift", "plan"]

SOMETHING: Final = 2
"""The exit code where there is something to do or has drifted, as terraform plan -detailed-exitcode has it."""

_SIGNS: Final[dict[Kind, tuple[str, str]]] = {"new": ("+", "green"), "gone": ("-", "red"), "changed": ("~", "yellow")}


def plan(stack: str | None, environment: str | None, *, as_json: bool) -> int:
    """Say what an apply would change; 2 where it would change something.

    Raises:
        ConfigError: the stack cannot be found, says not where it runs, or a server does not answer.
        DeclarationError: something declared cannot be built.
    """
    choice = choose(find(Path.cwd()), stack, environment)
    wanted = declared(choice.stack, choice.environment)
    look = asyncio.run(planned(choice.stack, choice.environment, wanted))
    name = choice.environment.name
    if as_json:
        _print_json(name, look)
    else:
        terminal = Terminal()
        _show(terminal, look.changes)
        for refusal in look.refusals:
            terminal.warn(f"cannot be applied: {refusal}")
        terminal.done(f"environment {name}: {_count(look.changes) or 'nothing to do'}")
    return SOMETHING if look.changes or look.refusals else 0


def drift(stack: str | None, environment: str | None, *, as_json: bool) -> int:
    """Say what runs otherwise than it was applied; 2 where something does.

    Raises:
        ConfigError: as for `plan`, or nothing was applied.
        DeclarationError: something declared cannot be built.
    """
    choice = choose(find(Path.cwd()), stack, environment)
    wanted = declared(choice.stack, choice.environment)
    look = asyncio.run(drifted(choice.stack, choice.environment, wanted))
    name = choice.environment.name
    if as_json:
        _print_json(name, look)
    else:
        terminal = Terminal()
        _show(terminal, look.changes)
        if look.changes:
            terminal.warn(f"environment {name}: {_count(look.changes)} since it was applied")
        else:
            terminal.done(f"environment {name}: everything runs as it was applied")
    return SOMETHING if look.changes else 0


def apply(stack: str | None, environment: str | None, *, yes: bool) -> int:
    """Show what would change, ask, and have the servers run it; 1 where the answer is no.

    Raises:
        ConfigError: as for `plan`; or a server refused, and everything is as it was before.
        DeclarationError: something declared cannot be built.
    """
    choice = choose(find(Path.cwd()), stack, environment)
    wanted = declared(choice.stack, choice.environment)
    look = asyncio.run(planned(choice.stack, choice.environment, wanted))
    name = choice.environment.name
    terminal = Terminal()
    _show(terminal, look.changes)
    refuse(look, wanted)
    if not look.changes:
        record_only(choice.stack, choice.environment, wanted, look)
        terminal.done(f"environment {name}: nothing to do")
        return 0
    for seen in look.seen:
        if seen.changes and seen.target != "grafana" and tool_for(seen.target) is None:
            tool = "promtool" if seen.target == "prometheus" else "amtool"
            terminal.warn(f"{tool} is not here: the files for {seen.target} were only read by Vedette itself")
    if not yes and not _agreed(f"environment {name}: {_count(look.changes)}. Apply?"):
        terminal.warn("nothing was applied")
        return 1
    asyncio.run(apply_to(choice.stack, choice.environment, wanted, look, terminal.doing))
    terminal.done(f"environment {name}: applied, {_count(look.changes)}")
    return 0


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise ConfigError("nobody is there to be asked; look at `vedette plan`, and give --yes")
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def _count(changes: Iterable[Change]) -> str:
    """``2 new, 1 changed``."""
    kinds = [one.kind for one in changes]
    told = ((kinds.count(kind), kind) for kind in _SIGNS)
    return ", ".join(f"{count} {kind}" for count, kind in told if count)


def _show(terminal: Terminal, changes: Iterable[Change]) -> None:
    for one in changes:
        sign, colour = _SIGNS[one.kind]
        also = f", and with it {_listed(one.also)}" if one.also else ""
        terminal.text(Text.assemble((f"{sign} ", colour), one.sentence, also))
        told = [f"declared at {_near(one.place)}"] if one.place else []
        terminal.text(Text(f"    {'; '.join([*told, f'differs in {_listed(one.where)}'])}", "dim"))


def _listed(parts: tuple[str, ...]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _near(place: Place) -> str:
    """The place, from the current directory where it is below it."""
    file = Path(place.file)
    return f"{file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}:{place.line}"


def _print_json(environment: str, look: Look) -> None:
    plain = {
        "environment": environment,
        "changes": [one.plain() for one in look.changes],
        "refusals": list(look.refusals),
    }
    print(json.dumps(plain, indent=2, ensure_ascii=False))  # noqa: T201 - for machines
