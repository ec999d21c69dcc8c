"""What a capture may ask for and keep.

`no-media` is the default because in many countries possession is an offence without an
exemption for hotlines: pictures and videos are not requested where the request says what it is
for, are dropped unread where the response tells, and only what is proven to be text is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from lindung.evidence.capture.http1 import Head
from lindung.evidence.capture.kinds import kind_of


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
    screenshot_pixels: int = 16_000  # height of one picture; Chromium draws no higher
    screenshots: int = 8  # pictures, one below the other


_MEDIA_DESTINATIONS = {"image", "video", "audio", "track", "object", "embed", "font"}
_TEXT = re.compile(
    r"text/|application/(json|javascript|ecmascript|x-javascript|xml|xhtml|wasm|manifest"
    r"|[\w.-]+\+(json|xml)|x-www-form-urlencoded|x-ndjson)|image/svg\+xml|multipart/form-data",
    re.IGNORECASE,
)


def refuse_request(policy: Policy, head: Head) -> str | None:
    """Why this request is not sent, or None."""
    destination = head.get("sec-fetch-dest")
    accept = head.get("accept")
    if policy is Policy.FULL:
        return None
    of_media = accept.startswith(("image/", "video/", "audio/", "font/"))
    if destination in _MEDIA_DESTINATIONS or of_media:
        return f"policy {policy}: {destination or 'media'} is not requested"
    document = destination == "document" or accept.startswith("text/html")
    if policy is Policy.METADATA_ONLY and not document:
        return f"policy {policy}: only the page itself is requested"
    return None


def refuse_response(policy: Policy, head: Head, beginning: bytes) -> str | None:
    """Why this response is dropped unread, or None. `beginning` is the start of its body.

    What goes on to the browser is not yet kept: that is decided of the whole body (`redaction`).
    """
    if policy is Policy.FULL or not beginning:
        return None
    kind = head.get("content-type").partition(";")[0].strip().lower()
    if kind and not _TEXT.match(kind):
        return f"policy {policy}: {kind} is not kept"
    if kind_of(beginning) and not head.get("content-encoding"):
        return f"policy {policy}: the body is not the text it is labelled as"
    return None
