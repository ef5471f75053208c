"""A regular expression is anchored with ^ or $, which Prometheus does anyway.

A matcher always has to match the whole value: `{job=~"shop"}` does not find `shop-2`. Anchors change nothing, and let
the next reader believe that expressions without them match a part.

https://prometheus.io/docs/prometheus/latest/querying/basics/#time-series-selectors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.finding import Edit
from vedette.check.literals import regexes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(facts: Facts) -> Iterator[Finding]:
    """Every anchor at the ends of a regular expression."""
    for literal in regexes(facts):
        body = literal.token[1:-1]
        less = _without_anchors(body)
        if less == body or not less:
            continue
        quote = literal.token[0]
        new = f"{quote}{less}{quote}"
        yield CHECK.finding(
            literal.place,
            literal.query.owner,
            f"{literal.matcher} is anchored twice: a matcher always has to match the whole value",
            f"write {literal.matcher.name}{literal.matcher.op}{new}",
            edit=Edit(literal.place, literal.text, literal.text.removesuffix(literal.token) + new),
        )


def _without_anchors(body: str) -> str:
    less = body.removeprefix("^")
    if less.endswith("$"):
        backslashes = len(less[:-1]) - len(less[:-1].rstrip("\\"))
        if not backslashes:
            less = less[:-1]
    return less


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{job=~"%s"} == 0%s
"""

CHECK = Check(
    code="anchored-regex",
    about="queries",
    level="note",
    find=find,
    bad=Example("rules.yml", _FILE % ("^shop-.*$", "  # <-")),
    good=Example("rules.yml", _FILE % ("shop-.*", "")),
)
