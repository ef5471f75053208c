"""The files of ``promtool test rules`` as typed values: the one reader and writer of them.

The format: https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from vedette.duration import format_duration
from vedette.errors import ConfigError
from vedette.formats import yaml
from vedette.formats.series import NotationError, read_labels, read_samples, write_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vedette.place import Place
    from vedette.promql.labels import Labels

__all__ = [
    "AlertTest",
    "ExpectedAlert",
    "ExpectedSample",
    "ExprTest",
    "InputSeries",
    "TestFile",
    "TestGroup",
    "read",
    "write",
]

DEFAULT_INTERVAL: Final = 60_000
"""Milliseconds between evaluations where the file does not say; and where it says 0."""

TEST_FILE: yaml.Shape = yaml.shape(
    "rule_files evaluation_interval fuzzy_compare group_eval_order",
    tests=yaml.shape(
        "interval name start_timestamp external_url",
        external_labels={"*": None},
        input_series=yaml.shape("series values"),
        alert_rule_test=yaml.shape(
            "eval_time alertname",
            exp_alerts=yaml.shape("", exp_labels={"*": None}, exp_annotations={"*": None}),
        ),
        promql_expr_test=yaml.shape("expr eval_time", exp_samples=yaml.shape("labels value histogram")),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSeries:
    """One series that is given, a sample at every interval from the start."""

    series: str
    values: str
    labels: Labels
    samples: Sequence[float | None] = field(repr=False)
    """None where there is no sample."""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedAlert:
    """A firing alert, with all of its labels but ``alertname``, and all of its annotations."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertTest:
    """The alerts of one name that fire at a time, all of them."""

    eval_time: int
    """Milliseconds from the start."""
    alertname: str
    expected: tuple[ExpectedAlert, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedSample:
    """One element of an answer."""

    labels: Labels
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExprTest:
    """What an expression gives at a time."""

    expr: str
    eval_time: int
    """Milliseconds from the start."""
    expected: tuple[ExpectedSample, ...] = ()
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestGroup:
    """Series, and what the rules make of them."""

    __test__ = False  # pytest would take it for a class of tests

    name: str = ""
    interval: int = DEFAULT_INTERVAL
    """Milliseconds between samples; where the file does not say, the evaluation interval."""
    start: int = 0
    """Milliseconds since the epoch: the time 0 of series and tests."""
    input_series: tuple[InputSeries, ...] = ()
    alert_tests: tuple[AlertTest, ...] = ()
    expr_tests: tuple[ExprTest, ...] = ()
    external_labels: Mapping[str, str] = field(default_factory=dict)
    external_url: str = ""
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestFile:
    """One file."""

    __test__ = False

    rule_files: tuple[str, ...] = ()
    """Paths relative to the file, with ``*`` and its kin."""
    evaluation_interval: int = DEFAULT_INTERVAL
    """Milliseconds between evaluations of all groups, whatever they say themselves."""
    fuzzy_compare: bool = False
    """Whether numbers that differ in their last bit are the same."""
    group_eval_order: tuple[str, ...] = ()
    tests: tuple[TestGroup, ...] = ()
    path: str = field(default="", compare=False)


def read(text: str, path: str) -> TestFile:
    """The values of a test file; ``path`` is for messages and places only.

    Raises:
        ConfigError: ``path:line:column:``, what was found, and the fix.
    """
    top = yaml.read(text, path, TEST_FILE, "the test file")
    every = _interval(top, "evaluation_interval", DEFAULT_INTERVAL)
    order = top.items("group_eval_order")
    seen: set[str] = set()
    for item in order:
        if item.string() in seen:
            raise item.error(f"group {item.string()!r} stands twice in group_eval_order; keep one")
        seen.add(item.string())
    return TestFile(
        rule_files=top.strings("rule_files"),
        evaluation_interval=every,
        fuzzy_compare=top.boolean("fuzzy_compare", default=False),
        group_eval_order=tuple(item.string() for item in order),
        tests=tuple(_group(section, every) for section in top.sections("tests")),
        path=path,
    )


def _interval(section: yaml.Section, key: str, default: int) -> int:
    return section.duration(key) or default


def _group(section: yaml.Section, every: int) -> TestGroup:
    given = list(section.sections("input_series"))
    return TestGroup(
        name=section.string("name"),
        interval=_interval(section, "interval", every),
        start=_start(section),
        input_series=tuple(_series(one, last=at == len(given)) for at, one in enumerate(given, 1)),
        alert_tests=tuple(_alert_test(one) for one in section.sections("alert_rule_test")),
        expr_tests=tuple(_expr_test(one) for one in section.sections("promql_expr_test")),
        external_labels=section.pairs("external_labels"),
        external_url=section.string("external_url"),
        place=section.place,
    )


def _start(section: yaml.Section) -> int:
    """Seconds since the epoch, or RFC 3339."""
    node = section.get("start_timestamp")
    if node is None:
        return 0
    text = node.string()
    try:
        return round(float(text) * 1000)
    except ValueError:
        pass
    try:
        at: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise node.error(
            f"start_timestamp is {text!r}; write seconds since 1970 such as 1767225600, or '2026-01-01T00:00:00Z'"
        )
    return round(at.timestamp() * 1000)


def _series(section: yaml.Section, *, last: bool) -> InputSeries:
    name, values = section.get("series"), section.get("values")
    if name is None:
        raise section.error("a series has no series; write 'series: name{label=\"value\"}'", "series")
    labels = _noted(name, read_labels)
    if not labels:
        raise name.error(f'series is {name.string()!r}, which names nothing; write a metric such as up{{job="shop"}}')
    if values is None:
        return InputSeries(series=name.string(), values="", labels=labels, samples=(), place=section.place)
    text = values.string()
    if "\n" in text.rstrip("\n") or ("\n" in text and not last):  # promtool cuts there, and drops every series after it
        raise values.error("values hold a line break, where promtool ends the series; write them in one line")
    samples = _noted(values, read_samples)
    return InputSeries(series=name.string(), values=text, labels=labels, samples=samples, place=section.place)


def _noted(node: yaml.Node, read: Callable[[str], Any]) -> Any:
    text = node.string()
    try:
        return read(text)
    except NotationError as error:
        at = node.place_of(min(error.position, len(text)))
        raise ConfigError(f"{at}: {error.message}") from None


def _alert_test(section: yaml.Section) -> AlertTest:
    return AlertTest(
        eval_time=section.duration("eval_time"),
        alertname=section.required("alertname", "write 'alertname: …', the name of an alert of the rule files"),
        expected=tuple(
            ExpectedAlert(labels=one.pairs("exp_labels"), annotations=one.pairs("exp_annotations"))
            for one in section.sections("exp_alerts")
        ),
        place=section.place,
    )


def _expr_test(section: yaml.Section) -> ExprTest:
    return ExprTest(
        expr=section.string("expr"),
        eval_time=section.duration("eval_time"),
        expected=tuple(_sample(one) for one in section.sections("exp_samples")),
        place=section.place,
    )


def _sample(section: yaml.Section) -> ExpectedSample:
    if section.get("histogram"):
        raise section.error(
            "native histograms are not known to the tests of rules here; compare histogram_quantile(…) or "
            "histogram_count(…) of classic series, or run this file with promtool",
            "histogram",
        )
    labels, value = section.get("labels"), section.get("value")
    return ExpectedSample(
        labels=() if labels is None else _noted(labels, read_labels), value=0.0 if value is None else _number(value)
    )


_DECIMAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_WORDS: Final = {".inf": "inf", "+.inf": "inf", "-.inf": "-inf", ".nan": "nan"}


def _number(node: yaml.Node) -> float:
    """A number as YAML has them: ``8``, ``0x8``, ``0o10``, ``010``, ``1_000``, ``.5``, ``.inf``, ``.nan``."""
    text = node.string()
    if not node.style:
        plain = text.replace("_", "")
        try:
            if re.fullmatch(r"[-+]?0[0-7]+", plain, re.ASCII):
                return float(int(plain, 8))
            if re.fullmatch(r"[-+]?0[xob][0-9a-fA-F]+", plain, re.ASCII):
                return float(int(plain, 0))
        except ValueError:
            pass
        if text.lower() in _WORDS:
            return float(_WORDS[text.lower()])
        if _DECIMAL.fullmatch(plain):
            return float(plain)
    raise node.error(f"value is {text!r}; write a number without quotes, or .inf, -.inf, .nan")


def write(file: TestFile) -> str:
    """The text of a test file that reads as ``file``; what has its default value is left out."""
    keys: dict[str, Any] = {"rule_files": list(file.rule_files)}
    keys["evaluation_interval"] = format_duration(file.evaluation_interval)
    if file.fuzzy_compare:
        keys["fuzzy_compare"] = True
    if file.group_eval_order:
        keys["group_eval_order"] = list(file.group_eval_order)
    return yaml.write({**keys, "tests": [_group_keys(group) for group in file.tests]})


def _group_keys(group: TestGroup) -> dict[str, Any]:
    keys: dict[str, Any] = {"name": group.name} if group.name else {}
    keys["interval"] = format_duration(group.interval)
    if group.start:
        keys["start_timestamp"] = yaml.Verbatim(repr(group.start / 1000))
    if group.input_series:
        keys["input_series"] = [{"series": one.series, "values": one.values} for one in group.input_series]
    if group.alert_tests:
        keys["alert_rule_test"] = [
            {
                "eval_time": format_duration(test.eval_time),
                "alertname": test.alertname,
                "exp_alerts": [
                    {"exp_labels": dict(one.labels), "exp_annotations": dict(one.annotations)} for one in test.expected
                ],
            }
            for test in group.alert_tests
        ]
    if group.expr_tests:
        keys["promql_expr_test"] = [_expr_keys(test) for test in group.expr_tests]
    if group.external_labels:
        keys["external_labels"] = dict(group.external_labels)
    if group.external_url:
        keys["external_url"] = group.external_url
    return keys


def _expr_keys(test: ExprTest) -> dict[str, Any]:
    return {
        "expr": test.expr,
        "eval_time": format_duration(test.eval_time),
        "exp_samples": [
            {"labels": write_labels(one.labels), "value": yaml.Verbatim(_shown(one.value))} for one in test.expected
        ],
    }


def _shown(value: float) -> str:
    if value != value:  # noqa: PLR0124 - NaN
        return ".nan"
    if abs(value) == float("inf"):
        return ".inf" if value > 0 else "-.inf"
    return repr(value)
