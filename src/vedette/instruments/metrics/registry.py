"""Which metrics a process has declared, and where their values are.

One default registry serves the process; tests make their own.
"""

from __future__ import annotations

import os
from threading import RLock, get_ident
from typing import TYPE_CHECKING

from vedette.errors import DeclarationError
from vedette.instruments import clock, guard
from vedette.instruments.metrics.core import Store
from vedette.instruments.metrics.current_trace import look_for_tracer
from vedette.instruments.metrics.description import Description, describe
from vedette.instruments.metrics.family import Family
from vedette.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vedette.instruments.metrics.snapshot import Exposed

__all__ = ["DEFAULT", "Registry"]


_lock = RLock()


def _forked() -> None:
    """In the child of a fork nobody holds the lock, and nobody keeps fresh what it tells."""
    global _lock
    _lock = RLock()
    DEFAULT.keep_fresh()


if hasattr(os, "register_at_fork"):  # there is none on Windows
    os.register_at_fork(after_in_child=_forked)


class Registry:
    """Metrics by name. A declared metric is exposed once it has a series.

    Args:
        shared: several processes of one service have their values together; see `shared`. Where they are is decided
            when the first value is touched, never by importing or declaring.
    """

    def __init__(self, *, shared: bool = False) -> None:
        self._shared = shared
        self._store: Store | None = None
        self._families: dict[str, Family] = {}
        self._taken: dict[str, Description] = {}
        self._hooks: list[Callable[[], None]] = []
        self._refreshing: dict[int, int] = {}
        self._collectors: list[Callable[[], Iterable[Exposed]]] = []

    def declare(self, description: Description) -> Family:
        """The family of a description.

        The same declaration met again, as when a module is loaded anew, is the same family and keeps its values.

        Raises:
            DeclarationError: another declaration has the name, or one that is exposed as the same series.
        """
        with _lock:
            known = self._families.get(description.name)
            if known is not None and known.description == description and known.description.place == description.place:
                return known  # the module was loaded anew
            for name in sorted(description.taken):
                other = self._taken.get(name)
                if other is not None:
                    raise DeclarationError(_clash(description, other, name))
            self._taken.update(dict.fromkeys(description.taken, description))
            family = Family(description, self)
            self._families[description.name] = family
            return family

    def undeclare(self, name: str) -> None:
        """Forget a metric; its name is free again, and updates of it are not exposed any more."""
        with _lock:
            family = self._families.pop(name, None)
            if family is not None:
                family.retire()
                for taken in family.description.taken:
                    del self._taken[taken]

    def families(self) -> list[Family]:
        """Everything declared, by name."""
        with _lock:
            return [self._families[name] for name in sorted(self._families)]

    def store(self) -> Store:
        """Where the values are, from the first time that this is asked."""
        with _lock:
            if self._store is None:
                if self._shared:
                    from vedette.instruments.metrics.shared import open_store  # noqa: PLC0415 - not at import

                    self._store = open_store()
                    self.keep_fresh()
                else:
                    self._store = Store()
            return self._store

    def before_scrape(self, hook: Callable[[], None]) -> None:
        """Call ``hook`` before each exposition, so that it can update metrics; once, however often it is added.

        In a process that shares its metrics with others and is not scraped itself, a thread calls it every few seconds.
        """
        with _lock:
            if hook not in self._hooks:
                self._hooks.append(hook)
        self.keep_fresh()

    def keep_fresh(self) -> None:
        """See that what this process tells before a scrape stays up to date while another process is scraped."""
        path = None if self._store is None else self._store.path
        asked = self._hooks or any(family.is_told for family in self.families())
        if path is None or not asked:
            return
        from vedette.instruments.metrics.shared import is_worker_of  # noqa: PLC0415 - loaded with the shared store

        if is_worker_of(path):
            from vedette.instruments.metrics.fresh import keep  # noqa: PLC0415 - few processes need it

            keep(self.refresh)

    def collect(self, collector: Callable[[], Iterable[Exposed]]) -> None:
        """Expose what ``collector`` returns at each scrape besides; once, however often it is added."""
        with _lock:
            if collector not in self._collectors:
                self._collectors.append(collector)

    def uncollect(self, collector: Callable[[], Iterable[Exposed]]) -> None:
        """Collect from it no more."""
        with _lock:
            if collector in self._collectors:
                self._collectors.remove(collector)

    def refresh(self) -> None:
        """Bring up to date what is read before a scrape: the hooks, and the gauges that a function tells.

        One thread of a process does so at a time. Who comes while another does takes what is there.
        """
        process, thread = os.getpid(), get_ident()
        if self._refreshing.setdefault(process, thread) != thread:
            return
        try:
            look_for_tracer()
            for hook in tuple(self._hooks):
                with guard.shield(f"the preparation {getattr(hook, '__qualname__', hook)!r} of a scrape"):
                    hook()
            for family in tuple(self._families.values()):
                if family.is_told:
                    family.refresh()
        finally:
            self._refreshing.pop(process, None)

    def snapshot(self, names: Iterable[str] = ()) -> list[Exposed]:
        """What has a series, by name, as values; only those with one of ``names`` if there are any.

        A name is a metric's, its OpenMetrics family's or one of its series' (``x_bucket``). First everything is brought
        up to date.
        """
        from vedette.instruments.metrics.snapshot import read  # noqa: PLC0415 - most processes only show a page

        self._prepare()
        wanted = tuple(names)
        found = [] if self._store is None else read(self._store, wanted)
        return sorted([*found, *self.collected(wanted)], key=lambda family: family.name)

    def render(self, form: str, names: Iterable[str] = ()) -> bytes:
        """The same as a page: ``text``, ``openmetrics`` (without its end) or ``protobuf``; not what is collected."""
        self._prepare()
        return b"" if self._store is None else self._store.render(form, tuple(names))

    def collected(self, names: Iterable[str] = ()) -> list[Exposed]:
        """What the collectors return, one that fails left out, and what has a name that is exposed already."""
        found: list[Exposed] = []
        wanted = frozenset(names)
        for collector in tuple(self._collectors):
            with guard.shield(f"the collector {getattr(collector, '__qualname__', collector)!r}"):
                found += [family for family in collector() if not wanted or not wanted.isdisjoint(family.names)]
        return self._once(found) if found else found

    def _once(self, found: list[Exposed]) -> list[Exposed]:
        """Those whose names nothing of this registry has, nor another one before them."""
        from vedette.instruments.metrics.snapshot import read  # noqa: PLC0415 - few collect from elsewhere

        asked = {name for family in found for name in family.names}
        own = [] if self._store is None else read(self._store, asked)
        taken = {name for family in own for name in family.names}
        kept: list[Exposed] = []
        twice: list[Exposed] = []
        for family in found:
            (kept if taken.isdisjoint(family.names) else twice).append(family)
            taken |= family.names
        if twice:
            names = ", ".join(family.name for family in twice)
            guard.warn(
                ("collected", names),
                f"{names}: collected from elsewhere, but exposed already; only what was there first is shown",
            )
        return kept

    def clear(self) -> None:
        """Drop every series of every metric; the declarations stay."""
        for family in self.families():
            family.clear()

    def _prepare(self) -> None:
        self.refresh()
        if self._store is not None:
            self._store.reap()
            self._store.sweep(int(clock.now() * 1000))

    def overflowed(self, name: str) -> None:
        """Count an update that went to the overflow series."""
        if name != _OVERFLOWS.name:
            self.declare(_OVERFLOWS).handle((name,)).inc()


# Declared where it is first needed.
_OVERFLOWS = describe(
    "counter",
    "vedette_metric_overflows_total",
    "Updates that were counted under the label value _OTHER, because the metric has as many series as it may.",
    place=Place(__file__, 0),
    labels=["metric"],
)


def _clash(new: Description, old: Description, name: str) -> str:
    if new.name == old.name:
        return (
            f"{new.place}: the metric {new.name} is declared already at {old.place}; import that one, or choose "
            "another name"
        )
    return (
        f"{new.place}: the {new.type} {new.name} is exposed as {name}, and so is the {old.type} {old.name} declared at "
        f"{old.place}; choose another name"
    )


DEFAULT = Registry(shared=True)
"""The registry of the process, and of all processes of its service."""
