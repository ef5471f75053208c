"""Groups step by step: what is written, handed on and said."""

from __future__ import annotations

import math

import pytest

from vedette.engine.rules import Rules
from vedette.engine.tsdb.head import Head
from vedette.formats.alerts import Alert
from vedette.formats.rules import AlertingRule, RecordingRule, RuleGroup
from vedette.place import Place
from vedette.promql.evaluate import instant
from vedette.promql.labels import get, labels

TICK = 15_000


class Bench:
    """A head with one target of series ``x{job=…}``, and rules over it, driven by hand."""

    def __init__(self, *rules, groups=None, **given) -> None:
        self.head = Head()
        self.matrix = self.head.target("app")
        made = groups or [RuleGroup(name="g", rules=rules, interval=TICK)]
        self.rules = Rules(made, self.head, start=0, interval=60_000, perf=lambda: 0.0, **given)

    def step(self, **values: float) -> list[Alert]:
        """Scrape these values just before the next evaluation, and evaluate."""
        now = self.rules.next_due()
        slots = [self.matrix.slot(labels({"__name__": "x", "job": job})) for job in values]
        self.matrix.append(now - 1, slots, list(values.values()))
        return self.rules.step(now)

    def ask(self, text: str) -> dict[str, float]:
        """Each element by its labels, as the head has it at the last evaluation."""
        result = instant(text, self.head, self.rules.next_due() - TICK)
        return {
            ",".join(f"{name}={value}" for name, value in of): float(value)
            for of, value in zip(result.labels, result.values, strict=True)
        }

    def health(self) -> list[tuple[str, str]]:
        return [(rule.health, rule.last_error) for group in self.rules.groups() for rule in group.rules]


def hot(**given) -> AlertingRule:
    return AlertingRule(alert="Hot", expr="x > 5", **given)


def states(alerts: list[Alert]) -> list[tuple[str, int, int]]:
    return [(get(alert.labels, "job"), alert.starts_at, alert.ends_at) for alert in alerts]


def test_a_rule_sees_what_the_one_before_it_recorded_at_the_same_instant() -> None:
    bench = Bench(
        RecordingRule(record="job:x:sum", expr="sum by (job) (x)", labels={"from": "rule"}),
        RecordingRule(record="twice", expr="job:x:sum * 2"),
    )
    bench.step(a=1.0, b=2.0)
    assert bench.ask("{__name__=~'job:x:sum|twice'}") == {
        "__name__=job:x:sum,from=rule,job=a": 1.0,
        "__name__=job:x:sum,from=rule,job=b": 2.0,
        "__name__=twice,from=rule,job=a": 2.0,
        "__name__=twice,from=rule,job=b": 4.0,
    }


def test_a_recorded_series_ends_with_its_source_and_a_scalar_is_recorded_without_labels() -> None:
    bench = Bench(RecordingRule(record="r", expr="x > 1"), RecordingRule(record="five", expr="2 + 3"))
    bench.step(a=2.0)
    assert bench.ask("r") == {"__name__=r,job=a": 2.0}
    bench.step(a=0.0)
    assert bench.ask("r") == {}
    assert bench.ask("five") == {"__name__=five": 5.0}


def test_labels_of_the_group_stand_unless_the_rule_has_its_own_and_an_empty_one_takes_a_label_away() -> None:
    rule = RecordingRule(record="r", expr="x", labels={"b": "rule", "job": ""})
    bench = Bench(groups=[RuleGroup(name="g", rules=(rule,), interval=TICK, labels={"a": "group", "b": "group"})])
    bench.step(shop=1.0)
    assert bench.ask("r") == {"__name__=r,a=group,b=rule": 1.0}


def test_an_alert_goes_from_pending_to_firing_to_resolved_in_samples_status_and_messages() -> None:
    bench = Bench(
        hot(for_=2 * TICK, labels={"severity": "high"}, annotations={"summary": "{{ $labels.job }}: {{ $value }}"}),
        external_labels={"env": "test", "severity": "low"},
        external_url="http://vedette:7373/",
    )
    assert bench.step(a=1.0) == []
    first = bench.rules.next_due()
    assert bench.step(a=6.0) == []
    assert bench.ask("ALERTS") == {"__name__=ALERTS,alertname=Hot,alertstate=pending,job=a,severity=high": 1.0}
    assert bench.ask("ALERTS_FOR_STATE") == {
        "__name__=ALERTS_FOR_STATE,alertname=Hot,job=a,severity=high": float(first // 1000)
    }
    assert [alert.state for alert in bench.rules.alerts()] == ["pending"]
    assert bench.step(a=7.0) == []
    (sent,) = bench.step(a=8.0)
    fired = first + 2 * TICK
    assert sent == Alert(
        labels=labels({"alertname": "Hot", "job": "a", "severity": "high", "env": "test"}),
        annotations={"summary": "a: 8"},
        starts_at=fired,
        ends_at=fired + 4 * 60_000,
        generator_url="http://vedette:7373/graph?g0.expr=x+%3E+5&g0.tab=1",
    )
    assert bench.ask("ALERTS") == {"__name__=ALERTS,alertname=Hot,alertstate=firing,job=a,severity=high": 1.0}
    (shown,) = bench.rules.alerts()
    assert (shown.state, shown.active_at, shown.fired_at, shown.value) == ("firing", first, fired, 8.0)
    assert shown.annotations == {"summary": "a: 8"}
    (resolved,) = bench.step(a=1.0)
    assert (resolved.starts_at, resolved.ends_at) == (fired, fired + TICK)
    assert bench.ask("ALERTS") == bench.ask("ALERTS_FOR_STATE") == {}
    assert bench.rules.alerts() == []


def test_a_firing_alert_is_sent_again_after_a_minute_and_a_resolved_one_for_a_quarter_of_an_hour() -> None:
    bench = Bench(hot())
    began = bench.rules.next_due()
    sent = [len(bench.step(a=9.0)) for _ in range(11)]
    assert sent == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    resolved = began + 11 * TICK
    ends = {alert.ends_at for _ in range(70) for alert in bench.step(a=0.0)}
    assert ends == {resolved}
    assert sum(len(bench.step(a=0.0)) for _ in range(20)) == 0


def test_validity_is_four_times_the_longer_of_interval_and_delay() -> None:
    bench = Bench(groups=[RuleGroup(name="g", rules=(hot(),), interval=120_000)])
    (sent,) = bench.step(a=9.0)
    assert sent.ends_at - sent.starts_at == 480_000


def test_keep_firing_for_holds_an_alert_up_with_its_last_value() -> None:
    bench = Bench(hot(keep_firing_for=2 * TICK, annotations={"v": "{{ $value }}"}))
    bench.step(a=9.0)
    bench.step(a=0.0)
    (kept,) = bench.rules.alerts()
    assert (kept.state, kept.value, kept.annotations) == ("firing", 9.0, {"v": "9"})
    assert kept.keep_firing_since is not None
    bench.step(a=0.0)
    assert bench.ask("ALERTS") != {}
    (resolved,) = bench.step(a=0.0)
    assert resolved.ends_at == resolved.starts_at + 3 * TICK


def test_templates_in_labels_make_the_alert_and_may_ask_the_head() -> None:
    rule = hot(
        labels={"size": "{{ if gt $value 100.0 }}big{{ else }}small{{ end }}"},
        annotations={"all": '{{ range query "sort(x)" }}{{ .Labels.job }}={{ .Value }} {{ end }}'},
    )
    bench = Bench(rule)
    found = {get(alert.labels, "job"): alert for alert in bench.step(a=6.0, b=600.0, c=1.0)}
    assert {job: get(alert.labels, "size") for job, alert in found.items()} == {"a": "small", "b": "big"}
    assert found["a"].annotations == {"all": "c=1 a=6 b=600 "}


def test_two_elements_that_become_one_alert_or_one_series_fail_the_rule() -> None:
    bench = Bench(
        hot(labels={"job": "same"}),
        RecordingRule(record="r", expr="x", labels={"job": ""}),
        RecordingRule(record="fine", expr="x"),
    )
    assert bench.step(a=6.0, b=7.0) == []
    assert bench.health() == [
        ("err", "vector contains metrics with the same labelset after applying alert labels"),
        ("err", "vector contains metrics with the same labelset after applying rule labels"),
        ("ok", ""),
    ]
    assert bench.ask("r") == {}
    assert len(bench.ask("fine")) == 2


def test_a_limit_fails_the_rule_and_clears_its_alerts() -> None:
    rules = (hot(), RecordingRule(record="r", expr="x"))
    bench = Bench(groups=[RuleGroup(name="g", rules=rules, interval=TICK, limit=1)])
    assert len(bench.step(a=6.0, b=1.0)) == 1
    assert [error for _, error in bench.health()] == ["", "exceeded limit of 1 with 2 series"]
    assert bench.step(a=6.0, b=6.0) == []
    assert [error for _, error in bench.health()] == [
        "exceeded limit of 1 with 2 alerts",
        "exceeded limit of 1 with 2 series",
    ]
    assert bench.rules.alerts() == []


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        ("sum(x", "unexpected end of input"),
        ("x + on (nope) group_left x", "many-to-many"),
        ("'text'", "rule result is not a vector or scalar"),
    ],
)
def test_a_broken_rule_says_why_and_everything_else_goes_on(expr: str, message: str) -> None:
    bench = Bench(AlertingRule(alert="Broken", expr=expr), RecordingRule(record="fine", expr="x"), hot())
    assert len(bench.step(a=6.0, b=1.0)) == 1
    (broken, error), *others = bench.health()
    assert broken == "err"
    assert message in error
    assert others == [("ok", ""), ("ok", "")]
    assert len(bench.ask("fine")) == 2


def test_a_rule_that_meets_a_fault_of_ours_does_not_stop_the_others(monkeypatch) -> None:
    from vedette.engine.rules import machine

    real = machine.instant

    def faulty(expr, *args, **kwargs):
        if "boom" in str(expr):
            raise ZeroDivisionError("a fault")
        return real(expr, *args, **kwargs)

    monkeypatch.setattr(machine, "instant", faulty)
    bench = Bench(RecordingRule(record="r", expr="boom"), hot())
    assert len(bench.step(a=6.0)) == 1
    assert bench.health() == [("err", "ZeroDivisionError: a fault"), ("ok", "")]


def test_a_rule_is_well_again_when_its_cause_is_gone() -> None:
    bench = Bench(RecordingRule(record="r", expr="x + ignoring (job) x"))
    bench.step(a=1.0, b=1.0)
    assert bench.health()[0][0] == "err"
    bench.step(a=1.0, b=math.nan)  # both are there still
    assert bench.health()[0][0] == "err"
    for _ in range(25):
        bench.step(a=1.0)
    assert bench.health() == [("ok", "")]


def test_missed_ticks_are_skipped_and_counted() -> None:
    bench = Bench(hot())
    due = bench.rules.next_due()
    bench.step(a=6.0)
    bench.rules.step(due + 4 * TICK + 3)
    (status,) = bench.rules.groups()
    assert status.missed == 3
    assert status.last_evaluation == due + 4 * TICK
    assert bench.rules.next_due() == due + 5 * TICK


def test_nothing_is_done_before_it_is_due_and_without_groups_nothing_ever_is() -> None:
    bench = Bench(hot())
    assert bench.rules.step(bench.rules.next_due() - 1) == []
    assert bench.rules.groups()[0].last_evaluation is None
    empty = Rules([], Head(), start=0, interval=1000)
    assert empty.next_due() is None
    assert empty.step(10**9) == []
    assert empty.evaluate_range(0, 10**9) == []


def test_groups_have_their_own_offsets_and_intervals_and_go_in_order_of_time() -> None:
    place = Place("rules.yml", 3)
    groups = [
        RuleGroup(
            name=name, rules=(RecordingRule(record=f"from_{name}", expr="vector(time())"),), interval=every, place=place
        )
        for name, every in [("a", None), ("b", 30_000), ("c", None)]
    ]
    head = Head()
    rules = Rules(groups, head, start=1_000_000, interval=60_000)
    again = Rules(groups, Head(), start=1_000_001, interval=60_000)
    assert rules.next_due() == again.next_due()
    rules.step(1_060_000)
    statuses = rules.groups()
    assert [status.interval for status in statuses] == [60_000, 30_000, 60_000]
    assert {status.file for status in statuses} == {"rules.yml"}
    assert len({status.last_evaluation % 30_000 for status in statuses}) == 3
    for status, name in zip(statuses, "abc", strict=True):
        (block,) = head.select(_named(f"from_{name}"), 0, 2**50)
        assert block.timestamps.tolist() == [status.last_evaluation]
        assert block.values[0, 0] == status.last_evaluation / 1000


def _named(name: str):
    from vedette.promql.labels import Matcher

    return (Matcher("__name__", "=", name),)


def test_query_offset_shifts_what_is_read_and_how_it_is_stamped_but_not_the_alert() -> None:
    rules = (RecordingRule(record="r", expr="timestamp(x)"), hot())
    bench = Bench(groups=[RuleGroup(name="g", rules=rules, interval=TICK, query_offset=TICK)])
    at = bench.rules.next_due()
    bench.step(a=6.0)
    assert bench.ask("r") == {}
    (alert,) = bench.step(a=6.0)
    assert alert.starts_at == at + TICK
    for name in ("r", "ALERTS"):
        (block,) = bench.head.select(_named(name), 0, 2**50)
        assert block.timestamps.tolist() == [at]
    assert Bench(hot(), query_offset=TICK).step(a=6.0) == []


def test_an_alert_is_sent_even_when_the_head_refuses_its_samples() -> None:
    bench = Bench(hot())
    matrix = bench.head.target(("rules", "", "g", 0))
    matrix.append(10**12, [matrix.slot(labels({"__name__": "later"}))], [1.0])
    (alert,) = bench.step(a=6.0)
    assert get(alert.labels, "job") == "a"
    health, error = bench.health()[0]
    assert health == "err"
    assert "refused samples" in error


def test_status_tells_everything_an_api_shows() -> None:
    ticks = iter(range(100))
    rules = Rules(
        [
            RuleGroup(
                name="g",
                rules=(
                    hot(for_=5, keep_firing_for=6, labels={"s": "{{ 1 }}"}),
                    RecordingRule(record="r", expr="sum(x)by(job)"),
                ),
                limit=7,
                interval=TICK,
            )
        ],
        Head(),
        start=0,
        interval=TICK,
        perf=lambda: float(next(ticks)),
    )
    before = rules.groups()[0]
    assert [rule.health for rule in before.rules] == ["unknown", "unknown"]
    at = rules.next_due()
    rules.step(at)
    group = rules.groups()[0]
    alerting, recording = group.rules
    assert (group.name, group.interval, group.limit, group.evaluation_time, group.last_evaluation) == (
        "g",
        TICK,
        7,
        2.0,
        at,
    )
    assert (alerting.name, alerting.query, alerting.duration, alerting.keep_firing_for) == ("Hot", "x > 5", 5, 6)
    assert (alerting.labels, alerting.annotations, alerting.state, alerting.alerts) == (
        {"s": "{{ 1 }}"},
        {},
        "inactive",
        (),
    )
    assert (recording.name, recording.query, recording.health) == ("r", "sum by (job) (x)", "ok")
    assert (recording.evaluation_time, recording.last_evaluation) == (1.0, at)
