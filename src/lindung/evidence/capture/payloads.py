"""The media files of a capture, for hashing before the capture is sealed.

What a file is, its bytes say: a site labels it as it likes. In doubt it is taken for media.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from warcio.archiveiterator import ArchiveIterator

from lindung.evidence.capture import http1
from lindung.evidence.capture.capturing import Capture

_MOST = 128 << 20  # bytes of one file, unpacked
_HEAD = 64 << 10  # of a file: where bytes that no text has would show
_NO_TEXT = bytes(set(range(32)) - set(b"\t\n\v\f\r\b\x1b")) + b"\x7f"
_FONT_OR_CODE = (b"wOFF", b"wOF2", b"OTTO", b"\0\1\0\0", b"true", b"ttcf", b"\0asm")
_INLINE = re.compile(
    rb"data:[\w.+-]+/[\w.+-]+((?:;[\w=.+-]+)*),([\w+/%=.~!*:;,@&$#\\-]+)", re.IGNORECASE
)


@dataclass(frozen=True)
class Payload:
    """A file of a capture that is, or may be, a picture or a video, decoded into `path`.

    `path` is None for what could not be read; `problem` says why. `content_type` is the site's
    claim.
    """

    url: str
    content_type: str
    path: Path | None
    problem: str = ""


def media_payloads(capture: Capture, into: Path) -> Iterator[Payload]:
    """Write each file that may be a picture or a video into `into`, one after another.

    Text (SVG too), fonts and WebAssembly are left out; `data:` addresses inside a text are not.
    Damage ends the reading of an archive and is told by a payload without a path.
    """
    into.mkdir(parents=True, exist_ok=True)
    for archive in (path for path in capture.files if path.name.endswith(".warc.gz")):
        try:
            with archive.open("rb") as file:
                yield from _of_archive(file, into)
        except Exception as error:  # warcio raises whatever it stumbles over
            words = str(error) or type(error).__name__
            yield Payload(archive.name, "", None, f"the archive is damaged from here on: {words}")


def _of_archive(file: IO[bytes], into: Path) -> Iterator[Payload]:
    seen: set[bytes] = set()  # pictures inside texts come again and again
    for number, record in enumerate(ArchiveIterator(file)):
        if record.rec_type not in ("response", "resource"):
            continue
        url = record.rec_headers.get_header("WARC-Target-URI") or ""
        label = record.rec_headers.get_header("Lindung-Record") or ""
        body = record.raw_stream.read()
        if record.raw_stream.limit:
            raise ValueError("a record is cut short")
        if record.rec_type == "resource":
            kind = record.rec_headers.get_header("Content-Type") or ""
        elif record.http_headers is None:
            yield Payload(url, "", None, "the answer is not HTTP")
            continue
        else:
            kind = record.http_headers.get_header("Content-Type") or ""
            try:
                body = _decoded(body, record.http_headers.headers)
            except (ValueError, zlib.error) as error:
                yield Payload(url, kind, None, f"its coding cannot be undone: {error}")
                continue
        if label == "rendering" and not _is_text(body):
            continue  # our own picture of the page
        found = [body, *_inside(body, label)] if _is_text(body) else [body]
        for place, content in enumerate(found):
            if place and (digest := hashlib.sha256(content).digest()) in seen:
                continue
            if place:
                seen.add(digest)
            if content and not _is_text(content) and not content.startswith(_FONT_OR_CODE):
                path = into / f"{number}-{place}.media"
                path.write_bytes(content)
                yield Payload(f"{url} ({place} inside)" if place else url, kind, path)


def _is_text(content: bytes) -> bool:
    head = content[:_HEAD]
    # A GIF is the one picture whose first bytes can all be letters.
    return not head.startswith(b"GIF8") and len(head) == len(head.translate(None, _NO_TEXT))


def _decoded(body: bytes, headers: list[tuple[str, str]]) -> bytes:
    """A body without its transfer and content codings. Raises ValueError, zlib.error."""

    def said(name: str) -> list[str]:
        lines = (value for key, value in headers if key.lower() == name)
        return [word.strip().lower() for line in lines for word in line.split(",") if word.strip()]

    if "chunked" in said("transfer-encoding"):
        body = http1.dechunk(body)
    for coding in reversed(said("content-encoding")) if body else ():
        if coding in ("gzip", "x-gzip", "deflate"):
            body = _inflated(body)
        elif coding != "identity":
            raise ValueError(coding)
    return body


def _inflated(body: bytes) -> bytes:
    try:
        reader = zlib.decompressobj(zlib.MAX_WBITS | 32)
        content = reader.decompress(body, _MOST)
    except zlib.error:  # some servers leave out the header of zlib
        reader = zlib.decompressobj(-zlib.MAX_WBITS)
        content = reader.decompress(body, _MOST)
    if reader.unconsumed_tail:
        raise ValueError(f"it unpacks to more than {_MOST >> 20} MiB")
    return content


def _inside(text: bytes, label: str) -> Iterator[bytes]:
    """The files in a text: in its `data:` addresses, and what a WebSocket carried."""
    for parameters, data in _INLINE.findall(text):
        content = unquote_to_bytes(data.replace(b"\\", b""))
        if b";base64" in parameters.lower():
            content = _from_base64(content)
        yield content
    if label == "websocket-frames":
        messages: list[dict[str, Any]] = json.loads(text)
        yield from (_from_base64(m["data"].encode()) for m in messages if "data" in m)


def _from_base64(data: bytes) -> bytes:
    try:
        return base64.b64decode(data.rstrip(b"=") + b"==")
    except binascii.Error:
        return b"\0" + data  # one character short: no text, so it is told as unreadable
