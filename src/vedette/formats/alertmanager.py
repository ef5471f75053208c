"""``alertmanager.yml`` as typed values: the one reader and writer of it, with route matching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vedette.place import Place
from vedette.promql.labels import Matcher

__all__ = [
    "AlertmanagerConfig", "EmailConfig", "InhibitRule", "Receiver", "Route", "TimeInterval", "WebhookConfig",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailConfig:
    """``email_configs`` item; what is unset falls back on the global ``smtp_*`` keys."""

    to: str
    from_: str = ""
    smarthost: str = ""
    hello: str = "localhost"
    auth_username: str = ""
    auth_password_file: str = ""
    require_tls: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str = '{{ template "email.default.html" . }}'
    text: str = ""
    send_resolved: bool = False
    other: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """``webhook_configs`` item. Exactly one of ``url`` and ``url_file`` is set."""

    url: str = ""
    url_file: str = ""
    max_alerts: int = 0
    timeout: int = 0
    """Milliseconds; 0 leaves the group's own deadline."""
    send_resolved: bool = True
    http_config: Mapping[str, Any] = field(default_factory=dict)
    other: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A name and its integrations. Kinds not yet delivered by the embedded twin stay in ``other`` as written."""

    name: str
    email_configs: tuple[EmailConfig, ...] = ()
    webhook_configs: tuple[WebhookConfig, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict)
    """``slack_configs``, ``pagerduty_configs``… as they stand."""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of the routing tree. None means inherited from the parent; durations are milliseconds."""

    receiver: str | None = None
    matchers: tuple[Matcher, ...] = ()
    group_by: tuple[str, ...] | None = None
    """``("...",)`` groups by every label."""
    group_wait: int | None = None
    group_interval: int | None = None
    repeat_interval: int | None = None
    continue_: bool = False
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitRule:
    """A firing source mutes targets that share the ``equal`` labels."""

    source_matchers: tuple[Matcher, ...] = ()
    target_matchers: tuple[Matcher, ...] = ()
    equal: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval:
    """A named set of times, as it stands in the file."""

    name: str
    time_intervals: tuple[Mapping[str, Any], ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerConfig:
    """The whole file."""

    route: Route
    receivers: tuple[Receiver, ...]
    global_: Mapping[str, Any] = field(default_factory=dict)
    """``smtp_smarthost``, ``resolve_timeout``… as written."""
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: tuple[TimeInterval, ...] = ()
    templates: tuple[str, ...] = ()
    place: Place | None = field(default=None, compare=False)
