"""Just enough HTTP/1.1 to carry and record messages byte for byte, whatever a site sends.

Header bytes stay as they came (Latin-1 in memory), bodies stay in their transfer coding: a
record must hold what was on the wire. RFC 9112; where a site breaks it, what Chromium makes of it
is read here too: bare line feeds, any case, a few bytes before the status line, odd lengths.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

MAX_HEAD = 256 * 1024
CHUNK = 64 * 1024
_JUNK = 8  # bytes before the status line within which Chromium looks for it
_STATUS = re.compile(r"http/(\d)(?:\.(\d))?[ \t]*(?:(\d{3})(?!\d)[ \t]*(.*))?$", re.IGNORECASE)
_REQUEST = re.compile(r"[^ ]+ [^ ]+ HTTP/1\.[01]$")
_CHUNK_LENGTH = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n?$", re.DOTALL)
_MOST_CHUNK_LINE = 16 * 1024


class BadMessage(Exception):
    """What arrived is not HTTP/1.x; the message says how."""


@dataclass
class Head:
    """A start line and headers; `raw` is what was on the wire, blank line included.

    Only a status line that no other reader of records would know is put right in `raw`; `odd`
    then holds the line as it came.
    """

    start: str
    headers: list[tuple[str, str]]
    raw: bytes = field(repr=False)
    odd: str = ""

    def get(self, name: str, default: str = "") -> str:
        return next(iter(self.all(name)), default)

    def all(self, name: str) -> list[str]:
        """Every value of a header, line by line."""
        wanted = name.lower()
        return [value for known, value in self.headers if known.lower() == wanted]

    @property
    def method(self) -> str:
        return self.start.split(" ", 1)[0]

    @property
    def target(self) -> str:
        return self.start.split(" ", 2)[1]

    @property
    def status(self) -> int:
        return int(self.start.split(" ", 2)[1])

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks; HTTP/1.0 knows none, whatever its headers say."""
        if self.start.startswith("HTTP/1.0"):
            return False
        said = ",".join(self.all("transfer-encoding")).lower()
        return "chunked" in [word.strip() for word in said.split(",")]

    @property
    def length(self) -> int | None:
        """How many bytes the headers say the body has; None where they say nothing usable."""
        said = {v.strip() for line in self.all("content-length") for v in line.split(",")}
        found = {re.fullmatch(r"\+?([0-9]{1,18})", value) for value in said}
        numbers = {int(match[1]) if match else -1 for match in found}
        return numbers.pop() if len(numbers) == 1 and -1 not in numbers else None

    def without(self, *names: str) -> list[tuple[str, str]]:
        drop = {name.lower() for name in names}
        return [(n, v) for n, v in self.headers if n.lower() not in drop]


def encode(start: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


async def read_head(reader: asyncio.StreamReader, *, response: bool = False) -> Head | None:
    """The next message's head; None at a clean end. Raises `BadMessage`."""
    raw = bytearray()
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            if not (raw + error.partial).strip():
                return None
            # Half a first line is enough to see that it is no HTTP.
            if not raw and response:
                parse(bytes(error.partial), response=True)
            raise BadMessage("the headers were cut off") from None
        except asyncio.LimitOverrunError:
            raise BadMessage(f"the headers are longer than {MAX_HEAD} bytes") from None
        blank = not line.strip(b"\r\n")
        if blank and not raw:
            continue  # empty lines before a message
        raw += line
        if blank:
            return parse(bytes(raw), response=response)
        if len(raw) > MAX_HEAD:
            raise BadMessage(f"the headers are longer than {MAX_HEAD} bytes")


def parse(raw: bytes, *, response: bool) -> Head:
    """A head from its bytes, blank line included. Raises `BadMessage`."""
    first, *lines = re.split(r"\r*\n", raw.decode("latin-1").rstrip("\r\n"))
    start = _status_line(first) if response else first
    if not start or not (response or _REQUEST.match(start)):
        raise BadMessage(f"not an HTTP/1.x message: {first[:80]!r}")
    odd = ""
    if response and not first.startswith(("HTTP/1.0 ", "HTTP/1.1 ")):
        odd = first
        raw = start.encode("latin-1") + raw[len(first) :]
    headers: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if headers and line[:1] in (" ", "\t"):  # an obsolete folded line
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
        elif colon and name and name[:1] not in (" ", "\t"):
            headers.append((name.rstrip(" \t"), value.strip(" \t\r")))
    return Head(start, headers, raw, odd)


def _status_line(line: str) -> str:
    """The status line as RFC 9112 has it; empty where there is none."""
    at = line.lower().find("http/", 0, _JUNK + len("http/"))
    found = _STATUS.match(line[at:].rstrip()) if at >= 0 else None
    if found is None:
        return ""
    version = "HTTP/1.0" if (found[1], found[2] or "0") <= ("1", "0") else "HTTP/1.1"
    return f"{version} {found[3] or '200'} {found[4] or ''}".rstrip(" ") + ("" if found[4] else " ")


async def read_body(
    reader: asyncio.StreamReader, head: Head, *, request_method: str | None
) -> AsyncIterator[bytes]:
    """The body's bytes as they stand on the wire. Raises `BadMessage` when it is cut off.

    `request_method` is None for a request's own body.
    """
    response = request_method is not None
    if response and (request_method == "HEAD" or head.status < 200 or head.status in (204, 304)):
        return
    if head.chunked:
        async for piece in _chunked(reader):
            yield piece
        return
    left = head.length
    if left is not None:
        while left:
            piece = await reader.read(min(left, CHUNK))
            if not piece:
                raise BadMessage(f"the body was cut off {left} bytes before its end")
            left -= len(piece)
            yield piece
        return
    while response and (piece := await reader.read(CHUNK)):
        yield piece
    if said := ", ".join(head.all("content-length")):
        raise BadMessage(f"a content-length of {said[:40]!r}: read until the connection ended")


async def _chunked(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Chunks and what is around them; from where they are malformed on, whatever comes."""
    try:
        while True:
            line = await reader.readuntil(b"\n")
            yield line
            left = _chunk_length(line)
            if left == 0:
                break
            while left:
                piece = await reader.read(min(left, CHUNK))
                if not piece:
                    raise BadMessage("a chunked body was cut off")
                left -= len(piece)
                yield piece
            end = await reader.readuntil(b"\n")  # the line end after the chunk
            yield end
            if end.strip():
                raise ValueError("a chunk is longer than it says")
        while (line := await reader.readuntil(b"\n")).strip():
            yield line
        yield line
    except ValueError:
        while piece := await reader.read(CHUNK):
            yield piece
        raise BadMessage("a chunked body is malformed") from None
    except asyncio.IncompleteReadError as error:
        if error.partial:
            yield error.partial
        raise BadMessage("a chunked body was cut off") from None
    except asyncio.LimitOverrunError:
        raise BadMessage("a chunked body is malformed: a line without an end") from None


def _chunk_length(line: bytes) -> int:
    found = _CHUNK_LENGTH.match(line) if len(line) <= _MOST_CHUNK_LINE else None
    if found is None:
        raise ValueError("not a chunk's length")
    return int(found[1], 16)


def dechunk(data: bytes) -> bytes:
    """The content of a chunked body, as far as it goes."""
    out, position = bytearray(), 0
    while (end := data.find(b"\n", position)) >= 0:
        try:
            length = _chunk_length(data[position : end + 1])
        except ValueError:
            break
        if length == 0:
            break
        out += data[end + 1 : end + 1 + length]
        position = end + 1 + length
        position += 2 if data[position : position + 2] == b"\r\n" else 1
    return bytes(out)
