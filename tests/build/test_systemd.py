"""The target of a plain host: which units and secrets, what they may, where they listen, and what is refused."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.build.stacks import minimal

from vedette.build import build, write
from vedette.build.systemd.servers import EXPORTERS, SERVERS
from vedette.build.systemd.units import VENDORS
from vedette.catalog import Email, Environment, Grafana, Oidc, PagerDuty, Probe, Service, Smtp, Stack, env
from vedette.cli.build import Choice
from vedette.errors import DeclarationError
from vedette.packs import blackbox, host, http, postgresql, redis

REPOSITORY = Path(__file__).parents[2]
HUSHED = {"PD_KEY": "hush-pager", "SMTP_PASSWORD": "hush-mail", "TOKEN": "hush-token"}
BROKEN = re.compile(r"Unknown|Failed to parse|Invalid|ignoring", re.IGNORECASE)


def production(**changes):
    given = {
        "alertmanagers": ["127.0.0.1:9093"],
        "secrets": "/etc/vedette/secrets",
        "smtp": Smtp("mail.example.com", username="watch", password=env("SMTP_PASSWORD")),
        "platforms": ["systemd"],
    }
    return Environment("production", **(given | changes))


def stack(environment=None):
    """Every exporter that a plain host can have."""
    return Stack(
        name="shop",
        services=[
            Service("shop", ["127.0.0.1:8000"], [http], token=env("TOKEN")),
            Service("machine", ["localhost:9100", "10.0.0.7:9100"], [host]),
            Service("db", ["127.0.0.1:9187"], [postgresql]),
            Service("sessions", ["[::1]:9121"], [redis]),
            Service("batch", ["localhost:9091"]),
            Service("endpoints", ["127.0.0.1:9115"], [blackbox], probes=[Probe("https://shop.example/health")]),
        ],
        notify=[PagerDuty(env("PD_KEY")), Email("oncall@example.com")],
        environments=[environment or production()],
    )


def small(**changes):
    """One service on another machine, and nobody told."""
    services = [Service("shop", ["10.0.0.5:8000"], [http])]
    return Stack(services=services, environments=[production(smtp=None, **changes)])


@pytest.fixture(scope="module")
def built():
    return build(stack(), "production")


def unit(files, name):
    """Section → key → its values; the lines of a unit as systemd joins them."""
    found: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in files[f"systemd/units/{name}"].replace("\\\n", "").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line:
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(" ".join(value.split()))
    return found


def test_there_are_no_units_unless_the_environment_asks_for_them():
    assert not [path for path in build(minimal()) if path.startswith("systemd/")]
    with_them, without = build(small(), "production"), build(small(platforms=()), "production")
    assert {path: text for path, text in with_them.items() if not path.startswith("systemd/")} == without


def test_another_process_builds_the_same_bytes(built):
    code = (
        "from tests.build.test_systemd import stack; from vedette.build import build; import hashlib\n"
        "print(hashlib.sha256(repr(build(stack(), 'production')).encode()).hexdigest(), end='')"
    )
    other = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "4242"},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout == hashlib.sha256(repr(built).encode()).hexdigest()


def test_an_exporter_has_a_unit_where_a_target_names_its_port_on_this_machine(built):
    names = {path.removeprefix("systemd/units/") for path in built if path.startswith("systemd/units/")}
    always = {f"{name}.service" for name in SERVERS} | {"vedette.target", "vedette.service", "jaeger.service"}
    always |= {f"{name}.service.d/vedette.conf" for name in VENDORS if name != "jaeger"}
    assert names == always | {f"{name}.service" for name in EXPORTERS}
    alone = build(small(), "production")
    assert {path.removeprefix("systemd/units/") for path in alone if path.startswith("systemd/units/")} == always
    wanted = unit(built, "vedette.target")["Unit"]["Wants"]
    assert wanted == [f"{name}.service" for name in (*SERVERS, "vedette", *EXPORTERS, *VENDORS)]


def test_grafana_is_looked_for_by_the_program_that_its_package_goes_on_bringing(built):
    assert re.search(r"^grafana-server\|no\|/usr/sbin/grafana\|", built["systemd/parts"], re.MULTILINE)


def test_every_unit_goes_with_the_target_and_is_started_again_whatever_happens(built):
    for name in (*SERVERS, *EXPORTERS, "jaeger"):
        found = unit(built, f"{name}.service")
        assert found["Unit"]["PartOf"] == ["vedette.target"], name
        assert found["Service"]["Restart"] == ["always"], name
        assert found["Unit"]["StartLimitIntervalSec"] == ["0"], name
    for name in VENDORS:
        if name != "jaeger":
            assert unit(built, f"{name}.service.d/vedette.conf")["Unit"]["PartOf"] == ["vedette.target"]


def test_every_unit_is_shut_in_and_limited(built):
    for name in (*SERVERS, *EXPORTERS, "jaeger", "vedette"):
        own = unit(built, f"{name}.service")["Service"]
        for key in ("NoNewPrivileges", "PrivateTmp", "PrivateDevices", "RestrictNamespaces", "MemoryDenyWriteExecute"):
            assert own[key] == ["yes"], f"{name}: {key}"
        assert own["ProtectSystem"] == ["strict"], name
        assert own["SystemCallFilter"][:2] == ["@system-service", "~@privileged @resources"], name
        assert own.get("DynamicUser") == ["yes"] or own["User"] != ["root"], name
        assert {"CPUQuota", "MemoryMax", "TasksMax"} <= own.keys(), name
        ping = name == "prometheus-blackbox-exporter"
        assert own["CapabilityBoundingSet"] == (["CAP_NET_RAW"] if ping else [""]), name


def test_everything_listens_on_this_machine_alone_unless_asked(built):
    for name in (*SERVERS, *EXPORTERS):
        (command,) = unit(built, f"{name}.service")["Service"]["ExecStart"]
        assert re.search(r"--web\.listen-address=(\S+)", command)[1].startswith("127.0.0.1:"), name
        assert "web.config.file" not in command
    for path in ("loki/loki.yaml", "jaeger/config.yaml", "alloy/config.alloy"):
        assert "0.0.0.0" not in built[f"systemd/{path}"], path


def test_no_two_things_listen_on_the_same_port(built):
    jaeger = yaml.safe_load(built["systemd/jaeger/config.yaml"])
    loki = yaml.safe_load(built["systemd/loki/loki.yaml"])["server"]
    alloy = re.findall(r'grpc \{\s+endpoint = "127.0.0.1:(\d+)"', built["systemd/alloy/config.alloy"])
    alloy += re.findall(r'  http \{\s+endpoint = "127.0.0.1:(\d+)"', built["systemd/alloy/config.alloy"])
    query = jaeger["extensions"]["jaeger_query"]
    ports = [str(server.port) for server in (*SERVERS.values(), *EXPORTERS.values())]
    ports += [str(port) for _, port, *_ in VENDORS.values()]
    ports += [str(loki["grpc_listen_port"]), *alloy]
    ports += [query[how]["endpoint"].rpartition(":")[2] for how in ("http", "grpc")]
    ports += [one["endpoint"].rpartition(":")[2] for one in jaeger["receivers"]["otlp"]["protocols"].values()]
    assert len(ports) == len(set(ports)) == 17


def test_loki_asks_its_own_parts_where_it_listens_and_needs_no_look_at_the_networks_of_the_host(built):
    loki = yaml.safe_load(built["systemd/loki/loki.yaml"])
    assert loki["common"]["instance_addr"] == loki["server"]["grpc_listen_address"] == "127.0.0.1"
    (families,) = unit(built, "loki.service.d/vedette.conf")["Service"]["RestrictAddressFamilies"]
    assert "AF_NETLINK" not in families  # by which a process lists them


def test_a_unit_is_shown_its_own_secrets_by_file_where_its_configuration_reads_them(built):
    loaded = {
        name: [one.partition(":")[0] for one in unit(built, f"{name}.service")["Service"].get("LoadCredential", [])]
        for name in (*SERVERS, *EXPORTERS)
    }
    assert {name: found for name, found in loaded.items() if found} == {
        "prometheus": ["TOKEN"],
        "prometheus-alertmanager": ["SMTP_PASSWORD", "PD_KEY"],
        "prometheus-postgres-exporter": ["postgres_password"],
        "prometheus-redis-exporter": ["redis_passwords"],
    }
    for name, found in loaded.items():
        own = unit(built, f"{name}.service")["Service"]
        where = own.get("BindReadOnlyPaths", own.get("InaccessiblePaths"))
        assert where == (["%d:/etc/vedette/secrets"] if found else ["-/etc/vedette/secrets"]), name
    assert "/etc/vedette/secrets/TOKEN" in built["prometheus/prometheus.yml"]


def test_no_built_file_holds_a_secret(monkeypatch):
    for name, value in HUSHED.items():
        monkeypatch.setenv(name, value)
    for path, text in build(stack(), "production").items():
        assert "hush" not in text, path


def test_a_change_of_an_address_is_one_line_of_the_unit():
    before = build(small(), "production")["systemd/units/prometheus.service"].splitlines()
    after = build(small(listen={"prometheus": "127.0.0.1:9095"}), "production")
    changed = after["systemd/units/prometheus.service"].splitlines()
    assert [line for line in changed if line not in before] == ["    --web.listen-address=127.0.0.1:9095 \\"]
    assert "127.0.0.1:9095" in after["systemd/grafana/provisioning/datasources/vedette.yaml"]
    assert "127.0.0.1:9095/api/v1/write" in after["systemd/alloy/config.alloy"]


@pytest.fixture(scope="module")
def exposed():
    listen = {"prometheus": "0.0.0.0:9090", "alertmanager": "10.0.0.5:9093", "pushgateway": "[::]:9091"}
    return build(stack(production(alertmanagers=["10.0.0.5:9093"], listen=listen)), "production")


def test_what_others_can_reach_has_a_web_configuration_among_its_secrets(exposed):
    for name in ("prometheus", "prometheus-alertmanager", "prometheus-pushgateway"):
        own = unit(exposed, f"{name}.service")["Service"]
        assert own["ExecStart"][0].endswith("--web.config.file=/etc/vedette/secrets/web.yml"), name
        assert {f"{one}:/etc/vedette/secrets/{one}" for one in ("web.yml", "web.crt", "web.key")} <= set(
            own["LoadCredential"]
        ), name


def test_who_asks_it_shows_a_password_and_wants_to_see_the_certificate(exposed):
    config = yaml.safe_load(exposed["prometheus/prometheus.yml"])
    login = {
        "scheme": "https",
        "basic_auth": {"username": "watch", "password_file": "/etc/vedette/secrets/web_password"},
        "tls_config": {"ca_file": "/etc/vedette/secrets/web.crt"},
    }
    assert login.items() <= config["alerting"]["alertmanagers"][0].items()
    by_name = {one["job_name"]: one for one in config["scrape_configs"]}
    assert login.items() <= by_name["batch"].items()
    assert "basic_auth" not in by_name["machine"]
    sources = yaml.safe_load(exposed["systemd/grafana/provisioning/datasources/vedette.yaml"])["datasources"]
    addresses = {one["uid"]: (one["url"], one.get("basicAuthUser")) for one in sources}
    assert addresses["prometheus"] == ("https://127.0.0.1:9090", "watch")
    assert addresses["alertmanager"] == ("https://10.0.0.5:9093", "watch")
    assert addresses["loki"] == ("http://127.0.0.1:3100", None)
    assert 'password_file = "/etc/vedette/secrets/web_password"' in exposed["systemd/alloy/config.alloy"]


def test_the_login_of_grafana_is_in_its_drop_in_with_the_secret_by_file():
    login = Oidc(
        "Our login",
        client_id="grafana",
        client_secret=env("GRAFANA_CLIENT"),
        authorize="https://id.example/authorize",
        token="https://id.example/token",
        userinfo="https://id.example/userinfo",
        roles={"ops": "Admin"},
    )
    files = build(small(grafana=Grafana(login=login), grafana_url="https://grafana.example"), "production")
    own = unit(files, "grafana-server.service.d/vedette.conf")["Service"]
    assert "GRAFANA_CLIENT:/etc/vedette/secrets/GRAFANA_CLIENT" in own["LoadCredential"]
    assert '"GF_AUTH_GENERIC_OAUTH_NAME=Our login"' in own["Environment"]
    assert '"GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET=$__file{/etc/vedette/secrets/GRAFANA_CLIENT}"' in own["Environment"]
    assert '"GF_SECURITY_COOKIE_SECURE=true"' in own["Environment"]
    assert '"GF_SECURITY_ADMIN_PASSWORD=$__file{%d/grafana_admin_password}"' in own["Environment"]
    assert "|grafana_admin_password grafana_secret_key GRAFANA_CLIENT|" in files["systemd/parts"]


REFUSED = {
    "no Alertmanager": (lambda: small(alertmanagers=[]), r"write alertmanagers=\['127.0.0.1:9093'\]"),
    "that of a container": (lambda: small(alertmanagers=["alertmanager:9093"]), "Alertmanager of this machine"),
    "a relative folder of secrets": (lambda: small(secrets=".vedette/secrets"), "write secrets='/etc/vedette/secrets'"),
    "secrets with a space": (lambda: small(secrets="/etc/our secrets"), "cannot name"),
    "secrets at home": (lambda: small(secrets="/home/shop/secrets"), "which the units do not see"),
    "a server that may not": (lambda: production(listen={"grafana": "0.0.0.0:3000"}), "has 'grafana' in listen"),
    "no port": (lambda: production(listen={"prometheus": "0.0.0.0"}), "write the port, too"),
    "no units": (lambda: production(platforms=(), listen={"prometheus": "0.0.0.0:9090"}), r"platforms=\['systemd'\]"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_units_could_not_keep_is_refused_with_its_place(what):
    declare, message = REFUSED[what]
    with pytest.raises(DeclarationError, match=message) as refused:
        build(declare(), "production")
    assert "test_systemd.py:" in str(refused.value)


def test_vedette_up_on_such_an_environment_is_without_units_and_asks_for_no_password(tmp_path):
    declared = small(listen={"prometheus": "0.0.0.0:9090", "alertmanager": "0.0.0.0:9093"})
    here = Choice(declared, declared.environment("production")).here("http://127.0.0.1:7373", tmp_path)
    files = here.files()
    assert not [path for path in files if path.startswith("systemd/")]
    assert "basic_auth" not in files["prometheus/prometheus.yml"]


def test_a_certificate_and_a_password_can_be_made_before_anything_is_installed(tmp_path):
    secrets = tmp_path / "secrets"
    listen = {"prometheus": "0.0.0.0:9090"}
    write(build(small(listen=listen), "production"), tmp_path / "out")
    folders = tmp_path / "out" / "systemd" / "tmpfiles.d" / "vedette.conf"
    folders.write_text(folders.read_text("utf-8").replace("/etc/vedette/secrets", str(secrets)), "utf-8")
    script = tmp_path / "out" / "systemd" / "vedette.sh"
    made = subprocess.run(["sh", script, "secure", "watch.example.com"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert {one.name for one in secrets.iterdir()} == {"web.crt", "web.key", "web.yml", "web_password"}
    asked = subprocess.run(["sh", script], capture_output=True, text=True, check=False)
    assert (asked.returncode, "secure NAME" in asked.stderr) == (2, True), asked.stderr


@pytest.mark.parametrize("name", ["install.sh", "vedette.sh", "backup.sh"])
def test_the_scripts_are_without_what_shellcheck_finds(built, tmp_path, name):
    write(built, tmp_path)
    program = Path(sys.executable).parent / "shellcheck"
    checked = subprocess.run([program, tmp_path / "systemd" / name], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_systemd_knows_every_option_of_every_unit_and_drop_in(exposed, tmp_path):
    """What it says of programs that are not on this machine is left out."""
    write(exposed, tmp_path)
    units = tmp_path / "systemd" / "units"
    for name in VENDORS:  # what a package brings, for the drop-in to be added to
        if name != "jaeger":
            (units / f"{name}.service").write_text("[Service]\nExecStart=/bin/true\n")
    found = said_of(units)
    assert not [line for line in found if BROKEN.search(line)], found
    (units / "prometheus.service").write_text("[Service]\nExecStart=/bin/true\nProtectSytem=strict\n")
    assert [line for line in said_of(units) if BROKEN.search(line)]


def said_of(units):
    program = "/usr/bin/systemd-analyze"
    if not Path(program).exists():
        pytest.skip("systemd-analyze is not on this machine")
    files = [str(path) for path in sorted(units.iterdir()) if path.is_file()]
    checked = subprocess.run(
        [program, "verify", "--man=no", *files], capture_output=True, text=True, check=False, cwd=units
    )
    return checked.stderr.splitlines()
