"""A runbook is for an alert that is no more: none names its file.

The alert was renamed or removed and its text stayed, or a new text was written and never named in an alert. Who finds
it by searching trusts it. Looked at are the folders that hold other runbooks of the stack; files that a runbook links
to, or that some code names, belong to somebody.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.catalog.names import nearest
from vedette.check.check import Check, Example
from vedette.check.runbooks._texts import written
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_OTHER: Final = re.compile(r"(?:readme|index|template|contributing|changelog|_.*|\..*)", re.IGNORECASE)


def find(facts: Facts) -> Iterator[Finding]:
    """Markdown files beside used runbooks that nobody uses."""
    if facts.stack is None:
        return
    used = {Path(one.place.file) for one in facts.runbooks if one.written and one.place.file.endswith(".md")}
    folders = {file.parent for file in used if file.parent not in facts.folders and _inside(file, facts.folders)}
    linked = {
        (Path(one.runbook.place.file).parent / link.text.partition("#")[0]).resolve()
        for one in written(facts)
        for link in one.parts.links
        if ":" not in link.text
    }
    names = {alert.name for alert in facts.alerts}
    for file in sorted(file for folder in folders for file in folder.glob("*.md")):
        if file in used or file.resolve() in linked or _OTHER.fullmatch(file.stem) or _named(file.name, facts.folders):
            continue
        own = next((name for name in names if _plain(name) == _plain(file.stem)), "")
        near = nearest(_camel(file.stem), names)
        yield CHECK.finding(
            Place(str(file), 1),
            f"runbook {file.name}",
            f"the alert {own!r} has another runbook" if own else f"no alert names it{near}",
            f'name it in that alert, runbook="{file.parent.name}/{file.name}", or remove the file',
        )


def _inside(file: Path, folders: tuple[Path, ...]) -> bool:
    return any(file.is_relative_to(folder) for folder in folders)


def _named(name: str, folders: tuple[Path, ...]) -> bool:
    """Whether some code of the user's speaks of the file: of a pack that this stack does not use."""
    for code in (code for folder in folders for code in folder.rglob("*.py")):
        try:
            if name in code.read_text("utf-8"):
                return True
        except (OSError, UnicodeDecodeError):
            continue
    return False


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _camel(stem: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", stem))


CHECK = Check(
    code="stale-runbook",
    about="runbooks",
    level="warning",
    find=find,
    declared_only=True,
    bad=Example(
        "observability.py",
        """\
from vedette import Alert, Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack("shop", title="Shop", metrics=[orders], alerts=[
    Alert(
        "NoOrders",
        "sum by (job) (rate(shop_orders_total[30m])) == 0",
        severity="high",
        summary="No order in {{ $labels.job }} for half an hour",
        runbook="runbooks/no-orders.md",
    ),
])
stack = Stack(services=[Service("shop", targets=["localhost:8000"], packs=[shop])])
""",
        beside=(
            Example("runbooks/no-orders.md", "# Runbook\n\nLook at the log.\n"),
            Example("runbooks/cache-misses.md", "# Runbook\n\nLook at the log.\n"),
        ),
    ),
    good=Example(
        "observability.py",
        """\
from vedette import Alert, Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
shop = Pack("shop", title="Shop", metrics=[orders], alerts=[
    Alert(
        "NoOrders",
        "sum by (job) (rate(shop_orders_total[30m])) == 0",
        severity="high",
        summary="No order in {{ $labels.job }} for half an hour",
        runbook="runbooks/no-orders.md",
    ),
])
stack = Stack(services=[Service("shop", targets=["localhost:8000"], packs=[shop])])
""",
        beside=(Example("runbooks/no-orders.md", "# Runbook\n\nLook at the log.\n"),),
    ),
)
