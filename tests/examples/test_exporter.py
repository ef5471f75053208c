"""The exporter of a folder tells what is there when it is asked, forgets what is gone, and says when it cannot read."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from examples.exporter.main import Inbox
from examples.exporter.observability import files, oldest, readable, size, taken
from tests.docs.page import blocks
from tests.real import free_port
from tests.started import until

from vedette.instruments.metrics import DEFAULT

ROOT = Path(__file__).parents[2]
METRICS = (files, oldest, readable, size, taken)


@pytest.fixture
def inbox(tmp_path):
    """Two folders: in one of them two files wait, the older for longer."""
    (tmp_path / "orders").mkdir()
    folder = tmp_path / "invoices"
    folder.mkdir()
    for name, written in (("a.pdf", 1_000), ("b.pdf", 2_000)):
        (folder / name).write_bytes(b"12345")
        os.utime(folder / name, (written, written))
    yield Inbox(tmp_path)
    for metric in METRICS:
        metric.clear()


def told():
    """What is exposed of the inbox, and when."""
    lines = DEFAULT.render("text", [metric.name for metric in METRICS]).decode().splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def test_it_tells_how_many_files_wait_how_large_they_are_and_since_when(inbox):
    inbox.read()
    assert told() == {
        'inbox_files{folder="invoices"}': "2",
        'inbox_files{folder="orders"}': "0",
        'inbox_size_bytes{folder="invoices"}': "10",
        'inbox_size_bytes{folder="orders"}': "0",
        'inbox_oldest_file_timestamp_seconds{folder="invoices"}': "1000",
        'inbox_files_taken_total{folder="invoices"}': "0",
        'inbox_files_taken_total{folder="orders"}': "0",
        "inbox_readable": "1",
    }


def test_what_is_taken_is_counted_and_nothing_waits_any_more(inbox):
    inbox.read()
    for name in ("a.pdf", "b.pdf"):
        (inbox.path / "invoices" / name).unlink()
    inbox.read()
    found = told()
    assert found['inbox_files_taken_total{folder="invoices"}'] == "2"
    assert 'inbox_oldest_file_timestamp_seconds{folder="invoices"}' not in found


def test_a_folder_that_is_gone_leaves_no_series(inbox):
    inbox.read()
    (inbox.path / "orders").rmdir()
    inbox.read()
    assert not any("orders" in series for series in told())


def test_an_inbox_that_cannot_be_read_tells_that_and_no_old_numbers(inbox):
    inbox.read()
    inbox.path = inbox.path / "elsewhere"
    inbox.read()
    found = told()
    assert found["inbox_readable"] == "0"
    assert not any(series.startswith(("inbox_files{", "inbox_size", "inbox_oldest")) for series in found)


def test_it_serves_what_is_there_now_and_ends_when_it_is_told_to(inbox):
    port = free_port()
    command = [sys.executable, "-m", "examples.exporter.main", inbox.path, "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        try:
            assert until(lambda: 'inbox_files{folder="invoices"} 2' in page(port), 60)
            (inbox.path / "invoices" / "a.pdf").unlink()
            assert 'inbox_files{folder="invoices"} 1' in page(port)
            assert "shop_" not in page(port)
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def page(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
        return reply.read().decode()


def test_its_alerts_are_tested_so_that_no_change_goes_unnoticed():
    ran = vedette("test", "--mutants", "--fail-under", "100", "examples/exporter")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "100 %" in ran.stdout
    assert "lives on" not in ran.stdout


def test_the_checks_find_nothing():
    ran = vedette("check", "--strict")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_exporter_of_the_page_passes_its_own_tests(tmp_path):
    for block in blocks((ROOT / "docs" / "how-to" / "write-an-exporter.md").read_text("utf-8")):
        if block.file:
            (tmp_path / block.file).write_text(block.text, "utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout
    assert "2 passed" in ran.stdout


def vedette(*arguments):
    command = [sys.executable, "-m", "vedette.cli", *arguments]
    stack = ["--stack", "examples.exporter.observability:stack", "--environment", "local"]
    return subprocess.run([*command, *stack], cwd=ROOT, capture_output=True, text=True, check=False)
