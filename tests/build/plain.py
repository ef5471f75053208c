"""What is done to a plain host in the tests, step by step, and what was seen; the tests say what it should be."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.build.stacks import metric
from tests.plain_host import PYTHON, SETTINGS, plain_host
from tests.real import ROOT, SUITES, binary
from tests.started import until

from vedette.build import build, write
from vedette.catalog import Alert, Email, Environment, Pack, Probe, Service, Smtp, Stack, env
from vedette.packs import blackbox, host

if TYPE_CHECKING:
    import subprocess

PROGRAMS = {
    "prometheus": ("prometheus", "3.5"),
    "promtool": ("promtool", "3.5"),
    "prometheus-alertmanager": ("alertmanager", "0.33"),
    "prometheus-pushgateway": ("pushgateway", "1.11"),
    "prometheus-node-exporter": ("node-exporter", "1.5"),
    "prometheus-blackbox-exporter": ("blackbox-exporter", "0.23"),
    "prometheus-postgres-exporter": ("postgres-exporter", "0.19"),
    "prometheus-redis-exporter": ("redis-exporter", "1.86"),
}
POSTGRES = "/usr/lib/postgresql/15/bin"
UNITS = [name for name in PROGRAMS if name != "promtool"]
ENGINES = ("prometheus", "prometheus-alertmanager", "vedette")
SECRETS = {
    "TOKEN": "a-t0ken",
    "SMTP_PASSWORD": "a-Passw0rd",
    "postgres_password": "hush-postgres",
    "redis_passwords": '{"redis://127.0.0.1:6379": "hush-redis"}',
}
SHOWN = {
    "prometheus": ["TOKEN"],
    "prometheus-alertmanager": ["SMTP_PASSWORD"],
    "prometheus-postgres-exporter": ["postgres_password"],
    "prometheus-redis-exporter": ["redis_passwords"],
}


def stack(limit=0, **changes):
    """A shop with a token, and every exporter; somebody is told by a mail server that wants a login."""
    shop = Pack(
        "shop",
        metrics=[metric("gauge", "shop_open")],
        alerts=[Alert("ShopClosed", f"shop_open <= {limit}", severity="critical", summary="The shop is closed")],
    )
    environment = Environment(
        "production",
        platforms=["systemd"],
        scrape_interval="1s",
        scrape_timeout="1s",
        evaluation_interval="1s",
        time_scale=0.05,
        alertmanagers=["127.0.0.1:9093"],
        secrets="/etc/vedette/secrets",
        smtp=Smtp("127.0.0.1", 2525, tls=False, username="watch", password=env("SMTP_PASSWORD")),
    )
    return Stack(
        name="shop",
        services=[
            Service("shop", ["127.0.0.1:8000"], [shop], token=env("TOKEN")),
            Service("machine", ["localhost:9100"], [host]),
            Service("db", ["127.0.0.1:9187"]),
            Service("sessions", ["127.0.0.1:9121"]),
            Service("batch", ["127.0.0.1:9091"]),
            Service(
                "endpoints",
                ["127.0.0.1:9115"],
                [blackbox],
                probes=[Probe("http://127.0.0.1:9090/-/ready"), Probe("127.0.0.1", "icmp")],
            ),
        ],
        notify=[Email("oncall@example.com")],
        environments=[replace(environment, **changes)],
    )


def exposed():
    """Prometheus, Alertmanager and the Pushgateway for others, too; and who watches them."""
    listen = {"prometheus": "0.0.0.0:9090", "alertmanager": "0.0.0.0:9093", "pushgateway": "0.0.0.0:9091"}
    watched = [Service("self", ["127.0.0.1:9090"]), Service("batch", ["127.0.0.1:9091"])]
    return replace(stack(listen=listen), services=watched)


@dataclass
class Told:
    """What was seen, from an empty host to a stopped one."""

    refused: subprocess.CompletedProcess[str]
    untouched: bool = False
    installed: str = ""
    started: str = ""
    health: dict[str, list[str]] = field(default_factory=dict)
    inside: bool = False
    listening: set[str] = field(default_factory=set)
    shown: dict[str, list[str]] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    blind: tuple[set[str], set[str]] = (set(), set())
    probes: list[str] = field(default_factory=list)
    letter: dict[str, object] = field(default_factory=dict)
    kept: str = ""
    broken: subprocess.CompletedProcess[str] | None = None
    changed: str = ""
    judged: list[str] = field(default_factory=list)
    restarts: str = ""
    stopped: dict[str, dict[str, str]] = field(default_factory=dict)
    restored: str = ""
    silenced: bool = False
    past: list[str] = field(default_factory=list)
    unasked: str = ""
    secured: dict[str, list[str]] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    embedded: dict[str, list[str]] = field(default_factory=dict)
    swapped: list[str] = field(default_factory=list)
    engine: list[str] = field(default_factory=list)
    instead: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    spoken: str = ""
    begun: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)


@contextmanager
def a_host(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    for name, declared in {"first": stack(), "second": stack(limit=1), "exposed": exposed()}.items():
        write(build(declared, "production"), folder / "share" / name)
    for program, version in PROGRAMS.values():
        binary(program, version)  # or this is skipped, and says why
    packages = [ROOT / f"{package}-{SUITES[version]}" for package, (_, version) in PROGRAMS.items()]
    packages += [ROOT / one for one in ("postgresql-15-bookworm", "redis-server-bookworm")]
    with plain_host(folder / "host", packages, {folder / "share": "/share"}) as there:
        yield there


def install(there):
    """As a host is on which Debian's packages have just been installed: Prometheus runs, and reads Debian's files."""
    there.run("systemd-sysusers", "--inline", "u prometheus - - /var/lib/prometheus")
    there.write("/etc/default/prometheus", 'ARGS=""\n')
    there.write("/etc/prometheus/prometheus.yml", "scrape_configs: []\n")
    there.run("chmod", "-R", "a+rX", "/etc/prometheus", "/etc/default")
    there.run("install", "-d", "-o", "prometheus", "/var/lib/prometheus")
    there.run("systemctl", "start", "prometheus.service")
    until(lambda: there.ask("curl", "-sf", "http://127.0.0.1:9090/-/ready").returncode == 0, 30)
    found = Told(there.ask("sh", "/share/first/systemd/install.sh"))
    found.untouched = there.ask("ls", "/etc/vedette").returncode != 0
    for name, value in SECRETS.items():
        there.write(f"/etc/vedette/secrets/{name}", value)
    example = there.read("/share/first/systemd/vedette.env.example")
    for variable, value in {
        "DATA_SOURCE_URI": "127.0.0.1:5432/postgres?sslmode=disable",
        "DATA_SOURCE_USER": "watch",
        "REDIS_ADDR": "redis://127.0.0.1:6379",
    }.items():
        example = example.replace(f"{variable}=\n", f"{variable}={value}\n")
    there.write("/etc/vedette/vedette.env", example)
    there.write("/etc/vedette/postgres/queries.yml", "{}\n")
    there.run("chmod", "-R", "a+rX", "/etc/vedette/postgres")
    found.installed = there.run("sh", "/share/first/systemd/install.sh")
    return found


def start(there, found):
    run_beside(there)
    found.started = there.run("sh", "/etc/vedette/vedette.sh", "up")
    found.health = until(lambda: _all_up(there), 60, "all targets up")
    found.inside = until(lambda: values(there, "pg_up or redis_up") == ["1", "1"], 60, "both servers watched")
    sockets = there.run("ss", "-Hltn").splitlines()
    found.listening = {line.split()[3] for line in sockets}
    for unit in UNITS:
        said = there.show(unit, "MainPID", "User")
        seen = there.ask("ls", f"/proc/{said['MainPID']}/root/etc/vedette/secrets")
        found.shown[unit] = seen.stdout.split()
        found.users[unit] = there.run("ps", "-o", "user:40=", "-p", said["MainPID"]).strip()
    there.run("systemd-run", "--unit=bare", "--uid=node-exporter", "/usr/bin/prometheus-node-exporter",
              "--web.listen-address=127.0.0.1:9199")  # fmt: skip
    bare = until(lambda: _blind(there, 9199), 20)
    found.blind = (_blind(there, 9100), bare)
    there.run("systemctl", "stop", "bare")
    found.probes = until(lambda: values(there, "probe_success"), 20)


def run_beside(there):
    """A shop and a mail server, and a PostgreSQL and a Redis that want their passwords."""
    there.write("/run/open", "1")
    there.python("shop", "tests.plain_beside", "shop", "/run/open")
    there.python("mail", "tests.plain_beside", "mail", "/run/letters")
    there.run("systemd-sysusers", "--inline", "u postgres - - /var/lib/postgres")
    there.write("/etc/postgres_password", SECRETS["postgres_password"])
    there.run("chmod", "644", "/etc/postgres_password")
    begin = (
        f"{POSTGRES}/initdb -D /var/lib/postgres/data -U watch -A scram-sha-256 --pwfile=/etc/postgres_password"
        f" -N -E UTF8 --locale=C && exec {POSTGRES}/postgres -D /var/lib/postgres/data -k /tmp -c fsync=off"
    )
    there.run("systemd-run", "--unit=postgres", "-pUser=postgres", "-pStateDirectory=postgres", "sh", "-c", begin)
    there.run("systemd-run", "--unit=redis", "redis-server", "--bind", "127.0.0.1", "--requirepass", "hush-redis")


def alert(there, found):
    there.write("/run/open", "0")
    found.letter = until(lambda: _letter(there), 40, "a letter")
    there.write("/run/open", "1")
    there.run("systemctl", "kill", "--signal=KILL", "prometheus-alertmanager.service")


def change(there, found):
    good = there.read("/etc/vedette/prometheus/prometheus.yml")
    there.run("sh", "-c", "echo 'rule_files: {' >> /etc/vedette/prometheus/prometheus.yml")
    found.broken = there.ask("systemctl", "reload", "prometheus.service")
    found.kept = there.run("systemctl", "is-active", "prometheus.service").strip()
    there.run("sh", "-c", "cat > /etc/vedette/prometheus/prometheus.yml", text=good)
    found.changed = there.run("sh", "/share/second/systemd/install.sh")
    found.judged = until(lambda: _rules(there, 'shop_open{job="shop"} <= 1'), 20, "the new rule")


def stop(there, found):
    there.run("sh", "/etc/vedette/vedette.sh", "up")
    found.restarts = there.show("prometheus-alertmanager.service", "NRestarts")["NRestarts"]
    there.run("sh", "/etc/vedette/vedette.sh", "down")
    for unit in UNITS:
        found.stopped[unit] = there.show(unit, "ActiveState", "Result", "ExecMainCode", "ExecMainStatus")


def save(there, found):
    silence = ["amtool", "--alertmanager.url=http://127.0.0.1:9093", "silence"]
    name = there.run(*silence, "add", "--author=me", "--comment=quiet", "--duration=1h", "alertname=Quiet").strip()
    backup = there.run("sh", "/etc/vedette/vedette.sh", "backup", "/var/backups").strip()
    there.run("sh", "/etc/vedette/vedette.sh", "up")
    there.run("sh", "-c", "systemctl stop vedette.target; rm -rf /var/lib/alertmanager/* /var/lib/prometheus/metrics2")
    found.restored = there.run("sh", "/etc/vedette/vedette.sh", "restore", backup)
    there.run("sh", "/etc/vedette/vedette.sh", "up")
    found.silenced = there.run(*silence, "query", "--quiet").split() == [name]
    found.past = values(there, "count(count_over_time(up[10m]) > 1)")


def expose(there, found):
    there.run("ip", "address", "add", "10.9.9.9/32", "dev", "lo")
    found.unasked = there.ask("sh", "/share/exposed/systemd/install.sh").stderr
    there.run("sh", "/share/exposed/systemd/vedette.sh", "secure", "watch.example.com", "10.9.9.9")
    found.taken = there.run("sh", "/share/exposed/systemd/install.sh").splitlines()
    there.run("sh", "/etc/vedette/vedette.sh", "up")
    for port in (9090, 9091, 9093):
        url = f"https://10.9.9.9:{port}/-/ready"
        how = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
        pinned = ["--cacert", "/etc/vedette/secrets/web.crt"]
        login = f'user = "watch:{there.read("/etc/vedette/secrets/web_password")}"\n'
        found.secured[str(port)] = [
            there.ask(*how, *pinned, url).stdout,
            there.run(*how, *pinned, "--config", "-", url, text=login),
            there.ask(*how, url).stdout,
        ]
    found.secured["targets"] = until(lambda: _secure_targets(there), 30, "targets up by TLS")
    there.run("sh", "/etc/vedette/vedette.sh", "down")


def embed(there, found):
    """`vedette up` as a service, from where people put it: an environment of Python in /opt/vedette."""
    there.write(
        "/opt/vedette/bin/vedette",
        "#!/bin/sh\n"
        + "".join(f"export {key}={value}\n" for key, value in SETTINGS.items())
        + f'exec {PYTHON} -P -m vedette.cli "$@"\n',
    )
    there.run("chmod", "-R", "a+rX", "/opt/vedette")
    there.run("chmod", "755", "/opt/vedette/bin/vedette")
    found.swapped = there.run("sh", "/share/second/systemd/install.sh", "--embedded").splitlines()
    found.engine = there.run("sh", "/etc/vedette/vedette.sh", "up").splitlines()
    found.embedded = until(lambda: _all_up(there, 7373), 60, "all targets up on the embedded engine")
    there.run("systemctl", "start", "prometheus.service")  # Debian's own, as another package might
    found.instead = [there.ask("systemctl", "is-active", unit).stdout.strip() for unit in ENGINES]
    found.again = there.run("sh", "/share/first/systemd/install.sh").splitlines()
    found.instead += [there.ask("systemctl", "is-active", unit).stdout.strip() for unit in ENGINES]
    there.run("sh", "/etc/vedette/vedette.sh", "up")
    there.run("sh", "/etc/vedette/vedette.sh", "down")
    found.spoken = there.run("journalctl", "--unit=vedette", "--output=cat", "--no-pager")
    found.left = there.show("vedette.service", "ActiveState", "Result", "ExecMainStatus")
    there.run("systemctl", "isolate", "multi-user.target")  # what a machine does when it starts
    found.begun = until(lambda: _well(there), 60, "all well again")


def _all_up(there, port=9090):
    """Job → the state of each target, once all are up."""
    said = json.loads(there.run("curl", "-sf", f"http://127.0.0.1:{port}/api/v1/targets"))
    found: dict[str, list[str]] = {}
    for one in said["data"]["activeTargets"]:
        assert one["health"] == "up", f"{one['scrapeUrl']}: {one['lastError']}{there.journal()}"
        found.setdefault(one["labels"]["job"], []).append(one["health"])
    return found


def _well(there):
    said = there.ask("sh", "/etc/vedette/vedette.sh", "status")
    return [line.split()[0] for line in said.stdout.splitlines()] if said.returncode == 0 else None


def _letter(there):
    letters = [line for line in there.ask("cat", "/run/letters").stdout.splitlines() if "shop is closed" in line]
    assert letters, there.run("journalctl", "--no-pager", "--lines=20", "--unit=mail", "--unit=prometheus-alertmanager")
    return json.loads(letters[0])


def _secure_targets(there):
    login = f'user = "watch:{there.read("/etc/vedette/secrets/web_password")}"\n'
    url = "https://127.0.0.1:9090/api/v1/targets"
    pinned = ["--cacert", "/etc/vedette/secrets/web.crt", "--config", "-"]
    said = json.loads(there.run("curl", "-sf", *pinned, url, text=login))
    found = [f"{one['labels']['job']} {one['health']}" for one in said["data"]["activeTargets"]]
    return sorted(found) if found and all(one.endswith(" up") for one in found) else None


def values(there, query):
    asked = ["curl", "-sf", "--get", "--data-urlencode", f"query={query}", "http://127.0.0.1:9090/api/v1/query"]
    return [one["value"][1] for one in json.loads(there.run(*asked))["data"]["result"]]


def _rules(there, query):
    said = json.loads(there.run("curl", "-sf", "http://127.0.0.1:9090/api/v1/rules?type=alert"))
    return [rule["name"] for group in said["data"]["groups"] for rule in group["rules"] if rule["query"] == query]


def _blind(there, port):
    """What node_exporter cannot read."""
    page = there.run("curl", "-sf", f"http://127.0.0.1:{port}/metrics").splitlines()
    return {line for line in page if line.startswith("node_scrape_collector_success") and line.endswith(" 0")}
