"""Alerts tested against an application: what fires, who is told, and which tests are refused as meaning nothing."""

from __future__ import annotations

import asyncio
import re
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.testing import kiosk
from tests.testing.kiosk import Kiosk

from vedette.errors import ConfigError
from vedette.integrations import process
from vedette.testing import Request, current
from vedette.testing.application import Application
from vedette.testing.world import declared

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return declared(kiosk.stack, "local", "", tmp_path_factory.mktemp("built"))


@pytest.fixture
def service():
    return Kiosk()


@pytest.fixture
def app(built, service):
    kiosk.waiting.set(0)
    kiosk.sales.initialise()
    with Application(built, service.asgi, project=HERE) as application:
        yield application


def minutes(number):
    return timedelta(minutes=number)


# What happens


def test_an_alert_fires_when_the_handlers_break_and_ends_when_they_are_mended(app, service):
    app.assert_no_alerts("SalesRefused", load="/buy", rate=0.5, during="10m")
    service.refuse = True
    assert app.load("/buy", rate=0.5, during="10m") == {503: 300}
    firing = app.fires("SalesRefused", within="4m", labels={"job": "kiosk", "severity": "critical"})
    assert minutes(2) < firing.after <= minutes(4)
    assert firing.labels["instance"] == "kiosk:1"
    service.refuse = False
    app.load("/buy", rate=0.5, during="10m")
    ended = app.resolves("SalesRefused", within="3m")
    assert minutes(1) < ended.after <= minutes(3)
    assert ended.labels == firing.labels
    assert app.now == minutes(30)


def test_everybody_is_told_what_the_routing_says_in_the_words_they_get(app, service):
    service.refuse = True
    app.load("/buy", rate=0.5, during="10m")
    slack = app.assert_notified("#kiosk", within="5m", alert="SalesRefused")
    assert slack.channel == "slack"
    assert slack.subject == "[FIRING] 100% of the sales of kiosk are refused"
    assert "*100% of the sales of kiosk are refused* (critical, SalesRefused)" in slack.body
    assert slack.links[0] == "https://watch.kiosk.test/runbooks/SalesRefused"
    for address in ("boss@kiosk.test", "deputy@kiosk.test"):
        mail = app.assert_notified(address, within="5m")
        assert mail.channel == "email"
        assert mail.subject == slack.subject
        assert mail.alerts == ("SalesRefused",)
        assert "https://watch.kiosk.test/runbooks/SalesRefused" in mail.links
        assert all("&amp;" not in link for link in mail.links)
    assert '"alertname":"SalesRefused"' in app.assert_notified("http://sink.test/hook?key=1").body
    with pytest.raises(AssertionError, match=r"boss@kiosk\.test was not told of the end of SalesRefused within 10m"):
        app.assert_notified("boss@kiosk.test", alert="SalesRefused", resolved=True)
    service.refuse = False
    app.load("/buy", rate=0.5, during="15m")
    assert app.assert_notified("#kiosk", alert="SalesRefused", resolved=True).subject.startswith("[RESOLVED]")


def test_time_passes_where_handlers_wait_and_nowhere_else(app, service):
    app.assert_no_alerts("ServingSlow", load="/buy", rate=0.2, during="10m")
    service.takes = 0.7
    app.load("/buy", rate=0.2, during="10m")
    app.fires("ServingSlow", within="5m")


def test_requests_run_at_once_as_a_server_runs_them(app, service):
    service.takes = 30
    assert app.load("/buy", rate=0.2, during="5m") == {200: 60}
    assert app.now < minutes(6)


def test_a_wsgi_application_is_asked_the_same(built, service):
    with Application(built, service.wsgi, project=HERE) as app:
        service.takes = 0.7
        assert app.load(["/buy?what=pen", "POST /boom"], rate=0.2, during="10m") == {200: 60, 500: 60}
        assert service.asked[:2] == [("GET", "/buy", "what=pen"), ("POST", "/boom", "")]
        app.fires("ServingSlow", within="5m")


def test_a_function_is_called_at_its_interval(built, service):
    with Application(built, project=HERE) as app:
        service.refuse = True
        assert app.call(service.sell, every="2s", during="10m") == {"returned": 300}
        app.fires("SalesRefused", within="4m")


def test_a_celery_task_is_called_as_it_is(built, service):
    celery = pytest.importorskip("celery")
    queue = celery.Celery("kiosk", broker="memory://")
    queue.conf.task_always_eager = True

    @queue.task
    def sell():
        service.sell()
        if service.refuse:
            raise ConnectionError("no till")

    service.refuse = True
    with Application(built, project=HERE) as app:
        app.call(sell.delay, every="2s", during="10m")
        app.fires("SalesRefused", within="4m")


def test_an_async_function_is_awaited_and_what_it_is_expected_to_raise_is_counted(built, service):
    calls = []

    async def job():
        calls.append(time.time())
        await asyncio.sleep(3)
        if len(calls) % 2:
            raise ConnectionError

    with Application(built, project=HERE) as app:
        assert app.call(job, every="10s", during="1m", raises=ConnectionError) == {"ConnectionError": 3, "returned": 3}
        assert [later - earlier for earlier, later in pairwise(calls)] == pytest.approx([10] * 5)
        with pytest.raises(ConnectionError):
            app.call(job, every="10s", during="1m")


def test_the_application_is_started_and_stopped_and_what_it_does_by_itself_goes_on(built, service):
    with Application(built, service.asgi, project=HERE) as app:
        app.idle("10m")
        app.load("/buy", rate=0.1, during="10m")
        assert (service.started, service.stopped) == (1, 0)
        assert len(service.ticks) in (20, 21)
        assert {round(later - earlier) for earlier, later in pairwise(service.ticks)} == {60}
    assert service.stopped == 1


def test_an_application_that_cannot_start_says_so(built):
    async def broken(scope, receive, send):
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    nothing = pytest.raises(RuntimeError, match="the application does not start: no database")
    with Application(built, broken, project=HERE) as app, nothing:
        app.load("/buy", rate=1, during="1m")


def test_an_application_that_knows_no_lifespan_is_asked_all_the_same(built):
    async def simple(scope, receive, send):
        assert scope["type"] == "http"
        kiosk.sales.inc("sold")
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    with Application(built, simple, project=HERE) as app:
        assert app.load(Request("/buy", "PUT", {"X-A": "1"}, b"pen"), rate=1, during="1m") == {204: 60}


@pytest.mark.filterwarnings("ignore:Using `httpx`")
def test_a_client_of_ones_own_works_within_a_block(app, service):
    from starlette.testclient import TestClient

    service.refuse = True
    with app.time_travel():
        client = TestClient(service.asgi, raise_server_exceptions=False)
        for _ in range(120):
            assert client.get("/buy").status_code == 503
            time.sleep(5)
    app.fires("SalesRefused", within="5m")


def test_the_functions_are_about_the_application_of_the_test(app, service):
    service.refuse = True
    with current.using(app), current.time_travel():
        app.load("/buy", rate=0.5, during="6m")
        assert current.fires("SalesRefused", within="5m")
        current.assert_notified("#kiosk", within="6m")
        current.assert_no_alerts("ServingSlow")
        with pytest.raises(AssertionError):
            current.resolves("SalesRefused")
    with pytest.raises(LookupError, match="give the test the fixture vedette_app"):
        current.time_travel()


def test_a_process_that_is_down_fires_what_watches_for_that(built, service, tmp_path):
    street = declared(kiosk.two_services, "local", "bar", tmp_path)
    with Application(street, service.asgi, project=HERE) as app:
        app.idle("5m")
        app.assert_no_alerts()
        with app.down():
            app.idle("5m")
        app.fires("ServiceDown", within="4m", labels={"job": "bar", "service": "bar"})


def test_what_the_process_of_the_tests_uses_is_not_the_applications(service, tmp_path, monkeypatch):
    process.attach()
    before = process.readings()
    monkeypatch.setattr(process, "readings", lambda: before._replace(resident=1 << 40, files=1 << 20))
    with Application(declared(kiosk.two_services, "local", "bar", tmp_path), service.asgi, project=HERE) as app:
        app.idle("10m")
        app.assert_no_alerts()
        assert b"process_resident_memory_bytes 67108864\n" in app.export()


def test_what_another_service_of_the_stack_does_is_not_simulated_and_not_judged(service, tmp_path):
    street = declared(kiosk.two_services, "local", "kiosk", tmp_path)
    with Application(street, service.asgi, project=HERE) as app:
        app.assert_no_alerts(load="/buy", rate=0.5, during="15m")


def test_each_test_counts_from_zero_and_gauges_stay_as_they_are(built, service):
    kiosk.sales.initialise()
    kiosk.sales.inc("sold", amount=500)
    kiosk.waiting.set(3)
    with Application(built, service.asgi, project=HERE) as app:
        app.idle("30s")
        assert b'kiosk_sales_total{result="sold"} 0\n' in app.export()
        assert b"kiosk_waiting 3\n" in app.export()


def test_a_gauge_is_read_when_it_is_scraped(app):
    kiosk.waiting.set(20)
    app.idle("5m")
    app.fires("QueueLong", within="3m")
    kiosk.waiting.set(0)
    app.idle("5m")
    app.resolves("QueueLong", within="1m")


def test_a_time_scale_of_the_environment_does_not_count(service, tmp_path):
    quick = declared(kiosk.stack, "quick", "", tmp_path)
    assert next(rule for rule in quick.rules if rule.alert == "SalesRefused").for_ == 120_000


def test_the_one_instance_there_is_is_scraped_once(app):
    app.load("/buy", rate=0.1, during="2m")
    found = app._world.watch.head.label_values("instance")
    assert found == ["kiosk:1"]


# What is said when it is otherwise


def test_a_failure_draws_the_query_against_its_threshold_and_tells_what_happened_instead(app, service):
    service.takes = 0.7
    app.load("/buy", rate=0.2, during="10m")
    with pytest.raises(AssertionError) as caught:
        app.fires("SalesRefused", within="7m")
    message = str(caught.value)
    first, rule, *rest = message.split("\n")
    assert first == "SalesRefused did not fire within 7m"
    assert rule.startswith('SalesRefused: job_instance:kiosk_refused:ratio_rate2m{job="kiosk"} > 0.2, for 2m')
    assert any(line.strip().startswith("0.2 ┤┄┄┄") for line in rest)
    assert any(line.strip().startswith("0 ┤") and "•••" in line for line in rest)
    at = rest.index("what else fired:")
    assert rest[at + 1].startswith("  ServingSlow{")
    assert "who was told:" in rest
    assert any("#kiosk: [FIRING] Serving is slow" in line for line in rest)


def test_a_failure_tells_how_far_the_alert_came(app, service):
    service.refuse = True
    app.load("/buy", rate=0.5, during="90s")
    with pytest.raises(AssertionError) as caught:
        app.fires("SalesRefused", within="1m")
    assert "pending  +" in str(caught.value)
    assert "▒" in str(caught.value)
    assert "no other alert fired" in str(caught.value)
    assert "nobody was told anything" in str(caught.value)


def test_what_fired_before_the_block_is_not_the_blocks(app, service):
    service.refuse = True
    app.load("/buy", rate=0.5, during="10m")
    app.load("/buy", rate=0.5, during="5m")
    with pytest.raises(AssertionError, match="SalesRefused was firing already when the block began"):
        app.fires("SalesRefused")
    with pytest.raises(AssertionError, match="SalesRefused still fired within 5m"):
        app.resolves("SalesRefused")
    service.refuse = False
    app.load("/buy", rate=0.5, during="10m")
    app.load("/buy", rate=0.5, during="5m")
    with pytest.raises(AssertionError, match="SalesRefused had ended before the block began"):
        app.resolves("SalesRefused")
    with pytest.raises(AssertionError, match="ServingSlow has not fired at all"):
        app.resolves("ServingSlow")


def test_an_alert_that_fires_is_told_where_none_should(app, service):
    service.refuse = True
    with pytest.raises(AssertionError, match=r"SalesRefused\{.*\} fired\n"):
        app.assert_no_alerts(load="/buy", rate=0.5, during="10m")
    with pytest.raises(AssertionError, match=r"SalesRefused\{.*\} fired\n"):
        app.assert_no_alerts("ServingSlow", "SalesRefused")
    app.assert_no_alerts("ServingSlow")


def test_a_picture_shows_every_alert_from_the_beginning_to_the_end(app, service):
    app.load("/buy", rate=0.5, during="10m")
    assert app.timeline() == "no alert was pending in 10m"
    service.refuse = True
    app.load("/buy", rate=0.5, during="10m")
    line, below = app.timeline().split("\n")
    assert re.match(r"·{30,33}▒{6,8}█{19,23}  SalesRefused\{", line)
    assert re.match(r"\+0s {52,54}\+20m  · inactive, ▒ pending, █ firing", below)


def test_who_is_not_told_because_of_a_graver_alert_is_said_to_be(app, service):
    service.refuse, service.takes = True, 0.7
    app.load("/buy", rate=0.5, during="15m")
    app.fires("ServingSlow")
    with pytest.raises(AssertionError, match="#kiosk was not told of the end of SalesRefused within 15m\n"):
        app.assert_notified("#kiosk", alert="SalesRefused", resolved=True)
    with pytest.raises(AssertionError, match="the end of ServingSlow within 15m: it is inhibited by SalesRefused"):
        app.assert_notified("#kiosk", alert="ServingSlow", resolved=True)


# Tests that mean nothing


@pytest.fixture
def busy(app):
    app.load("/buy", rate=0.5, during="10m")
    return app


@pytest.mark.parametrize("say", ["fires", "resolves", "assert_no_alerts"])
def test_an_alert_that_is_not_there_is_an_error_with_the_nearest(busy, say):
    with pytest.raises(LookupError, match="no alert is called 'SaleRefused'; did you mean 'SalesRefused'"):
        getattr(busy, say)("SaleRefused")


@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ({"route": "/"}, TypeError, "cannot have the label 'route'; its labels: alertname, instance, job, pack, "),
        ({"instanc": "x"}, TypeError, "cannot have the label 'instanc'; did you mean 'instance'"),
        ({"job": "kisok"}, ValueError, "cannot have job='kisok'; did you mean 'kiosk'"),
        ({"severity": "high"}, ValueError, "cannot have severity='high'; severity is critical"),
        ({"instance": "kiosk:2"}, ValueError, "cannot have instance='kiosk:2'; did you mean 'kiosk:1'"),
    ],
)
def test_a_label_that_the_alert_cannot_have_is_an_error(busy, labels, error, message):
    with pytest.raises(error, match=message):
        busy.fires("SalesRefused", labels=labels)


def test_somebody_who_cannot_be_told_is_an_error(busy):
    with pytest.raises(LookupError, match="no receiver has the address '#kisok'; did you mean '#kiosk'"):
        busy.assert_notified("#kisok")


@pytest.mark.parametrize("within", ["11m", "1h"])
def test_a_time_that_was_not_simulated_is_an_error(busy, within):
    with pytest.raises(ValueError, match=rf"within='{within}' ends after what was simulated, which is 10m"):
        busy.fires("SalesRefused", within=within)
    with pytest.raises(ValueError, match="ends after what was simulated"):
        busy.assert_notified("#kiosk", within=within)


def test_no_time_at_all_is_an_error(app):
    with pytest.raises(ValueError, match="no time was simulated"):
        app.fires("SalesRefused")


def test_a_silence_that_is_too_short_for_the_alert_is_an_error(app):
    app.load("/buy", rate=1, during="2m")
    with pytest.raises(ValueError, match="'SalesRefused' fires after 2m at the soonest, and only 2m were simulated"):
        app.assert_no_alerts("SalesRefused")


@pytest.mark.parametrize("say", ["fires", "assert_no_alerts"])
def test_a_test_in_which_nothing_was_asked_of_the_application_is_an_error(app, say):
    with app.time_travel():
        time.sleep(600)
    with pytest.raises(LookupError, match="no request has reached it"):
        getattr(app, say)("SalesRefused")
    with pytest.raises(LookupError, match="no request has reached it"):
        app.assert_notified("#kiosk")
    app.idle("10m")
    app.assert_no_alerts("SalesRefused")


def test_a_metric_that_was_declared_and_never_counted_is_an_error_that_names_its_place(busy):
    place = rf"{kiosk.never.family.description.place}"
    with pytest.raises(
        LookupError, match=rf"'Never' reads kiosk_never_total, which is declared at {place}, but has no"
    ):
        busy.fires("Never")
    with pytest.raises(LookupError, match="nothing has counted there yet"):
        busy.assert_no_alerts("Never")


def test_a_metric_that_nobody_exports_is_an_error_with_the_nearest(busy):
    with pytest.raises(
        LookupError, match="'TillFull' reads kiosk_saless_total, which the application does not export; "
    ):
        busy.fires("TillFull")
    with pytest.raises(LookupError, match="did you mean 'kiosk_sales_total'"):
        busy.assert_no_alerts("TillFull")


def test_a_path_that_is_not_there_is_an_error(app):
    with pytest.raises(LookupError, match="GET /gone: every answer was 404; is there such a route"):
        app.load("/gone", rate=1, during="1m")
    assert app.load(["/gone", "/buy"], rate=1, during="1m") == {404: 30, 200: 30}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rate": 0, "during": "1m"}, "rate=0; write how many requests"),
        ({"rate": 1, "during": "0s"}, "during='0s'; write a time above zero"),
        ({"rate": 1, "during": "5 minutes"}, "not a duration"),
    ],
)
def test_a_load_that_is_none_is_an_error(app, arguments, message):
    with pytest.raises(ValueError, match=message):
        app.load("/buy", **arguments)


def test_a_request_that_is_none_is_an_error(app):
    with pytest.raises(ValueError, match="'buy' is no request; write '/orders' or 'POST /orders'"):
        app.load("buy", rate=1, during="1m")
    with pytest.raises(ValueError, match="every='0s'"):
        app.call(print, every="0s", during="1m")
    with pytest.raises(TypeError, match="load= and during= go together"):
        app.assert_no_alerts(load="/buy")


def test_what_is_no_application_is_an_error(built):
    with pytest.raises(TypeError, match="is no application; an ASGI application takes"):
        Application(built, 5, project=HERE)
    with Application(built, project=HERE) as app, pytest.raises(LookupError, match="there is no application to ask"):
        app.load("/buy", rate=1, during="1m")


def test_a_service_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="'street' has the services kiosk, bar; say which one is tested"):
        declared(kiosk.two_services, "local", "", tmp_path / "1")
    with pytest.raises(ConfigError, match="has no service 'kisok'; it has kiosk, bar"):
        declared(kiosk.two_services, "local", "kisok", tmp_path / "2")


async def test_an_async_test_is_told_to_be_a_plain_one(app):
    with pytest.raises(RuntimeError, match="write 'def test_…', not 'async def test_…'"):
        app.load("/buy", rate=1, during="1m")
