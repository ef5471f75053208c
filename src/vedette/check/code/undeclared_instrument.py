"""The code counts something that no pack of the stack declares, so nothing watches it.

The instrument is scraped and stored, but it is on no dashboard, in no alert and in no reference, and a query that asks
for it is refused as unknown. It comes to be when an instrument is made beside the code that uses it and is not put
into ``metrics=[…]`` of a pack.

An instrument of prometheus_client can be told with ``Metric.foreign``; those in a registry of their own are left alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.code._project import is_touched, modules
from vedette.check.metrics._uses import declared

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.code._project import Made
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_ENDINGS: Final = {"Counter": "_total", "Info": "_info"}


def find(facts: Facts) -> Iterator[Finding]:
    """Instruments that the project's code makes and uses, and no pack has."""
    if facts.stack is None:
        return
    known = {metric.name for metric, _ in declared(facts.stack)}
    project = modules(facts.folders)
    here = Path(facts.stack.place.file).resolve()
    for module in project:
        if module.makes_stack and module.path != here:
            continue  # of another stack, which is checked by itself
        for made in module.made:
            name = _name(made)
            wanted = name and name not in known and made.names and not made.private
            if wanted and is_touched(made, module, project):
                yield _finding(made, name)


def _finding(made: Made, name: str) -> Finding:
    variable = made.names[0]
    theirs = made.package != "vedette"
    fix = (
        f'declare Metric.foreign("{_TYPES.get(made.kind, made.kind.lower())}", "{name}", exporter=…) in a pack'
        if theirs
        else f"add {variable} to metrics=[…] of a pack that the service uses"
    )
    return CHECK.finding(
        made.place,
        f"metric {name}",
        f"{variable} is used, and no pack of the stack declares {name}: nothing shows it and nothing watches it",
        fix,
    )


_TYPES: Final = {"Enum": "stateset"}


def _name(made: Made) -> str:
    """What it is exposed as; prometheus_client adds the ending of a counter by itself."""
    ending = _ENDINGS.get(made.kind, "")
    return made.metric + ending if made.metric and not made.metric.endswith(ending) else made.metric


_STACK: Final = """\
from vedette import Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
refunds = Counter("shop_refunds_total", help="Orders paid back."){}
shop = Pack("shop", metrics=[{}])
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])


def pay_back():
    refunds.inc()
"""

CHECK = Check(
    code="undeclared-instrument",
    about="code",
    level="warning",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("  # <-", "orders")),
    good=Example("observability.py", _STACK.format("", "orders, refunds")),
)
