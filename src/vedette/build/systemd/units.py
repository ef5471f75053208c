"""The text of each unit: our own for what Debian packages, drop-ins for what its maker packages, and what holds all."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from vedette.build.alertmanager import secret_path
from vedette.build.grafana_server import CLOSED, LDAP_FOLDER, login_secrets, login_settings
from vedette.build.systemd import web
from vedette.build.systemd.sandbox import limits, sandbox, secrets
from vedette.build.systemd.servers import CONFIG, EXPORTERS, SERVERS, VARIABLES, command

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vedette.build.plan import Plan
    from vedette.build.systemd.sandbox import Lines
    from vedette.build.systemd.servers import Server

__all__ = [
    "EMBEDDED",
    "GRAFANA_SECRETS",
    "PROGRAM",
    "TARGET",
    "VENDORS",
    "dropin",
    "embedded",
    "server_unit",
    "target",
    "vendor_secrets",
]

TARGET: Final = "vedette.target"
EMBEDDED: Final = "vedette"
PROGRAM: Final = "/opt/vedette/bin/vedette"
GRAFANA_SECRETS: Final = ("grafana_admin_password", "grafana_secret_key")
"""Grafana has a default for both, so both are demanded."""

VENDORS: Final[Mapping[str, tuple[str, int, str, str, str]]] = {
    # the program of the unit's name is deprecated since 13: https://github.com/hassio-addons/app-grafana/pull/524
    "grafana-server": ("/usr/sbin/grafana", 3000, "/api/health", "grafana/provisioning", "/var/lib/grafana"),
    "loki": ("/usr/bin/loki", 3100, "/ready", "loki", "/var/lib/loki"),
    "alloy": ("/usr/bin/alloy", 12345, "/-/ready", "alloy", ""),
    "jaeger": ("/usr/local/bin/jaeger", 13133, "/status", "jaeger", "/var/lib/private/jaeger"),
}
"""What Debian has no package of: unit → its program, its port, where it tells of its health, configuration, data.

Each is left out on a host that has it not.
"""

_GRAFANA: Final = {
    "GF_SERVER_HTTP_ADDR": "127.0.0.1",
    "GF_PATHS_PROVISIONING": f"{CONFIG}/grafana/provisioning",
    # names that end in __FILE are read by the image's start, which is not here; Grafana itself reads this
    "GF_SECURITY_ADMIN_PASSWORD": f"$__file{{%d/{GRAFANA_SECRETS[0]}}}",
    "GF_SECURITY_SECRET_KEY": f"$__file{{%d/{GRAFANA_SECRETS[1]}}}",
    **CLOSED,
}


def _text(**sections: Lines) -> str:
    """A unit file; nothing of a section that is empty."""
    blocks = [
        "\n".join([f"[{name}]", *(f"{key}={value}" for key, value in lines), ""])
        for name, lines in sections.items()
        if lines
    ]
    return "\n".join(blocks)


def _command(parts: Sequence[str]) -> str:
    """One option a line, so that a change of one is one line."""
    return " \\\n    ".join(parts)


def _setting(key: str, value: str) -> str:
    """One variable, in quotes, because a value may have spaces and quotes itself."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{key}={escaped}"'


def _about(title: str, documentation: str) -> Lines:
    return [
        ("Description", title),
        ("Documentation", documentation),
        ("Wants", "network-online.target"),
        ("After", "network-online.target"),
        ("PartOf", TARGET),
        ("StartLimitIntervalSec", "0"),  # what watches is started again however often it ends
    ]


def server_unit(name: str, server: Server, shown: Sequence[str], plan: Plan) -> str:
    """The unit of one server, which is shown these secrets."""
    service: Lines = [("Type", "exec")]
    service += [("User", server.user)] if server.user else [("DynamicUser", "yes")]
    service += [("StateDirectory", server.state), ("StateDirectoryMode", "0755")] if server.state else []
    service += [("Environment", one) for one in server.environment]
    if server.variables or server.environment:
        service.append(("EnvironmentFile", VARIABLES if server.variables else f"-{VARIABLES}"))
    service.append(("ExecStart", _command(command(server, plan.environment))))
    if server.check:
        service += [("ExecReload", server.check), ("ExecReload", "/bin/kill -HUP $MAINPID")]
    service += [("Restart", "always"), ("RestartSec", "2"), ("TimeoutStopSec", server.stop)]
    service += secrets(shown, plan.environment.secrets.rstrip("/"))
    service += [*sandbox(**server.sandbox), *limits(name)]
    return _text(Unit=_about(server.title, server.documentation), Service=service)


def _dropin(name: str, service: Lines) -> str:
    return _text(
        Unit=[("PartOf", TARGET), ("StartLimitIntervalSec", "0")],
        Service=[*service, ("Restart", "always"), ("RestartSec", "2"), *limits(name)],
    )


def dropin(name: str, plan: Plan) -> str:
    """What is added to the unit that a maker's package brings; of Jaeger, which has no package, the unit."""
    return {"grafana-server": _grafana, "loki": _loki, "alloy": _alloy, "jaeger": _jaeger}[name](plan)


def vendor_secrets(name: str, plan: Plan) -> tuple[str, ...]:
    """The secrets that one of `VENDORS` is shown."""
    exposed = [server for server in ("prometheus", "alertmanager") if web.exposed(plan.environment, server)]
    if name == "grafana-server":
        login = (secret.name for secret in login_secrets(plan.environment))
        return tuple(dict.fromkeys([*GRAFANA_SECRETS, *login, *(web.CLIENT if exposed else ())]))
    return web.CLIENT if name == "alloy" and "prometheus" in exposed else ()


def _grafana(plan: Plan) -> str:
    settings = dict(_GRAFANA)
    if url := plan.environment.grafana_url:
        settings["GF_SERVER_ROOT_URL"] = url.replace("%", "%%")
        settings["GF_SECURITY_COOKIE_SECURE"] = str(url.startswith("https://")).lower()
    for key, value in login_settings(plan.environment, partial(secret_path, plan.environment)).items():
        settings[key] = value.replace("%", "%%").replace(LDAP_FOLDER, f"{CONFIG}/grafana/ldap")
    service: Lines = [("Environment", _setting(key, value)) for key, value in settings.items()]
    service += secrets(vendor_secrets("grafana-server", plan), plan.environment.secrets.rstrip("/"))
    service += [
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("ProtectSystem", "strict"),
        ("ReadWritePaths", "/var/lib/grafana /var/log/grafana"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
    ]
    return _dropin("grafana-server", service)


def _loki(plan: Plan) -> str:
    run = ["/usr/bin/loki", f"-config.file={CONFIG}/loki/loki.yaml"]
    hidden = secrets((), plan.environment.secrets.rstrip("/"))
    return _dropin(
        "loki",
        [("ExecStart", ""), ("ExecStart", _command(run)), ("StateDirectory", "loki"), *hidden, *sandbox()],
    )


def _alloy(plan: Plan) -> str:
    run = [
        "/usr/bin/alloy run",
        "--disable-reporting",
        "--server.http.listen-addr=127.0.0.1:12345",
        "--storage.path=/var/lib/alloy/data",
        f"{CONFIG}/alloy/config.alloy",
    ]
    shown = secrets(vendor_secrets("alloy", plan), plan.environment.secrets.rstrip("/"))
    # the journal is read by its group, which a user namespace would hide
    return _dropin(
        "alloy",
        [
            ("ExecStart", ""),
            ("ExecStart", _command(run)),
            ("StateDirectory", "alloy"),
            ("SupplementaryGroups", "systemd-journal"),
            *shown,
            *sandbox(PrivateUsers="no"),
        ],
    )


def _jaeger(plan: Plan) -> str:
    service: Lines = [
        ("Type", "exec"),
        ("DynamicUser", "yes"),
        ("StateDirectory", "jaeger"),
        ("ExecStart", _command(["/usr/local/bin/jaeger", f"--config={CONFIG}/jaeger/config.yaml"])),
        ("Restart", "always"),
        ("RestartSec", "2"),
        *secrets((), plan.environment.secrets.rstrip("/")),
        *sandbox(),
        *limits("jaeger"),
    ]
    return _text(Unit=_about("Jaeger", "https://www.jaegertracing.io/docs/"), Service=service)


def embedded(shown: Sequence[str], plan: Plan) -> str:
    """``vedette up`` in place of Prometheus and Alertmanager: it and they would tell everybody twice."""
    service: Lines = [
        ("Type", "exec"),
        ("DynamicUser", "yes"),
        ("StateDirectory", EMBEDDED),
        ("WorkingDirectory", "/var/lib/vedette"),
        ("ExecStart", _command([f"{PROGRAM} up", f"--from {CONFIG}"])),
        ("Restart", "always"),
        ("RestartSec", "2"),
        *secrets(shown, plan.environment.secrets.rstrip("/")),
        *sandbox(),
        *limits(EMBEDDED),
    ]
    about = _about("Vedette", "https://pypi.org/project/vedette/")
    instead = " ".join(f"{name}.service" for name in SERVERS)
    return _text(
        # in this order, one has stopped before the other begins
        Unit=[*about, ("Conflicts", instead), ("After", instead)],
        Service=service,
    )


def target(chosen: Sequence[str], plan: Plan) -> str:
    """What starts and stops all of it; what a host has not is not missed, and `install.sh` leaves out one engine."""
    names = [*SERVERS, EMBEDDED, *(name for name in EXPORTERS if name in chosen), *VENDORS]
    return _text(
        Unit=[
            ("Description", f"What watches {plan.stack.name}"),
            *(("Wants", f"{name}.service") for name in names),
        ],
        Install=[("WantedBy", "multi-user.target")],
    )
