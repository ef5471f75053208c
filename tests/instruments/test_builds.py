"""The extension in C builds without a warning by gcc and clang, runs clean under sanitizers, and on every Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
CORE = "src/vedette/instruments/metrics/_core"
STRICT = ["-std=c11", "-D_GNU_SOURCE", "-fPIC", "-shared", "-pthread", "-Wall", "-Wextra", "-Werror"]
STRICT += ["-Wno-missing-field-initializers", "-Wno-cast-function-type"]
SUITE = [
    "-m",
    "not proof and not real",
    "-p",
    "no:cacheprovider",
    "tests/instruments",
    "tests/integrations/test_asgi.py",
]


def built(compiler: str, folder: Path, *flags: str, python: str = sys.executable) -> Path:
    """Build the sources in ``folder`` for a Python; the extension stands beside them."""
    ask = "import sysconfig as s; print(s.get_path('include'), s.get_config_var('EXT_SUFFIX'))"
    include, suffix = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.split()
    if not (Path(include) / "Python.h").is_file():
        pytest.skip(f"the headers of {python} are not installed")
    sources = sorted(folder.glob("*.c"))
    target = folder / f"extension{suffix}"
    command = [compiler, *STRICT, *flags, f"-I{include}", *map(str, sources), "-o", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]
    return target


def copied(folder: Path) -> Path:
    """A copy of the project without anything built."""
    ignored = shutil.ignore_patterns("__pycache__", "*.so", "*.egg-info")
    for name in ("src", "tests", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def found(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"there is no {name} here")
    return path


def interpreter(version: str) -> str:
    """A Python of this version: by its name, or one that pyenv has."""

    def runs(path: str | None) -> bool:
        return path is not None and not subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode

    named = shutil.which(f"python{version}")
    if named is not None and runs(named):
        return named
    pyenv = shutil.which("pyenv")
    if pyenv is not None and not version.endswith("t"):
        latest = subprocess.run([pyenv, "latest", version], capture_output=True, text=True, check=False).stdout.strip()
        prefix = subprocess.run([pyenv, "prefix", latest], capture_output=True, text=True, check=False).stdout.strip()
        if prefix and runs(f"{prefix}/bin/python"):
            return f"{prefix}/bin/python"
    pytest.skip(f"there is no Python {version} here")


def test_every_source_is_in_the_build():
    extension = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["ext-modules"][0]
    here = {f"{CORE}/{path.name}" for path in (ROOT / CORE).iterdir() if path.suffix in (".c", ".h")}
    assert {*extension["sources"], *extension["depends"]} == here
    assert extension["optional"] is True


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_it_builds_without_a_warning(compiler, tmp_path):
    shutil.copytree(ROOT / CORE, tmp_path / "core", ignore=shutil.ignore_patterns("*.so"))
    assert built(found(compiler), tmp_path / "core", "-O1").stat().st_size > 50_000


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_it_is_clean_under_the_sanitizers_of_addresses_and_of_undefined_behaviour(tmp_path):
    gcc = found("gcc")
    tree = copied(tmp_path)
    built(gcc, tree / CORE, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
    runtime = [
        subprocess.run([gcc, f"-print-file-name={name}.so"], capture_output=True, text=True, check=True).stdout.strip()
        for name in ("libasan", "libubsan")
    ]
    environment = {
        **os.environ,
        "LD_PRELOAD": " ".join(runtime),
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(tree / "src"),
        "VEDETTE_CORE": "c",
    }
    suite = ["-m", "pytest", "-q", "-p", "no:xdist", "--timeout", "600", "-m", "not proof and not real"]
    suite += ["tests/instruments/metrics", "tests/integrations/test_asgi.py"]
    suite += ["--ignore=tests/instruments/metrics/push"]
    for command in (suite, ["tests/instruments/metrics/fuzz_segment.py", "11", "200000"]):
        done = subprocess.run(
            [sys.executable, *command], cwd=tree, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("which", ["c", "python"])
@pytest.mark.parametrize("version", ["3.12", "3.13", "3.13t"])
def test_the_tests_of_the_instruments_pass_on_other_pythons(version, which, tmp_path):
    python = interpreter(version)
    tree = copied(tmp_path / "tree")
    subprocess.run([python, "-m", "venv", str(tmp_path / "venv")], check=True)
    own = str(tmp_path / "venv" / "bin" / "python")
    # From 6.140 on hypothesis is built for free-threaded Pythons with a compiler of its own.
    needed = [
        "pytest>=8.3",
        "pytest-asyncio",
        "pytest-timeout",
        "hypothesis<6.140",
        "prometheus-client",
        "setuptools>=77",
    ]
    needed += ["setuptools>=77", "opentelemetry-sdk", "starlette", "httpx"] + (
        [] if version.endswith("t") else ["fastapi", "sqlalchemy", "uvicorn", "psutil"]
    )
    subprocess.run([own, "-m", "pip", "install", "-q", *needed], check=True)
    installed = ["pip", "install", "-q", "--no-deps", "--no-build-isolation", "-e", str(tree)]
    subprocess.run([own, "-m", *installed], check=True)
    apart = ["test_imports.py", "test_workers.py", "test_builds.py"]
    tests = ["tests/instruments", *(f"--ignore=tests/instruments/{name}" for name in apart)]
    tests += ["--ignore=tests/instruments/metrics/push"]
    tests += (
        ["--ignore=tests/instruments/metrics/test_serving.py", "--ignore=tests/instruments/metrics/serving"]
        if version.endswith("t")
        else ["tests/integrations/test_asgi.py", "tests/integrations/test_sqlalchemy.py"]
    )
    done = subprocess.run(
        [own, "-m", "pytest", "-q", "-m", "not proof and not real", *tests],
        cwd=tree,
        env={**os.environ, "VEDETTE_CORE": which},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    runs_in_c = "from vedette.instruments.metrics import core; print(core.IN_C)"
    said = subprocess.run(
        [own, "-c", runs_in_c], env={**os.environ, "VEDETTE_CORE": which}, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == str(which == "c")


def test_this_python_has_the_extension_unless_it_cannot_be_built():
    from vedette.instruments.metrics import core

    if os.environ.get("VEDETTE_CORE") == "python":
        assert not core.IN_C
        return
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    if shutil.which("cc") is None or not headers.is_file():
        pytest.skip("there is no compiler here, or no headers")
    assert core.IN_C, core.WHY_NOT
