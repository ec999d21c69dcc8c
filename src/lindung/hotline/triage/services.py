"""What the machine does with a report: open, canonicalise, capture, read, match, order.

Every step may run twice with the same outcome, because a killed worker's job runs again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db.models import Sum

from lindung import evidence, media
from lindung.hotline.casework import services as casework
from lindung.hotline.casework.services import Named
from lindung.hotline.config import keys, sealing
from lindung.hotline.config.scratch import scratch
from lindung.hotline.custody import services as custody
from lindung.hotline.intake import selectors as intake
from lindung.media import ListHit, ListStore, Sandbox
from lindung.text import NotUnderstood, Reader, canonicalise, open_lexicon, read_key

from .models import Match, Media, Signal

DIGEST = r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}"
OWN_LIST = "own"
ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}


@cache
def reader() -> Reader:
    """The reader with the default policy and the partners' sealed lists.

    A list is `$LINDUNG_HOME/lexicons/NAME.json`, and its key `NAME.key` beside it, which may name
    another place (`env:NAME`, `exec:COMMAND`).
    """
    folder: Path = settings.ENV.home / "lexicons"
    sealed = [
        open_lexicon(file, read_key(file.with_suffix(".key")))
        for file in sorted(folder.glob("*.json"))
    ]
    return Reader.load(lexicons=sealed)


@cache
def hash_lists() -> ListStore:
    return ListStore.open(settings.ENV.home / "lists")


def examine(report: UUID) -> None:
    """Turn one report into items of a case, with evidence, signals and matches."""
    opened = intake.opened([report])[0]
    region = settings.ENV["COUNTRY"]
    named = [_canonical(line, region) for line in opened.content.where]
    if not named:
        named = [_words_item(opened.content.words)]
    sighted = casework.sight(report, named, danger=opened.danger)
    case = sighted[0].case
    _read(case, opened.content.words, report=report)
    for found in sighted:
        if found.item.kind == "digest":
            match_digest(found.case, found.item.pk, found.item.value)
        elif found.item.url:
            look = partial(look_at_media, found.case, found.item.pk)
            record = custody.capture_and_seal(found.case, found.item.pk, found.item.url, look)
            _read(found.case, sealing.unseal(record.sealed_text), item=found.item.pk)
    for number in {found.case for found in sighted}:
        _count(number)


def _canonical(line: str, region: str) -> Named:
    """The item a line names. Lines that name none are words, and words stay sealed."""
    if digest := re.fullmatch(DIGEST, line.strip(), re.IGNORECASE):
        return Named("digest", digest.group().lower(), digest.group().lower())
    try:
        found = canonicalise(line, region=region)
    except NotUnderstood:
        return _words_item(line)
    if found.kind == "words":
        return _words_item(line)
    return Named(found.kind, found.value, found.display, found.url or "")


def _words_item(words: str) -> Named:
    """Words stay sealed: the item is known by a keyed hash of them."""
    key = hashlib.sha256(keys.read(settings.ENV.home, "report.key")).digest()
    text = " ".join(words.casefold().split())
    digest = hmac.digest(key, text.encode("utf-8", "replace"), "sha256")
    return Named("words", digest.hex(), "words")


def _read(case: str, text: str, *, item: UUID | None = None, report: UUID | None = None) -> None:
    reading = reader().read([text])[0]
    Signal.objects.bulk_create(
        [
            Signal(
                case_id=case,
                item_id=item,
                report_id=report,
                rule=signal.rule,
                version=str(signal.version),
                title=signal.title,
                weight=signal.weight,
                spans=[[span.start, span.end, span.label] for span in signal.spans],
            )
            for signal in reading.signals
        ],
        ignore_conflicts=True,
    )


def look_at_media(case: str, item: UUID, captured: evidence.Capture) -> None:
    """Hash every picture and video of a capture and match it, so that nobody needs to look."""
    with scratch(settings.ENV.home) as folder, Sandbox() as sandbox:
        for payload in evidence.media_payloads(captured, folder):
            found = media.examine(payload.path, hash_lists(), sandbox)
            payload.path.unlink()
            if found.digests is None:
                continue
            Media.objects.get_or_create(
                case_id=case,
                item_id=item,
                sha256=found.digests.sha256,
                defaults={
                    "sha1": found.digests.sha1,
                    "md5": found.digests.md5,
                    "kind": found.kind,
                    "pdq": found.pdq or "",
                    "quality": found.quality,
                    "error": found.error[:300],
                },
            )
            _keep_hits(case, item, found.hits, digest=found.digests.sha256)


def match_digest(case: str, item: UUID, digest: str) -> None:
    """Look a reported file digest (MD5, SHA-1 or SHA-256 in hex) up in the imported lists."""
    hits = hash_lists().match_digests(**{ALGORITHMS[len(digest)]: digest})
    _keep_hits(case, item, hits, digest=digest)


def _keep_hits(case: str, item: UUID, hits: Sequence[ListHit], *, digest: str) -> None:
    Match.objects.bulk_create(
        [
            Match(
                case_id=case,
                item_id=item,
                list_name=hit.list_name,
                entry=hit.entry_id,
                category=hit.category,
                algorithm=hit.kind,
                digest=digest,
                distance=hit.distance,
                transform=hit.transform[:80],
            )
            for hit in hits
        ],
        ignore_conflicts=True,
    )


def _count(case: str) -> None:
    """Bring the case's score and its count of known media up to date."""
    total = Signal.objects.filter(case_id=case).aggregate(total=Sum("weight"))["total"]
    casework.score(case, total)
    files = set(Media.objects.filter(case_id=case).values_list("sha256", flat=True))
    known = set(Match.objects.filter(case_id=case).values_list("digest", flat=True))
    casework.media_seen(case, total=len(files), known=len(files & known))


def learn(case: str) -> int:
    """Put the media of a case that two people found illegal on the hotline's own list.

    A picture goes on it by its digests and its PDQ hash, a video by its digests. Partners get
    the list by `lindung lists export`.
    """
    count = 0
    for file in Media.objects.filter(case_id=case):
        media.confirm(hash_lists(), OWN_LIST, _as_examined(file), category="confirmed")
        count += 1
    return count


def _as_examined(file: Media) -> media.Examination:
    frames = []
    if file.kind == "picture" and file.pdq:
        code = np.frombuffer(bytes.fromhex(file.pdq), np.uint8)
        frames = [media.Frame(0.0, np.tile(code, (8, 1)), file.quality or 0)]
    return media.Examination(
        path=file.sha256,
        digests=media.Digests(md5=file.md5, sha1=file.sha1, sha256=file.sha256, size=0),
        kind=file.kind if frames else "",
        quality=file.quality,
        frames=frames,
    )
