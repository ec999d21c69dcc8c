"""The pictures and videos inside a capture, for hashing before the capture is sealed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from lindung.evidence.capturing import Capture

_MEDIA = ("image/", "video/")


@dataclass(frozen=True)
class Payload:
    """One media file of a capture, decoded from its HTTP response into `path`."""

    url: str
    content_type: str
    path: Path


def media_payloads(capture: Capture, into: Path) -> Iterator[Payload]:
    """Write each picture and video that the capture kept into `into`, one after another.

    SVG is text and not a picture to be matched. What is damaged is left out: the archive
    itself is still sealed whole.
    """
    into.mkdir(parents=True, exist_ok=True)
    for archive in (path for path in capture.files if path.name.endswith(".warc.gz")):
        with archive.open("rb") as file, suppress(ArchiveLoadFailed):
            for number, record in enumerate(ArchiveIterator(file)):
                if record.rec_type != "response" or record.http_headers is None:
                    continue
                kind = (record.http_headers.get_header("Content-Type") or "").lower()
                if not kind.startswith(_MEDIA) or kind.startswith("image/svg"):
                    continue
                path = into / f"{number}.media"
                with path.open("wb") as out:
                    shutil.copyfileobj(record.content_stream(), out)
                if not path.stat().st_size:  # only its headers were kept
                    continue
                yield Payload(record.rec_headers.get_header("WARC-Target-URI"), kind, path)
