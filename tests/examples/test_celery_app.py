"""The printer in Celery works the same without the lines that its description says make it observable, at most five."""

from __future__ import annotations

import gc
import importlib
import sys

import pytest
from tests import data_servers
from tests.examples.test_frameworks import ROOT, bare
from tests.instruments.servers import Folder, started, until
from tests.integrations.task_series import labelled, states
from tests.real import free_port

from vedette.instruments.metrics import DEFAULT
from vedette.integrations import attached

WORKER = "{python} -m celery --app MODULE worker --concurrency 2 --loglevel error --without-gossip --without-mingle"


@pytest.fixture
def redis():
    with data_servers.redis() as server:
        yield server


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Both modules may be imported: what is given, and the same without the lines."""
    (tmp_path / "plain_printer.py").write_text(bare(ROOT / "examples" / "celery_app" / "main.py"))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "plain_printer", "examples.celery_app.main"
    gc.enable()
    for name in ("plain_printer", "examples.celery_app.main"):
        sys.modules.pop(name, None)
    for library in attached.states():
        attached.detach(library)
    DEFAULT.undeclare("printer_pages_total")
    DEFAULT.clear()


def test_a_worker_does_the_same_and_tells_of_it(redis, modules, tmp_path, monkeypatch):
    gc.disable()  # a result of Celery that is collected while another one subscribes waits for it for ever
    talks = []
    for number, module in enumerate(modules):
        port = free_port()
        settings = {"PRINTER_BROKER": redis.url.replace("/0", f"/{number}"), "PRINTER_PORT": str(port)}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        path = {"PYTHONPATH": f"{ROOT}:{tmp_path}"}
        printer = importlib.import_module(module)
        with started(WORKER.replace("MODULE", module), Folder(tmp_path / "run"), port, **settings, **path) as worker:
            talks.append(_talk(printer))
            if module != "plain_printer":
                samples = until(lambda: states(found := worker.samples(), "bind").get("succeeded") == 1 and found)
        gc.collect()  # later it would look for its broker
        printer.app.close()
    assert talks[0] == talks[1] == ["an album of 8 pages, the first is page 1 on matt", "there is no red paper"]

    assert labelled(samples, "printer_pages_total") == {("matt",): 8, ("glossy",): 0}
    assert states(samples, "print_page") == {"received": 11, "started": 11, "succeeded": 8, "retried": 2, "failed": 1}
    errors = labelled(samples, "worker_task_errors_total")
    assert {labels[2]: count for labels, count in errors.items()} == {
        "examples.celery_app.main.JamError": 2,
        "ValueError": 1,
    }
    assert labelled(samples, "worker_queue_wait_seconds_count")[("celery", "celery")] == 12
    assert samples["process_workers"] >= 1


def _talk(printer):
    said = [printer.album(8)]
    with pytest.raises(ValueError, match="red") as refused:
        printer.print_page.delay(1, "red").get(timeout=60)
    return [*said, str(refused.value)]
