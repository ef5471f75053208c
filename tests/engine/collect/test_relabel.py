"""Relabelling does what Prometheus' documentation and its tables say."""

from __future__ import annotations

import hashlib

import pytest

from vedette.engine.collect.relabel import compile_relabel
from vedette.errors import ConfigError
from vedette.formats.prometheus import RelabelConfig
from vedette.place import Place
from vedette.promql.labels import labels

SOURCE = {"a": "foo", "b": "bar", "c": "baz"}


def apply(*steps: RelabelConfig, **of: str) -> dict[str, str] | None:
    found = compile_relabel(steps)(labels(of or SOURCE))
    return None if found is None else dict(found)


def step(
    action: str = "replace", source: str = "", regex: str = "(.*)", target: str = "", **more: object
) -> RelabelConfig:
    return RelabelConfig(action=action, source_labels=tuple(source.split()), regex=regex, target_label=target, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("config", "changed"),
    [
        (step(source="a", regex="f(.*)", target="d", replacement="ch${1}-ch${1}"), {"d": "choo-choo"}),
        (step(source="a b", regex="f(.*);(.*)r", target="a", replacement="b${1}${2}m"), {"a": "boobam"}),
        (step(source="a", regex="(?P<first>f)(.*)", target="d", replacement="${first}x$2"), {"d": "fxoo"}),
        (step(source="a", regex="nomatch", target="d", replacement="x"), {}),
        (step(source="a", regex="f", target="d", replacement="x"), {}),
        (step(source="a", target="d", replacement="$$1"), {"d": "$1"}),
        (step(source="a", target="d", replacement="$1x"), {}),
        (step(source="a", target="d", replacement="${1}x"), {"d": "foox"}),
        (step(source="a", target="d", replacement="$9"), {}),
        (step(source="a", target="${1}_name", replacement="y"), {"foo_name": "y"}),
        (step(source="a", target="b", replacement=""), {"b": None}),
        (step(source="none", target="d", replacement="always"), {"d": "always"}),
        (step(source="a b", separator="-", target="d"), {"d": "foo-bar"}),
        (step("lowercase", source="A", target="d"), {}),
        (step("uppercase", source="a b", separator="", target="d"), {"d": "FOOBAR"}),
        (step("labelmap", regex="(a|b)", replacement="${1}_copy"), {"a_copy": "foo", "b_copy": "bar"}),
        (step("labeldrop", regex="a|c"), {"a": None, "c": None}),
        (step("labelkeep", regex="a|c"), {"b": None}),
        (step("Replace", source="a", target="d"), {"d": "foo"}),
    ],
)
def test_an_action_changes_labels(config: RelabelConfig, changed: dict[str, str | None]) -> None:
    expected = {name: value for name, value in {**SOURCE, **changed}.items() if value}
    assert apply(config) == expected


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        (step("keep", source="a", regex="foo"), True),
        (step("keep", source="a", regex="fo"), False),
        (step("drop", source="a b", regex="foo;bar"), False),
        (step("drop", source="a", regex="x"), True),
        (step("drop", source="none", regex=""), False),
        (step("keepequal", source="a", target="b"), False),
        (step("keepequal", source="a", target="a"), True),
        (step("dropequal", source="a", target="a"), False),
        (step("dropequal", source="a", target="b"), True),
        (step("keepequal", source="none", target="absent"), True),
    ],
)
def test_an_action_keeps_or_drops(config: RelabelConfig, kept: bool) -> None:
    assert (apply(config) == SOURCE) is kept


def test_hashmod_is_the_last_eight_bytes_of_md5() -> None:
    expected = int(hashlib.md5(b"foo;bar").hexdigest()[16:], 16) % 1000
    assert apply(step("hashmod", source="a b", target="d", modulus=1000)) == {**SOURCE, "d": str(expected)}


def test_steps_run_in_order_and_stop_where_one_drops() -> None:
    first = step(source="a", target="d", replacement="new")
    assert apply(first, step("keep", source="d", regex="new")) == {**SOURCE, "d": "new"}
    assert apply(step("drop", source="a", regex="foo"), first) is None


def test_no_steps_change_nothing() -> None:
    assert apply() == SOURCE


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (step("rename"), "relabel action 'rename' is unknown; actions are drop, dropequal,"),
        (step("hashmod", source="a", target="d"), "hashmod needs a modulus above 0"),
        (step("replace", source="a"), "relabel action replace needs target_label"),
        (step("keep", source="a", regex="("), "relabel regex '(':"),
    ],
)
def test_a_step_that_cannot_work_is_refused(config: RelabelConfig, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compile_relabel([config])
    assert message in str(caught.value)


def test_the_place_of_a_bad_step_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^prometheus.yml:12: relabel action 'x'"):
        compile_relabel([RelabelConfig(action="x", place=Place("prometheus.yml", 12))])
