"""A regular expression stands where a plain text would do, or matches everything.

`{job=~"shop"}` finds what `{job="shop"}` finds, and the reader wonders which other jobs are meant. `{job=~".*"}` finds
every series, also those without the label, so that it says nothing. Plain matchers are also faster.

Most are left over from a list of alternatives, or from a template with one value.
https://prometheus.io/docs/prometheus/latest/querying/basics/#time-series-selectors
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.finding import Edit
from vedette.check.literals import Literal, regexes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_META: Final = re.compile(r"[\\.+*?()|\[\]{}^$]")
_ONE: Final = re.compile(r"\((?:\?:)?([^\\.+*?()|\[\]{}^$]*)\)")
_ALL: Final = frozenset({".*", "(.*)", "^.*$", "^.*", ".*$"})


def find(facts: Facts) -> Iterator[Finding]:
    """Every regular expression without anything regular in it, and each that matches all."""
    for literal in regexes(facts):
        matcher = literal.matcher
        if matcher.op == "=~" and matcher.value in _ALL:
            yield CHECK.finding(
                literal.place,
                literal.query.owner,
                f"{matcher} matches everything, series without the label {matcher.name} too",
                f'take it out, or write {matcher.name}!="" for series that have the label',
            )
        elif (text := _plain(matcher.value)) is not None:
            op = "=" if matcher.op == "=~" else "!="
            yield CHECK.finding(
                literal.place,
                literal.query.owner,
                f"{matcher} is a regular expression that matches one text only",
                f'write {matcher.name}{op}"{text}"',
                edit=_edit(literal, op, text),
            )


def _plain(pattern: str) -> str | None:
    if not _META.search(pattern):
        return pattern
    alone = _ONE.fullmatch(pattern)
    return alone[1] if alone else None


def _edit(literal: Literal, op: str, text: str) -> Edit:
    quote = literal.token[0]
    return Edit(literal.place, literal.text, f"{op}{quote}{text}{quote}")


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{job%s"shop"} == 0%s
"""

CHECK = Check(
    code="useless-regex",
    about="queries",
    level="note",
    find=find,
    bad=Example("rules.yml", _FILE % ("=~", "  # <-")),
    good=Example("rules.yml", _FILE % ("=", "")),
)
