"""A URL is taken apart, and of who asks nothing is ever shown."""

from __future__ import annotations

import pytest

from vedette.errors import ConfigError
from vedette.instruments.metrics.push.address import address_of


@pytest.mark.parametrize(
    ("url", "asked", "shown"),
    [
        ("http://localhost:9091", "http://localhost:9091/", "http://localhost:9091"),
        ("https://a.example/x/y", "https://a.example/x/y", "https://a.example/x/y"),
        ("http://[::1]:9091/p", "http://[::1]:9091/p", "http://[::1]:9091/p"),
        ("http://u:p%40ss@h:1/x?key=k1", "http://h:1/x?key=k1", "http://h:1/x?…"),
    ],
)
def test_a_url_is_asked_for_without_user_and_shown_without_query(url, asked, shown):
    address, _ = address_of(url)
    assert address.url == asked
    assert str(address) == shown
    assert shown in repr(address)


def test_user_and_password_are_read_as_they_are_meant():
    assert address_of("http://me:p%40s%2Fs@h")[1] == ("me", "p@s/s")
    assert address_of("http://me@h")[1] == ("me", "")
    assert address_of("http://h")[1] is None


def test_a_path_is_put_below_the_one_there_is():
    assert address_of("http://h/gate/?a=1")[0].below("/metrics").url == "http://h/gate/metrics?a=1"


@pytest.mark.parametrize(
    "url",
    ["localhost:9091", "ftp://h/x", "http://", "/metrics", "", "http://h:port/", "http://h:70000", "http://h/a b"],
)
def test_what_is_no_url_for_http_is_refused_with_what_to_write(url):
    with pytest.raises(ConfigError, match=r"is no URL to push to; write for example 'http://localhost:9091'") as caught:
        address_of(url)
    assert repr(url) in str(caught.value)


@pytest.mark.parametrize("url", [None, 5, b"http://h"])
def test_what_is_no_text_is_refused(url):
    with pytest.raises(ConfigError, match="is no URL"):
        address_of(url)


@pytest.mark.parametrize(
    "url",
    ["http://me:hunter2/x@h", "me:hunter2@h:9091", "http://me:hunter2@h:port", "http:///?key=hunter2", "h?hunter2"],
)
def test_a_secret_in_a_url_that_is_refused_is_not_repeated(url):
    with pytest.raises(ConfigError) as caught:
        address_of(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
