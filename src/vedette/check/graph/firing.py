"""When an alert fires, and who is told after how long, in plain words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from vedette.build.alertmanager import NOBODY
from vedette.build.derive import comparison
from vedette.check.graph.explanation import Line
from vedette.check.graph.pieces import unit_words
from vedette.duration import format_duration
from vedette.promql.ast import Binary, Paren
from vedette.promql.flow.outcome import joined
from vedette.promql.labels import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vedette.check.facts import Alert, Facts, Query
    from vedette.check.graph.model import Graph, Node
    from vedette.check.graph.told import Routes, Told
    from vedette.formats.alertmanager import Receiver, ResolvedRoute
    from vedette.promql.ast import Expr

__all__ = ["conditions", "contacts", "firing_lines", "times"]

_OPERATORS: Final = {
    ">": "is greater than", ">=": "is at least", "<": "is less than", "<=": "is at most", "==": "is", "!=": "is not",
}  # fmt: skip
_SHORT: Final = {"seconds": "s"}


def firing_lines(graph: Graph, facts: Facts, node: Node, alert: Alert, routes: Sequence[Routes]) -> Iterator[Line]:
    """When an alert fires, who is told by which of these routes, and what mutes it."""
    for index, words in enumerate(conditions(alert.query)):
        yield Line("fires" if not index else "or", words, alert.query.text.place if not index else None)
    interval = alert.group.interval or facts.evaluation_interval
    looked = f", looked at every {format_duration(interval)}" if interval else ""
    held = f"after that holds for {format_duration(alert.for_)}" if alert.for_ else "at once"
    yield Line("when", f"{held}{looked}", alert.places.get("for"))
    if alert.keep_firing_for:
        yield Line("stays", f"for {format_duration(alert.keep_firing_for)} after it is over")
    severity = alert.labels.get("severity")
    yield Line("severity", severity.value if severity is not None else "none", severity.place if severity else None)
    for tree in routes:
        for told in tree.told(alert):
            receiver = next((one for one in tree.config.receivers if one.name == told.route.receiver), None)
            yield from _told(alert, told, receiver)
    mutes = [edge for edge in graph.inhibitions if node.id in (edge.source, edge.target)]
    muted_by = [graph.nodes[edge.source].name for edge in mutes if edge.target == node.id]
    muting = [graph.nodes[edge.target].name for edge in mutes if edge.source == node.id]
    if muted_by:
        yield Line("not told while", f"{_listed(muted_by)} fires")
    if muting:
        yield Line("mutes", _listed(muting))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def conditions(query: Query) -> Iterator[str]:
    """When a query yields something, in words; one text a side of ``or``."""
    for side in _sides(query.tree):
        found, words = comparison(side), []
        of = found.expr
        text = " ".join(query.text.value[of.span.start : of.span.end].split())
        labels = joined(query.flow.of(of))
        names = [name for name in sorted(labels.named) if name != NAME and labels.get(name).state != "never"]
        each = f"for each {' and '.join(names)} " if names else "" if labels.closed else "for each series "
        if found.op:
            unit = next((unit_words(branch.unit) for branch in query.flow.of(of)), "")
            words.append(f"{each}where {text} {_OPERATORS[found.op]} {_figure(found.number, unit)}")
        else:
            words.append(f"{each}where {text} has a value")
        words += [f"{joint} {condition}" for joint, condition in _further(query, side)]
        yield ", ".join(words)


def _sides(node: Expr) -> Iterator[Expr]:
    match node:
        case Paren():
            yield from _sides(node.expr)
        case Binary(op="or"):
            yield from _sides(node.lhs)
            yield from _sides(node.rhs)
        case _:
            yield node


def _further(query: Query, node: Expr) -> list[tuple[str, str]]:
    """What must hold, or must not, beside the first comparison."""
    found: list[tuple[str, str]] = []
    while True:
        match node:
            case Paren():
                node = node.expr
            case Binary(op="and" | "unless"):
                text = " ".join(query.text.value[node.rhs.span.start : node.rhs.span.end].split())
                found.insert(0, ("while" if node.op == "and" else "unless", text))
                node = node.lhs
            case _:
                return found


def _figure(number: float, unit: str) -> str:
    if unit == "ratio":
        return f"{100 * number:g} %"
    return f"{number:g} {_SHORT.get(unit, unit)}".rstrip()


def _told(alert: Alert, told: Told, receiver: Receiver | None) -> Iterator[Line]:
    """Who is told by one route, and when."""
    route = told.route
    how = ", ".join(f"{kind} {to}".strip() for kind, to in contacts(receiver)) if receiver is not None else ""
    nobody = receiver is not None and not how
    who = f"{route.receiver}{f' ({how})' if how else ''}"
    condition = f" where {' or '.join(told.where)}" if told.where else ""
    guess = f"; other routes may take it where its series have {' or '.join(told.unknown)}" if told.unknown else ""
    yield Line("tells", f"{'nobody: ' if nobody and who != NOBODY else ''}{who}{condition}{guess}", route.place)
    yield Line("by the route", route.key.removeprefix("{}").lstrip("/") or "for everything else", route.place)
    yield from times(route, alert.for_)


def times(route: ResolvedRoute, held: int = 0) -> Iterator[Line]:
    """How long a route waits and when it repeats; ``held`` is how long the alert must hold before it fires."""
    wait = format_duration(route.group_wait) if route.group_wait else "at once"
    first = f"{wait} after it fires" if route.group_wait else wait
    whole = f", so at the earliest {format_duration(held + route.group_wait)} after it begins" if held else ""
    yield Line("first", f"{first}{whole}")
    yield Line("again", f"every {format_duration(route.repeat_interval)} while it lasts")
    if route.group_by:
        by = "all labels" if route.group_by == ("...",) else ", ".join(route.group_by)
        yield Line("together with", f"others of the same {by}, changes of these every "
                   f"{format_duration(route.group_interval)}")  # fmt: skip


def contacts(receiver: Receiver) -> Iterator[tuple[str, str]]:
    """How a receiver is reached: the kind, and the address as far as it is no secret."""
    for email in receiver.email_configs:
        yield "mail to", email.to
    for webhook in receiver.webhook_configs:
        parts = urlsplit(webhook.url)
        yield "webhook", f"{parts.scheme}://{parts.hostname or ''}" if webhook.url else f"of {webhook.url_file}"
    for key, items in receiver.other.items():
        if key.endswith("_configs"):
            for item in items if isinstance(items, list) else []:
                channel = item.get("channel", "") if isinstance(item, dict) else ""
                yield key.removesuffix("_configs"), str(channel)
