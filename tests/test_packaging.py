"""The wheel holds all that runs (code, page, migrations, templates, runbooks, schema, types) and nothing else."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WANTED = "77"
"""The oldest setuptools that reads our pyproject.toml, as its [build-system] says."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from a copy of the source, so that nothing is left behind in it, and without the network."""
    try:
        found = importlib.metadata.version("setuptools")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("setuptools is not installed here: no wheel can be built without the network")
    if int(found.split(".")[0]) < int(WANTED):
        pytest.skip(f"setuptools {found} is too old to build the wheel: {WANTED} is needed")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run([*command, "--wheel-dir", out, source], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(next(out.glob("*.whl"))) as archive:
        yield archive


def test_it_holds_every_file_of_the_package_and_no_other(wheel):
    source = ROOT / "src"
    wanted = {
        path.relative_to(source).as_posix()
        for path in (source / "vedette").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == wanted


@pytest.mark.parametrize(
    "path",
    [
        "py.typed",
        "server/ui/index.html",
        "server/ui/vendor/uplot.js",
        "server/ui/styles/theme.css",
        "alerting/migrations/0001_alerts_groups_outbox.sql",
        "alerting/channels/templates/email.tmpl",
        "packs/runbooks/service-down.md",
        "formats/vedette.schema.json",
    ],
)
def test_it_holds_what_is_not_code(wheel, path):
    assert len(wheel.read(f"vedette/{path}")) == (ROOT / "src" / "vedette" / path).stat().st_size


def test_the_instruments_need_no_other_package(wheel):
    (path,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(wheel.read(path).decode())
    required = metadata.get_all("Requires-Dist", [])
    assert required
    assert [requirement for requirement in required if "extra ==" not in requirement] == []
    assert {"server", "demo", "dev"} <= set(metadata.get_all("Provides-Extra"))
    assert metadata["License-Expression"] == "Apache-2.0"


def test_it_brings_the_command_and_the_license(wheel):
    names = wheel.namelist()
    (entry,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
    assert "vedette = vedette.cli:main" in wheel.read(entry).decode()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert all((ROOT / "src" / name).is_file() for name in names if "/vendor/LICENSE" in name)
    assert sum("/vendor/LICENSE" in name for name in names) == 4
