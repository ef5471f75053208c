"""A query inside an alert's text cannot be answered, so the text is an error message when the alert fires.

``{{ query "…" }}`` asks while the alert is being sent. Nothing looks at that query before, neither whether it is
PromQL nor whether its metric exists; and ``first`` fails on an empty answer, which makes the whole text ``<error
expanding template: …>``.
https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#queries
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.check.alerts._texts import all_texts
from vedette.check.check import Check, Example
from vedette.promql import ParseError, parse
from vedette.promql.ast import VectorSelector
from vedette.promql.walk import value_type, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.alerts._texts import Written
    from vedette.check.facts import Alert, Facts
    from vedette.check.finding import Finding
    from vedette.formats.template_uses import QueryUse

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Queries in texts that are broken, or ask for what does not exist."""
    for alert in facts.alerts:
        for written in all_texts(alert):
            for query in written.uses.queries:
                yield from _query(facts, alert, written, query)


def _query(facts: Facts, alert: Alert, written: Written, query: QueryUse) -> Iterator[Finding]:
    try:
        tree = parse(query.text)
    except ParseError as error:
        yield CHECK.finding(
            written.text.locate(query.at(error.position)),
            alert.subject,
            f"the query in {written} is not PromQL: {error.message}",
            "correct the query, and try it where queries are typed",
            certain=query.complete,
            level=None if query.complete else "warning",
        )
        return
    kind = value_type(tree)
    if kind not in ("instant vector", "scalar"):
        yield CHECK.finding(
            written.text.locate(query.at(0)),
            alert.subject,
            f"the query in {written} yields a {kind}, and a template can only show an instant vector",
            "take the range away, or put a function such as rate() or max_over_time() around it",
        )
    if not facts.complete:
        return
    for node in walk(tree):
        if isinstance(node, VectorSelector) and node.name and facts.known(node.name) is None:
            fails = ", and `first` fails on an empty answer" if query.first else ""
            yield CHECK.finding(
                written.text.locate(query.at(node.span.start)),
                alert.subject,
                f"the query in {written} asks for {node.name!r}, which nothing exposes or records{fails}",
                f"ask for a metric that exists{nearest(node.name, facts.series)}",
            )


CHECK = Check(
    code="template-query",
    about="alerts",
    level="error",
    find=find,
    bad=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
        annotations:
          summary: "{{ $labels.instance }} is down; {{ query `sum(up{job='shop'}` | first | value }} are left"  # <-
""",
    ),
    good=Example(
        "rules.yml",
        """\
groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{job="shop"} == 0
        for: 5m
        labels: {severity: critical}
        annotations:
          summary: "{{ $labels.instance }} is down; {{ query `sum(up{job='shop'})` | first | value }} are left"
""",
    ),
)
