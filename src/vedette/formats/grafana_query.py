"""PromQL in dashboards, with Grafana's variables in it: a tree whose spans are offsets in the text as it is written.

Each variable is replaced by as many characters of what may stand there (a name, a number, a duration…). Then the tree
is made to say nothing of what the variable decides: no label, no name, no number comes from it. Only ranges, offsets
and steps do: they are an hour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, Literal

from vedette.promql.ast import (
    Aggregate,
    Binary,
    Call,
    Expr,
    Matching,
    Number,
    String,
    VectorSelector,
)
from vedette.promql.labels import NAME, Matcher
from vedette.promql.parser import ParseError, parse
from vedette.promql.walk import rewrite

__all__ = ["VARIABLE", "tree"]

# https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/; $1 is a group of label_replace
VARIABLE: Final = re.compile(
    r"\$\{[A-Za-z_]\w*(?:\.[^:}]+)?(?::[^}]*)?\}|\[\[[A-Za-z_]\w*(?::\w+)?\]\]|\$[A-Za-z_]\w*", re.ASCII
)
"""A variable, in any of its three spellings."""

Kind = Literal["text", "quoted", "matcher", "name", "number", "duration", "digits", "unit", "aggregation", "over time"]
_TRIED: Final[tuple[Kind, ...]] = ("name", "number", "duration", "aggregation", "over time")
_MARK: Final = "\ue000"
"""Stands for each character of a variable within a string."""
_NEVER_NAMES: Final = "zqxjkvwyhbgupfmdlcrnsoitae"
_BETWEEN: Final = re.compile(r"\"(?:[^\"\\\n]++|\\.)*+\"|'(?:[^'\\\n]++|\\.)*+'|`[^`]*+`|#[^\n]*+", re.DOTALL)
_OPERATOR: Final = re.compile(r"(?:[-+*/%^<>]|[=!<>]=(?:\s*bool)?|\bbool)\s*$")
_FIRST_NUMBER: Final = re.compile(
    r"\b(?:topk|bottomk|limitk|quantile|histogram_quantile|quantile_over_time)\b[^(]*\(\s*$|,\s*$"
)
_CALLED: Final = re.compile(r"\s*(?:\(|(?:by|without)\s*\()", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class _Variable:
    start: int
    end: int
    kind: Kind
    tried: set[Kind] = field(default_factory=set)


@lru_cache(maxsize=4096)
def tree(text: str) -> Expr | None:
    """The tree of a panel's query; None where a variable stands for so much that nothing can be known.

    Raises:
        ParseError: the text is not PromQL, whatever its variables are.
    """
    variables = _variables(text)
    if not variables:
        return parse(text)
    letter = next((one for one in _NEVER_NAMES if one * 2 not in text.lower()), "")
    if not letter:
        return None
    for _ in range(len(_TRIED) * len(variables) + 1):
        try:
            return _neutral(parse(_filled(text, variables, letter)), text, variables, letter * 2)
        except ParseError as error:
            if not _try_another(error.position, text, variables):
                if any(_near(one, error.position, text) for one in variables):
                    return None
                raise ParseError(error.message, text, error.position) from None
    return None


def _variables(text: str) -> list[_Variable]:
    if "$" not in text and "[[" not in text:
        return []
    quoted = [found.span() for found in _BETWEEN.finditer(text)]
    found: list[_Variable] = []
    plain = list(text)  # without strings and comments, to tell what stands around a variable
    for start, end in quoted:
        plain[start:end] = '"' * (end - start)
    for one in VARIABLE.finditer(text):
        start, end = one.span()
        if any(first < start < last for first, last in quoted):
            found.append(_Variable(start, end, "text"))
    for one in VARIABLE.finditer("".join(plain)):
        plain[one.start() : one.end()] = "_" * (one.end() - one.start())
        found.append(_Variable(one.start(), one.end(), "name"))
    whole = "".join(plain)
    for variable in found:
        if variable.kind == "name":
            variable.kind = _kind(whole, variable.start, variable.end)
    return found


def _kind(text: str, start: int, end: int) -> Kind:
    """What a variable most probably stands for, by what is around it."""
    before, after = text[:start], text[end:]
    last, following = before[-1:], after[:1]
    if before.count("[") > before.count("]"):
        if last.isdigit():
            return "unit"
        return "digits" if following.isalpha() else "duration"
    if re.search(r"(?:^|[^\w.])[\d.]+$", before):
        return "digits"
    if before.count("{") > before.count("}"):
        if re.search(r"[{,]\s*$", before) and re.match(r"\s*(?:[,}]|$)", after):
            return "matcher"
        return "quoted" if re.search(r"[=~]\s*$", before) else "name"
    if re.search(r"\boffset\s*-?\s*$", before, re.IGNORECASE):
        return "duration"
    if re.search(r"@\s*$", before):
        return "number"
    if last.isalnum() or last in ("_", ":"):
        return "name"
    if _CALLED.match(after):
        return "aggregation"
    if following.isalnum() or following in ("_", ":", "{", "["):
        return "name"
    return "number" if _OPERATOR.search(before) or _FIRST_NUMBER.search(before) else "name"


def _filled(text: str, variables: list[_Variable], letter: str) -> str:
    parts: list[str] = []
    at = 0
    for one in sorted(variables, key=lambda one: one.start):
        if one.start < at:
            continue
        parts += [text[at : one.start], _filling(one.kind, one.end - one.start, letter)]
        at = one.end
        comma = (
            re.match(r"\s*,", text[at:]) if one.kind == "matcher" and re.search(r"\{\s*$", text[: one.start]) else None
        )
        if comma:
            parts.append(" " * comma.end())
            at += comma.end()
    return "".join([*parts, text[at:]])


def _filling(kind: Kind, length: int, letter: str) -> str:
    match kind:
        case "text":
            return _MARK * length
        case "quoted":
            return f'"{_MARK * (length - 2)}"'
        case "matcher":
            return " " * length
        case "number":
            return "1".ljust(length)
        case "digits":
            return "1".rjust(length, "0")
        case "duration":
            return "1h".ljust(length)
        case "unit":
            return "h".ljust(length)
        case "aggregation" if length > 2:
            return "max".ljust(length)
        case "over time" if length > 3:
            return "rate".ljust(length)
        case _:
            return letter * length


def _near(variable: _Variable, position: int, text: str) -> bool:
    """Whether an error there may be the variable's."""
    return variable.start <= position and not text[variable.end : max(position, variable.end)].strip()


def _try_another(position: int, text: str, variables: list[_Variable]) -> bool:
    """Let the variable that an error is about stand for something else; False where all was tried."""
    near = [one for one in variables if _near(one, position, text)]
    for one in [*near, *(one for one in variables if one.kind == "aggregation" and one not in near)]:
        if one.kind in ("text", "matcher", "unit"):
            continue
        one.tried.add(one.kind)
        kinds = _TRIED if one in near else ("over time",)
        left = [kind for kind in kinds if kind not in one.tried]
        if left:
            one.kind = left[0]
            return True
    return False


def _neutral(filled: Expr, text: str, variables: list[_Variable], mark: str) -> Expr:
    """The tree without what only stands in for a variable."""
    called = {one.start for one in variables if one.kind in ("aggregation", "over time")}
    numbers = [one for one in variables if one.kind in ("number", "digits")]

    def change(node: Expr) -> Expr:
        match node:
            case Number() if any(one.start < node.span.end and node.span.start < one.end for one in numbers):
                return Call("scalar", (VectorSelector("", (), span=node.span),), node.span)
            case String() if _MARK in node.value:
                return replace(node, value=text[node.span.start + 1 : node.span.end - 1])
            case VectorSelector():
                return _selector(node, mark)
            case Aggregate():
                return _aggregate(node, mark, open_=node.span.start in called)
            case Call(func="rate") if node.span.start in called:
                return replace(node, func="last_over_time")
            case Binary() if node.matching is not None:
                return replace(node, matching=_matching(node.matching, mark))
            case _:
                return node

    return rewrite(filled, change)


def _selector(node: VectorSelector, mark: str) -> VectorSelector:
    kept: list[Matcher] = []
    for one in node.matchers:
        if mark in one.name or (one.name == NAME and (mark in one.value or _MARK in one.value)):
            continue
        if _MARK not in one.value:
            kept.append(one)
        elif one.op in ("=", "=~"):
            kept.append(Matcher(one.name, "=~", ".+"))
    name = "" if mark in node.name or _MARK in node.name else node.name
    return (
        node if name == node.name and tuple(kept) == node.matchers else replace(node, name=name, matchers=tuple(kept))
    )


def _aggregate(node: Aggregate, mark: str, *, open_: bool) -> Aggregate:
    """What is grouped by a variable may keep every label."""
    kept = tuple(label for label in node.grouping if mark not in label)
    if (kept != node.grouping and not node.without) or (open_ and not node.grouping):
        return replace(node, grouping=(), without=True)
    return node if kept == node.grouping else replace(node, grouping=kept)


def _matching(matching: Matching, mark: str) -> Matching:
    include = tuple(label for label in matching.include if mark not in label)
    labels = tuple(label for label in matching.labels if mark not in label)
    on = matching.on and labels == matching.labels
    return replace(matching, on=on, labels=labels if on or not matching.on else (), include=include)
