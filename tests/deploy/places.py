"""A small shop, and the real servers that run it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests import real

from vedette import (
    Alert,
    Counter,
    Deploy,
    Email,
    Environment,
    Pack,
    Panel,
    Query,
    Recording,
    Running,
    Service,
    Stack,
)
from vedette.deploy.apply import apply, record_only, refuse
from vedette.deploy.look import Look, drifted, planned
from vedette.deploy.side import declared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDERS = Counter("till_orders_total", help="Orders placed.", labels={"channel": ["web", "app"]})
ANOTHER_TEAM = """\
groups:
  - name: payments
    rules:
      - alert: PaymentsDown
        expr: up{job="payments"} == 0
        labels:
          severity: critical
"""


def alert(name: str = "NoOrders", threshold: float = 0.05, **given: Any) -> Alert:
    """An alert with words of its own, so that a threshold stands in its query only."""
    expr = f"sum by (job) (rate(till_orders_total[30m])) < {threshold:g}"
    given = {
        "for_": "10m",
        "severity": "high",
        "summary": "Too few orders",
        "description": "The till stands still.",
        **given,
    }
    return Alert(name, expr, **given)


def shop(*alerts: Alert, more: tuple[Pack, ...] = (), notify: Any = None, **given: Any) -> Stack:
    """A shop with these alerts."""
    pack = Pack(
        "till",
        title="Till",
        metrics=[ORDERS],
        recordings=[Recording("job:till_orders:rate5m", "sum by (job) (rate(till_orders_total[5m]))")],
        alerts=list(alerts) or [alert()],
        panels=[Panel("Orders", [Query("job:till_orders:rate5m")], unit="requests/s")],
    )
    service = Service("shop", targets=["127.0.0.1:1"], packs=[pack, *more])
    return Stack(
        name="shop", services=[service], notify=[Email("oncall@example.com")] if notify is None else notify, **given
    )


@dataclass
class Place:
    """Folders, and the servers that read them."""

    root: Path
    prometheus: str = ""
    alertmanager: str = ""
    grafana: str = ""

    def environment(self, **given: Any) -> Environment:
        """The environment that runs here."""
        servers = {
            "prometheus": Running(self.prometheus, folder=str(self.root / "prometheus")),
            "alertmanager": Running(self.alertmanager, folder=str(self.root / "alertmanager")),
            "grafana": Running(self.grafana, folder="" if self.grafana else str(self.root / "grafana")),
        }
        return Environment("production", **{"deploy": Deploy(**servers), **given})

    def plan(self, stack: Stack, **given: Any) -> Look:
        """What an apply would do."""
        environment = self.environment(**given)
        return asyncio.run(planned(stack, environment, declared(stack, environment)))

    def apply(self, stack: Stack, **given: Any) -> list[str]:
        """Apply it, and what was told meanwhile."""
        environment = self.environment(**given)
        wanted = declared(stack, environment)
        look = asyncio.run(planned(stack, environment, wanted))
        refuse(look, wanted)
        told: list[str] = []
        if look.changes:
            asyncio.run(apply(stack, environment, wanted, look, told.append))
        else:
            record_only(stack, environment, wanted, look)
        return told

    def drift(self, stack: Stack, **given: Any) -> Look:
        """What differs from what was applied."""
        environment = self.environment(**given)
        return asyncio.run(drifted(stack, environment, declared(stack, environment)))

    def files(self) -> dict[str, bytes]:
        """Every file there is, what is ours and what is not."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and not path.relative_to(self.root).parts[0].endswith("-server")
        }


def sentences(look: Look) -> list[str]:
    """What it says."""
    return [one.sentence for one in look.changes]


@contextlib.contextmanager
def _prometheus(folder: Path, config: Path, version: str, *, lifecycle: bool) -> Iterator[str]:
    if lifecycle:
        with real.prometheus(folder, config, version) as url:
            yield url
        return
    folder.mkdir()
    url = f"http://127.0.0.1:{real.free_port()}"
    address = f"--web.listen-address={url.removeprefix('http://')}"
    command = [real.binary("prometheus", version), f"--config.file={config}", f"--storage.tsdb.path={folder}", address]
    with real.running(command, f"{url}/-/ready", folder):
        yield url


@contextlib.contextmanager
def servers(root: Path, version: str = "3.5", alertmanager: str = "0.33", *, lifecycle: bool = True) -> Iterator[Place]:
    """A Prometheus and an Alertmanager that started on files of their own, which somebody then moved away."""
    place = Place(root)
    for name in ("prometheus", "alertmanager"):
        (root / name).mkdir(parents=True, exist_ok=True)
    config = root / "prometheus" / "prometheus.yml"
    config.write_text("global:\n  evaluation_interval: 20s\nrule_files: ['rules/*.yml']\n")
    routes = root / "alertmanager" / "alertmanager.yml"
    routes.write_text("route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n")
    with (
        _prometheus(root / "prometheus-server", config, version, lifecycle=lifecycle) as place.prometheus,
        real.alertmanager(root / "alertmanager-server", routes, alertmanager) as place.alertmanager,
    ):
        config.unlink()
        routes.unlink()
        yield place
