"""What every pack promises: each alert tested, on a panel that draws its threshold, with a runbook."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from vedette import packs
from vedette.build import build
from vedette.build.derive import comparison
from vedette.build.queries import parse_checked
from vedette.build.runbooks import SECTIONS
from vedette.build.series import known_series
from vedette.catalog import Panel, Service, Stack
from vedette.errors import DeclarationError
from vedette.promql.ast import VectorSelector
from vedette.promql.parser import parse
from vedette.testing.bench import bench
from vedette.testing.coverage import coverage
from vedette.testing.judge import run_case
from vedette.testing.mutation import mutate, score

ALL = {name: getattr(packs, name)() for name in packs.__all__}
ALERTS = [(pack, alert) for pack in ALL.values() for alert in pack.alerts]
PANELS = [(pack, item) for pack in ALL.values() for item in pack.panels if isinstance(item, Panel)]


@cache
def everything():
    """What is built of a service with every pack, and the series that are known there."""
    stack = Stack(services=[Service("shop", ["localhost:1"], packs=list(ALL.values()))])
    return build(stack), known_series(list(ALL.values()), stack.services)


def named(pair):
    return getattr(pair[1], "name", "") or f"{pair[0].name}: {pair[1].title}"


@pytest.mark.parametrize("pack", ALL.values(), ids=ALL)
def test_every_expression_uses_only_what_the_pack_declares(pack):
    known = known_series([pack], [Service("shop", ["localhost:1"])])
    queries = [query for item in pack.panels if isinstance(item, Panel) for query in item.query_list()]
    for thing in (*pack.alerts, *queries):
        parse_checked(thing.expr, thing.place, "test", known)


@pytest.mark.parametrize("pack", ALL.values(), ids=ALL)
def test_every_declared_metric_is_looked_at(pack):
    text = " ".join(
        [one.expr for one in (*pack.recordings, *pack.alerts)]
        + [query.expr for item in pack.panels if isinstance(item, Panel) for query in item.query_list()]
    )
    assert [metric.name for metric in pack.metrics if metric.name not in text] == []


@pytest.mark.parametrize("pack", ALL.values(), ids=ALL)
def test_every_recording_is_used(pack):
    used = " ".join(
        [one.expr for one in (*pack.recordings, *pack.alerts)]
        + [query.expr for item in pack.panels if isinstance(item, Panel) for query in item.query_list()]
    )
    assert [one.name for one in pack.recordings if one.name not in used] == []


@pytest.mark.parametrize("pair", PANELS, ids=map(named, PANELS))
def test_every_panel_has_a_description_and_a_unit(pair):
    _, panel = pair
    assert panel.description
    assert panel.unit or all(query.unit for query in panel.query_list())


@pytest.mark.parametrize("pair", PANELS, ids=map(named, PANELS))
def test_the_rows_of_a_table_can_be_merged(pair):
    _, panel = pair
    queries = panel.query_list() if panel.kind == "table" and len(panel.query_list()) > 1 else ()
    # a metric name left in the answer would keep the rows of two queries apart
    assert not [query for query in queries if isinstance(parse(query.expr), VectorSelector)]


MODULES = {name: import_module(f"tests.packs.test_{name}_alert_cases") for name, pack in ALL.items() if pack.alerts}


@pytest.mark.parametrize("name", MODULES)
def test_every_alert_fires_in_a_case_is_silent_in_one_stands_on_its_threshold_and_resolves(name):
    tested = bench(MODULES[name].stack)
    own = {alert.name for alert in ALL[name].alerts}
    found = coverage(tested, [run_case(case, tested) for case in MODULES[name].CASES])
    lacking = {one.alert: (one.missing, one.failed) for one in found if one.alert in own}
    assert lacking == dict.fromkeys(own, ((), 0))


@pytest.mark.proof
@pytest.mark.parametrize("name", MODULES)
def test_of_each_alert_at_least_nine_of_ten_mutants_die(name):
    fates = mutate(bench(MODULES[name].stack), MODULES[name].CASES)
    alerts = {fate.mutant.alert for fate in fates}
    scores = {alert: score([fate for fate in fates if fate.mutant.alert == alert]) for alert in alerts}
    assert alerts == {alert.name for alert in ALL[name].alerts}
    assert {alert: found for alert, found in scores.items() if found < 0.9} == {}


@pytest.mark.parametrize("pair", ALERTS, ids=map(named, ALERTS))
def test_every_alert_says_whose_it_is(pair):
    _, alert = pair
    assert "$labels.job" in alert.summary + alert.description
    assert alert.description


# counts of things that are simply wrong above zero, and whether something is up, need no line
WITHOUT_LINE = {"ServiceDown", "InstanceDown", "HttpNoTraffic", "DatabaseConnectionTimeouts", "ProcessRestarting"}
WITHOUT_LINE |= {"DatabasePoolExhausted", "AgentStuck", "AuditLogFailing", "BackupStuck", "CriticalErrors"}
WITHOUT_LINE |= {"HostOutOfMemory", "InstrumentationFailing", "IntrusionSignal", "MigrationFailed", "MigrationPending"}
WITHOUT_LINE |= {"MigrationStuck", "NewKindOfError", "ScheduledJobFailed", "ScheduledJobMissed", "ScheduledJobStuck"}
WITHOUT_LINE |= {"AgentUnhealthy", "AuditLogSilent", "BackupFailed", "BackupMissing", "BusinessEventStopped"}
WITHOUT_LINE |= {"RemindersStopped", "SyncBringsNothing", "SyncStuck", "WorkerStalled"}
WITHOUT_LINE |= {"HttpClientStuck", "WebSocketMessagesStopped"}
WITHOUT_LINE |= {"EndpointDown", "EndpointsNotProbed"}
WITHOUT_LINE |= {"LogNewException", "LogSilent"}
WITHOUT_LINE |= {
    "PostgresqlDown",
    "PostgresqlReplicaDisconnected",
    "PostgresqlUnwatched",
    "RedisDown",
    "RedisUnwatched",
}
WITHOUT_LINE |= {"RedisAofRewriteFailing", "RedisAofWriteFailing", "RedisReplicaLinkDown", "RedisSaveFailing"}
WITHOUT_LINE |= {"PodDown", "PodCrashLooping", "PodCannotStart", "PodPending", "PodNotReady", "DeploymentDown"}
WITHOUT_LINE |= {"DeploymentReplicaMismatch", "StatefulSetReplicaMismatch", "DaemonSetReplicaMismatch"}
WITHOUT_LINE |= {"KubernetesJobFailed", "NodeNotReady", "NodeUnderPressure", "VolumeClaimUnbound"}
WITHOUT_LINE |= {"KubernetesNotWatched"}
WITHOUT_LINE |= {"ContainerOutOfMemory", "ContainersNotWatched"}
WITHOUT_LINE |= {"KafkaClusterUnreachable", "KafkaClusterUnwatched", "KafkaGroupAbandoned"}
# the line of these is the other one on the panel, of the time before
WITHOUT_LINE |= {"AuthenticationFailureSpike", "AuthorizationDenialSpike", "BusinessValueDrop", "ErrorSpike"}
WITHOUT_LINE |= {"LogBurst", "LogErrorSpike"}


@pytest.mark.parametrize("pair", ALERTS, ids=map(named, ALERTS))
def test_the_panel_of_an_alert_draws_its_threshold(pair):
    pack, alert = pair
    (panel,) = [item for item in pack.panels if isinstance(item, Panel) and item.title == alert.panel]
    if alert.name not in WITHOUT_LINE:
        assert panel.thresholds[comparison(parse(alert.expr)).number] == alert.severity


@pytest.mark.parametrize("pair", ALERTS, ids=map(named, ALERTS))
def test_every_runbook_has_hand_written_sections_and_queries_that_parse(pair):
    _, alert = pair
    files, known = everything()
    text = files[f"runbooks/{alert.name}.md"]
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(SECTIONS)
    assert "Nobody has written" not in text
    assert "{{ $" not in text
    assert "**First" in text
    queries = [block.split("```")[0] for block in text.split("```promql\n")[1:]]
    assert len(queries) >= 3
    for query in (line.strip() for block in queries for line in block.splitlines() if line.strip()):
        parse_checked(query, alert.place, alert.name, known)


def test_no_sentence_stands_in_two_runbooks():
    where = defaultdict(set)
    for path in (Path(packs.__file__).parent / "runbooks").glob("*.md"):
        prose = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
        for line in prose.splitlines():
            if not line.startswith("#"):
                for sentence in re.split(r"(?<=[.!?]) ", re.sub(r"^\s*([-*]|\d+\.) ", "", line).strip()):
                    where[sentence].add(path.name)
    assert {sentence: files for sentence, files in where.items() if len(files) > 1 and sentence.count(" ") > 5} == {}


def test_no_runbook_file_is_left_without_an_alert():
    folder = Path(packs.__file__).parent / "runbooks"
    assert {f"runbooks/{path.name}" for path in folder.glob("*.md")} == {alert.runbook for _, alert in ALERTS}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: packs.http(error_ratio_high=5), "write 0.05 for 5 %"),
        (lambda: packs.http(latency_high=3), "latency_critical=2.5 is below latency_high=3"),
        (lambda: packs.process(memory_high=0), "memory_high=0"),
        (lambda: packs.database(pool_warn=90), "write 0.9 for 90 %"),
        (lambda: packs.http(availability=0.999), "write 99.9 for 99.9 %"),
        (lambda: packs.cache(hit_ratio_low=50), "write 0.5 for 50 %"),
        (lambda: packs.worker(depth_high=9000), "depth_critical=5000 is below depth_high=9000"),
        (lambda: packs.websocket(min_rate=0), "min_rate=0"),
        (lambda: packs.http_client(limit_left=10), "write 0.1 for 10 %"),
        (lambda: packs.http(speed=99, speed_below=0.3), "speed_below=0.3; nobody counts what is below it"),
        (lambda: packs.kafka(lag_high=1000, lag_critical=100), "lag_critical=100 is below lag_high=1000"),
        (lambda: packs.health(slow=0), "slow=0; write a number above 0"),
        (lambda: packs.logs(errors_high=-1), "errors_high=-1; write a number above 0"),
        (lambda: packs.runtime(busy_high=90), "write 0.9 for 90 %"),
        (lambda: packs.database(pool_wran=0.9), "did you mean 'pool_warn'"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused_where_they_are_written(make, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        make()
    assert str(caught.value).startswith(__file__)


def test_a_changed_threshold_reaches_rule_and_panel():
    pack = packs.database(pool_warn=0.7)
    (alert,) = [one for one in pack.alerts if one.name == "DatabasePoolNearExhaustion"]
    assert alert.expr.endswith("> 0.7")
    assert [0.7 in item.thresholds for item in pack.panels if getattr(item, "title", "") == "Pool usage"] == [True]


def test_the_objectives_of_http_are_made_where_they_are_asked_for():
    assert packs.http().slos == ()
    pack = packs.http(availability=99.9, speed=99, speed_below=0.25)
    files = build(Stack(services=[Service("shop", ["localhost:1"], [pack])]))
    rules = files["prometheus/rules/http.yml"]
    assert 'http_response_status_code=~"5.."' in rules.split("HttpAvailabilityBurnCritical")[0]
    assert 'le="0.25"' in rules
    assert "runbooks/HttpSpeedBurnHigh.md" in files


def changed_by(name, parameter, value):
    """The alerts of a pack that differ once a parameter does."""
    other = value * 1.01 if isinstance(value, float | int) else "7m"
    changed = {alert.name: alert for alert in getattr(packs, name)(**{parameter: other}).alerts}
    return {alert.name for alert in ALL[name].alerts if changed[alert.name] != alert}


SHARED = defaultdict(list)
for one_pack, one_alert in ALERTS:
    SHARED[one_pack.name, one_alert.runbook].append(one_alert)


@pytest.mark.parametrize(
    ("name", "alerts"),
    [(key[0], alerts) for key, alerts in SHARED.items() if len(alerts) > 1],
    ids=[str(key[1]) for key, alerts in SHARED.items() if len(alerts) > 1],
)
def test_a_runbook_of_several_alerts_says_whose_a_parameter_is_that_not_all_have(name, alerts):
    text = (Path(alerts[0].place.file).parent / str(alerts[0].runbook)).read_text()
    for point in re.split(r"\n(?=- |\d+\. |#|\n)", text):
        written = [one for one in re.findall(r"`(\w+)`", point) if one in ALL[name].parameters]
        whose = {one: changed_by(name, one, ALL[name].parameters[one]) for one in written}
        for alert in alerts:
            own = any(alert.name in owners for owners in whose.values())
            for parameter, owners in whose.items():
                sharing = {one.name for one in alerts} & owners
                assert own or sharing <= set(re.findall(r"\w+", point)), (alert.name, parameter, point)
