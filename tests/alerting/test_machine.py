"""Scripts over simulated time: when who is told what, and what a restart, a failure or a full disk changes."""

from __future__ import annotations

import json
import random

import pytest
from tests.alerting.script import BASE, Push, Stage

from vedette.alerting.machine import Alerting, Delivered, Failed, Retry
from vedette.alerting.outbox import Outbox, StorageError
from vedette.errors import ConfigError
from vedette.formats.alertmanager import read

CONFIG = """
route:
  receiver: team
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 1h
receivers:
  - {name: team, webhook_configs: [{url: 'http://sink/team'}]}
"""
A = {"alertname": "A"}


def one(n: int, **more: str) -> dict[str, str]:
    return {"alertname": "A", "n": str(n), **more}


# When


def test_a_group_waits_and_tells_its_alerts_together():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 900), Push(4, one(2), 4, 900)], 30)
    assert stage.told() == [(10.0, "firing", ("1:firing", "2:firing"))]


def test_news_waits_for_the_groups_interval():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 900), Push(15, one(2), 15, 900)], 120)
    assert stage.told() == [
        (10.0, "firing", ("1:firing",)),
        (70.0, "firing", ("1:firing", "2:firing")),
    ]


def test_an_alert_older_than_the_wait_is_told_at_once():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), -60, 900)], 30)
    assert stage.told() == [(0.0, "firing", ("1:firing",))]


def test_an_old_alert_does_not_hurry_a_group_that_was_told_already():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 900), Push(15, one(2), -60, 900)], 69)
    assert stage.told() == [(10.0, "firing", ("1:firing",))]


def test_resolved_is_told_at_the_next_interval_and_once():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 900), Push(30, one(1), 0, 30), Push(100, one(1), 0, 30)], 600)
    assert stage.told() == [(10.0, "firing", ("1:firing",)), (70.0, "resolved", ("1:resolved",))]


def test_an_alert_that_is_gone_before_anyone_was_told_is_not_told():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 900), Push(5, one(1), 0, 5)], 600)
    assert stage.told() == []


def test_one_of_two_resolved_is_told_with_the_one_that_still_fires():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 9000), Push(0, one(2), 0, 9000), Push(30, one(2), 0, 30)], 200)
    assert stage.told()[1:] == [(70.0, "firing", ("1:firing", "2:resolved"))]


def test_an_alert_nobody_repeats_resolves_after_the_resolve_timeout():
    stage = Stage("global: {resolve_timeout: 2m}" + CONFIG)
    stage.run([Push(0, one(1))], 600)
    assert stage.told() == [(10.0, "firing", ("1:firing",)), (130.0, "resolved", ("1:resolved",))]


def test_repeating_an_alert_keeps_it_firing():
    stage = Stage("global: {resolve_timeout: 2m}" + CONFIG)
    stage.run([Push(at, one(1)) for at in range(0, 600, 60)], 600)
    assert stage.told() == [(10.0, "firing", ("1:firing",))]
    assert [item.alert.starts_at for item in stage.alerting.alerts(stage.now)] == [BASE]


def test_unchanged_news_is_told_again_after_the_repeat_interval():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 99_999)], 7300)
    # the first tick of the group after an hour has passed
    assert [at for at, *_ in stage.told()] == [10.0, 3670.0, 7330.0][:2]
    assert [sent.body["notification_reason"] for sent in stage.sent] == [
        "first notification",
        "repeat interval elapsed",
    ]


def test_an_empty_group_is_forgotten_and_starts_anew():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 20), Push(200, one(1), 200, 900)], 300)
    assert stage.told() == [
        (10.0, "firing", ("1:firing",)),
        (70.0, "resolved", ("1:resolved",)),
        (210.0, "firing", ("1:firing",)),
    ]


def test_two_routes_with_the_same_matchers_are_two_groups():
    config = """
route:
  receiver: a
  group_wait: 1s
  routes:
    - {matchers: [x="y"], receiver: a, continue: true}
    - {matchers: [x="y"], receiver: b}
receivers: [{name: a, webhook_configs: [{url: 'http://s/'}]}, {name: b, webhook_configs: [{url: 'http://s/'}]}]
"""
    stage = Stage(config)
    stage.run([Push(0, {"alertname": "A", "x": "y"}, 0, 99)], 5)
    assert [sent.receiver for sent in stage.sent] == ["a", "b"]


def test_a_receiver_that_wants_no_resolved_hears_of_firing_only():
    stage = Stage(CONFIG.replace("'http://sink/team'", "'http://sink/team', send_resolved: false"))
    script = [Push(0, one(1), 0, 9000), Push(0, one(2), 0, 20), Push(80, one(3), 80, 9000), Push(150, one(1), 0, 150)]
    stage.run([*script, Push(150, one(3), 80, 150)], 600)
    assert stage.told() == [
        (10.0, "firing", ("1:firing", "2:firing")),
        (130.0, "firing", ("1:firing", "3:firing")),
    ]


def test_a_muted_route_is_silent_and_says_which_interval_mutes_it():
    config = """
route: {receiver: a, group_wait: 1s, routes: [{matchers: [x="y"], mute_time_intervals: [always]}]}
time_intervals: [{name: always, time_intervals: [{years: ['2000:2100']}]}]
receivers: [{name: a, webhook_configs: [{url: 'http://s/'}]}]
"""
    stage = Stage(config)
    stage.run([Push(0, {"alertname": "A", "x": "y"}, 0, 99)], 5)
    assert stage.sent == []
    (group,) = stage.alerting.groups(stage.now)
    assert group.alerts[0].muted_by == ("always",)


def test_inhibition_mutes_while_the_source_fires():
    config = CONFIG + 'inhibit_rules: [{source_matchers: [n="1"], target_matchers: [n="2"], equal: [alertname]}]\n'
    stage = Stage(config)
    stage.run([Push(0, one(1), 0, 80), Push(0, one(2), 0, 900)], 100)
    assert stage.told() == [(10.0, "firing", ("1:firing",))]
    assert {item.inhibited_by for item in stage.alerting.alerts(BASE + 50_000)} != {""}
    stage.until(200)
    assert stage.told()[1:] == [(130.0, "firing", ("1:resolved", "2:firing"))]


# Retries and failures


def test_a_passing_failure_is_tried_again_with_growing_waits():
    stage = Stage(CONFIG, answer=lambda _delivery, at: Retry("HTTP 503") if at < 200 else Delivered())
    stage.run([Push(0, one(1), 0, 9000)], 400)
    waits = [later - earlier for (earlier, _), (later, _) in zip(stage.attempts, stage.attempts[1:], strict=False)]
    bounds = [(0.8, 1.2), (1.6, 2.4), (3.2, 4.8), (6.4, 9.6), (12.8, 19.2), (25.6, 38.4), (48, 60), (48, 60)]
    assert len(waits) >= 7
    assert all(low <= wait <= high for wait, (low, high) in zip(waits, bounds, strict=False))
    assert len({delivery for _, delivery in stage.attempts}) == 1
    (entry,) = stage.alerting.deliveries()
    assert (entry.state, entry.attempts, entry.error) == ("delivered", len(stage.attempts), "")


def test_the_other_sides_wish_wins_over_the_back_off():
    stage = Stage(CONFIG, answer=lambda _delivery, at: Retry("HTTP 429", 7000) if at < 20 else Delivered())
    stage.run([Push(0, one(1), 0, 9000)], 60)
    assert [at for at, _ in stage.attempts] == [10.0, 17.0, 24.0]


def test_what_fired_and_resolved_during_an_outage_is_told_in_order_after_it():
    stage = Stage(CONFIG, answer=lambda _delivery, at: Retry("refused") if at < 300 else Delivered())
    stage.run([Push(0, one(1), 0, 60)], 500)
    assert [told[1:] for told in stage.told()] == [("firing", ("1:firing",)), ("resolved", ("1:resolved",))]
    assert stage.alerting.groups(stage.now) == []


def test_an_outage_sends_no_reminders_of_what_still_waits():
    stage = Stage(CONFIG, answer=lambda _delivery, _at: Retry("refused"))
    stage.run([Push(0, one(1), 0, 99_999)], 10_000)
    assert stage.alerting.counts() == {"waiting": 1, "delivered": 0, "failed": 0}


def test_what_failed_for_good_is_told_anew_at_the_next_interval():
    stage = Stage(CONFIG, answer=lambda _delivery, at: Failed("HTTP 404") if at < 60 else Delivered())
    stage.run([Push(0, one(1), 0, 9000)], 200)
    assert [at for at, _ in stage.attempts] == [10.0, 70.0]
    assert [entry.state for entry in stage.alerting.deliveries()] == ["delivered", "failed"]
    assert stage.alerting.deliveries()[1].error == "HTTP 404"


def test_a_resolved_message_that_failed_is_told_anew_too():
    def answer(delivery, at):
        return Failed("HTTP 404") if '"status":"resolved"' in delivery.payload.body and at < 100 else Delivered()

    stage = Stage(CONFIG, answer=answer)
    stage.run([Push(0, one(1), 0, 20)], 400)
    assert stage.told() == [(10.0, "firing", ("1:firing",)), (130.0, "resolved", ("1:resolved",))]


def test_one_receiver_that_hangs_keeps_no_other_waiting():
    config = CONFIG + "  - {name: other, webhook_configs: [{url: 'http://s/'}]}\n"
    config = config.replace(
        "repeat_interval: 1h", 'repeat_interval: 1h\n  routes: [{matchers: [n="2"], receiver: other}]'
    )
    stage = Stage(config)
    stage.push(Push(0, one(1), 0, 900), Push(0, one(2), 0, 900))
    stage.now += 10_000
    first, second = stage.alerting.step(stage.now)
    stage.alerting.settle(second, Delivered(), stage.now)
    # the first never comes back: it is in flight, and is not handed out a second time
    assert stage.alerting.step(stage.now + 100) == []
    assert {entry.receiver: entry.state for entry in stage.alerting.deliveries()} == {
        "team": "waiting",
        "other": "delivered",
    }
    assert first.integration.receiver == "team"


def test_a_template_that_fails_is_a_failed_delivery_with_the_reason():
    config = """
global: {smtp_smarthost: 'localhost:25', smtp_from: 'a@example.com'}
route: {receiver: a, group_wait: 1s}
receivers: [{name: a, email_configs: [{to: 'b@example.com', html: '{{ .Nope }}'}]}]
"""
    stage = Stage(config)
    stage.run([Push(0, one(1), 0, 900)], 5)
    (entry,) = stage.alerting.deliveries()
    assert entry.state == "failed"
    assert "can't evaluate field Nope" in entry.error


# Merging


def test_overlapping_alerts_keep_the_earliest_start():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 900), Push(1, one(1), 1, 900)], 2)
    (item,) = stage.alerting.alerts(stage.now)
    assert item.alert.starts_at == BASE


def test_an_alert_that_begins_after_the_last_one_ended_is_a_new_one():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 1), Push(5, one(1), 5, 900)], 6)
    (item,) = stage.alerting.alerts(stage.now)
    assert item.alert.starts_at == BASE + 5000


def test_the_last_writers_annotations_win():
    stage = Stage(CONFIG)
    stage.run([Push(0, A, 0, 900, {"v": "1"}), Push(1, A, 0, 900, {"v": "2"})], 2)
    (item,) = stage.alerting.alerts(stage.now)
    assert item.alert.annotations == {"v": "2"}


# Restarts


def restarted(stage: Stage, at: float, config: str = CONFIG, **more) -> Stage:
    """A new process on the same store, as after kill -9: nothing is closed or written at the end."""
    return Stage(config, outbox=Outbox(stage.outbox.path), start=at, **more)


@pytest.fixture
def stored(tmp_path):
    def make(config: str = CONFIG, **more) -> Stage:
        return Stage(config, outbox=Outbox(tmp_path / "data" / "alerting.db"), **more)

    return make


def test_an_alert_accepted_before_a_crash_is_told_after_it(stored):
    stage = stored()
    stage.push(Push(0, one(1), 0, 900))
    after = restarted(stage, 3)
    after.until(60)
    assert after.told() == [(10.0, "firing", ("1:firing",))]


def test_a_wait_that_ended_while_down_ends_at_the_start(stored):
    stage = stored()
    stage.push(Push(0, one(1), 0, 900))
    after = restarted(stage, 40)
    after.until(60)
    assert after.told() == [(40.0, "firing", ("1:firing",))]


def test_what_was_delivered_before_a_crash_is_not_told_again(stored):
    stage = stored()
    stage.run([Push(0, one(1), 0, 9000)], 20)
    after = restarted(stage, 25)
    after.run([Push(30, one(1), 0, 9000)], 1000)
    assert after.told() == []
    after.run([Push(1000, one(1), 0, 1000)], 1100)
    assert [told[1:] for told in after.told()] == [("resolved", ("1:resolved",))]


def test_a_delivery_under_way_in_a_crash_is_attempted_again_with_the_same_id(stored):
    stage = stored()
    stage.push(Push(0, one(1), 0, 900))
    (before,) = stage.alerting.step(BASE + 10_000)
    after = restarted(stage, 12)
    after.step()
    assert [delivery for _, delivery in after.attempts] == [before.id]
    assert after.alerting.delivery(before.id).attempts == 1


def test_waits_between_attempts_survive_a_crash(stored):
    stage = stored(answer=lambda _delivery, _at: Retry("later", 120_000))
    stage.run([Push(0, one(1), 0, 900)], 20)
    after = restarted(stage, 25)
    after.until(300)
    assert [at for at, _ in after.attempts] == [130.0]
    assert after.alerting.deliveries()[0].attempts == 2


def test_an_alert_that_could_not_be_refreshed_while_down_is_not_taken_for_resolved(stored):
    stage = stored()
    stage.run([Push(0, one(1), 0, 240)], 20)
    after = restarted(stage, 1000)
    after.until(1100)
    assert after.told() == []
    after.until(1400)
    assert after.told() == [(1300.0, "resolved", ("1:resolved",))]


def test_a_resolution_accepted_before_a_crash_is_told_after_it(stored):
    stage = stored()
    stage.run([Push(0, one(1), 0, 900), Push(20, one(1), 0, 20)], 21)
    after = restarted(stage, 500)
    after.until(600)
    assert after.told() == [(500.0, "resolved", ("1:resolved",))]


def test_a_changed_configuration_keeps_the_groups_that_are_still_there(stored):
    stage = stored()
    stage.run([Push(0, one(1), 0, 9000)], 20)
    config = CONFIG.replace("group_wait: 10s", "group_wait: 20s")
    after = restarted(stage, 25, config + "inhibit_rules: []\n")
    after.until(1000)
    assert after.told() == []


def test_a_changed_configuration_routes_what_fires_anew(stored):
    stage = stored()
    stage.run([Push(0, one(1), 0, 9000)], 20)
    after = restarted(stage, 25, CONFIG.replace("team", "crew"))
    after.until(100)
    assert [(sent.receiver, *sent.told()) for sent in after.sent] == [("crew", "firing", ("1:firing",))]


def test_what_waits_for_a_receiver_that_is_gone_fails_with_the_reason(stored):
    stage = stored(answer=lambda _delivery, _at: Retry("refused"))
    stage.run([Push(0, one(1), 0, 60)], 20)
    after = restarted(stage, 100, CONFIG.replace("team", "crew"))
    after.until(200)
    failed = [entry for entry in after.alerting.deliveries() if entry.state == "failed"]
    assert [entry.error for entry in failed] == ["receiver 'team' has no webhook/0 in the configuration any more"]


def test_refreshes_are_written_within_fifteen_seconds(stored):
    stage = stored()
    stage.run([Push(0, one(1), 0, 60), Push(20, one(1), 0, 500)], 21)
    assert [alert.ends_at for alert in Outbox(stage.outbox.path).alerts()] == [BASE + 60_000]
    stage.until(31)
    assert [alert.ends_at for alert in Outbox(stage.outbox.path).alerts()] == [BASE + 500_000]


def test_closing_writes_refreshes(stored):
    stage = stored()
    stage.run([Push(0, one(1), 0, 60), Push(20, one(1), 0, 500)], 21)
    stage.alerting.close()
    assert [alert.ends_at for alert in Outbox(stage.outbox.path).alerts()] == [BASE + 500_000]


# Storage


def test_a_store_that_cannot_be_written_refuses_alerts_and_goes_on_later(stored):
    stage = stored()
    stage.push(Push(0, one(1), 0, 900))
    pages = stage.outbox._db.execute("pragma page_count").fetchone()[0]
    stage.outbox._db.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(StorageError, match="cannot write the alerting store"):
        stage.alerting.receive([Push(0, one(2), 0, 900, {"fill": "x" * 99_999}).alert(BASE)], stage.now)
    assert [item.alert.labels[-1] for item in stage.alerting.alerts(stage.now)] == [("n", "1")]
    stage.outbox._db.execute("pragma max_page_count = 100000")
    stage.until(30)
    assert stage.told() == [(10.0, "firing", ("1:firing",))]


def test_a_flush_that_cannot_be_written_happens_once_it_can(stored):
    stage = stored()
    stage.push(Push(0, one(1), 0, 900, {"fill": "x" * 9000}))
    pages = stage.outbox._db.execute("pragma page_count").fetchone()[0]
    stage.outbox._db.execute(f"pragma max_page_count = {pages}")
    stage.until(15)
    assert stage.sent == []
    stage.outbox._db.execute("pragma max_page_count = 100000")
    stage.until(30)
    assert [told[1:] for told in stage.told()] == [("firing", ("1:firing",))]


def test_settled_deliveries_are_kept_for_thirty_days_at_most():
    stage = Stage(CONFIG)
    stage.run([Push(0, one(1), 0, 20)], 200)
    assert stage.alerting.counts()["delivered"] == 2
    stage.now += 31 * 86_400_000
    stage.step()
    assert stage.alerting.counts() == {"waiting": 0, "delivered": 0, "failed": 0}
    assert stage.outbox.alerts() == []
    assert stage.outbox.log() == []


# Configuration


def test_kinds_that_are_not_delivered_are_named():
    config = CONFIG + "  - {name: chat, slack_configs: [{api_url: 'https://hooks.slack.com/x', channel: '#a'}]}\n"
    (warning,) = Stage(config).alerting.warnings
    assert warning.startswith("alertmanager.yml:10:5: receiver 'chat': slack_configs is not delivered")


def test_a_template_file_that_is_broken_is_refused_with_its_place(tmp_path):
    (tmp_path / "mail.tmpl").write_text("ok\n{{ define `x` }}{{ nope }}{{ end }}")
    (tmp_path / "alertmanager.yml").write_text(CONFIG + "templates: ['*.tmpl']\n")
    config = read((tmp_path / "alertmanager.yml").read_text(), str(tmp_path / "alertmanager.yml"))
    with pytest.raises(ConfigError, match=r"mail.tmpl:2:20: function 'nope' not defined"):
        Alerting(config, Outbox(":memory:"), start=BASE)


def test_a_day_of_flapping_alerts_loses_none_and_ends_in_step():
    rng = random.Random(7)
    stage = Stage(CONFIG, answer=lambda _delivery, _at: Delivered() if rng.random() < 0.7 else Retry("HTTP 503"))
    script = []
    for n in range(5):
        at = 0.0
        while at < 20_000:
            lasts = rng.uniform(5, 900)
            script += [Push(at, one(n), at, at + 1200), Push(at + lasts, one(n), at, at + lasts)]
            at += lasts + rng.uniform(5, 900)
    stage.run(script, 30_000)
    last = {}
    for sent in stage.sent:
        last |= {item["labels"]["n"]: item["status"] for item in sent.body["alerts"]}
    assert last == {str(n): "resolved" for n in range(5)}
    assert stage.alerting.counts()["waiting"] == 0
    assert len({json.dumps(sent.body) for sent in stage.sent}) == len(stage.sent)
