"""What a declared metric tells the catalog. The metrics themselves are the instruments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from vedette.place import Place

__all__ = ["Metric"]


@runtime_checkable
class Metric(Protocol):
    """The description every instrument carries; anything that fits can stand in ``Pack(metrics=[…])``."""

    @property
    def name(self) -> str:
        """The full name, as exposed (``shop_orders_total``); a histogram's without ``_bucket``."""

    @property
    def type(self) -> str:
        """``counter``, ``gauge``, ``histogram``, ``summary``, ``info`` or ``stateset``."""

    @property
    def unit(self) -> str | None:
        """Base unit (``seconds``, ``bytes``, ``ratio``), empty or None where there is none."""

    @property
    def help(self) -> str:
        """What it counts or measures."""

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels the application sets; ``job`` and ``instance`` come with the scrape."""

    @property
    def place(self) -> Place | None:
        """Where it is declared."""
