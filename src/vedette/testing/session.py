"""One run of the tests of a project: every file, every case, and the bench that each is judged on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from vedette.errors import ConfigError
from vedette.testing.bench import bench
from vedette.testing.coverage import coverage
from vedette.testing.discover import cases_in, files_of, import_file, own_stack
from vedette.testing.judge import run_case
from vedette.testing.promtool import run_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from vedette.build.project import Project
    from vedette.catalog import Environment, Stack
    from vedette.testing.bench import Bench
    from vedette.testing.cases import AlertCase
    from vedette.testing.coverage import AlertCoverage
    from vedette.testing.judge import CaseOutcome
    from vedette.testing.promtool import FileOutcome

__all__ = ["LOCAL", "Judged", "Session", "run_files", "tested_alerts"]

LOCAL: Final = "local"
"""The environment that tests are judged in where nobody names another: a case means the same wherever it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The cases of one stack, in the order of their files."""

    bench: Bench
    outcomes: tuple[CaseOutcome, ...]
    took: tuple[float, ...]
    """Seconds of each."""

    def coverage(self) -> list[AlertCoverage]:
        """How every alert of the stack is tested."""
        return coverage(self.bench, self.outcomes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Everything that was run."""

    stacks: tuple[Judged, ...] = ()
    files: tuple[FileOutcome, ...] = ()
    """Those of promtool."""

    @property
    def passed(self) -> bool:
        """Whether all of it passed."""
        cases = (outcome for judged in self.stacks for outcome in judged.outcomes)
        return all(one.passed for one in cases) and all(one.verdict == "passed" for one in self.files)


@dataclass(slots=True)
class _Of:
    """What is to be judged on one bench."""

    bench: Bench
    cases: list[AlertCase] = field(default_factory=list)


def run_files(
    files: Sequence[Path],
    root: Path,
    project: Callable[[], tuple[Stack, Environment]],
    *,
    always: bool = False,
    tell: Callable[[int, int], None] = lambda _done, _of: None,
) -> Session:
    """Run the tests in these files.

    Args:
        files: ``.py`` with cases, ``.yml`` and ``.yaml`` of promtool.
        root: the folder that modules are imported from.
        project: the stack and the environment of the project, asked for when a file without a stack has cases.
        always: ask for it in any case, for the coverage of a stack without tests.
        tell: told how many tests are done, and of how many.

    Raises:
        ConfigError: a file cannot be read or imported, or no stack is named.
        DeclarationError: a stack cannot be built, or a case is declared in a way that cannot work.
    """
    own: dict[int, _Of] = {}
    default = _Of(bench(*project())) if always else None
    seen: set[int] = set()
    modules = [import_file(path, root) for path in files if path.suffix == ".py"]
    for module in modules:
        cases = [one for value in list(vars(module).values()) for one in cases_in(value) if id(one) not in seen]
        cases = list({id(one): one for one in cases}.values())
        seen |= {id(one) for one in cases}
        if not cases:
            continue
        stack = own_stack(module)
        if stack is None or (default is not None and stack is default.bench.plan.stack):
            default = default or _Of(bench(*project()))
            default.cases += cases
        else:
            own.setdefault(id(stack), _Of(bench(stack))).cases.extend(cases)
    texts = [path for path in files if path.suffix in (".yml", ".yaml")]
    for path in files:
        if path.suffix not in (".py", ".yml", ".yaml"):
            raise ConfigError(f"{path}: tests are .py files with cases, and .yml or .yaml files of promtool")
    stacks = [one for one in (default, *own.values()) if one is not None]
    total = sum(len(one.cases) for one in stacks) + len(texts)
    judged: list[Judged] = []
    done = 0
    for one in stacks:
        outcomes, took = [], []
        for case in one.cases:
            began = time.perf_counter()
            outcomes.append(run_case(case, one.bench))
            took.append(time.perf_counter() - began)
            done += 1
            tell(done, total)
        judged.append(Judged(bench=one.bench, outcomes=tuple(outcomes), took=tuple(took)))
    ran = []
    for path in texts:
        ran.append(run_file(path))
        done += 1
        tell(done, total)
    return Session(stacks=tuple(judged), files=tuple(ran))


def tested_alerts(project: Project, stack: Stack) -> frozenset[str]:
    """The alerts that are shown to fire and to be silent: by the project's cases, or where Vedette's packs are made.

    Raises:
        ConfigError: a file of tests cannot be imported.
    """
    files = [path for path in files_of(project.test.files, project.root) if path.suffix == ".py"]
    session = run_files(files, project.root, lambda: (stack, stack.environment(LOCAL)), always=True)
    found: set[str] = set()
    for judged in session.stacks:
        covered = judged.coverage()
        found |= {one.alert for one in covered if one.kinds["fires"] and one.kinds["silent"] and not one.failed}
        found |= judged.bench.shipped() - {one.alert for one in covered}
    return frozenset(found)
