"""Alerts as values, their fingerprint and times, the JSON of Alertmanager's API v2, and the body of its webhooks."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cmp_to_key, lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from vedette.errors import ConfigError
from vedette.promql.labels import Labels, get, labels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "Alert", "fingerprint", "format_time", "gettable_alert", "group_order", "parse_time", "read_alerts", "webhook_body",
    "write_alerts",
]  # fmt: skip

# https://datatracker.ietf.org/doc/html/rfc3339#section-5.6
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = 253_402_300_799_999
"""The last millisecond of the year 9999."""
_NEVER = "0001-01-01T00:00:00Z"
"""Go's zero time, which Alertmanager writes where no time is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert as rules hand it to alerting. Times are milliseconds since the epoch, 0 where unknown."""

    labels: Labels
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: int = 0
    ends_at: int = 0
    """When it was resolved, or until when it holds unless it is sent again."""
    generator_url: str = ""

    def resolved(self, now: int) -> bool:
        """Whether its end has come."""
        return 0 < self.ends_at <= now


@lru_cache(maxsize=16_384)
def fingerprint(of: Labels) -> str:
    """16 hex digits for a label set: FNV-1a 64 over ``name 0xff value 0xff``, sorted, as Prometheus makes it."""
    value = 0xCBF29CE484222325
    for name, text in of:
        for byte in b"%b\xff%b\xff" % (name.encode(), text.encode()):
            value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def parse_time(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 time with ``Z`` or an offset; what is finer is cut off.

    Go's zero time (year 1) is 0, unknown.

    Raises:
        ValueError: not such a time.
    """
    match = _RFC3339.fullmatch(text)
    if match is not None:
        date, time, fraction, _, sign, hours, minutes = match.groups()
        with contextlib.suppress(ValueError):
            moment = datetime.fromisoformat(f"{date}T{time}+00:00")
            offset = (int(hours) * 60 + int(minutes)) * (-60 if sign == "-" else 60) if sign else 0
            seconds = (moment - _EPOCH) // timedelta(seconds=1) - offset
            ms = seconds * 1000 + int((fraction or "").ljust(3, "0")[:3])
            return 0 if moment.year == 1 else min(ms, _LAST)
    raise ValueError(f"not a time: {text!r}; write for example '2026-01-31T09:30:00Z'")


def format_time(ms: int, *, trim: bool = False) -> str:
    """RFC 3339 in UTC of milliseconds since the epoch, ``2026-01-31T09:30:00.000Z`` as in the API.

    Args:
        ms: the time; 0 is unknown and gives Go's zero time.
        trim: leave out zeros at the end of the fraction, as Go does in a webhook's body.
    """
    if ms == 0:
        return _NEVER if trim else _NEVER.replace("Z", ".000Z")
    moment = _EPOCH + timedelta(milliseconds=ms)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    fraction = f".{ms % 1000:03d}"
    return f"{text}{fraction.rstrip('0').rstrip('.') if trim else fraction}Z"


def read_alerts(body: bytes | str) -> tuple[list[Alert], list[str]]:
    """The alerts of a ``POST /api/v2/alerts`` body, and what is wrong with those that are left out.

    Like Alertmanager, one bad alert does not stop the others, and unknown keys are ignored.

    Raises:
        ConfigError: the body is no JSON list of alerts.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"body:{error.lineno}:{error.colno}: not JSON: {error.msg}") from None
    if not isinstance(data, list):
        raise ConfigError(f"body: a list of alerts was expected, found {_json_word(data)}")
    alerts: list[Alert] = []
    troubles: list[str] = []
    for index, item in enumerate(data):
        try:
            alerts.append(_postable(item, f"body[{index}]"))
        except ValueError as error:
            troubles.append(str(error))
    return alerts, troubles


def _postable(item: Any, where: str) -> Alert:
    if not isinstance(item, dict):
        raise ConfigError(f"{where}: an alert object was expected, found {_json_word(item)}")
    own = labels(_texts(item, "labels", where))
    if not own:
        raise ConfigError(f"{where}.labels: at least one label with a value is needed")
    if own[0][0] == "":
        raise ConfigError(f"{where}.labels: a label has no name")
    alert = Alert(
        labels=own,
        annotations=_texts(item, "annotations", where),
        starts_at=_time(item, "startsAt", where),
        ends_at=_time(item, "endsAt", where),
        generator_url=_text(item.get("generatorURL"), f"{where}.generatorURL"),
    )
    if alert.ends_at and alert.ends_at < alert.starts_at:
        raise ConfigError(f"{where}: endsAt {item['endsAt']} is before startsAt {item['startsAt']}")
    return alert


def _texts(item: Mapping[str, Any], key: str, where: str) -> dict[str, str]:
    found = item.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigError(f"{where}.{key}: an object of texts was expected, found {_json_word(found)}")
    return {name: _text(value, f"{where}.{key}.{name}") for name, value in found.items()}


def _text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ConfigError(f"{where}: a text was expected, found {_json_word(value)}; put it in quotes")
    return value


def _time(item: Mapping[str, Any], key: str, where: str) -> int:
    try:
        return parse_time(text) if (text := _text(item.get(key), f"{where}.{key}")) else 0
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(f"{where}.{key}: {error}") from None


def _json_word(value: Any) -> str:
    words = {type(None): "null", bool: "a boolean", dict: "an object", list: "a list", str: "a text"}
    return words.get(type(value), "a number")


def write_alerts(alerts: Iterable[Alert]) -> bytes:
    """The body with which Prometheus posts alerts to Alertmanager."""
    return orjson.dumps(
        [
            {
                "labels": dict(alert.labels),
                "annotations": dict(sorted(alert.annotations.items())),
                **({"startsAt": format_time(alert.starts_at)} if alert.starts_at else {}),
                **({"endsAt": format_time(alert.ends_at)} if alert.ends_at else {}),
                "generatorURL": alert.generator_url,
            }
            for alert in alerts
        ]
    )


def gettable_alert(
    alert: Alert,
    *,
    updated_at: int,
    receivers: Sequence[str],
    silenced_by: Sequence[str] = (),
    inhibited_by: Sequence[str] = (),
    muted_by: Sequence[str] = (),
) -> dict[str, Any]:
    """An item of ``GET /api/v2/alerts``, keys in Alertmanager's order.

    Args:
        alert: the alert; both of its times are known by now.
        updated_at: milliseconds, when it was last received.
        receivers: names of the receivers its routes lead to.
        silenced_by: ids of silences.
        inhibited_by: fingerprints of the alerts that inhibit it.
        muted_by: names of time intervals.
    """
    state = "suppressed" if silenced_by or inhibited_by or muted_by else "active"
    return {
        "annotations": dict(sorted(alert.annotations.items())),
        "endsAt": format_time(alert.ends_at),
        "fingerprint": fingerprint(alert.labels),
        "receivers": [{"name": name} for name in receivers],
        "startsAt": format_time(alert.starts_at),
        "status": {
            "inhibitedBy": list(inhibited_by),
            "mutedBy": list(muted_by),
            "silencedBy": list(silenced_by),
            "state": state,
        },
        "updatedAt": format_time(updated_at),
        **({"generatorURL": alert.generator_url} if alert.generator_url else {}),
        "labels": dict(alert.labels),
    }


def group_order(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts as Alertmanager orders them in a notification: by job, by instance, then by their labels."""
    return sorted(alerts, key=cmp_to_key(_compare))


def _compare(left: Alert, right: Alert) -> int:
    for name in ("job", "instance"):
        mine, theirs = get(left.labels, name), get(right.labels, name)
        if mine != theirs:
            # one without the label comes last
            return -1 if not theirs or (mine and mine < theirs) else 1
    if len(left.labels) != len(right.labels):
        return len(left.labels) - len(right.labels)
    for one, other in zip(left.labels, right.labels, strict=True):
        if one != other:
            # at the first difference, the one that lacks the label comes first
            before = one[1] < other[1] if one[0] == other[0] else one[0] > other[0]
            return -1 if before else 1
    return 0


def webhook_body(
    alerts: Iterable[Alert],
    *,
    now: int,
    receiver: str,
    group_labels: Labels,
    group_key: str,
    external_url: str,
    max_alerts: int = 0,
    reason: str = "first notification",
) -> dict[str, Any]:
    """The body of a webhook notification (version 4), keys in the order of Alertmanager 0.33.

    Args:
        alerts: of one group, in any order.
        now: milliseconds; an alert that has ended by then is resolved.
        receiver: its name; as Alertmanager does, it is written with regular expression characters escaped.
        group_labels: the labels of the group.
        group_key: what ``ResolvedRoute.group_key`` gave.
        external_url: where Alertmanager's own page is.
        max_alerts: how many alerts to send, 0 for all.
        reason: why it is sent now, in Alertmanager's words.
    """
    whole = group_order(alerts)
    sent = whole[:max_alerts] if max_alerts else whole
    firing = any(not alert.resolved(now) for alert in sent)
    return {
        "receiver": re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", receiver),
        "status": "firing" if firing else "resolved",
        "alerts": [_webhook_alert(alert, alert.resolved(now)) for alert in sent],
        "notification_reason": reason,
        "groupLabels": dict(group_labels),
        "commonLabels": _common([dict(alert.labels) for alert in sent]),
        "commonAnnotations": _common([alert.annotations for alert in sent]),
        "externalURL": external_url,
        "version": "4",
        "groupKey": group_key,
        "truncatedAlerts": len(whole) - len(sent),
    }


def _webhook_alert(alert: Alert, resolved: bool) -> dict[str, Any]:
    return {
        "status": "resolved" if resolved else "firing",
        "labels": dict(alert.labels),
        "annotations": dict(sorted(alert.annotations.items())),
        "startsAt": format_time(alert.starts_at, trim=True),
        "endsAt": format_time(alert.ends_at, trim=True) if resolved else _NEVER,
        "generatorURL": alert.generator_url,
        "fingerprint": fingerprint(alert.labels),
    }


def _common(sets: Sequence[Mapping[str, str]]) -> dict[str, str]:
    if not sets:
        return {}
    first, *others = sets
    return {name: value for name, value in sorted(first.items()) if all(one.get(name) == value for one in others)}
