"""The units of a plain host under a real systemd, with Debian's programs: installed, started, asked, told, stopped."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from tests.build.stacks import metric
from tests.plain_host import PYTHON, SETTINGS, plain_host
from tests.real import ROOT, SUITES, binary
from tests.started import until

from vedette.build import build, write
from vedette.catalog import Alert, Email, Environment, Pack, Probe, Service, Smtp, Stack, env
from vedette.packs import blackbox, host

pytestmark = pytest.mark.real

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
    instead: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with _host(tmp_path_factory) as there:
        found = _installed(there)
        _started(there, found)
        _alerted(there, found)
        _changed(there, found)
        _stopped(there, found)
    return found


@pytest.fixture(scope="module")
def reached(tmp_path_factory):
    """Another host: first as it is, then reached by others, then with the embedded engine."""
    with _host(tmp_path_factory) as there:
        found = _installed(there)
        _beside(there)
        there.run("sh", "/etc/vedette/vedette.sh", "up")
        until(lambda: _values(there, "count(count_over_time(up[1m]) > 1)") == ["7"], 60, "two scrapes of all")
        _saved(there, found)
        _exposed(there, found)
        _embedded(there, found)
    return found


@contextmanager
def _host(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    for name, declared in {"first": stack(), "second": stack(limit=1), "exposed": exposed()}.items():
        write(build(declared, "production"), folder / "share" / name)
    for program, version in PROGRAMS.values():
        binary(program, version)  # or this is skipped, and says why
    packages = [ROOT / f"{package}-{SUITES[version]}" for package, (_, version) in PROGRAMS.items()]
    packages += [ROOT / one for one in ("postgresql-15-bookworm", "redis-server-bookworm")]
    with plain_host(folder / "host", packages, {folder / "share": "/share"}) as there:
        yield there


def _installed(there):
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


def _started(there, found):
    _beside(there)
    found.started = there.run("sh", "/etc/vedette/vedette.sh", "up")
    found.health = until(lambda: _all_up(there), 60, "all targets up")
    found.inside = until(lambda: _values(there, "pg_up or redis_up") == ["1", "1"], 60, "both servers watched")
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
    found.probes = until(lambda: _values(there, "probe_success"), 20)


def _beside(there):
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


def _alerted(there, found):
    there.write("/run/open", "0")
    found.letter = until(lambda: _letter(there), 40, "a letter")
    there.write("/run/open", "1")
    there.run("systemctl", "kill", "--signal=KILL", "prometheus-alertmanager.service")


def _changed(there, found):
    good = there.read("/etc/vedette/prometheus/prometheus.yml")
    there.run("sh", "-c", "echo 'rule_files: {' >> /etc/vedette/prometheus/prometheus.yml")
    found.broken = there.ask("systemctl", "reload", "prometheus.service")
    found.kept = there.run("systemctl", "is-active", "prometheus.service").strip()
    there.run("sh", "-c", "cat > /etc/vedette/prometheus/prometheus.yml", text=good)
    found.changed = there.run("sh", "/share/second/systemd/install.sh")
    found.judged = until(lambda: _rules(there, 'shop_open{job="shop"} <= 1'), 20, "the new rule")


def _stopped(there, found):
    there.run("sh", "/etc/vedette/vedette.sh", "up")
    found.restarts = there.show("prometheus-alertmanager.service", "NRestarts")["NRestarts"]
    there.run("sh", "/etc/vedette/vedette.sh", "down")
    for unit in UNITS:
        found.stopped[unit] = there.show(unit, "ActiveState", "Result", "ExecMainCode", "ExecMainStatus")


def _saved(there, found):
    silence = ["amtool", "--alertmanager.url=http://127.0.0.1:9093", "silence"]
    name = there.run(*silence, "add", "--author=me", "--comment=quiet", "--duration=1h", "alertname=Quiet").strip()
    backup = there.run("sh", "/etc/vedette/vedette.sh", "backup", "/var/backups").strip()
    there.run("sh", "/etc/vedette/vedette.sh", "up")
    there.run("sh", "-c", "systemctl stop vedette.target; rm -rf /var/lib/alertmanager/* /var/lib/prometheus/metrics2")
    found.restored = there.run("sh", "/etc/vedette/vedette.sh", "restore", backup)
    there.run("sh", "/etc/vedette/vedette.sh", "up")
    found.silenced = there.run(*silence, "query", "--quiet").split() == [name]
    found.past = _values(there, "count(count_over_time(up[10m]) > 1)")


def _exposed(there, found):
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


def _embedded(there, found):
    """`vedette up` as a service, from where people put it: an environment of Python in /opt/vedette."""
    there.write(
        "/opt/vedette/bin/vedette",
        "#!/bin/sh\n"
        + "".join(f"export {key}={value}\n" for key, value in SETTINGS.items())
        + f'exec {PYTHON} -P -m vedette.cli "$@"\n',
    )
    there.run("chmod", "-R", "a+rX", "/opt/vedette")
    there.run("chmod", "755", "/opt/vedette/bin/vedette")
    there.run("sh", "/share/second/systemd/install.sh")
    there.run("sh", "/etc/vedette/vedette.sh", "up")
    there.run("systemctl", "start", "vedette.service")
    found.embedded = until(lambda: _all_up(there, 7373), 40, "all targets up on the embedded engine")
    for unit in ("prometheus", "prometheus-alertmanager", "prometheus-node-exporter"):
        found.instead[unit] = there.ask("systemctl", "is-active", unit).stdout.strip()
    there.run("systemctl", "stop", "vedette.service")
    found.instead |= there.show("vedette.service", "Result", "ExecMainStatus")


def _all_up(there, port=9090):
    """Job → the state of each target, once all are up."""
    said = json.loads(there.run("curl", "-sf", f"http://127.0.0.1:{port}/api/v1/targets"))
    found: dict[str, list[str]] = {}
    for one in said["data"]["activeTargets"]:
        assert one["health"] == "up", f"{one['scrapeUrl']}: {one['lastError']}{there.journal()}"
        found.setdefault(one["labels"]["job"], []).append(one["health"])
    return found


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


def _values(there, query):
    asked = ["curl", "-sf", "--get", "--data-urlencode", f"query={query}", "http://127.0.0.1:9090/api/v1/query"]
    return [one["value"][1] for one in json.loads(there.run(*asked))["data"]["result"]]


def _rules(there, query):
    said = json.loads(there.run("curl", "-sf", "http://127.0.0.1:9090/api/v1/rules?type=alert"))
    return [rule["name"] for group in said["data"]["groups"] for rule in group["rules"] if rule["query"] == query]


def _blind(there, port):
    """What node_exporter cannot read."""
    page = there.run("curl", "-sf", f"http://127.0.0.1:{port}/metrics").splitlines()
    return {line for line in page if line.startswith("node_scrape_collector_success") and line.endswith(" 0")}


def test_nothing_is_changed_while_something_is_missing_and_all_of_it_is_named(told):
    assert told.refused.returncode == 1
    assert told.untouched
    for name in ("TOKEN", "SMTP_PASSWORD", "postgres_password", "redis_passwords", "DATA_SOURCE_URI", "REDIS_ADDR"):
        assert name in told.refused.stderr
    assert "left out: grafana-server" in told.refused.stderr


def test_a_server_that_debian_has_started_is_taken_over(told):
    assert "restarted prometheus\n" in told.installed


def test_all_units_are_well_once_up_returns(told):
    lines = [line.split() for line in told.started.splitlines()]
    assert lines == [[unit, "active", "well"] for unit in _in_order(told)]


def _in_order(told):
    return [line.split()[0] for line in told.started.splitlines() if line.split()[0] in UNITS]


def test_all_targets_are_up_that_with_the_token_too(told):
    assert sorted(told.health) == ["batch", "db", "endpoints", "machine", "sessions", "shop"]


def test_the_exporters_log_in_with_the_passwords_that_they_are_shown(told):
    assert told.inside


def test_the_unit_may_ping(told):
    assert told.probes == ["1", "1"]


def test_everything_listens_on_this_machine_alone(told):
    assert {address.rpartition(":")[0] for address in told.listening} == {"127.0.0.1"}
    ports = {address.rpartition(":")[2] for address in told.listening}
    assert {"9090", "9091", "9093", "9100", "9115", "9121", "9187"} <= ports


def test_each_unit_sees_its_own_secrets_and_no_other(told):
    assert told.shown == {unit: SHOWN.get(unit, []) for unit in UNITS}


def test_no_unit_runs_as_root_and_no_two_as_the_same_user(told):
    assert "root" not in told.users.values()
    assert len(set(told.users.values())) == len(UNITS)


def test_the_sandbox_costs_node_exporter_nothing_that_it_could_read_without(told):
    here, bare = told.blind
    assert here == bare


def test_an_alert_is_mailed_through_a_login_with_the_secret(told):
    assert told.letter["to"] == ["oncall@example.com"]
    assert "The shop is closed" in str(told.letter["subject"])


def test_what_is_killed_is_started_again(told):
    assert told.restarts == "1"


def test_a_broken_configuration_is_refused_and_the_running_one_stays(told):
    assert told.broken.returncode != 0
    assert told.kept == "active"


def test_a_changed_threshold_is_read_without_a_restart(told):
    assert "reloaded prometheus\n" in told.changed
    assert "restarted" not in told.changed
    assert told.judged == ["ShopClosed"]


def test_all_stop_cleanly_when_told_to(told):
    for unit, said in told.stopped.items():
        assert said["ActiveState"] == "inactive", unit
        assert said["Result"] == "success", unit
        # 0, or ended by the signal, which is how the exporters leave it
        assert (said["ExecMainCode"], said["ExecMainStatus"]) in {("1", "0"), ("2", "15")}, unit
    for unit in ("prometheus", "prometheus-alertmanager", "prometheus-pushgateway"):
        assert told.stopped[unit]["ExecMainStatus"] == "0", unit


def test_the_units_are_closed_by_the_measure_of_systemd(tmp_path):
    """Of 10, where a unit without any of it has 9.6; a sandbox that has lost an option has more than this."""
    write(build(stack(), "production"), tmp_path)
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not on this machine")
    for unit in UNITS:
        path = tmp_path / "systemd" / "units" / f"{unit}.service"
        said = subprocess.run(
            [program, "security", "--offline=true", "--no-pager", "--threshold=22", path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == 0, f"{unit}: {said.stdout[-200:]}{said.stderr}"


@pytest.mark.proof
def test_a_backup_brings_back_the_silences_and_the_samples(reached):
    assert {"restored prometheus", "restored prometheus-alertmanager"} <= set(reached.restored.splitlines())
    assert reached.silenced
    assert reached.past == ["7"]


@pytest.mark.proof
def test_what_others_can_reach_wants_a_certificate_a_key_and_passwords_first(reached):
    for name in ("web.yml", "web.crt", "web.key", "web_password"):
        assert f"/etc/vedette/secrets/{name}" in reached.unasked


@pytest.mark.proof
def test_what_others_can_reach_refuses_who_has_no_password_and_who_does_not_know_it_refuses_it(reached):
    for port in ("9090", "9091", "9093"):
        assert reached.secured[port] == ["401", "200", "000"]


@pytest.mark.proof
def test_prometheus_reads_what_wants_a_password(reached):
    assert reached.secured["targets"] == ["batch up", "self up"]


@pytest.mark.proof
def test_an_exporter_that_no_target_names_any_more_is_stopped_and_its_unit_removed(reached):
    assert "stopped prometheus-node-exporter" in reached.taken


@pytest.mark.proof
def test_the_embedded_engine_runs_as_a_service_in_place_of_prometheus_and_alertmanager(reached):
    assert sorted(reached.embedded) == ["batch", "db", "endpoints", "machine", "sessions", "shop"]
    assert reached.instead == {
        "prometheus": "inactive",
        "prometheus-alertmanager": "inactive",
        "prometheus-node-exporter": "active",
        "Result": "success",
        "ExecMainStatus": "0",
    }
