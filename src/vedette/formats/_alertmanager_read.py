"""Reading ``alertmanager.yml`` and everything about it that Alertmanager itself would refuse."""

from __future__ import annotations

import re
import zoneinfo
from typing import TYPE_CHECKING, Any

from vedette.formats import yaml
from vedette.formats._alertmanager_keys import ALERTMANAGER, INTEGRATIONS, NEEDS
from vedette.formats._alertmanager_values import (
    DEFAULT_HTML,
    AlertmanagerConfig,
    EmailConfig,
    InhibitRule,
    Receiver,
    Route,
    TimeInterval,
    WebhookConfig,
)
from vedette.formats._matchers import parse_matchers, render_matchers
from vedette.promql.labels import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


__all__ = ["read"]

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)


def read(text: str, path: str) -> AlertmanagerConfig:
    """The values of an ``alertmanager.yml``; ``path`` is for messages and places only.

    Raises:
        ConfigError: ``path:line:column:``, what was found, and the fix. Secrets are never in it.
    """
    top = yaml.read(text, path, ALERTMANAGER, "alertmanager.yml")
    global_ = _global(top.section("global"))
    receivers = tuple(_receiver(item, global_) for item in top.items("receivers"))
    _unique(top.items("receivers"), "receiver")
    interval_nodes = (*top.items("mute_time_intervals"), *top.items("time_intervals"))
    intervals = tuple(_time_interval(item) for item in interval_nodes)
    _unique(interval_nodes, "time interval")
    if top.get("route") is None:
        raise top.error("alertmanager.yml has no route; write 'route:' with 'receiver: …' below it")
    root = top.section("route")
    route = _route(root, {one.name for one in receivers}, {one.name for one in intervals})
    if not route.receiver:
        raise root.error("the root route has no receiver; name the one that gets what no other route matches")
    for key in ("match", "match_re", "matchers", "mute_time_intervals", "active_time_intervals", "continue"):
        if root.get(key) is not None and (key != "continue" or route.continue_):
            raise root.error(f"the root route cannot have {key}, it takes every alert; move it to a route below", key)
    return AlertmanagerConfig(
        route=route,
        receivers=receivers,
        global_=global_,
        inhibit_rules=tuple(_inhibit_rule(item) for item in top.items("inhibit_rules")),
        time_intervals=intervals,
        templates=top.strings("templates"),
        other=top.rest(
            "route", "receivers", "global", "inhibit_rules", "mute_time_intervals", "time_intervals", "templates"
        ),
        place=top.place,
    )


def _global(section: yaml.Section) -> Mapping[str, Any]:
    section.duration("resolve_timeout")
    _host_port(section, "smtp_smarthost")
    _one_of_pair(section)
    switches = ("smtp_require_tls", "smtp_force_implicit_tls")
    return section.rest() | {key: section.boolean(key, default=True) for key in switches if section.get(key)}


def _one_of_pair(section: yaml.Section) -> None:
    """A secret stands in the file or in a file of its own, not in both."""
    for key in section.entries:
        if section.get(key) and section.get(f"{key}_file"):
            raise section.error(f"{key} and {key}_file exclude each other; keep one", f"{key}_file")


def _host_port(section: yaml.Section, key: str) -> str:
    value = section.string(key)
    if value and not re.fullmatch(r"(\[[^\]]*\]|[^:]*):[^:]+", value):
        raise section.error(f"{key} {value!r} has no port; write for example '{value.rstrip(':')}:587'", key)
    return value


def _unique(nodes: Iterable[yaml.Node], what: str) -> None:
    first: dict[str, yaml.Node] = {}
    for node in nodes:
        name = node.section().string("name")
        other = first.setdefault(name, node)
        if other is not node:
            raise node.error(f"{what} {name!r} is defined twice, first in line {other.place.line}; rename one")


def _receiver(node: yaml.Node, global_: Mapping[str, Any]) -> Receiver:
    section = node.section()
    name = section.required("name", "write 'name: …', by which routes refer to it")
    for kind in INTEGRATIONS:
        for item in section.items(kind):
            _check_integration(kind, item.section(), name, global_)
    return Receiver(
        name=name,
        email_configs=tuple(_email(item.section()) for item in section.items("email_configs")),
        webhook_configs=tuple(_webhook(item.section()) for item in section.items("webhook_configs")),
        other=section.rest("name", "email_configs", "webhook_configs"),
        place=section.place,
    )


def _check_integration(kind: str, section: yaml.Section, receiver: str, global_: Mapping[str, Any]) -> None:
    for words in NEEDS[kind]:
        keys = words.split()
        if not any(
            global_.get(key.removeprefix("global.")) if key.startswith("global.") else section.get(key) for key in keys
        ):
            first, *others = [key for key in keys if not key.startswith("global.")]
            above = [key.removeprefix("global.") for key in keys if key.startswith("global.")]
            fixes = [
                "set it",
                *([", ".join(others)] if others else []),
                *([f"{', '.join(above)} in global"] if above else []),
            ]
            raise section.error(
                f"{kind.removesuffix('s')} of receiver {receiver!r} has no {first}; {', or '.join(fixes)}"
            )
    _one_of_pair(section)
    section.boolean("send_resolved", default=True)


def _email(section: yaml.Section) -> EmailConfig:
    headers = section.pairs("headers")
    seen: dict[str, str] = {}
    for name in headers:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            raise section.error(f"headers {other!r} and {name!r} are the same header; keep one", "headers")
    tls = section.get("require_tls")
    return EmailConfig(
        to=section.string("to"),
        from_=section.string("from"),
        smarthost=_host_port(section, "smarthost"),
        hello=section.string("hello"),
        auth_username=section.string("auth_username"),
        auth_password_file=section.string("auth_password_file"),
        require_tls=None if tls is None else tls.boolean(),
        headers=headers,
        html=section.string("html", DEFAULT_HTML),
        text=section.string("text"),
        send_resolved=section.boolean("send_resolved", default=False),
        other=section.rest(
            "to", "from", "smarthost", "hello", "auth_username", "auth_password_file", "require_tls", "headers", "html",
            "text", "send_resolved",
        ),
        place=section.place,
    )  # fmt: skip


def _webhook(section: yaml.Section) -> WebhookConfig:
    url = section.string("url")
    if url and "{{" not in url and not re.match(r"https?://[^/\s]", url):
        raise section.error("url does not begin with http:// or https:// and a host", "url")
    http_config = section.section("http_config").rest()
    return WebhookConfig(
        url=url,
        url_file=section.string("url_file"),
        max_alerts=section.integer("max_alerts"),
        timeout=section.duration("timeout"),
        send_resolved=section.boolean("send_resolved", default=True),
        http_config=http_config,
        other=section.rest("url", "url_file", "max_alerts", "timeout", "send_resolved", "http_config"),
        place=section.place,
    )


def _route(section: yaml.Section, receivers: set[str], intervals: set[str]) -> Route:
    matchers = _matchers(section, "match", "match_re", "matchers")
    _check_defined(section, "receiver", "receiver", matchers, receivers)
    for key in ("mute_time_intervals", "active_time_intervals"):
        _check_defined(section, key, "time interval", matchers, intervals)
    group_by = section.strings("group_by")
    for index, name in enumerate(group_by):
        if not name:
            raise section.error("group_by has an empty label name; remove it", "group_by")
        if name in group_by[:index]:
            raise section.error(f"group_by has {name!r} twice; remove one", "group_by")
    if "..." in group_by and len(group_by) > 1:
        raise section.error(
            "group_by has '...', which is every label, beside others; keep one or the other", "group_by"
        )
    for key in ("group_interval", "repeat_interval"):
        if section.optional_duration(key) == 0:
            raise section.error(f"{key} is 0; write a duration such as '5m', or remove it to inherit", key)
    return Route(
        receiver=section.string("receiver") or None,
        matchers=matchers,
        group_by=group_by or None,
        group_wait=section.optional_duration("group_wait"),
        group_interval=section.optional_duration("group_interval"),
        repeat_interval=section.optional_duration("repeat_interval"),
        continue_=section.boolean("continue", default=False),
        mute_time_intervals=section.strings("mute_time_intervals"),
        active_time_intervals=section.strings("active_time_intervals"),
        routes=tuple(_route(item.section(), receivers, intervals) for item in section.items("routes")),
        place=section.place,
    )


def _check_defined(section: yaml.Section, key: str, what: str, matchers: tuple[Matcher, ...], known: set[str]) -> None:
    for name in section.strings(key) if key != "receiver" else filter(None, (section.string(key),)):
        if name not in known:
            route = f"route {render_matchers(matchers)}" if matchers else "a route without matchers"
            defined = ", ".join(sorted(known)) or "none"
            raise section.error(f"{what} {name!r} is used by {route} but not defined; defined: {defined}", key)


def _matchers(section: yaml.Section, equal: str, regex: str, modern: str) -> tuple[Matcher, ...]:
    """The matchers of a route or one side of an inhibit rule, old spellings first."""
    result: list[Matcher] = []
    for key, op in ((equal, "="), (regex, "=~")):
        for name, value in section.pairs(key).items():
            if not _LABEL_NAME.fullmatch(name):
                raise section.error(f"{name!r} in {key} is no label name; use {modern}, where it can be quoted", key)
            try:
                # Alertmanager anchors these in the pattern itself, and its group keys show it.
                result.append(Matcher(name, "=", value) if op == "=" else Matcher(name, "=~", f"^(?:{value})$"))
            except ValueError as error:
                raise section.error(str(error), key) from None
    for item in section.items(modern):
        try:
            result.extend(parse_matchers(item.string()))
        except ValueError as error:
            raise item.error(str(error)) from None
    return tuple(result)


def _inhibit_rule(node: yaml.Node) -> InhibitRule:
    section = node.section()
    return InhibitRule(
        source_matchers=_matchers(section, "source_match", "source_match_re", "source_matchers"),
        target_matchers=_matchers(section, "target_match", "target_match_re", "target_matchers"),
        equal=section.strings("equal"),
        name=section.string("name"),
        place=section.place,
    )


def _time_interval(node: yaml.Node) -> TimeInterval:
    section = node.section()
    name = section.required("name", "write 'name: …', by which routes refer to it")
    return TimeInterval(
        name=name,
        time_intervals=tuple(_times(item.section()) for item in section.items("time_intervals")),
        place=section.place,
    )


def _times(section: yaml.Section) -> Mapping[str, Any]:
    result: dict[str, Any] = {}
    if section.get("times"):
        result["times"] = [_clock(item.section()) for item in section.items("times")]
    for key, number in _FIELDS.items():
        for item in section.items(key):
            _check_range(item, number)
        if section.get(key):
            result[key] = list(section.strings(key))
    zone = section.string("location")
    if zone and not _is_zone(zone):
        raise section.error(f"location {zone!r} is no time zone; write for example 'Europe/Berlin'", "location")
    return result | ({"location": zone} if zone else {})


def _is_zone(name: str) -> bool:
    """Whether the time zone exists; where this machine knows no zones at all, any might."""
    try:
        return name == "Local" or bool(zoneinfo.ZoneInfo(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return not zoneinfo.available_timezones()


def _clock(section: yaml.Section) -> dict[str, str]:
    result: dict[str, str] = {}
    for key in ("start_time", "end_time"):
        result[key] = section.required(key, "write 'HH:MM'")
        if not re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", result[key], re.ASCII):
            raise section.error(f"{key} is {result[key]!r}; write 'HH:MM' from 00:00 to 24:00", key)
    if result["start_time"] >= result["end_time"]:
        raise section.error("end_time is not after start_time; split a span over midnight in two", "end_time")
    return result


def _named(names: tuple[str, ...], start: int) -> Callable[[str], int]:
    return lambda word: names.index(word.lower()) + start


def _month(word: str) -> int:
    return int(word) if word.isdigit() and 1 <= int(word) <= 12 else _named(_MONTHS, 1)(word)


def _day(word: str) -> int:
    day = int(word)
    if not 1 <= abs(day) <= 31:
        raise ValueError(word)
    return day if day > 0 else 28 + day  # the shortest month decides whether a range can be in order


_FIELDS: dict[str, tuple[Callable[[str], int], str]] = {
    "weekdays": (_named(_WEEKDAYS, 0), "a day such as 'monday', or 'monday:friday' from sunday to saturday"),
    "days_of_month": (_day, "a day from 1 to 31 or -31 to -1, or a range such as '1:5'"),
    "months": (_month, "a month such as 'january' or '1', or a range such as 'may:august'"),
    "years": (int, "a year such as '2026', or a range such as '2026:2028'"),
}


def _check_range(item: yaml.Node, field: tuple[Callable[[str], int], str]) -> None:
    number, expected = field
    text = item.string()
    first, _, last = text.partition(":")
    try:
        begin, end = number(first), number(last or first)
    except ValueError:
        raise item.error(f"{item.what} is {text!r}; write {expected}") from None
    if begin > end:
        raise item.error(f"{item.what} {text!r} ends before it begins; swap its ends or split it in two")
