"""A real Prometheus and a real Alertmanager run what is applied, and nothing else is touched."""

from __future__ import annotations

import json
import urllib.request

import pytest
from tests.deploy.places import ANOTHER_TEAM, alert, sentences, servers, shop

from vedette import Email, Environment, Histogram, Pack, Route, Teams, env
from vedette.errors import ConfigError

pytestmark = pytest.mark.real


def ask(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)


def rules(place):
    groups = ask(f"{place.prometheus}/api/v1/rules")["data"]["groups"]
    return {rule["name"]: rule for group in groups for rule in group["rules"]}


def routed(place):
    return ask(f"{place.alertmanager}/api/v2/status")["config"]["original"]


@pytest.fixture
def place(tmp_path):
    with servers(tmp_path) as found:
        yield found


@pytest.mark.parametrize(("prometheus", "alertmanager"), [("2.42", "0.25"), ("2.53", "0.33"), ("3.5", "0.33")])
def test_what_is_applied_runs_and_then_there_is_nothing_to_do(tmp_path, prometheus, alertmanager):
    with servers(tmp_path, prometheus, alertmanager) as place:
        assert "alert NoOrders is new" in sentences(place.plan(shop()))
        place.apply(shop())
        assert rules(place)["NoOrders"]["duration"] == 600
        assert "oncall@example.com" in routed(place)
        assert sentences(place.plan(shop())) == []
        assert sentences(place.drift(shop())) == []


def test_alerts_and_routes_are_added_changed_and_removed(place):
    place.apply(shop())
    grown = shop(
        alert(threshold=0.04),
        alert("Other", severity="low"),
        notify=[Email("oncall@example.com"), Route({"team": "till"}, [Email("till@example.com")])],
    )
    planned = place.plan(grown)
    assert "the threshold of NoOrders goes from 0.05 to 0.04" in sentences(planned)
    threshold = next(one for one in planned.changes if "threshold" in one.sentence)
    assert {str(place.root / "prometheus"), place.prometheus} <= set(threshold.where)
    assert 'route team="till" is new, and goes to till-critical' in sentences(planned)
    place.apply(grown)
    assert rules(place)["NoOrders"]["query"].endswith("< 0.04")
    assert "Other" in rules(place)
    assert "till@example.com" in routed(place)
    place.apply(shop())
    assert "Other" not in rules(place)
    assert "till@example.com" not in routed(place)
    assert sentences(place.plan(shop())) == []


def test_the_rules_of_a_pack_that_goes_are_pruned_and_those_of_another_team_stay(place):
    other = place.root / "prometheus" / "rules" / "payments.yml"
    other.parent.mkdir()
    other.write_text(ANOTHER_TEAM)
    extra = Pack("extra", title="Extra", alerts=[alert("Extra")])
    place.apply(shop(more=(extra,)))
    assert {"NoOrders", "Extra", "PaymentsDown"} <= set(rules(place))
    assert "PaymentsDown" not in " ".join(sentences(place.plan(shop())))
    place.apply(shop())
    assert not (other.parent / "extra.yml").exists()
    assert other.read_text() == ANOTHER_TEAM
    assert "Extra" not in rules(place)
    assert "PaymentsDown" in rules(place)


def test_a_file_of_another_team_in_the_way_is_said_and_nothing_is_written(place):
    other = place.root / "prometheus" / "rules" / "till.yml"
    other.parent.mkdir()
    other.write_text(ANOTHER_TEAM)
    before = place.files()
    assert "till.yml is in the way" in place.plan(shop()).refusals[0]
    with pytest.raises(ConfigError, match=r"till\.yml is in the way"):
        place.apply(shop())
    assert place.files() == before


def test_what_prometheus_refuses_is_undone(tmp_path):
    with servers(tmp_path, "2.42") as place:
        place.apply(shop())
        before, ran = place.files(), rules(place)["NoOrders"]["query"]
        pack = Pack("slow", title="Slow", metrics=[Histogram("till_seconds", help="Time.", native=True)])
        with pytest.raises(ConfigError, match="always_scrape_classic_histograms") as refused:
            place.apply(shop(alert(threshold=0.01), more=(pack,)), prometheus="3.0")
        assert "everything is as it was before" in str(refused.value)
        assert place.files() == before
        assert rules(place)["NoOrders"]["query"] == ran
        assert sentences(place.plan(shop())) == []


def test_what_alertmanager_refuses_is_undone_on_prometheus_too(tmp_path):
    with servers(tmp_path, alertmanager="0.25") as place:
        place.apply(shop())
        before = place.files()
        with pytest.raises(ConfigError, match="msteamsv2_configs") as refused:
            place.apply(shop(alert(threshold=0.01), notify=[Teams(env("TEAMS"))]), alertmanager="0.28")
        assert "everything is as it was before" in str(refused.value)
        assert place.files() == before
        assert rules(place)["NoOrders"]["query"].endswith("< 0.05")
        assert "oncall@example.com" in routed(place)


def test_a_prometheus_that_nobody_can_reload_is_said_and_left_as_it_was(tmp_path):
    with servers(tmp_path, lifecycle=False) as place:
        before = place.files()
        with pytest.raises(ConfigError, match=r"start it with --web\.enable-lifecycle") as refused:
            place.apply(shop())
        assert "everything is as it was before" in str(refused.value)
        assert {name for name in place.files() if not name.endswith(".vedette-build")} == set(before)


def test_a_server_that_reads_another_folder_is_found_out_and_undone(place, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    place.root, real = elsewhere, place.root
    (real / "prometheus" / "prometheus.yml").write_text("global: {}\n")
    with pytest.raises(ConfigError, match=r"does not run what was applied: .* does it read"):
        place.apply(shop())
    assert not [name for name in place.files() if not name.endswith(".vedette-build")]


def test_a_rule_changed_by_hand_is_drift_in_the_file_and_once_loaded_on_the_server(place):
    place.apply(shop())
    file = place.root / "prometheus" / "rules" / "till.yml"
    file.write_text(file.read_text().replace("< 0.05", "< 0.5"))
    (only,) = place.drift(shop()).changes
    assert only.sentence == "the threshold of NoOrders goes from 0.05 to 0.5"
    assert only.where == (str(place.root / "prometheus"),)
    urllib.request.urlopen(urllib.request.Request(f"{place.prometheus}/-/reload", method="POST"), timeout=10).close()
    (only,) = place.drift(shop()).changes
    assert only.where == (str(place.root / "prometheus"), place.prometheus)


def test_what_is_declared_and_not_applied_yet_is_no_drift(place):
    place.apply(shop())
    assert sentences(place.drift(shop(alert(threshold=0.01)))) == []


def test_a_route_added_by_hand_is_drift(place):
    place.apply(shop())
    file = place.root / "alertmanager" / "alertmanager.yml"
    added = '  routes:\n    - matchers: [team="x"]\n      receiver: low\n'
    file.write_text(file.read_text().replace("  routes:\n", added, 1))
    urllib.request.urlopen(urllib.request.Request(f"{place.alertmanager}/-/reload", method="POST"), timeout=10).close()
    (only,) = place.drift(shop()).changes
    assert only.sentence == 'route team="x" is new, and goes to low'
    assert only.where == (str(place.root / "alertmanager"), place.alertmanager)


def test_an_apply_puts_right_what_drifted(place):
    place.apply(shop())
    file = place.root / "prometheus" / "rules" / "till.yml"
    file.write_text(file.read_text().replace("< 0.05", "< 0.5") + "# by hand\n")
    place.apply(shop())
    assert sentences(place.drift(shop())) == []
    assert rules(place)["NoOrders"]["query"].endswith("< 0.05")


def test_files_that_were_never_loaded_are_reloaded(place):
    place.apply(shop())
    file = place.root / "prometheus" / "rules" / "till.yml"
    kept = file.read_text()
    file.unlink()
    urllib.request.urlopen(urllib.request.Request(f"{place.prometheus}/-/reload", method="POST"), timeout=10).close()
    file.write_text(kept)
    (first, *_) = place.plan(shop()).changes
    assert first.where == (place.prometheus,)
    place.apply(shop())
    assert "NoOrders" in rules(place)


def test_another_stack_is_not_applied_over_it(place):
    place.apply(shop())
    other = shop()
    object.__setattr__(other, "name", "pay")
    with pytest.raises(ConfigError, match="belongs to stack 'shop'"):
        place.apply(other)


def test_the_environment_has_to_say_where_it_runs(place):
    place.environment = lambda: Environment("production")
    with pytest.raises(ConfigError, match="does not say where it runs"):
        place.plan(shop())
