"""The values that ``alertmanager.yml`` is read into; ``alertmanager`` is the door to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.place import Place
    from vedette.promql.labels import Matcher

__all__ = [
    "DEFAULT_HTML", "AlertmanagerConfig", "EmailConfig", "InhibitRule", "Receiver", "Route", "TimeInterval",
    "WebhookConfig", "Written",
]  # fmt: skip

DEFAULT_HTML = '{{ template "email.default.html" . }}'
"""What an e-mail's HTML body is where nothing is written."""


@dataclass(frozen=True, slots=True)
class Written:
    """A key of a file, or an item of a list, with what stands under it."""

    place: Place
    text: str = field(repr=False)
    """As the file has it, from the key to the end of its value; empty where it stands elsewhere or is long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailConfig:
    """``email_configs`` item as it stands; ``email_settings`` fills in what the global ``smtp_*`` keys say."""

    to: str
    from_: str = ""
    smarthost: str = ""
    hello: str = ""
    auth_username: str = ""
    auth_password_file: str = ""
    require_tls: bool | None = None
    """None for what the global section says, and there True."""
    headers: Mapping[str, str] = field(default_factory=dict)
    html: str = DEFAULT_HTML
    text: str = ""
    send_resolved: bool = False
    other: Mapping[str, Any] = field(default_factory=dict, repr=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """``webhook_configs`` item. Exactly one of ``url`` and ``url_file`` is set."""

    url: str = field(default="", repr=False)
    url_file: str = ""
    max_alerts: int = 0
    timeout: int = 0
    """Milliseconds; 0 leaves the group's own deadline."""
    send_resolved: bool = True
    http_config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    other: Mapping[str, Any] = field(default_factory=dict, repr=False)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A name and its integrations. Kinds not yet delivered by the embedded twin stay in ``other`` as written."""

    name: str
    email_configs: tuple[EmailConfig, ...] = ()
    webhook_configs: tuple[WebhookConfig, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """``slack_configs``, ``pagerduty_configs``… and ``labels`` as they stand."""
    place: Place | None = field(default=None, compare=False)
    written: Mapping[str, Written] = field(default_factory=dict, compare=False, repr=False)
    """Key → where it is written: ``slack_configs[0].api_url``. Nothing where it comes from no file, here and below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A node of the routing tree. None means inherited from the parent; durations are milliseconds."""

    receiver: str | None = None
    matchers: tuple[Matcher, ...] = ()
    group_by: tuple[str, ...] | None = None
    """``("...",)`` groups by every label; an empty tuple is the same as None, as in Alertmanager."""
    group_wait: int | None = None
    group_interval: int | None = None
    repeat_interval: int | None = None
    continue_: bool = False
    mute_time_intervals: tuple[str, ...] = ()
    active_time_intervals: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    place: Place | None = field(default=None, compare=False)
    written: Mapping[str, Written] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitRule:
    """A firing source mutes targets that share the ``equal`` labels."""

    source_matchers: tuple[Matcher, ...] = ()
    target_matchers: tuple[Matcher, ...] = ()
    equal: tuple[str, ...] = ()
    name: str = ""
    place: Place | None = field(default=None, compare=False)
    written: Mapping[str, Written] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval:
    """A named set of times; each item has lists of text as in the file (``weekdays: [monday:friday]``)."""

    name: str
    time_intervals: tuple[Mapping[str, Any], ...]
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertmanagerConfig:
    """The whole file."""

    route: Route
    receivers: tuple[Receiver, ...]
    global_: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """``smtp_smarthost``, ``resolve_timeout``… as written."""
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: tuple[TimeInterval, ...] = ()
    templates: tuple[str, ...] = ()
    """Glob patterns, relative to the file's folder."""
    other: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """``tracing`` and ``event_recorder`` as they stand."""
    place: Place | None = field(default=None, compare=False)
    written: Mapping[str, Written] = field(default_factory=dict, compare=False, repr=False)
    """Of the global section: ``global.smtp_from``."""
    complete: bool = field(default=True, compare=False)
    """False where something could not be read and is missing here."""
