"""Runs a parsed template on data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from vedette.errors import VedetteError
from vedette.formats.gotemplate.builtins import BUILTINS
from vedette.formats.gotemplate.html import HtmlWriter
from vedette.formats.gotemplate.parse import (
    Action,
    Argument,
    Body,
    Branch,
    Break,
    Call,
    Chain,
    Constant,
    Continue,
    Dot,
    Field,
    Function,
    Include,
    Node,
    Pipeline,
    Source,
    TemplateError,
    Text,
    Tree,
    Variable,
    parse,
)
from vedette.formats.gotemplate.printf import text as printed
from vedette.formats.gotemplate.values import StringMap, fields, is_true, kind, type_name

__all__ = ["Missing", "Template"]

Missing = Literal["default", "zero", "error"]
"""What a map gives for a key it has not: ``<no value>``, the zero value of its kind, or an error."""

_MAX_DEPTH = 100  # nested {{template}} calls; beyond that it is an endless recursion
_NOTHING: Any = object()
_BAD_CALL = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, VedetteError)


class _Given(NamedTuple):
    """What stands behind a name: its arguments, the dot they are read on, and the pipeline's value so far."""

    arguments: tuple[Argument, ...]
    dot: Any
    final: Any


_NONE_GIVEN = _Given((), None, _NOTHING)


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template, its definitions and its functions.

    >>> Template.parse("{{ range .Names }}{{ . | printf `%q` }};{{ end }}").execute({"Names": ["a", "b"]})
    '"a";"b";'
    """

    tree: Tree
    definitions: Mapping[str, Tree]
    functions: Mapping[str, Callable[..., Any]] = field(repr=False)
    missing: Missing = "default"

    @classmethod
    def parse(
        cls,
        text: str,
        name: str = "",
        *,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        variables: Iterable[str] = (),
        definitions: Mapping[str, Tree] | None = None,
        missing: Missing = "default",
    ) -> Template:
        """The template of this text.

        Args:
            text: the template.
            name: what messages call it.
            functions: functions beside the builtin ones; an annotation ``str``, ``int``, ``float`` or ``bool``
                of a parameter is checked at every call, as Go checks it.
            variables: names (without dollar) that `execute` will bind before the start.
            definitions: templates defined elsewhere (``Template.definitions``); those of the text win.
            missing: what a map gives for a missing key.

        Raises:
            TemplateError: the text is not a template, or names an unknown function or variable.
        """
        known = {**BUILTINS, **(functions or {})}
        tree, defined = parse(Source(name, text), known, variables)
        return cls(tree, {**(definitions or {}), **defined}, known, missing)

    def execute(
        self,
        data: object,
        *,
        variables: Mapping[str, object] | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        html: bool = False,
    ) -> str:
        """The output for this data.

        Args:
            data: the first dot.
            variables: values of the variables that `parse` was told of.
            functions: replaces functions known at parsing, e.g. a ``query`` that is bound to an instant.
            html: escape values for HTML.

        Raises:
            TemplateError: a value does not fit, an index is out of range, a function fails…
        """
        known = self.functions if functions is None else {**self.functions, **functions}
        run = _Run(self, known, html=html)
        for name, value in (variables or {}).items():
            run.variables.append((f"${name}", value))
        run.template(self.tree, data)
        return "".join(run.writer.parts)


class _TextWriter:
    """Collects output as it is."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.literal = self.value = self.parts.append


class _Run:
    """One execution: output, variables, the template that is running."""

    def __init__(self, template: Template, functions: Mapping[str, Callable[..., Any]], *, html: bool) -> None:
        self.definitions = template.definitions
        self.functions = functions
        self.missing = template.missing
        self.html = html
        self.writer: _TextWriter | HtmlWriter = HtmlWriter() if html else _TextWriter()
        self.variables: list[tuple[str, Any]] = []
        self.source = template.tree.source
        self.depth = 0

    def error(self, message: str, position: int) -> TemplateError:
        return self.source.error(message, position)

    def template(self, tree: Tree, data: Any) -> None:
        self.variables.insert(0, ("$", data))
        self.source = tree.source
        self.body(tree.body, data)

    # Nodes

    def body(self, body: Body, dot: Any) -> str:
        """Runs the nodes; gives ``break`` or ``continue`` where one was met."""
        for node in body:
            signal = self.node(node, dot)
            if signal:
                return signal
        return ""

    def node(self, node: Node, dot: Any) -> str:
        match node:
            case Text():
                self.writer.literal(node.text)
            case Action():
                value = self.pipeline(node.pipeline, dot)
                if not node.pipeline.variables:
                    self._print(node.pipeline, value)
            case Branch():
                mark = len(self.variables)
                signal = self._loop(node, dot) if node.keyword == "range" else self._choose(node, dot)
                del self.variables[mark:]
                return signal
            case Include():
                self._include(node, dot)
            case Break():
                return "break"
            case Continue():
                return "continue"
        return ""

    def _print(self, pipeline: Pipeline, value: Any) -> None:
        if kind(value) == "struct" and callable(value):
            raise self.error(f"can't print a function of type {type_name(value)}", pipeline.position)
        shown = value if isinstance(value, str) else "<no value>" if value is None else printed(value)
        last = pipeline.commands[-1].first
        if self.html and isinstance(last, Function) and last.name == "html":
            self.writer.literal(shown)
        else:
            self.writer.value(shown)

    def _choose(self, node: Branch, dot: Any) -> str:
        value = self.pipeline(node.pipeline, dot)
        if is_true(value):
            return self.body(node.body, value if node.keyword == "with" else dot)
        return self.body(node.otherwise, dot)

    def _loop(self, node: Branch, dot: Any) -> str:
        pipeline = node.pipeline
        value = self.pipeline(pipeline, dot, bind=False)
        mark = len(self.variables)
        turned = False
        for index, item in self._items(value, pipeline.position):
            turned = True
            bound = (item,) if len(pipeline.variables) == 1 else (index, item)
            for name, it in zip(pipeline.variables, bound, strict=False):
                self._bind(name, it, declares=pipeline.declares)
            signal = self.body(node.body, item)
            del self.variables[mark:]
            if signal == "break":
                break
        return "" if turned else self.body(node.otherwise, dot)

    def _items(self, value: Any, position: int) -> Iterator[tuple[Any, Any]]:
        match kind(value):
            case "nil":
                return iter(())
            case "int":
                return ((index, index) for index in range(value))
            case "slice":
                return iter(list(enumerate(value)))
            case "map":
                return iter(sorted(value.items()))
            case _:
                raise self.error(f"range can't iterate over {printed(value)}", position)

    def _include(self, node: Include, dot: Any) -> None:
        tree = self.definitions.get(node.name)
        if tree is None:
            known = ", ".join(sorted(self.definitions)) or "none"
            raise self.error(f"template {node.name!r} not defined; defined: {known}", node.position)
        if self.depth == _MAX_DEPTH:
            raise self.error(f"template {node.name!r} calls itself more than {_MAX_DEPTH} deep", node.position)
        data = self.pipeline(node.pipeline, dot) if node.pipeline else None
        variables, source = self.variables, self.source
        self.variables, self.depth = [], self.depth + 1
        self.template(tree, data)
        self.variables, self.source, self.depth = variables, source, self.depth - 1

    # Values

    def pipeline(self, pipeline: Pipeline, dot: Any, *, bind: bool = True) -> Any:
        value: Any = _NOTHING
        for command in pipeline.commands:
            value = self._command(command, dot, value)
        if bind:
            for name in pipeline.variables:
                self._bind(name, value, declares=pipeline.declares)
        return value

    def _bind(self, name: str, value: Any, *, declares: bool) -> None:
        if declares:
            self.variables.append((name, value))
            return
        for index in range(len(self.variables) - 1, -1, -1):
            if self.variables[index][0] == name:
                self.variables[index] = (name, value)
                return

    def _command(self, command: Call, dot: Any, final: Any) -> Any:
        first = command.first
        if isinstance(first, Function):
            return self._function(first, command.arguments, dot, final)
        if isinstance(first, (Field, Variable, Chain)):
            return self._fields(first, dot, command.arguments, final)
        if command.arguments or final is not _NOTHING:
            raise self.error("can't give argument to non-function", command.position)
        return self._argument(first, dot)

    def _argument(self, node: Argument, dot: Any) -> Any:
        match node:
            case Constant():
                return node.value
            case Dot():
                return dot
            case Pipeline():
                return self.pipeline(node, dot)
            case Function():
                return self._function(node, (), dot, _NOTHING)
            case _:
                return self._fields(node, dot, (), _NOTHING)

    def _fields(self, node: Field | Variable | Chain, dot: Any, arguments: tuple[Argument, ...], final: Any) -> Any:
        match node:
            case Field():
                value, names = dot, node.names
            case Variable():
                value, names = self._variable(node), node.fields
            case Chain():
                value, names = self._argument(node.of, dot), node.fields
        if not names:
            if arguments or final is not _NOTHING:
                raise self.error(f"can't give argument to non-function {getattr(node, 'name', '')}", node.position)
            return value
        for name in names[:-1]:
            value = self._field(value, name, node, _NONE_GIVEN)
        return self._field(value, names[-1], node, _Given(arguments, dot, final))

    def _variable(self, node: Variable) -> Any:
        for name, value in reversed(self.variables):
            if name == node.name:
                return value
        raise self.error(f"undefined variable {node.name!r}", node.position)

    def _field(self, of: Any, name: str, node: Field | Variable | Chain, given: _Given) -> Any:
        if of is None:
            if self.missing == "error":
                raise self.error(f"nil data; no entry for key {name!r}", node.position)
            return None
        attribute = getattr(type(of), "go_names", {}).get(name)
        value: Any = _NOTHING
        if attribute is not None:
            value = getattr(of, attribute)
            if callable(value):
                return self._call(f".{name}", value, given, node.position)
        elif isinstance(of, Mapping):
            value = of.get(name, _NOTHING)
            if value is _NOTHING:
                value = self._missing(of, name, node.position)
        else:
            value = next((item for key, item in fields(of) if key == name), _NOTHING)
        if value is _NOTHING:
            raise self.error(f"can't evaluate field {name} in type {type_name(of)}", node.position)
        if given.arguments or given.final is not _NOTHING:
            raise self.error(f"{name} has arguments but cannot be invoked as function", node.position)
        return value

    def _missing(self, of: Mapping[str, Any], name: str, position: int) -> Any:
        if self.missing == "error":
            raise self.error(f"map has no entry for key {name!r}", position)
        return "" if self.missing == "zero" and isinstance(of, StringMap) else None

    # Functions

    def _function(self, node: Function, arguments: tuple[Argument, ...], dot: Any, final: Any) -> Any:
        if node.name in ("and", "or") and self.functions[node.name] is BUILTINS[node.name]:
            return self._decide(node, arguments, dot, final)
        return self._call(node.name, self.functions[node.name], _Given(arguments, dot, final), node.position)

    def _decide(self, node: Function, arguments: tuple[Argument, ...], dot: Any, final: Any) -> Any:
        value: Any = _NOTHING
        for argument in arguments:
            value = self._argument(argument, dot)
            if is_true(value) is (node.name == "or"):
                return value
        if final is not _NOTHING:
            return final
        if value is _NOTHING:
            raise self.error(f"wrong number of args for {node.name}: want at least 1 got 0", node.position)
        return value

    def _call(self, name: str, function: Callable[..., Any], given: _Given, position: int) -> Any:
        wants, rest = _signature(function)
        arguments, dot, final = given
        count = len(arguments) + (final is not _NOTHING)
        if count < len(wants) or (count > len(wants) and rest is None):
            least = f"at least {len(wants)}" if rest is not None else str(len(wants))
            raise self.error(f"wrong number of args for {name}: want {least} got {count}", position)
        values: list[Any] = []
        for index, argument in enumerate(arguments):
            want = wants[index] if index < len(wants) else rest or ""
            value = self._argument(argument, dot)
            ideal = isinstance(argument, Constant) and argument.ideal
            values.append(self._fit(value, want, argument.position, ideal=ideal))
        if final is not _NOTHING:
            values.append(self._fit(final, wants[-1] if rest is None else rest, position))
        try:
            return function(*values)
        except _BAD_CALL as error:
            raise self.error(f"error calling {name}: {error}", position) from error

    def _fit(self, value: Any, want: str, position: int, *, ideal: bool = False) -> Any:
        found = kind(value)
        if not want or found == want:
            return value
        if ideal and want == "float":
            return float(value)
        names = {"float": "float64", "slice": "[]string"}
        raise self.error(f"wrong type for value; expected {names.get(want, want)}; got {type_name(value)}", position)


_KINDS = {"str": "string", "int": "int", "float": "float", "bool": "bool", "list[str]": "slice"}


@lru_cache(maxsize=1024)
def _signature(function: Callable[..., Any]) -> tuple[tuple[str, ...], str | None]:
    """The kinds that a function wants (empty for any) and that of further arguments (None: there are none)."""
    wants, rest = [], None
    for parameter in inspect.signature(function).parameters.values():
        annotation = parameter.annotation
        name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
        if parameter.kind is parameter.VAR_POSITIONAL:
            rest = _KINDS.get(name, "")
        elif parameter.kind is not parameter.KEYWORD_ONLY:
            wants.append(_KINDS.get(name, ""))
    return tuple(wants), rest
