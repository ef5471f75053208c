"""A change of one number changes what says that number and nothing else, and a plan has one sentence for it."""

from __future__ import annotations

import re
from inspect import signature

import pytest

from vedette import Environment, Service, Stack, packs
from vedette.build import build
from vedette.deploy.change import TARGETS, merged
from vedette.deploy.compare import differences
from vedette.deploy.side import declared
from vedette.errors import DeclarationError

HERE = Environment("production")
NUMBER = re.compile(r"\d+(\.\d+)?")
ANOTHER_SHAPE = {
    ("host", "full_within_hours"): "the panel is titled after it",
    ("postgresql", "growth_hours"): "the panel is described by it",
    ("http", "availability"): "there is no objective without it",
    ("http", "speed"): "there is no objective without it",
    ("http", "speed_below"): "it is of an objective that is not there",
    ("http_client", "unanswered_ratio_high"): "its panel shows what is answered",
}
"""Parameters that are no number of an alert alone."""


def of(pack):
    return Stack(name="shop", services=[Service("shop", ["shop:8000"], [pack])], environments=[HERE])


def parameters():
    """Pack, parameter, its default and a value near it that the pack takes."""
    for name in packs.__all__:
        function = getattr(packs, name)
        for one in signature(function).parameters.values():
            if isinstance(one.default, int | float) and not isinstance(one.default, bool):
                for near in (1.01, 0.99):
                    step = 1 if near > 1 else -1
                    value = float(f"{one.default * near:.4g}") if isinstance(one.default, float) else one.default + step
                    try:
                        function(**{one.name: value})
                    except DeclarationError:
                        continue
                    yield name, one.name, value
                    break


def sentences(old, new):
    first, second = declared(old, HERE), declared(new, HERE)
    found = [one for target in TARGETS for one in differences(target, first, second, "here")]
    return [one.sentence for one in merged(found, second.places)]


def alerts_of(old, new):
    """The alerts and recordings whose query differs."""
    found = set()
    name = ""
    for path, text in old.items():
        if path.startswith("prometheus/rules/"):
            for before, after in zip(text.splitlines(), new[path].splitlines(), strict=True):
                if before.lstrip().startswith(("- alert: ", "- record: ")):
                    name = before.partition(": ")[2]
                elif before != after and before.lstrip().startswith("expr: "):
                    found.add(name)
    return found


def check(pack, parameter, value):
    """Every line that differs differs in numbers alone; the sentences are one for each alert."""
    function = getattr(packs, pack)
    one, other = of(function()), of(function(**{parameter: value}))
    first, second = build(one, HERE), build(other, HERE)
    assert first.keys() == second.keys()
    for path, text in first.items():
        assert NUMBER.sub("#", text) == NUMBER.sub("#", second[path]), path
    changed = alerts_of(first, second)
    told = sentences(one, other)
    assert len(told) == len(changed) > 0
    assert all(any(f" of {name} goes from " in each for name in changed) for each in told)
    return told


@pytest.mark.parametrize(
    ("pack", "parameter", "value", "sentence"),
    [
        ("http", "latency_high", 0.75, "the threshold of HttpLatencyHigh goes from 1 to 0.75"),
        ("backup", "unverified_days", 31, "the threshold of BackupNotVerified goes from 2592000 to 2678400"),
        ("process", "memory_high", 419430401, "the threshold of ProcessMemoryHigh goes from 419430400 to 419430401"),
        ("security", "spike", 6, "a number in the query of AuthenticationFailureSpike goes from 5 to 6"),
    ],
)
def test_a_number_of_a_pack_is_one_sentence_and_nothing_changes_but_what_says_it(pack, parameter, value, sentence):
    assert check(pack, parameter, value) == [sentence]


@pytest.mark.proof
@pytest.mark.parametrize(("pack", "parameter", "value"), list(parameters()))
def test_every_number_of_every_pack_is_one_sentence_an_alert(pack, parameter, value):
    if (pack, parameter) in ANOTHER_SHAPE:
        with pytest.raises(AssertionError):
            check(pack, parameter, value)
    else:
        check(pack, parameter, value)
