"""What ``vedette up`` tells of the machine it runs on, where no node_exporter does."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vedette.instruments.metrics import Registry
from vedette.instruments.metrics.exposition import text
from vedette.integrations import host

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vedette.server.watch import Watch

__all__ = ["stand_ins"]

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_PACKS = ("host",)
"""Those of a service that is a machine and nothing else: another one is down when nobody answers."""


def stand_ins(watch: Watch) -> Mapping[str, Callable[[], bytes]]:
    """The address of each target that would be this machine's node_exporter → what it would say."""
    machines = {service.name for service in watch.built.description.services if service.packs == _PACKS}
    here = [
        target.url
        for target in watch.collector.targets()
        if target.job in machines and urlsplit(target.url).hostname in _THIS_MACHINE
    ]
    if not here or not host.read():  # a system that has no /proc tells nothing
        return {}
    registry = Registry()
    registry.collect(host.read)
    return dict.fromkeys(here, lambda: text(registry))
