"""The units of a plain host under a real systemd, with Debian's programs: installed, started, asked, told, stopped."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from tests.build.plain import (
    SHOWN,
    UNITS,
    a_host,
    alert,
    change,
    embed,
    expose,
    install,
    run_beside,
    save,
    stack,
    start,
    stop,
    values,
)
from tests.started import until

from vedette.build import build, write

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    with a_host(tmp_path_factory) as there:
        found = install(there)
        start(there, found)
        alert(there, found)
        change(there, found)
        stop(there, found)
    return found


@pytest.fixture(scope="module")
def reached(tmp_path_factory):
    """Another host: first as it is, then reached by others, then with the embedded engine."""
    with a_host(tmp_path_factory) as there:
        found = install(there)
        run_beside(there)
        there.run("sh", "/etc/vedette/vedette.sh", "up")
        until(lambda: values(there, "count(count_over_time(up[1m]) > 1)") == ["7"], 60, "two scrapes of all")
        save(there, found)
        expose(there, found)
        embed(there, found)
    return found


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
    assert {"stopped prometheus", "stopped prometheus-alertmanager"} <= set(reached.swapped)
    assert ["vedette", "active", "well"] in [line.split() for line in reached.engine]
    assert not [line for line in reached.engine if line.startswith(("prometheus ", "prometheus-alertmanager "))]
    assert "watching" in reached.spoken
    assert "cannot be delivered" not in reached.spoken  # its secrets are shown to it as files
    assert reached.left == {"ActiveState": "inactive", "Result": "success", "ExecMainStatus": "0"}


@pytest.mark.proof
def test_the_two_engines_never_run_side_by_side_and_the_next_install_keeps_the_one_that_was_chosen(reached):
    """Whoever starts Debian's own Prometheus stops the embedded engine; nobody is told twice."""
    assert reached.instead[:3] == ["active", "inactive", "inactive"]
    assert reached.instead[3:] == ["inactive", "inactive", "active"]
    assert not [line for line in reached.again if "alertmanager" in line]


@pytest.mark.proof
def test_all_of_it_starts_with_the_machine(reached):
    assert sorted(reached.begun) == sorted({*UNITS, "vedette"} - {"prometheus", "prometheus-alertmanager"})
