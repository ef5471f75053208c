"""From ``module:name`` to a stack."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path

from vedette.catalog import Stack
from vedette.catalog.names import nearest
from vedette.errors import ConfigError, VedetteError

__all__ = ["load"]


def load(reference: str, folder: Path | None = None) -> Stack:
    """The stack that ``module:name`` names, with a folder importable, by default the current directory.

    Raises:
        ConfigError: there is no such module or name, it is no stack, or the module fails when imported.
        DeclarationError: the stack is declared in a way that cannot work.
    """
    module_name, colon, name = reference.partition(":")
    if not colon or not module_name or not name:
        raise ConfigError(
            f"{reference!r} does not name a stack; write module:name, for example shop.observability:stack"
        )
    here = str(folder or Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(module_name)
    except VedetteError:
        raise
    except ModuleNotFoundError as problem:
        if problem.name and (module_name == problem.name or module_name.startswith(f"{problem.name}.")):
            raise ConfigError(
                f"there is no module {module_name!r} in {here}{nearest(module_name, _modules(Path(here), module_name))}"
            ) from None
        raise ConfigError(f"{_line(problem, here)}: {problem}; install it, or correct its name") from problem
    except SyntaxError as problem:
        raise ConfigError(f"{problem.filename}:{problem.lineno}:{problem.offset}: {problem.msg}") from problem
    except SystemExit as problem:
        raise ConfigError(
            f"{_line(problem, here)}: {module_name} ends the process when imported; a stack is only declared"
        ) from problem
    except Exception as problem:
        raise ConfigError(
            f"{_line(problem, here)}: {module_name} fails when imported: {type(problem).__name__}: {problem}"
        ) from problem
    missing = object()
    found = getattr(module, name, missing)
    if found is missing:
        stacks = [key for key, value in vars(module).items() if isinstance(value, Stack)]
        hint = f"; it has the stack {stacks[0]!r}" if stacks else nearest(name, vars(module))
        raise ConfigError(f"{module.__file__}: there is no {name!r} in {module_name}{hint}")
    if not isinstance(found, Stack):
        raise ConfigError(f"{module.__file__}: {name!r} is a {type(found).__name__}; expected a Stack")
    return found


def _line(problem: BaseException, here: str) -> str:
    """The last line of the user's that led to it, as ``file:line``; the last of all where none is the user's."""
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__)[1:] if "importlib" not in frame.filename]
    own = [frame for frame in frames if frame.filename.startswith(here) and "site-packages" not in frame.filename]
    return next((f"{frame.filename}:{frame.lineno}" for frame in reversed(own or frames)), here)


def _modules(folder: Path, wanted: str) -> list[str]:
    """The modules near the wanted one, by their dotted names."""
    depth = wanted.count(".") + 1
    found = [path.relative_to(folder).with_suffix("") for path in folder.glob("/".join(["*"] * depth) + ".py")]
    return [".".join(path.parts) for path in found]
