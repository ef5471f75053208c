"""Prometheus' HTTP API v1 over a watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vedette.formats.exposition import Exemplar
from vedette.promql.labels import labels

if TYPE_CHECKING:
    from tests.server.conftest import Served


async def ask(served: Served, path: str, **parameters: object) -> object:
    reply = await served.client.get(f"/api/v1/{path}", params=parameters)
    assert reply.status_code == 200, reply.text
    body = reply.json()
    assert body["status"] == "success"
    return body["data"]


async def test_an_instant_query_answers_at_the_time_given_or_now(served: Served) -> None:
    now = await ask(served, "query", query="bakery_oven_celsius")
    then = await ask(served, "query", query="bakery_oven_celsius", time=(served.now - 900_000) / 1000)
    assert now["result"][0]["value"] == [served.now / 1000, "20"]
    assert then["result"][0]["value"][1] == "220"
    assert now["result"][0]["metric"] == {
        "__name__": "bakery_oven_celsius",
        "instance": "bakery:8000",
        "job": "bakery",
    }


async def test_a_posted_form_asks_the_same_as_a_query_string(served: Served) -> None:
    form = {"query": "sum(rate(bakery_loaves_total[5m]))", "time": str(served.now / 1000)}
    posted = (await served.client.post("/api/v1/query", data=form)).json()
    assert posted["data"] == await ask(served, "query", **form)
    assert float(posted["data"]["result"][0]["value"][1]) == pytest.approx(3)


async def test_a_range_query_has_a_point_for_each_step(served: Served) -> None:
    data = await ask(
        served,
        "query_range",
        query="rate(bakery_loaves_total[1m])",
        start=served.now / 1000 - 600,
        end=served.now / 1000,
        step="1m",
    )
    assert [len(series["values"]) for series in data["result"]] == [11, 11]
    assert {series["metric"]["kind"]: float(series["values"][-1][1]) for series in data["result"]} == {
        "rye": pytest.approx(1),
        "wheat": pytest.approx(2),
    }


async def test_times_may_be_rfc_3339(served: Served) -> None:
    data = await ask(served, "query", query="time()", time="2023-11-14T22:13:20.5Z")
    assert data["result"] == [1_700_000_000.5, "1700000000.5"]


@pytest.mark.parametrize(
    ("path", "parameters", "status", "says"),
    [
        ("query", {}, 400, 'invalid parameter "query"'),
        ("query", {"query": "sum(bakery_oven_celsius"}, 400, "1:24: unexpected end of input in call to sum"),
        ("query", {"query": "up", "time": "yesterday"}, 400, "cannot parse 'yesterday' to a valid timestamp"),
        ("query", {"query": "up", "time": "inf"}, 400, "out of range"),
        ("query", {"query": "bakery_loaves_total + on(job) bakery_loaves_total"}, 422, "many-to-many"),
        ("query_range", {"query": "up", "start": 1, "end": 2}, 400, 'invalid parameter "step"'),
        ("query_range", {"query": "up", "start": 2, "end": 1, "step": 1}, 400, "must not be before start"),
        ("query_range", {"query": "up", "start": 1, "end": 2, "step": 0}, 400, "zero or negative"),
        ("query_range", {"query": "up", "start": 0, "end": 20000, "step": 1}, 400, "11,000 points"),
        ("series", {}, 400, "at least one series selector"),
        ("series", {"match[]": "sum(up)"}, 400, "not a plain series selector"),
        ("labels", {"limit": "few"}, 400, "not a number of 0 or more"),
        ("rules", {"type": "wishes"}, 400, 'use "alert" or "record"'),
        ("targets", {"state": "lost"}, 400, '"any", "active" or "dropped"'),
    ],
)
async def test_a_mistake_is_answered_with_its_kind_and_the_reason(
    served: Served, path: str, parameters: dict[str, str], status: int, says: str
) -> None:
    reply = await served.client.get(f"/api/v1/{path}", params=parameters)
    assert reply.status_code == status
    body = reply.json()
    assert body["status"] == "error"
    assert body["errorType"] == ("bad_data" if status == 400 else "execution")
    assert says in body["error"]


async def test_series_labels_and_their_values_are_found_by_selector(served: Served) -> None:
    series = await ask(served, "series", **{"match[]": '{__name__=~"bakery_.*", kind="rye"}'})
    assert [found["__name__"] for found in series] == ["bakery_loaves_total"]
    assert await ask(served, "label/kind/values") == ["rye", "wheat"]
    assert await ask(served, "label/kind/values", limit=1) == ["rye"]
    assert "kind" in await ask(served, "labels")
    assert "kind" not in await ask(served, "labels", **{"match[]": "up"})


async def test_metadata_has_type_and_help_as_the_target_said_them(served: Served) -> None:
    assert await ask(served, "metadata", metric="bakery_loaves_total") == {
        "bakery_loaves_total": [{"type": "counter", "help": "Loaves baked.", "unit": ""}]
    }


async def test_rules_tell_their_state_and_alerts_what_fires(served: Served) -> None:
    groups = (await ask(served, "rules", type="alert"))["groups"]
    rules = {rule["name"]: rule for group in groups for rule in group["rules"]}
    cold = rules["OvenCold"]
    assert (cold["state"], cold["health"], cold["duration"], cold["type"]) == ("firing", "ok", 60, "alerting")
    assert cold["alerts"][0]["value"] == "2e+01"
    assert {rule["type"] for group in groups for rule in group["rules"]} == {"alerting"}
    alerts = (await ask(served, "alerts"))["alerts"]
    assert ("OvenCold", "firing") in [(alert["labels"]["alertname"], alert["state"]) for alert in alerts]


async def test_targets_tell_health_and_where_they_came_from(served: Served) -> None:
    found = await ask(served, "targets")
    assert found["droppedTargetCounts"] == {"bakery": 0}
    target = found["activeTargets"][0]
    assert target["labels"] == {"instance": "bakery:8000", "job": "bakery"}
    assert (target["health"], target["scrapeUrl"], target["scrapeInterval"]) == (
        "up",
        "http://bakery:8000/metrics",
        "15s",
    )


async def test_a_query_is_formatted_as_prometheus_prints_it(served: Served) -> None:
    assert await ask(served, "format_query", query="sum( up )by(job)") == "sum by (job) (up)"


async def test_buildinfo_names_the_prometheus_whose_features_it_has(served: Served) -> None:
    assert (await ask(served, "status/buildinfo"))["version"].startswith("3.5")


async def test_what_the_evaluator_remarks_comes_as_warnings_and_infos(served: Served) -> None:
    reply = await served.client.get("/api/v1/query", params={"query": "rate(bakery_oven_celsius[5m])"})
    assert any("might not be a counter" in note for note in reply.json()["infos"])


async def test_a_form_that_is_too_large_is_refused(served: Served) -> None:
    reply = await served.client.post("/api/v1/query", content=b"query=" + b"a" * (1 << 21))
    assert reply.status_code == 400
    assert "larger than" in reply.json()["error"]


async def test_exemplars_of_the_series_in_a_query_are_found_within_its_range(served: Served) -> None:
    of = labels({"__name__": "bakery_bake_seconds_bucket", "job": "bakery", "le": "+Inf"})
    for at, trace in ((served.now - 60_000, "aa"), (served.now - 500, "bb")):
        served.watch.head.exemplars.add(of, Exemplar(labels({"trace_id": trace}), 2.5, at), at)
    query = "histogram_quantile(0.9, sum by (le) (rate(bakery_bake_seconds_bucket[5m])))"
    data = await ask(served, "query_exemplars", query=query, start=served.now / 1000 - 10, end=served.now / 1000)
    told = {"labels": {"trace_id": "bb"}, "value": "2.5", "timestamp": (served.now - 500) / 1000}
    assert data == [{"seriesLabels": dict(of), "exemplars": [told]}]
    assert await ask(served, "query_exemplars", query="bakery_loaves_total") == []
