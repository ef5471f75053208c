"""Cases of alerts and promtool's files as items of pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vedette.errors import ConfigError, VedetteError
from vedette.testing.cases import AlertCase
from vedette.testing.discover import cases_in, own_stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vedette.testing.bench import Bench

__all__ = ["CaseItem", "PromtoolFile", "items_of_value", "promtool_file"]

_BENCHES = pytest.StashKey[dict[Any, Any]]()
_OUTCOME = pytest.StashKey[Any]()


class _FailedError(Exception):
    """A test that failed; the text says how."""


class _Item(pytest.Item):
    """What fails with a text, and needs no traceback."""

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Our own words where it is our own failure."""
        if isinstance(excinfo.value, _FailedError | VedetteError):
            return str(excinfo.value).replace(f"{self.config.rootpath}/", "")
        return super().repr_failure(excinfo, style)


class CaseItem(_Item):
    """One case."""

    def __init__(self, *, case: AlertCase, **given: Any) -> None:
        super().__init__(**given)
        self.case = case

    def runtest(self) -> None:
        """Judge it on the stack of its module, or that of the project."""
        from vedette.testing.judge import run_case  # noqa: PLC0415 - collecting does without numpy
        from vedette.testing.told import tell_case  # noqa: PLC0415 - the same

        outcome = run_case(self.case, _bench(self))
        if not outcome.passed:
            raise _FailedError(tell_case(outcome))

    def reportinfo(self) -> tuple[str, int, str]:
        """Where it stands."""
        return self.case.place.file, self.case.place.line - 1, self.name


class PromtoolFile(pytest.File):
    """A file of promtool; its tests share their run."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each entry of ``tests``."""
        from vedette.testing.promtool import run_file  # noqa: PLC0415 - only where there is such a file

        outcome = run_file(self.path)
        if outcome.error:
            raise self.CollectError(outcome.error.replace(f"{self.config.rootpath}/", ""))
        self.stash[_OUTCOME] = outcome
        for at, group in enumerate(outcome.groups):
            yield PromtoolItem.from_parent(self, name=group.name, at=at)


class PromtoolItem(_Item):
    """One entry of ``tests``."""

    def __init__(self, *, at: int, **given: Any) -> None:
        super().__init__(**given)
        self._at = at

    def runtest(self) -> None:
        """Say what was wrong with it."""
        from vedette.testing.told import tell_problem  # noqa: PLC0415 - as above

        assert self.parent is not None
        group = self.parent.stash[_OUTCOME].groups[self._at]
        if group.problems:
            raise _FailedError("\n".join(map(tell_problem, group.problems)))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it stands."""
        assert self.parent is not None
        place = self.parent.stash[_OUTCOME].groups[self._at].group.place
        return self.path, place.line - 1 if place else None, self.name


def items_of_value(collector: pytest.Module, name: str, value: object) -> list[pytest.Item] | None:
    """The items of one value of a module, None where it holds no case."""
    cases = list(cases_in(value))
    if not cases:
        return None
    alone = isinstance(value, AlertCase)
    return [
        CaseItem.from_parent(collector, name=name if alone else f"{name}[{case.name}]", case=case) for case in cases
    ]


def promtool_file(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The file as a collector, where the project says that it holds tests of alerts."""
    from vedette.build.project import find  # noqa: PLC0415 - only where there is a file of YAML
    from vedette.testing.discover import files_of  # noqa: PLC0415 - the same

    root = parent.config.rootpath
    try:
        named = files_of([one for one in find(root).test.files if not one.endswith(".py")], root)
    except ConfigError:
        return None
    return PromtoolFile.from_parent(parent, path=path) if path in named else None


def _bench(item: CaseItem) -> Bench:
    from vedette.build.loading import load  # noqa: PLC0415 - collecting does without it
    from vedette.build.project import find  # noqa: PLC0415 - the same
    from vedette.testing.bench import bench  # noqa: PLC0415 - the same
    from vedette.testing.session import LOCAL  # noqa: PLC0415 - the same

    known = item.config.stash.setdefault(_BENCHES, {})
    module = item.getparent(pytest.Module)
    assert module is not None
    stack, environment = own_stack(module.obj), LOCAL
    if stack is None:
        project = find(item.config.rootpath)
        reference = item.config.getini("vedette_stack") or project.stack
        if reference is None:
            raise ConfigError(
                'no stack is named; write in pyproject.toml, [tool.vedette]: stack = "module:name", or import the '
                "stack into the module of the cases"
            )
        stack = load(str(reference))
        environment = str(item.config.getini("vedette_environment") or LOCAL)
    key = id(stack), environment
    if key not in known:
        known[key] = bench(stack, environment)
    found: Bench = known[key]
    return found
