"""``import vedette`` offers everything a user types, and loads it only when it is used; two of its rooms alike."""

from __future__ import annotations

import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

import vedette
from vedette import catalog, testing

LAZY = (vedette, catalog, testing)


@pytest.mark.parametrize(("package", "name"), [(package, name) for package in LAZY for name in package.__all__])
def test_every_name_can_be_had_and_is_listed(package, name):
    assert getattr(package, name) is not None
    assert name in dir(package)


@pytest.mark.parametrize("package", LAZY)
def test_editors_and_type_checkers_see_the_same_names(package):
    block = next(node for node in ast.parse(Path(package.__file__).read_text()).body if isinstance(node, ast.If))
    seen = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    seen |= {node.target.id for node in block.body if isinstance(node, ast.AnnAssign)}
    assert seen == set(package.__all__)


def test_the_metric_types_are_those_of_the_instruments_and_the_catalog_is_the_catalogs():
    from vedette.instruments import metrics

    assert vedette.Counter is metrics.Counter
    assert vedette.Metric is metrics.Metric
    assert vedette.Stack is catalog.Stack


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Countre'"):
        _ = vedette.Countre
    with pytest.raises(AttributeError, match="no attribute 'Panle'"):
        _ = catalog.Panle
    with pytest.raises(ImportError):
        exec("from vedette import Countre")


def test_the_version_is_that_of_the_installed_package():
    assert vedette.__version__ == importlib.metadata.version("vedette")


def test_the_bare_import_loads_no_room():
    code = "import vedette, sys; print(*sorted(name for name in sys.modules if name.startswith('vedette')))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["vedette"]
