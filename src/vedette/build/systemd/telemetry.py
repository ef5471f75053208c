"""What Loki, Jaeger, Alloy and Grafana read on a plain host: all is at 127.0.0.1, and logs are in the journal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from vedette.build import provisioning, telemetry
from vedette.build.alertmanager import secret_path
from vedette.build.grafana_server import login_files
from vedette.build.systemd import web
from vedette.build.systemd.servers import CONFIG

if TYPE_CHECKING:
    from vedette.build.plan import Plan

__all__ = ["files"]

_HERE: Final = "127.0.0.1"
_JAEGER_OTLP: Final = 14317
"""Alloy has the usual ports."""


def files(plan: Plan) -> dict[str, str]:
    """Path below ``systemd/`` → text."""
    login = login_files(plan.environment, partial(secret_path, plan.environment))
    return {
        **{f"grafana/ldap/{name}": text for name, text in login.items()},
        "grafana/provisioning/datasources/vedette.yaml": provisioning.datasources(plan, elsewhere=_sources(plan)),
        "grafana/provisioning/dashboards/vedette.yaml": provisioning.dashboards(plan, f"{CONFIG}/grafana/dashboards"),
        "loki/loki.yaml": telemetry.loki(
            "/var/lib/loki", {"http_listen_address": _HERE, "grpc_listen_address": _HERE, "grpc_listen_port": 9096}
        ),
        "jaeger/config.yaml": telemetry.jaeger(
            "/var/lib/jaeger",
            _HERE,
            ports={"grpc": _JAEGER_OTLP},
            query={"http": {"endpoint": f"{_HERE}:16686"}, "grpc": {"endpoint": f"{_HERE}:16685"}},
        ),
        "alloy/config.alloy": _alloy(plan),
    }


def _sources(plan: Plan) -> dict[str, dict[str, Any]]:
    """Where Grafana finds each, and how it shows who it is."""
    found: dict[str, dict[str, Any]] = {
        "loki": {"url": f"http://{_HERE}:3100"},
        "jaeger": {"url": f"http://{_HERE}:16686"},
    }
    folder = plan.environment.secrets.rstrip("/")
    for server in ("prometheus", "alertmanager"):
        at = web.address(plan.environment, server)
        found[server] = {"url": f"http://{at}"}
        if web.exposed(plan.environment, server):
            found[server] = {
                "url": f"https://{at}",
                "basicAuth": True,
                "basicAuthUser": web.USER,
                "jsonData": {"tlsAuthWithCACert": True},
                "secureJsonData": {
                    "basicAuthPassword": f"$__file{{{folder}/web_password}}",
                    "tlsCACert": f"$__file{{{folder}/web.crt}}",
                },
            }
    return found


def _alloy(plan: Plan) -> str:
    at = web.address(plan.environment, "prometheus")
    if not web.exposed(plan.environment, "prometheus"):
        return _ALLOY.replace("PROMETHEUS", f'    url = "http://{at}/api/v1/write"\n')
    folder = plan.environment.secrets.rstrip("/")
    return _ALLOY.replace(
        "PROMETHEUS",
        f'    url = "https://{at}/api/v1/write"\n'
        f'    basic_auth {{\n      username      = "{web.USER}"\n'
        f'      password_file = "{folder}/web_password"\n    }}\n'
        f'    tls_config {{\n      ca_file = "{folder}/web.crt"\n    }}\n',
    )


_ALLOY: Final = f"""\
// What applications send by OTLP: traces to Jaeger, logs to Loki, metrics to Prometheus.
otelcol.receiver.otlp "applications" {{
  grpc {{
    endpoint = "{_HERE}:4317"
  }}
  http {{
    endpoint = "{_HERE}:4318"
  }}
  output {{
    metrics = [otelcol.processor.batch.applications.input]
    logs    = [otelcol.processor.batch.applications.input]
    traces  = [otelcol.processor.batch.applications.input]
  }}
}}

otelcol.processor.batch "applications" {{
  output {{
    metrics = [otelcol.exporter.prometheus.applications.input]
    logs    = [otelcol.exporter.otlphttp.loki.input]
    traces  = [otelcol.exporter.otlp.jaeger.input]
  }}
}}

// By remote write: Debian builds its Prometheus without OTLP.
otelcol.exporter.prometheus "applications" {{
  forward_to = [prometheus.remote_write.prometheus.receiver]
}}

prometheus.remote_write "prometheus" {{
  endpoint {{
PROMETHEUS  }}
}}

otelcol.exporter.otlphttp "loki" {{
  client {{
    endpoint = "http://{_HERE}:3100/otlp"
  }}
}}

otelcol.exporter.otlp "jaeger" {{
  client {{
    endpoint = "{_HERE}:{_JAEGER_OTLP}"
    tls {{
      insecure = true
    }}
  }}
}}

// What services print, each by the name of its unit.
loki.source.journal "units" {{
  forward_to    = [loki.write.loki.receiver]
  relabel_rules = loki.relabel.units.rules
  max_age       = "12h"
}}

loki.relabel "units" {{
  forward_to = []
  rule {{
    source_labels = ["__journal__systemd_unit"]
    regex         = "(.+)\\\\.service"
    target_label  = "service_name"
  }}
  rule {{
    source_labels = ["__journal_priority_keyword"]
    target_label  = "level"
  }}
}}

loki.write "loki" {{
  endpoint {{
    url = "http://{_HERE}:3100/loki/api/v1/push"
  }}
}}
"""
