"""``prometheus.yml`` as typed values: the one reader and writer of it."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from vedette.duration import format_duration
from vedette.errors import ConfigError
from vedette.formats import rules, yaml
from vedette.formats._prometheus_keys import PROMETHEUS, SCRAPE_FILE
from vedette.promql.regex import compile_anchored

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vedette.place import Place

_T = TypeVar("_T")

__all__ = [
    "GlobalConfig", "PrometheusConfig", "RelabelConfig", "ScrapeConfig", "TargetGroup", "load", "read",
    "read_all", "resolved", "write",
]  # fmt: skip

# https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
ACTIONS = (
    "drop", "dropequal", "hashmod", "keep", "keepequal", "labeldrop", "labelkeep", "labelmap", "lowercase", "replace",
    "uppercase",
)  # fmt: skip
_NEED_TARGET = frozenset({"replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"})
_REGEX_ONLY = frozenset({"labeldrop", "labelkeep"})
_LIMITS = ("body_size_limit", "sample_limit", "label_limit", "label_name_length_limit", "label_value_length_limit")
_DEFAULT_TIMEOUT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RelabelConfig:
    """One relabelling step; the defaults are Prometheus' own."""

    action: str = "replace"
    source_labels: tuple[str, ...] = ()
    separator: str = ";"
    regex: str = "(.*)"
    target_label: str = ""
    replacement: str = "$1"
    modulus: int = 0
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """``static_configs`` item: addresses that share labels."""

    targets: tuple[str, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScrapeConfig:
    """One ``scrape_configs`` entry. Durations are milliseconds; None inherits from the global section.

    :func:`resolved` fills in what is inherited.
    """

    job_name: str
    scrape_interval: int | None = None
    scrape_timeout: int | None = None
    metrics_path: str = "/metrics"
    scheme: str = "http"
    params: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    honor_labels: bool = False
    honor_timestamps: bool = True
    static_configs: tuple[TargetGroup, ...] = ()
    relabel_configs: tuple[RelabelConfig, ...] = ()
    metric_relabel_configs: tuple[RelabelConfig, ...] = ()
    body_size_limit: int = 0
    """Bytes, 0 for what the global section says, and there for no limit; the same holds for the other limits."""
    sample_limit: int = 0
    label_limit: int = 0
    label_name_length_limit: int = 0
    label_value_length_limit: int = 0
    authorization_file: str = ""
    """File holding the bearer token (``authorization: {credentials_file}``), relative to prometheus.yml."""
    other: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Known Prometheus keys kept as they are (service discovery, TLS…), so that nothing is lost on rewriting."""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalConfig:
    """The ``global`` section; milliseconds. As in Prometheus, the default timeout is never longer than the interval."""

    scrape_interval: int = 60_000
    scrape_timeout: int = _DEFAULT_TIMEOUT
    evaluation_interval: int = 60_000
    rule_query_offset: int = 0
    external_labels: Mapping[str, str] = field(default_factory=dict)
    body_size_limit: int = 0
    """Bytes, 0 for no limit; this and the other limits hold for every job that sets none."""
    sample_limit: int = 0
    label_limit: int = 0
    label_name_length_limit: int = 0
    label_value_length_limit: int = 0
    other: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.scrape_timeout == _DEFAULT_TIMEOUT:
            object.__setattr__(self, "scrape_timeout", min(_DEFAULT_TIMEOUT, self.scrape_interval))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusConfig:
    """The whole file."""

    global_: GlobalConfig = field(default_factory=GlobalConfig)
    rule_files: tuple[str, ...] = ()
    """Glob patterns, relative to the file's folder."""
    scrape_configs: tuple[ScrapeConfig, ...] = ()
    alertmanagers: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    """``alerting.alertmanagers``, as they stand."""
    alert_relabel_configs: tuple[RelabelConfig, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict, repr=False)
    place: Place | None = field(default=None, compare=False)


def resolved(job: ScrapeConfig, global_: GlobalConfig) -> ScrapeConfig:
    """The job with everything it inherits filled in: interval, timeout (never longer than the interval) and limits."""
    interval = job.scrape_interval or global_.scrape_interval
    timeout = job.scrape_timeout or min(global_.scrape_timeout, interval)
    limits = {name: getattr(job, name) or getattr(global_, name) for name in _LIMITS}
    return replace(job, scrape_interval=interval, scrape_timeout=timeout, **limits)


def load(path: str | Path) -> tuple[PrometheusConfig, tuple[rules.RuleFile, ...]]:
    """A ``prometheus.yml`` with the jobs of its ``scrape_config_files``, and the rule files it names.

    Globs are relative to the file's folder; a glob may match nothing, a plain path must exist.

    Raises:
        ConfigError: one of the files cannot be read or says something that cannot be.
    """
    path = Path(path)
    config = read(yaml.read_text(path), str(path))
    jobs = list(config.scrape_configs)
    for name in _matching(path, "scrape_config_files", config.other.get("scrape_config_files") or ()):
        found = yaml.read(yaml.read_text(name), name, SCRAPE_FILE, "the scrape config file")
        jobs.extend(_scrape(item, config.global_) for item in found.items("scrape_configs"))
    _refuse_duplicates(jobs)
    read_rules = tuple(
        rules.read(yaml.read_text(name), name) for name in _matching(path, "rule_files", config.rule_files)
    )
    return replace(config, scrape_configs=tuple(jobs)), read_rules


def _matching(path: Path, key: str, patterns: tuple[str, ...]) -> list[str]:
    names: dict[str, None] = {}
    for pattern in patterns:
        whole = str(path.parent / pattern)
        found = sorted(glob.glob(whole))  # noqa: PTH207 - an absolute pattern is allowed, and pathlib refuses it
        if not found and not glob.has_magic(pattern):
            raise ConfigError(f"{path}: {key} names {pattern!r}, but there is no file {whole}")
        names.update(dict.fromkeys(found))
    return list(names)


def read(text: str, path: str) -> PrometheusConfig:
    """The values of a ``prometheus.yml``; ``path`` is for messages and places only.

    Raises:
        ConfigError: ``path:line:column:``, what was found, and the fix.
    """
    config = _config(yaml.read(text, path, PROMETHEUS, "prometheus.yml"))
    _refuse_duplicates(config.scrape_configs)
    return config


def read_all(text: str, path: str) -> tuple[PrometheusConfig | None, tuple[ConfigError, ...]]:
    """All that can be read of a ``prometheus.yml``, and every mistake in it; None where it is no YAML or no mapping."""
    errors: list[ConfigError] = []
    try:
        node = yaml.parse(text, path, "prometheus.yml")
        errors.extend(node.unknown(PROMETHEUS))
        config = _config(node.section(errors.append))
    except ConfigError as error:
        return None, (*errors, error)
    try:
        _refuse_duplicates(config.scrape_configs)
    except ConfigError as error:
        errors.append(error)
    return config, tuple({str(error): error for error in errors}.values())


def _config(top: yaml.Section) -> PrometheusConfig:
    global_ = _global(top.section("global"))
    alerting = top.section("alerting")
    return PrometheusConfig(
        global_=global_,
        rule_files=top.strings("rule_files"),
        scrape_configs=_each(top, "scrape_configs", lambda item: _scrape(item, global_)),
        alertmanagers=_each(alerting, "alertmanagers", lambda item: item.section().rest()),
        alert_relabel_configs=_each(alerting, "alert_relabel_configs", _relabel),
        other=top.rest("global", "rule_files", "scrape_configs", "alerting"),
        place=top.place,
    )


def _each(section: yaml.Section, key: str, read: Callable[[yaml.Node], _T]) -> tuple[_T, ...]:
    """The items of a list, without those that cannot be read."""
    found: list[_T] = []
    for item in section.items(key):
        try:
            found.append(read(item))
        except ConfigError as error:
            section.report(error)
    return tuple(found)


def _refuse_duplicates(jobs: tuple[ScrapeConfig, ...] | list[ScrapeConfig]) -> None:
    first: dict[str, ScrapeConfig] = {}
    for job in jobs:
        other = first.setdefault(job.job_name, job)
        if other is not job:
            raise ConfigError(f"{job.place}: job {job.job_name!r} is defined twice, first at {other.place}; rename one")


def _global(section: yaml.Section) -> GlobalConfig:
    interval = section.duration("scrape_interval") or 60_000
    timeout = section.duration("scrape_timeout") or _DEFAULT_TIMEOUT
    if section.duration("scrape_timeout") > interval:
        section.report(_too_long(section, timeout, interval))
    read_here = ("scrape_interval", "scrape_timeout", "evaluation_interval", "rule_query_offset", "external_labels")
    return GlobalConfig(
        scrape_interval=interval,
        scrape_timeout=timeout,
        evaluation_interval=section.duration("evaluation_interval") or 60_000,
        rule_query_offset=section.duration("rule_query_offset"),
        external_labels=section.pairs("external_labels"),
        **_limits(section),
        other=section.rest(*read_here, *_LIMITS),
    )


def _too_long(section: yaml.Section, timeout: int, interval: int) -> ConfigError:
    return section.error(
        f"scrape_timeout {format_duration(timeout)} is longer than scrape_interval {format_duration(interval)}; "
        "shorten it",
        "scrape_timeout",
    )


def _limits(section: yaml.Section) -> dict[str, int]:
    return {"body_size_limit": section.byte_size(_LIMITS[0])} | {name: section.integer(name) for name in _LIMITS[1:]}


def _scrape(node: yaml.Node, global_: GlobalConfig) -> ScrapeConfig:
    section = node.section()
    name = section.required("job_name", "write 'job_name: …', the value of the label job")
    interval = section.optional_duration("scrape_interval") or None
    timeout = section.optional_duration("scrape_timeout") or None
    if timeout and timeout > (interval or global_.scrape_interval):
        raise _too_long(section, timeout, interval or global_.scrape_interval)
    params = section.get("params")
    path = section.string("metrics_path", "/metrics")
    token_file, kept = _authorization(section)
    relabelling = _relabels(section, "relabel_configs")
    # what an exporter of other targets is to be asked for may be a URL; what is scraped stands in the labels then
    addresses = not any(step.target_label == "__address__" for step in relabelling)
    return ScrapeConfig(
        job_name=name,
        scrape_interval=interval,
        scrape_timeout=timeout,
        metrics_path=path,
        scheme=section.one_of("scheme", ("http", "https"), "http"),
        params={key.text: value.strings() for key, value in params.entries()} if params else {},
        honor_labels=section.boolean("honor_labels", default=False),
        honor_timestamps=section.boolean("honor_timestamps", default=True),
        static_configs=tuple(_targets(item, addresses) for item in section.items("static_configs")),
        relabel_configs=relabelling,
        metric_relabel_configs=_relabels(section, "metric_relabel_configs"),
        **_limits(section),
        authorization_file=token_file,
        other=section.rest(
            "job_name", "scrape_interval", "scrape_timeout", "metrics_path", "scheme", "params", "honor_labels",
            "honor_timestamps", "static_configs", "relabel_configs", "metric_relabel_configs", *_LIMITS,
            "authorization", "bearer_token_file",
        ) | kept,
        place=section.place,
    )  # fmt: skip


def _authorization(section: yaml.Section) -> tuple[str, dict[str, Any]]:
    """The file of a bearer token, or what is to be kept because it says more than that."""
    given = section.section("authorization").rest()
    if given and section.get("bearer_token_file"):
        raise section.error(
            "authorization and bearer_token_file exclude each other; keep authorization", "authorization"
        )
    token_file = section.string("bearer_token_file") or given.get("credentials_file", "")
    simple = set(given) <= {"type", "credentials_file"} and str(given.get("type", "Bearer")).lower() == "bearer"
    if token_file and simple:
        return str(token_file), {}
    return "", {"authorization": given} if given else {}


def _targets(node: yaml.Node, addresses: bool) -> TargetGroup:
    section = node.section()
    for item in section.items("targets"):
        if addresses and "/" in item.string():
            host = re.sub(r"^\w+://", "", item.string()).partition("/")[0]
            raise item.error(
                f"target {item.string()!r} is not host:port; write {host!r}, and set scheme and metrics_path"
            )
    return TargetGroup(targets=section.strings("targets"), labels=section.pairs("labels"), place=section.place)


def _relabels(section: yaml.Section, key: str) -> tuple[RelabelConfig, ...]:
    return tuple(_relabel(item) for item in section.items(key))


def _relabel(node: yaml.Node) -> RelabelConfig:
    section = node.section()
    name = section.string("action", "replace").lower()
    if name not in ACTIONS:
        section.one_of("action", ACTIONS, name)
    result = RelabelConfig(
        action=name,
        source_labels=section.strings("source_labels"),
        separator=section.string("separator", ";"),
        regex=section.string("regex", "(.*)"),
        target_label=section.string("target_label"),
        replacement=section.string("replacement", "$1"),
        modulus=section.integer("modulus"),
        place=section.place,
    )
    try:
        compile_anchored(result.regex)
    except ValueError as error:
        raise section.error(str(error), "regex") from None
    if name in _NEED_TARGET and not result.target_label:
        raise section.error(f"relabelling with action {name} has no target_label; name the label to write")
    if name == "hashmod" and not result.modulus:
        raise section.error("relabelling with action hashmod has no modulus; write how many shards there are")
    extra = [
        key for key in ("source_labels", "target_label", "modulus", "separator", "replacement") if section.get(key)
    ]
    if name in _REGEX_ONLY and extra:
        raise section.error(f"relabelling with action {name} takes only regex; remove {', '.join(extra)}", extra[0])
    return result


def write(config: PrometheusConfig) -> str:
    """The text of a ``prometheus.yml`` that reads as ``config``; what has its default value is left out."""
    global_ = config.global_
    alerting = {
        "alert_relabel_configs": [_relabel_keys(step) for step in config.alert_relabel_configs],
        "alertmanagers": [dict(item) for item in config.alertmanagers],
    }
    return yaml.write(
        {
            "global": {
                "scrape_interval": format_duration(global_.scrape_interval),
                "scrape_timeout": format_duration(global_.scrape_timeout),
                "evaluation_interval": format_duration(global_.evaluation_interval),
                **_given(
                    rule_query_offset=format_duration(global_.rule_query_offset) if global_.rule_query_offset else "",
                    external_labels=dict(global_.external_labels),
                    **_limit_keys(global_),
                ),
                **global_.other,
            },
            **_given(
                rule_files=list(config.rule_files),
                alerting=_given(**alerting),
                scrape_configs=[_scrape_keys(job) for job in config.scrape_configs],
            ),
            **config.other,
        }
    )


def _given(**values: Any) -> dict[str, Any]:
    """The keys that have something to say."""
    return {key: value for key, value in values.items() if value}


def _limit_keys(of: ScrapeConfig | GlobalConfig) -> dict[str, Any]:
    return {"body_size_limit": _size(of.body_size_limit)} | {name: getattr(of, name) for name in _LIMITS[1:]}


def _size(count: int) -> str:
    """Bytes with the largest unit that divides them, in the spelling that every Prometheus reads."""
    if not count:
        return ""
    power = max(power for power in range(7) if count % 1024**power == 0)
    return f"{count // 1024**power}{'BKMGTPE'[power]}{'B' if power else ''}"


def _scrape_keys(job: ScrapeConfig) -> dict[str, Any]:
    return {
        "job_name": job.job_name,
        **_given(
            scrape_interval=format_duration(job.scrape_interval) if job.scrape_interval else "",
            scrape_timeout=format_duration(job.scrape_timeout) if job.scrape_timeout else "",
            metrics_path=job.metrics_path if job.metrics_path != "/metrics" else "",
            scheme=job.scheme if job.scheme != "http" else "",
            params={key: list(values) for key, values in job.params.items()},
            honor_labels=job.honor_labels,
        ),
        **({} if job.honor_timestamps else {"honor_timestamps": False}),
        **_given(
            **_limit_keys(job),
            authorization={"credentials_file": job.authorization_file} if job.authorization_file else {},
        ),
        **job.other,
        **_given(
            static_configs=[
                {"targets": list(group.targets), **_given(labels=dict(group.labels))} for group in job.static_configs
            ],
            relabel_configs=[_relabel_keys(step) for step in job.relabel_configs],
            metric_relabel_configs=[_relabel_keys(step) for step in job.metric_relabel_configs],
        ),
    }


def _relabel_keys(step: RelabelConfig) -> dict[str, Any]:
    default = RelabelConfig()
    keys = {
        "source_labels": list(step.source_labels),
        "separator": step.separator,
        "regex": step.regex,
        "modulus": step.modulus,
        "target_label": step.target_label,
        "replacement": step.replacement,
        "action": step.action,
    }
    return {key: value for key, value in keys.items() if value != getattr(default, key) and value != []}
