"""One file, looked at by the machine so that nobody needs to: digests, hashes, what they match."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lindung.media import pdq
from lindung.media.digests import Digests, digests
from lindung.media.index.plan import MAX_RADIUS
from lindung.media.lists.brief import is_one_picture
from lindung.media.lists.matching import ListHit
from lindung.media.lists.reading import Row
from lindung.media.lists.store import ListStore
from lindung.media.questions.question import PARTIAL, Question
from lindung.media.sandbox import Sandbox, SandboxError
from lindung.media.video import SECONDS, Frame, VideoError, read_video

MARGIN, GRADES = 6, 2  # of distance and of quality, within which a reduced decode does not decide


@dataclass(frozen=True, slots=True)
class Matching:
    """How near a picture must be (bits, 0 to 35), and how much a hash must say (0 to 100)."""

    radius: int = pdq.RADIUS
    min_quality: int = pdq.MIN_QUALITY


@dataclass(slots=True)
class Examination:
    """What is known of a file without anybody opening it.

    `digests` is None only when the file cannot be read at all. `pdq` (hex) and `quality` are of the
    picture, or of a video's best frame. `frames` are an animation's or a video's; `questions` the
    further pictures that a still one is asked as, `crops` what an own list also knows it by (what
    was cut off, uint8[32], quality), where they were asked for. `error` says in
    words why a picture or video was not hashed, `note` what should be known besides.
    """

    path: str
    digests: Digests | None = None
    kind: str = ""  # picture, video, or nothing
    width: int | None = None
    height: int | None = None
    pdq: str | None = None
    quality: int | None = None
    frames: list[Frame] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    crops: list[tuple[str, NDArray[np.uint8], int]] = field(default_factory=list)
    hits: list[ListHit] = field(default_factory=list)
    reduced: bool = False  # hashed from less than all of a JPEG
    note: str = ""
    error: str = ""


def hash_file(
    path: str | PathLike[str], sandbox: Sandbox, *, full: bool = False, further: bool = False
) -> Examination:
    """Digests and perceptual hashes of a file. Never raises for what the file holds.

    With `further` also what it is asked as besides, and its crops: for who will not have the file.
    """
    found = Examination(str(path))
    try:
        found.digests = digests(path)
        _hash_media(found, Path(path), sandbox, full)
        if further:
            _ask_further(found, sandbox, crops=True)
    except OSError as error:
        found.error = f"cannot be read: {error.strerror or error}"
    return found


def examine(
    path: str | PathLike[str],
    store: ListStore,
    sandbox: Sandbox | None = None,
    matching: Matching | None = None,
) -> Examination:
    """Hash a file and match it with every list. Give a Sandbox when there are many files.

    Never raises for what the file holds. Raises StoreError when the lists cannot be read.
    """
    if sandbox is None:
        with Sandbox() as own:
            return examine(path, store, own, matching)
    matching = matching or Matching()
    found = hash_file(path, sandbox, full=matching.radius > pdq.RADIUS)
    _match(found, store, matching)
    if found.reduced and _is_close(found, matching):
        found = hash_file(path, sandbox, full=True)
        _match(found, store, matching)
    found.hits = [hit for hit in found.hits if hit.distance <= matching.radius]
    if not found.hits:
        _ask_further(found, sandbox)
        found.hits = _further_hits(found, store, matching)
    return found


def _ask_further(found: Examination, sandbox: Sandbox, *, crops: bool = False) -> None:
    """Fill in the further questions of a still picture. A failure leaves the plain answer."""
    if found.kind != "picture" or len(found.frames) != 1 or found.error:
        return
    try:
        answer = sandbox.ask_further(Path(found.path), crops=crops)
    except SandboxError as error:
        found.note = "; ".join(filter(None, [found.note, f"not asked in other forms: {error}"]))
        return
    found.questions = [
        Question(done, np.frombuffer(bytes.fromhex(codes), np.uint8).reshape(8, 32), quality)
        for done, codes, quality in answer["questions"]
    ]
    found.crops = [
        (done, np.frombuffer(bytes.fromhex(code), np.uint8), quality)
        for done, code, quality in answer["crops"]
    ]


def _further_hits(found: Examination, store: ListStore, matching: Matching) -> list[ListHit]:
    """The hits of the first further question that has any; each says what was done."""
    if found.digests is None or store.is_negative(found.digests):
        return []
    for asked in found.questions:
        if asked.quality < matching.min_quality:
            continue
        words = [", ".join(filter(None, [asked.done, turn])) for turn in pdq.FOUND_AS]
        radius = min(matching.radius, pdq.RADIUS)  # a looser one is for the plain question only
        if hits := store.match_pdq(
            asked.codes, quality=asked.quality, transforms=words, radius=radius
        ):
            whole = asked.done not in PARTIAL
            return [replace(hit, whole=whole) for hit in hits]
    return []


def _is_close(found: Examination, matching: Matching) -> bool:
    """Whether a hit, or being matched at all, could hang on what a reduced decode leaves out."""
    near = [abs(hit.distance - matching.radius) for hit in found.hits if hit.kind == "pdq"]
    grade = abs((found.quality or 0) - matching.min_quality)
    return min(near, default=MARGIN + 1) <= MARGIN or grade <= GRADES


def _hash_media(found: Examination, path: Path, sandbox: Sandbox, full: bool) -> None:
    if found.digests is None or not found.digests.size:
        found.error = "the file is empty"
        return
    try:
        answer = sandbox.ask(path, full)
    except SandboxError as error:
        try:
            video = read_video(path, SECONDS if error.unknown else sandbox.limits.seconds)
        except VideoError as worse:
            found.error = f"{error}; {worse}"
            return
        found.kind = "video" if len(video.frames) > 1 else "picture"
        found.width, found.height, found.note = video.width, video.height, video.note
        found.frames = video.frames
    else:
        found.kind = "picture"
        found.width, found.height, found.note = answer["width"], answer["height"], answer["note"]
        found.reduced = answer["reduced"]
        found.frames = [_frame(number, *hashed) for number, hashed in answer["frames"].items()]
    best = max(found.frames, key=lambda frame: frame.quality)
    if found.kind == "picture":
        best = found.frames[0]
    found.pdq, found.quality = bytes(best.codes[0]).hex(), best.quality


def _frame(number: str, codes: str, quality: int) -> Frame:
    return Frame(
        float(number), np.frombuffer(bytes.fromhex(codes), np.uint8).reshape(8, 32), quality
    )


def _match(found: Examination, store: ListStore, matching: Matching) -> None:
    """Fill in the hits within the widest radius that may decide."""
    found.hits = _hits(found, store, matching, min(matching.radius + MARGIN, MAX_RADIUS))
    if found.frames and not any(f.quality >= matching.min_quality for f in found.frames):
        words = f"too plain to be matched by its looks (quality under {matching.min_quality})"
        found.note = "; ".join(filter(None, [found.note, words]))


def match(found: Examination, store: ListStore, matching: Matching | None = None) -> list[ListHit]:
    """What the lists say now of a file that was hashed in full: digests first, each entry once.

    Raises StoreError when the lists cannot be read.
    """
    matching = matching or Matching()
    hits = _hits(found, store, matching, matching.radius)
    return hits or _further_hits(found, store, matching)


def _hits(found: Examination, store: ListStore, matching: Matching, radius: int) -> list[ListHit]:
    if found.digests is None or store.is_negative(found.digests):
        return []
    sums = found.digests
    hits = store.match_digests(md5=sums.md5, sha1=sums.sha1, sha256=sums.sha256)
    usable = [frame for frame in found.frames if frame.quality >= matching.min_quality]
    if found.kind == "video":
        seen = store.match_video(usable, radius=matching.radius, late=_said_late(found, usable))
    else:
        seen = _match_pictures(usable, store, radius)
    known = {(hit.list_name, hit.entry_id) for hit in hits}
    return hits + [hit for hit in seen if (hit.list_name, hit.entry_id) not in known]


def _said_late(found: Examination, usable: Sequence[Frame]) -> Callable[[int], None]:
    def late(looked: int) -> None:
        words = f"matched by {looked} of its {len(usable)} frames: no time for more"
        if words not in found.note:
            found.note = "; ".join(filter(None, [found.note, words]))

    return late


def _match_pictures(frames: list[Frame], store: ListStore, radius: int) -> list[ListHit]:
    """The hits of a picture or of an animation's frames, each entry once, the nearest first."""
    nearest: dict[tuple[str, str], ListHit] = {}
    for frame in frames:
        place = f"frame {frame.second:.0f}" if frame.second else ""
        words = [", ".join(filter(None, [turn, place])) for turn in pdq.FOUND_AS]
        for hit in store.match_pdq(
            frame.codes, quality=frame.quality, transforms=words, radius=radius
        ):
            key = (hit.list_name, hit.entry_id)
            if key not in nearest or hit.distance < nearest[key].distance:
                nearest[key] = hit
    return sorted(nearest.values(), key=lambda hit: hit.distance)


def confirm(
    store: ListStore,
    list_name: str,
    found: Examination,
    *,
    entry_id: str = "",
    category: str = "",
    tier: str = "",
) -> str:
    """Put an examined file on the hotline's own list and return its entry id.

    Without `entry_id` it is the file's SHA-256. What the entry carried before it keeps. What is too
    plain to be matched by its looks goes on the list by its digests only, and so does a video of
    which all but one picture is. A file that was hashed from part of it is read again, in full.
    Raises ValueError for a file that could not be read, or that is another one by now.
    """
    if found.digests is None:
        raise ValueError(f"{found.path} could not be read, so there is nothing to list.")
    sums = found.digests
    found = _exact(found)
    values = {kind: bytes.fromhex(getattr(sums, kind)) for kind in ("md5", "sha1", "sha256")}
    usable = [frame for frame in found.frames if frame.quality >= pdq.MIN_QUALITY]
    clip: tuple[tuple[float, bytes], ...] = ()
    if found.kind == "video" and not _is_title(usable, found.frames):
        clip = tuple((round(frame.second, 3), bytes(frame.codes[0])) for frame in usable)
    elif usable and found.kind != "video":
        values["pdq"] = bytes(usable[0].codes[0])
    entry_id = entry_id or sums.sha256
    crops = [(code, quality) for _, code, quality in found.crops if quality >= pdq.MIN_QUALITY]
    cut = tuple((bytes(code), quality) for code, quality in crops if "pdq" in values)
    row = Row(entry_id, category, tier, "", "", values, found.quality, False, clip, (), cut)
    store.import_rows([row], list_name, keep=True)
    return entry_id


def _exact(found: Examination) -> Examination:
    """The same from all of the file: what a list says is the reference's to the bit."""
    if not found.reduced:
        return found
    with Sandbox() as sandbox:
        exact = hash_file(found.path, sandbox, full=True)
    if exact.digests != found.digests:
        raise ValueError(f"{found.path} is not the file any more that was examined.")
    return exact


def withdraw(store: ListStore, list_name: str, entry_ids: Iterable[str]) -> int:
    """Take entries off the hotline's own list; return how many were on it.

    The next export names them as withdrawn. Confirming one again puts it back.
    """
    rows = [Row(entry_id, "", "", "", "", {}, None, True) for entry_id in entry_ids]
    return store.import_rows(rows, list_name).withdrawn


def _is_title(usable: list[Frame], frames: list[Frame]) -> bool:
    """Whether the usable frames are one picture, and most of the video is something else."""
    codes = np.array([frame.codes[0] for frame in usable], np.uint8).reshape(-1, 32)
    return 2 * len(usable) < len(frames) and is_one_picture(codes)


def record(found: Examination) -> Mapping[str, Any]:
    """An examination as the commands print it: one flat JSON object."""
    sums = found.digests
    return {
        "path": found.path,
        "sha256": sums and sums.sha256,
        "sha1": sums and sums.sha1,
        "md5": sums and sums.md5,
        "pdq": found.pdq,
        "pdq_quality": found.quality,
        "width": found.width,
        "height": found.height,
        "error": found.error,
        "note": found.note,
    }
