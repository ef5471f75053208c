"""`parametric`: what makes a function of thresholds into a pack that can be made again with others.

It stands apart from the pack, so that a file of metrics and such a function is imported without the catalog's values.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

from vedette.errors import DeclarationError
from vedette.place import caller

if TYPE_CHECKING:
    from collections.abc import Callable

    from vedette.catalog.pack import Pack

__all__ = ["parametric"]

P = ParamSpec("P")


def parametric(function: Callable[P, Pack]) -> Callable[P, Pack]:
    """Make the thresholds of a pack function known, so that an `Environment` can change them by path.

    Every parameter is keyword-only with a default; ``database.pool_warn`` is the path of ``pool_warn``. The function
    refuses a value by raising ValueError with ``name=value; what to write``.

    Raises:
        DeclarationError: when called, on a parameter the function does not have or a value it refuses.
    """

    @wraps(function)
    def make(*args: P.args, **kwargs: P.kwargs) -> Pack:
        from dataclasses import replace  # noqa: PLC0415 - only who makes a pack pays for the catalog
        from inspect import signature  # noqa: PLC0415

        from vedette.catalog.names import fail, nearest  # noqa: PLC0415

        known = signature(function).parameters
        for name in kwargs:
            if name not in known:
                raise fail(
                    caller(),
                    f"{function.__name__}() has no parameter {name!r}; it has {', '.join(known)}{nearest(name, known)}",
                )
        try:
            pack = function(*args, **kwargs)
        except DeclarationError:
            raise
        except ValueError as problem:
            raise fail(caller(), f"{function.__name__}() has {problem}") from None
        given: dict[str, Any] = {name: kwargs.get(name, parameter.default) for name, parameter in known.items()}
        return replace(pack, parameters=given, factory=make, place=caller())

    return make
