"""SipHash-2-4 (Aumasson and Bernstein, 2012), compiled, over code points as UTF-32-LE bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from lindung.runtime import compiled

_13, _16, _17, _21, _32 = (np.uint64(n) for n in (13, 16, 17, 21, 32))
_64 = np.uint64(64)


@compiled
def _round(a: Any, b: Any, c: Any, d: Any) -> Any:
    a += b
    b = ((b << _13) | (b >> (_64 - _13))) ^ a
    a = (a << _32) | (a >> _32)
    c += d
    d = ((d << _16) | (d >> (_64 - _16))) ^ c
    a += d
    d = ((d << _21) | (d >> (_64 - _21))) ^ a
    c += b
    b = ((b << _17) | (b >> (_64 - _17))) ^ c
    c = (c << _32) | (c >> _32)
    return a, b, c, d


@compiled
def siphash(k0: Any, k1: Any, points: Any, size: Any) -> Any:
    """The tag of the first `size` code points under the 128-bit key (k0, k1), little-endian."""
    a = k0 ^ np.uint64(0x736F6D6570736575)
    b = k1 ^ np.uint64(0x646F72616E646F6D)
    c = k0 ^ np.uint64(0x6C7967656E657261)
    d = k1 ^ np.uint64(0x7465646279746573)
    for i in range(0, size - 1, 2):
        word = np.uint64(points[i]) | (np.uint64(points[i + 1]) << _32)
        d ^= word
        a, b, c, d = _round(a, b, c, d)
        a, b, c, d = _round(a, b, c, d)
        a ^= word
    word = np.uint64((4 * size) & 0xFF) << np.uint64(56)
    if size & 1:
        word |= np.uint64(points[size - 1])
    d ^= word
    a, b, c, d = _round(a, b, c, d)
    a, b, c, d = _round(a, b, c, d)
    a ^= word
    c ^= np.uint64(0xFF)
    for _ in range(4):
        a, b, c, d = _round(a, b, c, d)
    return a ^ b ^ c ^ d


def key_halves(key: bytes) -> tuple[np.uint64, np.uint64]:
    """A 128-bit key as `siphash` takes it."""
    low, high = (int.from_bytes(half, "little") for half in (key[:8], key[8:]))
    return np.uint64(low), np.uint64(high)
