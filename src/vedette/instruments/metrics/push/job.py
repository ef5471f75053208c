"""`job`: what a batch job did, told when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, cast

from vedette.errors import DeclarationError
from vedette.instruments import clock, guard
from vedette.instruments.metrics.description import describe
from vedette.instruments.metrics.push.pushgateway import Pushgateway
from vedette.instruments.metrics.registry import DEFAULT, Registry
from vedette.instruments.metrics.snapshot import labels_of
from vedette.place import Place, caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vedette.instruments.metrics.description import Description, MetricType
    from vedette.instruments.metrics.snapshot import Exposed

__all__ = ["Job", "Pusher", "job"]

F = TypeVar("F")

_OUTCOMES = ("success", "failure")


def _describe(kind: MetricType, name: str, text: str, **more: Any) -> Description:
    return describe(kind, name, text, place=Place(__file__, 0), **{"labels": ["name"], **more})


# Declared where a job is; in this order.
_METRICS = (
    _describe(
        "gauge",
        "batch_job_last_run_duration_seconds",
        "How long the last run of a job took.",
        multiprocess_mode="mostrecent",
    ),
    _describe(
        "gauge",
        "batch_job_last_run_timestamp_seconds",
        "When the last run of a job ended, in seconds since the epoch.",
    ),
    _describe(
        "gauge",
        "batch_job_last_run_success",
        "Whether the last run of a job went well: 1 if so, 0 if it failed.",
        multiprocess_mode="mostrecent",
    ),
    _describe(
        "gauge",
        "batch_job_last_success_timestamp_seconds",
        "When the last run of a job that went well ended, in seconds since the epoch.",
    ),
    _describe(
        "counter",
        "batch_job_runs_total",
        "Runs of a job that have ended in this process.",
        labels={"name": None, "outcome": _OUTCOMES},
    ),
)
_NAMES = frozenset(description.name for description in _METRICS)


class Pusher(Protocol):
    """Where metrics are pushed to, such as `Pushgateway`, `RemoteWrite` or `Otlp`."""

    def push(self, registry: Registry = ..., /) -> None:
        """Send what is exposed now."""


class Job:
    """What `job` returns: a context manager, sync and async, and a decorator."""

    def __init__(self, name: str, push: Pusher | None, registry: Registry) -> None:
        self.name = name
        """The value of the label ``name``."""
        self._push = push
        self._registry = registry
        self._families = [registry.declare(description) for description in _METRICS]
        self._begun: list[float] = []

    def __enter__(self) -> Self:
        self._begun.append(self._begin())
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._end(self._begun.pop(), error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        await self._end_beside(self._begun.pop(), error)

    def __call__(self, function: F) -> F:
        """The function, whose every call is a run; a coroutine function's lasts until it returns.

        Raises:
            TypeError: it is not a function, or it is a generator's.
        """
        import functools  # noqa: PLC0415 - only decorators need it
        import inspect  # noqa: PLC0415 - the same

        called = cast("Callable[..., Any]", function)
        generates = inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called)
        if isinstance(function, type) or not callable(function) or generates:
            raise TypeError(f"{function!r} is no job; decorate a function that returns when it is done")
        if inspect.iscoroutinefunction(called):
            return cast("F", functools.update_wrapper(self._awaited(called), called))
        return cast("F", functools.update_wrapper(self._wrapped(called), called))

    def _wrapped(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            begun = self._begin()
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                self._end(begun, error)
                raise
            self._end(begun, None)
            return result

        return run

    def _awaited(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def run(*args: Any, **kwargs: Any) -> Any:
            begun = self._begin()
            try:
                result = await function(*args, **kwargs)
            except BaseException as error:
                await self._end_beside(begun, error)
                raise
            await self._end_beside(begun, None)
            return result

        return run

    def _begin(self) -> float:
        runs = self._families[-1]
        with guard.shield(f"telling that the job {self.name!r} runs"):
            for outcome in _OUTCOMES:  # from zero, so that the first failure is an increase
                runs.handle((self.name, outcome))
        return clock.perf()

    def _end(self, begun: float, error: BaseException | None) -> None:
        self._tell(well=self._record(begun, error))

    async def _end_beside(self, begun: float, error: BaseException | None) -> None:
        """The same, but pushes from a thread, so that the loop goes on."""
        well = self._record(begun, error)
        if self._push is None:
            return
        import asyncio  # noqa: PLC0415 - only where there is a loop, and then it is loaded

        try:
            await asyncio.to_thread(self._tell, well=well)
        except RuntimeError:  # the loop is of another kind, or is being closed
            self._tell(well=well)

    def _record(self, begun: float, error: BaseException | None) -> bool:
        """Whether it went well, once that is told."""
        took, now = max(0.0, clock.perf() - begun), clock.now()
        # A program that ends itself without an error has done its work.
        well = error is None or (isinstance(error, SystemExit) and not error.code)
        duration, last_run, success, last_success, runs = self._families
        with guard.shield(f"telling what the job {self.name!r} did"):
            duration.handle((self.name,)).set(took)
            last_run.handle((self.name,)).set(now)
            success.handle((self.name,)).set(int(well))
            if well:
                last_success.handle((self.name,)).set(now)
            runs.handle((self.name, _OUTCOMES[not well])).inc()
        return well

    def _tell(self, *, well: bool) -> None:
        """Push what is exposed, but of jobs this one alone."""
        if self._push is None:
            return
        shown = Registry()
        shown.collect(self._shown)
        try:
            # A run that failed knows nothing of the last that went well, which a Pushgateway therefore has to keep.
            if isinstance(self._push, Pushgateway) and not well:
                self._push.add(shown)
            else:
                self._push.push(shown)
        except Exception as problem:  # noqa: BLE001 - whatever it is, the job has done its work or has its own error
            guard.warn(
                ("job", self.name, str(problem)), f"what the job {self.name!r} did could not be pushed: {problem}"
            )

    def _shown(self) -> Iterator[Exposed]:
        for family in self._registry.snapshot():
            series = family.series
            if family.name in _NAMES:
                series = [one for one in series if labels_of(one.labels)["name"] == self.name]
            if series:
                yield family._replace(series=series)

    def __repr__(self) -> str:
        return f"<job {self.name}>"


def job(name: str, *, push: Pusher | str | None = None, registry: Registry | None = None) -> Job:
    """Tell how long a batch job took, when it last ran and whether it went well, and push that when it ends.

    The metrics are ``batch_job_last_run_duration_seconds``, ``batch_job_last_run_timestamp_seconds``,
    ``batch_job_last_run_success``, ``batch_job_last_success_timestamp_seconds`` and ``batch_job_runs_total`` (by
    ``outcome``), all with the label ``name``. Whatever else is exposed is pushed, too. An exception of the job is its
    own and goes on; that nothing could be pushed is logged and changes nothing.

    Args:
        name: of the job, the same at each run.
        push: where to, or the URL of a Pushgateway, where the group is called like the job; None pushes nothing.
        registry: another registry than that of the process.

    Raises:
        DeclarationError: there is no name, or the registry has other metrics of these names.
        ConfigError: the URL is none.

    Example:
        >>> with job("doc_nightly"):
        ...     pass
        >>> @job("doc_hourly")
        ... async def tidy(): ...
    """
    if not isinstance(name, str) or not name:
        raise DeclarationError(f"{caller()}: job({name!r}) has no name; give it one that is the same at each run")
    to = Pushgateway(push, job=name) if isinstance(push, str) else push
    return Job(name, to, DEFAULT if registry is None else registry)
