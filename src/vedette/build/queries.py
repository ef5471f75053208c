"""The expressions of a stack: parsed once, checked against what is declared, limited to services, scaled in time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vedette.build.flow import Known, labels_of
from vedette.build.where import character
from vedette.catalog.names import nearest
from vedette.errors import DeclarationError
from vedette.promql.ast import Aggregate, Expr, MatrixSelector, Subquery, VectorSelector
from vedette.promql.labels import NAME, Matcher
from vedette.promql.parser import ParseError, parse
from vedette.promql.walk import rewrite, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vedette.catalog import Pack, Service
    from vedette.place import Place

__all__ = ["Scale", "known_series", "limit_to", "limit_to_variables", "parse_checked", "scaled", "without_variables"]

_SCRAPE = frozenset({"job", "instance"})

# https://prometheus.io/docs/concepts/jobs_instances/: every scrape writes these
_AUTOMATIC = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)
_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
_VARIABLE = re.compile(r"\$\w+|\$\{[^}]*\}")


def known_series(packs: Sequence[Pack], services: Sequence[Service]) -> Known:
    """Every series that the stack's metrics and rules make, with its labels.

    Raises:
        DeclarationError: a recording rule cannot be parsed, uses what nobody declares, or drops ``job``.
    """
    extra = _SCRAPE | {label for service in services for label in service.labels}
    known: Known = dict.fromkeys(_AUTOMATIC, extra)
    known |= dict.fromkeys(_ALERTS)
    for metric in (metric for pack in packs for metric in pack.metrics):
        labels = extra | set(metric.label_names)
        for name in metric.description.sample_names:
            known[name] = labels | {"le"} if name.endswith("_bucket") else labels
        if metric.type == "gauge" and metric.description.multiprocess_mode == "liveall":
            known[metric.name] = labels | {"pid"}
        if metric.type == "summary":
            known[metric.name] = labels | {"quantile"}
        if metric.type == "stateset":
            known[metric.name] = labels | {metric.name}
    recordings = [(pack, recording) for pack in packs for recording in pack.recordings]
    names = {recording.name for _, recording in recordings}
    for pack, recording in recordings:
        owner = f"recording {recording.name!r} of pack {pack.name!r}"
        expr = parse_checked(recording.expr, recording.place, owner, {**dict.fromkeys(names), **known})
        labels_left = labels_of(expr, known)
        if labels_left is not None and "job" not in labels_left:
            raise DeclarationError(
                f"{recording.place}: {owner} drops the label 'job', so nobody can tell whose it is; "
                "aggregate by (job, …)"
            )
        known[recording.name] = None if labels_left is None else labels_left | set(recording.labels)
    return known


def parse_checked(text: str, place: Place, owner: str, known: Known) -> Expr:
    """The tree of an expression whose metrics and labels are all declared.

    Raises:
        DeclarationError: it is not PromQL, uses a metric nobody declares, or matches or groups by a label that the
            metric does not have; with the user's line, and a caret under the character.
    """
    try:
        expr = parse(text)
        _check(expr, text, known)
    except ParseError as problem:
        shown = str(problem).split("\n", 1)[1]
        where = character(place, text, problem.position)
        raise DeclarationError(f"{where}: {owner}: {problem.message}\n{shown}") from None
    return expr


def _check(expr: Expr, text: str, known: Known) -> None:
    for node in walk(expr):
        if isinstance(node, VectorSelector):
            _check_selector(node, text, known)
        elif isinstance(node, Aggregate):
            inner = labels_of(node.expr, known)
            if inner is None:
                continue
            for label in node.grouping:
                if label not in inner and not (node.without and label in _SCRAPE):
                    at = _find(text, label, node.span.start, node.span.end)
                    raise ParseError(
                        f"no series here has the label {label!r}; there are {_list(inner)}{nearest(label, inner)}",
                        text,
                        at,
                    )


def _check_selector(node: VectorSelector, text: str, known: Known) -> None:
    if not node.name:
        return
    if node.name not in known:
        near = nearest(node.name, known)
        raise ParseError(
            f"no pack of the stack declares the metric {node.name!r}{f'{near} Else' if near else ';'} declare it in "
            "metrics=[…] of the pack (what others expose with Metric.foreign)",
            text,
            node.span.start,
        )
    labels = known[node.name]
    if labels is None:
        return
    for matcher in node.matchers:
        if matcher.name != NAME and matcher.name not in labels:
            at = _find(text, matcher.name, node.span.start + len(node.name), node.span.end)
            raise ParseError(
                f"{node.name!r} has no label {matcher.name!r}; it has {_list(labels)}{nearest(matcher.name, labels)}",
                text,
                at,
            )


def _find(text: str, word: str, start: int, end: int) -> int:
    found = re.compile(rf"\b{re.escape(word)}\b").search(text, start, end)
    return found.start() if found else start


def _list(labels: Iterable[str]) -> str:
    return ", ".join(sorted(labels)) or "none"


def limit_to(expr: Expr, services: Sequence[Service]) -> Expr:
    """The expression over the series of these services only: ``job`` is added where no matcher speaks of it."""
    pattern = "|".join(re.escape(service.name).replace("\\-", "-") for service in services)
    matcher = Matcher("job", "=~", pattern)

    def change(node: Expr) -> Expr:
        if isinstance(node, VectorSelector) and not _speaks_of(node, "job"):
            return replace(node, matchers=(*node.matchers, matcher))
        return node

    return rewrite(expr, change)


def limit_to_variables(expr: Expr, known: Known) -> Expr:
    """The expression over what is chosen on a dashboard: ``$job``, and ``$instance`` where the series has one."""

    def change(node: Expr) -> Expr:
        if not isinstance(node, VectorSelector):
            return node
        added = [] if _speaks_of(node, "job") else [Matcher("job", "=~", "$job")]
        labels = known.get(node.name)
        if labels is not None and "instance" in labels and not _speaks_of(node, "instance"):
            added.append(Matcher("instance", "=~", "$instance"))
        return replace(node, matchers=(*node.matchers, *added))

    return rewrite(expr, change)


def without_variables(expr: Expr) -> Expr:
    """The expression without the matchers that wait for a dashboard's variable."""

    def change(node: Expr) -> Expr:
        if isinstance(node, VectorSelector):
            kept = tuple(matcher for matcher in node.matchers if not _VARIABLE.search(matcher.value))
            return node if len(kept) == len(node.matchers) else replace(node, matchers=kept)
        return node

    return rewrite(expr, change)


def _speaks_of(node: VectorSelector, label: str) -> bool:
    return any(matcher.name == label for matcher in node.matchers)


@dataclass(frozen=True, slots=True)
class Scale:
    """How time is stretched: ``factor`` on every duration, but no range shorter than ``shortest`` milliseconds."""

    factor: float = 1.0
    shortest: int = 0

    def of(self, ms: int, shortest: int = 0) -> int:
        """A duration in milliseconds, scaled; whole seconds where it is longer than one."""
        if self.factor == 1.0 or ms == 0:
            return ms
        exact = abs(ms) * self.factor
        rounded = round(exact / 1000) * 1000 if exact > 1000 else max(1, round(exact))
        least = min(abs(ms), shortest)
        return max(rounded, least) if ms > 0 else -max(rounded, least)


def scaled(expr: Expr, scale: Scale) -> Expr:
    """The expression with every range, offset and subquery step scaled."""
    if scale.factor == 1.0:
        return expr

    def change(node: Expr) -> Expr:
        match node:
            case MatrixSelector():
                return replace(node, range=scale.of(node.range, scale.shortest))
            case Subquery():
                step = scale.of(node.step, min(scale.shortest, 1000))
                return replace(
                    node, range=scale.of(node.range, scale.shortest), step=step, offset=scale.of(node.offset)
                )
            case VectorSelector():
                return replace(node, offset=scale.of(node.offset)) if node.offset else node
            case _:
                return node

    return rewrite(expr, change)
