"""The media files of a capture, for hashing before the capture is sealed.

What a file is, its bytes say: a site labels it as it likes. In doubt it is taken for media.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from warcio.archiveiterator import ArchiveIterator

from lindung.evidence.capture import http1, words
from lindung.evidence.capture.capturing import Capture
from lindung.evidence.capture.charsets import text_of
from lindung.evidence.capture.codings import CannotUndo, undone
from lindung.evidence.capture.embedded import embedded
from lindung.evidence.capture.kinds import kind_of

_MOST = 128 << 20  # bytes of one file, unpacked
_DEEPEST = 4  # pages inside pages
_FONT_OR_CODE = (b"wOFF", b"wOF2", b"OTTO", b"\0\1\0\0", b"true", b"ttcf", b"\0asm")


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

    Text (SVG too), fonts and WebAssembly are left out; files written into a text are not, in
    whatever spelling (`embedded`).
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
    for number, record in enumerate(ArchiveIterator(file, no_record_parse=True)):
        if record.rec_type not in ("response", "resource"):
            continue
        url = record.rec_headers.get_header("WARC-Target-URI") or ""
        label = record.rec_headers.get_header("Lindung-Record") or ""
        body = record.raw_stream.read()
        if record.raw_stream.limit:
            raise ValueError("a record is cut short")
        kind = record.rec_headers.get_header("Content-Type") or ""
        if record.rec_type == "response":
            try:
                kind, body = _answer(body)
            except (http1.BadMessage, CannotUndo) as error:
                yield Payload(url, "", None, f"it cannot be read: {error}")
                continue
        if label == "rendering" and kind.startswith("image/"):
            continue  # our own picture of the page
        for place, content in enumerate(_files(body, kind, label)):
            digest = hashlib.sha256(content).digest()
            if not content or (place and digest in seen):
                continue
            seen.add(digest)
            path = into / f"{number}-{place}.media"
            path.write_bytes(content)
            yield Payload(f"{url} ({place} inside)" if place else url, kind, path)


def _answer(block: bytes) -> tuple[str, bytes]:
    """What an answer says that it is, and its body without codings."""
    end = re.search(rb"\r?\n\r?\n", block)
    at = end.end() if end else len(block)
    head = http1.parse(block[:at], response=True)
    body = http1.dechunk(block[at:]) if head.chunked else block[at:]
    return head.get("content-type"), undone(body, head.headers, _MOST)


def _files(body: bytes, kind: str, label: str) -> Iterator[bytes]:
    """`body` itself if it is no text (empty if it is), and the files that are written into it."""
    if body.startswith(_FONT_OR_CODE):
        return
    text = None if kind_of(body) else text_of(body, kind, words.doubt)
    if text is None or words.is_noise(text):
        yield body
        return
    yield b""
    if label == "websocket-frames":
        messages: list[dict[str, Any]] = json.loads(text)
        for message in messages:
            if "data" in message:
                yield from _files(base64.b64decode(message["data"]), "", "")
        text = "\n".join(str(message.get("text", "")) for message in messages)
    yield from _inside(text)


def _inside(text: str, depth: int = 0) -> Iterator[bytes]:
    """The files that are written into a text, and into texts in it."""
    for one in embedded(text):
        if not one.content or one.content.startswith(_FONT_OR_CODE):
            continue
        inner = None if kind_of(one.content) else text_of(one.content, "", words.doubt)
        if inner is None or words.is_noise(inner):
            yield one.content
        elif depth < _DEEPEST:
            yield from _inside(inner, depth + 1)
