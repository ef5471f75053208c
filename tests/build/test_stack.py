"""Loading, building and writing: exact errors, the same bytes, and never a file that is somebody else's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.build.stacks import everything, minimal, shop

from vedette.build import build, load, write
from vedette.build.stack import MANIFEST
from vedette.errors import ConfigError, DeclarationError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty folder as current directory; its modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [part for part in sys.path if part])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_builds_one_file_for_each_target():
    assert list(build(minimal())) == [
        "alertmanager/alertmanager.yml",
        "grafana/dashboards/shop-home.json",
        "grafana/dashboards/shop-shop.json",
        "prometheus/prometheus.yml",
        "prometheus/rules/shop.yml",
        "runbooks/NoOrders.md",
        "vedette.json",
    ]


@pytest.mark.parametrize("environment", ["local", "production"])
def test_two_processes_build_the_same_bytes(environment):
    code = (
        "from tests.build.stacks import everything; from vedette.build import build; import hashlib\n"
        f"print(hashlib.sha256(repr(build(everything(), {environment!r})).encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    }
    assert len(found) == 1


def test_no_secret_reaches_any_file(monkeypatch):
    for name in ("SLACK_WEBHOOK", "PD_KEY", "PD_STOCK", "HOOK_TOKEN", "SMTP_PASSWORD", "SHOP_TOKEN"):
        monkeypatch.setenv(name, f"value-of-{name}")
    files = build(everything(), "production")
    assert not [path for path, text in files.items() if "value-of-" in text]
    assert '"PD_KEY"' in files["vedette.json"]


def test_environments_differ_only_where_they_say_so():
    stack = shop()
    assert build(stack, "local") == build(stack)
    assert build(stack, "demo") != build(stack)
    with pytest.raises(DeclarationError, match="did you mean 'demo'"):
        build(stack, "demp")


def test_loads_a_stack_from_the_current_directory(project):
    (project / "watch").mkdir()
    (project / "watch" / "observability.py").write_text(
        "from vedette.catalog import Service, Stack\nstack = Stack(services=[Service('shop', ['h:1'])])\n"
    )
    assert load("watch.observability:stack").name == "shop"


@pytest.mark.parametrize(
    ("reference", "source", "message"),
    [
        ("observability", "", "write module:name"),
        ("observabilty:stack", "", "did you mean 'observability'"),
        ("observability:stak", "stack = 1", "did you mean 'stack'"),
        ("observability:stack", "stack = 1", "'stack' is a int; expected a Stack"),
        ("observability:stack", "import not_there_at_all", "observability.py:1: No module named 'not_there_at_all'"),
        (
            "observability:stack",
            "x = 1\n1 / 0",
            "observability.py:2: observability fails when imported: ZeroDivisionError: division by zero",
        ),
        ("observability:stack", "x = (", "observability.py:1:5: '(' was never closed"),
        ("observability:stack", "\nraise SystemExit(0)", "observability.py:2: observability ends the process"),
        (
            "observability:stack",
            "import json\njson.loads('{')",
            "observability.py:2: observability fails when imported",
        ),
        (
            "observability:app",
            "from vedette.catalog import Service, Stack\nstack = Stack(services=[Service('shop', ['h:1'])])",
            "it has the stack 'stack'",
        ),
    ],
)
def test_says_why_a_stack_cannot_be_loaded(project, reference, source, message):
    (project / "observability.py").write_text(source)
    with pytest.raises(ConfigError) as caught:
        load(reference)
    assert message in str(caught.value)


def test_a_wrong_declaration_passes_through_with_its_place(project):
    (project / "observability.py").write_text("from vedette.catalog import Service\nService('shop', [])\n")
    with pytest.raises(DeclarationError, match=r"observability.py:2: service 'shop' has no targets"):
        load("observability:stack")


def test_writes_what_is_new_and_leaves_what_is_the_same(tmp_path):
    files = build(minimal())
    assert write(files, tmp_path) == tuple(files)
    assert {path: (tmp_path / path).read_text() for path in files} == dict(files)
    before = (tmp_path / "vedette.json").stat().st_mtime_ns
    assert write(files, tmp_path) == ()
    assert (tmp_path / "vedette.json").stat().st_mtime_ns == before


def test_removes_only_what_an_earlier_build_wrote(tmp_path):
    write({"a/one.txt": "1", "b/two.txt": "2", "b/c/three.txt": "3"}, tmp_path)
    (tmp_path / "b" / "mine.txt").write_text("mine")
    assert write({"a/one.txt": "1"}, tmp_path) == ("b/c/three.txt", "b/two.txt")
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == [MANIFEST, "a/one.txt", "b/mine.txt"]
    assert not (tmp_path / "b" / "c").exists()


def test_never_overwrites_a_file_that_no_build_wrote(tmp_path):
    (tmp_path / "prometheus").mkdir()
    mine = tmp_path / "prometheus" / "prometheus.yml"
    mine.write_text("global: {}\n")
    with pytest.raises(ConfigError, match="is in the way: no build wrote it"):
        write(build(minimal()), tmp_path)
    assert mine.read_text() == "global: {}\n"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]


def test_a_build_that_was_interrupted_can_be_repeated(tmp_path, monkeypatch):
    files = {"a.txt": "1", "b.txt": "2"}
    real = Path.replace

    def fails_at_b(self, target):
        if Path(target).name == "b.txt":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", fails_at_b)
    with pytest.raises(ConfigError, match="No space left"):
        write(files, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [MANIFEST, "a.txt"]
    monkeypatch.setattr(Path, "replace", real)
    assert write(files, tmp_path) == ("b.txt",)


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x"])
def test_never_writes_outside_the_folder(tmp_path, path):
    with pytest.raises(ConfigError, match="leads out of"):
        write({path: "x"}, tmp_path / "out")


def test_a_manifest_cannot_make_it_remove_files_outside(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("x")
    out = tmp_path / "out"
    out.mkdir()
    (out / MANIFEST).write_text(f"../victim\n{victim}\n")
    write({"a": "b"}, out)
    assert victim.read_text() == "x"
