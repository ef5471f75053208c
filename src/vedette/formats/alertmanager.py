"""``alertmanager.yml`` as typed values: the one reader and writer of it, with route matching."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vedette.duration import format_duration
from vedette.formats import yaml
from vedette.formats._alertmanager_read import read, read_all
from vedette.formats._alertmanager_values import (
    DEFAULT_HTML,
    AlertmanagerConfig,
    EmailConfig,
    InhibitRule,
    Receiver,
    Route,
    TimeInterval,
    WebhookConfig,
    Written,
)
from vedette.formats._matchers import parse_matchers, render_matcher
from vedette.formats._routing import ResolvedRoute, match, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "AlertmanagerConfig", "EmailConfig", "InhibitRule", "Receiver", "ResolvedRoute", "Route", "TimeInterval",
    "WebhookConfig", "Written", "email_settings", "load", "match", "parse_matchers", "read", "read_all",
    "render_matcher", "resolve", "write",
]  # fmt: skip


def load(path: str | Path) -> AlertmanagerConfig:
    """The values of a file.

    Raises:
        ConfigError: it cannot be read or says something that cannot be.
    """
    return read(yaml.read_text(path), str(path))


# https://prometheus.io/docs/alerting/latest/configuration/#email_config: an item's key → the global one behind it
_EMAIL_OTHER = {
    "auth_identity": "smtp_auth_identity",
    "force_implicit_tls": "smtp_force_implicit_tls",
    "tls_config": "smtp_tls_config",
}


def email_settings(email: EmailConfig, global_: Mapping[str, Any]) -> EmailConfig:
    """The item with everything it leaves to the global section filled in, as Alertmanager does.

    ``auth_password``, ``auth_secret``, their files and ``tls_config`` stand in ``other``, ``auth_password_file`` in its
    own field; ``require_tls`` is never None.
    """

    def text(own: str, key: str, default: str = "") -> str:
        return own or str(global_.get(key, default))

    other = {key: global_[name] for key, name in _EMAIL_OTHER.items() if name in global_} | dict(email.other)
    password_file = email.auth_password_file
    if not password_file and "auth_password" not in other:
        password_file = text("", "smtp_auth_password_file")
        if "smtp_auth_password" in global_:
            other["auth_password"] = global_["smtp_auth_password"]
    if not {"auth_secret", "auth_secret_file"} & set(other):
        secrets = ("auth_secret", "auth_secret_file")
        other |= {key: global_[f"smtp_{key}"] for key in secrets if f"smtp_{key}" in global_}
    tls = email.require_tls
    return replace(
        email,
        from_=text(email.from_, "smtp_from"),
        smarthost=text(email.smarthost, "smtp_smarthost"),
        hello=text(email.hello, "smtp_hello", "localhost"),
        auth_username=text(email.auth_username, "smtp_auth_username"),
        auth_password_file=password_file,
        require_tls=bool(global_.get("smtp_require_tls", True)) if tls is None else tls,
        other=other,
    )


def write(config: AlertmanagerConfig) -> str:
    """The text of an ``alertmanager.yml`` that reads as ``config``; what has its default value is left out."""
    return yaml.write(
        _given(
            {
                "global": dict(config.global_),
                "templates": list(config.templates),
                "route": _route_keys(config.route),
                "receivers": [_receiver_keys(receiver) for receiver in config.receivers],
                "inhibit_rules": [_inhibit_keys(rule) for rule in config.inhibit_rules],
                "time_intervals": [
                    {"name": one.name, "time_intervals": [dict(item) for item in one.time_intervals]}
                    for one in config.time_intervals
                ],
            }
        )
        | dict(config.other)
    )


def _given(keys: dict[str, Any]) -> dict[str, Any]:
    """The keys that have something to say."""
    return {key: value for key, value in keys.items() if value not in (None, "", False, [], {}, 0) or value is True}


def _duration(value: int | None) -> str | None:
    return None if value is None else format_duration(value)


def _matcher_texts(matchers: tuple[Any, ...]) -> list[str]:
    return [render_matcher(matcher) for matcher in matchers]


def _route_keys(route: Route) -> dict[str, Any]:
    return _given(
        {
            "matchers": _matcher_texts(route.matchers),
            "receiver": route.receiver,
            "group_by": list(route.group_by or ()),
            "group_wait": _duration(route.group_wait),
            "group_interval": _duration(route.group_interval),
            "repeat_interval": _duration(route.repeat_interval),
            "continue": route.continue_,
            "mute_time_intervals": list(route.mute_time_intervals),
            "active_time_intervals": list(route.active_time_intervals),
            "routes": [_route_keys(child) for child in route.routes],
        }
    )


def _inhibit_keys(rule: InhibitRule) -> dict[str, Any]:
    return _given(
        {
            "name": rule.name,
            "source_matchers": _matcher_texts(rule.source_matchers),
            "target_matchers": _matcher_texts(rule.target_matchers),
            "equal": list(rule.equal),
        }
    )


def _receiver_keys(receiver: Receiver) -> dict[str, Any]:
    return {
        "name": receiver.name,
        **_given(
            {
                "email_configs": [_email_keys(email) for email in receiver.email_configs],
                "webhook_configs": [_webhook_keys(webhook) for webhook in receiver.webhook_configs],
            }
        ),
        **receiver.other,
    }


def _email_keys(email: EmailConfig) -> dict[str, Any]:
    return {
        **_given(
            {
                "send_resolved": email.send_resolved,
                "to": email.to,
                "from": email.from_,
                "smarthost": email.smarthost,
                "hello": email.hello,
                "auth_username": email.auth_username,
                "auth_password_file": email.auth_password_file,
            }
        ),
        **({} if email.require_tls is None else {"require_tls": email.require_tls}),
        **_given({"headers": dict(email.headers), "text": email.text}),
        **({} if email.html == DEFAULT_HTML else {"html": email.html}),
        **email.other,
    }


def _webhook_keys(webhook: WebhookConfig) -> dict[str, Any]:
    return {
        **({} if webhook.send_resolved else {"send_resolved": False}),
        **_given(
            {
                "url": webhook.url,
                "url_file": webhook.url_file,
                "max_alerts": webhook.max_alerts,
                "timeout": _duration(webhook.timeout or None),
                "http_config": dict(webhook.http_config),
            }
        ),
        **webhook.other,
    }
