"""Everything that differs between the places a stack runs in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.deploy import Deploy
from vedette.catalog.discovery import Discovery
from vedette.catalog.grafana import Grafana
from vedette.catalog.names import check_duration, check_labels, fail, is_slug, nearest
from vedette.catalog.receiver import KINDS, Receiver
from vedette.catalog.route import Route
from vedette.catalog.secret import Secret
from vedette.catalog.service import check_targets
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.duration import Duration

__all__ = ["PLATFORMS", "Environment", "Smtp"]

PLATFORMS = ("compose", "swarm", "systemd", "kubernetes", "operator")
"""What a build can be made to start on, beside the plain files of each server."""

LISTENERS = ("prometheus", "alertmanager", "pushgateway")
"""What may listen to more than its own machine."""

COLLECTORS = ("alloy", "otel", "promtail")
"""What may bring logs, traces and metrics to where they are kept."""

_URL = re.compile(r"https?://[^/?#@\s]+[^?#\s]*", re.ASCII)
_PATTERN_URL = re.compile(r"https?://[^\s]+", re.ASCII)
_PLACEHOLDERS: dict[str, tuple[str, ...]] = {"logs_url": ("job", "from", "to"), "trace_url": ("trace_id",)}
"""What stands in braces in an address, the first always."""
_VERSION = re.compile(r"\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server.

    Args:
        host: name or address.
        port: 587 by default.
        from_: the sender.
        username: where the server asks for one.
        password: likewise, a secret.
        tls: refuse to send without STARTTLS (or, on port 465, TLS).

    Raises:
        DeclarationError: the port is none, or the password stands in clear.
    """

    host: str
    port: int = 587
    from_: str = field(default="vedette@localhost", kw_only=True)
    username: str = field(default="", kw_only=True)
    password: Secret | None = field(default=None, kw_only=True)
    tls: bool = field(default=True, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.host, str) or not self.host or self.host.count(":") == 1 or "]:" in self.host:
            raise fail(
                self.place,
                f"Smtp has host={self.host!r}; write a name, and the port beside it: Smtp('mail.example.com', 587)",
            )
        if isinstance(self.port, bool) or not isinstance(self.port, int) or not 0 < self.port < 65_536:
            raise fail(self.place, f"Smtp has port={self.port!r}; write a number from 1 to 65535")
        if self.password is not None and not isinstance(self.password, Secret):
            raise fail(self.place, "Smtp has its password in clear; write password=env('SMTP_PASSWORD')")
        if self.password is not None and not self.username:
            raise fail(self.place, "Smtp has a password but no username; write username='…'")


@dataclass(frozen=True, slots=True)
class Environment:
    """One place: ``local``, ``staging``, ``production`` and the like.

    Args:
        name: the label ``environment`` on everything that leaves it.
        targets: service → its targets here.
        discovery: service → how its targets are found here, where they come and go.
        external_url: where people reach Vedette (or what stands in for it); links in messages begin with it.
        grafana_url: where dashboards are, if elsewhere.
        runbook_url: where ``runbooks/`` is served, if elsewhere.
        logs_url: a search of the logs of a service, to which panels link: ``{job}`` stands for the service, ``{from}``
            and ``{to}`` for the time shown, in milliseconds since 1970.
        trace_url: where one trace is shown, with ``{trace_id}``; exemplars link to it.
        external_labels: on everything that leaves, beside ``environment``.
        scrape_interval: how often targets are read.
        scrape_timeout: how long one may take.
        evaluation_interval: how often rules are evaluated.
        secrets: the folder that holds one file per secret.
        prometheus: the oldest version of Prometheus that must read the files.
        alertmanager: the oldest version of Alertmanager that must read the files.
        alertmanagers: ``host:port`` of Alertmanagers to send to, for a real Prometheus; ``tasks.NAME:port`` is each
            task of a service of a Docker Swarm.
        thresholds: path → value, for example ``{"database.pool_warn": 0.8, "shop.http.error_ratio_high": 0.02}``.
        time_scale: factor on every range and ``for`` of the rules and every wait of the notifications; a demo has
            0.1 where production has 1.
        smtp: the mail server; the machine's own, on port 25 and without TLS, where it is None.
        notify: replaces the stack's own here; an empty list tells nobody.
        deploy: the servers that run it, for ``vedette plan``, ``apply`` and ``drift``.
        platforms: what the build is started on: ``compose`` adds a Docker Compose project that mounts its files,
            ``swarm`` a stack for a Docker Swarm, ``systemd`` the units of a plain host.
            ``operator`` adds the objects of the Prometheus Operator, ``kubernetes`` plain manifests for kustomize.
        listen: with ``systemd``, server → ``host:port`` that it listens on, in place of 127.0.0.1 and its usual port:
            ``{"prometheus": "10.0.0.5:9090"}``. What can be reached from elsewhere speaks TLS and wants a password.

        collector: what brings logs, traces and metrics by OTLP to where they are kept: ``alloy``; ``otel``, the
            OpenTelemetry collector; or ``promtail``, which is that collector with Promtail for what containers print.
            Of ``compose`` and ``swarm``.
        grafana: how people log in to Grafana where it is started, and where it keeps what it knows.

    Raises:
        DeclarationError: anything above is not of that form. Whether targets and thresholds name something that
            exists is found when the `Stack` is made.
    """

    name: str
    targets: Mapping[str, Sequence[str]] = field(default_factory=dict, kw_only=True)
    discovery: Mapping[str, Discovery] = field(default_factory=dict, kw_only=True)
    external_url: str = field(default="http://127.0.0.1:7373", kw_only=True)
    grafana_url: str = field(default="", kw_only=True)
    runbook_url: str = field(default="", kw_only=True)
    logs_url: str = field(default="", kw_only=True)
    trace_url: str = field(default="", kw_only=True)
    external_labels: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    scrape_interval: Duration = field(default="15s", kw_only=True)
    scrape_timeout: Duration = field(default="10s", kw_only=True)
    evaluation_interval: Duration = field(default="15s", kw_only=True)
    secrets: str = field(default=".vedette/secrets", kw_only=True)
    prometheus: str = field(default="2.42", kw_only=True)
    alertmanager: str = field(default="0.26", kw_only=True)
    alertmanagers: Sequence[str] = field(default=(), kw_only=True)
    thresholds: Mapping[str, float | int | str | bool] = field(default_factory=dict, kw_only=True)
    time_scale: float = field(default=1.0, kw_only=True)
    smtp: Smtp | None = field(default=None, kw_only=True)
    notify: Sequence[Receiver | Route] | None = field(default=None, kw_only=True)
    deploy: Deploy | None = field(default=None, kw_only=True)
    platforms: Sequence[str] = field(default=(), kw_only=True)
    grafana: Grafana | None = field(default=None, kw_only=True)
    collector: str = field(default="alloy", kw_only=True)
    listen: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        place, owner = self.place, f"environment {self.name!r}"
        if not isinstance(self.name, str) or not is_slug(self.name):
            raise fail(
                place, f"{owner} needs a name of letters, digits and _ . - between them, for example 'production'"
            )
        targets = {
            name: check_targets(place, f"{owner}, service {name!r},", given) for name, given in self.targets.items()
        }
        object.__setattr__(self, "targets", targets)
        for name, found in self.discovery.items():
            if not isinstance(found, Discovery):
                what = "Kubernetes(…), KubernetesNodes(…) or Swarm(…)"
                raise fail(place, f"{owner} has discovery={{{name!r}: {found!r}}}; write {what}")
        for key in ("external_url", "grafana_url", "runbook_url"):
            url = getattr(self, key)
            if (url or key == "external_url") and _URL.fullmatch(url) is None:
                raise fail(place, f"{owner} has {key}={url!r}; write a URL that begins with http:// or https://")
            object.__setattr__(self, key, url.rstrip("/"))
        for key, known in _PLACEHOLDERS.items():
            self._check_pattern(key, getattr(self, key), known)
        check_labels(place, owner, self.external_labels, reserved=("environment",))
        for key in ("scrape_interval", "scrape_timeout", "evaluation_interval"):
            check_duration(place, owner, key, getattr(self, key), zero=False)
        if check_duration(place, owner, "scrape_timeout", self.scrape_timeout) > check_duration(
            place, owner, "scrape_interval", self.scrape_interval
        ):
            raise fail(
                place,
                f"{owner} has scrape_timeout={self.scrape_timeout!r}, longer than scrape_interval="
                f"{self.scrape_interval!r}; Prometheus refuses that, make it at most as long",
            )
        for key in ("prometheus", "alertmanager"):
            if _VERSION.fullmatch(getattr(self, key)) is None:
                raise fail(place, f"{owner} has {key}={getattr(self, key)!r}; write a version such as '2.42'")
        if self.alertmanagers:
            object.__setattr__(
                self, "alertmanagers", check_targets(place, f"{owner}, alertmanagers,", self.alertmanagers)
            )
        object.__setattr__(self, "alertmanagers", tuple(self.alertmanagers))
        if not self.secrets:
            raise fail(place, f"{owner} has no folder for secrets; write for example secrets='/etc/vedette/secrets'")
        for path in self.thresholds:
            if len(path.split(".")) not in (2, 3):
                raise fail(
                    place, f"{owner} has the threshold {path!r}; write 'pack.parameter' or 'service.pack.parameter'"
                )
        scale = self.time_scale
        if isinstance(scale, bool) or not isinstance(scale, int | float) or not math.isfinite(scale) or scale <= 0:
            raise fail(place, f"{owner} has time_scale={scale!r}; write a number above zero")
        if self.deploy is not None and not isinstance(self.deploy, Deploy):
            raise fail(place, f"{owner} has deploy={self.deploy!r}; write Deploy(prometheus=Running(…), …)")
        if self.grafana is not None and not isinstance(self.grafana, Grafana):
            raise fail(place, f"{owner} has grafana={self.grafana!r}; write Grafana(login=Oidc(…), …)")
        self._check_platforms()
        self._check_listen()
        if self.notify is not None:
            object.__setattr__(self, "notify", tuple(self.notify))
            for item in self.notify or ():
                if not isinstance(item, Receiver | Route):
                    raise fail(place, f"{owner} has {item!r} in notify; write {KINDS}, or Route")

    def _check_platforms(self) -> None:
        owner, known = f"environment {self.name!r}", ", ".join(PLATFORMS)
        if isinstance(self.platforms, str):
            raise fail(self.place, f"{owner} has platforms={self.platforms!r}; write a list: [{self.platforms!r}]")
        for name in self.platforms:
            if name not in PLATFORMS:
                hint = nearest(str(name), PLATFORMS)
                raise fail(self.place, f"{owner} has {name!r} in platforms, which is none; there is {known}{hint}")
        object.__setattr__(self, "platforms", tuple(dict.fromkeys(self.platforms)))
        if self.collector not in COLLECTORS:
            hint = nearest(str(self.collector), COLLECTORS)
            raise fail(self.place, f"{owner} has collector={self.collector!r}; there is {', '.join(COLLECTORS)}{hint}")
        elsewhere = [name for name in self.platforms if name not in {"compose", "swarm"}]
        if self.collector != "alloy" and elsewhere:
            other = f"{owner} has collector={self.collector!r}, and {elsewhere[0]!r} in platforms, which has Alloy"
            raise fail(self.place, f"{other}; leave one of them out")

    def _check_listen(self) -> None:
        owner = f"environment {self.name!r}"
        for name, address in self.listen.items():
            if name not in LISTENERS:
                hint = nearest(str(name), LISTENERS)
                raise fail(
                    self.place, f"{owner} has {name!r} in listen, which may not; there is {', '.join(LISTENERS)}{hint}"
                )
            check_targets(self.place, f"{owner}, listen, {name!r},", [address])
            if re.search(r":\d+$", address) is None:
                raise fail(self.place, f"{owner} has listen={{{name!r}: {address!r}}}; write the port, too")
        if self.listen and "systemd" not in self.platforms:
            raise fail(self.place, f"{owner} has listen, which the units of platforms=['systemd'] read; add that")

    def _check_pattern(self, key: str, url: str, known: tuple[str, ...]) -> None:
        """An address with places to fill, where there is one."""
        if not url:
            return
        owner = f"environment {self.name!r}"
        if _PATTERN_URL.fullmatch(url) is None:
            raise fail(self.place, f"{owner} has {key}={url!r}; write a URL that begins with http:// or https://")
        found = re.findall(r"\{(\w*)\}", url)
        strange = [name for name in found if name not in known]
        if strange or known[0] not in found:
            told = f"the place {{{strange[0]}}}" if strange else f"no place {{{known[0]}}}"
            raise fail(
                self.place,
                f"{owner} has {key}={url!r} with {told}; there are {', '.join(f'{{{name}}}' for name in known)},"
                f" and {{{known[0]}}} is needed",
            )
