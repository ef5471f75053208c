"""Keys looked up in a cache of Django are counted once, by the alias of the cache and by whether they were there."""

from __future__ import annotations

import inspect
import threading

import pytest
from tests.integrations import django_site  # noqa: F401 - it sets Django up
from tests.integrations.broken import broken
from tests.integrations.client import values

from vedette.instruments import guard
from vedette.integrations import attached, django_cache
from vedette.packs.cache import requests


def forget() -> None:
    """Have this thread make its caches anew."""
    from django.core.cache import caches

    for cache in caches.all(initialized_only=True):
        del caches[next(alias for alias in caches if caches[alias] is cache)]


@pytest.fixture
def caches():
    """The caches, made after the integration was attached."""
    from django.core.cache import caches
    from django.core.management import call_command

    forget()
    attached.attach("django")
    call_command("createcachetable", verbosity=0)
    for alias in caches:
        caches[alias].clear()
    yield caches
    attached.detach("django")


@pytest.mark.parametrize("alias", ["default", "rows"])
def test_get_is_a_hit_or_a_miss_of_its_cache(caches, alias):
    cache = caches[alias]
    cache.set("known", 1)
    assert cache.get("known") == 1
    assert cache.get("unknown") is None
    assert cache.get("unknown", "none") == "none"
    assert values(requests) == {(alias, "hit"): 1, (alias, "miss"): 2}


@pytest.mark.parametrize("alias", ["default", "rows"])
def test_get_many_counts_each_key_once(caches, alias):
    cache = caches[alias]
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    assert values(requests) == {(alias, "hit"): 2, (alias, "miss"): 1}


@pytest.mark.parametrize("alias", ["default", "rows"])
def test_get_or_set_is_a_miss_and_then_a_hit(caches, alias):
    made = []
    for _ in range(2):
        assert caches[alias].get_or_set("key", lambda: made.append(1) or "value") == "value"
    assert made == [1]
    # Django reads what it has set, because another may have been first
    assert values(requests) == {(alias, "hit"): 2, (alias, "miss"): 1}


async def test_coroutines_count_once_whoever_writes_them(caches):
    for alias in ("default", "own"):
        await caches[alias].aset("known", 1)
        assert await caches[alias].aget("known") == 1
        assert await caches[alias].aget("unknown") is None
        assert await caches[alias].aget_many(["known", "unknown"]) == {"known": 1}
    counted = values(requests)
    assert {key: count for key, count in counted.items() if key[0] == "default"} == {
        ("default", "hit"): 2,
        ("default", "miss"): 2,
    }
    assert counted["own", "hit"] == 2
    assert counted["own", "miss"] == 2
    assert inspect.iscoroutinefunction(caches["own"].aget)


def test_a_cache_before_another_counts_each_for_itself(caches):
    caches["default"].set("key", 1)
    assert caches["own"].get("key") == 1
    assert values(requests) == {("default", "hit"): 1, ("own", "hit"): 1}


def test_sessions_and_the_proxy_of_the_default_cache_are_counted(caches):
    from django.contrib.sessions.backends.cache import SessionStore
    from django.core.cache import cache

    assert cache.get("nothing") is None
    session = SessionStore()
    session["cart"] = 1
    session.save()
    assert SessionStore(session.session_key)["cart"] == 1
    assert values(requests)["default", "hit"] == 1


def test_keys_from_an_iterator_reach_the_cache_and_hits_are_counted(caches):
    caches["rows"].set("a", 1)
    assert caches["rows"].get_many(key for key in ("a", "b")) == {"a": 1}
    assert values(requests) == {("rows", "hit"): 1}


def test_caches_that_this_thread_had_before_are_counted_too():
    from django.core.cache import caches

    forget()
    caches["default"].set("key", 1)
    attached.attach("django")
    assert caches["default"].get("key") == 1
    assert values(requests) == {("default", "hit"): 1}
    attached.detach("django")


def test_an_error_of_the_cache_is_raised_and_counts_nothing(caches):
    with pytest.raises(TypeError):
        caches["default"].get()
    assert values(requests) == {}


def test_threads_with_their_own_connections_are_all_counted(caches):
    caches["default"].set("key", 1)

    def look_up():
        for _ in range(100):
            assert caches["default"].get("key") == 1
        assert caches["default"].get("none") is None

    threads = [threading.Thread(target=look_up) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert values(requests) == {("default", "hit"): 500, ("default", "miss"): 5}


def test_instruments_that_fail_leave_every_answer_as_it_was(caches):
    caches["default"].set("key", 1)
    failed = guard.failures().get("counting a look-up in a cache of Django", 0)
    with broken(django_cache):
        assert caches["default"].get("key") == 1
        assert caches["default"].get_many(["key"]) == {"key": 1}
    assert guard.failures()["counting a look-up in a cache of Django"] > failed


def test_detaching_restores_the_classes_of_caches_exactly():
    from django.core.cache import caches
    from django.core.cache.backends.db import DatabaseCache
    from django.core.cache.backends.locmem import LocMemCache
    from tests.integrations.django_site_cache import OwnCache

    kinds = (LocMemCache, DatabaseCache, OwnCache)
    forget()
    before = [dict(vars(kind)) for kind in kinds]
    attached.attach("django")
    own = caches["own"]
    assert [caches[alias] is not None for alias in ("default", "rows")] == [True, True]
    assert all(dict(vars(kind)) != one for kind, one in zip(kinds, before, strict=True))
    attached.detach("django")
    assert [dict(vars(kind)) for kind in kinds] == before
    own.get("key")
    assert values(requests) == {}
