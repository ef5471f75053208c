"""Where an environment runs: the folders that Prometheus, Alertmanager and Grafana read, and their addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vedette.catalog.names import fail
from vedette.catalog.secret import Secret
from vedette.place import Place, caller

__all__ = ["Deploy", "Running"]

_URL = re.compile(r"https?://[^/?#@\s]+[^?#@\s]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Running:
    """One server, and the folder from which it reads its files.

    Args:
        url: its address. Without one nothing is asked of it, and nobody tells it to read its files anew.
        folder: where ``vedette apply`` writes. Prometheus: the folder of ``prometheus.yml`` and ``rules/``;
            Alertmanager: that of ``alertmanager.yml``; Grafana: that of a provider of dashboards. Grafana without one
            gets its dashboards by its API.
        token: what the server, or what stands before it, wants to be shown.

    Raises:
        DeclarationError: it has neither, the address is none or holds a login, or the token stands in clear.
    """

    url: str = ""
    folder: str = field(default="", kw_only=True)
    token: Secret | None = field(default=None, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        if not self.url and not self.folder:
            raise fail(self.place, "Running needs an address, a folder or both: Running('http://127.0.0.1:9090', …)")
        if self.url and _URL.fullmatch(self.url) is None:
            raise fail(
                self.place,
                f"Running has url={self.url.rpartition('@')[2]!r}; write a URL that begins with http:// or https://, "
                "and what it wants to be shown as token=env('…')",
            )
        object.__setattr__(self, "url", self.url.rstrip("/"))
        if self.token is not None and not isinstance(self.token, Secret):
            raise fail(self.place, "Running has its token in clear; write token=env('GRAFANA_TOKEN')")
        if self.token is not None and not self.url:
            raise fail(self.place, "Running has a token but no address to show it to; write its url first")


@dataclass(frozen=True, slots=True)
class Deploy:
    """What ``vedette plan``, ``vedette apply`` and ``vedette drift`` look at in one environment.

    Example:
        >>> here = Deploy(prometheus=Running("http://127.0.0.1:9090", folder="/etc/prometheus"))
        >>> here.prometheus.folder
        '/etc/prometheus'

    Raises:
        DeclarationError: nothing is given, or Prometheus or Alertmanager has no folder, which alone they read.
    """

    prometheus: Running | None = field(default=None, kw_only=True)
    alertmanager: Running | None = field(default=None, kw_only=True)
    grafana: Running | None = field(default=None, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        given = {"prometheus": self.prometheus, "alertmanager": self.alertmanager, "grafana": self.grafana}
        if not any(given.values()):
            raise fail(self.place, "Deploy names no server; write for example Deploy(prometheus=Running(…))")
        for name, running in given.items():
            if running is not None and not isinstance(running, Running):
                raise fail(self.place, f"Deploy has {name}={running!r}; write Running('http://…', folder='…')")
            if running is not None and not running.folder and name != "grafana":
                raise fail(
                    running.place, f"{name} has no folder; it reads files and takes none by its API: write folder='…'"
                )
