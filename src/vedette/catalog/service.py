"""A service: where its metrics are, which packs watch it, who owns it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from vedette.catalog.discovery import Discovery
from vedette.catalog.names import check_duration, check_labels, fail, find_twice, is_slug
from vedette.catalog.pack import Pack, PackLike, as_pack
from vedette.catalog.probe import Probe, check_probes
from vedette.catalog.renamed import Renamed, check_names
from vedette.catalog.secret import Secret
from vedette.place import Place, caller

if TYPE_CHECKING:
    from vedette.duration import Duration
    from vedette.instruments.metrics.metric import Metric

__all__ = ["Service", "check_targets"]

_TARGET = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(:\d{1,5})?", re.ASCII)


def check_targets(place: Place, owner: str, targets: object) -> tuple[str, ...]:
    """Addresses as Prometheus wants them.

    Raises:
        DeclarationError: there is none, one has a scheme or a path, or one stands twice.
    """
    if isinstance(targets, str) or not isinstance(targets, Sequence):
        raise fail(place, f"{owner} has targets={targets!r}; write a list: targets=['localhost:8000']")
    found = tuple(targets)
    if not found:
        raise fail(place, f"{owner} has no targets; write where it listens: targets=['localhost:8000']")
    for target in found:
        if not isinstance(target, str) or _TARGET.fullmatch(target) is None:
            raise fail(
                place,
                f"{owner} has the target {target!r}; write host:port, for example 'localhost:8000' "
                "(the scheme goes in scheme=, the path in metrics_path=)",
            )
    twice = find_twice(found)
    if twice:
        raise fail(place, f"{owner} has the target {twice!r} twice; remove one")
    return found


@dataclass(frozen=True, slots=True)
class Service:
    """What is watched.

    Args:
        name: the label ``job``: letters, digits, ``_ . -``.
        targets: its processes, as ``host:port``; an `Environment` can replace them.
        packs: packs or pack functions: ``[http, database(pool_warn=0.8)]``.
        title: what people read; the name where it is empty.
        team: who owns it, the label ``team`` on its alerts; the service's name where it is empty.
        metrics_path: where its metrics are.
        scheme: ``http`` or ``https``.
        scrape_interval: the environment's where it is None.
        scrape_timeout: the environment's where it is None.
        labels: on every series of it.
        token: sent as ``Authorization: Bearer …`` when scraping.
        probes: endpoints that it asks from outside. Its target is a blackbox_exporter then; each endpoint is an
            ``instance``, and ``metrics_path`` is ``/probe`` where it is not given.
        discovery: how its targets are found instead; `Environment` says it of the places where they are.
        names: of a service in another language: its name of a metric → the pack's, or a `Renamed` where labels
            differ, too. It is applied to what is scraped, so that rules and panels find what they know.

    Raises:
        DeclarationError: anything above is not of that form, two packs have one name, or ``names`` speaks of a
            metric or label that no pack of the service has.
    """

    name: str
    targets: Sequence[str]
    packs: Sequence[PackLike] = ()
    title: str = field(default="", kw_only=True)
    team: str = field(default="", kw_only=True)
    metrics_path: str = field(default="/metrics", kw_only=True)
    scheme: Literal["http", "https"] = field(default="http", kw_only=True)
    scrape_interval: Duration | None = field(default=None, kw_only=True)
    scrape_timeout: Duration | None = field(default=None, kw_only=True)
    labels: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    token: Secret | None = field(default=None, kw_only=True)
    probes: Sequence[Probe] = field(default=(), kw_only=True)
    discovery: Discovery | None = field(default=None, kw_only=True)
    names: Mapping[str, str | Renamed] = field(default_factory=dict, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        place, owner = self.place, f"service {self.name!r}"
        if not isinstance(self.name, str) or not is_slug(self.name):
            raise fail(place, f"{owner} needs a name of letters, digits and _ . - between them, for example 'shop'")
        object.__setattr__(self, "targets", check_targets(place, owner, self.targets))
        if callable(self.packs) or isinstance(self.packs, Pack | str) or not isinstance(self.packs, Sequence):
            raise fail(place, f"{owner} has packs={self.packs!r}; write a list: packs=[http]")
        packs = tuple(as_pack(given, place, owner) for given in self.packs)
        object.__setattr__(self, "packs", packs)
        twice = find_twice(pack.name for pack in packs)
        if twice:
            raise fail(place, f"{owner} has the pack {twice!r} twice; remove one")
        object.__setattr__(self, "title", self.title or self.name)
        object.__setattr__(self, "team", self.team or self.name)
        object.__setattr__(self, "probes", check_probes(place, owner, self.probes, self.targets))
        if self.probes and self.metrics_path == "/metrics":
            object.__setattr__(self, "metrics_path", "/probe")
        if not self.metrics_path.startswith("/"):
            raise fail(place, f"{owner} has metrics_path={self.metrics_path!r}; it begins with '/'")
        if self.scheme not in ("http", "https"):
            raise fail(place, f"{owner} has scheme={self.scheme!r}; it is 'http' or 'https'")
        for key, value in (("scrape_interval", self.scrape_interval), ("scrape_timeout", self.scrape_timeout)):
            if value is not None:
                check_duration(place, owner, key, value, zero=False)
        check_labels(place, owner, self.labels, reserved=("job", "instance"))
        if self.token is not None and not isinstance(self.token, Secret):
            raise fail(place, f"{owner} has its token in clear; write token=env('NAME')")
        if self.discovery is not None and not isinstance(self.discovery, Discovery):
            raise fail(
                place, f"{owner} has discovery={self.discovery!r}; write Kubernetes(…), KubernetesNodes(…) or Swarm(…)"
            )
        if self.discovery is not None and self.probes:
            raise fail(place, f"{owner} has probes, so its target is an exporter; it cannot be found by discovery")
        object.__setattr__(self, "names", check_names(place, owner, self.names, self._metrics()))

    def instances(self) -> tuple[str, ...]:
        """The values of its label ``instance``: the endpoints that it probes, or else its targets."""
        return tuple(probe.target for probe in self.probes) or tuple(self.targets)

    def pack_list(self) -> tuple[Pack, ...]:
        """The packs as values."""
        return tuple(pack for pack in self.packs if isinstance(pack, Pack))

    def renames(self) -> dict[str, Renamed]:
        """What the service calls its metrics → what they are in its packs."""
        return {name: one for name, one in self.names.items() if isinstance(one, Renamed)}

    def _metrics(self) -> list[Metric]:
        return [metric for pack in self.pack_list() for metric in pack.metrics]
