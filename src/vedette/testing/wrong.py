"""What a test cannot mean: names, labels and times of which an assertion could never say anything.

Such a test would pass or fail for the wrong reason, so it is an error that names what was probably meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.catalog.names import nearest
from vedette.duration import format_duration
from vedette.promql.ast import Binary, Call, VectorSelector
from vedette.promql.flow import analyse
from vedette.promql.flow.outcome import joined
from vedette.promql.parser import parse
from vedette.promql.walk import children

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from vedette.build.plan import Plan
    from vedette.formats.rules import AlertingRule, RuleFile
    from vedette.place import Place
    from vedette.promql.ast import Expr

__all__ = [
    "check_address",
    "check_exported",
    "check_labels",
    "check_long_enough",
    "check_simulated",
    "find_alert",
    "unread",
]


def find_alert(name: str, rules: Sequence[AlertingRule]) -> list[AlertingRule]:
    """The rules of this name; there is one for each set of parameters that a pack is used with.

    Raises:
        LookupError: there is none.
    """
    __tracebackhide__ = True
    found = [rule for rule in rules if rule.alert == name]
    if not found:
        names = sorted({rule.alert for rule in rules})
        raise LookupError(f"no alert is called {name!r}{nearest(name, names) or _there_are(names)}")
    return found


def check_labels(labels: Mapping[str, str], rules: Sequence[AlertingRule], plan: Plan, instance: str) -> None:
    """See that one of the rules can have an alert with these labels.

    Raises:
        TypeError: a label that its query drops, or that nobody adds.
        ValueError: a value that this label cannot have.
    """
    __tracebackhide__ = True
    problems = [problem for rule in rules if (problem := _problem(labels, rule, plan, instance)) is not None]
    if len(problems) == len(rules):
        raise problems[0]


def _problem(labels: Mapping[str, str], rule: AlertingRule, plan: Plan, instance: str) -> Exception | None:
    left = joined(analyse(parse(rule.expr), plan.known.get).branches)
    own = {"alertname": rule.alert, **rule.labels}
    for name, value in labels.items():
        fixed = own.get(name)
        if fixed is not None:
            allowed = None if "{{" in fixed else frozenset({fixed})
        elif left.get(name).state == "never":
            possible = sorted({*own, *(left.possible() or ())} - {"__name__"})
            return TypeError(
                f"the alert {rule.alert!r} cannot have the label {name!r}{nearest(name, possible)}; "
                f"its labels: {', '.join(possible)}"
            )
        else:
            allowed = frozenset({instance}) if name == "instance" else left.get(name).values
        if allowed is not None and value not in allowed:
            return ValueError(
                f"the alert {rule.alert!r} cannot have {name}={value!r}{nearest(value, allowed)}; "
                f"{name} is {' or '.join(sorted(allowed))}"
            )
    return None


def check_address(to: str, known: Sequence[str]) -> None:
    """See that somebody can be told at this address.

    Raises:
        LookupError: nobody can.
    """
    __tracebackhide__ = True
    if to not in known:
        there = _there_are(known) if known else "; nobody is told anything: notify= is empty"
        raise LookupError(f"no receiver has the address {to!r}{nearest(to, known) or there}")


def _there_are(names: Sequence[str]) -> str:
    return f"; there are: {', '.join(names)}"


def check_simulated(within: int, simulated: int) -> None:
    """See that as much time was simulated as is asked about; both are milliseconds.

    Raises:
        ValueError: it was less.
    """
    __tracebackhide__ = True
    if within <= 0:
        raise ValueError("within is a time after the beginning of the block; write for example within='7m'")
    if within > simulated:
        raise ValueError(
            f"within={format_duration(within)!r} ends after what was simulated, which is "
            f"{format_duration(simulated - simulated % 1000)}; let more time pass, or ask about less"
        )


def check_long_enough(rules: Sequence[AlertingRule], simulated: int) -> None:
    """See that one of an alert's rules could have fired in so many milliseconds.

    Raises:
        ValueError: none could.
    """
    __tracebackhide__ = True
    needs = min(rule.for_ for rule in rules)
    if simulated <= needs:
        raise ValueError(
            f"{rules[0].alert!r} fires after {format_duration(needs)} at the soonest, and only "
            f"{format_duration(simulated)} were simulated; let more time pass"
        )


def check_exported(
    rules: Sequence[AlertingRule], files: Sequence[RuleFile], exported: Collection[str], declared: Mapping[str, Place]
) -> None:
    """See that one of the rules has everything to read that it needs.

    Args:
        rules: of one alert.
        files: all rules; see `unread`.
        exported: see `unread`.
        declared: where the metrics of this process are declared, by the names of their samples.

    Raises:
        LookupError: a metric is missing.
    """
    __tracebackhide__ = True
    lacking = [unread(rule.expr, files, exported) for rule in rules]
    if not all(lacking):
        return
    name = lacking[0][0]
    why = (
        f"which is declared at {declared[name]}, but has no series: nothing has counted there yet"
        if name in declared
        else f"which the application does not export{nearest(name, exported)}"
    )
    raise LookupError(f"the alert {rules[0].alert!r} reads {name}, {why}")


def unread(expr: str, files: Iterable[RuleFile], exported: Collection[str]) -> list[str]:
    """The metrics without which a query can yield nothing and which nobody exports.

    Args:
        expr: the query.
        files: rules, through which what is recorded is followed.
        exported: the names of all series that there were.
    """
    recorded: dict[str, list[str]] = {}
    for rule in (rule for file in files for group in file.groups for rule in group.rules):
        if not hasattr(rule, "alert"):
            recorded.setdefault(rule.record, []).append(rule.expr)
    return list(dict.fromkeys(_unread(parse(expr), recorded, exported, frozenset())))


def _unread(
    node: Expr, recorded: Mapping[str, list[str]], exported: Collection[str], seen: frozenset[str]
) -> list[str]:
    match node:
        case VectorSelector(name=name):
            if not name or name in exported or name in seen:
                return []
            if name not in recorded:
                return [name]
            ways = [_unread(parse(one), recorded, exported, seen | {name}) for one in recorded[name]]
            return [] if not all(ways) else ways[0]
        case Call(func="absent" | "absent_over_time"):
            return []
        case Binary(op="or"):
            left, right = (_unread(side, recorded, exported, seen) for side in (node.lhs, node.rhs))
            return left + right if left and right else []
        case Binary(op="unless"):
            return _unread(node.lhs, recorded, exported, seen)
        case _:
            return [name for child in children(node) for name in _unread(child, recorded, exported, seen)]
