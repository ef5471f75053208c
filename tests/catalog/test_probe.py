"""A probe fits its module, and a service that probes has one exporter; anything else is refused where it is written."""

from __future__ import annotations

import pytest

from vedette import DeclarationError, Environment, Probe, ProbeModule, Service, Stack

STRICT = ProbeModule("strict", "http", {"valid_status_codes": [200]})
HEALTH = "https://shop.example/health"


def service(*probes, name="endpoints", targets=("localhost:9115",), **more):
    return Service(name, list(targets), probes=list(probes), **more)


def test_a_probe_has_the_usual_module_by_name():
    assert Probe(HEALTH).how() == ProbeModule("http_2xx", "http", {"preferred_ip_protocol": "ip4"})
    assert Probe(HEALTH, STRICT).how() is STRICT
    assert Probe("db.example:5432", "tcp_connect").how().prober == "tcp"


@pytest.mark.parametrize(
    ("target", "module"),
    [
        ("http://[::1]:8000/health?deep=1", "http_2xx"),
        ("[2001:db8::1]:443", "tcp_tls"),
        ("10.0.0.1", "icmp"),
        ("udp://10.0.0.53:53", ProbeModule("names", "dns", {"query_name": "shop.example"})),
        ("orders:50051", ProbeModule("orders", "grpc")),
    ],
)
def test_a_probe_takes_what_its_prober_can_ask(target, module):
    assert Probe(target, module).target == target


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Probe("shop.example"), "is no target of 'http_2xx'; write a URL"),
        (lambda: Probe("https://me:secret@shop.example"), "no password: it would be a label"),
        (lambda: Probe(HEALTH, "tcp_connect"), "write host:port"),
        (lambda: Probe("db.example", "tcp_connect"), "write host:port"),
        (lambda: Probe("db.example:5432", "icmp"), "write a host"),
        (lambda: Probe(HEALTH, "http2xx"), "did you mean 'http_2xx'"),
        (lambda: Probe(HEALTH, 5), "write a name, or a ProbeModule"),
        (lambda: ProbeModule("a b", "http"), "needs a name"),
        (lambda: ProbeModule("a", "htp"), "did you mean 'http'"),
        (lambda: ProbeModule("a", "http", ["GET"]), "write a mapping"),
        (lambda: ProbeModule("a", "http", timeout="0s"), "more than zero"),
        (lambda: Service("a", ["h:9115"], probes=HEALTH), "write a list"),
        (lambda: Service("a", ["h:9115"], probes=[HEALTH]), "write Probe"),
        (lambda: service(Probe(HEALTH), Probe(HEALTH, STRICT)), "twice, and both would be one series"),
        (lambda: service(Probe(HEALTH), targets=["a:9115", "b:9115"]), "a service for each exporter"),
        (
            lambda: service(Probe(HEALTH, STRICT), Probe("http://b/", ProbeModule("strict", "http"))),
            "two different probe modules 'strict'",
        ),
        (
            lambda: Stack(
                name="s",
                services=[
                    service(Probe(HEALTH, STRICT)),
                    service(Probe(HEALTH, ProbeModule("strict", "http")), name="abroad"),
                ],
            ),
            "the stack has two different probe modules 'strict'",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_where_it_is_written(make, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        make()
    assert str(caught.value).startswith(__file__)


def test_the_instances_of_a_service_that_probes_are_its_endpoints():
    assert service(Probe(HEALTH), Probe("gateway", "icmp")).instances() == (HEALTH, "gateway")
    assert Service("shop", ["a:1", "b:1"]).instances() == ("a:1", "b:1")


def test_the_exporter_is_asked_below_probe_unless_said_otherwise():
    assert service(Probe(HEALTH)).metrics_path == "/probe"
    assert service(Probe(HEALTH), metrics_path="/blackbox/probe").metrics_path == "/blackbox/probe"
    assert Service("shop", ["a:1"]).metrics_path == "/metrics"


def test_an_environment_may_have_its_exporter_elsewhere():
    production = Environment("production", targets={"endpoints": ["blackbox:9115"]})
    (found,) = Stack(services=[service(Probe(HEALTH))], environments=[production]).services_in(production)
    assert (found.targets, found.instances()) == (("blackbox:9115",), (HEALTH,))
