"""Random PromQL expressions over the series of the differential test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

COUNTERS = ("requests_total", 'requests_total{code="200"}', 'requests_total{path="/a",code=~"2..|5.."}')
GAUGES = (
    "temperature",
    "odd",
    "level",
    "limit",
    'temperature{room="x"}',
    'odd{room!="x"}',
    "missing",
    'level{job=~"a|c"}',
)
OF_COUNTERS = ("rate", "increase", "irate", "resets", "changes")
OF_GAUGES = (
    "delta", "idelta", "deriv", "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "count_over_time",
    "stddev_over_time", "stdvar_over_time", "last_over_time", "present_over_time", "changes", "resets", "rate",
)  # fmt: skip
ELEMENTWISE = (
    "abs", "ceil", "floor", "sqrt", "exp", "ln", "log2", "log10", "sgn", "round", "sin", "cos", "atan", "tanh", "deg",
    "rad", "timestamp",
)  # fmt: skip
DATES = ("minute", "hour", "day_of_week", "day_of_month", "month", "year", "days_in_month", "day_of_year")
REDUCERS = ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")
GROUPINGS = ("", "by (job)", "by (instance, path)", "by (room)", "without (instance)", "without (code, room)", "by ()")
RANGES = ("1m", "2m", "5m", "45s", "90s", "15s", "10m", "61s")


class Maker:
    """Makes expressions of bounded depth from one source of chance."""

    def __init__(self, choose: random.Random, marker: str) -> None:
        self.choose = choose
        self.marker = marker

    def pick(self, *options: str) -> str:
        return self.choose.choice(options)

    def selector(self, name: str) -> str:
        head, _, rest = name.partition("{")
        return f"{head}{{{self.marker}{',' + rest if rest else '}'}" if rest else f"{head}{{{self.marker}}}"

    def shift(self) -> str:
        return self.choose.choice(
            ["", "", "", "", " offset 1m", " offset -30s", " @ 1700001000", " @ end()", " @ start() offset 7s"]
        )

    def window(self, gauge: bool) -> str:
        name = self.pick(*(GAUGES if gauge else COUNTERS))
        return f"{self.selector(name)}[{self.pick(*RANGES)}]{self.shift()}"

    def subquery(self, depth: int) -> str:
        inner = self.vector(depth - 1)
        return f"({inner})[{self.pick('2m', '5m', '7m')}:{self.pick('', '15s', '20s', '1m')}]{self.shift()}"

    def scalar(self) -> str:
        one = self.selector('target_info{instance="i0"}')
        return self.pick("2", "0.5", "-3", "10", "time() % 60", f"scalar({one})", "1e3")

    def matched(self, depth: int) -> str:
        op = self.pick("+", "-", "*", "/", ">", "<=", "> bool", "!= bool", "and", "or", "unless", "atan2", "< bool")
        kind = self.choose.randrange(5)
        if kind == 0:
            left, right = self.vector(depth - 1), self.vector(depth - 1)
            return f"({left}) {op} ({right})"
        if kind == 1:
            shared = self.pick("on (instance, room)", "ignoring (job)", "on (instance, room, job)")
            left, right = self.selector("temperature"), self.selector(self.pick("level", "odd", "limit"))
            return f"{left} {op} {shared} {right}"
        if op in ("and", "or", "unless"):
            how = self.pick("", "on (job)", "ignoring (code, room)")
            return f"{self.window_function(depth)} {op} {how} {self.aggregate(depth)}"
        if kind == 2:
            include = self.pick("", "(version)", "(version, job)")
            return f"{self.window_function(0)} {op} on (instance) group_left{include} {self.selector('target_info')}"
        if kind == 3:
            return f"{self.selector('target_info')} {op} on (instance) group_right {self.selector('requests_total')}"
        part = self.selector("requests_total")
        return f"{part} {op} ignoring (code) group_left sum without (code) ({part})"

    def window_function(self, depth: int) -> str:
        kind = self.choose.randrange(8)
        if kind <= 2:
            return f"{self.pick(*OF_COUNTERS)}({self.window(gauge=False)})"
        if kind <= 5:
            return f"{self.pick(*OF_GAUGES)}({self.window(gauge=True)})"
        if kind == 6 and depth > 0:
            return f"{self.pick(*OF_GAUGES)}({self.subquery(depth)})"
        quantile = self.pick("0.5", "0.9", "0", "1", "0.33")
        return self.choose.choice(
            [
                f"quantile_over_time({quantile}, {self.window(gauge=True)})",
                f"predict_linear({self.window(gauge=True)}, {self.pick('60', '3600')})",
                f"double_exponential_smoothing({self.window(gauge=True)}, 0.3, 0.6)",
                f"absent_over_time({self.window(gauge=True)})",
            ]
        )

    def histogram(self) -> str:
        rate = f"rate({self.selector('latency_bucket')}[{self.pick('1m', '2m', '5m')}])"
        inner = self.pick(rate, f"sum by (le) ({rate})", f"sum by (le, path) ({rate})", self.selector("latency_bucket"))
        # not histogram_fraction: 3.5 gives NaN where the lower bound lies in the first bucket, which was mended since
        return f"histogram_quantile({self.pick('0.5', '0.95', '0', '1', '0.99', '2')}, {inner})"

    def aggregate(self, depth: int) -> str:
        kind = self.choose.randrange(8)
        inner, grouping = self.vector(depth - 1), self.pick(*GROUPINGS)
        if kind == 0:
            return f"quantile {grouping} ({self.pick('0.5', '0.9', '1', '0')}, {inner})"
        if kind == 1:
            # ties have no order in Prometheus: rank what has none
            op, count = self.pick("topk", "bottomk"), self.pick("1", "2", "5")
            return f"{op} {grouping} ({count}, {self.selector('temperature')})"
        if kind == 2:
            return f'count_values {grouping} ("value", {self.selector("level")})'
        if kind == 3:
            return f"limit_ratio {grouping} ({self.pick('0.5', '-0.5', '0.2', '1')}, {inner})"
        return f"{self.pick(*REDUCERS)} {grouping} ({inner})"

    def vector(self, depth: int) -> str:
        kind = self.choose.randrange(13)
        if depth <= 0 or kind <= 1:
            if self.choose.random() < 0.5:
                return f"{self.selector(self.pick(*COUNTERS, *GAUGES))}{self.shift()}"
            return self.window_function(0)
        if kind <= 3:
            return self.window_function(depth)
        if kind <= 5:
            return self.aggregate(depth)
        if kind <= 7:
            return self.matched(depth)
        if kind == 8:
            op = self.pick("+", "*", "/", "-", ">", "<", "> bool", "^", "==")
            return f"({self.vector(depth - 1)}) {op} {self.scalar()}"
        if kind == 9:
            return f"{self.pick(*ELEMENTWISE)}({self.vector(depth - 1)})"
        if kind == 10:
            return self.histogram()
        if kind == 11:
            return f"-({self.vector(depth - 1)})"
        inner = self.vector(depth - 1)
        return self.choose.choice(
            [
                f'label_replace({inner}, "new", "$1-x", "instance", "i(.*)")',
                f'label_join({inner}, "both", "/", "job", "instance")',
                f"clamp({inner}, -1, {self.scalar()})",
                f"clamp_min({inner}, {self.scalar()})",
                f"absent({inner})",
                f"{self.selector('level')} % {self.scalar()}",
                # dates of NaN and infinities are what the processor makes of them: of times alone, then
                f"{self.pick(*DATES)}({self.pick('', 'timestamp(' + self.selector('level') + ')')})",
                f"vector({self.scalar()})",
                f"sort_desc({inner})",
                f"round({inner}, 0.1)",
            ]
        )


def expressions(choose: random.Random, count: int, marker: str) -> Iterator[str]:
    """This many expressions; ``marker`` is a matcher that every selector has."""
    maker = Maker(choose, marker)
    for _ in range(count):
        yield maker.vector(choose.choice([1, 2, 2, 3]))
