"""Panels that nobody had to write: one for each metric of a pack without panels, one for each alert without its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vedette.catalog import Panel, Row
from vedette.formats.template_words import in_words
from vedette.promql.ast import Aggregate, Binary, Expr, Number, Paren
from vedette.promql.flow import analyse
from vedette.promql.flow.outcome import possible
from vedette.promql.parser import COMPARISONS, parse
from vedette.promql.printer import format as show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vedette.build.series import Known
    from vedette.catalog import Alert, Pack, Severity, Text
    from vedette.catalog.units import Unit
    from vedette.instruments.metrics.metric import Metric

__all__ = ["Comparison", "comparison", "panels_of", "with_panels"]

_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an alert compares: ``expr op number``; ``op`` is empty where it compares nothing with a number."""

    expr: Expr
    op: str = ""
    number: float = 0.0


def comparison(expr: Expr) -> Comparison:
    """The first comparison with a number on the way down the left side, as in ``x > 0.1 and traffic > 1``."""
    node = expr
    while True:
        match node:
            case Paren():
                node = node.expr
            case Binary(op="and" | "unless"):
                node = node.lhs
            case Binary(rhs=Number(value=number)) if node.op in COMPARISONS and not node.bool_:
                return Comparison(node.lhs, node.op, number)
            case Binary(lhs=Number(value=number)) if node.op in COMPARISONS and not node.bool_:
                return Comparison(node.rhs, _MIRROR[node.op], number)
            case _:
                return Comparison(node)


def with_panels(pack: Pack, known: Known) -> Pack:
    """The pack with a panel for everything: what it lacks is derived. Its expressions must parse."""
    items = list(pack.panels) or _of_metrics(pack)
    titles = {item.title for item in items if not isinstance(item, Row)}
    alerts: list[Alert] = []
    made: list[Panel | Row | Text] = []
    for alert in pack.alerts:
        if alert.panel:
            alerts.append(alert)
            continue
        title = _words(alert.name)
        while title in titles:
            title += " (alert)"
        titles.add(title)
        made.append(_of_alert(alert, title, known))
        alerts.append(replace(alert, panel=title))
    return replace(pack, panels=(*items, *made), alerts=tuple(alerts))


def panels_of(pack: Pack) -> tuple[Panel, ...]:
    """The panels with queries."""
    return tuple(item for item in pack.panels if isinstance(item, Panel))


def _of_alert(alert: Alert, title: str, known: Known) -> Panel:
    found = comparison(parse(alert.expr))
    labels = possible(analyse(found.expr, known.get).branches) or frozenset()
    thresholds: dict[float, Severity] = {found.number: alert.severity} if found.op in ("<", "<=", ">", ">=") else {}
    return Panel(
        title,
        show(found.expr),
        legend=_legend(sorted(labels, key=lambda label: (label != "job", label))),
        description=in_words(alert.description) or "What the alert looks at.",
        thresholds=thresholds,
        below=found.op in ("<", "<="),
        place=alert.place,
    )


def _of_metrics(pack: Pack) -> list[Panel | Row | Text]:
    panels = [panel for metric in pack.metrics for panel in _of_metric(metric)]
    if not panels:
        return []
    first = panels[0]
    query = parse(first.query_list()[0].expr)
    total = replace(query, grouping=("job",)) if isinstance(query, Aggregate) else query
    signal = replace(
        first, title=f"{first.title}, all", queries=show(total), legend="{{job}}", kind="stat", overview=True, height=4
    )
    return [signal, *panels]


# unit of a counter → unit of its rate
_RATES: dict[str, Unit] = {"bytes": "bytes/s", "seconds": "cores", "requests": "requests/s", "": "events/s"}
_UNITS: dict[str, Unit] = {"bytes": "bytes", "seconds": "seconds", "ratio": "ratio"}


def _of_metric(metric: Metric) -> list[Panel]:
    name, labels = metric.name, metric.label_names
    by = ", ".join(("job", *labels))
    legend = _legend(("job", *labels))
    title = _title(metric)

    def panel(title: str, query: str, unit: Unit, legend: str) -> Panel:
        return Panel(title, query, unit=unit, legend=legend, description=metric.help, minimum=0, place=metric.place)

    match metric.type:
        case "counter":
            return [panel(title, f"sum by ({by}) (rate({name}[5m]))", _RATES.get(metric.unit, "events/s"), legend)]
        case "histogram":
            quantile = f"histogram_quantile(0.95, sum by (job, le) (rate({name}_bucket[5m]))) >= 0"
            return [
                panel(f"{title}, rate", f"sum by ({by}) (rate({name}_count[5m]))", "events/s", legend),
                panel(f"{title}, p95", quantile, _UNITS.get(metric.unit, ""), "{{job}}"),
            ]
        case "summary":
            return [
                panel(f"{title}, rate", f"sum by ({by}) (rate({name}_count[5m]))", "events/s", legend),
                panel(
                    f"{title}, mean",
                    f"sum by (job) (rate({name}_sum[5m])) / (sum by (job) (rate({name}_count[5m])) > 0)",
                    _UNITS.get(metric.unit, ""),
                    "{{job}}",
                ),
            ]
        case "stateset":
            return [panel(title, f"sum by ({by}, {name}) ({name})", "count", f"{legend} {{{{{name}}}}}")]
        case _:
            found = panel(title, f"sum by ({by}) ({name})", _UNITS.get(metric.unit, ""), legend)
            return [replace(found, minimum=None)]


def _legend(labels: Iterable[str]) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels)


def _title(metric: Metric) -> str:
    words = metric.description.family.removesuffix(f"_{metric.unit}" if metric.unit else "").replace("_", " ")
    return words[:1].upper() + words[1:]


def _words(name: str) -> str:
    """``NoOrdersOnHTTP`` → ``No orders on HTTP``."""
    parts = re.findall(r"[A-Z]+(?=[A-Z][a-z]|$|[0-9])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+", name)
    words = [
        part if index == 0 or (part.isupper() and len(part) > 1) else part.lower() for index, part in enumerate(parts)
    ]
    return " ".join(words)
