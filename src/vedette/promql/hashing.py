"""XXH64 of a label set, as Prometheus hashes it to sample series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vedette.promql.labels import Labels

__all__ = ["share", "xxh64"]

# https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
_P1: Final = 0x9E3779B185EBCA87
_P2: Final = 0xC2B2AE3D27D4EB4F
_P3: Final = 0x165667B19E3779F9
_P4: Final = 0x85EBCA77C2B2AE63
_P5: Final = 0x27D4EB2F165667C5
_M: Final = 2**64 - 1
_LONG: Final = 255


def share(of: Labels) -> float:
    """The hash of a label set as a share of all hashes, 0 to 1."""
    data = b"".join(_sized(text.encode()) for pair in of for text in pair)
    return float(xxh64(data)) / float(_M)


def _sized(text: bytes) -> bytes:
    # https://github.com/prometheus/prometheus/blob/v3.5.0/model/labels/labels_stringlabels.go, encodeSize
    size = len(text)
    return (bytes([size]) if size < _LONG else bytes([_LONG]) + size.to_bytes(3, "little")) + text


def xxh64(data: bytes) -> int:
    """XXH64 with seed 0."""
    at, size = 0, len(data)
    if size >= 32:
        lanes = [(_P1 + _P2) & _M, _P2, 0, -_P1 & _M]
        while at + 32 <= size:
            lanes = [
                _round(lane, int.from_bytes(data[at + 8 * i : at + 8 * i + 8], "little"))
                for i, lane in enumerate(lanes)
            ]
            at += 32
        total = sum(_left(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)) & _M
        for lane in lanes:
            total = ((total ^ _round(0, lane)) * _P1 + _P4) & _M
    else:
        total = _P5
    total = (total + size) & _M
    while at + 8 <= size:
        total = (_left(total ^ _round(0, int.from_bytes(data[at : at + 8], "little")), 27) * _P1 + _P4) & _M
        at += 8
    if at + 4 <= size:
        total = (_left(total ^ (int.from_bytes(data[at : at + 4], "little") * _P1 & _M), 23) * _P2 + _P3) & _M
        at += 4
    for byte in data[at:]:
        total = _left(total ^ (byte * _P5 & _M), 11) * _P1 & _M
    total = (total ^ (total >> 33)) * _P2 & _M
    total = (total ^ (total >> 29)) * _P3 & _M
    return total ^ (total >> 32)


def _left(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & _M


def _round(lane: int, word: int) -> int:
    return _left((lane + word * _P2) & _M, 31) * _P1 & _M
