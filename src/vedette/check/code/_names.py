"""What the names in the project's code stand for, as far as that is certain: followed through imports, never guessed.

A name that is bound twice, or in a way that is not read here, stands for nothing.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vedette.check.code._project import Module

__all__ = ["Call", "Names", "dotted"]

_DEEPEST: Final = 10
"""Modules that a name is followed through."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class _Imported:
    """``from module import name``, with as many dots before it as ``level``."""

    module: str
    level: int
    name: str


@dataclass(frozen=True, slots=True)
class _Whole:
    """``import module``: all of it, or what it begins with."""

    module: str


@dataclass(frozen=True, slots=True)
class _Value:
    """``name = …``."""

    value: ast.expr


_Binding = _Imported | _Whole | _Value | None
"""None for every other way."""
_Scope = dict[str, list[_Binding]]


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call of a method, and the scopes that it stands in, from the module's own inwards."""

    node: ast.Call
    receiver: tuple[str, ...]
    """``a.b`` of ``a.b.method(…)`` in parts."""
    method: str
    scopes: tuple[_Scope, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    path: Path
    scope: _Scope
    calls: tuple[Call, ...]


class Names:
    """The names of a project."""

    def __init__(self, project: Sequence[Module]) -> None:
        self._paths = tuple(module.path for module in project)

    def calls(self, module: Module) -> tuple[Call, ...]:
        """The calls of methods in a module."""
        return _read(module.path).calls

    def variable(self, module: Module, call: Call) -> tuple[Path, str] | None:
        """The file and the name of the variable that a call's receiver is; None where that is not certain."""
        root, *rest = call.receiver
        scope = next((one for one in reversed(call.scopes) if root in one), None)
        if scope is None:
            return None
        return self._followed(module.path, scope, root, tuple(rest), 0)

    def text(self, module: Module, call: Call, name: str) -> str | None:
        """The text that a name stands for where the call is; None where that is not certain."""
        scope = next((one for one in reversed(call.scopes) if name in one), None)
        found = None if scope is None else self._followed(module.path, scope, name, (), 0)
        if found is None:
            return None
        bound = _only(_read(found[0]).scope, found[1])
        if isinstance(bound, _Value) and isinstance(bound.value, ast.Constant) and isinstance(bound.value.value, str):
            return bound.value.value
        return None

    def _followed(
        self, path: Path, scope: _Scope, name: str, rest: tuple[str, ...], depth: int
    ) -> tuple[Path, str] | None:
        bound = _only(scope, name)
        if depth > _DEEPEST:
            return None
        match bound:
            case _Value():
                return (path, name) if not rest and scope is _read(path).scope else None
            case _Imported():
                file = self._file(path, bound.module, bound.level)
                if file is not None and bound.name in _read(file).scope:
                    return self._followed(file, _read(file).scope, bound.name, rest, depth + 1)
                inner = f"{bound.module}.{bound.name}" if bound.module else bound.name
                whole = self._file(path, inner, bound.level)
                return None if whole is None else self._within(whole, rest, depth)
            case _Whole():
                return self._of_package(path, bound.module, rest, depth)
            case _:
                return None

    def _of_package(self, path: Path, module: str, rest: tuple[str, ...], depth: int) -> tuple[Path, str] | None:
        """``module.more.name``, whatever part of that is modules."""
        for end in range(len(rest) - 1, -1, -1):
            file = self._file(path, ".".join((module, *rest[:end])), 0)
            if file is not None:
                return self._within(file, rest[end:], depth)
        return None

    def _within(self, file: Path, rest: tuple[str, ...], depth: int) -> tuple[Path, str] | None:
        if not rest:
            return None
        return self._followed(file, _read(file).scope, rest[0], rest[1:], depth + 1)

    def _file(self, path: Path, module: str, level: int) -> Path | None:
        """The one file of the project that a module can be."""
        parts = tuple(module.split(".")) if module else ()
        if level:
            folder = path.parents[level - 1] if level <= len(path.parents) else None
            stem = None if folder is None else folder.joinpath(*parts)
            found = [one for one in self._paths if stem is not None and _stem(one) == stem]
        else:
            found = [one for one in self._paths if parts and _is_called(one, parts)]
        return found[0] if len(found) == 1 else None


def _stem(path: Path) -> Path:
    return path.parent if path.name == "__init__.py" else path.with_suffix("")


def _is_called(path: Path, parts: tuple[str, ...]) -> bool:
    """Whether a file is imported by this name: what it is in stands where Python looks, not within a package."""
    stem = _stem(path)
    within = stem.parts[-len(parts) :] == parts
    return within and not (stem.parents[len(parts) - 1] / "__init__.py").exists()


def _only(scope: _Scope, name: str) -> _Binding:
    """What a name is bound to, where that is always the same."""
    bound = set(scope.get(name, ()))
    return bound.pop() if len(bound) == 1 else None


def _read(path: Path) -> _File:
    return _read_at(str(path), path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=1000)
def _read_at(path: str, _changed: int) -> _File:
    try:
        tree = ast.parse(Path(path).read_text("utf-8-sig"))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return _File(Path(path), {}, ())
    scope = _scope(tree.body)
    for node in ast.walk(tree):
        for name in node.names if isinstance(node, ast.Global) else ():
            scope.setdefault(name, []).append(None)
    return _File(Path(path), scope, tuple(_calls(tree.body, (scope,))))


def _scope(nodes: Iterable[ast.AST], arguments: ast.arguments | None = None) -> _Scope:
    """What is bound where these stand, without what is within functions and classes."""
    found: _Scope = {}
    if arguments is not None:
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        for argument in every:
            if argument is not None:
                found.setdefault(argument.arg, []).append(None)
    for node in _together(nodes):
        for name, bound in _bound(node):
            found.setdefault(name, []).append(bound)
    return found


def _together(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes of one scope. What a comprehension binds counts as bound around it."""
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _Function | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))


def _bound(node: ast.AST) -> Iterator[tuple[str, _Binding]]:
    match node:
        case ast.Import():
            for alias in node.names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or whole, _Whole(whole)
        case ast.ImportFrom():
            for alias in node.names:
                yield alias.asname or alias.name, _Imported(node.module or "", node.level, alias.name)
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, _Value(value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, _Value(value)
        case ast.Assign(targets=targets):
            yield from ((one.id, None) for target in targets for one in ast.walk(target) if isinstance(one, ast.Name))
        case ast.AugAssign(target=ast.Name(id=name)) | ast.NamedExpr(target=ast.Name(id=name)):
            yield name, None
        case ast.For(target=target) | ast.AsyncFor(target=target) | ast.comprehension(target=target):
            yield from ((one.id, None) for one in ast.walk(target) if isinstance(one, ast.Name))
        case ast.withitem(optional_vars=ast.expr() as target):
            yield from ((one.id, None) for one in ast.walk(target) if isinstance(one, ast.Name))
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, None
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name, None
        case ast.MatchMapping(rest=str(name)):
            yield name, None
        case ast.Delete(targets=targets):
            yield from ((one.id, None) for one in targets if isinstance(one, ast.Name))
        case ast.Nonlocal(names=names) | ast.Global(names=names):
            yield from ((name, None) for name in names)
        case _:
            pass


def _calls(nodes: Iterable[ast.AST], scopes: tuple[_Scope, ...]) -> Iterator[Call]:
    for node in nodes:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _calls((*node.decorator_list, node.args), scopes)
                yield from _calls(node.body, (*scopes, _scope(node.body, node.args)))
                continue
            case ast.Lambda():
                yield from _calls((node.body,), (*scopes, _scope((node.body,), node.args)))
                continue
            case ast.ClassDef():
                yield from _calls(node.decorator_list, scopes)
                yield from _calls(node.body, (*scopes, _scope(node.body)))
                continue
            case ast.Call(func=ast.Attribute(value=value, attr=method)) if receiver := dotted(value):
                yield Call(node, receiver, method, scopes)
            case _:
                pass
        yield from _calls(ast.iter_child_nodes(node), scopes)


def dotted(node: ast.expr) -> tuple[str, ...]:
    """``a.b.c`` in parts; nothing for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()
