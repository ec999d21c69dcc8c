"""What a capture may ask for and keep.

`no-media` is the default because in many countries possession is an offence without an
exemption for hotlines: pictures and videos are not requested where the request says what it is
for, and are dropped unread where only the response tells.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lindung.evidence.capture.http1 import Head


class Policy(StrEnum):
    """How much of a page is kept. `full` needs a recorded legal authority."""

    METADATA_ONLY = "metadata-only"
    NO_MEDIA = "no-media"
    FULL = "full"


class Isolation(StrEnum):
    """What must hold a browser before it may open a page.

    `sandboxed`: Chromium's own sandbox, by namespaces or by Debian's chromium-sandbox. `weaker`:
    the same where it can be had; elsewhere the browser has none, and each record says so.
    """

    SANDBOXED = "sandboxed"
    WEAKER = "weaker"


@dataclass(frozen=True)
class Limits:
    """Seconds, bytes and counts that no site can exceed."""

    start_seconds: float = 60.0  # for the browser to start, before the site's time begins
    total_seconds: float = 90.0
    step_seconds: float = 25.0
    connect_seconds: float = 10.0
    response_bytes: int = 64 << 20
    total_bytes: int = 192 << 20
    requests: int = 2000
    memory_bytes: int = 2 << 30
    screenshot_pixels: int = 16_000  # height of the full-page picture


_MOST_UNPACKED = 128 << 20
_MEDIA_DESTINATIONS = {"image", "video", "audio", "track", "object", "embed"}
_TEXT = re.compile(
    r"text/|application/(json|javascript|ecmascript|x-javascript|xml|xhtml|wasm|manifest"
    r"|[\w.-]+\+(json|xml)|x-www-form-urlencoded|x-ndjson)|image/svg\+xml|multipart/form-data",
    re.IGNORECASE,
)
_MAGIC = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....(WEBP|AVI |WAVE)|....ftyp|\x1aE\xdf\xa3|BM....\0\0\0\0"
    rb"|%PDF|PK\x03\x04|OggS|ID3|fLaC|\0\0\x01\xba|FLV\x01|II\*\0|MM\0\*|Rar!|7z\xbc\xaf",
    re.DOTALL,
)
_INLINE = re.compile(
    rb"(data:(?:image|video|audio)/[\w.+-]+(?:;[\w=.+-]+)*,)([\w+/%=.~!*:;,@&$#-]*)", re.IGNORECASE
)


def refuse_request(policy: Policy, head: Head) -> str | None:
    """Why this request is not sent, or None."""
    destination = head.get("sec-fetch-dest")
    accept = head.get("accept")
    if policy is Policy.FULL:
        return None
    if destination in _MEDIA_DESTINATIONS or accept.startswith(("image/", "video/", "audio/")):
        return f"policy {policy}: {destination or 'media'} is not requested"
    document = destination == "document" or accept.startswith("text/html")
    if policy is Policy.METADATA_ONLY and not document:
        return f"policy {policy}: only the page itself is requested"
    return None


def refuse_response(policy: Policy, head: Head, beginning: bytes) -> str | None:
    """Why this response is dropped unread, or None. `beginning` is the start of its body."""
    if policy is Policy.FULL or not beginning:
        return None
    kind = head.get("content-type").partition(";")[0].strip().lower()
    if kind and not _TEXT.match(kind):
        return f"policy {policy}: {kind} is not kept"
    if _MAGIC.match(beginning):
        return f"policy {policy}: the body is not the text it is labelled as"
    return None


def unpacked(body: bytes, head: Head) -> bytes | None:
    """The text of a body in whatever content coding; None if it cannot be read as text."""
    coding = head.get("content-encoding").strip().lower()
    if coding in ("gzip", "x-gzip", "deflate"):
        reader = zlib.decompressobj(zlib.MAX_WBITS + 32)
        try:
            body = reader.decompress(body, _MOST_UNPACKED)
        except zlib.error:
            return None
        if reader.unconsumed_tail or _MAGIC.match(body):
            return None
    elif coding not in ("", "identity"):
        return None
    return body


def remove_inline_media(body: bytes) -> tuple[bytes, Sequence[int]]:
    """Cut pictures, video and sound out of `data:` addresses; returns the lengths removed."""
    removed: list[int] = []

    def cut(match: re.Match[bytes]) -> bytes:
        removed.append(len(match[2]))
        return match[1]

    return _INLINE.sub(cut, body), removed
