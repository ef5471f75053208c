"""The alerts of the blackbox pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DAY", "alerts"]

DAY = 86_400
"""Seconds."""

_LEFT = "job_instance:probe_ssl_earliest_cert_expiry:seconds_left"


def alerts(limits: Mapping[str, float], holds: Mapping[str, str]) -> list[catalog.Alert]:
    endpoint = "{{ $labels.instance }} ({{ $labels.job }})"
    duration = "{{ $value | humanizeDuration }}"
    return [
        catalog.Alert(
            "EndpointDown",
            "max by (job, instance) (probe_success) == 0",
            for_=holds["down"],
            severity="critical",
            summary=f"{endpoint} does not answer as it should",
            description="Asked from outside it gives no answer, or a wrong one. So it looks to everybody else, too.",
            runbook="runbooks/blackbox-down.md",
            panel="Answers",
        ),
        catalog.Alert(
            "EndpointUnreliable",
            f"job_instance:probe_success:avg1h < {limits['availability']:g}",
            for_="10m",  # of the first few probes one that fails is a large share
            severity="medium",
            summary=f"{endpoint} answered {{{{ $value | humanizePercentage }}}} of an hour's probes",
            description="It comes and goes; some of those who use it meet the times at which it is gone.",
            runbook="runbooks/blackbox-unreliable.md",
            panel="Answered within an hour",
        ),
        catalog.Alert(
            "EndpointWrongStatus",
            f"max by (job, instance) (probe_http_status_code) >= {limits['status']:g}",
            for_=holds["status"],
            severity="high",
            summary=f"{endpoint} answers with status {{{{ $value | humanize }}}}",
            description="Something answers there, and it refuses or fails.",
            runbook="runbooks/blackbox-status.md",
            panel="Status",
        ),
        catalog.Alert(
            "EndpointSlow",
            f"job_instance:probe_duration_seconds:avg5m > {limits['slow']:g} "
            "and on (job, instance) max by (job, instance) (probe_success) == 1",
            for_=holds["slow"],
            severity="high",
            summary=f"{endpoint} takes {duration} to answer",
            description="It answers well, and late. Whoever has less patience than the probe sees an error.",
            runbook="runbooks/blackbox-slow.md",
            panel="Duration",
        ),
        catalog.Alert(
            "EndpointDnsSlow",
            f"job_instance:probe_dns_lookup_time_seconds:avg5m > {limits['dns']:g}",
            for_=holds["dns"],
            severity="medium",
            summary=f"The name of {endpoint} takes {duration} to look up",
            description="Every new connection to it begins with this wait.",
            runbook="runbooks/blackbox-dns.md",
            panel="Lookup of the name",
        ),
        catalog.Alert(
            "CertificateExpiresSoon",
            f"{_LEFT} < {limits['warn']:.12g}",
            for_="5m",
            severity="high",
            summary=f"The certificate of {endpoint} ends in {duration}",
            description="What renews certificates by itself has done so by now. This one was missed, or is renewed by "
            "hand.",
            runbook="runbooks/blackbox-certificate.md",
            panel="Time left of certificates",
        ),
        catalog.Alert(
            "CertificateAlmostExpired",
            f"({_LEFT} > 0) < {limits['critical']:.12g}",
            for_="5m",
            severity="critical",
            summary=f"The certificate of {endpoint} ends in {duration}",
            description="Nobody has renewed it since the first warning. When it ends, every client refuses to connect.",
            runbook="runbooks/blackbox-certificate.md",
            panel="Time left of certificates",
        ),
        catalog.Alert(
            "CertificateExpired",
            f"{_LEFT} <= 0",
            severity="critical",
            summary=f"The certificate of {endpoint} has ended",
            description="Browsers show a warning instead of the page, and programs refuse the connection.",
            runbook="runbooks/blackbox-certificate.md",
            panel="Time left of certificates",
        ),
        catalog.Alert(
            "EndpointsNotProbed",
            "sum by (job) (1 - up) > 0",
            for_=holds["not probed"],
            severity="high",
            summary="Endpoints of {{ $labels.job }} are not probed: {{ $value | humanize }}",
            description="The exporter does not answer, or does not know how to ask. Whether these endpoints are well "
            "nobody knows.",
            runbook="runbooks/blackbox-not-probed.md",
            panel="Not probed",
        ),
    ]
