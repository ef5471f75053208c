"""The kit finds what is exposed, and says what is wrong with what cannot be; its plugin resets and is strict."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.docs.page import blocks

from vedette.instruments import guard
from vedette.instruments.metrics import DEFAULT, Counter, Gauge, Histogram, Info, StateSet, Summary
from vedette.instruments.metrics.snapshot import Exposed, Series
from vedette.testing import assert_increments, reset, sample, samples

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "test-your-metrics.md"


@pytest.fixture(scope="module")
def declared():
    """Metrics of each type in the default registry, which has what it had afterwards."""
    before = {family.description.name for family in DEFAULT.families()}
    Counter("kit_orders_total", "Orders.", labels={"channel": ["web", "app"], "country": None})
    Counter("kit_logins_total", "Logins.")
    Gauge("kit_depth", "Depth.", labels=["queue"])
    Histogram("kit_seconds", "Time.", labels=["step"], buckets=[0.1, 1, 10])
    Summary("kit_upload_bytes", "Uploads.")
    Info("kit_build_info", "Build.", labels=["version"])
    StateSet("kit_oven", "Oven.", states=["hot", "cold"], labels=["n"])
    yield {family.description.name: family for family in DEFAULT.families()}
    for family in DEFAULT.families():
        if family.description.name not in before:
            DEFAULT.undeclare(family.description.name)


@pytest.fixture(autouse=True)
def shop(declared):
    """Their series by name, of which there are none at the start."""
    strict = guard.set_strict(False)
    reset()
    yield declared
    reset()
    guard.set_strict(strict)


def touch(shop):
    shop["kit_orders_total"].handle(("web", "de")).inc(3)
    shop["kit_depth"].handle(("mail",)).set(-2.5)
    shop["kit_seconds"].handle(("pay",)).observe(0.5)
    shop["kit_seconds"].handle(("pay",)).observe(20)
    shop["kit_upload_bytes"].handle(()).observe(512)
    shop["kit_build_info"].keep(("1.2",))
    shop["kit_oven"].handle(("1",)).switch(0, 2)


def test_a_sample_is_found_by_the_name_and_labels_of_a_page(shop):
    touch(shop)
    assert sample("kit_orders_total", channel="web", country="de") == 3
    assert sample("kit_depth", queue="mail") == -2.5
    assert sample("kit_seconds_count", step="pay") == 2
    assert sample("kit_seconds_sum", step="pay") == 20.5
    assert [sample("kit_seconds_bucket", step="pay", le=le) for le in ("0.1", "1", "1.0", "10.0", "+Inf", "inf")] == [
        *(0, 1, 1, 1, 2, 2)
    ]
    assert sample("kit_upload_bytes_sum") == 512
    assert sample("kit_build_info", version="1.2") == 1
    assert [sample("kit_oven", n="1", kit_oven=state) for state in ("hot", "cold")] == [0, 1]


def test_what_is_not_there_yet_is_none(shop):
    assert sample("kit_logins_total") is None
    assert sample("kit_orders_total", channel="app", country="fr") is None
    assert sample("kit_orders_total", channel="_OTHER", country="fr") is None
    assert sample("kit_seconds_bucket", step="pay", le="+Inf") is None
    assert sample("kit_oven", n="1", kit_oven="hot") is None
    touch(shop)
    assert sample("kit_orders_total", channel="app", country="fr") is None


@pytest.mark.parametrize(
    ("name", "labels", "error", "message"),
    [
        ("kit_order_total", {}, LookupError, "nothing is exposed or declared as 'kit_order_total'; did you mean 'kit_"),
        ("nothing_like_it", {}, LookupError, r"nothing is exposed or declared as 'nothing_like_it'$"),
        ("kit_orders", {}, LookupError, "kit_orders_total is a counter; its samples: kit_orders_total"),
        (
            "kit_seconds",
            {},
            LookupError,
            "kit_seconds is a histogram; its samples: kit_seconds_bucket, kit_seconds_sum, kit_seconds_count",
        ),
        (
            "kit_orders_total",
            {"chanel": "web", "country": "de"},
            TypeError,
            r"kit_orders_total has no label 'chanel'; did you mean 'channel'\?; its labels: channel, country",
        ),
        ("kit_orders_total", {"channel": "web"}, TypeError, "has the label 'country', too; its labels: channel, "),
        ("kit_orders_total", {"channel": "web", "country": 5}, TypeError, "country=5 is not a string; .* country='5'"),
        ("kit_upload_bytes_sum", {"x": "1"}, TypeError, "has no label 'x'; it has no labels"),
        (
            "kit_orders_total",
            {"channel": "wbe", "country": "de"},
            ValueError,
            r"kit_orders_total: channel='wbe' is none of web, app; did you mean 'web'\?",
        ),
        ("kit_seconds_bucket", {"step": "pay", "le": "2"}, ValueError, r"le='2.0' is none of 0.1, 1.0, 10.0, \+Inf"),
        ("kit_seconds_bucket", {"step": "pay", "le": "two"}, ValueError, "le='two' is none of 0.1"),
        ("kit_oven", {"n": "1", "kit_oven": "hott"}, ValueError, "kit_oven='hott' is none of hot, cold; did you mean"),
    ],
)
def test_what_cannot_be_is_an_error_that_says_why(shop, name, labels, error, message):
    for _ in range(2):
        with pytest.raises(error, match=message):
            sample(name, **labels)
        with pytest.raises(error, match=message), assert_increments(name, **labels):
            pass
        touch(shop)


def test_what_is_collected_from_elsewhere_is_found_too():
    found = [Exposed("gauge", "kit_far", "Far.", "", (), (), [Series('x="1"', 7.0), Series("", 8.0)])]

    def elsewhere():
        return found

    DEFAULT.collect(elsewhere)
    try:
        assert sample("kit_far", x="1") == 7
        assert sample("kit_far") == 8
        assert sample("kit_far", x="2") is None
        with pytest.raises(TypeError, match="kit_far has no label 'y'; its labels: x"):
            sample("kit_far", y="1")
        with pytest.raises(LookupError, match="did you mean 'kit_far'"):
            sample("kit_fra")
    finally:
        DEFAULT.uncollect(elsewhere)


def test_a_gauge_that_each_process_tells_has_the_label_pid():
    gauge = Gauge("kit_each", "Each.", multiprocess_mode="liveall")
    gauge.set(3)
    assert sample("kit_each", pid=str(os.getpid())) == 3
    with pytest.raises(TypeError, match="kit_each has the label 'pid', too"):
        sample("kit_each")


def test_samples_lists_what_a_page_has(shop):
    assert samples("kit_seconds_count") == []
    touch(shop)
    assert [(one.name, one.labels, one.value) for one in samples("kit_seconds_count")] == [
        ("kit_seconds_count", {"step": "pay"}, 2)
    ]
    assert {one.name for one in samples()} >= {"kit_seconds_sum", "kit_depth", "kit_oven"}


def test_an_increment_is_what_happens_within_the_block(shop):
    orders, depth = shop["kit_orders_total"], shop["kit_depth"].handle(("mail",))
    for _ in range(2):
        with assert_increments("kit_orders_total", channel="web", country="de"):
            orders.handle(("web", "de")).inc()
    with assert_increments("kit_orders_total", by=0.3, channel="web", country="de"):
        for _ in range(3):
            orders.handle(("web", "de")).inc(0.1)
    with assert_increments("kit_orders_total", by=None, channel="web", country="de"):
        orders.handle(("web", "de")).inc(17)
    with assert_increments("kit_depth", by=-2, queue="mail"), assert_increments("kit_logins_total", by=0):
        depth.set(-2)


def failure(done, *wanted, **labels):
    """What is said of a block in which something else is done than was wanted."""
    with pytest.raises(AssertionError) as caught, assert_increments(*wanted, **labels):
        done()
    return str(caught.value)


def test_a_failure_tells_what_has_changed_instead_the_nearest_first(shop):
    orders = shop["kit_orders_total"]
    orders.handle(("web", "de")).inc(3)

    def done():
        shop["kit_upload_bytes"].handle(()).observe(512)
        shop["kit_seconds"].handle(("pay",)).observe(0.5)
        shop["kit_depth"].handle(("mail",)).set(math.nan)
        shop["kit_logins_total"].handle(()).inc()
        orders.handle(("app", "de")).inc(2)

    assert failure(done, "kit_orders_total", channel="web", country="de") == (
        'kit_orders_total{channel="web",country="de"} was to change by 1, but is still 3\n'
        "what has changed:\n"
        '  kit_orders_total{channel="app",country="de"} 0 → 2\n'
        "  kit_logins_total 0 → 1\n"
        "  kit_upload_bytes_count 0 → 1\n"
        '  kit_depth{queue="mail"} 0 → NaN\n'
        '  kit_seconds_count{step="pay"} 0 → 1\n'
        "  kit_upload_bytes_sum 0 → 512\n"
        '  kit_seconds_sum{step="pay"} 0 → 0.5'
    )


@pytest.mark.parametrize(
    ("by", "amounts", "message"),
    [
        (1, [], "kit_logins_total was to change by 1, but is not there\nnothing else has changed"),
        (None, [], "kit_logins_total was to grow, but is not there\nnothing else has changed"),
        (1, [2, 0.5], "kit_logins_total was to change by 1, but went 0 → 2.5\nnothing else has changed"),
        (0, [1], "kit_logins_total was to change by 0, but went 0 → 1\nnothing else has changed"),
    ],
)
def test_a_failure_tells_what_was_wanted_and_what_was(shop, by, amounts, message):
    assert failure(
        lambda: [shop["kit_logins_total"].handle(()).inc(one) for one in amounts], "kit_logins_total", by
    ) == (message)


def test_many_changes_are_cut_short_and_buckets_are_told_only_to_who_asks_for_one(shop):
    steps = [shop["kit_seconds"].handle((str(number),)) for number in range(12)]
    said = failure(lambda: [step.observe(0.5) for step in steps], "kit_logins_total")
    assert said.endswith("\n  and 14 more")
    assert "_bucket" not in said
    said = failure(lambda: steps[0].observe(0.5), "kit_seconds_bucket", step="0", le="0.1")
    assert '  kit_seconds_bucket{le="1.0",step="0"} 1 → 2\n' in said


def test_a_block_that_fails_fails_as_it_would():
    with pytest.raises(ZeroDivisionError), assert_increments("kit_logins_total"):
        raise ZeroDivisionError


def test_a_metric_may_be_declared_within_the_block():
    with assert_increments("kit_late_total"):
        Counter("kit_late_total", "Late.").inc()


def test_a_reset_drops_all_series_and_what_has_been_told(shop, caplog):
    for _ in range(2):
        shop["kit_logins_total"].handle(()).inc(-1)
        shop["kit_depth"].handle(("mail",)).set(1)
        reset()
        assert samples("kit_depth") == []
    assert len(caplog.messages) == 2


# The plugin


@pytest.fixture
def project(pytester):
    """A project with a metric and a test of it that uses the fixture."""
    pytester.makepyfile(
        bakery="""
        from vedette import Counter

        loaves = Counter("bakery_loaves_total", help="Loaves.", labels={"kind": ["rye", "wheat"]})


        def bake(kind):
            loaves.inc(kind)
        """
    )
    return pytester


def test_the_fixture_resets_before_and_after_and_is_strict_meanwhile(project):
    project.makepyfile(
        """
        import bakery
        import pytest
        from vedette.instruments import guard
        from vedette.testing import sample

        def test_without():
            bakery.bake("corn")
            bakery.bake("rye")
            assert sample("bakery_loaves_total", kind="_OTHER") == 1

        @pytest.mark.parametrize("again", [1, 2])
        def test_with(vedette_metrics, again):
            assert vedette_metrics.samples() == []
            with vedette_metrics.assert_increments("bakery_loaves_total", kind="rye"):
                bakery.bake("rye")
            assert vedette_metrics.sample("bakery_loaves_total", kind="rye") == 1
            with pytest.raises(ValueError, match="kind='corn' is not declared"):
                bakery.bake("corn")

        def test_after():
            assert not guard.is_strict()
            assert sample("bakery_loaves_total", kind="rye") is None
        """
    )
    project.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=4)


def test_a_project_can_use_it_for_every_test_with_what_pytest_has_for_that(project):
    project.makeini("[pytest]\nusefixtures = vedette_metrics\n")
    project.makepyfile(
        """
        import bakery
        from vedette.testing import sample

        def test_first():
            bakery.bake("rye")
            assert sample("bakery_loaves_total", kind="rye") == 1

        test_second = test_first

        def test_third():
            bakery.bake("corn")
        """
    )
    outcome = project.runpytest_subprocess()
    outcome.assert_outcomes(passed=2, failed=1)
    outcome.stdout.fnmatch_lines(["*ValueError: bakery_loaves_total: kind='corn' is not declared*"])


def test_a_failed_assertion_is_shown_where_the_block_is(project):
    project.makepyfile(
        """
        import bakery

        def test_bake(vedette_metrics):
            with vedette_metrics.assert_increments("bakery_loaves_total", kind="rye"):
                bakery.bake("wheat")
        """
    )
    outcome = project.runpytest_subprocess()
    outcome.assert_outcomes(failed=1)
    outcome.stdout.fnmatch_lines(
        [
            '>*with vedette_metrics.assert_increments("bakery_loaves_total", kind="rye"):',
            'E*AssertionError: bakery_loaves_total{kind="rye"} was to change by 1, but is not there',
            "E*what has changed:",
            'E*bakery_loaves_total{kind="wheat"} 0 → 1',
            "*test_a_failed_assertion_is_shown_where_the_block_is.py:4: AssertionError",
        ]
    )
    assert "__exit__" not in outcome.stdout.str()


def loaded_by(code):
    """The modules that the code loads beyond those of pytest."""
    script = f"import sys, pytest\nbefore = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before)"
    outcome = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    return set(outcome.stdout.split())


def test_the_plugin_loads_pytest_and_the_standard_library_alone():
    loaded = loaded_by("import vedette.testing.plugin")
    assert {name for name in loaded if name.partition(".")[0] not in sys.stdlib_module_names} == {
        *("vedette", "vedette.testing", "vedette.testing.plugin", "vedette.testing.reported")
    }


def test_the_kit_loads_the_instruments_alone():
    loaded = loaded_by("from vedette.testing import assert_increments, reset, sample; reset(); sample")
    roots = {name.partition(".")[0] for name in loaded}
    rooms = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("vedette.")}
    assert roots - sys.stdlib_module_names == {"vedette"}
    assert rooms == {"vedette.instruments", "vedette.testing", "vedette.errors", "vedette.place"}


def test_the_tests_of_the_page_pass(pytester):
    for block in blocks(PAGE.read_text("utf-8")):
        if block.file:
            path = pytester.path / block.file
            path.write_text(block.text, "utf-8")
    outcome = pytester.runpytest_subprocess()
    assert outcome.ret == 0, outcome.stdout.str()
    assert outcome.parseoutcomes()["passed"] >= 3
