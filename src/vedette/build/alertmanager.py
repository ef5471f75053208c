"""``alertmanager.yml`` from who is told of what: receivers, a route a severity, inhibition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vedette.build.messages import (
    EMAIL_HTML,
    EMAIL_SUBJECT,
    EMAIL_TEXT,
    PAGERDUTY_DETAILS,
    PAGERDUTY_TITLE,
    SLACK_TEXT,
    SLACK_TITLE,
    TEAMS_TEXT,
    TEAMS_TITLE,
)
from vedette.build.refusal import RefusalError
from vedette.build.version import at_least
from vedette.catalog import SEVERITIES, Email, PagerDuty, Route, Secret, Slack, Smtp, Teams, Webhook
from vedette.duration import milliseconds
from vedette.formats import alertmanager as am
from vedette.promql.labels import Matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vedette.build.plan import Plan
    from vedette.catalog import Environment, Inhibit, Mute, Receiver, Severity
    from vedette.place import Place

__all__ = ["config", "secrets_of", "takers"]

NOBODY = "nobody"
"""The receiver that tells nobody; such alerts are on the page only."""

# What each kind of receiver takes unless it says so itself.
_PRESETS: Mapping[type[Receiver], tuple[Severity, ...]] = {
    PagerDuty: ("critical",),
    Slack: ("critical", "high", "medium"),
    Teams: ("critical", "high", "medium"),
    Email: ("critical", "high", "low"),
    Webhook: SEVERITIES,
}

_GROUP_BY: Mapping[Severity, tuple[str, ...]] = {
    "critical": ("alertname", "service"),
    "high": ("alertname", "service"),
    "medium": ("service", "pack"),
    "low": ("severity",),  # one digest
}


def takers(receivers: Sequence[Receiver]) -> dict[Severity, tuple[Receiver, ...]]:
    """Which receivers take each severity.

    What no preset covers goes to those that leave the choice to us, PagerDuty only where there is no other: with
    mail alone, mail takes all.
    """
    found: dict[Severity, tuple[Receiver, ...]] = {}
    free = [receiver for receiver in receivers if not receiver.severities]
    quiet = [receiver for receiver in free if not isinstance(receiver, PagerDuty)]
    for severity in SEVERITIES:
        chosen = [one for one in receivers if severity in (one.severities or _PRESETS[type(one)])]
        found[severity] = tuple(chosen or quiet or free)
    return found


def secrets_of(receivers: Iterable[Receiver], smtp: Smtp | None) -> list[Secret]:
    """The secrets that the receivers and the mail server need."""
    found: list[Secret] = [smtp.password] if smtp is not None and smtp.password is not None else []
    for receiver in receivers:
        match receiver:
            case Webhook(url=url, token=token):
                found += [secret for secret in (url, token) if isinstance(secret, Secret)]
            case Slack(url=secret) | PagerDuty(key=secret) | Teams(url=secret):
                found.append(secret)
            case Email():
                pass
    return found


@dataclass(frozen=True, slots=True)
class _Policy:
    """One set of receivers and how it is reached: the stack's own, or a `Route`."""

    name: str
    receivers: tuple[Receiver, ...]
    match: Mapping[str, str]
    also: bool
    place: Place | None = None
    """Where it is declared, of a `Route`."""


def config(plan: Plan) -> am.AlertmanagerConfig:
    """The whole file.

    Raises:
        DeclarationError: a receiver needs what the oldest supported Alertmanager does not know.
    """
    environment = plan.environment
    notify = plan.stack.notify if environment.notify is None else environment.notify
    routes = [item for item in notify if isinstance(item, Route)]
    own = tuple(item for item in notify if not isinstance(item, Route))
    policies = [
        _Policy(_route_name(route, index, routes), tuple(route.notify), route.match, route.also, route.place)
        for index, route in enumerate(routes)
    ]
    receivers: dict[str, am.Receiver] = {}
    children: list[am.Route] = []
    for policy in policies:
        matchers = tuple(Matcher(name, "=", value) for name, value in sorted(policy.match.items()))
        inner = tuple(_severity_routes(plan, policy, receivers))
        first = inner[0].receiver if inner else NOBODY
        children.append(
            am.Route(receiver=first, matchers=matchers, continue_=policy.also, routes=inner, place=policy.place)
        )
    children += _severity_routes(plan, _Policy("", own, {}, also=False), receivers)
    fallback = "high" if "high" in receivers else NOBODY  # alerts of others, without a severity of ours
    if fallback == NOBODY:
        receivers[NOBODY] = am.Receiver(name=NOBODY)
    smtp = environment.smtp or Smtp("localhost", 25, tls=False, place=environment.place)
    mails = any(receiver.email_configs for receiver in receivers.values())
    timing = plan.stack.timings["high"]
    return am.AlertmanagerConfig(
        global_=_global(environment, smtp) if mails else {},
        route=am.Route(
            receiver=fallback,
            group_by=_GROUP_BY["high"],
            group_wait=plan.scale.of(milliseconds(timing.wait)),
            group_interval=plan.scale.of(milliseconds(timing.interval)),
            repeat_interval=plan.scale.of(milliseconds(timing.repeat)),
            routes=tuple(children),
        ),
        receivers=tuple(receivers.values()),
        inhibit_rules=(*_inhibition(), *map(_inhibit, plan.stack.inhibitions)),
        time_intervals=tuple(map(_interval, plan.stack.mutes)),
    )


def _route_name(route: Route, index: int, routes: Sequence[Route]) -> str:
    name = "-".join(value for _, value in sorted(route.match.items())) or "route"
    names = ["-".join(value for _, value in sorted(other.match.items())) for other in routes]
    return name if names.count(name) == 1 else f"{name}-{index + 1}"


def _severity_routes(plan: Plan, policy: _Policy, receivers: dict[str, am.Receiver]) -> list[am.Route]:
    """A route for each severity, and the receivers they need."""
    found: list[am.Route] = []
    for severity, chosen in takers(policy.receivers).items():
        name = f"{policy.name}-{severity}" if policy.name else severity
        if chosen:
            receivers[name] = _receiver(name, chosen, plan)
        else:
            name = NOBODY
            receivers.setdefault(NOBODY, am.Receiver(name=NOBODY))
        timing = plan.stack.timings[severity]
        found.append(
            am.Route(
                receiver=name,
                matchers=(Matcher("severity", "=", severity),),
                group_by=_GROUP_BY[severity],
                group_wait=plan.scale.of(milliseconds(timing.wait)),
                group_interval=plan.scale.of(milliseconds(timing.interval)),
                repeat_interval=plan.scale.of(milliseconds(timing.repeat)),
                mute_time_intervals=tuple(mute.name for mute in plan.stack.mutes if severity in mute.severities),
            )
        )
    return found


def _interval(mute: Mute) -> am.TimeInterval:
    """The times of a mute; Alertmanager has none over midnight, so such a one is two."""
    times: list[dict[str, str]] = []
    for start, end in (time.split("-") for time in mute.times):
        spans = [(start, end)] if start < end else [(start, "24:00"), ("00:00", end)]
        times += [{"start_time": first, "end_time": last} for first, last in spans if first != last]
    found: dict[str, Any] = {"times": times} if times else {}
    if mute.weekdays:
        found["weekdays"] = list(mute.weekdays)
    return am.TimeInterval(name=mute.name, time_intervals=({**found, "location": mute.location},), place=mute.place)


def _inhibit(rule: Inhibit) -> am.InhibitRule:
    return am.InhibitRule(
        source_matchers=_matchers(rule.source),
        target_matchers=_matchers(rule.target),
        equal=tuple(rule.equal),
        place=rule.place,
    )


def _matchers(given: Mapping[str, str | Sequence[str]]) -> tuple[Matcher, ...]:
    return tuple(
        Matcher(name, "=", value) if isinstance(value, str) else Matcher(name, "=~", "|".join(map(re.escape, value)))
        for name, value in sorted(given.items())
    )


def _inhibition() -> list[am.InhibitRule]:
    """What is worse mutes what is milder, of the same service and pack."""
    return [
        am.InhibitRule(
            source_matchers=(Matcher("severity", "=", source),),
            target_matchers=(Matcher("severity", "=~", targets),),
            equal=("service", "pack"),
        )
        for source, targets in (("critical", "high|medium|low"), ("high", "medium|low"))
    ]


def _global(environment: Environment, smtp: Smtp) -> dict[str, Any]:
    host = f"[{smtp.host}]" if ":" in smtp.host and not smtp.host.startswith("[") else smtp.host
    found: dict[str, Any] = {"smtp_smarthost": f"{host}:{smtp.port}", "smtp_from": smtp.from_}
    if smtp.username:
        found["smtp_auth_username"] = smtp.username
    if smtp.password is not None:
        found["smtp_auth_password_file"] = secret_path(environment, smtp.password)
    found["smtp_require_tls"] = smtp.tls
    return found


def secret_path(environment: Environment, secret: Secret) -> str:
    """Where the value of a secret is in this environment."""
    return f"{environment.secrets.rstrip('/')}/{secret.name}"


def _receiver(name: str, receivers: Sequence[Receiver], plan: Plan) -> am.Receiver:
    environment = plan.environment
    other: dict[str, list[dict[str, Any]]] = {}
    emails: list[am.EmailConfig] = []
    webhooks: list[am.WebhookConfig] = []
    for receiver in receivers:
        match receiver:
            case Email():
                emails.append(_email(receiver))
            case Webhook():
                with plan.refusals.piece():
                    webhooks.append(_webhook(receiver, environment))
            case Slack():
                other.setdefault("slack_configs", []).append(_slack(receiver, environment))
            case PagerDuty():
                other.setdefault("pagerduty_configs", []).append(_pagerduty(receiver, environment))
            case Teams():
                with plan.refusals.piece():
                    other.setdefault("msteamsv2_configs", []).append(_teams(receiver, environment))
    return am.Receiver(name=name, email_configs=tuple(emails), webhook_configs=tuple(webhooks), other=other)


def _email(email: Email) -> am.EmailConfig:
    return am.EmailConfig(
        to=", ".join(email.to),
        headers={"Subject": EMAIL_SUBJECT},
        html=EMAIL_HTML,
        text=EMAIL_TEXT,
        send_resolved=email.resolved,
        place=email.place,
    )


def _webhook(webhook: Webhook, environment: Environment) -> am.WebhookConfig:
    http: dict[str, Any] = {}
    if webhook.token is not None:
        http = {"authorization": {"credentials_file": secret_path(environment, webhook.token)}}
    if not isinstance(webhook.url, Secret):
        return am.WebhookConfig(url=webhook.url, http_config=http, send_resolved=webhook.resolved, place=webhook.place)
    if not at_least(environment.alertmanager, "0.26"):
        raise RefusalError(
            webhook.place,
            f"Webhook(env({webhook.url.name!r}))",
            " needs Alertmanager 0.26, which reads the address from a file, but environment "
            f"{environment.name!r} supports {environment.alertmanager}",
            "raise alertmanager= there, or write the address without a key and the key as token=env('…')",
        )
    return am.WebhookConfig(
        url_file=secret_path(environment, webhook.url),
        http_config=http,
        send_resolved=webhook.resolved,
        place=webhook.place,
    )


def _slack(slack: Slack, environment: Environment) -> dict[str, Any]:
    return {
        "send_resolved": slack.resolved,
        "api_url_file": secret_path(environment, slack.url),
        "channel": slack.channel,
        "title": SLACK_TITLE,
        "title_link": "{{ .CommonAnnotations.dashboard_url }}",
        "text": SLACK_TEXT,
    }


def _teams(teams: Teams, environment: Environment) -> dict[str, Any]:
    if not at_least(environment.alertmanager, "0.28"):
        raise RefusalError(
            teams.place,
            f"Teams(env({teams.url.name!r}))",
            " needs Alertmanager 0.28, which speaks to workflows of Teams, but environment "
            f"{environment.name!r} supports {environment.alertmanager}",
            "raise alertmanager= there",
        )
    return {
        "send_resolved": teams.resolved,
        "webhook_url_file": secret_path(environment, teams.url),
        "title": TEAMS_TITLE,
        "text": TEAMS_TEXT,
    }


def _pagerduty(pagerduty: PagerDuty, environment: Environment) -> dict[str, Any]:
    return {
        "send_resolved": pagerduty.resolved,
        "routing_key_file": secret_path(environment, pagerduty.key),
        "description": PAGERDUTY_TITLE,
        "details": dict(PAGERDUTY_DETAILS),
    }
