"""The same scripts on a real Alertmanager give the same notifications."""

# ruff: noqa: E501 - an alert stands on one line

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

import pytest
from tests.alerting.script import Push, Stage
from tests.real import alertmanager

from vedette.formats.alerts import write_alerts

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIG = """
global: {{resolve_timeout: 3s}}
route:
  receiver: rest
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  repeat_interval: 1h
  routes:
    - {{matchers: [case="repeat"], receiver: repeat, repeat_interval: 3s}}
    - {{matchers: [case="firing-only"], receiver: firing-only}}
    - {{matchers: [case="short"], receiver: short}}
    - {{matchers: [case="both"], receiver: both-1, continue: true}}
    - {{matchers: [case=~"bo.h"], receiver: both-2, group_by: [alertname, n]}}
    - {{matchers: [case="all"], receiver: rest, group_by: ['...']}}
    - {{matchers: [case="muted"], receiver: rest, mute_time_intervals: [always]}}
    - {{matchers: [case="inactive"], receiver: rest, active_time_intervals: [never]}}
    - {{matchers: [case="active"], receiver: rest, active_time_intervals: [never, always]}}
inhibit_rules:
  - {{source_matchers: [case="inhibit", role="source"], target_matchers: [case="inhibit", role=~"target|source"], equal: [zone]}}
time_intervals:
  - {{name: always, time_intervals: [{{years: ['2000:2100']}}]}}
  - {{name: never, time_intervals: [{{years: ['2001']}}]}}
receivers:
  - {{name: rest, webhook_configs: [{{url: '{sink}/rest'}}]}}
  - {{name: repeat, webhook_configs: [{{url: '{sink}/repeat'}}]}}
  - {{name: firing-only, webhook_configs: [{{url: '{sink}/firing-only', send_resolved: false}}]}}
  - {{name: short, webhook_configs: [{{url: '{sink}/short', max_alerts: 2}}]}}
  - {{name: both-1, webhook_configs: [{{url: '{sink}/both-1'}}, {{url: '{sink}/both-1b', send_resolved: false}}]}}
  - {{name: both-2, webhook_configs: [{{url: '{sink}/both-2'}}]}}
"""


def alert(case: str, n: str = "1", **more: str) -> dict[str, str]:
    return {"alertname": f"A-{case}", "case": case, "n": n, **more}


# Times lie off the groups' ticks (1 s, then every 2 s after an alert's arrival), so that machine load cannot reorder them.
SCRIPT = [
    # one alert, from firing to resolved
    Push(0.1, alert("plain"), start=0, annotations={"summary": "s", "description": "only <this>"}),
    Push(2.4, alert("plain"), start=0, end=2.3, annotations={"summary": "s", "description": "only <this>"}),
    # two at once are told once; a third joins; one resolves; all resolve
    Push(0.1, alert("batch", "1", job="b", instance="2"), start=0, annotations={"summary": "same", "own": "1"}),
    Push(0.5, alert("batch", "2", job="b", instance="1"), start=0, annotations={"summary": "same", "own": "2"}),
    Push(2.0, alert("batch", "3", job="a"), start=2, annotations={"summary": "same"}),
    Push(4.0, alert("batch", "1", job="b", instance="2"), start=0, end=3.9, annotations={"summary": "same", "own": "1"}),
    Push(2.9, alert("batch", "2", job="b", instance="1"), start=0, end=20, annotations={"summary": "same", "own": "2"}),
    Push(2.9, alert("batch", "3", job="a"), start=2, end=20, annotations={"summary": "same"}),
    Push(6.0, alert("batch", "2", job="b", instance="1"), start=0, end=5.9, annotations={"summary": "same", "own": "2"}),
    Push(6.0, alert("batch", "3", job="a"), start=2, end=5.9, annotations={"summary": "same"}),
    # fires for longer than the group would wait: told at once
    Push(0.3, alert("late"), start=-60, end=60),
    # comes and goes within the wait: nobody is told
    Push(0.1, alert("blip"), start=0, end=0.6),
    # nobody refreshes it: resolved by resolve_timeout
    Push(0.1, alert("timeout")),
    # told again and again
    Push(0.1, alert("repeat"), start=0, end=60),
    # resolved is not wanted
    Push(0.1, alert("firing-only", "1"), start=0, end=60),
    Push(0.1, alert("firing-only", "2"), start=0, end=2.2),
    Push(4.2, alert("firing-only", "1"), start=0, end=4.1),
    # truncated
    *(Push(0.1, alert("short", str(n)), start=0, end=60) for n in range(4)),
    # two routes
    Push(0.1, alert("both", "1"), start=0, end=2.2),
    Push(0.1, alert("both", "2"), start=0, end=60),
    Push(0.1, alert("all", "1"), start=0, end=60),
    Push(0.1, alert("all", "2"), start=0, end=2.2),
    # silent by the clock
    Push(0.1, alert("muted"), start=0, end=60),
    Push(0.1, alert("inactive"), start=0, end=60),
    Push(0.1, alert("active"), start=0, end=60),
    # inhibited in zone a, not in zone b; the source itself is told; released when the source is gone
    Push(0.1, alert("inhibit", "source", role="source", zone="a"), start=0, end=4.2),
    Push(0.2, alert("inhibit", "target", role="target", zone="a"), start=0, end=60),
    Push(0.2, alert("inhibit", "free", role="target", zone="b"), start=0, end=60),
    # resolves and fires again
    Push(0.1, alert("again"), start=0, end=1.6),
    Push(4.0, alert("again"), start=4, end=60),
    # overlapping times merge to the earliest start
    Push(0.1, alert("merge"), start=-0.5, end=60, annotations={"v": "1"}),
    Push(0.6, alert("merge"), start=0.4, end=60, annotations={"v": "2"}),
    # characters that must be escaped in a group key
    Push(0.1, {"alertname": 'Q"uo\\te\n☃', "case": "quote"}, start=0, end=60),
]  # fmt: skip
UNTIL = 9.0


class Sink:
    """An HTTP server that keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[tuple[float, str, dict[str, Any]]] = []
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                sink.got.append((time.time(), self.path, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def on_the_real_one(folder: Any, script: Sequence[Push], until: float) -> list[tuple[float, str, dict[str, Any]]]:
    with Sink() as sink, alertmanager(folder, CONFIG.format(sink=sink.url)) as base_url:
        base = time.time()
        for push in sorted(script, key=lambda push: push.at):
            time.sleep(max(0.0, base + push.at - time.time()))
            request = urllib.request.Request(
                f"{base_url}/api/v2/alerts",
                data=write_alerts([push.alert(round(base * 1000))]),
                headers={"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=5) as reply:
                assert reply.status == 200
        time.sleep(max(0.0, base + until - time.time()))
        return [(at - base, path, body) for at, path, body in sink.got]


def timeless(body: dict[str, Any]) -> dict[str, Any]:
    """All of the body but times and addresses."""
    alerts = [
        {key: value for key, value in one.items() if key not in ("startsAt", "endsAt", "generatorURL")}
        for one in body["alerts"]
    ]
    return {**{key: value for key, value in body.items() if key != "externalURL"}, "alerts": alerts}


@pytest.mark.real
def test_a_real_alertmanager_sends_the_same_notifications(tmp_path):
    real = on_the_real_one(tmp_path, SCRIPT, UNTIL)
    stage = Stage(CONFIG.format(sink="http://sink"))
    ours = stage.run(SCRIPT, UNTIL)
    paths = {("both-1", "webhook/1"): "/both-1b"}
    by_group: dict[tuple[str, str], list[list[Any]]] = defaultdict(lambda: [[], []])
    for at, path, body in real:
        by_group[path, body["groupKey"]][0].append((at, body))
    for sent in ours:
        path = paths.get((sent.receiver, sent.integration), f"/{sent.receiver}")
        by_group[path, sent.body["groupKey"]][1].append((sent.at, sent.body))
    assert len(by_group) >= 15
    for key, (theirs, mine) in sorted(by_group.items()):
        assert [timeless(body) for _, body in mine] == [timeless(body) for _, body in theirs], key
