"""What the page on plan, apply and drift shows is what the commands print, on a real Prometheus and Alertmanager."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests import real as real_servers
from tests.deploy.grafana_stub import TOKEN, grafana
from tests.deploy.places import servers
from tests.docs.page import blocks

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "plan-and-apply.md"


def sessions(folder, monkeypatch):
    """Each session of the page, with what really comes out."""
    text = PAGE.read_text("utf-8")
    files = {block.file: block.text for block in blocks(text) if block.file}
    monkeypatch.setenv("GRAFANA_TOKEN", TOKEN)
    programs = (real_servers.binary("promtool", "3.5"), real_servers.binary("amtool", "0.33"))
    monkeypatch.setenv("PATH", os.pathsep.join([*(str(one.parent) for one in programs), os.environ["PATH"]]))
    with grafana() as stub, servers(folder) as place:
        real = {
            "http://127.0.0.1:9090": place.prometheus,
            "http://127.0.0.1:9093": place.alertmanager,
            "http://127.0.0.1:3000": stub.url,
            "/etc/prometheus": str(folder / "prometheus"),
            "/etc/alertmanager": str(folder / "alertmanager"),
        }

        def put(threshold):
            declared = files["bakery.py"].replace("< 0.05", f"< {threshold}")
            for shown, there in real.items():
                declared = declared.replace(shown, there)
            (folder / "bakery.py").write_text(declared)

        def typed(command):
            for shown, there in real.items():
                command = command.replace(shown, there)
            command = re.sub(r"^vedette ", f"{sys.executable} -m vedette.cli ", command)
            done = subprocess.run(command, shell=True, cwd=folder, capture_output=True, text=True, check=False)
            assert not done.stderr
            out = done.stdout
            for shown, there in real.items():
                out = out.replace(there, shown)
            return out

        (folder / "pyproject.toml").write_text(files["pyproject.toml"])
        put("0.05")
        typed("vedette apply --yes")
        put("0.04")
        for block in blocks(text):
            if block.language == "console":
                commands = [line.removeprefix("$ ") for line in block.text.splitlines() if line.startswith("$ ")]
                yield block.text, "".join(f"$ {command}\n{typed(command)}" for command in commands)


@pytest.mark.real
def test_what_the_page_shows_is_what_is_printed(tmp_path, monkeypatch):
    shown = list(sessions(tmp_path, monkeypatch))
    assert len(shown) == 4
    for there, printed in shown:
        assert there == printed
