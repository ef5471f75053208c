"""``prometheus.yml`` as typed values: the one reader and writer of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vedette.place import Place

__all__ = ["GlobalConfig", "PrometheusConfig", "RelabelConfig", "ScrapeConfig", "TargetGroup"]


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
    """One ``scrape_configs`` entry. Durations are milliseconds; None inherits from the global section."""

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
    """Bytes, 0 for no limit."""
    sample_limit: int = 0
    label_limit: int = 0
    label_name_length_limit: int = 0
    label_value_length_limit: int = 0
    authorization_file: str = ""
    """File holding the bearer token (``authorization: {credentials_file}``)."""
    other: Mapping[str, Any] = field(default_factory=dict)
    """Known Prometheus keys kept as they are (service discovery, TLS…), so that nothing is lost on rewriting."""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalConfig:
    """The ``global`` section; milliseconds."""

    scrape_interval: int = 60_000
    scrape_timeout: int = 10_000
    evaluation_interval: int = 60_000
    external_labels: Mapping[str, str] = field(default_factory=dict)
    other: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusConfig:
    """The whole file."""

    global_: GlobalConfig = field(default_factory=GlobalConfig)
    rule_files: tuple[str, ...] = ()
    """Glob patterns, relative to the file's folder."""
    scrape_configs: tuple[ScrapeConfig, ...] = ()
    alertmanagers: tuple[Mapping[str, Any], ...] = ()
    """``alerting.alertmanagers``, as they stand."""
    alert_relabel_configs: tuple[RelabelConfig, ...] = ()
    other: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)
