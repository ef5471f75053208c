"""The regular expression of a variable is none, so the variable offers nothing, or everything.

`regex` picks from the values that the query of a variable has found. It is written as JavaScript writes it, with
slashes around it and flags behind (`/web-(.*)/i`) or plain. Where it cannot be read, Grafana shows an error in place
of the choices.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example
from vedette.check.dashboards._variables import uses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]

_DELIMITED: Final = re.compile(r"/(.*?)/([gimsuy]*)", re.DOTALL)
_GROUP: Final = re.compile(r"\(\?<(?=[A-Za-z_$])")

# What is wrong in JavaScript as well as in Python. Of the rest of Python's messages nobody knows.
_CLEAR: Final = (
    "missing ), unterminated subpattern", "unbalanced parenthesis", "unterminated character set", "nothing to repeat",
    "bad character range", "bad escape (end of pattern)",
)  # fmt: skip


def find(facts: Facts) -> Iterator[Finding]:
    """Expressions of variables that do not compile."""
    for dashboard in facts.dashboards:
        for index, variable in enumerate(dashboard.value.variables):
            problem = _problem(variable.regex)
            if variable.regex and problem:
                yield CHECK.finding(
                    dashboard.locate(f"templating.list[{index}].regex"),
                    f"variable {variable.name} of {dashboard.subject}",
                    f"its regular expression `{variable.regex}` cannot be read: {problem}",
                    "mend the expression; a plain character such as ( or [ is written with a backslash",
                )


def _problem(written: str) -> str:
    """Why it is none; ``""`` where it is one, or may be."""
    pattern = written.strip()
    if uses(pattern):
        return ""
    if pattern.startswith("/"):
        match = _DELIMITED.fullmatch(pattern)
        if match is None:
            return "it begins with a slash and does not end in one, with flags behind it at most"
        pattern = match.group(1)
    if pattern.startswith("(?i)"):
        return "JavaScript has no (?i); write the flag behind the last slash"
    try:
        re.compile(_GROUP.sub("(?P<", pattern.replace("[^]", ".").replace("[]", "")))
    except re.error as error:
        return error.msg if error.msg.startswith(_CLEAR) else ""
    except (OverflowError, RecursionError):
        return ""
    return ""


CHECK = Check(
    code="variable-regex",
    about="dashboards",
    level="error",
    find=find,
    bad=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [
    {"name": "job", "type": "query", "query": "label_values(up, job)", "refresh": 2, "regex": "/shop-(.*/"}
  ]},
  "panels": []
}
"""),
    good=Example("dashboard.json", """{
  "title": "Shop",
  "templating": {"list": [
    {"name": "job", "type": "query", "query": "label_values(up, job)", "refresh": 2, "regex": "/shop-(.*)/"}
  ]},
  "panels": []
}
"""),
)  # fmt: skip
