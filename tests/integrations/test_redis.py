"""Commands, pipelines, pub/sub and pools of redis-py and valkey-py against a real server, from threads."""

from __future__ import annotations

import gc
import threading
from importlib import import_module

import pytest
from tests import data_servers
from tests.integrations.broken import broken
from tests.integrations.client import values
from tests.integrations.resp_library import load, parts
from tests.integrations.waiting import until

from vedette.instruments import clock, guard
from vedette.instruments.metrics import OVERFLOW
from vedette.integrations import attached, resp, resp_pool, resp_pubsub
from vedette.integrations.resp_commands import name_of
from vedette.packs.cache import (
    connections,
    connections_max,
    operation_duration,
    operation_errors,
    pending_requests,
    pipelined_commands,
    pubsub_messages,
    requests,
    timeouts,
)


@pytest.fixture(scope="module")
def server():
    with data_servers.redis() as running:
        yield running


@pytest.fixture(params=["redis", "valkey"])
def library(request):
    yield load(request.param)
    attached.detach(request.param)


@pytest.fixture
def client(library, server):
    client = library.client(port=server.port)
    client.flushall()
    # what has made the client ready is not what is tested
    for metric in (operation_duration, operation_errors):
        metric.clear()
    yield client
    client.close()


def told(metric) -> dict[str, float]:
    """The values by command; all of one system and no table."""
    found = values(metric)
    assert len({labels[0] for labels in found}) <= 1
    return {labels[1]: value for labels, value in found.items()}


def test_commands_are_timed_by_name_and_answers_are_what_they_were(library, client):
    ticks = iter(range(1000))
    with clock.replaced(lambda: float(next(ticks))):
        assert client.set("a", "1") is True
        assert client.get("a") == b"1"
        assert client.get("b") is None
        assert client.hset("h", mapping={"x": 1}) == 1
    assert values(operation_duration) == {
        (library.name, "SET", ""): 1,
        (library.name, "GET", ""): 2,
        (library.name, "HSET", ""): 1,
    }
    assert operation_duration.labels(library.name, "GET", "").read()[1] == 2
    assert values(operation_errors) == {}
    assert values(requests) == {}


@pytest.mark.parametrize(
    ("sent", "told_as"),
    [
        ("get", "GET"),
        (b"GET", "GET"),
        ("CLIENT SETNAME", "CLIENT"),
        ("SET customer:4711 secret", "SET"),
        ("JSON.GET", "JSON.GET"),
        ("ft.search", "FT.SEARCH"),
        ("JSON.4711", OVERFLOW),
        ("customer:4711", OVERFLOW),
        ("customer.name", OVERFLOW),
        (b"\xff\xfe", OVERFLOW),
        ("", OVERFLOW),
        ("x" * 10_000, OVERFLOW),
    ],
)
def test_only_names_of_commands_are_told(sent, told_as):
    assert name_of(sent) == told_as


def test_an_error_of_the_server_is_counted_by_its_class_and_raised_as_it_was(library, client):
    client.set("a", "text")
    with pytest.raises(library.sync.ResponseError, match="WRONGTYPE"):
        client.lpush("a", 1)
    with pytest.raises(library.sync.ResponseError, match="unknown command"):
        client.execute_command("CUSTOMER4711")
    assert values(operation_errors) == {
        (library.name, "LPUSH", library.error("ResponseError")): 1,
        (library.name, OVERFLOW, library.error("ResponseError")): 1,
    }
    assert told(operation_duration) == {"SET": 1, "LPUSH": 1, OVERFLOW: 1}


def test_hits_and_misses_are_counted_by_the_name_of_the_cache(library, client):
    library.name_cache(client, "sessions")
    client.mset({"a": 1, "b": 2})
    client.hset("h", mapping={"x": 1})
    client.get("a")
    client.get("nothing")
    client.mget("a", "b", "nothing")
    client.hget("h", "x")
    client.hget("h", "nothing")
    client.hmget("h", ["x", "nothing"])
    client.hgetall("h")
    client.hgetall("nothing")
    client.exists("a", "b", "nothing")
    client.hexists("h", "x")
    client.getex("nothing")
    client.getdel("a")
    client.pipeline().get("b").get("nothing").set("c", 1).execute()
    hits = 1 + 2 + 1 + 1 + 1 + 2 + 1 + 1 + 1
    misses = 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1
    assert values(requests) == {("sessions", "hit"): hits, ("sessions", "miss"): misses}


def test_each_of_two_caches_has_its_own_hits(library, client, server):
    other = library.client(port=server.port)
    library.name_cache(client, "sessions")
    library.name_cache(other, "pages")
    client.get("nothing")
    other.set("a", 1)
    other.get("a")
    assert values(requests) == {("sessions", "miss"): 1, ("pages", "hit"): 1}


def test_a_pipeline_is_one_operation_and_its_commands_are_counted_by_name(library, client):
    assert client.pipeline(transaction=False).set("a", 1).get("a").get("b").execute() == [True, b"1", None]
    assert client.pipeline().incr("n").execute() == [1]
    assert client.pipeline().execute() == []
    assert told(operation_duration) == {"PIPELINE": 1, "MULTI": 1}
    assert told(pipelined_commands) == {"SET": 1, "GET": 2, "INCRBY": 1}
    assert values(operation_errors) == {}


def test_a_pipeline_that_fails_is_one_error_and_one_that_goes_on_has_those_of_its_commands(library, client):
    client.set("a", "text")
    with pytest.raises(library.sync.ResponseError):
        client.pipeline(transaction=False).get("a").incr("a").execute()
    assert told(operation_errors) == {"PIPELINE": 1}
    answers = client.pipeline(transaction=False).incr("a").get("a").incr("a").execute(raise_on_error=False)
    assert answers[1] == b"text"
    assert values(operation_errors) == {
        (library.name, "PIPELINE", library.error("ResponseError")): 1,
        (library.name, "INCRBY", library.error("ResponseError")): 2,
    }
    assert told(pipelined_commands) == {"GET": 2, "INCRBY": 3}


def test_a_watched_transaction_has_its_immediate_commands_and_its_conflict(library, client):
    with client.pipeline() as pipeline:
        pipeline.watch("n")
        assert pipeline.get("n") is None
        client.set("n", 5)
        pipeline.multi()
        pipeline.incr("n")
        with pytest.raises(library.sync.WatchError):
            pipeline.execute()
    assert told(operation_duration) == {"WATCH": 1, "GET": 1, "SET": 1, "MULTI": 1}
    assert values(operation_errors) == {(library.name, "MULTI", library.error("WatchError")): 1}


def test_a_script_is_told_by_its_commands(library, client):
    script = client.register_script(f"--{library.name}\nreturn redis.call('GET', KEYS[1])")
    client.set("a", 1)
    assert script(keys=["a"]) == b"1"
    # the server does not know it yet: asked, loaded, asked again
    assert told(operation_duration) == {"SET": 1, "EVALSHA": 2, "SCRIPT": 1}
    assert values(operation_errors) == {(library.name, "EVALSHA", library.error("NoScriptError")): 1}


def test_messages_of_subscribers_are_counted_whoever_takes_them(library, client):
    taken = []
    with client.pubsub(ignore_subscribe_messages=True) as subscriber:
        subscriber.subscribe("orders", customers=taken.append)
        subscriber.psubscribe("ord*")
        client.publish("orders", "1")
        client.publish("customers", "2")
        read = []
        while len(read) < 2 or not taken:
            message = subscriber.get_message(timeout=10)
            read += [message] if message else []
    assert {message["type"] for message in read} == {"message", "pmessage"}
    assert values(pubsub_messages) == {(library.name,): 3}
    assert told(operation_duration) == {"SUBSCRIBE": 1, "PSUBSCRIBE": 1, "PUBLISH": 2}


def test_the_pool_tells_what_is_used_and_idle_and_how_many_there_may_be(library, server):
    pool = library.sync.ConnectionPool(host="127.0.0.1", port=server.port, db=3, max_connections=5)
    client = library.client(connection_pool=pool)
    client.ping()
    name = f"127.0.0.1:{server.port}/3"
    assert values(connections) == {(name, "idle"): 1, (name, "used"): 0}
    with client.pubsub() as subscriber:
        subscriber.subscribe("orders")
        client.ping()
        assert values(connections) == {(name, "idle"): 1, (name, "used"): 1}
    assert values(connections_max) == {(name,): 5}
    assert values(timeouts) == {(name,): 0}
    client.close()


def test_pools_of_one_name_are_told_together_and_end_with_the_last_of_them(library, server):
    first, second = (library.client(port=server.port, max_connections=2) for _ in range(2))
    for client in (first, second):
        library.name_pool(client, "main")
        client.ping()
    assert values(connections) == {("main", "idle"): 2, ("main", "used"): 0}
    assert values(connections_max) == {("main",): 4}
    first.close()
    second.close()
    del first
    gc.collect()
    assert values(connections_max) == {("main",): 4 - 2}
    del second, client
    gc.collect()
    assert values(connections) == values(connections_max) == values(pending_requests) == {}


def test_a_pool_without_limit_has_none(library, client):
    client.ping()
    if library.name == "valkey" or client.connection_pool.max_connections == 2**31:
        assert list(values(connections_max).values()) == [float("inf")]
    else:
        assert list(values(connections_max).values()) == [client.connection_pool.max_connections]


def test_whoever_is_refused_by_a_full_pool_is_counted(library, server):
    client = library.client(port=server.port, max_connections=1)
    library.name_pool(client, "small")
    with client.pubsub() as subscriber:
        subscriber.subscribe("orders")
        with pytest.raises(library.sync.ConnectionError):
            client.ping()
    assert values(timeouts) == {("small",): 1}
    assert values(operation_errors)[library.name, "PING", _class_of_refusal(library)] == 1
    client.ping()
    client.close()


def _class_of_refusal(library) -> str:
    return library.error("MaxConnectionsError" if hasattr(library.sync, "MaxConnectionsError") else "ConnectionError")


def test_who_waits_for_a_pool_that_blocks_is_seen_waiting_and_counted_when_in_vain(library, server):
    pool = library.sync.BlockingConnectionPool(host="127.0.0.1", port=server.port, max_connections=1, timeout=0.01)
    client = library.client(connection_pool=pool)
    library.name_pool(client, "blocking")
    with client.pubsub() as subscriber:
        subscriber.subscribe("orders")
        assert values(connections) == {("blocking", "idle"): 0, ("blocking", "used"): 1}
        with pytest.raises(library.sync.ConnectionError, match="No connection available"):
            client.ping()
        assert values(timeouts) == {("blocking",): 1}
        assert values(pending_requests) == {("blocking",): 0}

        pool.timeout = 60
        answers = []
        thread = threading.Thread(target=lambda: answers.append(client.ping()))
        thread.start()
        until(lambda: values(pending_requests) == {("blocking",): 1})
    thread.join()
    assert answers == [True]
    assert values(pending_requests) == {("blocking",): 0}
    assert values(timeouts) == {("blocking",): 1}
    assert values(connections) == {("blocking", "idle"): 1, ("blocking", "used"): 0}
    client.close()


def test_threads_at_once_are_counted_exactly(library, client):
    library.name_cache(client, "sessions")
    client.set("a", 1)

    def work():
        for _ in range(100):
            client.get("a")
            client.get("b")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told(operation_duration) == {"SET": 1, "GET": 1600}
    assert values(requests) == {("sessions", "hit"): 800, ("sessions", "miss"): 800}


def test_a_server_that_is_paused_is_a_timeout_and_one_that_is_killed_a_connection_error(library, server):
    client = library.client(port=server.port, socket_timeout=0.2, retry=_no_retry(library))
    client.ping()
    server.pause()
    try:
        with pytest.raises(library.sync.TimeoutError):
            client.get("a")
    finally:
        server.resume()
    server.kill()
    try:
        with pytest.raises(library.sync.ConnectionError):
            client.get("a")
        with pytest.raises(library.sync.ConnectionError):
            client.pipeline().get("a").execute()
    finally:
        server.start()
    assert client.ping() is True
    assert values(operation_errors) == {
        (library.name, "GET", library.error("TimeoutError")): 1,
        (library.name, "GET", library.error("ConnectionError")): 1,
        (library.name, "MULTI", library.error("ConnectionError")): 1,
    }
    assert told(operation_duration) == {"PING": 2, "GET": 2, "MULTI": 1}
    client.close()


def _no_retry(library):
    retry, backoff = import_module(f"{library.name}.retry"), import_module(f"{library.name}.backoff")
    return retry.Retry(backoff.NoBackoff(), 0)


def test_a_command_that_is_tried_again_is_one_operation(library, server):
    retry, backoff = import_module(f"{library.name}.retry"), import_module(f"{library.name}.backoff")
    tries = []

    class Counted(retry.Retry):
        def call_with_retry(self, do, *args, **options):
            def counted(*given, **named):
                tries.append(1)
                return do(*given, **named)

            return super().call_with_retry(counted, *args, **options)

    client = library.client(
        port=server.port,
        retry=Counted(backoff.NoBackoff(), 3),
        retry_on_error=[library.sync.ConnectionError],
        socket_timeout=5,
    )
    client.ping()
    server.restart()
    tries.clear()
    # the pool finds the dead connection before the command is sent: this one is cut while it waits for its answer
    killer = library.client(port=server.port)
    with killer.monitor() as seen:
        blocked = threading.Thread(target=client.blpop, args=(["queue"], 5))
        blocked.start()
        while "BLPOP" not in seen.next_command()["command"]:
            pass
        other = library.client(port=server.port)
        for one in other.client_list():
            if one["cmd"] == "blpop":
                other.client_kill(one["addr"])
        other.rpush("queue", "order")
        blocked.join()
    assert len(tries) > 1
    assert told(operation_duration)["BLPOP"] == 1
    assert "BLPOP" not in told(operation_errors)
    for one in (client, killer, other):
        one.close()


def test_a_subscriber_whose_server_dies_has_an_error(library, server):
    client = library.client(port=server.port, retry=_no_retry(library))
    subscriber = client.pubsub(ignore_subscribe_messages=True)
    subscriber.subscribe("orders")
    while subscriber.get_message(timeout=0.01) is not None:
        pass
    server.kill()
    try:
        with pytest.raises(library.sync.ConnectionError):
            list(subscriber.listen())
    finally:
        server.start()
    assert told(operation_errors) == {"SUBSCRIBE": 1}
    subscriber.close()
    client.close()


def test_measuring_that_fails_changes_nothing_is_counted_and_said_once(library, client, caplog):
    library.name_cache(client, "sessions")
    before = guard.failures()
    with broken(resp, resp_pool, resp_pubsub):
        assert client.set("a", 1) is True
        assert client.get("a") == b"1"
        with pytest.raises(library.sync.ResponseError):
            client.lpush("a", 1)
        assert client.pipeline().get("a").execute() == [b"1"]
        with client.pubsub() as subscriber:
            subscriber.subscribe("orders")
            client.publish("orders", "1")
            while (message := subscriber.get_message(timeout=10))["type"] != "message":
                pass
            assert message["data"] == b"1"
    failed = {part: count - before.get(part, 0) for part, count in guard.failures().items()}
    assert failed["measuring a redis command"] >= 6
    assert failed["measuring a redis subscriber"] == 1
    assert caplog.text.count("measuring a redis command failed and was skipped: MeasuringError") == 1


def test_attaching_twice_measures_once(library, client):
    attached.attach(library.name)
    client.get("a")
    assert told(operation_duration) == {"GET": 1}


@pytest.mark.parametrize("name", ["redis", "valkey"])
def test_detaching_restores_the_library_exactly(name, server):
    attached.detach(name)
    before = parts(name)
    library = load(name)
    assert parts(name) != before
    client = library.client(port=server.port)
    library.name_cache(client, "sessions")
    client.get("a")
    attached.detach(name)
    assert parts(name) == before
    assert not [attribute for attribute in vars(client.connection_pool) if "vedette" in attribute]
    client.get("a")
    assert told(operation_duration) == {"GET": 1}
    assert values(connections) == {}
    client.close()


def test_a_wrapper_that_could_not_be_taken_out_passes_through_once_detached(library, client):
    ours = library.client.execute_command
    inner = vars(library.client).get("_execute_command", ours)
    attached.detach(library.name)
    client.connection_pool.reset()
    library.client._theirs = inner
    try:
        assert client._theirs("PING") is True
    finally:
        del library.client._theirs
    assert values(operation_duration) == {}
