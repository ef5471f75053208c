"""The commands of the runbooks that ask services: of the shop, its watch, exporters, a worker and a process."""

from __future__ import annotations

import contextlib
import os
import pty
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from tests import data_servers
from tests.packs.runbook_commands import NOT_RUN
from tests.packs.test_blackbox_queries import certificate, served
from tests.packs.test_runbook_commands import SHELL, Shell, calling, programs, wrapper
from tests.real import binary, exporter, free_port
from tests.started import ROOT, Mailbox, ShopProject, Sink, until

pytestmark = [pytest.mark.proof, pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")]

VERSION = {"postgres-exporter": "0.19", "redis-exporter": "1.86", "blackbox-exporter": "0.23"}
MODULES = "modules: {http_2xx: {prober: http, timeout: 3s}}\n"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    """Everything that is asked, and where it is."""
    folder = tmp_path_factory.mktemp("services")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem, key = certificate(folder, 90)
    context.load_cert_chain(pem, key)
    (folder / "blackbox").mkdir()
    (folder / "blackbox" / "blackbox.yml").write_text(MODULES)
    (folder / "token").write_text("not asked for here")
    with contextlib.ExitStack() as stack:
        project = ShopProject(
            folder / "shop", stack.enter_context(Mailbox().open()), stack.enter_context(Sink().open())
        )
        watch = stack.enter_context(project.up())
        watch.has_data(60)
        database = stack.enter_context(data_servers.postgres())
        cache = stack.enter_context(data_servers.redis())
        tls, plain = stack.enter_context(served(context)), stack.enter_context(served())

        def of(program, *arguments, environment=None):
            url = stack.enter_context(
                exporter(folder / program, program, VERSION[program], *arguments, environment=environment)
            )
            return url.removeprefix("http://").removesuffix("/metrics")

        data_source = {"DATA_SOURCE_NAME": f"{database.url}?sslmode=disable"}
        blackbox = of("blackbox-exporter", f"--config.file={folder / 'blackbox' / 'blackbox.yml'}")
        fill = {
            "EXPORTER:9115": blackbox,
            "EXPORTER:9121|localhost:9121": of("redis-exporter", f"--redis.addr={cache.url}"),
            "EXPORTER:9187": of("postgres-exporter", environment=data_source),
            "MACHINE:8080": f"127.0.0.1:{plain}",
            "127.0.0.1:7373": f"127.0.0.1:{watch.port}",
            "(HOST|localhost):PORT": f"127.0.0.1:{project.shop_port}",
            "NAME:443:ADDRESS https://NAME/": f"localhost:{tls}:127.0.0.1 https://localhost:{tls}/",
            "https://HOST/PATH": f"https://localhost:{tls}/",
            "https://HOST/": f"https://localhost:{tls}/",
            r"\b(TARGET|URL)\b": f"http://127.0.0.1:{plain}/",
            r"checks/NAME\b": "checks/database",
            r"\bCODE\b": "unknown-label",
            r"\bTOKEN\b(?!\")": str(folder / "token"),
        }
        wrapper(folder, "blackbox_exporter", binary("blackbox-exporter", VERSION["blackbox-exporter"]))
        environment = {
            "PATH": f"{folder}:{BIN}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "CURL_CA_BUNDLE": str(pem),
            "TOKEN": "not asked for here",
            **project.environment,
        }
        yield Shell(folder, fill, environment), project


def test_what_asks_a_service_an_exporter_or_the_watch_is_answered(services):
    shell, _ = services
    asked = calling("curl", "blackbox_exporter", unless=["vedette", "redis-cli", "psql"])
    assert shell.failures(asked) == {}


def test_what_asks_vedette_is_answered_in_the_folder_of_the_project(services):
    shell, project = services
    asked = calling("vedette")
    assert Shell(project.folder, shell.fill, shell.environment).failures(asked) == {}


def on_a_terminal(environment, line):
    """What a program draws on a terminal that it wants to have."""
    ours, its = pty.openpty()
    process = subprocess.Popen(line.split(), stdin=its, stdout=its, stderr=its, env={**os.environ, **environment})
    os.close(its)
    drawn = b""
    try:
        while b"python" not in drawn and (more := os.read(ours, 4096)):
            drawn += more
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return drawn.decode(errors="replace")


def test_what_looks_into_a_process_of_python_sees_it(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", "while True: sum(range(1000))"])
    try:
        shell = Shell(tmp_path, {r"\bPID\b": str(process.pid)}, {"PATH": f"{BIN}:{os.environ['PATH']}"})
        looks = calling("py-spy")
        top = [one for one in looks if "py-spy top" in one.text]
        assert shell.failures([one for one in looks if one not in top]) == {}
        for one in top:
            assert "python" in on_a_terminal(shell.environment, one.text.replace("PID", str(process.pid)))
    finally:
        process.kill()
        process.wait()
    assert (tmp_path / "loop.svg").read_text().startswith("<?xml")
    (stacks,) = tmp_path.glob("hung-*.txt")
    assert "<module>" in stacks.read_text()


def test_what_asks_a_worker_is_answered_by_one_that_was_started_as_a_runbook_says(tmp_path):
    with data_servers.redis() as broker:
        environment = {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PRINTER_BROKER": broker.url,
            "PRINTER_PORT": str(free_port()),
            "RQ_REDIS_URL": broker.url,
        }
        fill = {r"\bAPP\b": "examples.celery_app.main", r"\bQUEUE\b": "celery"}
        shell = Shell(tmp_path, fill, environment)
        (start,) = [one.text for one in SHELL if programs(one.text) == ["celery"] and one.text in NOT_RUN]
        with (tmp_path / "log").open("wb") as log:
            line = start.replace("APP", fill[r"\bAPP\b"]).replace("QUEUE", fill[r"\bQUEUE\b"])
            worker = subprocess.Popen(
                ["bash", "-c", f"exec {line}"], env={**os.environ, **environment}, stdout=log, stderr=log, cwd=tmp_path
            )
        try:
            environment["PRINTER_PORT"] = str(free_port())
            asked = calling("celery", "rq")
            until(lambda: not shell.failures(asked[:1]), 60, "a worker that answers")
            assert shell.failures(asked) == {}
        finally:
            worker.terminate()
            worker.wait(30)


def test_what_reads_the_log_of_the_kernel_or_the_open_files_of_all_runs():
    assert Shell(Path("/"), {}).failures(calling("dmesg", "lsof", unless=["tail"])) == {}
