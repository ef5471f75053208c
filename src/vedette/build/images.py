"""The container images, each pinned to one tag, with the place where that tag was seen; nothing else names an image."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["IMAGES", "Image"]


class Image(NamedTuple):
    """One of them."""

    reference: str
    source: str
    """Where the tag was seen in use, or the release that it is of."""
    why: str = ""
    """Why this one, where it is not simply the newest that was seen."""


IMAGES: Final[dict[str, Image]] = {
    "prometheus": Image(
        "prom/prometheus:v3.13.5",
        "https://hub.docker.com/r/lzocateli/promtool",
        "long-term support for a year from July 2026",
    ),
    "alertmanager": Image("prom/alertmanager:v0.33.1", "https://github.com/prymitive/karma/pull/6902"),
    "grafana": Image(
        "grafana/grafana:13.1.4",
        "https://github.com/grafana/grafana/issues/131490",
        "13.2.0 finds its own data sources only with access to the internet",
    ),
    "loki": Image("grafana/loki:3.7.4", "https://github.com/tedsluis/monitoring/pull/97"),
    "jaeger": Image("jaegertracing/jaeger:2.19.0", "https://github.com/jaegertracing/helm-charts/pull/760"),
    "alloy": Image("grafana/alloy:v1.18.1", "https://github.com/shaman007/home-k3s/pull/517"),
    "otel-collector": Image(
        "otel/opentelemetry-collector-contrib:0.158.0", "https://github.com/XRPLF/rippled/pull/6494"
    ),
    "promtail": Image(
        "grafana/promtail:3.6.11",
        "https://github.com/scylladb/scylla-monitoring/pull/2885",
        "the last that was released",
    ),
    "pushgateway": Image("prom/pushgateway:v1.11.2", "https://github.com/thedatabaseme/cookbooks/pull/267"),
    "node-exporter": Image("prom/node-exporter:v1.12.0", "https://github.com/tianon/dockerfiles/pull/1333"),
    "blackbox-exporter": Image(
        "prom/blackbox-exporter:v0.26.0", "https://github.com/prometheus-community/helm-charts/pull/5382"
    ),
    "postgres-exporter": Image(
        "prometheuscommunity/postgres-exporter:v0.19.1",
        "https://github.com/xencon/aixcl/pull/1613",
        "the pack is tested with 0.19",
    ),
    "redis-exporter": Image(
        "oliver006/redis_exporter:v1.86.0-alpine",
        "https://github.com/shaman007/home-k3s/pull/287",
        "the pack is tested with 1.86; the plain image has nothing that could ask after its health",
    ),
    "cadvisor": Image("ghcr.io/google/cadvisor:v0.60.5", "https://github.com/opsmill/infrahub/pull/9975"),
    "socket-proxy": Image(
        "ghcr.io/tecnativa/docker-socket-proxy:v0.4.0",
        "https://github.com/ChristianLempa/boilerplates/pull/1183",
    ),
    "kube-state-metrics": Image(
        "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.19.0",
        "https://github.com/Siemens-Healthineers/K2s/pull/2496",
    ),
    "victoria-metrics": Image(
        "victoriametrics/victoria-metrics:v1.148.0", "https://github.com/VictoriaMetrics/operator/pull/2423"
    ),
    "mailpit": Image("axllent/mailpit:v1.30.2", "https://github.com/supabase/cli/pull/5647"),
}
"""Service → its image."""
