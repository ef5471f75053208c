"""Finds the tests of a project: files by their patterns, and in a module of Python its cases and its stack."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from typing import TYPE_CHECKING

from vedette.catalog import Stack
from vedette.errors import ConfigError, VedetteError
from vedette.testing.cases import AlertCase

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import ModuleType

__all__ = ["cases_in", "files_of", "import_file", "own_stack"]


def files_of(patterns: Sequence[str], root: Path) -> list[Path]:
    """The files below ``root`` that patterns name, each once, in the order of the patterns."""
    found: dict[Path, None] = {}
    for pattern in patterns:
        found.update(dict.fromkeys(sorted(path for path in root.glob(pattern) if path.is_file())))
    return list(found)


def import_file(path: Path, root: Path) -> ModuleType:
    """Import a file by its path; what stands below ``root`` can be imported from it.

    Raises:
        ConfigError: it cannot be read, or fails when it is imported.
        DeclarationError: a case in it is declared in a way that cannot work.
    """
    whole = path.resolve()
    inside = whole.is_relative_to(root.resolve())
    name = ".".join(whole.relative_to(root.resolve()).with_suffix("").parts) if inside else whole.stem
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(whole):
        return known
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    spec = importlib.util.spec_from_file_location(name, whole)
    if spec is None or spec.loader is None:
        raise ConfigError(f"{path}: is no file of Python; tests are .py files, and .yml files of promtool")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as problem:
        del sys.modules[name]
        if isinstance(problem, VedetteError | KeyboardInterrupt):
            raise
        lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == str(whole)]
        where = f"{path}:{lines[-1]}" if lines else str(path)
        raise ConfigError(f"{where}: fails when imported: {type(problem).__name__}: {problem}") from problem
    return module


def cases_in(thing: object) -> Iterator[AlertCase]:
    """The cases that a value is, or holds in lists and mappings; one that holds itself is looked into once."""
    waiting, seen = [thing], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, AlertCase):
            yield one
        elif isinstance(one, list | tuple | set | frozenset | dict) and id(one) not in seen:
            seen.add(id(one))
            waiting.extend(reversed(list(one.values() if isinstance(one, dict) else one)))


def own_stack(module: ModuleType) -> Stack | None:
    """The stack that a module of tests declares or imports: what its cases are about. None where it has none.

    Raises:
        ConfigError: it has several.
    """
    found = {id(value): (name, value) for name, value in vars(module).items() if isinstance(value, Stack)}
    if len(found) > 1:
        names = ", ".join(name for name, _ in found.values())
        raise ConfigError(f"{module.__file__}: has several stacks, {names}; leave the one that its cases are about")
    return next((stack for _, stack in found.values()), None)
