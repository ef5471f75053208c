"""Snappy's block format, which remote write is compressed with: the standard library has none.

https://github.com/google/snappy/blob/main/format_description.txt
"""

from __future__ import annotations

from vedette.instruments.metrics.protobuf import varint

__all__ = ["compress"]

# Within so much everything can be referred to with an offset of two bytes.
_BLOCK = 1 << 16
_SHORTEST = 4  # bytes that are worth a reference, which has three
_LONGEST = 64  # bytes of one reference


def compress(raw: bytes) -> bytes:
    """The bytes in fewer, where they repeat themselves."""
    out = bytearray(varint(len(raw)))
    for start in range(0, len(raw), _BLOCK):
        _put_block(out, raw[start : start + _BLOCK])
    return bytes(out)


def _put_block(out: bytearray, raw: bytes) -> None:
    seen: dict[bytes, int] = {}
    written = at = 0
    while at <= len(raw) - _SHORTEST:
        start = raw[at : at + _SHORTEST]
        before = seen.get(start)
        seen[start] = at
        if before is None:
            at += 1 + (at - written >> 5)  # where nothing has repeated itself for long, look less closely
            continue
        length = _SHORTEST
        while at + length < len(raw) and raw[before + length] == raw[at + length]:
            length += 1
        _put_literal(out, raw[written:at])
        _put_copy(out, at - before, length)
        at += length
        written = at
    _put_literal(out, raw[written:])


def _put_literal(out: bytearray, raw: bytes) -> None:
    """Bytes as they are."""
    if not raw:
        return
    last = len(raw) - 1
    if last < 60:
        out.append(last << 2)
    else:
        size = 1 if last < 256 else 2
        out.append((59 + size) << 2)
        out += last.to_bytes(size, "little")
    out += raw


def _put_copy(out: bytearray, offset: int, length: int) -> None:
    """The ``length`` bytes that are ``offset`` bytes back."""
    while length > 0:
        out.append((min(length, _LONGEST) - 1) << 2 | 2)
        out += offset.to_bytes(2, "little")
        length -= _LONGEST
