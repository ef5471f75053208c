"""What differs between two ``prometheus.yml``: jobs, their targets, and what holds for all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vedette.deploy.change import Change, from_to
from vedette.deploy.deep import differing, is_secret, trimmed
from vedette.duration import format_duration
from vedette.formats.prometheus import PrometheusConfig, resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.deploy.change import Kind
    from vedette.formats.prometheus import GlobalConfig, RelabelConfig, ScrapeConfig

__all__ = ["GLOBAL", "differences", "settled", "subject"]

GLOBAL = "prometheus.yml"


def subject(job: str) -> str:
    """``job shop``."""
    return f"job {job}"


def differences(old: PrometheusConfig | None, new: PrometheusConfig | None) -> Iterator[Change]:
    """From one configuration to another; None is none at all."""
    before, after = old or PrometheusConfig(), new or PrometheusConfig()
    if old is None or new is None:
        yield _change("new" if old is None else "gone", GLOBAL, f"{GLOBAL} is {'new' if old is None else 'gone'}")
    else:
        yield from _global(before, after)
    were = {job.job_name: resolved(job, before.global_) for job in before.scrape_configs}
    are = {job.job_name: resolved(job, after.global_) for job in after.scrape_configs}
    for name, job in are.items():
        if name not in were:
            yield _change("new", subject(name), f"{subject(name)} is new")
        else:
            yield from _job(were[name], job, before.global_, after.global_)
    for name in were:
        if name not in are:
            yield _change("gone", subject(name), f"{subject(name)} is gone")


def settled(running: PrometheusConfig, written: PrometheusConfig) -> PrometheusConfig:
    """What runs, without the defaults that Prometheus fills in."""
    own = {job.job_name: resolved(job, written.global_) for job in written.scrape_configs}
    jobs = (resolved(job, running.global_) for job in running.scrape_configs)
    settled_jobs = tuple(
        trimmed(_with_emptied(job, own[job.job_name]), own[job.job_name]) if job.job_name in own else job
        for job in jobs
    )
    bare: PrometheusConfig = trimmed(replace(running, scrape_configs=()), replace(written, scrape_configs=()))
    return replace(bare, scrape_configs=settled_jobs)


def _with_emptied(running: ScrapeConfig, written: ScrapeConfig) -> ScrapeConfig:
    """With the replacements that are empty: Prometheus shows none, which reads as its default."""

    def emptied(steps: tuple[RelabelConfig, ...], own: tuple[RelabelConfig, ...]) -> tuple[RelabelConfig, ...]:
        if len(steps) != len(own):
            return steps
        return tuple(
            replace(step, replacement="") if not one.replacement and step.replacement == "$1" else step
            for step, one in zip(steps, own, strict=True)
        )

    return replace(
        running,
        relabel_configs=emptied(running.relabel_configs, written.relabel_configs),
        metric_relabel_configs=emptied(running.metric_relabel_configs, written.metric_relabel_configs),
    )


def _change(kind: Kind, of: str, sentence: str, old: str = "", new: str = "") -> Change:
    return Change("prometheus", kind, of, sentence, old, new)


def _global(old: PrometheusConfig, new: PrometheusConfig) -> Iterator[Change]:
    for path, was, now in differing(replace(old, scrape_configs=()), replace(new, scrape_configs=())):
        yield _told(GLOBAL, path.removeprefix("global."), was, now)


def _job(old: ScrapeConfig, new: ScrapeConfig, was_global: GlobalConfig, is_global: GlobalConfig) -> Iterator[Change]:
    name = subject(new.job_name)
    were, are = (list(_targets(job)) for job in (old, new))
    for target in are:
        if target not in were:
            yield _change("changed", name, f"target {target} of {name} is new", "", target)
    for target in were:
        if target not in are:
            yield _change("changed", name, f"target {target} of {name} is gone", target, "")
    # what the job only inherits is told once, of the global section
    for path, was, now in differing(replace(old, static_configs=()), replace(new, static_configs=())):
        inherited = was == getattr(was_global, path, None) and now == getattr(is_global, path, None)
        if not inherited:
            yield _told(name, path, was, now)
    labels = [[dict(group.labels) for group in job.static_configs if group.labels] for job in (old, new)]
    if labels[0] != labels[1] and set(were) == set(are):
        yield _change("changed", name, f"the targets of {name} have other labels")


def _targets(job: ScrapeConfig) -> Iterator[str]:
    for group in job.static_configs:
        yield from group.targets


def _told(of: str, path: str, was: Any, now: Any) -> Change:
    if is_secret(path) or isinstance(was or now, dict | list | tuple):
        return _change("changed", of, f"{path} of {of} is another")
    times = path.endswith(("interval", "timeout", "offset"))
    old, new = (format_duration(one) if times and isinstance(one, int) else str(one or "") for one in (was, now))
    return _change("changed", of, from_to(f"{path} of {of}", old, new), old, new)
