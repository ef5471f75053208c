"""Reading ``alertmanager.yml`` and everything about it that Alertmanager itself would refuse."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vedette.errors import ConfigError
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
    Written,
)
from vedette.formats._matchers import parse_matchers, render_matchers
from vedette.promql.labels import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


__all__ = ["read", "read_all"]

_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MAX_WRITTEN = 10_000
"""Characters of a value that are kept as written; more nobody rewrites."""
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00", re.ASCII)
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)


def read(text: str, path: str) -> AlertmanagerConfig:
    """The values of an ``alertmanager.yml``; ``path`` is for messages and places only.

    Raises:
        ConfigError: ``path:line:column:``, what was found, and the fix. Secrets are never in it.
    """
    config = _config(yaml.read(text, path, ALERTMANAGER, "alertmanager.yml"))
    _check_names(config)
    return config


def read_all(text: str, path: str) -> tuple[AlertmanagerConfig | None, tuple[ConfigError, ...]]:
    """All that can be read of an ``alertmanager.yml``, and every mistake in it; None where it is no YAML or no mapping.

    Two are left to who looks at the values: a route may name what is not defined, a receiver may be there twice.
    """
    errors: list[ConfigError] = []
    try:
        node = yaml.parse(text, path, "alertmanager.yml")
        errors.extend(node.unknown(ALERTMANAGER))
        config = _config(node.section(errors.append))
    except ConfigError as error:
        return None, (*errors, error)
    errors.extend(_twice(config.time_intervals, "time interval"))
    once = {str(error): error for error in errors}
    return replace(config, complete=not once), tuple(once.values())


def _config(top: yaml.Section) -> AlertmanagerConfig:
    global_ = _global(top.section("global"))
    receivers = tuple(_receiver(item, global_) for item in top.sections("receivers"))
    intervals = tuple(
        _time_interval(item) for key in ("mute_time_intervals", "time_intervals") for item in top.sections(key)
    )
    if top.get("route") is None:
        top.report(top.error("alertmanager.yml has no route; write 'route:' with 'receiver: …' below it"))
    root = top.section("route")
    route = _route(root)
    receiver = root.get("receiver")
    if root.node is not top.node and (receiver is None or (receiver.style and not receiver.text)):
        top.report(root.error("the root route has no receiver; name the one that gets what no other route matches"))
    for key in ("match", "match_re", "matchers", "mute_time_intervals", "active_time_intervals", "continue"):
        if root.get(key) is not None and (key != "continue" or route.continue_):
            top.report(
                root.error(f"the root route cannot have {key}, it takes every alert; move it to a route below", key)
            )
    return AlertmanagerConfig(
        route=route,
        receivers=receivers,
        global_=global_,
        inhibit_rules=tuple(_inhibit_rule(item) for item in top.sections("inhibit_rules")),
        time_intervals=intervals,
        templates=top.strings("templates"),
        other=top.rest(
            "route", "receivers", "global", "inhibit_rules", "mute_time_intervals", "time_intervals", "templates"
        ),
        place=top.place,
        written=_written(top.section("global"), "global."),
    )


def _check_names(config: AlertmanagerConfig) -> None:
    """Every name is defined, once."""
    receivers = {one.name for one in config.receivers}
    intervals = {one.name for one in config.time_intervals}
    for error in (*_twice(config.receivers, "receiver"), *_twice(config.time_intervals, "time interval")):
        raise error
    _check_defined(config.route, receivers, intervals)


def _twice(named: Iterable[Receiver | TimeInterval], what: str) -> Iterator[ConfigError]:
    lines: dict[str, int] = {}
    for one in named:
        if one.name in lines:
            above = f"first in line {lines[one.name]}"
            yield ConfigError(f"{one.place}: {what} {one.name!r} is defined twice, {above}; rename one")
        elif one.place:
            lines[one.name] = one.place.line


def _check_defined(route: Route, receivers: set[str], intervals: set[str]) -> None:
    used = [("receiver", "receiver", route.receiver, receivers)] if route.receiver else []
    for key in ("mute_time_intervals", "active_time_intervals"):
        used += [(key, "time interval", name, intervals) for name in getattr(route, key)]
    for key, what, name, known in used:
        if name not in known:
            who = f"route {render_matchers(route.matchers)}" if route.matchers else "a route without matchers"
            defined = ", ".join(sorted(known)) or "none"
            raise ConfigError(
                f"{route.written[key].place}: {what} {name!r} is used by {who} but not defined; defined: {defined}"
            )
    for child in route.routes:
        _check_defined(child, receivers, intervals)


def _written(section: yaml.Section, prefix: str = "", *, without: str = "") -> Mapping[str, Written]:
    """Every key below, but what stands under one of them."""
    found: dict[str, Written] = {}
    for name, (key, value) in section.entries.items():
        _add_written(found, prefix + name, key, value, deep=name != without)
    return found


def _add_written(found: dict[str, Written], name: str, key: yaml.Node, value: yaml.Node, *, deep: bool) -> None:
    short = key.start <= value.start and value.end - key.start < _MAX_WRITTEN
    text = key.source.text[key.start : value.end].rstrip() if short else ""
    found[name] = Written(key.place, text)
    if deep and value.kind == "list":
        for index, item in enumerate(value.children):
            _add_written(found, f"{name}[{index}]", item, item, deep=True)
    elif deep and value.kind == "mapping":
        pairs = zip(value.children[::2], value.children[1::2], strict=True)
        for below, under in pairs:
            _add_written(found, f"{name}.{below.text}", below, under, deep=True)


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
            section.report(section.error(f"{key} and {key}_file exclude each other; keep one", f"{key}_file"))


def _host_port(section: yaml.Section, key: str) -> str:
    value = section.string(key)
    if value and not re.fullmatch(r"(\[[^\]]*\]|[^:]*):[^:]+", value):
        fix = f"write for example '{value.rstrip(':')}:587'"
        section.report(section.error(f"{key} {value!r} has no port; {fix}", key))
    return value


def _receiver(section: yaml.Section, global_: Mapping[str, Any]) -> Receiver:
    name = section.required("name", "write 'name: …', by which routes refer to it")
    for kind in INTEGRATIONS:
        for item in section.sections(kind):
            _check_integration(kind, item, name, global_)
    return Receiver(
        name=name,
        email_configs=tuple(map(_email, section.sections("email_configs"))),
        webhook_configs=tuple(map(_webhook, section.sections("webhook_configs"))),
        other=section.rest("name", "email_configs", "webhook_configs"),
        place=section.place,
        written=_written(section),
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
            what = f"{kind.removesuffix('s')} of receiver {receiver!r}"
            section.report(section.error(f"{what} has no {first}; {', or '.join(fixes)}"))
    _one_of_pair(section)
    section.boolean("send_resolved", default=True)


def _email(section: yaml.Section) -> EmailConfig:
    headers = section.pairs("headers")
    seen: dict[str, str] = {}
    for name in headers:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            section.report(section.error(f"headers {other!r} and {name!r} are the same header; keep one", "headers"))
    return EmailConfig(
        to=section.string("to"),
        from_=section.string("from"),
        smarthost=_host_port(section, "smarthost"),
        hello=section.string("hello"),
        auth_username=section.string("auth_username"),
        auth_password_file=section.string("auth_password_file"),
        require_tls=section.boolean("require_tls", default=True) if section.get("require_tls") else None,
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
        section.report(section.error("url does not begin with http:// or https:// and a host", "url"))
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


def _route(section: yaml.Section) -> Route:
    group_by = section.strings("group_by")
    for problem in _problems_of_group(group_by):
        section.report(section.error(problem, "group_by"))
    for key in ("group_interval", "repeat_interval"):
        if section.optional_duration(key) == 0:
            fix = "write a duration such as '5m', or remove it to inherit"
            section.report(section.error(f"{key} is 0; {fix}", key))
    return Route(
        receiver=section.string("receiver") or None,
        matchers=_matchers(section, "match", "match_re", "matchers"),
        group_by=group_by or None,
        group_wait=section.optional_duration("group_wait"),
        group_interval=section.optional_duration("group_interval"),
        repeat_interval=section.optional_duration("repeat_interval"),
        continue_=section.boolean("continue", default=False),
        mute_time_intervals=section.strings("mute_time_intervals"),
        active_time_intervals=section.strings("active_time_intervals"),
        routes=tuple(map(_route, section.sections("routes"))),
        place=section.place,
        written=_written(section, without="routes"),
    )


def _problems_of_group(names: tuple[str, ...]) -> Iterator[str]:
    if "" in names:
        yield "group_by has an empty label name; remove it"
    for name in dict.fromkeys(name for index, name in enumerate(names) if name and name in names[:index]):
        yield f"group_by has {name!r} twice; remove one"
    if "..." in names and len(names) > 1:
        yield "group_by has '...', which is every label, beside others; keep one or the other"


def _matchers(section: yaml.Section, equal: str, regex: str, modern: str) -> tuple[Matcher, ...]:
    """The matchers of a route or one side of an inhibit rule, old spellings first."""
    result: list[Matcher] = []
    for key, op in ((equal, "="), (regex, "=~")):
        for name, value in section.pairs(key).items():
            if not _LABEL_NAME.fullmatch(name):
                fix = f"use {modern}, where it can be quoted"
                section.report(section.error(f"{name!r} in {key} is no label name; {fix}", key))
            try:
                # Alertmanager anchors these in the pattern itself, and its group keys show it.
                result.append(Matcher(name, "=", value) if op == "=" else Matcher(name, "=~", f"^(?:{value})$"))
            except ValueError as error:
                section.report(section.error(str(error), key))
    for item in section.items(modern):
        try:
            result.extend(parse_matchers(item.string()))
        except ConfigError as error:
            section.report(error)
        except ValueError as error:
            section.report(item.error(str(error)))
    return tuple(result)


def _inhibit_rule(section: yaml.Section) -> InhibitRule:
    return InhibitRule(
        source_matchers=_matchers(section, "source_match", "source_match_re", "source_matchers"),
        target_matchers=_matchers(section, "target_match", "target_match_re", "target_matchers"),
        equal=section.strings("equal"),
        name=section.string("name"),
        place=section.place,
        written=_written(section),
    )


def _time_interval(section: yaml.Section) -> TimeInterval:
    name = section.required("name", "write 'name: …', by which routes refer to it")
    return TimeInterval(
        name=name,
        time_intervals=tuple(map(_times, section.sections("time_intervals"))),
        place=section.place,
    )


def _times(section: yaml.Section) -> Mapping[str, Any]:
    result: dict[str, Any] = {}
    if section.get("times"):
        result["times"] = [_clock(item) for item in section.sections("times")]
    for key, number in _FIELDS.items():
        for item in section.items(key):
            _check_range(item, number, section.report)
        if section.get(key):
            result[key] = list(section.strings(key))
    zone = section.string("location")
    if zone and not _is_zone(zone):
        fix = "write for example 'Europe/Berlin'"
        section.report(section.error(f"location {zone!r} is no time zone; {fix}", "location"))
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
        if not _CLOCK.fullmatch(result[key]):
            if result[key]:
                section.report(section.error(f"{key} is {result[key]!r}; write 'HH:MM' from 00:00 to 24:00", key))
            return result
    if result["start_time"] >= result["end_time"]:
        fix = "split a span over midnight in two"
        section.report(section.error(f"end_time is not after start_time; {fix}", "end_time"))
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


def _check_range(item: yaml.Node, field: tuple[Callable[[str], int], str], report: yaml.Report) -> None:
    number, expected = field
    try:
        text = item.string()
    except ConfigError as error:
        report(error)
        return
    first, _, last = text.partition(":")
    try:
        begin, end = number(first), number(last or first)
    except ValueError:
        report(item.error(f"{item.what} is {text!r}; write {expected}"))
        return
    if begin > end:
        report(item.error(f"{item.what} {text!r} ends before it begins; swap its ends or split it in two"))
