"""Tasks of Celery that count, with a folder as their broker. The page is served by the process that starts the workers.

Without the network and its parts: ``--without-gossip --without-mingle --without-heartbeat``.
"""

from __future__ import annotations

import os

from celery import Celery
from tests.instruments import served

app = Celery("served", broker="filesystem://", set_as_current=False)
app.conf.update(
    broker_transport_options={
        "data_folder_in": os.environ["SERVED_BROKER"],
        "data_folder_out": os.environ["SERVED_BROKER"],
        "control_folder": os.environ["SERVED_BROKER"],
        "polling_interval": 0.01,
    },
    task_ignore_result=True,
    worker_enable_remote_control=False,
    worker_prefetch_multiplier=1,
)


@app.task
def hit() -> None:
    """Count, and say that this process is there."""
    served.act("/say/1")
    served.act("/hit")
