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
    assert [row["state"] for row in found.values()] == ["good"] * 4
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


def test_an_extra_that_is_there_in_part_names_what_is_missing(monkeypatch):
    real = doctor._is_installed
    monkeypatch.setattr(doctor, "_is_installed", lambda name: name != "numpy" and real(name))
    (server,) = [one for one in doctor.findings() if one.what == "[server]"]
    assert (server.state, server.found) == ("bad", "lacks numpy")
    monkeypatch.setattr(doctor, "_is_installed", lambda name: False)
    (server,) = [one for one in doctor.findings() if one.what == "[server]"]
    assert (server.state, server.fix) == ("note", "pip install 'vedette[server]'")
