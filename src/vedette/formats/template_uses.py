"""What a label or annotation of an alerting rule uses: labels, the value, queries; each with its offset in the text.

The template is not run: every path through it is walked with what each name can stand for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from vedette.formats.gotemplate.parse import (
    Action,
    Branch,
    Call,
    Chain,
    Constant,
    Dot,
    Field,
    Function,
    Include,
    Pipeline,
    Text,
    Variable,
)
from vedette.formats.template_functions import rule_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vedette.formats.gotemplate.parse import Argument, Body, TemplateError, Tree

__all__ = ["LabelUse", "QueryUse", "TemplateUses", "ValueUse", "error_offset", "template_uses"]


@dataclass(frozen=True, slots=True)
class LabelUse:
    """``$labels.x``, ``index .Labels "x"`` and their like."""

    name: str
    offset: int
    guarded: bool = False
    """Whether the text provides for the label's absence: it asks first, or has another to fall back on."""


@dataclass(frozen=True, slots=True)
class ValueUse:
    """A place where the alert's value is printed."""

    offset: int
    functions: tuple[str, ...] = ()
    """What it goes through, in that order: ``humanize``, ``printf``."""
    format: str = ""
    """That of the last ``printf``."""
    before: str = ""
    """The text that stands before, back to the previous action."""
    after: str = ""
    """The text that follows, up to the next action."""


@dataclass(frozen=True, slots=True)
class QueryUse:
    """A call of ``query``."""

    text: str
    """The expression; what ``printf`` puts into it is a placeholder."""
    offset: int
    """Where the expression begins in the template's text."""
    verbatim: bool
    """Whether it stands there character by character."""
    complete: bool = True
    """Whether all of it is known, with no placeholder in it."""
    first: bool = False
    """Whether ``first`` takes its first element, and fails where there is none."""

    def at(self, position: int) -> int:
        """The offset in the template's text of a position in the expression."""
        return self.offset + position if self.verbatim else self.offset


@dataclass(frozen=True, slots=True)
class TemplateUses:
    """All that a text uses, in its order."""

    labels: tuple[LabelUse, ...] = ()
    external_labels: tuple[LabelUse, ...] = ()
    values: tuple[ValueUse, ...] = ()
    queries: tuple[QueryUse, ...] = ()
    all_labels: bool = False
    """Whether it prints the labels as a whole or loops over them."""


# What a name can stand for.


@dataclass(frozen=True, slots=True)
class _Data:
    """The first dot."""


@dataclass(frozen=True, slots=True)
class _Labels:
    """The alert's labels, the external ones, or those of an element of a query."""

    of: str


@dataclass(frozen=True, slots=True)
class _Label:
    name: str
    of: str


@dataclass(frozen=True, slots=True)
class _Value:
    offset: int
    functions: tuple[str, ...] = ()
    format: str = ""
    made: _Written | None = None
    """The text that ``printf`` puts it into."""


@dataclass(frozen=True, slots=True)
class _Result:
    """What ``query`` gives; ``call`` is its number among the calls."""

    call: int


@dataclass(frozen=True, slots=True)
class _Element:
    """One series of a query."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A text known before the template runs, and whether it stands there as it is."""

    text: str
    offset: int
    verbatim: bool
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Arguments:
    """What ``args`` gives."""

    items: tuple[_Thing, ...]


@dataclass(frozen=True, slots=True)
class _Unknown:
    """Anything else: numbers, what functions make of labels."""


_Thing = _Data | _Labels | _Label | _Value | _Result | _Element | _Written | _Arguments | _Unknown

_UNKNOWN: Final = _Unknown()
_ALERT: Final = "alert"
_EXTERNAL: Final = "external"
_OTHER: Final = "query"
_FIELDS: Final[dict[str, _Thing]] = {
    "Labels": _Labels(_ALERT),
    "ExternalLabels": _Labels(_EXTERNAL),
    "ExternalURL": _UNKNOWN,
}
_VARIABLES: Final[dict[str, _Thing]] = {
    "$": _Data(),
    "$labels": _Labels(_ALERT),
    "$externalLabels": _Labels(_EXTERNAL),
    "$externalURL": _UNKNOWN,
}
_MAX_DEPTH: Final = 20  # templates that include themselves
_COMPARISONS: Final = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "match"))
_DECISIONS: Final = _COMPARISONS | {"and", "or", "not", "len", "index"}
_EMPTY_OF_EMPTY: Final = frozenset(
    ("title", "toLower", "toUpper", "stripPort", "stripDomain", "urlquery", "html", "safeHtml")
)
"""Functions that give an empty text for an empty text."""
_VERB: Final = re.compile(r"%(?:%|[-+# 0]*\d*(?:\.\d+)?([a-zA-Z]))")


@lru_cache(maxsize=4096)
def template_uses(text: str) -> TemplateUses:
    """What a text uses; nothing where it is plain.

    Raises:
        TemplateError: the text is not a template; `error_offset` tells where.
    """
    if "{{" not in text:
        return TemplateUses()
    template = rule_template(text)
    walk = _Walk(text, template.definitions)
    walk.body(template.tree.body, _Scope(dict(_VARIABLES), _Data()))
    return TemplateUses(
        labels=tuple(sorted(_once(walk.labels[_ALERT]), key=_offset)),
        external_labels=tuple(sorted(_once(walk.labels[_EXTERNAL]), key=_offset)),
        values=tuple(sorted(set(walk.values), key=_offset)),
        queries=tuple(sorted(set(walk.queries), key=_offset)),
        all_labels=walk.all_labels,
    )


def error_offset(error: TemplateError, text: str) -> int:
    """The offset in the text that an error's line and column stand for."""
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1


def _offset(use: LabelUse | ValueUse | QueryUse) -> int:
    return use.offset


def _once(uses: Iterable[LabelUse]) -> list[LabelUse]:
    """One for each place. A place that is walked twice is guarded only where it is so both times."""
    found: dict[int, LabelUse] = {}
    for use in uses:
        other = found.setdefault(use.offset, use)
        if other.guarded and not use.guarded:
            found[use.offset] = use
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Scope:
    """The variables and the dot at one place, and the labels that are known to be there."""

    variables: dict[str, _Thing]
    dot: _Thing
    present: frozenset[str] = frozenset()
    asking: bool = False
    """Whether the absence of a label decides something here: a condition, or an operand of ``or``."""
    depth: int = 0

    def inner(self, dot: _Thing, present: frozenset[str] = frozenset()) -> _Scope:
        """Within a branch: what is declared there ends there."""
        return replace(self, variables=dict(self.variables), dot=dot, present=self.present | present)


class _Walk:
    """Collects uses on the way through a template."""

    def __init__(self, text: str, definitions: Mapping[str, Tree]) -> None:
        self.text = text
        self.definitions = definitions
        self.labels: dict[str, list[LabelUse]] = {_ALERT: [], _EXTERNAL: []}
        self.values: list[ValueUse] = []
        self.queries: list[QueryUse] = []
        self.all_labels = False

    def body(self, body: Body, scope: _Scope) -> None:
        for index, node in enumerate(body):
            match node:
                case Action():
                    value = self.pipeline(node.pipeline, scope)
                    if not node.pipeline.variables:
                        self._print(value, body, index)
                case Branch():
                    self._branch(node, scope)
                case Include(pipeline=pipeline):
                    dot = _UNKNOWN if pipeline is None else self.pipeline(pipeline, scope)
                    tree = self.definitions.get(node.name)
                    if tree is not None and scope.depth < _MAX_DEPTH:
                        variables = {**_VARIABLES, "$": dot}
                        self.body(tree.body, _Scope(variables, dot, scope.present, depth=scope.depth + 1))

    def _print(self, value: _Thing, body: Body, index: int) -> None:
        match value:
            case _Data() | _Labels(of="alert"):
                self.all_labels = True
            case _Value():
                before, after = _text_at(body, index - 1), _text_at(body, index + 1)
                self.values.append(ValueUse(value.offset, value.functions, value.format, before, after))

    def _branch(self, node: Branch, scope: _Scope) -> None:
        if node.keyword == "range":
            self._range(node, scope)
            return
        within = scope.inner(scope.dot)
        asked = self.pipeline(node.pipeline, replace(within, asking=True))
        present, absent = _conditions(node.pipeline, asked, scope)
        dot = asked if node.keyword == "with" else scope.dot
        self.body(node.body, within.inner(dot, present))
        self.body(node.otherwise, within.inner(scope.dot, absent))

    def _range(self, node: Branch, scope: _Scope) -> None:
        within = scope.inner(scope.dot)
        over = self.pipeline(node.pipeline, replace(within, asking=True), bind=False)
        item: _Thing = _Element() if isinstance(over, _Result) else _UNKNOWN
        if over == _Labels(_ALERT):
            self.all_labels = True
        names = node.pipeline.variables
        for name in names:
            within.variables[name] = _UNKNOWN
        if names:
            within.variables[names[-1]] = item
        self.body(node.body, within.inner(item))
        self.body(node.otherwise, within.inner(scope.dot))

    # Values

    def pipeline(self, pipeline: Pipeline, scope: _Scope, *, bind: bool = True) -> _Thing:
        value: _Thing | None = None
        for command in pipeline.commands:
            value = self._command(command, scope, value)
        value = value or _UNKNOWN
        if bind:
            for name in pipeline.variables:
                same = pipeline.declares or scope.variables.get(name) == value
                scope.variables[name] = value if same else _UNKNOWN
        return value

    def _command(self, command: Call, scope: _Scope, last: _Thing | None) -> _Thing:
        first = command.first
        if isinstance(first, Function):
            asking = first.name == "or" or (scope.asking and first.name in _DECISIONS)
            inner = replace(scope, asking=asking)
            given = [self.argument(argument, inner) for argument in command.arguments]
            return self._call(first, [*given, *(() if last is None else (last,))], scope)
        for argument in command.arguments:
            self.argument(argument, scope)
        return self.argument(first, scope)

    def argument(self, node: Argument, scope: _Scope) -> _Thing:
        match node:
            case Dot():
                return scope.dot
            case Constant(value=str(written)):
                verbatim = self.text.startswith(written, node.position + 1)
                return _Written(written, node.position + 1, verbatim)
            case Pipeline():
                return self.pipeline(node, scope)
            case Function():
                return self._call(node, [], scope)
            case Field():
                return self._fields(scope.dot, node.names, node.position, scope)
            case Variable():
                of = scope.variables.get(node.name, _UNKNOWN)
                if node.name == "$value":
                    of = _Value(node.position)
                return self._fields(of, node.fields, node.position, scope)
            case Chain():
                return self._fields(self.argument(node.of, scope), node.fields, node.position, scope)
            case _:
                return _UNKNOWN

    def _fields(self, of: _Thing, names: Iterable[str], position: int, scope: _Scope) -> _Thing:
        for name in names:
            of = self._field(of, name, position, scope)
        return replace(of, offset=position) if isinstance(of, _Value) else of

    def _field(self, of: _Thing, name: str, position: int, scope: _Scope) -> _Thing:
        match of:
            case _Data():
                return _Value(position) if name == "Value" else _FIELDS.get(name, _UNKNOWN)
            case _Labels():
                return self._label(of, name, position, scope)
            case _Element():
                return _Labels(_OTHER) if name == "Labels" else _UNKNOWN
            case _Arguments() if (found := re.fullmatch(r"arg(\d+)", name)) and int(found[1]) < len(of.items):
                return of.items[int(found[1])]
            case _:
                return _UNKNOWN

    def _label(self, of: _Labels, name: str, position: int, scope: _Scope) -> _Thing:
        if of.of in self.labels:
            guarded = scope.asking or name in scope.present
            self.labels[of.of].append(LabelUse(name, position, guarded))
        return _Label(name, of.of)

    def _call(self, function: Function, given: list[_Thing], scope: _Scope) -> _Thing:
        match function.name, given:
            case "query", [_Written() as written] | [_Value(made=_Written() as written)]:
                self.queries.append(QueryUse(written.text, written.offset, written.verbatim, written.complete))
                return _Result(len(self.queries) - 1)
            case "query", _:
                return _Result(-1)
            case "first", [_Result() as result]:
                if result.call >= 0:
                    self.queries[result.call] = replace(self.queries[result.call], first=True)
                return _Element()
            case "sortByLabel", [*_, _Result() as result]:
                return result
            case "index", [_Labels() as of, _Written() as key]:
                return self._label(of, key.text, key.offset, scope)
            case "index", [_Result(), *_]:
                return _Element()
            case "args", _:
                return _Arguments(tuple(given))
            case "printf", [_Written() as pattern, *rest]:
                values = [thing for thing in rest if isinstance(thing, _Value)]
                made = _Written(_filled(pattern.text), pattern.offset, verbatim=False, complete=not rest)
                if not values:
                    return made
                value = values[0]
                return replace(value, functions=(*value.functions, "printf"), format=pattern.text, made=made)
            case name, _ if name not in _COMPARISONS:
                found = next((thing for thing in reversed(given) if isinstance(thing, _Value)), None)
                if found is not None and name in ("or", "and"):
                    return found
                return _UNKNOWN if found is None else replace(found, functions=(*found.functions, name))
            case _:
                return _UNKNOWN


def _text_at(body: Body, index: int) -> str:
    node = body[index] if 0 <= index < len(body) else None
    return node.text if isinstance(node, Text) else ""


def _filled(pattern: str) -> str:
    """A format with something in the place of its verbs that is right within quotes and, for numbers, outside."""

    def verb(found: re.Match[str]) -> str:
        match found[1]:
            case None:
                return "%"
            case "q":
                return '"x"'
            case "d" | "f" | "g" | "e":
                return "1"
            case _:
                return "x"

    return _VERB.sub(verb, pattern)


def _conditions(pipeline: Pipeline, asked: _Thing, scope: _Scope) -> tuple[frozenset[str], frozenset[str]]:
    """The labels that are there where a condition holds, and those that are there where it does not."""
    none: frozenset[str] = frozenset()
    if isinstance(asked, _Label):
        return (frozenset((asked.name,)), none) if asked.of == _ALERT else (none, none)
    first, arguments = pipeline.commands[0].first, pipeline.commands[0].arguments
    if len(pipeline.commands) > 1:
        names = {stage.first.name for stage in pipeline.commands[1:] if isinstance(stage.first, Function)}
        plain = not arguments and not isinstance(first, Function) and names <= _EMPTY_OF_EMPTY
        return _conditions_of(first, scope) if plain else (none, none)
    if not isinstance(first, Function):
        return none, none
    inner = [_conditions_of(argument, scope) for argument in arguments]
    match first.name:
        case "not" if inner:
            return inner[0][1], inner[0][0]
        case "and":
            return frozenset().union(*(there for there, _ in inner)), none
        case "or":
            return none, frozenset().union(*(otherwise for _, otherwise in inner))
        case "eq" | "ne" if len(arguments) == 2:
            return _compared(first.name, arguments, scope)
        case _:
            return none, none


def _conditions_of(argument: Argument, scope: _Scope) -> tuple[frozenset[str], frozenset[str]]:
    pipeline = argument if isinstance(argument, Pipeline) else _alone(argument)
    return _conditions(pipeline, _silent(argument, scope), scope)


def _compared(name: str, arguments: tuple[Argument, ...], scope: _Scope) -> tuple[frozenset[str], frozenset[str]]:
    """What ``eq $labels.x "…"`` and ``ne $labels.x ""`` tell."""
    labels = [thing.name for argument in arguments if isinstance(thing := _silent(argument, scope), _Label)]
    written = [argument.value for argument in arguments if isinstance(argument, Constant)]
    there = frozenset(labels[:1]) if len(labels) == 1 and len(written) == 1 else frozenset()
    none: frozenset[str] = frozenset()
    if name == "eq":
        return (there, none) if written[:1] != [""] else (none, there)
    return (there, none) if written[:1] == [""] else (none, there)


def _alone(argument: Argument) -> Pipeline:
    return Pipeline((), False, (Call(argument, (), argument.position),), argument.position)


def _silent(argument: Argument, scope: _Scope) -> _Thing:
    """What an argument stands for, without noting its uses a second time."""
    return _Walk("", {}).argument(argument, scope.inner(scope.dot))
