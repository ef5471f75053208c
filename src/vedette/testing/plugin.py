"""The pytest plugin. It loads pytest and the standard library alone; a fixture loads what it needs of Vedette."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from vedette.testing.reported import APPLICATION, Reported, progress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from vedette.testing.application import Application
    from vedette.testing.settings import Settings
    from vedette.testing.world import Declared

__all__ = [
    "pytest_addoption", "pytest_collect_file", "pytest_configure", "pytest_pycollect_makeitem", "vedette_app",
    "vedette_metrics",
]  # fmt: skip

_INI = {
    "stack": "the stack that alerts are tested of, as module:name; that of [tool.vedette] if not given",
    "environment": "which environment of it; that of [tool.vedette] if not given, or else local",
    "service": "which service of it the application is, where it has several",
    "app": "the ASGI or WSGI application, as module:name; the one that [tool.vedette] run starts a server for",
}
_BUILT = pytest.StashKey[dict[Any, Any]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The settings that pytest knows."""
    for key, text in _INI.items():
        parser.addini(f"vedette_{key}", text, default="")
    parser.getgroup("vedette").addoption(
        "--vedette-html", type=Path, metavar="FILE", help="draw what simulated tests did over time, as one page"
    )


def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: object) -> object:
    """What `alert_case` has made, alone or in a list, is a test of its module."""
    if "vedette.testing.cases" not in sys.modules or not isinstance(collector, pytest.Module):
        return None
    from vedette.testing.items import items_of_value  # noqa: PLC0415 - as below

    return items_of_value(collector, name, obj)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """The files of promtool that ``[tool.vedette.test] files`` names."""
    if file_path.suffix not in (".yml", ".yaml"):
        return None
    from vedette.testing.items import promtool_file  # noqa: PLC0415 - as below

    return promtool_file(file_path, parent)


def pytest_configure(config: pytest.Config) -> None:
    """The mark that pytest knows."""
    config.addinivalue_line(
        "markers", "vedette(stack, environment, service, app): what the fixture vedette_app is about, each module:name"
    )
    config.stash[_BUILT] = {}
    given = config.getoption("vedette_html")
    if given is not None and not given.absolute().parent.is_dir():
        raise pytest.UsageError(f"--vedette-html {given}: there is no folder {given.parent}")
    is_worker = hasattr(config, "workerinput")  # of pytest-xdist
    page = None if given is None else given.absolute()
    config.pluginmanager.register(Reported(page, is_worker=is_worker), "vedette-reported")


@pytest.fixture
def vedette_metrics() -> Iterator[ModuleType]:
    """The metrics of this process, with no series at the test's start, and strict: a label value not declared raises.

    It has ``sample(name, **labels)``, ``samples(name)``, ``assert_increments(name, by=1, **labels)`` and ``reset()`` of
    `vedette.testing`.
    """
    from vedette.instruments import guard  # noqa: PLC0415 - the plugin costs a test run nothing that does not use it
    from vedette.testing import metrics  # noqa: PLC0415 - the same

    before = guard.set_strict(True)
    metrics.reset()
    yield metrics
    metrics.reset()
    guard.set_strict(before)


@pytest.fixture
def vedette_app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The application and the watch over it under a simulated clock, to assert on its alerts and notifications.

    It has ``load``, ``call``, ``request``, ``idle``, ``down`` and ``time_travel``; ``fires``, ``resolves``,
    ``assert_notified`` and ``assert_no_alerts``. See docs/how-to/test-alerts-against-your-app.md.
    """
    try:
        from vedette.testing.application import Application  # noqa: PLC0415 - as above
        from vedette.testing.current import using  # noqa: PLC0415 - as above
        from vedette.testing.settings import application, settings  # noqa: PLC0415 - as above
    except ModuleNotFoundError as problem:
        if str(problem.name).startswith("vedette"):
            raise
        pytest.fail(
            f"the fixture vedette_app needs {problem.name!r}, which is not installed: pip install 'vedette[server]'",
            pytrace=False,
        )
    config = request.config
    marks = list(request.node.iter_markers("vedette"))
    ini = {key: config.getini(f"vedette_{key}") for key in _INI}
    said = {key: value for mark in reversed(marks) for key, value in mark.kwargs.items()}
    chosen = settings(said, ini, config.rootpath)
    # The application first: what it does when it is imported is part of what is tested.
    served = application(chosen.app) if chosen.app else None
    declared = _declared(config, chosen, tmp_path_factory)
    with (
        progress(config) as show,
        Application(declared, served, project=config.rootpath, progress=show) as app,
        using(app),
    ):
        request.node.stash[APPLICATION] = app
        yield app


def _declared(config: pytest.Config, chosen: Settings, folders: pytest.TempPathFactory) -> Declared:
    """The stack, built once for all tests that are about it."""
    from vedette.build.loading import load  # noqa: PLC0415 - as above
    from vedette.testing.world import declared  # noqa: PLC0415 - as above

    stack = load(chosen.stack)
    known = config.stash[_BUILT]
    key = id(stack), chosen.environment, chosen.service
    if key not in known:
        # the stack is kept, so that no other one gets its id
        known[key] = stack, declared(stack, chosen.environment, chosen.service, folders.mktemp("vedette"))
    found: Declared = known[key][1]
    return found
