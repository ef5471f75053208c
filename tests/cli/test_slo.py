"""`vedette slo`: what it prints of a stack, and that what it prints can be used."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from vedette.cli.run import run

STACK = """\
from vedette import Events, Latency, Metric, Pack, Service, Slo, Stack

orders = Metric.foreign("counter", "orders_total", exporter="x", labels=["result"], help="Orders.")
seconds = Metric.foreign("histogram", "seconds", exporter="x", help="Time.")
shop = Pack("shop", metrics=[orders, seconds], slos=[
    Slo("orders", Events(orders, errors='{result="failed"}'), objective=99.9),
    Slo("speed", Latency(seconds, below="250ms"), objective=90, min_errors=9),
])
stack = Stack(name="s", services=[Service("shop", ["a:1"], [shop]), Service("ware", ["b:1"], [shop])])
"""


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    (tmp_path / "objectives_of_tests.py").write_text(STACK)
    monkeypatch.chdir(tmp_path)


def printed(capsys, *arguments) -> str:
    assert run(["slo", *arguments, "--stack", "objectives_of_tests:stack"]) == 0
    return capsys.readouterr().out


def test_the_table_says_what_an_outage_does(capsys):
    lines = printed(capsys).splitlines()
    assert lines[1].split() == [
        "shop/orders", "shop,", "ware", "99.9", "%", "30d", "0.1", "%", "43m", "after", "1m52s",
    ]  # fmt: skip
    assert lines[2].split()[-2:] == ["after", "3h41m"]


def test_one_objective_says_how_soon_errors_are_noticed_and_what_it_has_no_alert_for(capsys):
    text = printed(capsys, "shop/speed")
    assert "There is no alert of severity critical: errors 14.4 times as fast" in text
    assert "100 %          3h41m  high" in text


def test_json_has_the_same(capsys):
    orders, speed = json.loads(printed(capsys, "--json"))
    assert (orders["id"], orders["objective"], orders["services"]) == ("shop/orders", "99.9", ["shop", "ware"])
    assert orders["alerts"][0] == "ShopOrdersBurnCritical"
    assert orders["noticed"][0]["budget_gone"] == pytest.approx(111.84 / (0.001 * 30 * 86_400))
    assert speed["left_out"][0]["severity"] == "critical"


class _Budgets(BaseHTTPRequestHandler):
    """What a server of Prometheus' API answers."""

    def do_GET(self):
        assert self.path == "/api/v1/query?query=slo:budget_left:ratio"
        samples = [("shop/orders", "shop", "0.25"), ("shop/orders", "shop", "-0.5"), ("shop/orders", "ware", "1")]
        samples.append(("shop/speed", "shop", "NaN"))
        found = [{"metric": {"slo": slo, "job": job}, "value": [0, value]} for slo, job, value in samples]
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": found}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def test_a_server_says_what_is_left_now(capsys):
    with ThreadingHTTPServer(("127.0.0.1", 0), _Budgets) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{server.server_port}"
        lines = printed(capsys, "--live", where).splitlines()
        orders, _ = json.loads(printed(capsys, "--live", where, "--json"))
        server.shutdown()
    assert lines[1].endswith("shop -50 %, ware 100 %")
    assert lines[2].rstrip().endswith("shop –, ware –")  # noqa: RUF001 - what nobody knows
    assert orders["budget_left"] == {"shop": -0.5, "ware": 1.0}


def test_openslo_comes_back_as_python_that_declares_the_same(capsys, tmp_path):
    (tmp_path / "o.yaml").write_text(printed(capsys, "--openslo"))
    assert run(["slo", "--import", "o.yaml"]) == 0
    scope = {}
    exec(capsys.readouterr().out, scope)
    for name in ("shop_slos", "ware_slos"):
        found = [(slo.name, str(slo.percent), slo.min_errors) for slo in scope[name]]
        assert found == [("orders", "99.9", 5), ("speed", "90", 9)]


def test_an_unknown_objective_names_the_nearest(capsys):
    assert run(["slo", "shop/order", "--stack", "objectives_of_tests:stack"]) == 1
    assert "did you mean 'shop/orders'?" in capsys.readouterr().err
