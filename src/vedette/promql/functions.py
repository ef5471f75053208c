"""The functions of PromQL by signature, and the aggregation operators. What they compute is `evaluate`'s business."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vedette.promql.ast import ValueType

__all__ = ["AGGREGATORS", "PARAMETER_TYPES", "SIGNATURES", "Signature"]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives.

    ``optional`` says how many trailing arguments may be left out.
    """

    name: str
    args: tuple[ValueType, ...]
    result: ValueType
    optional: int = 0
    maximum: int | None = None
    """Most arguments allowed, None without limit."""
    experimental: bool = False
    """Prometheus needs ``--enable-feature=promql-experimental-functions`` (or newer) for it."""

    @property
    def minimum(self) -> int:
        """Fewest arguments allowed."""
        return len(self.args) - self.optional

    def argument(self, index: int) -> ValueType:
        """The type wanted at this 0-based position; further ones repeat the last."""
        return self.args[min(index, len(self.args) - 1)]


# The letters stand for the types of the arguments; the last may be left out with "?" (once), "*" (or repeated) or
# "+8" (or up to 8 more).
# Source: https://prometheus.io/docs/prometheus/latest/querying/functions/ and promql/parser/functions.go of 3.14.
_TYPES: Final[Mapping[str, ValueType]] = {
    "s": "scalar", "t": "string", "v": "instant vector", "m": "range vector",
}  # fmt: skip

_TABLE: Final = """
v v      abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh
v v      sort sort_desc sqrt tan tanh timestamp
v v      histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar
v v?     day_of_month day_of_week day_of_year days_in_month hour minute month year
v m      absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time
v m      max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time
v ms     predict_linear
v sm     quantile_over_time
v vss    clamp
v vs     clamp_max clamp_min
v vs?    round
v sv     histogram_quantile
v ssv    histogram_fraction
v vtttt  label_replace
v vttt*  label_join
v s      vector
s v      scalar
s -      pi time
"""

_EXPERIMENTAL: Final = """
v m      first_over_time mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time
v m      ts_of_min_over_time
v mss    double_exponential_smoothing
v vtss+8 histogram_quantiles
v vv?    info
v vt*    sort_by_label sort_by_label_desc
v v      start_timestamp
s -      end range start step
s ss     max_of min_of
"""


def _read(table: str, *, experimental: bool) -> dict[str, Signature]:
    found: dict[str, Signature] = {}
    for line in table.strip().splitlines():
        result, shape, *names = line.split()
        letters, plus, more = shape.partition("+")
        args = tuple(_TYPES[letter] for letter in letters if letter in _TYPES)
        optional = 1 if plus or letters.endswith(("?", "*")) else 0
        maximum = None if letters.endswith("*") else len(args) + (int(more) if plus else 0)
        for name in names:
            found[name] = Signature(name, args, _TYPES[result], optional, maximum, experimental)
    return found


SIGNATURES: Final[Mapping[str, Signature]] = MappingProxyType(
    dict(sorted({**_read(_TABLE, experimental=False), **_read(_EXPERIMENTAL, experimental=True)}.items()))
)
"""Every function by name."""

PARAMETER_TYPES: Final[Mapping[str, ValueType]] = MappingProxyType(
    {
        "bottomk": "scalar",
        "count_values": "string",
        "limit_ratio": "scalar",
        "limitk": "scalar",
        "quantile": "scalar",
        "topk": "scalar",
    }
)
"""The aggregation operators that take a parameter, and its type."""

AGGREGATORS: Final = frozenset({"avg", "count", "group", "max", "min", "stddev", "stdvar", "sum", *PARAMETER_TYPES})
"""Every aggregation operator; ``limitk`` and ``limit_ratio`` are experimental in Prometheus."""
