"""The template functions that Prometheus adds (rule annotations) and those that Alertmanager adds (notifications).

Prometheus: https://prometheus.io/docs/prometheus/latest/configuration/template_reference/
Alertmanager: https://prometheus.io/docs/alerting/latest/notifications/
"""

from __future__ import annotations

import ipaddress
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import unquote_plus, urlsplit

from vedette.duration import milliseconds
from vedette.formats.gotemplate import GoDuration, SafeHtml, StringMap, Template, Time, sprintf
from vedette.formats.gotemplate.builtins import query_escape
from vedette.formats.gotemplate.values import fields, kind, type_name
from vedette.promql.regex import compile_re2

__all__ = [
    "Sample", "alertmanager_functions", "humanize", "humanize1024", "humanize_duration", "humanize_percentage",
    "humanize_timestamp", "prometheus_functions", "prometheus_variables", "rule_template",
]  # fmt: skip

_LARGE = ("k", "M", "G", "T", "P", "E", "Z", "Y")
_SMALL = ("m", "u", "n", "p", "f", "a", "z", "y")
_BINARY = ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi")


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of a ``query`` in a template."""

    labels: StringMap
    value: float

    go_type: ClassVar[str] = "*template.sample"
    go_names: ClassVar[Mapping[str, str]] = {"Labels": "labels", "Value": "value"}


Query = Callable[[str], Sequence[tuple[Mapping[str, str], float]]]
"""Runs PromQL at the instant of the evaluation; gives labels and value of each element."""


def _number(value: Any) -> float:
    match kind(value):
        case "float" | "int":
            return value.seconds() if isinstance(value, GoDuration) else float(value)
        case "string":
            try:
                return float(value)
            except ValueError:
                raise ValueError(f'strconv.ParseFloat: parsing "{value}": invalid syntax') from None
    raise ValueError(f"can't convert {type_name(value)} to float")


def _four(value: float, suffix: str = "") -> str:
    return sprintf("%.4g", (value,)) + suffix


def _scaled(value: float, prefixes: Sequence[str], base: float) -> tuple[float, str]:
    """The value over as many powers of the base as bring it below the base, and that power's prefix."""
    chosen = ""
    for prefix in prefixes:
        if abs(value) < base:
            break
        chosen, value = prefix, value / base
    return value, chosen


def _raised(value: float) -> tuple[float, str]:
    chosen = ""
    for prefix in _SMALL:
        if abs(value) >= 1:
            break
        chosen, value = prefix, value * 1000
    return value, chosen


def humanize(value: Any) -> str:
    """Metric prefixes, four digits: ``1234567`` → ``1.235M``."""
    number = _number(value)
    if number == 0 or not math.isfinite(number):
        return _four(number)
    return _four(*(_scaled(number, _LARGE, 1000) if abs(number) >= 1 else _raised(number)))


def humanize1024(value: Any) -> str:
    """Binary prefixes: ``1048576`` → ``1Mi``."""
    number = _number(value)
    if abs(number) <= 1 or not math.isfinite(number):
        return _four(number)
    return _four(*_scaled(number, _BINARY, 1024))


def humanize_duration(value: Any) -> str:
    """Seconds for people: ``3600`` → ``1h 0m 0s``, ``0.2`` → ``200ms``."""
    number = _number(value)
    if not math.isfinite(number):
        return _four(number)
    if number == 0:
        return "0s"
    if abs(number) < 1:
        scaled, prefix = _raised(number)
        return _four(scaled, f"{prefix}s")
    sign, number = ("-", -number) if number < 0 else ("", number)
    minutes, seconds = divmod(int(number), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    if minutes:
        return f"{sign}{minutes}m {seconds}s"
    return sign + _four(number, "s")


def humanize_percentage(value: Any) -> str:
    """A ratio as per cent: ``0.05`` → ``5%``."""
    return _four(_number(value) * 100, "%")


def _instant(number: float) -> Time:
    # Prometheus goes through int64 nanoseconds and cuts to milliseconds.
    if abs(number * 1e9) > 2**63 - 1:
        shown = sprintf("%v", (number,))
        raise ValueError(f"{shown} cannot be represented as a nanoseconds timestamp since it overflows int64")
    return Time.at(int(number * 1e9) // 1_000_000)


def humanize_timestamp(value: Any) -> str:
    """Seconds since the epoch as a date in UTC."""
    number = _number(value)
    return str(_instant(number)) if math.isfinite(number) else _four(number)


def _to_time(value: Any) -> Time:
    number = _number(value)
    if not math.isfinite(number):
        raise ValueError("value is NaN or Inf")
    return _instant(number)


def _to_duration(value: Any) -> GoDuration:
    number = _number(value)
    if not math.isfinite(number):
        raise ValueError("value is NaN or Inf")
    return GoDuration(int(number * 1e9))


def _parse_duration(text: str) -> float:
    sign = -1 if text.startswith("-") else 1
    return sign * milliseconds(text.removeprefix("-")) / 1000


def _first(result: Any) -> Any:
    if not result:
        raise ValueError("first() called on vector with no elements")
    return result[0]


def _sample(value: Any) -> Sample:
    if not isinstance(value, Sample):
        raise ValueError(f"wants an element of a query; got {type_name(value)}")  # noqa: TRY004 - told as a template error
    return value


def _label(name: str, sample: Any) -> str:
    return _sample(sample).labels.get(name, "")


def _value(sample: Any) -> float:
    return _sample(sample).value


def _strvalue(sample: Any) -> str:
    return _sample(sample).labels.get("__value__", "")


def _sort_by_label(name: str, result: Any) -> Any:
    return sorted(result or (), key=lambda sample: _sample(sample).labels.get(name, ""))


def _args(*values: Any) -> dict[str, Any]:
    return {f"arg{index}": value for index, value in enumerate(values)}


def _match(pattern: str, text: str) -> bool:
    return compile_re2(pattern).search(text) is not None


_EXPANSION = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)


def _replace_all(pattern: str, replacement: str, text: str) -> str:
    compiled = compile_re2(pattern)

    def group(found: re.Match[str], name: str | None) -> str:
        if name is None:
            return "$"
        key: str | int = int(name) if name.isdigit() else name
        known = key <= compiled.groups if isinstance(key, int) else key in compiled.groupindex
        return (found[key] or "") if known else ""

    return compiled.sub(lambda found: _EXPANSION.sub(lambda part: group(found, part[1] or part[2]), replacement), text)


def _safe_html(text: str) -> SafeHtml:
    return SafeHtml(text)


def _title(text: str) -> str:
    """``strings.Title``: the first letter of each word in title case, the rest untouched."""
    return re.sub(r"(?<![\w'])[^\W\d_]", lambda found: found.group().title(), text)


def _title_lowering(text: str) -> str:
    """``cases.Title``: the first letter of each word in title case, the rest lower."""
    return re.sub(r"[^\W_][\w']*", lambda found: found.group()[0].title() + found.group()[1:].lower(), text)


def _upper(text: str) -> str:
    return text.upper()


def _lower(text: str) -> str:
    return text.lower()


def _trim_space(text: str) -> str:
    return text.strip()


def _graph_link(expression: str) -> str:
    return f"/graph?g0.expr={query_escape(expression)}&g0.tab=0"


def _table_link(expression: str) -> str:
    return f"/graph?g0.expr={query_escape(expression)}&g0.tab=1"


_HOST_PORT = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*)):([^:\[\]]*)")


def _host_port(address: str) -> tuple[str, str]:
    """``net.SplitHostPort``; an address without port is its own host."""
    found = _HOST_PORT.fullmatch(address)
    if found is None:
        return address, ""
    return (found[1] if found[1] is not None else found[2]), found[3]


def _strip_port(address: str) -> str:
    return _host_port(address)[0]


def _strip_domain(address: str) -> str:
    host, port = _host_port(address)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        name = host.split(".")[0]
        return f"{name}:{port}" if port else name
    return address


def _url_unescape(text: str) -> str:
    return unquote_plus(text, errors="strict")


def _no_query(expression: str) -> list[Sample]:
    raise ValueError(f"query {expression!r}: no store to ask here")


def prometheus_functions(
    *, query: Query | None = None, external_url: str = "", now: int = 0
) -> Mapping[str, Callable[..., Any]]:
    """What rule annotations and labels may call.

    Args:
        query: answers ``query`` at the instant of the evaluation; without it a call is an error.
        external_url: the server's own address.
        now: milliseconds since the epoch, for ``now``.
    """

    def asked(expression: str) -> list[Sample]:
        if query is None:
            return _no_query(expression)
        return [Sample(StringMap(labels), value) for labels, value in query(expression)]

    def external() -> str:
        return external_url

    def prefix() -> str:
        return urlsplit(external_url).path

    def seconds() -> float:
        return now / 1000

    return {**_PROMETHEUS, "query": asked, "externalURL": external, "pathPrefix": prefix, "now": seconds}


_PROMETHEUS: Mapping[str, Callable[..., Any]] = {
    "args": _args,
    "first": _first,
    "graphLink": _graph_link,
    "humanize": humanize,
    "humanize1024": humanize1024,
    "humanizeDuration": humanize_duration,
    "humanizePercentage": humanize_percentage,
    "humanizeTimestamp": humanize_timestamp,
    "label": _label,
    "match": _match,
    "parseDuration": _parse_duration,
    "reReplaceAll": _replace_all,
    "safeHtml": _safe_html,
    "sortByLabel": _sort_by_label,
    "stripDomain": _strip_domain,
    "stripPort": _strip_port,
    "strvalue": _strvalue,
    "tableLink": _table_link,
    "title": _title,
    "toDuration": _to_duration,
    "toLower": _lower,
    "toTime": _to_time,
    "toUpper": _upper,
    "urlQueryEscape": query_escape,
    "value": _value,
}


@lru_cache(maxsize=4096)
def rule_template(text: str, name: str = "") -> Template:
    """An annotation or label template of an alerting rule, ready for `Template.execute` with `prometheus_variables`.

    Equal texts share one: many alerts have the same labels.

    ``$labels``, ``$value``, ``$externalLabels`` and ``$externalURL`` are known; a label the alert has not is empty.
    Give ``functions=prometheus_functions(query=…)`` at execution for what depends on the instant.

    >>> template = rule_template("{{ $labels.job }} at {{ $value | humanizePercentage }}")
    >>> data = prometheus_variables({"job": "shop"}, 0.05)
    >>> template.execute(data["data"], variables=data["variables"])
    'shop at 5%'

    Raises:
        TemplateError: the text is not a template, or names an unknown function or variable.
    """
    variables = ("labels", "externalLabels", "externalURL", "value")
    return Template.parse(text, name, functions=prometheus_functions(), variables=variables, missing="zero")


def prometheus_variables(
    labels: Mapping[str, str], value: float, external_labels: Mapping[str, str] | None = None, external_url: str = ""
) -> dict[str, dict[str, Any]]:
    """``data`` and ``variables`` for executing a `rule_template` on one alert."""
    own, external, value = StringMap(labels), StringMap(external_labels or {}), float(value)
    return {
        "data": {"Labels": own, "ExternalLabels": external, "ExternalURL": external_url, "Value": value},
        "variables": {"labels": own, "externalLabels": external, "externalURL": external_url, "value": value},
    }


def alertmanager_functions(now: int = 0) -> Mapping[str, Callable[..., Any]]:
    """What notification templates may call; ``now`` is the instant of the notification in milliseconds."""

    def since(moment: Any) -> GoDuration:
        return Time.at(now).sub(_time(moment))

    def current() -> Time:
        return Time.at(now)

    return {**_ALERTMANAGER, "since": since, "now": current}


def _time(value: Any) -> Time:
    if not isinstance(value, Time):
        raise ValueError(f"wants a time; got {type_name(value)}")  # noqa: TRY004 - told as a template error
    return value


def _join(separator: str, items: list[str]) -> str:
    return separator.join(items)


def _date(layout: str, moment: Any) -> str:
    return _time(moment).format(layout)


def _zone(name: str, moment: Any) -> Time:
    return _time(moment).in_zone(name)


def _string_slice(*items: str) -> list[str]:
    return list(items)


def _list(*items: Any) -> list[Any]:
    return list(items)


def _append(items: Any, *more: Any) -> list[Any]:
    return [*(items or ()), *more]


def _dict(*pairs: Any) -> dict[str, Any]:
    if len(pairs) % 2:
        raise ValueError("dict expects even number of arguments")
    if any(not isinstance(key, str) for key in pairs[::2]):
        raise ValueError("dict keys must be strings")
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


def _to_json(value: Any) -> str:
    """``json.Marshal``: a map's keys sorted, no spaces, HTML's characters escaped."""
    shown = json.dumps(_plain(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return shown.translate({60: "\\u003c", 62: "\\u003e", 38: "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"})


def _plain(value: Any) -> Any:
    if isinstance(value, Time):
        return value.format("2006-01-02T15:04:05.999999999Z07:00")
    match kind(value):
        case "map":
            return {str(key): _plain(item) for key, item in sorted(value.items())}
        case "slice":
            return [_plain(item) for item in value]
        case "struct":
            names = getattr(type(value), "json_names", {})
            return {names.get(key, key): _plain(item) for key, item in fields(value)}
        case "float" if value == int(value):
            return int(value)
        case _:
            return value


_ALERTMANAGER: Mapping[str, Callable[..., Any]] = {
    "append": _append,
    "date": _date,
    "dict": _dict,
    "humanizeDuration": humanize_duration,
    "join": _join,
    "list": _list,
    "match": _match,
    "reReplaceAll": _replace_all,
    "safeHtml": _safe_html,
    "safeUrl": _safe_html,
    "stringSlice": _string_slice,
    "title": _title_lowering,
    "toJson": _to_json,
    "toLower": _lower,
    "toUpper": _upper,
    "trimSpace": _trim_space,
    "tz": _zone,
    "urlUnescape": _url_unescape,
}
