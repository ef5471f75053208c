"""What redis-py and valkey-py have in common, which is nearly all: commands, pipelines, pub/sub and pools measured.

A command is measured once, however often the library tries it again: from when the client is asked until it answers,
waiting for a connection included. A pipeline is one operation, ``PIPELINE`` or, as a transaction, ``MULTI``; its
commands are counted by name in ``cache_pipelined_commands_total``, and those that fail without failing the whole as
errors of their own. Keys, values and channels are told nowhere.
"""

from __future__ import annotations

from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vedette.instruments import clock, guard
from vedette.instruments.metrics.measure import error_type
from vedette.integrations.resp_commands import LOOKUPS, name_of
from vedette.integrations.resp_pool import async_waiting, forget_all, known, refused, waiting
from vedette.integrations.resp_pubsub import async_message, async_reading, message, reading
from vedette.packs.cache import operation_duration, operation_errors, pipelined_commands, requests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vedette.integrations.patch import Patches

    Make = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["patch_library"]

_measuring = guard.shield("measuring a redis command")


def patch_library(patches: Patches, package: str, client: str) -> None:
    """Measure the clients of a package.

    Args:
        patches: what takes it back.
        package: ``redis`` or ``valkey``; also the name of the database system.
        client: the name of its client's class.
    """
    system = package

    def patch_sync() -> None:
        module, pools = import_module(f"{package}.client"), import_module(f"{package}.connection")
        redis = getattr(module, client)
        # other tracers wrap the public one
        own = "_execute_command" if "_execute_command" in vars(redis) else "execute_command"
        patches.replace(redis, own, _command(patches, system))
        patches.replace(module.Pipeline, "immediate_execute_command", _command(patches, system))
        patches.replace(module.Pipeline, "execute", _pipeline(patches, system))
        patches.replace(module.PubSub, "execute_command", _command(patches, system))
        patches.replace(module.PubSub, "parse_response", reading(patches, system))
        patches.replace(module.PubSub, "handle_message", message(patches, system))
        patches.replace(pools.ConnectionPool, "make_connection", refused(patches, "_created_connections"))
        patches.replace(pools.BlockingConnectionPool, "get_connection", waiting(patches))

    def patch_asyncio() -> None:
        module, pools = import_module(f"{package}.asyncio.client"), import_module(f"{package}.asyncio.connection")
        patches.replace(getattr(module, client), "execute_command", _async_command(patches, system))
        patches.replace(module.Pipeline, "immediate_execute_command", _async_command(patches, system))
        patches.replace(module.Pipeline, "execute", _async_pipeline(patches, system))
        patches.replace(module.PubSub, "execute_command", _async_command(patches, system))
        patches.replace(module.PubSub, "parse_response", async_reading(patches, system))
        patches.replace(module.PubSub, "handle_message", async_message(patches, system))
        patches.replace(pools.ConnectionPool, "get_available_connection", refused(patches, "_in_use_connections"))
        patches.replace(pools.BlockingConnectionPool, "get_connection", async_waiting(patches))

    def patch_cluster() -> None:
        module = import_module(f"{package}.cluster")
        cluster = getattr(module, f"{client}Cluster")
        own = "_internal_execute_command" if "_internal_execute_command" in vars(cluster) else "execute_command"
        patches.replace(cluster, own, _command(patches, system))
        patches.replace(module.ClusterPipeline, "execute", _pipeline(patches, system))

    def patch_asyncio_cluster() -> None:
        module = import_module(f"{package}.asyncio.cluster")
        patches.replace(getattr(module, f"{client}Cluster"), "execute_command", _async_command(patches, system))
        patches.replace(module.ClusterPipeline, "execute", _async_pipeline(patches, system))

    patches.also_undo(lambda: forget_all(package))
    patches.when_imported(f"{package}.client", patch_sync)
    patches.when_imported(f"{package}.asyncio.client", patch_asyncio)
    patches.when_imported(f"{package}.cluster", patch_cluster)
    patches.when_imported(f"{package}.asyncio.cluster", patch_asyncio_cluster)


def _command(patches: Patches, system: str) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def execute_command(self: Any, *args: Any, **options: Any) -> Any:
            if not patches.active:
                return original(self, *args, **options)
            began = clock.perf()
            try:
                answer = original(self, *args, **options)
            except BaseException as error:
                _failed(self, system, args[0] if args else "", began, error)
                raise
            _answered(self, system, args, began, answer)
            return answer

        return execute_command

    return make


def _async_command(patches: Patches, system: str) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def execute_command(self: Any, *args: Any, **options: Any) -> Any:
            if not patches.active:
                return await original(self, *args, **options)
            began = clock.perf()
            try:
                answer = await original(self, *args, **options)
            except BaseException as error:
                _failed(self, system, args[0] if args else "", began, error)
                raise
            _answered(self, system, args, began, answer)
            return answer

        return execute_command

    return make


def _answered(client: Any, system: str, arguments: Sequence[Any], began: float, answer: Any) -> None:
    with _measuring:
        command = name_of(arguments[0])
        operation_duration.observe(max(0.0, clock.perf() - began), system, command, "")
        cache = known(client).cache
        if cache and command in LOOKUPS:
            _count(cache, *LOOKUPS[command](arguments, answer))


def _failed(client: Any, system: str, command: str | bytes, began: float, error: BaseException) -> None:
    with _measuring:
        name = name_of(command)
        operation_duration.observe(max(0.0, clock.perf() - began), system, name, "")
        operation_errors.inc(system, name, error_type(error))
        known(client)


def _pipeline(patches: Patches, system: str) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def execute(self: Any, *args: Any, **options: Any) -> Any:
            if not patches.active or not _has_work(self):
                return original(self, *args, **options)
            name, sent = _batch(self)
            began = clock.perf()
            try:
                answers = original(self, *args, **options)
            except BaseException as error:
                _failed(self, system, name, began, error)
                _executed(self, system, sent, ())
                raise
            _answered(self, system, (name,), began, answers)
            _executed(self, system, sent, answers)
            return answers

        return execute

    return make


def _async_pipeline(patches: Patches, system: str) -> Make:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def execute(self: Any, *args: Any, **options: Any) -> Any:
            if not patches.active or not _has_work(self):
                return await original(self, *args, **options)
            name, sent = _batch(self)
            began = clock.perf()
            try:
                answers = await original(self, *args, **options)
            except BaseException as error:
                _failed(self, system, name, began, error)
                _executed(self, system, sent, ())
                raise
            _answered(self, system, (name,), began, answers)
            _executed(self, system, sent, answers)
            return answers

        return execute

    return make


def _has_work(pipeline: Any) -> bool:
    """Whether executing it asks the server anything."""
    with _measuring:
        return len(pipeline) > 0 or bool(getattr(pipeline, "watching", False))
    return False


def _batch(pipeline: Any) -> tuple[str, list[Sequence[Any]]]:
    """How it is told, and what it is about to send: the pipeline itself is emptied when it is executed."""
    with _measuring:
        if hasattr(pipeline, "connection_pool"):
            transaction = getattr(pipeline, "is_transaction", None)  # of asyncio, where the other name is a method
            if transaction is None:
                transaction = pipeline.transaction
            name = "MULTI" if transaction or pipeline.explicit_transaction else "PIPELINE"
            return name, [arguments for arguments, _ in pipeline.command_stack]
        strategy = getattr(pipeline, "_execution_strategy", pipeline)  # of a cluster, since redis-py 6
        for stack in ("_command_queue", "_command_stack", "command_stack"):
            if hasattr(strategy, stack):
                return "PIPELINE", [command.args for command in getattr(strategy, stack)]
    return "PIPELINE", []


def _executed(pipeline: Any, system: str, sent: list[Sequence[Any]], answers: Sequence[Any]) -> None:
    with _measuring:
        names = [name_of(arguments[0]) for arguments in sent]
        for name in set(names):
            pipelined_commands.inc(system, name, amount=names.count(name))
        cache = known(pipeline).cache
        hits = misses = 0
        for name, arguments, answer in zip(names, sent, answers, strict=False):
            if isinstance(answer, Exception):
                operation_errors.inc(system, name, error_type(answer))
            elif cache and name in LOOKUPS:
                found, missed = LOOKUPS[name](arguments, answer)
                hits += found
                misses += missed
        _count(cache, hits, misses)


def _count(cache: str, hits: int, misses: int) -> None:
    if hits > 0:
        requests.inc(cache, "hit", amount=hits)
    if misses > 0:
        requests.inc(cache, "miss", amount=misses)
