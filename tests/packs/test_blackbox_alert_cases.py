"""When each alert of the blackbox pack fires and when not. pytest, `vedette test` and promtool judge them."""

from __future__ import annotations

from tests.packs.given import SHOP, A, B, stack_of

from vedette.packs import blackbox
from vedette.testing import alert_case, at

__all__ = ["CASES", "stack"]

stack = stack_of(blackbox())

ON_A, ON_B = '{instance="a:1"}', '{instance="b:1"}'
DAY = 86_400

# Time begins at zero here: the end of a certificate is a time of the test.


def success(values: str, of: str = ON_A) -> dict[str, str]:
    """Whether the probes went well."""
    return {f"probe_success{of}": values}


def status(values: str, of: str = ON_A) -> dict[str, str]:
    """What HTTP answered."""
    return {f"probe_http_status_code{of}": values}


def duration(values: str, well: str = "1x120", of: str = ON_A) -> dict[str, str]:
    """How long the probes took, and whether they went well."""
    return {f"probe_duration_seconds{of}": values, **success(well, of)}


def lookup(values: str, of: str = ON_A) -> dict[str, str]:
    """How long the lookup of the name took."""
    return {f"probe_dns_lookup_time_seconds{of}": values}


def certificate(values: str, of: str = ON_A) -> dict[str, str]:
    """When the certificate ends."""
    return {f"probe_ssl_earliest_cert_expiry{of}": values}


CASES = [
    alert_case(
        "EndpointDown",
        "no good answer for ten minutes, then one",
        success("1x8 0x40 1x40"),
        at("4m", "pending"),
        at("4m15s", "fires", {**A, "severity": "critical"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("EndpointDown", "all is well", success("1x60"), at("14m", "silent")),
    alert_case("EndpointDown", "one answer is missed", success("1x8 0x3 1x60"), at("4m30s", "silent")),
    alert_case(
        "EndpointDown", "the other one", {**success("1x60"), **success("0x60", ON_B)}, at("10m", "fires", B, count=1)
    ),
    alert_case("EndpointDown", "both", {**success("0x60"), **success("0x60", ON_B)}, at("10m", "fires", count=2)),
    alert_case(
        "EndpointUnreliable",
        "every fifth fails for an hour, then none for the next",
        success("1x3 0x0 1x3 0x0 1x3 0x0 1x3 0x0 1x3 0x0 1x3 0x0 1x3 0x0 1x3 0x0 1x3 0x0 1x3 0x0 1x3 0x0 1x3 0x0 1x90"),
        at("13m", "pending"),
        at("14m", "fires", {**A, "severity": "medium"}, count=1),
        at("2h1m", "resolved"),
        interval="1m",
    ),
    alert_case(
        "EndpointUnreliable",
        "exactly one of ten",
        success("1x8 0x0 1x8 0x0 1x8 0x0 1x8 0x0 1x8 0x0 1x8 0x0"),
        at("59m", "silent"),
        interval="1m",
    ),
    alert_case(
        "EndpointUnreliable",
        "the other one",
        {**success("1x60"), **success("1x20 0x20 1x40", ON_B)},
        at("50m", "fires", B, count=1),
        interval="1m",
    ),
    alert_case(
        "EndpointUnreliable",
        "two that fail",
        {**success("1x20 0x20 1x40"), **success("1x20 0x20 1x40", ON_B)},
        at("50m", "fires", count=2),
        interval="1m",
    ),
    alert_case(
        "EndpointWrongStatus",
        "it is refused for ten minutes, and answered again",
        status("200x8 503x40 200x40"),
        at("4m", "pending"),
        at("4m15s", "fires", {**A, "severity": "high"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case("EndpointWrongStatus", "exactly at the limit", status("400x60"), at("10m", "fires", A, count=1)),
    alert_case("EndpointWrongStatus", "the last one that is well", status("399x60"), at("10m", "silent")),
    alert_case("EndpointWrongStatus", "there is no answer: another alert", status("0x60"), at("10m", "silent")),
    alert_case(
        "EndpointWrongStatus",
        "the other one",
        {**status("200x60"), **status("404x60", ON_B)},
        at("10m", "fires", B, count=1),
    ),
    alert_case(
        "EndpointWrongStatus", "both", {**status("500x60"), **status("404x60", ON_B)}, at("10m", "fires", count=2)
    ),
    alert_case(
        "EndpointSlow",
        "three seconds for ten minutes, then a tenth",
        duration("3x40 0.1x80"),
        at("4m45s", "pending"),
        at("5m", "fires", {**A, "severity": "high"}, count=1),
        at("16m", "resolved"),
    ),
    alert_case("EndpointSlow", "exactly a second", duration("1x120"), at("20m", "silent")),
    alert_case("EndpointSlow", "it is down: another alert", duration("10x120", "0x120"), at("20m", "silent")),
    alert_case(
        "EndpointSlow",
        "one is slow, and the other is down",
        {**duration("3x120"), **duration("0.1x120", "0x120", ON_B)},
        at("20m", "fires", A, count=1),
    ),
    alert_case(
        "EndpointSlow",
        "two that are slow",
        {**duration("3x120"), **duration("3x120", of=ON_B)},
        at("20m", "fires", count=2),
    ),
    alert_case(
        "EndpointDnsSlow",
        "two seconds for a quarter of an hour, then none",
        lookup("2x60 0.01x60"),
        at("9m45s", "pending"),
        at("10m", "fires", {**A, "severity": "medium"}, count=1),
        at("21m", "resolved"),
    ),
    alert_case("EndpointDnsSlow", "exactly half a second", lookup("0.5x120"), at("25m", "silent")),
    alert_case(
        "EndpointDnsSlow",
        "the other one",
        {**lookup("0.01x120"), **lookup("1x120", ON_B)},
        at("25m", "fires", B, count=1),
    ),
    alert_case("EndpointDnsSlow", "both", {**lookup("1x120"), **lookup("1x120", ON_B)}, at("25m", "fires", count=2)),
    alert_case(
        "CertificateExpiresSoon",
        "21 days are left after ten minutes, and it is renewed",
        certificate(f"{21 * DAY + 600}x80 {90 * DAY}x40"),
        at("10m", "silent"),
        at("15m", "pending"),
        at("15m15s", "fires", {**A, "severity": "high"}, count=1),
        at("20m30s", "resolved"),
    ),
    alert_case("CertificateExpiresSoon", "a good month", certificate(f"{35 * DAY}x80"), at("19m", "silent")),
    alert_case(
        "CertificateExpiresSoon",
        "the other one",
        {**certificate(f"{60 * DAY}x80"), **certificate(f"{10 * DAY}x80", ON_B)},
        at("19m", "fires", B, count=1),
    ),
    alert_case(
        "CertificateExpiresSoon",
        "both",
        {**certificate(f"{10 * DAY}x80"), **certificate(f"{10 * DAY}x80", ON_B)},
        at("19m", "fires", count=2),
    ),
    alert_case(
        "CertificateAlmostExpired",
        "7 days are left after ten minutes, and it is renewed",
        certificate(f"{7 * DAY + 600}x80 {90 * DAY}x40"),
        at("10m", "silent"),
        at("15m", "pending"),
        at("15m15s", "fires", {**A, "severity": "critical"}, count=1),
        at("20m30s", "resolved"),
    ),
    alert_case("CertificateAlmostExpired", "a fortnight", certificate(f"{14 * DAY}x80"), at("19m", "silent")),
    alert_case("CertificateAlmostExpired", "it has ended: another alert", certificate("0x80"), at("19m", "silent")),
    alert_case(
        "CertificateAlmostExpired",
        "the other one",
        {**certificate(f"{60 * DAY}x80"), **certificate(f"{2 * DAY}x80", ON_B)},
        at("19m", "fires", B, count=1),
    ),
    alert_case(
        "CertificateAlmostExpired",
        "both",
        {**certificate(f"{2 * DAY}x80"), **certificate(f"{2 * DAY}x80", ON_B)},
        at("19m", "fires", count=2),
    ),
    alert_case(
        "CertificateExpired",
        "it ends after ten minutes, and is renewed",
        certificate(f"600x60 {90 * DAY}x40"),
        at("9m45s", "silent"),
        at("10m", "fires", {**A, "severity": "critical"}, count=1),
        at("15m30s", "resolved"),
    ),
    alert_case("CertificateExpired", "a day is left", certificate(f"{DAY}x80"), at("19m", "silent")),
    alert_case(
        "CertificateExpired",
        "since it has ended nobody sees it any more",
        certificate("600x40 _x80"),
        at("25m", "fires", A, count=1),
    ),
    alert_case(
        "CertificateExpired",
        "the other one",
        {**certificate(f"{60 * DAY}x80"), **certificate("60x80", ON_B)},
        at("19m", "fires", B, count=1),
    ),
    alert_case(
        "CertificateExpired",
        "both",
        {**certificate("60x80"), **certificate("60x80", ON_B)},
        at("19m", "fires", count=2),
    ),
    alert_case(
        "EndpointsNotProbed",
        "the exporter is gone for ten minutes",
        {f"up{ON_A}": "1x8 0x40 1x40", f"up{ON_B}": "1x8 0x40 1x40"},
        at("7m", "pending"),
        at("7m15s", "fires", {**SHOP, "severity": "high"}, count=1),
        at("12m30s", "resolved"),
    ),
    alert_case(
        "EndpointsNotProbed",
        "it does not know how to ask for one of them",
        {f"up{ON_A}": "1x60", f"up{ON_B}": "0x60"},
        at("14m", "fires", SHOP, count=1),
    ),
    alert_case("EndpointsNotProbed", "all are asked", {f"up{ON_A}": "1x60", f"up{ON_B}": "1x60"}, at("14m", "silent")),
]
