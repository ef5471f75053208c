"""The panels of the blackbox pack: is everything well, which endpoint hurts, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette import catalog  # lazy: loaded when the pack is made

if TYPE_CHECKING:
    from collections.abc import Mapping

    Items = list[catalog.Panel | catalog.Row | catalog.Text]

__all__ = ["panels"]

_ENDPOINT = "{{instance}}"
_LEFT = "job_instance:probe_ssl_earliest_cert_expiry:seconds_left"


def panels(limits: Mapping[str, float]) -> Items:
    return [*_well(limits), *_where(limits), *_why(limits)]


def _certificates(limits: Mapping[str, float]) -> dict[float, catalog.Severity]:
    return {limits["warn"]: "high", limits["critical"]: "critical", 0: "critical"}


def _well(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Panel(
            "Endpoints that answer",
            "avg by (job) (probe_success)",
            kind="stat",
            unit="ratio",
            legend="{{job}}",
            description="Share of the endpoints whose last probe went well. Anything below 100 % is down somewhere.",
            thresholds={1: "critical"},
            below=True,
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Slowest",
            "max by (job) (job_instance:probe_duration_seconds:avg5m)",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="Mean time of a probe, of the endpoint that takes longest.",
            thresholds={limits["slow"]: "high"},
            overview=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Next certificate to end",
            f"min by (job) ({_LEFT})",
            kind="stat",
            unit="seconds",
            legend="{{job}}",
            description="How long the one that ends first is still good. Empty where nothing speaks TLS.",
            thresholds=_certificates(limits),
            below=True,
            width=6,
            height=4,
        ),
        catalog.Panel(
            "Not probed",
            "sum by (job) (1 - up)",
            kind="stat",
            unit="count",
            legend="{{job}}",
            description="Endpoints that nobody can ask, because the exporter is down or refuses. Zero, or the rest of "
            "this page is not to be trusted.",
            thresholds={1: "high"},
            width=6,
            height=4,
        ),
    ]


def _where(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Where does it hurt?"),
        catalog.Panel(
            "Endpoints",
            [
                catalog.Query("max by (job, instance) (probe_success)", "answers", unit="boolean"),
                catalog.Query("max by (job, instance) (probe_http_status_code)", "status", unit="count"),
                catalog.Query("max by (job, instance) (probe_duration_seconds)", "takes", unit="seconds"),
                catalog.Query(f"min by (job, instance) ({_LEFT})", "certificate", unit="seconds"),
                catalog.Query("max by (job, instance) (probe_ip_protocol)", "IP", unit="count"),
            ],
            kind="table",
            description="The last probe of each. Status 0: there was no answer. Of TCP and ICMP there is no status.",
            width=24,
            height=6,
        ),
        catalog.Panel(
            "Answers",
            "max by (job, instance) (probe_success)",
            unit="boolean",
            legend=_ENDPOINT,
            description="Level at the top is well. One that falls for a moment was slow or restarted; one that stays "
            "below is down.",
            thresholds={1: "critical"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Answered within an hour",
            "job_instance:probe_success:avg1h",
            unit="ratio",
            legend=_ENDPOINT,
            description="Share of the probes that went well. A line that hangs below 100 % without falling to zero "
            "comes and goes.",
            thresholds={limits["availability"]: "medium"},
            below=True,
            minimum=0,
            maximum=1,
        ),
        catalog.Panel(
            "Duration",
            "job_instance:probe_duration_seconds:avg5m",
            unit="seconds",
            legend=_ENDPOINT,
            description="Mean time of the whole probe. Level is well; a step has a date, and that date has a release.",
            thresholds={limits["slow"]: "high"},
            minimum=0,
        ),
        catalog.Panel(
            "Status",
            "max by (job, instance) (probe_http_status_code)",
            unit="count",
            legend=_ENDPOINT,
            description="Of HTTP endpoints. 200 is well, 400 and above is not, 0 is no answer at all.",
            thresholds={limits["status"]: "high"},
            minimum=0,
        ),
    ]


def _why(limits: Mapping[str, float]) -> Items:
    return [
        catalog.Row("Why?"),
        catalog.Panel(
            "Phases of HTTP",
            "avg by (job, phase) (avg_over_time(probe_http_duration_seconds[5m]))",
            unit="seconds",
            legend="{{job}} {{phase}}",
            description="Mean of the chosen endpoints. resolve is the name, connect and tls the way there, processing "
            "the service itself, transfer the size of its answer.",
            minimum=0,
            stack=True,
            width=8,
        ),
        catalog.Panel(
            "Lookup of the name",
            "job_instance:probe_dns_lookup_time_seconds:avg5m",
            unit="seconds",
            legend=_ENDPOINT,
            description="A few milliseconds. All endpoints at once: the name server. One alone: its zone.",
            thresholds={limits["dns"]: "medium"},
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Round trip",
            'max by (job, instance) (probe_icmp_duration_seconds{phase="rtt"})',
            unit="seconds",
            legend=_ENDPOINT,
            description="Of a ping. Level, and as long as the way is far. A rise that others share is the network.",
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Content not as expected",
            "max by (job, instance) (probe_failed_due_to_regex)",
            unit="boolean",
            legend=_ENDPOINT,
            description="No for all. A yes with status 200 is a page that says something else than it should.",
            minimum=0,
            maximum=1,
            width=8,
        ),
        catalog.Panel(
            "Redirects",
            "max by (job, instance) (probe_http_redirects)",
            unit="count",
            legend=_ENDPOINT,
            description="Followed on the way to the answer. One that was not there before is a changed address, or a "
            "page for logging in.",
            minimum=0,
            width=8,
        ),
        catalog.Panel(
            "Changes of address",
            "max by (job, instance) (changes(probe_ip_addr_hash[1h]))",
            unit="count",
            legend=_ENDPOINT,
            description="Within an hour. Zero, or steady where names lead to many machines. A single step is a move.",
            minimum=0,
            width=8,
        ),
        catalog.Row("Certificates"),
        catalog.Panel(
            "Time left of certificates",
            _LEFT,
            unit="seconds",
            legend=_ENDPOINT,
            description="Falls by a day each day and jumps up when the certificate is renewed. A line that reaches the "
            "threshold was missed.",
            thresholds=_certificates(limits),
            below=True,
        ),
        catalog.Panel(
            "TLS versions",
            catalog.Query("max by (job, instance, version) (probe_tls_version_info)", "in use", unit="boolean"),
            kind="table",
            description="What each endpoint has agreed on. 1.2 and 1.3 are well; older ones are to be switched off.",
        ),
    ]
