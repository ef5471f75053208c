"""What the application's process loads when it imports the instruments, read in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

FORBIDDEN = ("asyncio", "ssl", "http", "urllib", "logging", "numpy", "sqlalchemy", "starlette", "fastapi")


def modules_after(code: str) -> set[str]:
    program = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True, env=_env())
    return set(json.loads(out.stdout))


def _env() -> dict[str, str]:
    from pathlib import Path

    import vedette.place

    return {"PYTHONPATH": str(Path(vedette.place.__file__).parents[1])}


@pytest.mark.parametrize(
    "code",
    [
        "import vedette.instruments.metrics",
        "import vedette.instruments.metrics.exposition",
        "import vedette.packs.http, vedette.packs.process, vedette.packs.database",
        "import vedette.integrations.asgi, vedette.integrations.sqlalchemy, vedette.integrations.process",
        "import vedette",
        "import vedette; vedette.Counter; vedette.Stack; vedette.Pack; vedette.instrument",
    ],
)
def test_only_the_standard_library_is_loaded_and_none_of_its_network_parts(code):
    loaded = modules_after(code)
    roots = {name.partition(".")[0] for name in loaded}
    assert roots.isdisjoint(FORBIDDEN)
    assert roots - sys.stdlib_module_names - {"vedette", "__main__", "_sysconfigdata__linux_x86_64-linux-gnu"} == set()


def test_declaring_and_counting_loads_nothing_more():
    code = "from vedette.instruments.metrics import Counter; Counter('a_total', 'A.', labels=['b']).inc('c')"
    assert modules_after(code) == modules_after("import vedette.instruments.metrics")
