"""The media files of a capture: hashed before the seal, matched now and whenever somebody asks.

A list changes: what was known may be disputed or withdrawn. So "known" is never stored with a
file; what the file looks like is, in hashes, and the lists are asked again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from django.conf import settings

from lindung import evidence, media
from lindung.hotline.config.scratch import scratch
from lindung.media import Examination, Frame, ListHit, ListStore, Question, Sandbox
from lindung.runtime import storable

from .models import Media

log = logging.getLogger(__name__)

DIGESTS = ("md5", "sha1", "sha256")
LENGTHS = {32: "md5", 40: "sha1", 64: "sha256"}
ATTEMPTS = 2
Crop = tuple[str, np.ndarray, int]
CROP = -1000.0  # the second under which crops are kept
STORED = np.dtype([("second", "<f8"), ("quality", "<i4"), ("codes", "u1", (8, 32))])
NOT_ILLEGAL = re.compile(r"\b(not|non)[ _-]?(illegal|csam|csem|malicious)\b|\bbenign\b", re.I)


@cache
def hash_lists() -> ListStore:
    return ListStore.open(settings.ENV.home / "lists")


def look(captured: evidence.Capture) -> tuple[list[Media], str]:
    """Hash every file of a capture that may be a picture or a video, and say what went wrong.

    Never raises, so that nothing keeps the capture from being sealed. The files are not saved.
    """
    for _attempt in range(ATTEMPTS):
        found: list[Media] = []
        try:
            found.extend(_files(captured))
            return found, ""
        except Exception as error:  # its words may tell of the page, so the log gets its name only
            log.error("The media of a capture was not examined: %s", type(error).__name__)
            problem = storable(str(error) or type(error).__name__, 300)
    return found, problem


def _files(captured: evidence.Capture) -> Iterator[Media]:
    with scratch(settings.ENV.home) as folder, Sandbox() as sandbox:
        for payload in evidence.media_payloads(captured, folder):
            where = storable(payload.url, 500)
            if payload.path is None:
                yield Media(where=where, error=storable(payload.problem, 300))
                continue
            # Exact and in every form: the file is sealed by the time that a list changes.
            found = media.hash_file(payload.path, sandbox, full=True, further=True)
            payload.path.unlink(missing_ok=True)
            sums = found.digests
            yield Media(
                where=where,
                sha256=sums.sha256 if sums else "",
                sha1=sums.sha1 if sums else "",
                md5=sums.md5 if sums else "",
                size=sums.size if sums else None,
                kind=found.kind,
                pdq=found.pdq or "",
                quality=found.quality,
                frames=_packed(found.frames, found.questions, found.crops),
                note=storable(found.note, 300),
                error=storable(found.error, 300),
            )


def _packed(
    frames: list[Frame], questions: Sequence[Question] = (), crops: Sequence[Crop] = ()
) -> bytes:
    """The frames; then the further questions and the crops, under seconds that no frame has."""
    rows = [(frame.second, frame.quality, frame.codes) for frame in frames]
    rows += [(-1.0 - media.DONE.index(q.done), q.quality, q.codes) for q in questions]
    rows += [(CROP, quality, np.tile(code, (8, 1))) for _, code, quality in crops]
    return np.array(rows, STORED).tobytes()


def frames_of(file: Media) -> list[Frame]:
    rows = np.frombuffer(bytes(file.frames), STORED)
    shown = [r for r in rows if r["second"] >= 0]
    return [Frame(float(r["second"]), r["codes"], int(r["quality"])) for r in shown]


def hits_of_digest(digest: str) -> list[ListHit]:
    """What the lists say now of a digest (MD5, SHA-1 or SHA-256 in hex). Raises StoreError."""
    return hash_lists().match_digests(**{LENGTHS[len(digest)]: digest})


def hits_of(file: Media, *, by_looks: bool = True) -> list[ListHit]:
    """What the lists say of a file now; each entry once, digests first. Raises StoreError."""
    if not file.sha256:
        return []
    return media.match(_examined(file, frames_of(file) if by_looks else []), hash_lists())


def makes_known(hit: ListHit, file: Media) -> bool:
    """Whether this hit says that the whole file is known material.

    One frame of something that moves says nothing of the rest, nor does a still that could not
    be read to its end; a disputed entry, and one that says "not illegal", say nothing at all.
    """
    if is_doubted(hit):
        return False
    still = file.kind == "picture" and len(frames_of(file)) == 1 and not file.note
    return hit.kind in DIGESTS or hit.kind == "clip" or (hit.kind == "pdq" and still and hit.whole)


def is_doubted(hit: ListHit) -> bool:
    return hit.disputed or bool(NOT_ILLEGAL.search(hit.category))


def as_examined(file: Media) -> Examination:
    """The file as `media.confirm` wants it: a picture by its looks, a video as a clip.

    Something that moves and is no video is known by its digests alone.
    """
    frames = frames_of(file)
    if file.kind != "video" and len(frames) != 1:
        frames = []
    return _examined(file, frames)


def _examined(file: Media, frames: list[Frame]) -> Examination:
    rows = np.frombuffer(bytes(file.frames) if frames else b"", STORED)
    asked = [r for r in rows if CROP < r["second"] < 0]
    cut = [r for r in rows if r["second"] == CROP]
    return Examination(
        questions=[
            Question(media.DONE[-1 - int(r["second"])], r["codes"], int(r["quality"]))
            for r in asked
        ],
        crops=[("", r["codes"][0], int(r["quality"])) for r in cut],
        path=file.sha256,
        digests=media.Digests(file.md5, file.sha1, file.sha256, file.size or 0),
        kind=file.kind if frames else "",
        quality=file.quality,
        frames=frames,
    )
