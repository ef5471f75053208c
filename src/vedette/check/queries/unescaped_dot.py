r"""A dot in a regular expression of a host name or address matches any character.

`{host=~"api.example.com|www.example.com"}` finds `api-example.com` too, and `{instance=~"10.1.1.1.*"}` finds
`10.1.101.5`. It seldom matters on the day it is written, and is hard to find on the day it does.

A dot that means a dot is written `\\.` between double quotes.
https://github.com/google/re2/wiki/Syntax
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.finding import Edit
from vedette.check.literals import regexes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_ADDRESS: Final = re.compile(r"\d{1,3}(\.\d{1,3}){3}(:\d+)?")
_HOST: Final = re.compile(
    r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.(com|org|net|io|dev|app|eu|de|uk|fr|local|internal|lan|localdomain)(:\d+)?"
)


def find(facts: Facts) -> Iterator[Finding]:
    """Every alternative of a regular expression that reads like a host."""
    for literal in regexes(facts):
        parts = literal.matcher.value.strip("^$()").removeprefix("?:").split("|")
        hosts = [part for part in parts if _ADDRESS.fullmatch(part) or _HOST.fullmatch(part)]
        if not hosts:
            continue
        dot = "\\." if literal.token[0] == "`" else "\\\\."
        new = literal.text
        for host in sorted(hosts, key=len, reverse=True):
            new = new.replace(host, host.replace(".", dot))
        host = hosts[0]
        yield CHECK.finding(
            literal.place,
            literal.query.owner,
            f"in {literal.matcher} a dot matches any character, so that {host} also stands for "
            f"{host.replace('.', '-')}",
            f"write {host.replace('.', dot)}",
            edit=Edit(literal.place, literal.text, new),
        )


_FILE: Final = """groups:
  - name: shop
    rules:
      - alert: ShopDown
        expr: up{instance=~"%s"} == 0%s
"""

CHECK = Check(
    code="unescaped-dot",
    about="queries",
    level="note",
    find=find,
    bad=Example("rules.yml", _FILE % ("shop.example.com:.*|api.example.com", "  # <-")),
    good=Example("rules.yml", _FILE % (r"shop\\.example\\.com:.*|api\\.example\\.com", "")),
)
