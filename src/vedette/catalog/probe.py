"""Endpoints watched from outside: what a blackbox_exporter is to ask for, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from vedette.catalog.names import check_duration, fail, find_twice, is_slug, nearest
from vedette.place import Place, caller

if TYPE_CHECKING:
    from vedette.duration import Duration

__all__ = ["MODULES", "Probe", "ProbeModule", "Prober", "check_probes"]

Prober = Literal["http", "tcp", "icmp", "dns", "grpc"]

_ADDRESS = r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)"
_WANTED: Final[dict[Prober, tuple[re.Pattern[str], str]]] = {
    "http": (re.compile(r"https?://[^\s@/?#]+([/?#]\S*)?"), "a URL: 'https://shop.example/health'"),
    "tcp": (re.compile(rf"{_ADDRESS}:\d{{1,5}}", re.ASCII), "host:port: 'db.example:5432'"),
    "grpc": (re.compile(rf"{_ADDRESS}:\d{{1,5}}", re.ASCII), "host:port: 'orders.example:50051'"),
    "icmp": (re.compile(_ADDRESS, re.ASCII), "a host: 'gateway.example'"),
    "dns": (re.compile(rf"(?:(?:udp|tcp)://)?{_ADDRESS}(:\d{{1,5}})?", re.ASCII), "a name server: '10.0.0.53'"),
}
"""Prober → the targets that it can ask, and how one is written."""


@dataclass(frozen=True, slots=True)
class ProbeModule:
    """How an endpoint is asked, and what is a good answer: a module of blackbox.yml.

    Args:
        name: what probes call it.
        prober: ``http``, ``tcp``, ``icmp``, ``dns`` or ``grpc``.
        settings: what stands below the prober's key in blackbox.yml, as blackbox_exporter has it.
        timeout: how long an answer may take; a little less than the scrape's where it is None.

    Raises:
        DeclarationError: anything above is not of that form.

    Example:
        >>> ProbeModule("healthy", "http", {"fail_if_body_not_matches_regexp": ["ok"]}, timeout="2s").prober
        'http'
    """

    name: str
    prober: Prober
    settings: Mapping[str, Any] = field(default_factory=dict)
    timeout: Duration | None = field(default=None, kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        owner = f"probe module {self.name!r}"
        if not isinstance(self.name, str) or not is_slug(self.name):
            raise fail(self.place, f"{owner} needs a name of letters, digits and _ . - between them")
        if self.prober not in get_args(Prober):
            raise fail(
                self.place,
                f"{owner} has prober={self.prober!r}; it is one of {', '.join(get_args(Prober))}"
                f"{nearest(str(self.prober), get_args(Prober))}",
            )
        if not isinstance(self.settings, Mapping):
            raise fail(self.place, f"{owner} has settings={self.settings!r}; write a mapping, as blackbox.yml has it")
        if self.timeout is not None:
            check_duration(self.place, owner, "timeout", self.timeout, zero=False)


# blackbox_exporter itself prefers IPv6 and does not try IPv4 when an IPv6 address is known and leads nowhere
_IPV4: Final = {"preferred_ip_protocol": "ip4"}
MODULES: Final[dict[str, ProbeModule]] = {
    module.name: module
    for module in (
        ProbeModule("http_2xx", "http", _IPV4),
        ProbeModule("http_post_2xx", "http", {**_IPV4, "method": "POST"}),
        ProbeModule("tcp_connect", "tcp", _IPV4),
        ProbeModule("tcp_tls", "tcp", {**_IPV4, "tls": True}),
        ProbeModule("icmp", "icmp", _IPV4),
    )
}
"""Those that a probe can have by name alone; another one is declared."""


@dataclass(frozen=True, slots=True)
class Probe:
    """An endpoint that is asked from outside.

    Args:
        target: a URL, ``host:port`` or a host, as the module's prober wants it; the label ``instance``.
        module: how: ``http_2xx``, ``http_post_2xx``, ``tcp_connect``, ``tcp_tls``, ``icmp``, or a `ProbeModule`.

    Raises:
        DeclarationError: the module is not known, or cannot ask such a target.

    Example:
        >>> Probe("https://shop.example/health").module.name
        'http_2xx'
    """

    target: str
    module: str | ProbeModule = "http_2xx"
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        owner, module = f"probe {self.target!r}", self.module
        if isinstance(module, str):
            if module not in MODULES:
                raise fail(
                    self.place,
                    f"{owner} has module={module!r}; it is one of {', '.join(MODULES)}, or a ProbeModule(…)"
                    f"{nearest(module, MODULES)}",
                )
            module = MODULES[module]
        elif not isinstance(module, ProbeModule):
            raise fail(self.place, f"{owner} has module={module!r}; write a name, or a ProbeModule(…)")
        object.__setattr__(self, "module", module)
        pattern, written = _WANTED[module.prober]
        if not isinstance(self.target, str) or pattern.fullmatch(self.target) is None:
            secret = " (no password: it would be a label)" if "@" in str(self.target) else ""
            raise fail(self.place, f"{owner} is no target of {module.name!r}; write {written}{secret}")

    def how(self) -> ProbeModule:
        """The module as a value."""
        assert isinstance(self.module, ProbeModule)
        return self.module


def check_probes(place: Place, owner: str, probes: object, targets: Sequence[str]) -> tuple[Probe, ...]:
    """The probes of a service, whose only target is the exporter that makes them.

    Raises:
        DeclarationError: an item is no probe, one stands twice, two modules share a name, or there are several
            exporters.
    """
    if isinstance(probes, str) or not isinstance(probes, Sequence):
        raise fail(place, f"{owner} has probes={probes!r}; write a list: probes=[Probe('https://shop.example/health')]")
    found = tuple(probes)
    modules: dict[str, ProbeModule] = {}
    for one in found:
        if not isinstance(one, Probe):
            raise fail(place, f"{owner} has {one!r} in probes; write Probe('https://shop.example/health')")
        same = modules.setdefault(one.how().name, one.how())
        if same != one.how():
            raise fail(one.place, f"{owner} has two different probe modules {same.name!r}; rename one")
    twice = find_twice(one.target for one in found)
    if twice:
        raise fail(place, f"{owner} has the probe {twice!r} twice, and both would be one series; remove one")
    if found and len(targets) > 1:
        raise fail(
            place,
            f"{owner} has probes and {len(targets)} targets; its target is the blackbox_exporter that makes them: "
            "declare a service for each exporter",
        )
    return found
