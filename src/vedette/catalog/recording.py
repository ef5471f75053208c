"""A recording rule: a query whose answer is stored under a name of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vedette.catalog.names import check_labels, check_text, fail, is_metric_name
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Recording"]


@dataclass(frozen=True, slots=True)
class Recording:
    """A query stored as a series at every evaluation.

    Args:
        name: ``level:metric:operation``, for example ``job:http_server_requests:rate5m``; the level says which labels
            are left (https://prometheus.io/docs/practices/rules/).
        expr: PromQL. Aggregate ``by (job, …)``, so that every service keeps its own series.
        labels: added to the result.
        description: what it is for, shown in the reference.

    Raises:
        DeclarationError: the name is not ``level:metric:operation``, the query is empty or a label is not valid.

    Example:
        >>> Recording("job:shop_orders:rate5m", "sum by (job) (rate(shop_orders_total[5m]))").name
        'job:shop_orders:rate5m'
    """

    name: str
    expr: str
    labels: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    description: str = field(default="", kw_only=True)
    place: Place = field(default_factory=caller, compare=False, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        owner = f"recording {self.name!r}"
        if not isinstance(self.name, str) or not is_metric_name(self.name) or self.name.count(":") != 2:
            raise fail(
                self.place,
                f"{owner} is not named level:metric:operation; write for example 'job:shop_orders:rate5m'",
            )
        check_text(self.place, owner, "expr", self.expr)
        check_labels(self.place, owner, self.labels)
