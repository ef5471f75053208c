"""The dashboards of a stack as Grafana's JSON: one a pack, and the home of all services."""

from vedette.build.grafana.dashboard import dashboards
from vedette.build.grafana.home import Tile, home_panels
from vedette.build.grafana.panel import ref_id

__all__ = ["Tile", "dashboards", "home_panels", "ref_id"]
