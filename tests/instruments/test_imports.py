"""What the application's process loads when it imports the first wing, read in a base install: one without extras."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import vedette
from vedette import place

SOURCE = Path(place.__file__).parent
ROOMS = ("instruments", "catalog", "packs", "health", "integrations")
NETWORK = {"asyncio", "ssl", "http", "urllib", "socket"}
# Each costs as much as all of ours together, and metrics can do without.
COSTLY = {"dataclasses", "inspect", "logging", "platform", "datetime", "vedette.catalog.panel"}


def modules_of_the_first_wing() -> list[str]:
    files = [SOURCE / f"{name}.py" for name in ("place", "duration", "errors")]
    files += [file for room in ROOMS for file in (SOURCE / room).rglob("*.py")]
    names = (".".join(("vedette", *file.relative_to(SOURCE).with_suffix("").parts)) for file in files)
    return sorted(name.removesuffix(".__init__") for name in names)


@pytest.fixture(scope="module")
def base_install(tmp_path_factory) -> Path:
    """The interpreter of an environment that has Vedette and nothing else."""
    folder = tmp_path_factory.mktemp("base")
    venv.create(folder, symlinks=os.name != "nt", with_pip=False)
    [packages] = folder.glob("[lL]ib/**/site-packages")
    (packages / "vedette.pth").write_text(f"{SOURCE.parent}\n")
    about = packages / f"vedette-{vedette.__version__}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vedette\nVersion: {vedette.__version__}\n")
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([python, "-I", *arguments], capture_output=True, text=True, check=False, timeout=60)


def loaded_by(python: Path, code: str) -> set[str]:
    """The modules that the code loads beyond those of an interpreter that does nothing."""
    outcome = run(python, "-c", f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before)")
    assert outcome.returncode == 0, outcome.stderr
    return set(outcome.stdout.split())


def test_the_base_install_has_nothing_but_vedette(base_install):
    code = "import importlib.metadata as m; print(*{found.name for found in m.distributions()})"
    assert run(base_install, "-c", code).stdout.split() == ["vedette"]


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(f"import {', '.join(modules_of_the_first_wing())}", id="every module"),
        pytest.param(
            "import vedette; [getattr(vedette, name) for name in vedette.__all__ if name[0] != '_']", id="names"
        ),
        pytest.param("import vedette.catalog as c; [getattr(c, name) for name in c.__all__]", id="catalog"),
        pytest.param("from vedette.packs import database, http, process", id="packs"),
    ],
)
def test_the_first_wing_loads_the_standard_library_alone_and_none_of_its_network_parts(base_install, code):
    roots = {name.partition(".")[0] for name in loaded_by(base_install, code)}
    assert roots - sys.stdlib_module_names == {"vedette"}
    assert roots.isdisjoint(NETWORK)


@pytest.mark.parametrize(
    "code",
    [
        "import vedette",
        "from vedette import Counter, Gauge, Histogram, Info, StateSet, Summary",
        "import vedette; vedette.instrument",
        "from vedette.packs import database, http, process",
        "import vedette.integrations.asgi, vedette.integrations.sqlalchemy",
    ],
)
def test_who_declares_no_pack_loads_neither_the_catalog_nor_what_is_costly(base_install, code):
    assert loaded_by(base_install, code).isdisjoint(COSTLY)


def test_a_process_loads_the_packs_that_it_names_and_a_pack_is_what_its_name_says_in_any_order(base_install):
    loaded = loaded_by(base_install, "from vedette.packs import http")
    assert "vedette.packs.http" in loaded
    assert loaded.isdisjoint({"vedette.packs.database", "vedette.packs.kafka"})
    code = "import vedette.packs.http, vedette.packs\nfrom vedette.packs import database, http\n"
    named = f"{code}print(http.__name__, database.__name__, vedette.packs.http is http, vedette.packs.cache.__name__)"
    assert run(base_install, "-c", named).stdout == "http database True cache\n"


SHARING = {"vedette.instruments.metrics.shared", "vedette.instruments.metrics.supervisor", "atexit", "fcntl", "mmap"}
"""What the first touched value loads: whoever is to share it with others has to be found."""


DOOR = {
    *("vedette.integrations.asgi", "vedette.integrations.routes", "vedette.packs.http", "vedette.packs._http_panels"),
    *("vedette.integrations.runtime", "vedette.integrations.unhandled"),
}
"""What measures an application of ASGI, and its interpreter: one of WSGI has no use for the former."""


def test_instrumenting_an_application_loads_no_more_than_importing_it_its_door_and_what_sharing_needs(base_install):
    code = "async def app(scope, receive, send): ...\nfrom vedette import instrument"
    more = loaded_by(base_install, f"{code}\ninstrument(app)") - loaded_by(base_install, code)
    assert more <= {"resource", *SHARING, *DOOR}


def test_declaring_loads_nothing_more_and_counting_what_sharing_needs(base_install):
    code = "from vedette.instruments.metrics import Counter"
    declaring = f"{code}\na = Counter('a_total', 'A.', labels=['b'])"
    counting = f"{declaring}\na.inc('c')"
    assert loaded_by(base_install, declaring) == loaded_by(base_install, code)
    assert loaded_by(base_install, counting) - loaded_by(base_install, code) <= SHARING


def test_the_command_line_tells_its_version_without_extras(base_install):
    outcome = run(base_install, "-m", "vedette.cli", "version")
    assert (outcome.returncode, outcome.stdout) == (0, f"vedette {vedette.__version__}\n")


def test_the_command_line_asks_for_health_without_extras(base_install):
    outcome = run(base_install, "-m", "vedette.cli", "health", "127.0.0.1:1")
    assert (outcome.returncode, outcome.stdout) == (1, "✗ no answer: Connection refused\n"), outcome.stderr


@pytest.mark.parametrize("command", [["up"], ["build", "--check"], ["demo", "mend"]])
def test_the_command_line_names_the_extra_that_is_missing(base_install, command):
    outcome = run(base_install, "-m", "vedette.cli", *command)
    assert outcome.returncode == 1
    assert "pip install 'vedette[server]'" in outcome.stderr
    assert "Traceback" not in outcome.stderr
