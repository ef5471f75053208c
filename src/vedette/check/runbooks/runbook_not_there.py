"""The link to the runbook is empty, or was never more than a placeholder.

Who is woken by the alert follows it and finds nothing, which is worse than no link at all. It comes to be when rules
are copied from a template. In a stack, the file that ``runbook=`` names does not exist.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_KEYS: Final = ("runbook_url", "runbook", "runbookUrl", "runbookURL", "runbook_link")
_NOTHING: Final = re.compile(
    r"\W*|(?:todo|fixme|tbd|tba|none|null|n/?a|xxx+|wip|coming soon|placeholder|changeme|url|link)\W*(?:\w+\W*){0,4}"
    r"|https?://(?:todo|fixme|tbd|xxx+|placeholder|changeme|your[-.\w]*|url|link)?/?",
    re.IGNORECASE,
)
# https://www.rfc-editor.org/rfc/rfc2606: these hosts belong to nobody
_RESERVED: Final = re.compile(
    r"https?://(?:[\w-]+\.)*(?:example\.(?:com|org|net)|example|invalid)(?:[:/#?].*)?", re.IGNORECASE
)
_LEFT: Final = re.compile(r"<[^<>]+>|\bYOUR[_-]|\bmy-?company\b|\bmycorp\b", re.IGNORECASE)


def find(facts: Facts) -> Iterator[Finding]:
    """Annotations that are no address."""
    if facts.kind == "declared":
        return  # the build makes the address, and refuses a runbook whose file is not there
    for alert in facts.alerts:
        for key in _KEYS:
            text = alert.annotations.get(key)
            why = _wrong(text.value.strip()) if text is not None else ""
            if text is not None and why:
                yield CHECK.finding(
                    text.place,
                    alert.subject,
                    f"{key} {why}",
                    "write the address of a page that says what to do, or remove the annotation",
                )


def _wrong(value: str) -> str:
    if not value:
        return "is empty"
    if _NOTHING.fullmatch(value) or _LEFT.search(value):
        return f"is {value!r}, which is no address"
    return f"is {value!r}, and that host belongs to nobody" if _RESERVED.fullmatch(value) else ""


CHECK = Check(
    code="runbook-not-there",
    about="runbooks",
    level="warning",
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
          summary: "The shop at {{ $labels.instance }} does not answer"
          runbook_url: TODO  # <-
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
          summary: "The shop at {{ $labels.instance }} does not answer"
          runbook_url: https://wiki.shop.test/runbooks/shop-down
""",
    ),
)
