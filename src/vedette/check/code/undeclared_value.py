"""The code gives a label a value that its metric does not declare, so that it is counted as something else.

A metric with ``labels={"channel": ["web", "app"]}`` counts ``orders.inc(channel="wb")`` under the value ``_OTHER`` and
says so once in the log; under pytest it raises. Nobody who looks for the channel ``web`` finds what happened. It comes
to be by a slip, and where a value is renamed in the declaration and not in the code, or the other way round.

Looked at are texts that are written where they are used, and names of the same project that stand for such a text. The
project's files are read, not run, as never-touched does it; what cannot be followed for certain is left alone.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from vedette.catalog.names import closest
from vedette.check.check import Check, Example
from vedette.check.code._names import Names
from vedette.check.code._project import modules
from vedette.check.metrics._uses import declared, is_own
from vedette.instruments.metrics import OVERFLOW
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vedette.check.code._names import Call
    from vedette.check.code._project import Module
    from vedette.check.facts import Facts
    from vedette.check.finding import Finding
    from vedette.instruments.metrics import Metric

__all__ = ["CHECK", "find"]

_BEFORE: Final[Mapping[str, int]] = {
    "inc": 0, "dec": 0, "labels": 0, "count": 0, "time": 0, "track": 0, "track_inprogress": 0, "set_to_current_time": 0,
    "set": 1, "observe": 1, "mirror": 1, "set_function": 1, "count_exceptions": 1, "state": 1, "switch": 2,
}  # fmt: skip
"""What updates a metric, and how many arguments stand before the values of labels."""


class _Given(NamedTuple):
    """A text that is given to a metric."""

    label: str
    """Empty for a state."""
    value: str
    place: Place


def find(facts: Facts) -> Iterator[Finding]:
    """The texts that are none of those declared."""
    own = [metric for metric, _ in declared(facts.stack) if not metric.exporter and is_own(metric)]
    wanted = {(Path(one.place.file).resolve(), one.place.line): one for one in own if _allowed(one)}
    if not wanted:
        return
    project = modules(facts.folders, (Path(metric.place.file) for metric in own))
    known = {
        (module.path, name): metric
        for module in project
        for made in module.made
        for name in made.names
        if not made.attribute
        and (metric := wanted.get((module.path, made.place.line))) is not None
        and metric.name == made.metric
    }
    names = Names(project)
    for module in _reached({path for path, _ in known}, project):
        for call in names.calls(module):
            if call.method in _BEFORE and (variable := names.variable(module, call)) in known:
                yield from _of_call(names, module, call, known[variable])


def _reached(homes: set[Path], project: tuple[Module, ...]) -> list[Module]:
    """The modules that can have something of these files, directly or from one another, and that call it."""
    names = {module.name for module in project if module.path in homes}
    folders = {part for path in homes for part in path.parts}

    def imports(module: Module) -> bool:
        found = [source for sources in module.imported.values() for source in sources]
        return any({*source} & names or (not source[1] and source[0] in folders) for source in found)

    while more := {module.name for module in project if module.name not in names and imports(module)}:
        names |= more
    return [
        module for module in project if module.name in names and any(dotted[-1] in _BEFORE for dotted in module.touched)
    ]


def _allowed(metric: Metric) -> dict[str, tuple[str, ...]]:
    """Label → all values that it may have, where the declaration says; the states are under ``""``."""
    found = {name: values for name, values in metric.label_values.items() if values is not None}
    return {**found, **({"": metric.states} if metric.states else {})}


def _of_call(names: Names, module: Module, call: Call, metric: Metric) -> Iterator[Finding]:
    allowed = _allowed(metric)
    for given in _given(names, module, call, metric):
        values = allowed.get(given.label)
        if values is None or given.value in values or (given.label and given.value == OVERFLOW):
            continue
        near = closest(given.value, values)
        listed = ", ".join(values)
        what = f"{given.label}={given.value!r}" if given.label else f"the state {given.value!r}"
        outcome = f"it is counted as {OVERFLOW}" if given.label else "nothing is set"
        yield CHECK.finding(
            given.place,
            f"metric {metric.name}",
            f"{'.'.join(call.receiver)}.{call.method}(…) is given {what}, which is not declared ({listed}): {outcome}, "
            "and an error under pytest",
            f"write {near!r}" if near else f"write one of {listed}, or declare the value at {_where(metric, module)}",
        )


def _where(metric: Metric, module: Module) -> str:
    file = Path(metric.place.file)
    return f"line {metric.place.line}" if file.resolve() == module.path else f"{file.name}:{metric.place.line}"


def _given(names: Names, module: Module, call: Call, metric: Metric) -> Iterator[_Given]:
    before = _BEFORE[call.method] - (metric.type == "info" and call.method == "set")
    arguments: list[tuple[str, ast.expr]] = []
    for index, value in enumerate(call.node.args):
        if isinstance(value, ast.Starred):
            break  # nobody knows how many these are
        if index >= before:
            arguments += [(name, value) for name in metric.label_names[index - before : index - before + 1]]
        elif index == 0 and metric.type == "stateset":
            arguments.append(("", value))
    arguments += [(one.arg, one.value) for one in call.node.keywords if one.arg in metric.label_names]
    for label, value in arguments:
        for text, node in _texts(names, module, call, value):
            yield _Given(label, text, Place(str(module.path), node.lineno, node.col_offset + 1))


def _texts(names: Names, module: Module, call: Call, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """The texts that an argument can be, each with where it is written."""
    match value:
        case ast.Constant(value=str(text)):
            yield text, value
        case ast.IfExp():
            yield from _texts(names, module, call, value.body)
            yield from _texts(names, module, call, value.orelse)
        case ast.Name():
            found = names.text(module, call, value.id)
            if found is not None:
                yield found, value
        case _:
            pass


_STACK: Final = """\
from vedette import Counter, Pack, Service, Stack

orders = Counter("shop_orders_total", help="Orders placed.", labels={{"channel": ["web", "app"]}})
shop = Pack("shop", metrics=[orders])
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])


def place():
    orders.inc(channel="{}"){}
"""

CHECK = Check(
    code="undeclared-value",
    about="code",
    level="error",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("wb", "  # <-")),
    good=Example("observability.py", _STACK.format("web", "")),
)
