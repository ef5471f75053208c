"""The scrape schedule and what a page, a failure and a vanished target leave in the store."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.engine.collect.collector import Collector, Scrape
from vedette.engine.collect.targets import DEFAULT_BODY_LIMIT
from vedette.engine.tsdb.head import Head
from vedette.engine.tsdb.matrix import CHUNK
from vedette.formats.exposition import Metadata
from vedette.formats.prometheus import GlobalConfig, PrometheusConfig, RelabelConfig, ScrapeConfig, TargetGroup
from vedette.promql.labels import NAME, Labels, Matcher, labels
from vedette.promql.source import STALE_NAN, is_stale

TEXT = "text/plain; version=0.0.4"


class Rig:
    """A collector, its head, and scraping by hand."""

    def __init__(self, *jobs: ScrapeConfig, start: int = 1_000_000, interval: int = 10_000) -> None:
        self.config = PrometheusConfig(
            global_=GlobalConfig(scrape_interval=interval, scrape_timeout=interval), scrape_configs=jobs
        )
        self.head = Head()
        self.collector = Collector(self.config, self.head, start=start)

    def next(self) -> Scrape:
        due = self.collector.next_due()
        assert due is not None
        (scrape,) = self.collector.step(due)
        return scrape

    def page(self, body: str, content_type: str = TEXT) -> int:
        scrape = self.next()
        self.collector.ingest(scrape, body.encode(), content_type, 0.25)
        return scrape.timestamp

    def fail(self, error: str = "connection refused") -> int:
        scrape = self.next()
        self.collector.fail(scrape, error, 0.5)
        return scrape.timestamp

    def reload(self, now: int, *jobs: ScrapeConfig) -> None:
        self.config = replace(self.config, scrape_configs=jobs)
        self.collector.reload(self.config, now)

    def samples(self, metric: str, **pairs: str) -> list[tuple[int, float | str]]:
        """Time and value of one metric's only series; ``"stale"`` for a marker."""
        found = self.series(metric, **pairs)
        assert len(found) <= 1, found
        return next(iter(found.values()), [])

    def series(self, metric: str, **pairs: str) -> dict[Labels, list[tuple[int, float | str]]]:
        matchers = [Matcher(name, "=", value) for name, value in {NAME: metric, **pairs}.items()]
        found: dict[Labels, list[tuple[int, float | str]]] = {}
        for block in self.head.select(matchers, 0, 2**60):
            stale = is_stale(np.ascontiguousarray(block.values))
            for row, of in enumerate(block.labels):
                for column in np.flatnonzero(block.present[row]):
                    value = "stale" if stale[row, column] else float(block.values[row, column])
                    found.setdefault(of, []).append((int(block.timestamps[column]), value))
        return found


def job(name: str = "shop", *addresses: str, **more: object) -> ScrapeConfig:
    groups = (TargetGroup(targets=addresses or ("localhost:8000",)),)
    return ScrapeConfig(job_name=name, static_configs=groups, **more)  # type: ignore[arg-type]


def test_a_page_becomes_samples_with_the_targets_labels() -> None:
    rig = Rig(job())
    time = rig.page('# TYPE a counter\na{b="c"} 1\n')
    expected = labels({NAME: "a", "b": "c", "job": "shop", "instance": "localhost:8000"})
    assert rig.series("a") == {expected: [(time, 1.0)]}


def test_a_scrape_reports_on_itself() -> None:
    rig = Rig(job(metric_relabel_configs=(RelabelConfig(action="drop", source_labels=(NAME,), regex="gone"),)))
    first = rig.page("a 1\nb 1\ngone 1\n")
    second = rig.page("a 1\nc 1\ngone 1\n")
    third = rig.fail()
    assert rig.samples("up", job="shop", instance="localhost:8000") == [(first, 1.0), (second, 1.0), (third, 0.0)]
    assert [value for _, value in rig.samples("scrape_duration_seconds")] == [0.25, 0.25, 0.5]
    assert [value for _, value in rig.samples("scrape_samples_scraped")] == [3.0, 3.0, 0.0]
    assert [value for _, value in rig.samples("scrape_samples_post_metric_relabeling")] == [2.0, 2.0, 0.0]
    assert [value for _, value in rig.samples("scrape_series_added")] == [2.0, 1.0, 0.0]


def test_the_report_of_a_refused_page_tells_what_it_held() -> None:
    rig = Rig(job(sample_limit=2))
    for page in ("a 1\n", "a 1\nb 1\nbad{\n", "a 1\nb 1\nc 1\nd 1\n", "", "a 1\nc 1\n"):
        rig.page(page)
    assert [value for _, value in rig.samples("up")] == [1.0, 0.0, 0.0, 1.0, 1.0]
    assert [value for _, value in rig.samples("scrape_samples_scraped")] == [1.0, 2.0, 4.0, 0.0, 2.0]
    assert [value for _, value in rig.samples("scrape_samples_post_metric_relabeling")] == [1.0, 2.0, 4.0, 0.0, 2.0]
    assert [value for _, value in rig.samples("scrape_series_added")] == [1.0, 1.0, 0.0, 0.0, 1.0]


def test_series_with_timestamps_of_their_own_count_as_added_too() -> None:
    rig = Rig(job())
    for page in ("a 1 1000\n", "a 2 2000\nb 1 2000\n", "c 1\n", "a 2 2000\nb 2 3000\n"):
        rig.page(page)
    assert [value for _, value in rig.samples("scrape_series_added")] == [1.0, 1.0, 1.0, 1.0]


def test_a_series_that_leaves_the_page_ends_there_and_can_return() -> None:
    rig = Rig(job())
    times = [rig.page(body) for body in ("a 1\nb 1\n", "a 2\n", "a 3\n", "a 4\nb 5\n")]
    assert rig.samples("b") == [(times[0], 1.0), (times[1], "stale"), (times[3], 5.0)]
    assert [value for _, value in rig.samples("a")] == [1.0, 2.0, 3.0, 4.0]


def test_a_failed_scrape_ends_every_series_once() -> None:
    rig = Rig(job())
    times = [rig.page("a 1\n"), rig.fail(), rig.fail(), rig.page("a 2\n")]
    assert rig.samples("a") == [(times[0], 1.0), (times[1], "stale"), (times[3], 2.0)]
    assert rig.samples("scrape_series_added")[-1] == (times[3], 0.0)


@pytest.mark.parametrize(
    ("body", "content_type", "message"),
    [
        ("a 1\nb x\n", TEXT, "http://localhost:8000/metrics does not expose metrics: line 2: column 3"),
        ("<html></html>", "text/html", "http://localhost:8000/metrics: the page has Content-Type 'text/html'"),
        ("a 1\n", "", "no Content-Type"),
        ("a 1\n", "application/openmetrics-text", "does not end with '# EOF'"),
    ],
)
def test_a_page_that_cannot_be_read_is_a_failed_scrape(body: str, content_type: str, message: str) -> None:
    rig = Rig(job())
    before = rig.page("a 1\n")
    time = rig.page(body, content_type)
    assert rig.samples("a") == [(before, 1.0), (time, "stale")]
    assert rig.samples("up")[-1] == (time, 0.0)
    (status,) = rig.collector.targets()
    assert status.health == "down"
    assert message in status.last_error


def test_a_job_may_name_the_format_of_pages_that_do_not() -> None:
    rig = Rig(job(other={"fallback_scrape_protocol": "PrometheusText0.0.4"}))
    time = rig.page("a 1\n", "")
    assert rig.samples("a") == [(time, 1.0)]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"sample_limit": 1}, "exposes 2 samples, over the sample_limit of 1 for job 'shop'"),
        ({"label_limit": 3}, "has 4 labels, over the label_limit of 3"),
        ({"label_name_length_limit": 7}, "label name '__name__' is longer than label_name_length_limit 7"),
        ({"label_value_length_limit": 5}, "label 'instance' of 'a' is longer"),
    ],
)
def test_a_page_over_a_limit_fails_as_a_whole(limits: dict[str, int], message: str) -> None:
    rig = Rig(job(**limits))
    for _ in range(2):
        time = rig.page('a{x="y"} 1\nb 1\n')
    assert rig.samples("a") == []
    assert rig.samples("up")[-1] == (time, 0.0)
    assert message in rig.collector.targets()[0].last_error


def test_samples_that_relabelling_drops_do_not_count_against_the_limit() -> None:
    drop = RelabelConfig(action="drop", source_labels=(NAME,), regex="b.*")
    rig = Rig(job(sample_limit=1, metric_relabel_configs=(drop,)))
    rig.page("a 1\nb1 1\nb2 1\n")
    assert rig.collector.targets()[0].health == "up"


def test_relabelling_that_leaves_no_name_fails_the_scrape() -> None:
    rig = Rig(job(metric_relabel_configs=(RelabelConfig(action="labeldrop", regex="__name__"),)))
    rig.page("a 1\n")
    assert "left no metric name on a" in rig.collector.targets()[0].last_error


def test_labels_of_the_target_win_and_those_of_the_page_are_renamed() -> None:
    rig = Rig(job())
    rig.page('a{job="x",exported_job="y",instance="z"} 1\n')
    (of,) = rig.series("a")
    assert dict(of) == {
        NAME: "a",
        "job": "shop",
        "instance": "localhost:8000",
        "exported_job": "y",
        "exported_exported_job": "x",
        "exported_instance": "z",
    }


def test_labels_of_the_page_win_under_honor_labels_even_empty_ones() -> None:
    rig = Rig(job(honor_labels=True))
    rig.page('a{job="x",instance=""} 1\nb 1\n')
    assert list(rig.series("a")) == [labels({NAME: "a", "job": "x"})]
    assert list(rig.series("b")) == [labels({NAME: "b", "job": "shop", "instance": "localhost:8000"})]


def test_a_page_cannot_pretend_to_be_the_report() -> None:
    rig = Rig(job())
    time = rig.page("up 7\n")
    assert rig.samples("up") == [(time, 1.0)]


def test_timestamps_on_the_page_are_kept_and_get_no_markers() -> None:
    rig = Rig(job())
    first = rig.page("a 1 500000\nb 2\n")
    rig.page("b 2\n")
    assert rig.samples("a") == [(500_000, 1.0)]
    assert rig.samples("b")[0] == (first, 2.0)
    assert rig.samples("scrape_samples_post_metric_relabeling")[0] == (first, 2.0)


def test_timestamps_on_the_page_are_left_off_where_the_job_says_so() -> None:
    rig = Rig(job(honor_timestamps=False))
    times = [rig.page("a 1 500000\n"), rig.page("a 2 500000\n")]
    assert rig.samples("a") == [(times[0], 1.0), (times[1], 2.0)]


def test_duplicates_on_a_page_are_counted_and_the_first_is_stored() -> None:
    rig = Rig(job())
    time = rig.page("a 1\na 2\n")
    assert rig.samples("a") == [(time, 1.0)]
    assert rig.samples("scrape_samples_post_metric_relabeling") == [(time, 2.0)]
    assert rig.collector.targets()[0].duplicates == 1


def test_scrapes_come_once_an_interval_at_the_targets_offset_and_first_within_a_second() -> None:
    rig = Rig(job("a", *(f"h{i}:1" for i in range(50))), start=5_000_123, interval=10_000)
    seen: dict[str, list[int]] = {}
    now = 5_000_123
    while now < 5_060_000:
        for scrape in rig.collector.step(now):
            seen.setdefault(scrape.url, []).append(scrape.timestamp)
            rig.collector.ingest(scrape, b"a 1\n", TEXT, 0.0)
        due = rig.collector.next_due()
        assert due is not None
        assert due > now
        now = due
    assert len(seen) == 50
    for target in rig.collector._discovery.targets:
        first, *ticks = seen[target.url]
        assert 0 <= first - 5_000_123 < 1000
        assert all(tick % 10_000 == target.offset for tick in ticks)
        assert all(b - a == 10_000 for a, b in pairwise(ticks))
        assert 5 <= len(ticks) <= 7


def test_the_first_scrape_of_a_lonely_target_does_not_wait() -> None:
    rig = Rig(job(), start=5_000_123)
    assert 0 <= (rig.collector.next_due() or 0) - 5_000_123 < 20


def test_a_postponed_scrape_leaves_nothing_and_comes_back_when_told() -> None:
    rig = Rig(job())
    early = rig.next()
    rig.collector.postpone(early, early.timestamp + 100)
    assert rig.collector.next_due() == early.timestamp + 100
    assert rig.collector.targets()[0].health == "unknown"
    assert rig.samples("up") == []
    time = rig.page("a 1\n")
    assert time == early.timestamp + 100
    assert rig.samples("up") == [(time, 1.0)]
    assert (rig.collector.next_due() or 0) - time <= 10_000


def test_a_target_is_not_due_again_while_its_page_is_being_read(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(job())
    scrape = rig.next()
    loop = rig.collector._loops[scrape.target.key]
    store = loop.ingest.store

    def storing(*given: object) -> None:
        """As another thread sees it in the middle."""
        assert rig.collector.step(scrape.timestamp + 10_000) == []
        store(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(loop.ingest, "store", storing, raising=False)
    rig.collector.ingest(scrape, b"a 1\n", TEXT, 0.25)
    assert len(rig.collector.step(scrape.timestamp + 20_000)) == 1


@pytest.mark.parametrize(("late", "aligned"), [(0, True), (2, True), (3, False), (900, False)])
def test_a_scrape_carries_its_ticks_time_only_if_it_is_hardly_late(late: int, aligned: bool) -> None:
    rig = Rig(job())
    rig.page("a 1\n")
    due = rig.collector.next_due()
    assert due is not None
    (scrape,) = rig.collector.step(due + late)
    assert scrape.timestamp == (due if aligned else due + late)


def test_ticks_that_passed_unseen_are_skipped_not_made_up_for() -> None:
    rig = Rig(job())
    rig.page("a 1\n")
    due = rig.collector.next_due()
    assert due is not None
    (scrape,) = rig.collector.step(due + 35_000)
    rig.collector.ingest(scrape, b"a 1\n", TEXT, 0.0)
    assert rig.collector.next_due() == due + 40_000


def test_a_scrape_still_under_way_makes_its_target_miss_a_tick() -> None:
    rig = Rig(job())
    rig.page("a 1\n")
    slow = rig.next()
    due = rig.collector.next_due()
    assert due == slow.timestamp + 10_000
    assert rig.collector.step(due) == []
    rig.collector.ingest(slow, b"a 2\n", TEXT, 11.0)
    assert rig.next().timestamp == due + 10_000


def test_a_scrape_says_what_the_driver_needs() -> None:
    rig = Rig(
        job(body_size_limit=1000, authorization_file="secrets/token", other={"follow_redirects": False}), interval=5000
    )
    scrape = rig.next()
    assert scrape.url == "http://localhost:8000/metrics"
    assert scrape.timeout == 5.0
    assert scrape.body_limit == 1000
    assert scrape.token_file is not None
    assert scrape.token_file.as_posix() == "secrets/token"
    assert scrape.follow_redirects is False
    assert scrape.headers["X-Prometheus-Scrape-Timeout-Seconds"] == "5"
    assert scrape.headers["Accept"].startswith("application/openmetrics-text;version=1.0.0")


def test_a_page_has_a_limit_even_if_the_job_sets_none() -> None:
    assert Rig(job()).next().body_limit == DEFAULT_BODY_LIMIT == 64 * 1024 * 1024


def test_a_target_that_vanished_ends_two_intervals_and_a_tenth_later() -> None:
    rig = Rig(job("a"), job("b"))
    for scrape in rig.collector.step(1_001_000):
        rig.collector.ingest(scrape, b"a 1\n", TEXT, 0.0)
    gone = rig.collector.targets()[0]
    rig.reload(1_002_000, job("b"))
    stale = rig.collector._leaving[next(iter(rig.collector._leaving))][1]
    assert 1_002_000 < stale <= 1_012_000
    rig.collector.step(stale + 10_999)
    assert len(rig.samples("a", job="a")) == 1
    rig.collector.step(stale + 11_000)
    assert rig.samples("a", job="a")[1:] == [(stale, "stale")]
    assert rig.samples("up", job="a")[1:] == [(stale, "stale")]
    assert [status.job for status in rig.collector.targets()] == ["b"]
    assert gone.job == "a"


def test_a_target_that_comes_back_in_time_has_no_gap() -> None:
    rig = Rig(job("a"))
    rig.page("a 1\n")
    rig.reload(1_002_000)
    assert rig.collector.targets() == []
    rig.reload(1_005_000, job("a"))
    rig.page("a 2\n")
    assert rig.collector.step(1_060_000) != []
    assert [value for _, value in rig.samples("a")] == [1.0, 2.0]


def test_reloading_the_same_configuration_changes_nothing() -> None:
    rig = Rig(job("a"))
    rig.page("a 1\n")
    due = rig.collector.next_due()
    rig.reload(1_002_000, job("a"))
    assert rig.collector.next_due() == due
    rig.page("a 2\n")
    assert rig.samples("scrape_series_added")[-1][1] == 0.0


def test_a_changed_job_applies_at_the_next_scrape() -> None:
    rig = Rig(job("a"))
    first = rig.page("a 1\nb 1\n")
    drop = RelabelConfig(action="drop", source_labels=(NAME,), regex="b")
    rig.reload(first + 1, job("a", metric_relabel_configs=(drop,)))
    second = rig.page("a 1\nb 1\n")
    assert rig.samples("b") == [(first, 1.0), (second, "stale")]
    assert rig.samples("a") == [(first, 1.0), (second, 1.0)]


def test_an_answer_for_a_target_that_is_gone_is_ignored() -> None:
    rig = Rig(job("a"))
    scrape = rig.next()
    rig.reload(1_002_000)
    rig.collector.ingest(scrape, b"a 1\n", TEXT, 0.0)
    rig.collector.fail(scrape, "late", 0.0)
    assert rig.head.stats().samples == 0
    assert rig.collector.next_due() is None


def test_targets_tell_how_they_do() -> None:
    rig = Rig(job())
    (before,) = rig.collector.targets()
    assert (before.health, before.last_scrape, before.samples) == ("unknown", 0, 0)
    time = rig.page("a 1\nb 2\n")
    (status,) = rig.collector.targets()
    assert (status.job, status.url, status.health) == ("shop", "http://localhost:8000/metrics", "up")
    assert (status.last_scrape, status.last_duration, status.samples, status.last_error) == (time, 0.25, 2, "")
    assert status.labels == labels({"job": "shop", "instance": "localhost:8000"})
    assert dict(status.discovered_labels)["__address__"] == "localhost:8000"
    rig.fail("connection refused")
    (status,) = rig.collector.targets()
    assert (status.health, status.last_error, status.last_duration) == ("down", "connection refused", 0.5)


def test_metadata_of_all_targets_is_told_with_each_opinion_once() -> None:
    rig = Rig(job("a"), job("b"), job("c"))
    bodies = [
        b"# TYPE m counter\n# HELP m one\n",
        b"# TYPE m counter\n# HELP m two\n",
        b"# TYPE m counter\n# HELP m one\n",
    ]
    for scrape, body in zip(rig.collector.step(1_001_000), bodies, strict=True):
        rig.collector.ingest(scrape, body, TEXT, 0.0)
    said = rig.collector.metadata()
    assert list(said) == ["m"]
    assert sorted(one.help for one in said["m"]) == ["one", "two"]
    assert said["m"][0] == Metadata("counter", said["m"][0].help)


def test_series_keep_their_markers_when_the_store_gives_slots_back() -> None:
    rig = Rig(job())
    many = "".join(f'many{{id="{i}"}} 1\n' for i in range(200))
    for _ in range(CHUNK - 1):
        rig.page(many + "x 1\ny 1\n")
    for _ in range(CHUNK + 1):
        last = rig.page("x 2\ny 2\n")
    rig.head.truncate(last - 10_000 * (CHUNK - 1))
    assert rig.head.stats().series == 7
    time = rig.page("x 3\n")
    assert rig.samples("x")[-2:] == [(last, 2.0), (time, 3.0)]
    assert rig.samples("y")[-2:] == [(last, 2.0), (time, "stale")]
    assert rig.samples("up")[-1] == (time, 1.0)
    assert rig.samples("scrape_series_added")[-1] == (time, 0.0)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.none() | st.dictionaries(st.sampled_from("abcd"), st.integers(0, 9)), max_size=12))
def test_every_series_has_a_sample_or_one_marker_exactly_where_the_page_says(
    scrapes: list[dict[str, int] | None],
) -> None:
    rig = Rig(job())
    expected: dict[str, list[tuple[int, float | str]]] = {}
    live: set[str] = set()
    for page in scrapes:
        time = rig.fail() if page is None else rig.page("".join(f"m_{k} {v}\n" for k, v in page.items()))
        now = page or {}
        for name in live - now.keys():
            expected[name].append((time, "stale"))
        for name, value in now.items():
            expected.setdefault(name, []).append((time, float(value)))
        live = set(now)
    assert {name: rig.samples(f"m_{name}") for name in "abcd"} == {name: expected.get(name, []) for name in "abcd"}


def test_a_marker_is_not_an_ordinary_nan() -> None:
    rig = Rig(job())
    time = rig.page("a NaN\n")
    (_, value), *_ = rig.samples("a")
    assert isinstance(value, float)
    assert math.isnan(value)
    assert math.isnan(STALE_NAN)
    assert rig.samples("a")[0][0] == time
