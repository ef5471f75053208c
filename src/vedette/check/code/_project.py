"""The project's own code, as far as instruments go: who makes them, under which names, and who touches them.

Nothing is imported or run; it is all read from the syntax trees. What cannot be followed counts as a touch.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["KINDS", "Made", "Module", "is_touched", "modules"]

KINDS: Final = frozenset({"Counter", "Gauge", "Histogram", "Summary", "Info", "StateSet", "Enum"})
"""What instruments are made with, in Vedette and in prometheus_client, whose Enum is our StateSet."""

_LIBRARIES: Final = ("vedette", "prometheus_client")
_DECLARING: Final = frozenset({"Pack"})
# Reading these of an instrument counts nothing.
_READ: Final = frozenset(
    {"name", "help", "type", "unit", "place", "description", "label_names", "label_values", "buckets", "states",
     "exporter", "family", "series", "remove", "clear"}
)  # fmt: skip
_FOREIGN_FOLDERS: Final = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "env", "build", "dist"})
_MOST_FILES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Made:
    """A call that makes an instrument."""

    kind: str
    metric: str
    """Its name; empty where that is not written there."""
    package: str
    place: Place
    names: tuple[str, ...]
    """What it is bound to: variables and attributes; nothing where that cannot be told."""
    attribute: bool
    """Whether those are attributes of an object or a class."""
    within_pack: bool
    """Whether it is made where the pack lists it, so that it has no name at all."""
    private: bool
    """Whether it is in a registry of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """One file."""

    path: Path
    made: tuple[Made, ...]
    imported: dict[str, set[tuple[str, str]]] = field(repr=False)
    """Local name → (last part of the module, name in it) of what is imported; the name is empty for a module."""
    stars: frozenset[str]
    """The last parts of modules that everything is imported from."""
    makes_stack: bool
    """Whether it declares a stack."""
    touched: frozenset[tuple[str, ...]] = field(repr=False)
    """Names, and dotted names in parts, that something is done with."""

    @property
    def uses_vedette(self) -> bool:
        """Whether it imports Vedette."""
        sources = {source for found in self.imported.values() for source, _ in found}
        return any(_package(source) == "vedette" for source in sources)

    @property
    def name(self) -> str:
        """What it is imported by, without its packages."""
        return self.path.parent.name if self.path.name == "__init__.py" else self.path.stem


def modules(folders: Iterable[Path], more: Iterable[Path] = ()) -> tuple[Module, ...]:
    """The files below the folders and the packages they are in, and below those of ``more`` files; tests are none."""
    roots = {_root(folder) for folder in (*folders, *(file.parent for file in more if file.is_file()))}
    files = dict.fromkeys(path for root in sorted(roots) for path in _files(root))
    found = (_module(str(path), path.stat().st_mtime_ns) for path in list(files)[:_MOST_FILES])
    return tuple(one for one in found if one is not None)


def _root(folder: Path) -> Path:
    """The folder above the outermost package that this is in."""
    found = folder.resolve()
    package = found
    while (found / "__init__.py").exists() and found.parent != found:
        package, found = found, found.parent
    return package


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir():
            if path.name not in _FOREIGN_FOLDERS and not _is_test(path.name) and not (path / "pyvenv.cfg").exists():
                yield from _files(path)
        elif path.suffix == ".py" and not _is_test(path.stem):
            yield path


def _is_test(name: str) -> bool:
    return name in ("test", "tests", "conftest") or name.startswith("test_") or name.endswith("_test")


@lru_cache(maxsize=_MOST_FILES)
def _module(path: str, _changed: int) -> Module | None:
    try:
        tree = ast.parse(Path(path).read_text("utf-8-sig"))
    except (OSError, ValueError, SyntaxError, RecursionError):
        return None
    reader = _Reader(path)
    reader.visit(tree)
    stacks = any(isinstance(node, ast.Call) and (_dotted(node.func) or ("",))[-1] == "Stack" for node in ast.walk(tree))
    return Module(
        path=Path(path),
        made=tuple(reader.made),
        imported=reader.imported,
        stars=frozenset(reader.stars),
        makes_stack=stacks,
        touched=frozenset(reader.touched),
    )


class _Reader(ast.NodeVisitor):
    """Goes through one file."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.made: list[Made] = []
        self.imported: dict[str, set[tuple[str, str]]] = {}
        self.stars: set[str] = set()
        self.touched: set[tuple[str, ...]] = set()
        self._names: tuple[str, ...] = ()
        self._attribute = False
        self._in_class = False
        self._in_pack = False

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        outer, self._in_class = self._in_class, True
        self.generic_visit(node)
        self._in_class = outer

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        outer, self._in_class = self._in_class, False
        self.generic_visit(node)
        self._in_class = outer

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            module = alias.name if alias.asname else alias.name.partition(".")[0]
            self.imported.setdefault(bound, set()).add((module.rpartition(".")[2], ""))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = (node.module or "").rpartition(".")[2] if not _package(node.module) else node.module or ""
        for alias in node.names:
            if alias.name == "*":
                self.stars.add(module)
            else:
                self.imported.setdefault(alias.asname or alias.name, set()).add((module, alias.name))

    def visit_Assign(self, node: ast.Assign) -> None:
        self._bind(node.targets, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._bind([node.target], node.value)

    def _bind(self, targets: list[ast.expr], value: ast.expr) -> None:
        outer = self._names, self._attribute
        self._names = tuple(name for target in targets for name in _bound(target))
        self._attribute = self._in_class or any(isinstance(target, ast.Attribute) for target in targets)
        # a list that is only made lists; what is done with it is seen where it is used
        if isinstance(value, ast.List | ast.Tuple | ast.Set) and self._names:
            for element in value.elts:
                if not _dotted(element):
                    self.visit(element)
        else:
            self.visit(value)
        self._names, self._attribute = outer
        for target in targets:
            if isinstance(target, ast.Subscript):
                self.visit(target)

    def visit_Call(self, node: ast.Call) -> None:
        made = self._made(node)
        if made is not None:
            self.made.append(made)
        outer = self._in_pack
        self._in_pack = (_dotted(node.func) or ("",))[-1] in _DECLARING
        if not self._in_pack:
            self.visit(node.func)
        for value in (*node.args, *(keyword.value for keyword in node.keywords)):
            listed = value.elts if self._in_pack and isinstance(value, ast.List | ast.Tuple) else [value]
            for element in listed:
                inner = element.value if isinstance(element, ast.Starred) else element
                if not (self._in_pack and _dotted(inner)):  # to be declared is not to be touched
                    self.visit(inner)
        self._in_pack = outer

    def visit_Attribute(self, node: ast.Attribute) -> None:
        dotted = _dotted(node)
        if not dotted:
            self.visit(node.value)
        elif dotted[-1] not in _READ:
            self._touch(dotted)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._touch((node.id,))

    def _touch(self, dotted: tuple[str, ...]) -> None:
        self.touched.update(dotted[:end] for end in range(1, len(dotted) + 1))

    def _made(self, node: ast.Call) -> Made | None:
        dotted = _dotted(node.func)
        if not dotted:
            return None
        sources = self.imported.get(dotted[0], set())
        if len(dotted) == 1:
            all_of = {(module, dotted[0]) for module in self.stars} if dotted[0] not in self.imported else set()
            found = next(
                ((module, name) for module, name in (*sources, *all_of) if name in KINDS and _package(module)), None
            )
        else:
            module = next((module for module, name in sources if not name and _package(module)), "")
            found = (module, dotted[-1]) if module and dotted[-1] in KINDS else None
        if found is None:
            return None
        first = node.args[0] if node.args else next((one.value for one in node.keywords if one.arg == "name"), None)
        metric = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        words = {one.arg for one in node.keywords}
        if words & {"namespace", "subsystem"} or None in words:
            metric = ""
        return Made(
            kind=found[1],
            metric=metric,
            package=_package(found[0]),
            place=Place(self.path, node.lineno, node.col_offset + 1),
            names=() if self._in_pack else self._names,
            attribute=self._attribute,
            within_pack=self._in_pack,
            private="registry" in words,
        )


def _package(module: str | None) -> str:
    """The package that a module is of, where that makes instruments."""
    first = (module or "").partition(".")[0]
    return first if first in _LIBRARIES else ""


def _dotted(node: ast.expr) -> tuple[str, ...]:
    """``a.b.c`` in parts; nothing for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, *reversed(parts)) if isinstance(node, ast.Name) else ()


def _bound(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _bound(element)
    elif dotted := _dotted(target):
        yield dotted[-1]


def is_touched(made: Made, home: Module, project: tuple[Module, ...]) -> bool:
    """Whether anything is done with an instrument that ``home`` makes, in whatever file."""
    if not made.names:
        return not made.within_pack
    return any(_touches(name, made, home, project) for name in made.names)


def _touches(name: str, made: Made, home: Module, project: tuple[Module, ...]) -> bool:
    if not made.attribute and (name,) in home.touched:
        return True
    if made.attribute:
        return any(name in one[1:] for module in project for one in module.touched)
    exporting = {home.name}
    while not (handing := _handing(name, exporting, project)) <= exporting:
        exporting |= handing
    return any(_touches_in(name, one, exporting) for one in project if one is not home)


def _handing(name: str, exporting: set[str], project: tuple[Module, ...]) -> set[str]:
    """The modules that have the name from one of these, and hand it on."""
    return {one.name for one in project if name in _local(name, one, exporting)}


def _local(name: str, module: Module, exporting: set[str]) -> set[str]:
    """What a module calls it, where it imports it by name."""
    found = {
        local
        for local, sources in module.imported.items()
        for source, original in sources
        if original == name and source in exporting
    }
    return found | ({name} if module.stars & exporting else set())


def _touches_in(name: str, module: Module, exporting: set[str]) -> bool:
    if any((local,) in module.touched for local in _local(name, module, exporting)):
        return True
    whole = {
        local
        for local, sources in module.imported.items()
        if any((original or source) in exporting for source, original in sources)
    }
    # `observability.orders` where that is imported, or `shop.observability.orders`
    return any(
        name in one[1:] and (one[0] in whole or one[one.index(name) - 1] in exporting)
        for one in module.touched
    )  # fmt: skip
