"""`vedette doctor` says what works here and what to do about the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from vedette.cli import doctor
from vedette.cli.run import run
from vedette.instruments.metrics import core
from vedette.integrations.libraries import LIBRARIES, Library


def asked(**environment: str) -> tuple[int, dict[str, dict[str, str]]]:
    done = subprocess.run(
        [sys.executable, "-m", "vedette.cli", "doctor", "--json"],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, {row["what"]: row for row in json.loads(done.stdout)}


def test_all_is_well_in_a_whole_installation(tmp_path):
    status, found = asked(VEDETTE_SHARED=str(tmp_path), VEDETTE_CORE="")
    assert status == 0
    assert {row["state"] for row in found.values()} == {"good"}
    assert found["metrics"]["found"] == "in C"
    assert str(tmp_path) in found["processes"]["found"]


def test_metrics_in_python_are_told_with_the_reason_and_the_fix():
    status, found = asked(VEDETTE_CORE="python")
    assert status == 0
    assert found["metrics"] == {
        "what": "metrics",
        "state": "note",
        "found": "in Python, because VEDETTE_CORE=python asks for Python",
        "fix": "unset VEDETTE_CORE",
    }


def test_an_extension_that_was_not_built_is_told_with_what_it_needs(monkeypatch, capsys):
    monkeypatch.setattr(core, "IN_C", False)
    monkeypatch.setattr(core, "WHY_NOT", "the extension cannot be loaded: no module")
    monkeypatch.delenv("VEDETTE_CORE", raising=False)
    assert run(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "! metrics" in out
    assert "the extension cannot be loaded: no module" in out
    assert "→ install a C compiler" in out


@pytest.mark.parametrize(
    ("setting", "status", "state", "words"),
    [
        ("off", 0, "note", "each has its own metrics, because VEDETTE_SHARED is 'off'"),
        ("/nowhere/at/all", 1, "bad", "/nowhere/at: No such file or directory"),
        ("/proc/version", 1, "bad", "/proc"),
    ],
)
def test_where_metrics_cannot_be_shared_it_says_why(setting, status, state, words):
    found_status, found = asked(VEDETTE_SHARED=setting)
    assert (found_status, found["processes"]["state"]) == (status, state)
    assert words in found["processes"]["found"]


@pytest.fixture
def libraries(monkeypatch):
    """Three libraries: one that is installed, one that is too old, one that is not there."""
    known = (
        Library("new", "new", "New", (2, 0)),
        Library("old", "old", "Old", (2, 0)),
        Library("absent", "absent", "Absent", (1, 0)),
        Library("gone", "gone", "Gone", (1, 0)),
    )
    versions = {"New": "2.0.1", "Old": "1.9", "numpy": "2.0"}
    real = doctor._version_of
    monkeypatch.setattr("vedette.integrations.libraries.LIBRARIES", {one.name: one for one in known})
    monkeypatch.setattr(doctor, "_version_of", lambda name: versions.get(name) or real(name))


def test_each_library_is_told_with_its_version_and_whether_it_will_be_instrumented(libraries, capsys):
    assert run(["doctor"]) == 0
    lines = [line.split(maxsplit=3) for line in capsys.readouterr().out.splitlines()]
    assert ["✓", "New", "2.0.1", "will be instrumented"] in lines
    assert ["!", "Old", "1.9", "found, not instrumented, because version 1.9 is older than 2.0"] in lines
    assert ["→", "pip", "install", "--upgrade 'Old>=2.0'"] in lines
    assert ["✓", "libraries", "not", "installed, and so not looked for: Absent, Gone"] in lines


def test_all_tells_each_library_that_is_not_installed_in_its_own_line(libraries, capsys):
    assert run(["doctor", "--all", "--json"]) == 0
    rows = {row["what"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["Absent"] == {"what": "Absent", "state": "note", "found": "not installed", "fix": ""}
    assert rows["Old 1.9"]["fix"] == "pip install --upgrade 'Old>=2.0'"
    assert "libraries" not in rows


def test_every_library_that_can_be_instrumented_is_looked_for():
    found = list(doctor.findings(everything=True))
    told = " ".join(one.what for one in found)
    assert all(library.package in told for library in LIBRARIES.values())
    parts = {one.what: one.found for one in found if one.what.endswith(" of Python")}
    assert parts == {f"{name} of Python": "will be instrumented" for name in ("asyncio", "logging", "runtime")}


def test_an_extra_that_is_there_in_part_names_what_is_missing(monkeypatch):
    real = doctor._is_installed
    monkeypatch.setattr(doctor, "_is_installed", lambda name: name != "numpy" and real(name))
    (server,) = [one for one in doctor.findings() if one.what == "[server]"]
    assert (server.state, server.found) == ("bad", "lacks numpy")
    monkeypatch.setattr(doctor, "_is_installed", lambda name: False)
    (server,) = [one for one in doctor.findings() if one.what == "[server]"]
    assert (server.state, server.fix) == ("note", "pip install 'vedette[server]'")
