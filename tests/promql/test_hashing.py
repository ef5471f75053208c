"""XXH64 against published values."""

from __future__ import annotations

import pytest

from vedette.promql.hashing import share, xxh64


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        # https://github.com/cespare/xxhash/blob/main/xxhash_test.go
        (b"", 0xEF46DB3751D8E999),
        (b"a", 0xD24EC4F1A98C6E5B),
        (b"as", 0x1C330FB2D66BE179),
        (b"asd", 0x631C37CE72A97393),
        (b"asdf", 0x415872F599CEA71E),
        (b"Call me Ishmael. Some years ago--never mind how long precisely-", 0x02A2E85470D6FD96),
    ],
)
def test_published_values(data: bytes, wanted: int) -> None:
    assert xxh64(data) == wanted


def test_a_long_label_value_is_hashed_with_its_long_length() -> None:
    assert 0 <= share((("name", "v" * 300),)) < 1
    assert share((("name", "v" * 300),)) != share((("name", "v" * 301),))
