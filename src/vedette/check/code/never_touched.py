"""An instrument is declared, and no code ever counts, sets or observes it: its series stays at nothing.

The alert on it cannot fire and its panel is empty, and both look as if all were well. It comes to be when the code that
counted is removed or never came, and when a name is imported and forgotten.

The project's files are read, not run: those below the folder of the stack, and of the modules that declare metrics;
tests do not count. Whatever cannot be followed, such as an instrument that is handed to a function, counts as a touch.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.code._project import is_touched, modules
from vedette.check.metrics._uses import declared, is_own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.code._project import Made, Module
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.instruments.metrics import Metric

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """The instruments of the project's own packs that nothing is done with."""
    own = [metric for metric, _ in declared(facts.stack) if not metric.exporter and is_own(metric)]
    if not own:
        return
    project = modules(facts.folders, (Path(metric.place.file) for metric in own))
    found = [(metric, place) for metric in own if (place := _made(metric, project)) is not None]
    touched = {metric.name for metric, (made, home) in found if is_touched(made, home, project)}
    homes = {home for _, (_, home) in found}
    if not touched and not any(one.uses_vedette for one in project if one not in homes):
        return  # the code is somewhere else
    for metric, (made, _) in found:
        if metric.name not in touched:
            verb = _VERBS.get(metric.type, "set")
            name = made.names[0] if made.names else ""
            yield CHECK.finding(
                metric.place,
                f"metric {metric.name}",
                f"nothing in the project ever does anything with {name or metric.name}"
                + ("" if name else ", which has no name that code could use"),
                f"call {name or 'it'}.{verb}(…) where it happens, or take the metric out of its pack",
            )


_VERBS: Final = {
    "counter": "inc", "histogram": "observe", "summary": "observe", "info": "info", "stateset": "state",
}  # fmt: skip


def _made(metric: Metric, project: tuple[Module, ...]) -> tuple[Made, Module] | None:
    """The call that makes it, None where it cannot be found."""
    file = Path(metric.place.file).resolve()
    for module in project:
        if module.path == file:
            for made in module.made:
                if made.place.line == metric.place.line and made.metric == metric.name:
                    return made, module
    return None


_STACK: Final = """\
from vedette import Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.")
refunds = Counter("shop_refunds_total", help="Orders paid back."){}
shop = Pack("shop", metrics=[orders, refunds])
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

_CODE: Final = """\
from observability import orders, refunds


def place():
    orders.inc()


def pay_back():
    {}
"""

CHECK = Check(
    code="never-touched",
    about="code",
    level="warning",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("  # <-"), beside=(Example("shop.py", _CODE.format("...")),)),
    good=Example("observability.py", _STACK.format(""), beside=(Example("shop.py", _CODE.format("refunds.inc()")),)),
)
