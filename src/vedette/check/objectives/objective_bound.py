"""An objective asks how much is faster than a time that no bucket of the histogram ends at.

A classic histogram counts what is below each of its bounds, and nothing between them: how many requests take less than
300 ms cannot be known from buckets of 250 ms and 500 ms. An estimate in between can be off by all that the bucket
holds, and a budget made of estimates is none. Take a bound that there is, or give the histogram the bound.

https://prometheus.io/docs/practices/histograms/#errors-of-quantile-estimation
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vedette.check.check import Check, Example

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vedette.check.facts import Facts
    from vedette.check.finding import Finding

__all__ = ["CHECK", "find"]


def find(_: Facts) -> Iterator[Finding]:
    """Nothing more: the build refuses such an objective, and says so under this code."""
    yield from ()


_STACK: Final = """\
from vedette import Histogram, Latency, Pack, Service, Slo, Stack

duration = Histogram("shop_checkout_duration_seconds", help="Time of a checkout.", buckets=[0.1, 0.25, 0.5, 1])
fast = Slo("fast", Latency(duration, below="{}"), objective=99){}
shop = Pack("shop", metrics=[duration], slos=[fast])
stack = Stack(services=[Service("shop", ["localhost:8000"], [shop])])
"""

CHECK = Check(
    code="objective-bound",
    about="objectives",
    level="error",
    find=find,
    declared_only=True,
    bad=Example("observability.py", _STACK.format("300ms", "  # <-")),
    good=Example("observability.py", _STACK.format("250ms", "")),
)
