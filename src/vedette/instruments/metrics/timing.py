"""Measuring a block or a function while it runs: `Timer` for how long, `Tracker` for how many at once.

A decorated function stays what it was: a coroutine function is timed until it returns, not until it is called, and a
generator until it is exhausted or closed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from vedette.instruments import clock

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager
    from types import TracebackType

__all__ = ["Timer", "Tracker"]

F = TypeVar("F", bound=Callable[..., Any])


class Timer:
    """``with histogram.time(): …`` or ``@histogram.time()``; tells ``observe`` the seconds. Blocks may be nested."""

    __slots__ = ("_observe", "_started")

    def __init__(self, observe: Callable[[float], None]) -> None:
        self._observe = observe
        self._started: list[float] = []

    def __enter__(self) -> Self:
        self._started.append(clock.perf())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._observe(max(0.0, clock.perf() - self._started.pop()))

    def __call__(self, function: F) -> F:
        """The function, timed at every call."""
        observe = self._observe
        return _around(function, lambda: Timer(observe))


class Tracker:
    """``with gauge.track(): …`` or ``@gauge.track()``; ``enter`` before, ``leave`` after."""

    __slots__ = ("_enter", "_leave")

    def __init__(self, enter: Callable[[], None], leave: Callable[[], None]) -> None:
        self._enter = enter
        self._leave = leave

    def __enter__(self) -> Self:
        self._enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def __call__(self, function: F) -> F:
        """The function, tracked at every call."""
        return _around(function, lambda: self)


def _around(function: F, scope: Callable[[], AbstractContextManager[Any]]) -> F:
    """A function of the same kind as ``function`` that runs within ``scope()``."""
    import inspect  # noqa: PLC0415 - half of what this room would cost to import, and only decorators need it

    wrapper: Callable[..., Any]
    if inspect.iscoroutinefunction(function):

        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with scope():
                return await function(*args, **kwargs)

    elif inspect.isasyncgenfunction(function):

        async def wrapper(*args: Any, **kwargs: Any) -> Any:
            with scope():
                generator = function(*args, **kwargs)
                try:
                    item = await anext(generator)
                    while True:
                        try:
                            sent = yield item
                        except GeneratorExit:
                            raise
                        except BaseException as error:  # noqa: BLE001 - the generator's to handle
                            item = await generator.athrow(error)
                        else:
                            item = await generator.asend(sent)
                except StopAsyncIteration:
                    return
                finally:
                    await generator.aclose()

    elif inspect.isgeneratorfunction(function):

        def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            with scope():
                return (yield from function(*args, **kwargs))

    else:

        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with scope():
                return function(*args, **kwargs)

    return cast("F", functools.wraps(function)(wrapper))
