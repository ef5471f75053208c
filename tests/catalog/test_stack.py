"""A stack agrees with itself in every environment, or is refused when it is made."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vedette.catalog import Alert, Email, Environment, Pack, Service, Smtp, Stack, Timing, env, parametric
from vedette.catalog.thresholds import check_rising
from vedette.errors import DeclarationError
from vedette.instruments.metrics import Metric


def gauge(name, meaning="Bytes."):
    return Metric.foreign("gauge", name, exporter="x", help=meaning)


def alert(name):
    return Alert(name, "up == 0", severity="low", summary="s")


@parametric
def pool(*, warn: float = 0.9) -> Pack:
    """A pack with one threshold."""
    return Pack("pool", alerts=[Alert("PoolFull", f"used > {warn}", severity="high", summary="s")])


def service(name="shop", packs=(), **more):
    return Service(name, ["localhost:8000"], packs, **more)


def stack(*services, **more):
    return Stack(services=services or [service()], **more)


def test_takes_the_name_of_its_only_service():
    assert stack().name == "shop"
    assert stack(service("a"), service("b"), name="ab").title == "ab"


def test_always_has_a_local_environment():
    assert stack().environment().name == "local"
    own = Environment("local", scrape_interval="30s")
    assert stack(environments=[own]).environment("local") == own


def test_an_environment_changes_targets_and_thresholds():
    production = Environment("production", targets={"shop": ["10.0.0.1:80"]}, thresholds={"pool.warn": 0.5})
    made = stack(service(packs=[pool]), environments=[production])
    (changed,) = made.services_in(production)
    assert changed.targets == ("10.0.0.1:80",)
    assert changed.pack_list() == (pool(warn=0.5),)
    assert made.services[0].pack_list() == (pool(),)


def test_a_threshold_can_be_changed_for_one_service():
    place = Environment("local", thresholds={"a.pool.warn": 0.5})
    made = stack(service("a", [pool]), service("b", [pool]), name="ab", environments=[place])
    first, second = made.services_in(place)
    assert (first.pack_list(), second.pack_list()) == ((pool(warn=0.5),), (pool(),))


@parametric
def heat(*, high: float = 1, critical: float = 2) -> Pack:
    """A pack with two thresholds that must rise."""
    check_rising(high=high, critical=critical)
    return Pack("heat", alerts=[Alert("Hot", f"heat > {high} or heat > {critical}", severity="high", summary="s")])


def test_thresholds_that_need_each_other_are_changed_together_and_one_services_goes_before_all_others():
    given = {"b.heat.high": 30, "heat.high": 10, "heat.critical": 40}
    place = Environment("local", thresholds=given)
    made = stack(service("a", [heat]), service("b", [heat]), name="ab", environments=[place])
    first, second = made.services_in(place)
    assert first.pack_list() == (heat(high=10, critical=40),)
    assert second.pack_list() == (heat(high=30, critical=40),)
    with pytest.raises(DeclarationError, match=r"threshold 'heat\.high': .*below high=10"):
        stack(service(packs=[heat]), environments=[Environment("local", thresholds={"heat.high": 10})])


def test_timings_replace_those_of_their_severity_only():
    made = stack(timings={"high": Timing("30s", "1m", "1h")})
    assert made.timings["high"] == Timing("30s", "1m", "1h")
    assert made.timings["critical"].wait == "0s"


def test_one_metric_object_may_be_used_by_two_packs():
    metric = gauge("disk_free_bytes")
    stack(service(packs=[Pack("a", metrics=[metric]), Pack("b", metrics=[metric])]))


def environment(**changes):
    return stack(service(packs=[pool]), environments=[Environment("p", **changes)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Service("a", []), "has no targets"),
        (lambda: Service("a", "localhost:8000"), "write a list"),
        (lambda: Service("a", ["http://localhost:8000"]), "the scheme goes in scheme="),
        (lambda: Service("a", ["h:1", "h:1"]), "target 'h:1' twice"),
        (lambda: Service("a b", ["h:1"]), "needs a name"),
        (lambda: service(packs=pool), "write a list"),
        (lambda: service(packs=[pool, pool(warn=0.5)]), "pack 'pool' twice"),
        (lambda: service(metrics_path="metrics"), "begins with '/'"),
        (lambda: service(scheme="ftp"), "'http' or 'https'"),
        (lambda: service(scrape_interval="0s"), "more than zero"),
        (lambda: service(labels={"job": "x"}), "sets the label 'job'"),
        (lambda: service(token="abc"), "token in clear"),
        (lambda: Stack(services=[]), "has no services"),
        (lambda: stack(service("a"), service("a"), name="x"), "service 'a' twice"),
        (lambda: stack(service("a"), service("b")), "several services and no name"),
        (lambda: stack(name="a b"), "needs letters"),
        (lambda: stack(notify=Email("a@example.com")), "write a list"),
        (lambda: stack(notify=["a@example.com"]), r"write Email\(…\)"),
        (lambda: stack(timings={"high": "5m"}), r"write Timing\("),
        (lambda: stack(timings={"urgent": Timing("1m", "1m", "1m")}), "severity='urgent'"),
        (lambda: stack(environments=[Environment("a"), Environment("a")]), "environment 'a' twice"),
        (lambda: stack(service(packs=[Pack("a", alerts=[alert("X")]), Pack("b", alerts=[alert("X")])])), "rename one"),
        (
            lambda: stack(service("a", [Pack("p", title="One")]), service("b", [Pack("p", title="Two")]), name="x"),
            "two different packs are named 'p'",
        ),
        (
            lambda: stack(
                service(packs=[Pack("a", metrics=[gauge("x_bytes")]), Pack("b", metrics=[gauge("x_bytes", "Other.")])])
            ),
            "metric 'x_bytes' of pack 'b' is declared already at .*test_stack.py",
        ),
        (lambda: environment(thresholds={"pool.wran": 1}), "did you mean 'warn'"),
        (lambda: environment(thresholds={"pol.warn": 1}), "did you mean 'pool'"),
        (lambda: environment(thresholds={"shp.pool.warn": 1}), "did you mean 'shop.pool.warn'"),
        (lambda: environment(thresholds={"warn": 1}), "'pack.parameter'"),
        (lambda: environment(targets={"shp": ["h:1"]}), "did you mean 'shop'"),
        (lambda: environment(targets={"shop": []}), "has no targets"),
        (lambda: environment(external_url="localhost"), "begins with http"),
        (lambda: environment(logs_url="logs.example.com/{job}"), "begins with http"),
        (lambda: environment(logs_url="http://logs.example.com/{service}"), "the place {service}; there are {job}"),
        (lambda: environment(trace_url="http://t.example.com/"), "with no place {trace_id}"),
        (lambda: environment(external_labels={"environment": "x"}), "sets the label 'environment'"),
        (lambda: environment(scrape_interval="5s", scrape_timeout="10s"), "longer than scrape_interval"),
        (lambda: environment(prometheus="latest"), "such as '2.42'"),
        (lambda: environment(time_scale=0), "above zero"),
        (lambda: environment(notify=["x"]), "write Email"),
        (lambda: environment(secrets=""), "no folder for secrets"),
        (lambda: environment(alertmanagers=["http://a:9093"]), "host:port"),
        (lambda: Environment("a b"), "needs a name"),
        (lambda: Smtp("mail:25"), "the port beside it"),
        (lambda: Smtp("mail", 0), "from 1 to 65535"),
        (lambda: Smtp("mail", password="x"), "in clear"),
        (lambda: Smtp("mail", password=env("X")), "no username"),
    ],
)
def test_says_what_is_wrong_and_where(make, message):
    with pytest.raises(DeclarationError, match=message) as caught:
        make()
    assert str(caught.value).startswith(__file__)


def test_an_unknown_environment_is_named_with_the_nearest():
    with pytest.raises(DeclarationError, match="did you mean 'local'"):
        stack().environment("locl")


def test_importing_the_catalog_loads_only_the_quiet_part_of_the_standard_library():
    code = (
        "import sys, vedette.catalog, vedette.packs\n"
        "for name in vedette.catalog.__all__: getattr(vedette.catalog, name)\n"
        "roots = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*sorted(roots & {'asyncio', 'ssl', 'http', 'urllib', 'numpy', 'yaml', 'difflib'}))\n"
        "print(*sorted(roots - set(sys.stdlib_module_names)))"
    )
    result = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    forbidden, others = result.stdout.splitlines()
    assert forbidden == ""
    assert {name for name in others.split() if not name.startswith("_")} == {"vedette"}
