"""Endpoints from outside, by the names of blackbox_exporter: HTTP, TCP, ICMP, and how long certificates last.

It belongs to a service with ``probes=[Probe(…)]``, whose target is the exporter: every endpoint is an ``instance``.
"""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio, check_rising
from vedette.instruments.metrics.metric import Metric
from vedette.packs._blackbox_alerts import DAY, alerts
from vedette.packs._blackbox_panels import panels

__all__ = ["METRICS", "blackbox"]


def _gauge(name: str, text: str, labels: list[str] | None = None, unit: str | None = None) -> Metric:
    return Metric.foreign("gauge", name, exporter="blackbox_exporter", help=text, labels=labels, unit=unit)


METRICS: tuple[Metric, ...] = (
    _gauge("probe_success", "1 if the endpoint answered as it should, 0 if not."),
    _gauge("probe_duration_seconds", "How long the whole probe took."),
    _gauge("probe_dns_lookup_time_seconds", "How long it took to find the address of its name."),
    _gauge("probe_ip_protocol", "Version of IP that was used: 4 or 6."),
    _gauge("probe_ip_addr_hash", "A number made of the address that was used; another address, another number."),
    _gauge("probe_failed_due_to_regex", "1 if the answer had not the content that it should."),
    _gauge("probe_http_status_code", "Status of the last answer, 0 where there was none."),
    _gauge("probe_http_duration_seconds", "How long each phase of an HTTP request took.", ["phase"]),
    _gauge("probe_http_redirects", "Redirects that were followed."),
    _gauge("probe_icmp_duration_seconds", "How long each phase of a ping took.", ["phase"]),
    _gauge("probe_ssl_earliest_cert_expiry", "When the first certificate of a chain ends, in seconds since the epoch."),
    _gauge("probe_tls_version_info", "1, with the version of TLS that was agreed on.", ["version"]),
)
"""What blackbox_exporter exposes of a probe that the pack uses."""


@catalog.parametric
def blackbox(
    *,
    down_for: str = "2m",
    availability_low: float = 0.9,
    wrong_status_from: float = 400,
    wrong_status_for: str = "2m",
    slow_seconds: float = 1,
    slow_for: str = "5m",
    dns_slow_seconds: float = 0.5,
    dns_slow_for: str = "10m",
    certificate_warn_days: float = 21,
    certificate_critical_days: float = 7,
    not_probed_for: str = "5m",
) -> catalog.Pack:
    """Endpoints from outside: do they answer, how fast, and how long are their certificates good?

    Args:
        down_for: how long an endpoint may give no good answer.
        availability_low: share of an hour's probes that must be answered well.
        wrong_status_from: HTTP status from which an answer is wrong.
        wrong_status_for: how long it may be wrong.
        slow_seconds: mean time of a probe that is too long.
        slow_for: how long it must be.
        dns_slow_seconds: mean time of a name's lookup that is too long.
        dns_slow_for: how long it must be.
        certificate_warn_days: days that a certificate must still be good.
        certificate_critical_days: days below which it pages.
        not_probed_for: how long an endpoint may be asked by nobody.
    """
    check_above_zero(wrong_status_from=wrong_status_from, slow_seconds=slow_seconds, dns_slow_seconds=dns_slow_seconds)
    check_ratio(availability_low=availability_low)
    check_above_zero(certificate_critical_days=certificate_critical_days, certificate_warn_days=certificate_warn_days)
    check_rising(certificate_critical_days=certificate_critical_days, certificate_warn_days=certificate_warn_days)
    limits = {
        "availability": availability_low,
        "status": wrong_status_from,
        "slow": slow_seconds,
        "dns": dns_slow_seconds,
        "warn": certificate_warn_days * DAY,
        "critical": certificate_critical_days * DAY,
    }
    holds = {
        "down": down_for,
        "status": wrong_status_for,
        "slow": slow_for,
        "dns": dns_slow_for,
        "not probed": not_probed_for,
    }
    return catalog.Pack(
        "blackbox",
        title="Endpoints",
        metrics=METRICS,
        recordings=[
            catalog.Recording(
                "job_instance:probe_success:avg1h",
                "avg by (job, instance) (avg_over_time(probe_success[1h]))",
                description="Share of an hour's probes that were answered well.",
            ),
            catalog.Recording(
                "job_instance:probe_duration_seconds:avg5m",
                "avg by (job, instance) (avg_over_time(probe_duration_seconds[5m]))",
                description="Mean time of a probe.",
            ),
            catalog.Recording(
                "job_instance:probe_dns_lookup_time_seconds:avg5m",
                "avg by (job, instance) (avg_over_time(probe_dns_lookup_time_seconds[5m]))",
                description="Mean time of a name's lookup.",
            ),
            catalog.Recording(
                "job_instance:probe_ssl_earliest_cert_expiry:seconds_left",
                "min by (job, instance) (last_over_time(probe_ssl_earliest_cert_expiry[1d])) - time()",
                description="How long the certificate is still good. It is remembered for a day, because an endpoint "
                "whose certificate has ended refuses to show it.",
            ),
        ],
        alerts=alerts(limits, holds),
        panels=panels(limits),
        dashboard=catalog.Dashboard(
            description="Does everything answer from outside, how fast, and which certificate ends next?",
            range="6h",
            tags=["blackbox", "endpoints"],
        ),
    )
