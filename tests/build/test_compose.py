"""The Docker Compose project of a build: valid, whole, pinned, closed to the outside, without a secret."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
import yaml
from tests.build.stacks import minimal

from vedette.build import build, write
from vedette.build.compose.services import ALWAYS, NAMED
from vedette.build.images import IMAGES
from vedette.catalog import Email, Environment, PagerDuty, Probe, Service, Slack, Smtp, Stack, Webhook, env
from vedette.cli.build import Choice
from vedette.errors import DeclarationError
from vedette.packs import blackbox, containers, host, http, postgresql, redis

ROOT = Path(__file__).parents[2]
SECRETS = {"SLACK_WEBHOOK": "hush-slack", "PD_KEY": "hush-pager", "SMTP_PASSWORD": "hush-mail", "TOKEN": "hush-token"}
OF_THE_MACHINE = {"/", "/var/lib/docker", "/var/lib/docker/containers", "/var/run", "/sys"}


def production(**changes):
    given = {
        "alertmanagers": ["alertmanager:9093"],
        "secrets": "/run/secrets",
        "smtp": Smtp("mail.example.com", username="watch", password=env("SMTP_PASSWORD")),
        "platforms": ["compose"],
    }
    return Environment("production", **(given | changes))


def stack(environment=None):
    """Every service that a compose project can have."""
    return Stack(
        name="Shop.eu",
        services=[
            Service("shop", ["host.docker.internal:8000"], [http], token=env("TOKEN")),
            Service("machine", ["node-exporter:9100"], [host]),
            Service("containers", ["cadvisor:8080"], [containers]),
            Service("db", ["postgres-exporter:9187"], [postgresql]),
            Service("sessions", ["redis-exporter:9121"], [redis]),
            Service("batch", ["pushgateway:9091"]),
            Service(
                "endpoints",
                ["blackbox-exporter:9115"],
                [blackbox],
                probes=[Probe("https://shop.example/health"), Probe("gateway", "icmp")],
            ),
        ],
        notify=[Slack(env("SLACK_WEBHOOK"), channel="#shop"), PagerDuty(env("PD_KEY")), Email("oncall@example.com")],
        environments=[environment or production()],
    )


@pytest.fixture(scope="module")
def built():
    return build(stack(), "production")


@pytest.fixture(scope="module")
def project(built):
    return yaml.safe_load(built["compose/docker-compose.yml"])


def small(**changes):
    """One service that a container can reach, and nobody told."""
    services = [Service("shop", ["shop:8000"], [http])]
    environment = production(smtp=None, **changes)
    return Stack(services=services, environments=[environment])


def test_there_is_no_compose_project_unless_the_environment_asks_for_one():
    assert not [path for path in build(minimal()) if path.startswith("compose/")]
    with_it, without = build(small(), "production"), build(small(platforms=()), "production")
    assert {path: text for path, text in with_it.items() if not path.startswith("compose/")} == without


def test_a_platform_that_does_not_exist_is_refused_with_the_one_that_was_meant():
    with pytest.raises(
        DeclarationError, match=r"has 'compse' in platforms.*there is compose.*; did you mean 'compose'"
    ):
        Environment("x", platforms=["compse"])
    with pytest.raises(DeclarationError, match=r"write a list: \['compose'\]"):
        Environment("x", platforms="compose")


def test_two_processes_build_the_same_bytes():
    code = (
        "from tests.build.test_compose import stack; from vedette.build import build; import hashlib\n"
        "print(hashlib.sha256(repr(build(stack(), 'production')).encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    }
    assert len(found) == 1


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.dev.yml", "docker-compose.production.yml"])
def test_each_compose_file_is_valid_by_the_published_schema(built, tmp_path, name):
    write(built, tmp_path)
    checked = _check_schema(tmp_path / "compose" / name)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_schema_would_find_a_misspelt_key(built, tmp_path):
    broken = tmp_path / "broken.yml"
    broken.write_text(built["compose/docker-compose.yml"].replace("healthcheck:", "healthchek:", 1))
    assert _check_schema(broken).returncode == 1


def _check_schema(path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_service_is_there_that_a_target_names_and_no_other(project):
    assert set(project["services"]) == {*ALWAYS, *NAMED}
    assert set(yaml.safe_load(build(small(), "production")["compose/docker-compose.yml"])["services"]) == set(ALWAYS)


def test_every_image_is_pinned_to_a_version_and_says_where_that_was_seen(built):
    for name, image in IMAGES.items():
        assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+(-alpine)?", image.reference), name
        assert image.source.startswith("https://"), name
    used = re.findall(r"image: (\S+)", built["compose/docker-compose.yml"] + built["compose/docker-compose.dev.yml"])
    assert len(set(used)) == len(used) == len({*ALWAYS, *NAMED, "mailpit"})
    assert set(used) <= {image.reference for image in IMAGES.values()}


def test_every_file_that_is_mounted_is_in_the_build_and_is_only_read(built, project):
    for name, service in project["services"].items():
        for mount in service.get("volumes", []):
            if mount["type"] == "volume":
                assert mount["source"] in project["volumes"], name
                continue
            assert mount["read_only"] is True, name
            assert mount["bind"]["create_host_path"] is False, name
            source = mount["source"]
            if source.startswith("."):
                inside = os.path.normpath(PurePosixPath("compose", source))
                assert any(path.startswith(f"{inside}/") for path in built), f"{name}: {source}"
            else:
                assert source in OF_THE_MACHINE or source.startswith("${POSTGRES_QUERIES:?"), f"{name}: {source}"


def test_every_configuration_that_a_command_names_is_mounted_there(built, project):
    for name, service in project["services"].items():
        named = [part.rpartition("=")[2] for part in service.get("command", []) if "/etc/" in part]
        for path in named:
            mount = next(one for one in service["volumes"] if PurePosixPath(path).is_relative_to(one["target"]))
            if mount["source"].startswith("."):
                below = PurePosixPath(path).relative_to(mount["target"])
                assert os.path.normpath(PurePosixPath("compose", mount["source"], below)) in built, f"{name}: {path}"


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.dev.yml", "docker-compose.production.yml"])
def test_nothing_is_published_beyond_this_machine(built, name):
    services = yaml.safe_load(built[f"compose/{name}"])["services"]
    for service, own in services.items():
        assert all(port.startswith("127.0.0.1:") for port in own.get("ports", [])), service
        assert "network_mode" not in own, service
        assert not own.get("privileged"), service
        assert not any("docker.sock" in str(mount) for mount in own.get("volumes", [])), service


def test_what_need_not_reach_the_outside_is_on_the_inner_network_alone(project):
    assert project["networks"] == {"inside": {"internal": True}, "outside": {}}
    alone = {name for name, own in project["services"].items() if own["networks"] == ["inside"]}
    assert alone == {"loki", "node-exporter", "cadvisor"}


def test_every_service_is_hardened_limited_and_asked_for_its_health(built, project):
    mailpit = yaml.safe_load(built["compose/docker-compose.dev.yml"])["services"]["mailpit"]
    for name, own in {**project["services"], "mailpit": mailpit}.items():
        assert own["read_only"] is True, name
        assert own["security_opt"] == ["no-new-privileges:true"], name
        assert own["cap_drop"] == ["ALL"], name
        assert "cap_add" not in own, name
        assert own["healthcheck"]["test"][0] == "CMD", name
        assert own["logging"]["options"] == {"max-size": "10m", "max-file": "3", "tag": name}
        assert set(own["deploy"]["resources"]["limits"]) == {"cpus", "memory"}, name
    limits = {name: own["deploy"]["resources"]["limits"] for name, own in project["services"].items()}
    assert limits["prometheus"] == {"cpus": "1", "memory": "1G"}
    assert limits["grafana"] == {"cpus": "1", "memory": "512M"}
    assert limits["alertmanager"] == {"cpus": "0.5", "memory": "256M"}
    assert {own["restart"] for own in project["services"].values()} == {"unless-stopped"}


def test_each_service_sees_its_own_secrets_at_the_paths_that_its_configuration_reads(built, project):
    shown = {
        name: {one["source"]: one["target"] for one in own["secrets"]}
        for name, own in project["services"].items()
        if "secrets" in own
    }
    assert set(shown) == {"prometheus", "alertmanager", "grafana", "postgres-exporter", "redis-exporter"}
    assert set(shown["prometheus"]) == {"TOKEN"}
    assert set(shown["alertmanager"]) == {"SLACK_WEBHOOK", "PD_KEY", "SMTP_PASSWORD"}
    for name in ("prometheus", "alertmanager"):
        for path in shown[name].values():
            assert path in built[f"{name}/{name}.yml"]
    assert set(project["secrets"]) == {secret for own in shown.values() for secret in own}
    assert set(json.loads(built["vedette.json"])["secrets"]) == set(SECRETS)


def test_no_built_file_holds_a_secret_or_a_default_password(monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for path, text in build(stack(), "production").items():
        assert "hush" not in text, path
    example = build(stack(), "production")["compose/.env.example"].splitlines()
    filled = {line for line in example if "=" in line and not line.startswith("#") and not line.endswith("=")}
    assert filled == {"PROMETHEUS_RETENTION=30d", "PROMETHEUS_RETENTION_SIZE=8GB"}


def test_every_variable_without_a_default_is_demanded_and_stands_in_the_template(built):
    text = "".join(built[path] for path in built if path.startswith("compose/docker-compose"))
    used = re.findall(r"\$\{(\w+)(:[?-])?", text)
    assert all(how for _, how in used)
    template = {line.partition("=")[0] for line in built["compose/.env.example"].splitlines() if line[:1].isupper()}
    assert template == {name for name, _ in used}
    assert "POSTGRES_URI" not in build(small(), "production")["compose/.env.example"]


def test_grafana_is_closed_and_tells_nobody_of_itself(project):
    settings = project["services"]["grafana"]["environment"]
    assert settings["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert settings["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert settings["GF_ANALYTICS_REPORTING_ENABLED"] == "false"
    assert settings["GF_ANALYTICS_CHECK_FOR_UPDATES"] == "false"
    assert "GF_SECURITY_ADMIN_PASSWORD" not in settings
    assert settings["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana_admin_password"
    assert settings["GF_SECURITY_SECRET_KEY__FILE"] == "/run/secrets/grafana_secret_key"


def test_an_exemplar_leads_to_its_trace_a_trace_to_its_logs_and_a_log_to_its_trace(built, project):
    found = yaml.safe_load(built["compose/grafana/provisioning/datasources/vedette.yaml"])["datasources"]
    by_uid = {one["uid"]: one for one in found}
    assert set(by_uid) == {"prometheus", "alertmanager", "loki", "jaeger"}
    assert [one["uid"] for one in found if one.get("isDefault")] == ["prometheus"]
    exemplars = by_uid["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert exemplars == [{"name": "trace_id", "datasourceUid": "jaeger"}]
    logs = by_uid["jaeger"]["jsonData"]["tracesToLogsV2"]
    assert (logs["datasourceUid"], logs["filterByTraceID"]) == ("loki", True)
    fields = by_uid["loki"]["jsonData"]["derivedFields"]
    assert {(one["datasourceUid"], one["url"]) for one in fields} == {("jaeger", "$${__value.raw}")}
    printed = re.compile(next(one["matcherRegex"] for one in fields if one.get("matcherType") != "label"))
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    for line in (f'{{"trace_id": "{trace}"}}', f"GET / trace_id={trace} 200", f'{{"traceId":"{trace}"}}'):
        assert printed.search(line)[1] == trace
    for one in found:  # every address is a service of the project
        assert one["url"].removeprefix("http://").partition(":")[0] in project["services"]


def test_the_dashboards_are_in_the_folder_of_the_stack(built, project):
    provider = yaml.safe_load(built["compose/grafana/provisioning/dashboards/vedette.yaml"])["providers"][0]
    assert provider["folder"] == "Shop.eu"
    targets = {mount["target"]: mount["source"] for mount in project["services"]["grafana"]["volumes"]}
    assert targets[provider["options"]["path"]] == "../grafana/dashboards"
    assert project["name"] == "shop-eu"


def test_every_server_learns_of_files_that_have_changed(built, project):
    told = re.search(r"^RELOADS='(.*)'$", built["compose/vedette.sh"], re.MULTILINE)[1].split()
    for name, own in project["services"].items():
        shared = {one["source"] for one in own.get("volumes", ()) if one["source"].startswith("../")}
        assert name in told or shared <= {"../grafana/dashboards"}, name  # at which Grafana looks by itself
    marked = {name for name, own in project["services"].items() if "labels" in own}
    assert marked == {"grafana", "loki", "jaeger", "alloy"}  # what reads files at its start alone
    assert not marked & set(told)


def test_what_reads_files_at_its_start_alone_is_made_anew_where_they_have_changed_and_nothing_else(project):
    slower = stack(production(scrape_interval="20s"))  # of which a data source tells Grafana
    later = yaml.safe_load(build(slower, "production")["compose/docker-compose.yml"])
    changed = {name for name, own in later["services"].items() if own != project["services"][name]}
    assert changed == {"grafana"}


def test_alloy_sends_to_services_of_the_project(built, project):
    sent = re.findall(r'(?:endpoint|url) *= "(?:http://)?([\w-]+):', built["compose/alloy/config.alloy"])
    assert set(sent) - {"0"} == {"prometheus", "loki", "jaeger"}
    jaeger = yaml.safe_load(built["compose/jaeger/config.yaml"])
    stores = jaeger["extensions"]["jaeger_storage"]["backends"]
    assert jaeger["exporters"]["jaeger_storage_exporter"]["trace_storage"] in stores
    assert jaeger["extensions"]["jaeger_query"]["storage"]["traces"] in stores
    loki = yaml.safe_load(built["compose/loki/loki.yaml"])
    assert loki["analytics"] == {"reporting_enabled": False}
    assert loki["common"]["instance_addr"] == "127.0.0.1"  # its parts ask each other, whatever its networks are
    assert set(project["volumes"]) == {
        "prometheus",
        "alertmanager",
        "grafana",
        "loki",
        "jaeger",
        "alloy",
        "pushgateway",
    }


def test_the_overlays_change_only_services_that_are_there_and_add_the_mail_catcher_at_the_desk(built, project):
    desk = yaml.safe_load(built["compose/docker-compose.dev.yml"])["services"]
    shipped = yaml.safe_load(built["compose/docker-compose.production.yml"])["services"]
    assert set(desk) == {*project["services"], "mailpit"}
    assert set(shipped) == set(project["services"])
    assert {own["restart"] for own in shipped.values()} == {"always"}
    assert shipped["grafana"]["environment"]["GF_SECURITY_COOKIE_SECURE"] == "true"


REFUSED = {
    "a target": (
        Stack(services=[Service("shop", ["localhost:8000"], [http])], environments=[production(smtp=None)]),
        r"service 'shop' has 'localhost:8000'.*write 'host.docker.internal:8000'",
    ),
    "an Alertmanager": (small(alertmanagers=["127.0.0.1:9093"]), "has '127.0.0.1:9093' in alertmanagers"),
    "no Alertmanager": (small(alertmanagers=[]), r"write alertmanagers=\['alertmanager:9093'\]"),
    "the mail server": (stack(production(smtp=None)), "sends mail through localhost.*'mailpit', 1025"),
    "a webhook": (
        Stack(
            services=[Service("shop", ["shop:8000"], [http])],
            notify=[Webhook("http://127.0.0.1:9000/alerts")],
            environments=[production(smtp=None)],
        ),
        "Webhook has '127.0.0.1:9000'",
    ),
    "a relative folder of secrets": (
        stack(production(secrets=".vedette/secrets")),
        "write secrets='/run/secrets'",
    ),
    "secrets inside a folder that is mounted": (
        stack(production(secrets="/etc/prometheus/secrets")),
        "write secrets='/run/secrets'",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_means_something_else_in_a_container_is_refused_with_its_place(what):
    declared, message = REFUSED[what]
    with pytest.raises(DeclarationError, match=message) as refused:
        build(declared, "production")
    assert "test_compose.py:" in str(refused.value)


def test_vedette_up_on_such_an_environment_is_without_the_project(tmp_path):
    declared = small()
    here = Choice(declared, declared.environment("production")).here("http://127.0.0.1:7373", tmp_path)
    assert not [path for path in here.files() if path.startswith("compose/")]
