"""A process to be killed: takes alerts over, delivers them into a file, and says what it accepted.

``python victim.py STORE SINK FIRST COUNT``: alerts FIRST to FIRST + COUNT are posted one after another; each is told on
stdout only once ``receive`` has returned. A delivery "arrives" when its line is in SINK. With COUNT 0 it only works off
what waits, and ends.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time

from vedette.alerting.machine import Alerting, Delivered
from vedette.alerting.outbox import Outbox
from vedette.formats.alertmanager import read
from vedette.formats.alerts import Alert
from vedette.promql.labels import labels

CONFIG = """
route: {receiver: sink, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}
receivers: [{name: sink, webhook_configs: [{url: 'http://sink/'}]}]
"""


def now() -> int:
    return time.time_ns() // 1_000_000


def main(store: str, sink: str, first: int, count: int) -> None:
    alerting = Alerting(read(CONFIG, "alertmanager.yml"), Outbox(store), start=now(), rng=random.Random(first))
    out = os.open(sink, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def work() -> None:
        for delivery in alerting.step(now()):
            names = [alert["labels"]["alertname"] for alert in json.loads(delivery.payload.body)["alerts"]]
            os.write(out, json.dumps([delivery.id, names]).encode() + b"\n")
            alerting.settle(delivery, Delivered(), now())

    for n in range(first, first + count):
        alerting.receive(
            [Alert(labels=labels({"alertname": f"A{n}"}), starts_at=now(), ends_at=now() + 3_600_000)], now()
        )
        os.write(1, f"{n}\n".encode())
        work()
    while alerting.counts()["waiting"] or not count:
        work()
        if not count and not alerting.counts()["waiting"] and (alerting.next_due() or 0) > now():
            return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
