"""The compiled loops of `jpeg.py`: code tables, and one pass over the entropy-coded bytes.

Every step is checked: a code that does not exist, a coefficient too many, bytes that end too early
or too late end the pass with False.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lindung.runtime import compiled

LOOK = 12  # bits looked at together: tables of this size stay in the first-level cache
BLOCK = 8
COUNT = 64  # coefficients of a block
HALF = np.float32(
    0.11327
)  # of a block's first frequency: how far the mean of half of it is from that of all
OVER = np.float32(10.3)  # and how far beyond 0 to 255 this puts it at most, where no pixel is

Bytes = NDArray[np.uint8]
Entries = NDArray[np.int32]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
State = tuple[int, Any, int, int]  # next byte, bits read (the first uppermost), how many, made up
_8, _REST = np.uint64(8), np.uint64(64 - LOOK)
_ONES, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)


class Tables(NamedTuple):
    """What is looked up for Huffman codes, the first axis being the code.

    For each LOOK bits: `one` holds the first symbol (value << 16 | advance << 8 | bits), where
    advance 0 ends the block; `many` all symbols that begin and have their code in them
    (ends << 16 | advance << 8 | bits). 0: look at more bits. `shape` int64[t, 3, 17]: the first
    code, the number of codes and the first symbol of each length.
    """

    one: Entries
    many: Entries
    shape: Ints
    symbols: Bytes


@compiled
def tables(lengths: Ints, symbols: Bytes) -> tuple[bool, Entries, Entries, Ints]:
    """Whether a code is sound, and its `one`, `many` and `shape`.

    `lengths[n]` is how many codes have n bits; `symbols` uint8[256] in their order (T.81 C.2).
    """
    one, many = np.zeros(1 << LOOK, np.int32), np.zeros(1 << LOOK, np.int32)
    shape = np.zeros((3, 17), np.int64)
    code, at = 0, 0
    for n in range(1, 17):
        shape[0, n], shape[1, n], shape[2, n] = code, lengths[n], at
        code += lengths[n]
        at += lengths[n]
        if code > 1 << n or at > len(symbols):
            return False, one, many, shape
        code <<= 1
    for bits in range(1 << LOOK):
        top = np.uint64(bits) << _REST
        length, symbol = _code(top, shape, symbols, LOOK)
        if length and length + (symbol & 15) <= LOOK:
            value = _value(top << np.uint64(length), symbol & 15)
            one[bits] = value << 16 | _advance(symbol) << 8 | (length + (symbol & 15))
        used = advance = ends = 0
        while length and not ends:
            used += length + (symbol & 15)
            advance += _advance(symbol)
            ends = int(symbol == 0)
            length = 0
            if used < LOOK:
                length, symbol = _code(top << np.uint64(used), shape, symbols, LOOK - used)
        many[bits] = ends << 16 | advance << 8 | used
    return True, one, many, shape


@compiled
def _code(top: Any, shape: Ints, symbols: Bytes, most: int) -> tuple[int, Any]:
    """The length and symbol of the code that the upper bits begin with; length 0: there is none."""
    for n in range(1, most + 1):
        index = np.int64(top >> np.uint64(64 - n)) - shape[0, n]
        if index < shape[1, n]:
            return n, np.int64(symbols[shape[2, n] + index])
    return 0, 0


@compiled
def _advance(symbol: int) -> int:
    """How many coefficients a symbol takes; 0 for the end of the block."""
    return (symbol >> 4) + 1 if symbol else 0


@compiled
def _value(top: Any, size: int) -> Any:
    """The signed value of so many bits (T.81 F.2.2.1)."""
    if size == 0:
        return 0
    value = np.int64(top >> np.uint64(64 - size))
    return value if value >> (size - 1) else value + 1 - (1 << size)


@compiled
def _fill(data: Bytes, at: int, top: Any, bits: int, made_up: int) -> State:
    """Bring at least 56 bits into `top`; before a marker, made-up zeros."""
    word = np.uint64(0)
    for i in range(8):
        word = word << _8 | np.uint64(data[np.uint64(at + i)])
    if (~word - _ONES) & word & _TOPS == 0:  # none of these bytes is 0xFF
        more = (63 - bits) >> 3
        return at + more, top | word >> np.uint64(bits), bits + 8 * more, made_up
    while bits < 56:
        byte = data[np.uint64(at)]
        if byte != 0xFF:
            at += 1
        elif data[np.uint64(at + 1)] == 0:
            at += 2
        else:
            byte = np.uint8(0)
            made_up += 8
        top |= np.uint64(byte) << np.uint64(56 - bits)
        bits += 8
    return at, top, bits, made_up


@compiled
def decode(
    data: Bytes,
    at: int,
    blocks: Ints,
    codes: Tables,
    groups: tuple[int, int],
    size: tuple[int, int],
    restart: int,
    place: Ints,
    steps: Floats,
    keep: int,
    out: Floats,
) -> bool:
    """Write the wanted coefficients of the luma into `out`; whether all went well.

    `blocks` int64[b, 4] are those of a group: DC code, AC code, and for one of the luma its place
    down and across in the group, -1 for any other. `groups` and their `size` in luma blocks: down,
    across. `place[k]` is where in `out` from a block's corner coefficient k (zigzag) goes, or -1.
    One long loop: calls would cost more than what they do.
    """
    one, many, shape, symbols = codes
    high, wide = size
    height, width = out.shape
    flat = out.reshape(-1)
    wanted = np.flatnonzero(place >= 0).max()
    at, top, bits, made_up = _fill(data, at, np.uint64(0), 0, 0)
    base, left, marker = np.int64(0), restart, 0
    for row in range(groups[0]):
        for column in range(groups[1]):
            if restart and left == 0:
                at, top, bits, made_up = _fill(data, at, top, bits, made_up)
                if bits - made_up >= 8 or data[at] != 0xFF or data[at + 1] != 0xD0 + marker:
                    return False
                at, top, bits, made_up = _fill(data, at + 2, np.uint64(0), 0, 0)
                base, left, marker = np.int64(0), restart, (marker + 1) & 7
            left -= 1
            for b in range(len(blocks)):
                dc, ac, ours = blocks[b, 0], blocks[b, 1], blocks[b, 2] >= 0
                y, x = (row * high + blocks[b, 2]) * keep, (column * wide + blocks[b, 3]) * keep
                seen = ours and y < height and x < width
                corner = y * width + x
                last = wanted if ours else 0
                code, k = dc, 0
                while k <= last:  # one by one
                    entry = one[np.uint64(code), top >> _REST]
                    at, top, bits, made_up = _fill(data, at, top, bits, made_up)
                    used, advance, value = entry & 255, entry >> 8 & 255, np.int64(entry >> 16)
                    if used == 0:
                        used, symbol = _code(top, shape[code], symbols[code], 16)
                        if used == 0:
                            return False
                        value = _value(top << np.uint64(used), symbol & 15)
                        used += symbol & 15
                        advance = _advance(symbol)
                    top <<= np.uint64(used)
                    bits -= used
                    if k == 0:
                        if ours:
                            base += value
                        value, advance, code = base, 1, ac
                    if advance == 0:
                        k = COUNT
                        break
                    k += advance
                    if k > COUNT:
                        return False
                    spot = place[np.uint64(k - 1)]
                    if seen and spot >= 0:
                        flat[np.uint64(corner + spot)] = np.float32(value) * steps[np.uint64(k - 1)]
                while k < COUNT:  # several at a time
                    entry = many[np.uint64(ac), top >> _REST]
                    at, top, bits, made_up = _fill(data, at, top, bits, made_up)
                    used, advance, ends = entry & 255, entry >> 8 & 255, entry >> 16
                    if used == 0 or k + advance >= COUNT:
                        used, symbol = _code(top, shape[ac], symbols[ac], 16)
                        if used == 0:
                            return False
                        used += symbol & 15
                        advance = _advance(symbol)
                        ends = int(advance == 0)
                    top <<= np.uint64(used)
                    bits -= used
                    k = COUNT if ends else k + advance
                if k > COUNT:
                    return False
            if made_up > bits:
                return False
    at, top, bits, made_up = _fill(data, at, top, bits, made_up)
    return bits - made_up < 8


@compiled
def is_clipped(frequencies: Floats, keep: int, slack: float) -> bool:
    """Whether some block cannot be of pixels from 0 to 255, by its mean or by that of a half.

    Takes `decode`'s `out`; of a half it is told where the first frequencies are kept.
    """
    most = np.float32(127.5 + slack)
    for y in range(0, frequencies.shape[0], keep):
        farthest = np.float32(0)
        for x in range(0, frequencies.shape[1], keep):
            far = abs(frequencies[y, x] * np.float32(1 / BLOCK) + np.float32(0.5))
            if keep > 1:
                first = max(abs(frequencies[y, x + 1]), abs(frequencies[y + 1, x]))
                far += max(HALF * first - OVER, np.float32(0))
            farthest = max(farthest, far)
        if farthest > most:
            return True
    return False
