"""Task queues that are instrumented before the application imports them: measured from the start, and put back."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from vedette.integrations import attached
libraries = ("celery", "rq", "arq", "dramatiq")
for name in libraries:
    attached.attach(name)
assert not {"celery", "kombu", "rq", "redis", "arq", "asyncio", "dramatiq"} & set(sys.modules)

import celery, rq, arq, dramatiq
from dramatiq.brokers.stub import StubBroker
import celery.worker.consumer
assert all(attached.states()[name].attached for name in libraries), attached.states()

app = celery.Celery("early", broker="memory://")
app.send_task("one", queue="first")
broker = StubBroker()
broker.declare_queue("second")
broker.enqueue(dramatiq.Message("second", "one", (), {}, {}))
from vedette.packs.worker import enqueued
assert enqueued.series() == {("celery", "first"): 1, ("dramatiq", "second"): 1}, enqueued.series()

for name in libraries:
    attached.detach(name)
modules = [module for module in list(sys.modules.values()) if module.__name__.partition(".")[0] in libraries]
classes = [value for module in modules for value in vars(module).values() if isinstance(value, type)]
ours = [
    f"{held.__name__}.{name}"
    for held in (*modules, *classes)
    for name, value in vars(held).items()
    if "vedette" in getattr(getattr(value, "__code__", None), "co_filename", "")
]
assert ours == [], ours
app.send_task("one", queue="first")
assert enqueued.series()[("celery", "first")] == 1
"""


def test_task_queues_are_measured_from_their_import_on_and_nothing_of_ours_stays_in_them():
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
