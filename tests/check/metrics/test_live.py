"""What is declared is held against what runs: on a page of one process, and on a server that scrapes them."""

from __future__ import annotations

import json

import pytest
from tests.check.declared_stacks import HEAD

from vedette.check.check import Example
from vedette.check.example import findings_in
from vedette.check.facts import Facts
from vedette.check.live.learn import with_live
from vedette.check.live.page import read_page
from vedette.check.registry import Choice, find

CODES = ("not-exported", "undeclared-on-the-page", "type-differs", "labels-differ")

SHOP = """\
orders = Counter("shop_orders_total", help="O.", labels={"channel": ["web", "app"]})
refunds = Counter("shop_refunds_total", help="R.", labels={"reason": None})
wait = Histogram("shop_wait_seconds", help="W.", buckets=[0.5, 1])
state = StateSet("shop_state", help="S.", states=["on", "off"])
build = Info("shop_build_info", help="B.", labels=["version"])
shop = Pack("shop", metrics=[orders, refunds, wait, state, build], recordings=[
    Recording("job:shop_orders:rate5m", "sum by (job) (rate(shop_orders_total[5m]))")])
"""
ONE = 'stack = Stack(name="s", services=[Service("shop", ["localhost:8000"], [shop])])\n'
TWO = """\
load = Metric.foreign("gauge", "node_load1", exporter="node_exporter", labels=[], help="L.")
cpu = Metric.foreign("counter", "node_cpu_seconds_total", exporter="node", labels={"mode": ["idle"]}, help="C.")
node = Pack("node", metrics=[load, cpu])
stack = Stack(name="s", services=[
    Service("shop", ["localhost:8000"], [shop], labels={"zone": "eu"}), Service("node", ["localhost:9100"], [node])])
"""
WHOLE = """\
# TYPE shop_orders_total counter
shop_orders_total{channel="web"} 1
shop_orders_total{channel="_OTHER"} 0
# TYPE shop_refunds_total counter
# TYPE shop_wait_seconds histogram
shop_wait_seconds_bucket{le="0.5"} 0
shop_wait_seconds_bucket{le="1.0"} 0
shop_wait_seconds_bucket{le="+Inf"} 0
shop_wait_seconds_sum 0
shop_wait_seconds_count 0
# TYPE shop_state gauge
shop_state{shop_state="on"} 1
shop_state{shop_state="off"} 0
# TYPE shop_build_info gauge
shop_build_info{version="1"} 1
"""


def found(folder, source, *codes, page=None, server=None):
    """Code, line of the source, level and message."""
    beside = Example("metrics.txt", page) if server is None else Example("server.json", json.dumps(server))
    example = Example("observability.py", HEAD + source, beside=(beside,))
    findings = findings_in(example, Choice(select=codes or CODES), folder)
    assert "internal" not in {one.code for one in findings}
    return [(one.code, one.place.line - HEAD.count("\n"), one.level, one.message) for one in findings]


def of_page(folder, source, change=(), *codes, page=WHOLE):
    for old, new in change:
        assert old in page
        page = page.replace(old, new)
    return found(folder, source, *codes, page=page)


def line(source, part):
    return source[: source.index(part)].count("\n") + 1


# --- a page ----------------------------------------------------------------------------------------------------------


def test_a_process_that_exposes_what_is_declared_is_right(tmp_path):
    assert of_page(tmp_path, SHOP + ONE) == []


def test_an_openmetrics_page_says_the_same(tmp_path):
    openmetrics = (
        WHOLE.replace("TYPE shop_orders_total", "TYPE shop_orders")
        .replace("TYPE shop_refunds_total", "TYPE shop_refunds")
        .replace("TYPE shop_state gauge", "TYPE shop_state stateset")
        .replace("TYPE shop_build_info gauge", "TYPE shop_build info")
        .replace("# TYPE shop_refunds", 'shop_orders_created{channel="web"} 1\n# TYPE shop_refunds')
    )
    assert found(tmp_path, SHOP + ONE, page=openmetrics + "# EOF\n") == []


def test_what_is_not_exposed_is_told_where_it_is_declared(tmp_path):
    page = WHOLE.partition("# TYPE shop_state")[0]
    told = found(tmp_path, SHOP + ONE, page=page)
    assert [(code, at, level) for code, at, level, _ in told] == [
        ("not-exported", 4, "warning"), ("not-exported", 5, "note"),
    ]  # fmt: skip
    assert told[0][3] == "it is declared, and not exposed by metrics.txt"


def test_a_counter_of_what_has_not_happened_yet_is_a_note(tmp_path):
    ((code, at, level, message),) = of_page(tmp_path, SHOP + ONE, [("# TYPE shop_refunds_total counter\n", "")])
    assert (code, at, level) == ("not-exported", 2, "note")
    assert message.endswith("it may only be that nothing has happened yet, for reason may have any value")


FOREIGN = """\
from vedette import Renamed
names = {
    "sold_total": Renamed("shop_orders_total", labels={"by": "channel"}, values={"channel": {"browser": "web"}}),
    "given_back_total": Renamed("shop_refunds_total", fixed={"reason": "any"}),
    "waiting_seconds": "shop_wait_seconds",
    "status": Renamed("shop_state", labels={"is": "shop_state"}),
    "build": "shop_build_info",
}
"""
THEIRS = """\
# TYPE sold_total counter
sold_total{by="browser"} 1
# TYPE given_back_total counter
given_back_total 1
# TYPE waiting_seconds histogram
waiting_seconds_bucket{le="0.5"} 0
waiting_seconds_bucket{le="1.0"} 0
waiting_seconds_bucket{le="+Inf"} 0
waiting_seconds_sum 0
waiting_seconds_count 0
# TYPE status gauge
status{is="on"} 1
# TYPE build gauge
build{version="1"} 1
"""
NAMED = ONE.replace("[shop])", "[shop], names=names)")


def test_a_page_with_names_of_its_own_is_read_as_it_will_be_stored(tmp_path):
    assert found(tmp_path, SHOP + FOREIGN + NAMED, page=THEIRS) == []


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("waiting_seconds", "waited_seconds", "not-exported", "it is declared, and not exposed"),
        ('sold_total{by="browser"}', "sold_total", "labels-differ", "with the label channel, and exposed without"),
        ("TYPE sold_total counter", "TYPE sold_total gauge", "type-differs", "exposed as a gauge"),
        ("# TYPE build gauge", "beside 1\n# TYPE build gauge", "undeclared-on-the-page", "no pack declares: beside"),
    ],
)
def test_what_is_wrong_with_it_is_told_by_the_names_of_the_packs(tmp_path, old, new, code, said):
    told = of_page(tmp_path, SHOP + FOREIGN + NAMED, [(old, new)], code, page=THEIRS)
    assert [(one, said in message) for one, _, _, message in told] == [(code, True)]


def test_of_two_services_the_page_is_of_the_one_that_has_its_names(tmp_path):
    both = TWO.replace('labels={"zone": "eu"}', "names=names")
    assert found(tmp_path, SHOP + FOREIGN + both, page=THEIRS) == []


def test_other_types_are_errors(tmp_path):
    ((code, at, level, message),) = of_page(
        tmp_path, SHOP + ONE, [("TYPE shop_orders_total counter", "TYPE shop_orders_total gauge")]
    )
    assert (code, at, level) == ("type-differs", 1, "error")
    assert message == "it is declared as a counter, and exposed as a gauge, metrics.txt says"


@pytest.mark.parametrize("kind", ["untyped", "unknown"])
def test_no_type_is_no_other_type(tmp_path, kind):
    assert of_page(tmp_path, SHOP + ONE, [("TYPE shop_orders_total counter", f"TYPE shop_orders_total {kind}")]) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            '{channel="web"}',
            '{channel="web",shop="a"}',
            "exposed with the label shop, as metrics.txt says, and declared without",
        ),
        ('channel="web"', 'canal="web"', "exposed with the label canal"),
        (
            'channel="web"',
            'channel="phone"',
            "its label channel is 'phone', as metrics.txt says, which is none of the declared",
        ),
        ('le="0.5"', 'le="0.5",x="y"', "exposed with the label x"),
    ],
)
def test_other_labels_are_told(tmp_path, old, new, words):
    (code, _, level, message), *_ = of_page(tmp_path, SHOP + ONE, [(old, new)])
    assert (code, level) == ("labels-differ", "warning")
    assert words in message


def test_a_label_that_none_has_is_told(tmp_path):
    told = of_page(
        tmp_path,
        SHOP + ONE,
        [('shop_orders_total{channel="web"} 1\nshop_orders_total{channel="_OTHER"} 0', "shop_orders_total 1")],
    )
    assert [(code, at) for code, at, _, _ in told] == [("labels-differ", 1)]
    assert "declared with the label channel, and exposed without" in told[0][3]


def test_a_label_that_may_be_empty_may_be_absent(tmp_path):
    source = SHOP.replace('["web", "app"]', '["", "app"]') + ONE
    both = 'shop_orders_total{channel="web"} 1\nshop_orders_total{channel="_OTHER"} 0'
    assert of_page(tmp_path, source, [(both, "shop_orders_total 1")]) == []


def test_undeclared_metrics_are_one_note_of_the_service(tmp_path):
    more = "# TYPE gc_total counter\ngc_total 1\n# TYPE h summary\nh_sum 1\nh_count 1\nplain 1\nup 1\ntarget_info 1\n"
    ((code, at, level, message),) = found(tmp_path, SHOP + ONE, page=WHOLE + more)
    assert (code, at, level) == ("undeclared-on-the-page", line(SHOP + ONE, "stack ="), "note")
    assert message == "metrics.txt has 3 metrics of it that no pack declares: gc_total, h, plain"


def test_what_is_recorded_is_no_metric_of_the_page(tmp_path):
    assert found(tmp_path, SHOP + ONE, page=WHOLE + "job:shop_orders:rate5m 1\n") == []


def test_a_page_is_of_the_service_at_its_address(tmp_path):
    from vedette.check.example import _of_stack

    file = tmp_path / "observability.py"
    file.write_text(HEAD + SHOP + TWO)
    facts, _ = _of_stack(file)

    def codes(url, page):
        learned = with_live(facts, read_page(page.encode(), "text", url))
        return {(code, one.subject) for code in CODES for one in find(code).find(learned)}

    assert codes("http://127.0.0.1:8000/metrics", WHOLE) == set()
    node = "# TYPE node_load1 gauge\nnode_load1 1\n" + "".join(f"node_other{number} 1\n" for number in range(300))
    assert codes("http://localhost:9100/metrics", node) == {("not-exported", "metric node_cpu_seconds_total")}
    assert codes("http://elsewhere:1/metrics", WHOLE) == set()
    assert codes("http://elsewhere:1/metrics", "other 1\n") == set()


def test_of_a_shipped_pack_the_service_is_told(tmp_path):
    from vedette.packs import http

    source = 'stack = Stack(name="s", services=[\n    Service("shop", ["localhost:8000"], [http])])\n'
    ((code, at, level, message),) = found(tmp_path, source, "not-exported", page="other 1\n")
    assert (code, at, level) == ("not-exported", 2, "warning")
    assert message.startswith("nothing of the pack http is exposed by metrics.txt: ")
    first = next(metric for metric in http().metrics if metric.type == "gauge")
    ((_, _, level, message),) = found(tmp_path, source, "not-exported", page=f"# TYPE {first.name} gauge\n")
    assert level == "note"
    assert message.startswith("a part of the pack http is not exposed by metrics.txt: ")


# --- a server --------------------------------------------------------------------------------------------------------

TARGETS = [
    {"labels": {"job": "shop", "instance": "a", "rack": "7"}, "scrapeUrl": "http://a/metrics", "health": "up"},
    {"labels": {"job": "node"}, "scrapeUrl": "http://n/metrics", "health": "up"},
]


def server(page=WHOLE, job="shop", **more):
    """The answers of a server that scrapes this page, and of the node a load."""
    live = read_page(page.encode(), "text", "x")
    added = {"job": job, "instance": "a", "rack": "7", "zone": "eu"}
    series = [{"__name__": name, **labels, **added} for name, listed in live.series.items() for labels in listed]
    return {
        "label/__name__/values": [*live.series, "node_load1", "up"],
        "metadata": {name: [{"type": told.type} for told in one] for name, one in live.metadata.items()}
        | {"node_load1": [{"type": "gauge"}], "node_cpu_seconds_total": [{"type": "counter"}]},
        "series": [*series, {"__name__": "node_load1", "job": "node"}],
        "targets": {"activeTargets": TARGETS},
        **more,
    }  # fmt: skip


def test_a_server_that_scrapes_what_is_declared_is_right(tmp_path):
    assert found(tmp_path, SHOP + TWO, "not-exported", "type-differs", "labels-differ", server=server()) == []


def test_labels_of_the_scrape_are_not_the_metrics(tmp_path):
    answers = server(WHOLE.replace('{channel="web"}', '{channel="web",exported_job="x",other="y"}'))
    ((_, _, _, message),) = found(tmp_path, SHOP + TWO, "labels-differ", server=answers)
    assert "with the labels job, other," in message


def test_series_of_other_jobs_are_not_the_services(tmp_path):
    answers = server()
    answers["series"].append({"__name__": "shop_orders_total", "job": "another", "country": "de"})
    assert found(tmp_path, SHOP + TWO, "labels-differ", server=answers) == []


def test_a_service_that_is_not_scraped_is_told_and_its_metrics_are_not(tmp_path):
    answers = server("other 1\n", targets={"activeTargets": TARGETS[1:]})
    told = found(tmp_path, SHOP + TWO, "not-exported", "labels-differ", server=answers)
    assert [(code, level) for code, _, level, _ in told] == [("not-exported", "warning")]
    assert told[0][3].startswith("http://localhost:9090 scrapes no target with the job 'shop'")


def test_of_what_is_down_nothing_is_said(tmp_path):
    down = [{**TARGETS[0], "health": "down"}, TARGETS[1]]
    answers = server("other 1\n", targets={"activeTargets": down})
    assert found(tmp_path, SHOP + TWO, "not-exported", "labels-differ", server=answers) == []


def test_where_all_is_sent_to_the_server_the_targets_are_not_asked(tmp_path):
    assert found(tmp_path, SHOP + TWO, "not-exported", server=server(targets={"activeTargets": []})) == []


def test_what_no_target_exposes_names_those_that_were_looked_at(tmp_path):
    page = WHOLE.partition("# TYPE shop_state")[0] + "# TYPE shop_build_info gauge\n"
    ((_, _, _, message),) = found(tmp_path, SHOP + TWO, "not-exported", server=server(page))
    assert message.endswith("not exposed by http://a/metrics, as http://localhost:9090 says")


def test_what_other_jobs_expose_is_not_the_services(tmp_path):
    answers = server(**{"label/job/values": ["shop"]})
    assert found(tmp_path, SHOP + TWO, "undeclared-on-the-page", server={**answers, "label/__name__/values": [
        *answers["label/__name__/values"], "job:shop_orders:rate5m"]}) == [
        ("undeclared-on-the-page", line(SHOP + TWO, '    Service("shop"'), "note",
         "http://localhost:9090 has a metric of it that no pack declares: node_load1"),
    ]  # fmt: skip  # a canned server gives every job all names


def test_types_that_differ_between_targets_are_right_if_one_is(tmp_path):
    answers = server()
    answers["metadata"]["shop_orders_total"].append({"type": "gauge"})
    assert found(tmp_path, SHOP + TWO, "type-differs", server=answers) == []


def test_without_a_server_nothing_is_found(tmp_path):
    example = Example("observability.py", HEAD + SHOP + ONE)
    assert findings_in(example, Choice(select=CODES), tmp_path) == []
    assert [list(find(code).find(Facts(kind="foreign"))) for code in CODES] == [[], [], [], []]


# --- names on a page -------------------------------------------------------------------------------------------------


def named(page):
    facts = with_live(Facts(kind="foreign"), read_page(page.encode(), "text", "http://x/metrics"))
    return [
        (one.place.line, one.subject.removeprefix("metric "), one.message) for one in find("metric-naming").find(facts)
    ]


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("jobs", "counter", "it is a counter, and does not end in _total"),
        ("jobs_total", "gauge", "it is a gauge, and ends in _total"),
        ("wait_ms", "gauge", "it is in ms, where seconds are usual"),
        ("wait_milliseconds_total", "counter", "it is in milliseconds, where seconds are usual"),
        ("disk_kilobytes", "gauge", "it is in kilobytes, where bytes are usual"),
        ("disk_used_percent", "gauge", "it is in percent, where ratio are usual"),
        ("request_duration", "histogram", "it does not say its unit"),
        ("answer_size", "summary", "it does not say its unit"),
        ("jobs_count", "gauge", "it is a gauge, and ends in _count"),
        ('jobs{le="1"}', "gauge", "it is no histogram, and has the label le"),
        ('jobs_total{quantile="1"}', "counter", "it is no summary, and has the label quantile"),
    ],
)
def test_names_that_mislead_are_told_where_they_stand(name, kind, words):
    family = name.partition("{")[0]
    samples = f"{name} 1" if kind in ("gauge", "counter") else f"{family}_sum 1\n{family}_count 1"
    ((at, subject, message),) = named(f"# HELP {family} It is.\n# TYPE {family} {kind}\n{samples}\n")
    assert (at, subject) == (2, family)
    assert words in message


def test_no_help_is_told():
    assert named("# TYPE jobs gauge\njobs 1\n") == [(1, "jobs", "it has no help")]


@pytest.mark.parametrize(
    "page",
    [
        "# HELP a_total A.\n# TYPE a_total counter\na_total 1\n",
        "# HELP a_seconds A.\n# TYPE a_seconds gauge\na_seconds 1\n",
        '# HELP a_seconds A.\n# TYPE a_seconds histogram\na_seconds_bucket{le="1"} 1\n',
        '# HELP a_seconds A.\n# TYPE a_seconds summary\na_seconds{quantile="0.5"} 1\na_seconds_sum 1\n',
        "# HELP batch_rows A.\n# TYPE batch_rows histogram\nbatch_rows_sum 1\n",
        "# HELP temperature_celsius A.\n# TYPE temperature_celsius gauge\ntemperature_celsius 1\n",
        "# HELP bytes_per_second A.\n# TYPE bytes_per_second gauge\nbytes_per_second 1\n",
        '# HELP go_info A.\n# TYPE go_info gauge\ngo_info{version="1"} 1\n',
        "plain 1\n",
        "",
    ],
)
def test_good_names_are_left_alone(page):
    assert named(page) == []


def test_a_page_of_ours_and_one_of_prometheus_client_are_well_named():
    import prometheus_client

    from vedette.instruments.metrics import Counter, Gauge, Histogram, Info, Registry, StateSet, Summary
    from vedette.instruments.metrics.exposition import page

    ours = Registry()
    Counter("a_orders_total", "O.", registry=ours).inc()
    Counter("a_refunds_total", "R.", ["reason"], registry=ours)
    Gauge("a_temperature_celsius", "T.", registry=ours).set(1)
    Histogram("a_wait_seconds", "W.", buckets=[1], registry=ours).observe(1)
    Summary("a_upload_bytes", "U.", registry=ours).observe(1)
    Info("a_build_info", "B.", ["version"], registry=ours).set("1")
    StateSet("a_worker", "W.", states=["idle", "busy"], registry=ours).set("busy")
    for accept, kind in (("text/plain", "text"), ("application/openmetrics-text;version=1.0.0", "openmetrics")):
        body = page(accept=accept, registry=ours).body
        facts = with_live(Facts(kind="foreign"), read_page(body, kind, "x"))
        assert [one.message for one in find("metric-naming").find(facts)] == []
    theirs = prometheus_client.CollectorRegistry()
    prometheus_client.ProcessCollector(registry=theirs)
    prometheus_client.PlatformCollector(registry=theirs)
    prometheus_client.GCCollector(registry=theirs)
    assert named(prometheus_client.generate_latest(theirs).decode()) == []
