"""What is scraped: targets from the scrape configurations, with Prometheus' labels and relabelling."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from vedette.duration import format_duration, milliseconds
from vedette.engine.collect.relabel import compile_relabel
from vedette.errors import ConfigError
from vedette.formats import yaml
from vedette.formats.prometheus import PrometheusConfig, ScrapeConfig, TargetGroup
from vedette.promql.labels import Labels, labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["DEFAULT_BODY_LIMIT", "Discovery", "Target", "discover"]

DEFAULT_BODY_LIMIT: Final = 64 * 1024 * 1024
"""Bytes of a page (uncompressed) where the job sets no ``body_size_limit``: some 600,000 series."""

# Keys of a scrape configuration beyond the typed ones: those heeded, and those whose absence changes nothing here.
_HEEDED: Final = frozenset({"fallback_scrape_protocol", "file_sd_configs", "follow_redirects"})
_WITHOUT_EFFECT: Final = frozenset(
    {
        "always_scrape_classic_histograms",
        "convert_classic_histograms_to_nhcb",
        "enable_compression",
        "enable_http2",
        "keep_dropped_targets",
        "metric_name_escaping_scheme",
        "metric_name_validation_scheme",
        "native_histogram_bucket_limit",
        "native_histogram_min_bucket_factor",
        "scrape_classic_histograms",
        "scrape_native_histograms",
        "scrape_protocols",
    }
)
# Keys of the whole file that this engine reads and does not act on.
_UNHEEDED: Final = {
    "remote_write": "samples are not sent on by this engine",
    "remote_read": "this engine answers from its own samples only",
}


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint to scrape."""

    job: ScrapeConfig
    labels: Labels
    """Labels that every series of it gets: job, instance and what relabelling left."""
    discovered: Labels
    """Labels before relabelling, ``__address__`` and the other meta labels among them."""
    url: str
    interval: int
    """Milliseconds."""
    timeout: int
    """Milliseconds."""

    @property
    def key(self) -> tuple[str, Labels, str]:
        """What makes it the same target from one discovery to the next."""
        return (self.job.job_name, self.labels, self.url)

    @property
    def offset(self) -> int:
        """Milliseconds into the interval at which it is scraped: spread over targets, the same after a restart."""
        digest = hashlib.blake2b(repr((self.labels, self.url)).encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.interval


@dataclass(frozen=True, slots=True)
class Discovery:
    """All targets of a configuration."""

    targets: tuple[Target, ...] = ()
    dropped: tuple[tuple[str, Labels], ...] = ()
    """Job and discovered labels of what relabelling dropped."""
    problems: tuple[str, ...] = ()
    """What of the configuration has no effect here, or made a target impossible; everything else goes on."""


def discover(config: PrometheusConfig, folder: Path) -> Discovery:
    """The targets that a configuration names now.

    Args:
        config: the read ``prometheus.yml``.
        folder: its folder, to which file paths are relative.

    Raises:
        ConfigError: a relabelling step or a job's timeout cannot work.
    """
    targets: dict[tuple[str, Labels, str], Target] = {}
    dropped: list[tuple[str, Labels]] = []
    problems = list(_unheeded(config))
    for job in config.scrape_configs:
        problems.extend(_unsupported(job))
        relabel = compile_relabel(job.relabel_configs)
        interval = config.global_.scrape_interval if job.scrape_interval is None else job.scrape_interval
        timeout = min(config.global_.scrape_timeout, interval) if job.scrape_timeout is None else job.scrape_timeout
        if timeout > interval:
            where = f"{job.place}: " if job.place else ""
            raise ConfigError(
                f"{where}job {job.job_name!r}: scrape_timeout {format_duration(timeout)} is longer than "
                f"scrape_interval {format_duration(interval)}"
            )
        groups, unreadable = _groups(job, folder)
        problems.extend(unreadable)
        for group in groups:
            for address in group.targets:
                found = _discovered(job, group, address, interval, timeout)
                kept = relabel(found)
                if kept is None:
                    dropped.append((job.job_name, found))
                    continue
                try:
                    target = _target(job, found, dict(kept))
                except ValueError as error:
                    problems.append(f"job {job.job_name!r}, target {address!r}: {error}")
                    continue
                targets.setdefault(target.key, target)
    return Discovery(tuple(targets.values()), tuple(dropped), tuple(problems))


def _discovered(job: ScrapeConfig, group: TargetGroup, address: str, interval: int, timeout: int) -> Labels:
    pairs = {
        "job": job.job_name,
        "__scrape_interval__": format_duration(interval),
        "__scrape_timeout__": format_duration(timeout),
        "__metrics_path__": job.metrics_path,
        "__scheme__": job.scheme,
        **{f"__param_{name}": values[0] for name, values in job.params.items() if values},
        **group.labels,
        "__address__": address,
    }
    return labels(pairs)


def _target(job: ScrapeConfig, found: Labels, pairs: dict[str, str]) -> Target:
    address = pairs.get("__address__", "")
    if not address:
        raise ValueError("relabelling left no __address__")
    if "/" in address or "@" in address:
        raise ValueError(
            f"{address!r} is not 'host' or 'host:port'; the path goes into metrics_path, the scheme into scheme"
        )
    scheme = pairs.get("__scheme__", "http")
    if scheme not in {"http", "https"}:
        raise ValueError(f"scheme {scheme!r} is neither http nor https")
    interval = _positive(pairs, "__scrape_interval__")
    timeout = _positive(pairs, "__scrape_timeout__")
    if timeout > interval:
        raise ValueError("__scrape_timeout__ is longer than __scrape_interval__")
    params = {name: list(values) for name, values in job.params.items()}
    for name, value in pairs.items():
        if name.startswith("__param_"):
            key = name.removeprefix("__param_")
            params[key] = [value, *params.get(key, [])[1:]]
    path = pairs.get("__metrics_path__", "/metrics")
    path = path if path.startswith("/") else f"/{path}"
    query = urlencode(sorted(params.items()), doseq=True)
    public = {name: value for name, value in pairs.items() if not name.startswith("__")}
    public.setdefault("instance", address)
    return Target(
        job=job,
        labels=labels(public),
        discovered=found,
        url=f"{scheme}://{address}{path}" + (f"?{query}" if query else ""),
        interval=interval,
        timeout=timeout,
    )


def _positive(pairs: Mapping[str, str], name: str) -> int:
    value = milliseconds(pairs.get(name, ""))
    if value <= 0:
        raise ValueError(f"{name} is {pairs.get(name, '')!r}; it must be above 0")
    return value


def _unheeded(config: PrometheusConfig) -> Iterator[str]:
    where = f"{config.place.file}: " if config.place else ""
    for key, what in _UNHEEDED.items():
        if config.other.get(key):
            yield f"{where}{key}: {what}"
    if config.alert_relabel_configs:
        yield f"{where}alert_relabel_configs: this engine routes alerts with the labels that the rules give them"


def _unsupported(job: ScrapeConfig) -> Iterator[str]:
    for key in sorted(job.other):
        if key in _HEEDED or key in _WITHOUT_EFFECT:
            continue
        if key.endswith("_sd_configs"):
            what = "this engine does not discover targets that way; it reads static_configs and file_sd_configs"
        else:
            what = "this engine does not support the key, its targets are scraped without it"
        where = f"{job.place}: " if job.place else ""
        yield f"{where}job {job.job_name!r}: {key}: {what}"


def _groups(job: ScrapeConfig, folder: Path) -> tuple[list[TargetGroup], list[str]]:
    """Static groups and those of ``file_sd_configs``, with a message for each file that cannot be read."""
    groups = list(job.static_configs)
    problems: list[str] = []
    for item in job.other.get("file_sd_configs", ()):
        for pattern in item.get("files", ()):
            for file in _files(folder, str(pattern)):
                try:
                    groups.extend(_read_groups(file))
                except ConfigError as error:
                    problems.append(f"job {job.job_name!r}: file_sd_configs: {error}")
    return groups, problems


def _files(folder: Path, pattern: str) -> Sequence[Path]:
    path = folder / pattern
    return sorted(path.parent.glob(path.name))


def _read_groups(file: Path) -> Iterator[TargetGroup]:
    # JSON is read as the YAML that it is
    read: Any = yaml.parse(yaml.read_text(file), str(file), "the target file").plain()
    for group in read or ():
        if not isinstance(group, dict) or not isinstance(group.get("targets"), list):
            raise ConfigError(f"{file}: expected a list of {{targets: [host:port], labels: {{name: value}}}}")
        pairs = {str(name): str(value) for name, value in (group.get("labels") or {}).items()}
        source = {"__meta_filepath": str(file)}
        yield TargetGroup(targets=tuple(map(str, group["targets"])), labels={**pairs, **source})
