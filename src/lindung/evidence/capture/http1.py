"""Just enough HTTP/1.1 to carry and record messages byte for byte, whatever a site sends.

Header bytes stay as they came (Latin-1 in memory), bodies stay in their transfer coding: a
record must hold what was on the wire. RFC 9112.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

MAX_HEAD = 256 * 1024
CHUNK = 64 * 1024


class BadMessage(Exception):
    """What arrived is not HTTP/1.x; the message says how."""


@dataclass
class Head:
    """A start line and headers; `raw` is what was on the wire, blank line included."""

    start: str
    headers: list[tuple[str, str]]
    raw: bytes = field(repr=False)

    def get(self, name: str, default: str = "") -> str:
        wanted = name.lower()
        return next((v for n, v in self.headers if n.lower() == wanted), default)

    @property
    def method(self) -> str:
        return self.start.split(" ", 1)[0]

    @property
    def target(self) -> str:
        return self.start.split(" ", 2)[1]

    @property
    def status(self) -> int:
        return int(self.start.split(" ", 2)[1])

    def without(self, *names: str) -> list[tuple[str, str]]:
        drop = {name.lower() for name in names}
        return [(n, v) for n, v in self.headers if n.lower() not in drop]


def encode(start: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next message's head; None at a clean end. Raises `BadMessage`."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial.strip():
            return None
        raise BadMessage("the headers were cut off") from None
    except asyncio.LimitOverrunError:
        raise BadMessage(f"the headers are longer than {MAX_HEAD} bytes") from None
    start, *lines = raw[:-4].decode("latin-1").lstrip("\r\n").split("\r\n")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name and name == name.strip():
            headers.append((name, value.strip()))
        elif headers and line[:1] in " \t":  # an obsolete folded line
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
    parts = start.split(" ", 2)
    is_response = start.startswith("HTTP/1.") and len(parts) > 1 and parts[1].isdigit()
    is_request = len(parts) == 3 and parts[2].startswith("HTTP/1.")
    if not (is_response or is_request):
        raise BadMessage(f"not an HTTP/1.x message: {start[:80]!r}")
    return Head(start, headers, raw)


async def read_body(
    reader: asyncio.StreamReader, head: Head, *, request_method: str | None
) -> AsyncIterator[bytes]:
    """The body's bytes as they stand on the wire. Raises `BadMessage` when it is cut off.

    `request_method` is None for a request's own body.
    """
    response = request_method is not None
    if response and (request_method == "HEAD" or head.status < 200 or head.status in (204, 304)):
        return
    if "chunked" in head.get("transfer-encoding").lower():
        async for piece in _chunked(reader):
            yield piece
        return
    if length := head.get("content-length"):
        if not length.isdigit():
            raise BadMessage(f"a content-length of {length[:40]!r}")
        left = int(length)
        while left:
            piece = await reader.read(min(left, CHUNK))
            if not piece:
                raise BadMessage(f"the body was cut off {left} bytes before its end")
            left -= len(piece)
            yield piece
        return
    while response and (piece := await reader.read(CHUNK)):
        yield piece


async def _chunked(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    try:
        while True:
            line = await reader.readuntil(b"\n")
            yield line
            left = _chunk_length(line)
            if left == 0:
                break
            left += 2  # the line end after the chunk
            while left:
                piece = await reader.read(min(left, CHUNK))
                if not piece:
                    raise BadMessage("a chunked body was cut off")
                left -= len(piece)
                yield piece
        while (line := await reader.readuntil(b"\n")).strip():
            yield line
        yield line
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        raise BadMessage("a chunked body is malformed or cut off") from None


def _chunk_length(line: bytes) -> int:
    size = line.split(b";")[0].strip()
    if not size.isalnum():
        raise ValueError("not a chunk's length")
    return int(size, 16)


def dechunk(data: bytes) -> bytes:
    """The content of a chunked body, as far as it goes."""
    out, position = bytearray(), 0
    while (end := data.find(b"\n", position)) >= 0:
        try:
            length = _chunk_length(data[position:end])
        except ValueError:
            break
        if length == 0:
            break
        out += data[end + 1 : end + 1 + length]
        position = end + 1 + length + 2
    return bytes(out)
