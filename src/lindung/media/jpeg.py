"""The low frequencies of a JPEG's luma, straight from its entropy-coded bytes.

A blurred picture needs few of a block's 64 coefficients, so neither pixels nor colours are made:
the first coefficients are decoded, the others are passed over several at a time. Read here are
sequential Huffman files of 8 bits a sample in one scan (ITU-T T.81). For every other kind, and for
any byte that is not as it should be, the answer is None, and a whole decoder must look.
"""

from __future__ import annotations

import functools
import io
import itertools
from dataclasses import dataclass, field
from typing import IO

import numpy as np
from numpy.typing import NDArray

from lindung.media import jpeg_loops as loops
from lindung.media.linear import BLOCK

PAD = b"\xff\xd9" * 16  # the loop stops at a marker, so it never leaves the file
SOI, SOF, DHT, SOS, DQT, DRI, APP0, APP14 = 0xD8, (0xC0, 0xC1), 0xC4, 0xDA, 0xDB, 0xDD, 0xE0, 0xEE
MAX_DC = 11  # bits of a difference, at 8 bits a sample
PASSED_OVER = {*range(0xE0, 0xF0), 0xFE}
ZIGZAG = sorted(
    itertools.product(range(BLOCK), repeat=2),
    key=lambda at: (sum(at), at[0] if sum(at) % 2 else at[1]),
)

Floats = NDArray[np.float32]


class _StrangeError(Exception):
    """Not a file for this reader."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A component: its id, blocks across and down in a group, number of its quantisation table."""

    name: int
    across: int
    down: int
    steps: int


@dataclass(slots=True)
class _Header:
    """What stands before the entropy-coded bytes, which begin at `scan`."""

    height: int = 0
    width: int = 0
    parts: list[_Part] = field(default_factory=list)
    steps: dict[int, Floats] = field(default_factory=dict)  # of quantisation, in zigzag order
    codes: dict[int, bytes] = field(default_factory=dict)  # counts of 16 lengths, then symbols
    jfif: bool = False
    adobe: int | None = None
    restart: int = 0
    used: list[tuple[int, int]] = field(default_factory=list)  # each part's codes: DC, AC
    scan: int = 0


def low_frequencies(file: IO[bytes], height: int, width: int, keep: int) -> Floats | None:
    """The coefficients u + v < keep of every block of a JPEG of that size; None: cannot be told.

    So it is where a block is darker than black or lighter than white: a viewer shows it clipped.

    float32[ceil(height / 8) * keep, ceil(width / 8) * keep]: dequantised, of the orthonormal cosine
    transform, around middle grey; what is left out is 0. Raises OSError.
    """
    size = file.seek(0, io.SEEK_END)
    data = np.empty(size + len(PAD), np.uint8)
    data[size:] = np.frombuffer(PAD, np.uint8)
    file.seek(0)
    try:
        if file.readinto(data[:size].data) != size:  # type: ignore[attr-defined]
            return None
        header = _header(data.data)
        if (header.height, header.width) != (height, width):
            return None
        return _luma(data, header, keep)
    except (_StrangeError, IndexError, KeyError, ValueError):
        return None


def _header(data: memoryview) -> _Header:
    """Read the segments up to the scan."""
    if data[0] != 0xFF or data[1] != SOI:
        raise _StrangeError
    header, at = _Header(), 2
    while not header.scan:
        if data[at] != 0xFF:
            raise _StrangeError
        kind, end = data[at + 1], at + 2 + (data[at + 2] << 8 | data[at + 3])
        body = bytes(data[at + 4 : end])
        if kind in SOF and not header.parts:
            _frame(header, body)
        elif kind == DHT:
            _codes(header, body)
        elif kind == DQT:
            _steps(header, body)
        elif kind == DRI and len(body) == 2:
            header.restart = body[0] << 8 | body[1]
        elif kind == SOS:
            _scan(header, body)
            header.scan = end
        elif kind in PASSED_OVER:
            header.jfif |= kind == APP0 and body.startswith(b"JFIF\0")
            if kind == APP14 and body.startswith(b"Adobe"):
                header.adobe = body[11]
        else:
            raise _StrangeError
        at = end
    return header


def _frame(header: _Header, body: bytes) -> None:
    header.height, header.width = body[1] << 8 | body[2], body[3] << 8 | body[4]
    for each in range(6, 6 + 3 * body[5], 3):
        name, sampling, steps = body[each : each + 3]
        header.parts.append(_Part(name, sampling >> 4, sampling & 15, steps))
    if body[0] != 8 or not header.height or not header.width:
        raise _StrangeError


def _codes(header: _Header, body: bytes) -> None:
    at = 0
    while at < len(body):
        end = at + 17 + sum(body[at + 1 : at + 17])
        header.codes[body[at]] = body[at + 1 : end]
        if len(header.codes[body[at]]) != end - at - 1:
            raise _StrangeError
        at = end


def _steps(header: _Header, body: bytes) -> None:
    at = 0
    while at < len(body):
        wide = body[at] >> 4
        end = at + 1 + (128 if wide else 64)
        values = np.frombuffer(body[at + 1 : end], ">u2" if wide else np.uint8)
        if wide > 1 or len(values) != 64:
            raise _StrangeError
        header.steps[body[at] & 15] = values.astype(np.float32)
        at = end


def _scan(header: _Header, body: bytes) -> None:
    """Take the scan's tables; it must hold the whole picture, and the first part must be luma."""
    names = [body[1 + 2 * i] for i in range(body[0])]
    header.used = [(body[2 + 2 * i] >> 4, 16 | body[2 + 2 * i] & 15) for i in range(body[0])]
    if len(body) != 4 + 2 * body[0] or body[-3:] != b"\0\x3f\0":
        raise _StrangeError
    if names != [part.name for part in header.parts] or len(names) not in (1, 3):
        raise _StrangeError
    if len(names) == 1:  # one part alone is not grouped
        header.parts = [_Part(names[0], 1, 1, header.parts[0].steps)]
    elif not (header.adobe == 1 or (header.adobe is None and (header.jfif or names == [1, 2, 3]))):
        raise _StrangeError  # red, green and blue, perhaps
    luma = header.parts[0]
    if any(
        not (1 <= part.across <= luma.across <= 4 and 1 <= part.down <= luma.down <= 4)
        for part in header.parts
    ):
        raise _StrangeError


def _luma(data: NDArray[np.uint8], header: _Header, keep: int) -> Floats | None:
    luma = header.parts[0]
    rows, columns = -(-header.height // BLOCK), -(-header.width // BLOCK)
    place = np.array([u * columns * keep + v if u + v < keep else -1 for u, v in ZIGZAG])
    if any(part.steps not in header.steps for part in header.parts):
        raise _StrangeError
    numbers = sorted({code for pair in header.used for code in pair})
    if any(symbol > MAX_DC for dc, _ in header.used for symbol in header.codes[dc][16:]):
        raise _StrangeError
    codes = _tables(tuple(header.codes[number] for number in numbers))
    blocks = [
        (numbers.index(dc), numbers.index(ac), *(at if part is luma else (-1, -1)))
        for part, (dc, ac) in zip(header.parts, header.used, strict=True)
        for at in itertools.product(range(part.down), range(part.across))
    ]
    groups = -(-rows // luma.down), -(-columns // luma.across)
    out = np.zeros((rows * keep, columns * keep), np.float32)
    whole = loops.decode(
        data,
        header.scan,
        np.array(blocks),
        codes,
        groups,
        (luma.down, luma.across),
        header.restart,
        place,
        header.steps[luma.steps],
        keep,
        out,
    )
    slack = float(header.steps[luma.steps][:3].max()) / BLOCK + 1  # of quantisation and rounding
    return out if whole and not loops.is_clipped(out, keep, slack) else None


@functools.lru_cache(maxsize=64)
def _tables(codes: tuple[bytes, ...]) -> loops.Tables:
    """The tables of several Huffman codes, one after the other."""
    return loops.Tables(*(np.stack(each) for each in zip(*map(_code, codes), strict=True)))


def _code(code: bytes) -> loops.Tables:
    """The tables of one Huffman code."""
    lengths, symbols = np.zeros(17, np.int64), np.zeros(256, np.uint8)
    lengths[1:] = list(code[:16])
    symbols[: len(code) - 16] = list(code[16:])
    sound, one, many, shape = loops.tables(lengths, symbols)
    if not sound or any(symbol & 15 == 0 and symbol not in (0x00, 0xF0) for symbol in code[16:]):
        raise _StrangeError
    return loops.Tables(one, many, shape, symbols)
