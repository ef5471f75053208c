"""Headers of rate limits are understood as each service means them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.integrations.rate_limits import KINDS, Limit, read

NOW = 1_760_000_000.0  # 2025-10-09T08:53:20Z


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        pytest.param(
            {
                "x-ratelimit-limit": "5000",
                "x-ratelimit-remaining": "4987",
                "x-ratelimit-reset": "1760000100",
                "x-ratelimit-resource": "core",
            },
            [Limit("core", 5000, 4987, 100)],
            id="GitHub",
        ),
        pytest.param(
            {"x-rate-limit-limit": "900", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "1760000900"},
            [Limit("", 900, 0, 900)],
            id="X",
        ),
        pytest.param({"retry-after": "120"}, [Limit("", None, 0, 120)], id="Stripe"),
        pytest.param({"retry-after": "Thu, 09 Oct 2025 08:55:00 GMT"}, [Limit("", None, 0, 100)], id="a date"),
        pytest.param(
            {"ratelimit-limit": "100;w=21600", "ratelimit-remaining": "76;w=21600"},
            [Limit("", 100, 76, None)],
            id="Docker Hub",
        ),
        pytest.param(
            {"ratelimit-limit": "600", "ratelimit-remaining": "599", "ratelimit-reset": "1760000060"},
            [Limit("", 600, 599, 60)],
            id="GitLab",
        ),
        pytest.param(
            {"ratelimit-limit": "10, 10;w=1, 1000;w=3600", "ratelimit-remaining": "9", "ratelimit-reset": "1"},
            [Limit("", 10, 9, 1)],
            id="IETF draft 05",
        ),
        pytest.param(
            {"ratelimit": "limit=100, remaining=50, reset=5", "ratelimit-policy": "100;w=60"},
            [Limit("", 100, 50, 5)],
            id="IETF draft 07",
        ),
        pytest.param(
            {
                "ratelimit": '"default";r=50;t=30, "daily";r=900;t=3600',
                "ratelimit-policy": '"default";q=100;w=60,"daily";q=1000;w=86400',
            },
            [Limit("", 100, 50, 30), Limit("daily", 1000, 900, 3600)],
            id="IETF draft 10",
        ),
        pytest.param(
            {
                "x-ratelimit-limit-requests": "60",
                "x-ratelimit-remaining-requests": "59",
                "x-ratelimit-reset-requests": "6m0s",
                "x-ratelimit-limit-tokens": "150000",
                "x-ratelimit-remaining-tokens": "149984",
                "x-ratelimit-reset-tokens": "120ms",
            },
            [Limit("requests", 60, 59, 360), Limit("tokens", 150000, 149984, 0.12)],
            id="OpenAI",
        ),
        pytest.param(
            {
                "anthropic-ratelimit-requests-limit": "50",
                "anthropic-ratelimit-requests-remaining": "49",
                "anthropic-ratelimit-requests-reset": "2025-10-09T08:54:20Z",
            },
            [Limit("requests", 50, 49, 60)],
            id="Anthropic",
        ),
        pytest.param(
            {
                "x-ratelimit-limit": "5",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": "1760000001.5",
                "x-ratelimit-reset-after": "1.5",
            },
            [Limit("", 5, 0, 1.5)],
            id="Discord",
        ),
        pytest.param(
            {"x-ratelimit-remaining": "599.0", "x-ratelimit-reset": "30"}, [Limit("", None, 599, 30)], id="Reddit"
        ),
        pytest.param(
            {"x-ratelimit-limit": "350", "x-ratelimit-remaining": "1", "x-ratelimit-reset": "2025-10-09T08:54Z"},
            [Limit("", 350, 1, 40)],
            id="Atlassian",
        ),
        pytest.param({"x-shopify-shop-api-call-limit": "32/40"}, [Limit("", 40, 8, None)], id="Shopify"),
        pytest.param({"sforce-limit-info": "api-usage=18/5000"}, [Limit("", 5000, 4982, None)], id="Salesforce"),
        pytest.param(
            {"x-ratelimit-reset": "1760000100000", "x-ratelimit-remaining": "1"}, [Limit("", None, 1, 100)], id="ms"
        ),
        pytest.param(
            {"x-ratelimit-reset": "1759999999", "x-ratelimit-remaining": "1"}, [Limit("", None, 1, 0)], id="past"
        ),
        pytest.param(
            {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "3", "retry-after": "7"},
            [Limit("", 60, 0, 7)],
            id="a secondary limit",
        ),
    ],
)
def test_what_a_service_says(headers, limits):
    assert read(headers, NOW) == limits


@pytest.mark.parametrize(
    "text", ["", "abc", "-5", "1e9", "NaN", ";;;", '"', "12:00", "0x10", "٣", "1/0/2", "Thu, 99 Oct"]
)
def test_what_nobody_understands_says_nothing(text):
    for name in ("x-ratelimit-limit", "x-ratelimit-remaining", "ratelimit", "ratelimit-policy", "sforce-limit-info"):
        assert read({name: text}, NOW) == []


@given(st.dictionaries(st.sampled_from(sorted(KINDS)), st.text(max_size=60)))
def test_no_headers_make_it_fail(headers):
    for limit in read(headers, NOW):
        assert all(number is None or number >= 0 for number in limit[1:])
