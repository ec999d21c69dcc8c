"""What the machine does with a report: open, canonicalise, capture, read, match, order.

Every step may run twice with the same outcome, because a killed worker's job runs again.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db.models import Sum

from lindung.hotline.casework import services as casework
from lindung.hotline.casework.services import Named
from lindung.hotline.config import keys, sealing
from lindung.hotline.custody import services as custody
from lindung.hotline.intake import selectors as intake
from lindung.media import ListStore
from lindung.text import NotUnderstood, Reader, canonicalise

from .models import Match, Signal

DIGEST = r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}"
ALGORITHMS = {32: "md5", 40: "sha1", 64: "sha256"}


@cache
def reader() -> Reader:
    return Reader.load()


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
            value = found.item.value
            match_digests(found.case, found.item.pk, **{ALGORITHMS[len(value)]: value})
        elif found.item.url:
            record = custody.capture_and_seal(found.case, found.item.pk, found.item.url)
            _read(found.case, sealing.unseal(record.sealed_text), item=found.item.pk)
    for number in {found.case for found in sighted}:
        total = Signal.objects.filter(case_id=number).aggregate(total=Sum("weight"))["total"]
        casework.score(number, total)


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


def match_digests(case: str, item: UUID, **digests: str) -> int:
    """Look the digests (md5, sha1, sha256) of one file up in the imported lists; keep the hits."""
    hits = hash_lists().match_digests(**digests)
    Match.objects.bulk_create(
        [
            Match(
                case_id=case,
                item_id=item,
                list_name=hit.list_name,
                entry=hit.entry_id,
                category=hit.category,
                algorithm=hit.kind,
                digest=digests[hit.kind],
                distance=hit.distance,
            )
            for hit in hits
        ],
        ignore_conflicts=True,
    )
    return len(hits)
