"""Clusters of Redis and of Valkey, here of one node, that redis-py and valkey-py speak to."""

from __future__ import annotations

from importlib import import_module

import pytest
from tests import data_servers
from tests.integrations.client import values
from tests.integrations.resp_library import load
from tests.integrations.waiting import until
from tests.real import free_port

from vedette.integrations import attached
from vedette.packs.cache import connections, operation_duration, operation_errors, pipelined_commands, requests


@pytest.fixture(scope="module")
def server():
    import redis

    with data_servers.redis("--cluster-enabled", "yes", "--cluster-port", str(free_port())) as running:
        node = redis.Redis(port=running.port)
        node.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
        until(lambda: node.execute_command("CLUSTER INFO")["cluster_state"] == "ok")
        node.close()
        yield running


@pytest.fixture(params=["redis", "valkey"])
def library(request):
    yield load(request.param)
    attached.detach(request.param)


def _class(library, package: str):
    return getattr(import_module(package), {"redis": "RedisCluster", "valkey": "ValkeyCluster"}[library.name])


def told(metric) -> dict[str, float]:
    """The values by command, but for those with which a client finds its cluster."""
    return {
        labels[1]: value for labels, value in values(metric).items() if labels[1] not in {"CLUSTER", "COMMAND", "INFO"}
    }


def test_commands_pipelines_and_the_pools_of_the_nodes_are_told(library, server):
    client = _class(library, f"{library.name}.cluster")(host="127.0.0.1", port=server.port)
    library.name_cache(client, "sessions")
    client.flushall()
    assert client.set("a", 1) is True
    assert client.get("a") == b"1"
    assert client.get("b") is None
    with pytest.raises(library.sync.ResponseError, match="WRONGTYPE"):
        client.lpush("a", 1)
    assert client.pipeline().set("c", 1).get("c").execute() == [True, b"1"]
    assert told(operation_duration) == {"FLUSHALL": 1, "SET": 1, "GET": 2, "LPUSH": 1, "PIPELINE": 1}
    assert values(operation_errors) == {(library.name, "LPUSH", library.error("ResponseError")): 1}
    assert told(pipelined_commands) == {"SET": 1, "GET": 1}
    assert values(requests) == {("sessions", "hit"): 1, ("sessions", "miss"): 1}
    assert values(connections)[f"127.0.0.1:{server.port}/0", "used"] == 0
    client.close()


async def test_commands_and_pipelines_of_the_asyncio_side_are_told(library, server):
    client = _class(library, f"{library.name}.asyncio.cluster")(host="127.0.0.1", port=server.port)
    library.name_cache(client, "sessions")
    assert await client.set("a", 1) is True
    assert await client.get("a") == b"1"
    with pytest.raises(library.sync.ResponseError, match="WRONGTYPE"):
        await client.lpush("a", 1)
    assert await client.pipeline().set("c", 1).get("c").execute() == [True, b"1"]
    assert told(operation_duration) == {"SET": 1, "GET": 1, "LPUSH": 1, "PIPELINE": 1}
    assert values(operation_errors) == {(library.name, "LPUSH", library.error("ResponseError")): 1}
    assert told(pipelined_commands) == {"SET": 1, "GET": 1}
    assert values(requests) == {("sessions", "hit"): 1}
    await client.aclose()
