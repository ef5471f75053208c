"""What measures a function while it runs: `decorate` makes one that is measured, whatever kind of function it is.

A decorated function stays what it was: a coroutine function is measured until it returns, not until it is called, and a
generator until it is exhausted or closed.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, cast

from vedette.instruments.metrics import core

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from vedette.instruments.metrics.core import CounterSeries, Scope

__all__ = ["counting", "decorate"]

F = TypeVar("F")


def counting(
    errors: CounterSeries, exception: type[BaseException] | tuple[type[BaseException], ...] = Exception
) -> Scope:
    """A scope that counts the exceptions of this kind which leave it."""

    def failed(error: BaseException) -> None:
        if isinstance(error, exception):
            errors.inc()

    return core.Scope(on_error=failed)


def decorate(scope: Scope, function: F) -> F:
    """The function, within ``scope`` at every call.

    Raises:
        TypeError: it is not a function.
    """
    if isinstance(function, staticmethod | classmethod):
        return cast("F", type(function)(decorate(scope, function.__func__)))
    if isinstance(function, type) or not callable(function):
        raise TypeError(f"{function!r} cannot be measured; decorate a function or a method")
    import inspect  # noqa: PLC0415 - half of what this room would cost to import, and only decorators need it

    called = cast("Callable[..., Any]", function)
    if inspect.iscoroutinefunction(called):
        measured: Any = _coroutine(scope, called)
    elif inspect.isasyncgenfunction(called):
        measured = _async_generator(scope, called)
    elif inspect.isgeneratorfunction(called):
        measured = _generator(scope, called)
    else:
        measured = scope.wrap(called)
    return cast("F", functools.update_wrapper(measured, called))


def _coroutine(scope: Scope, function: Callable[..., Any]) -> Callable[..., Any]:
    begin, end = scope.begin, scope.end

    async def measured(*args: Any, **kwargs: Any) -> Any:
        begun = begin()
        try:
            result = await function(*args, **kwargs)
        except BaseException as error:
            end(begun, error)
            raise
        end(begun, None)
        return result

    return measured


def _generator(scope: Scope, function: Callable[..., Any]) -> Callable[..., Any]:
    def measured(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        begun = scope.begin()
        try:
            result = yield from function(*args, **kwargs)
        except BaseException as error:
            scope.end(begun, error)
            raise
        scope.end(begun, None)
        return result

    return measured


def _async_generator(scope: Scope, function: Callable[..., Any]) -> Callable[..., Any]:
    async def measured(*args: Any, **kwargs: Any) -> Any:
        begun = scope.begin()
        failure: BaseException | None = None
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
        except BaseException as error:
            failure = error
            raise
        finally:
            try:
                await generator.aclose()
            finally:
                scope.end(begun, failure)

    return measured
