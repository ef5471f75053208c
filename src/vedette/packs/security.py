"""Security and authentication: logins, denials, limits and what looks like an attack. Reasons, never identities."""

from __future__ import annotations

from vedette import catalog  # lazy: loaded when the pack is made, not when its metrics are imported
from vedette.catalog.thresholds import check_above_zero, check_ratio
from vedette.instruments.metrics import Counter
from vedette.packs._security_panels import panels

__all__ = ["attempts", "denials", "limited", "security", "signals", "suspicious"]

attempts = Counter(
    "authentication_attempts_total",
    help="Attempts to log in, by method and how they ended; the reason is empty for a success.",
    labels={"method": None, "outcome": ["success", "failure"], "reason": None},
)
denials = Counter(
    "authorization_denials_total",
    help="Requests by somebody who may not do this, by what was asked for.",
    labels=["resource", "reason"],
)
limited = Counter(
    "rate_limited_requests_total", help="Requests that a limit of our own has refused.", labels=["limiter"]
)
suspicious = Counter("suspicious_requests_total", help="Requests that look like an attack, by why.", labels=["reason"])
signals = Counter(
    "intrusion_signals_total", help="Signs that somebody is in who should not be, by kind.", labels=["signal"]
)


_FAILED = "job:authentication_failures:ratio_rate5m"
_FAILURES = "job:authentication_failures:rate5m"
_DENIED = "job:authorization_denials:rate5m"


@catalog.parametric
def security(
    *,
    failed_ratio_high: float = 0.3,
    min_failures: float = 0.1,
    failed_for: str = "5m",
    spike: float = 5,
    denied_spike: float = 5,
    min_denials: float = 0.1,
    limited_high: float = 1,
    limited_for: str = "5m",
    suspicious_high: float = 10,
    compared_to: str = "1d",
) -> catalog.Pack:
    """Who is let in, who is not, and what looks like an attack.

    Args:
        failed_ratio_high: share of the attempts to log in that fail which is high.
        min_failures: failures per second below which neither share nor spike says anything.
        failed_for: how long it must hold.
        spike: failures as a multiple of the same hour before that is a spike.
        denied_spike: the same of requests by somebody who may not.
        min_denials: denials per second below which that says nothing.
        limited_high: requests per second refused by a limit that are many.
        limited_for: how long it must hold.
        suspicious_high: suspicious requests within 5 minutes that are more than the usual noise.
        compared_to: how far back spikes are compared: the same hour of yesterday (1d) or of last week (1w).
    """
    check_ratio(failed_ratio_high=failed_ratio_high)
    check_above_zero(
        min_failures=min_failures,
        spike=spike,
        denied_spike=denied_spike,
        min_denials=min_denials,
        limited_high=limited_high,
        suspicious_high=suspicious_high,
    )
    return catalog.Pack(
        "security",
        title="Security and authentication",
        metrics=[attempts, denials, limited, suspicious, signals],
        recordings=[
            catalog.Recording(
                _FAILURES,
                'sum by (job) (rate(authentication_attempts_total{outcome="failure"}[5m]))',
                description="Attempts to log in that fail, per second.",
            ),
            catalog.Recording(
                _FAILED,
                f"{_FAILURES} / (sum by (job) (rate(authentication_attempts_total[5m])) > 0)",
                description="Share of attempts to log in that fail; absent without attempts.",
            ),
            catalog.Recording(
                _DENIED,
                "sum by (job) (rate(authorization_denials_total[5m]))",
                description="Requests by somebody who may not, per second.",
            ),
        ],
        alerts=[
            catalog.Alert(
                "AuthenticationFailing",
                f"{_FAILED} > {failed_ratio_high:g} and {_FAILURES} > {min_failures:g}",
                for_=failed_for,
                severity="high",
                summary="{{ $value | humanizePercentage }} of the attempts to log in to {{ $labels.job }} fail",
                description="Either people cannot get in, or somebody tries passwords.",
                runbook="runbooks/security-logins-failing.md",
                panel="Failed logins",
            ),
            catalog.Alert(
                "AuthenticationFailureSpike",
                f"{_FAILURES} > {spike:g} * (avg_over_time({_FAILURES}[1h] offset {compared_to}) > 0)"
                f" and {_FAILURES} > {min_failures:g}",
                for_=failed_for,
                severity="high",
                summary="{{ $value | humanize }} attempts a second to log in to {{ $labels.job }} fail",
                description=f"That is more than {spike:g} times as many as {compared_to} ago.",
                runbook="runbooks/security-login-spike.md",
                panel="Failed logins by reason",
            ),
            catalog.Alert(
                "AuthorizationDenialSpike",
                f"{_DENIED} > {denied_spike:g} * (avg_over_time({_DENIED}[1h] offset {compared_to}) > 0)"
                f" and {_DENIED} > {min_denials:g}",
                for_="10m",
                severity="medium",
                summary="{{ $value | humanize }} requests a second to {{ $labels.job }} are not allowed",
                description=f"More than {denied_spike:g} times as many as {compared_to} ago.",
                runbook="runbooks/security-denials.md",
                panel="Denied by resource",
            ),
            catalog.Alert(
                "RateLimitHitOften",
                f"sum by (job, limiter) (rate(rate_limited_requests_total[5m])) > {limited_high:g}",
                for_=limited_for,
                severity="medium",
                summary="{{ $value | humanize }} requests a second hit {{ $labels.limiter }} of {{ $labels.job }}",
                description="A client is out of control, or the limit is too low for what people do.",
                runbook="runbooks/security-rate-limit.md",
                panel="Refused by a limit",
            ),
            catalog.Alert(
                "SuspiciousRequests",
                f"sum by (job, reason) (increase(suspicious_requests_total[5m])) > {suspicious_high:g}",
                severity="high",
                summary="{{ $value | humanize }} requests to {{ $labels.job }} look like {{ $labels.reason }}",
                description="Within 5 minutes: more than the scanners that always come by.",
                runbook="runbooks/security-suspicious.md",
                panel="Suspicious by reason",
            ),
            catalog.Alert(
                "IntrusionSignal",
                "sum by (job, signal) (increase(intrusion_signals_total[15m])) > 0",
                severity="critical",
                summary="{{ $labels.signal }} in {{ $labels.job }}: somebody may be in who should not be",
                description="A sign that is never there by chance. Look at once.",
                runbook="runbooks/security-intrusion.md",
                panel="Signs of an intrusion",
            ),
        ],
        panels=panels(failed_ratio_high, limited_high, suspicious_high, compared_to),
        dashboard=catalog.Dashboard(
            description="Who gets in, who does not, and does anybody attack?",
            variables=[catalog.Variable("method", "authentication_attempts_total", "method", "Method")],
            range="6h",
            tags=["security"],
        ),
    )
