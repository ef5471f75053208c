"""Makes measuring itself fail, to show that the application does not notice."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NoReturn

from vedette.instruments import guard
from vedette.instruments.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["MeasuringError", "broken"]


class MeasuringError(Exception):
    """What every use of a broken instrument raises."""


class _Broken:
    def __getattr__(self, name: str) -> NoReturn:
        raise MeasuringError(name)

    def __call__(self, *_values: Any, **_labels: Any) -> NoReturn:
        raise MeasuringError


@contextlib.contextmanager
def broken(*modules: ModuleType) -> Iterator[None]:
    """Break every instrument that the modules hold by name, and let failures be swallowed as in production."""
    strict = guard.set_strict(False)
    guard.forget()
    taken: list[tuple[ModuleType, str, object]] = []
    try:
        for module in modules:
            held = [name for name, value in vars(module).items() if isinstance(value, Metric)]
            assert held, f"{module.__name__} holds no instrument: nothing would be broken"
            for name in held:
                taken.append((module, name, getattr(module, name)))
                setattr(module, name, _Broken())
        yield
    finally:
        for module, name, value in taken:
            setattr(module, name, value)
        guard.set_strict(strict)
