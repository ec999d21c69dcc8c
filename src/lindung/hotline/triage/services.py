"""What the machine does with a report: open, canonicalise, capture, read, match, order.

Every step may run twice with the same outcome, because a killed worker's job runs again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from lindung import media
from lindung.hotline.casework import selectors as cases
from lindung.hotline.casework import services as casework
from lindung.hotline.casework.services import Named
from lindung.hotline.config import keys, sealing
from lindung.hotline.custody import selectors as log_of
from lindung.hotline.custody import services as custody
from lindung.hotline.custody.services import Evidence, Try
from lindung.hotline.intake import selectors as intake
from lindung.media import OWN_LIST, ListHit, StoreError
from lindung.runtime import storable
from lindung.text import NotUnderstood, canonicalise

from . import captures, files, selectors
from .models import Match, Media, Signal
from .terms import reader

log = logging.getLogger(__name__)

OWN_LIST_LOCK = 4823705527304
DIGEST = r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}"


def examine(report: UUID) -> None:
    """Turn one report into items of a case, with evidence, signals and matches.

    Evidence comes first: whatever fails after it, what was there is sealed.
    """
    opened = intake.opened([report])[0]
    region = settings.ENV["COUNTRY"]
    named = [_canonical(line, region, report) for line in opened.content.where]
    if not named:
        named = [_words_item(opened.content.words, report)]
    sighted = casework.sight(report, named, danger=opened.danger)
    captured = [
        captures.capture(found.case, found.item.pk, found.item.url)
        for found in sighted
        if found.item.url
    ]
    _read(sighted[0].case, opened.content.words, report=report)
    for record in captured:
        _read(record.case_id, sealing.unseal(record.sealed_text), evidence=record)
    for number in {found.case for found in sighted}:
        count(number)
    for found in sighted:
        if found.item.kind == "digest":
            match_digest(found.case, found.item.pk, found.item.value)


def _canonical(line: str, region: str, report: UUID) -> Named:
    """The item a line names. Lines that name none are words, and words stay sealed."""
    if digest := re.fullmatch(DIGEST, line.strip(), re.IGNORECASE):
        return Named("digest", digest.group().lower(), digest.group().lower())
    try:
        found = canonicalise(line, region=region)
    except NotUnderstood:
        return _words_item(line, report)
    if found.kind == "words":
        return _words_item(line, report)
    return Named(found.kind, found.value, found.display, found.url or "")


def _words_item(words: str, report: UUID) -> Named:
    """Words stay sealed: the item is known by a keyed hash of them and of their report.

    Two children may write the same words, so words never lead one report to another.
    """
    key = hashlib.sha256(keys.read(settings.ENV.home, "report.key")).digest()
    text = f"{report} {' '.join(words.casefold().split())}"
    digest = hmac.digest(key, text.encode("utf-8", "replace"), "sha256")
    return Named("words", digest.hex(), "words")


def _read(
    case: str, text: str, *, evidence: Evidence | None = None, report: UUID | None = None
) -> None:
    reading = reader().read([text])[0]
    Signal.objects.bulk_create(
        [
            Signal(
                case_id=case,
                item_id=evidence.item_id if evidence else None,
                evidence=evidence,
                report_id=report,
                rule=storable(signal.rule, 80),
                version=storable(str(signal.version), 40),
                title=storable(signal.title, 200),
                weight=signal.weight,
                spans=[[span.start, span.end, span.label] for span in signal.spans],
            )
            for signal in reading.signals
        ],
        ignore_conflicts=True,
    )


def capture_again(case: str, item: UUID, which: Try) -> None:
    """Make one more capture of an item and read it, if it is still wanted.

    What it holds is new to whoever decides, so the claim that all is known is made anew.
    """
    if record := captures.capture_again(case, item, which):
        _read(case, sealing.unseal(record.sealed_text), evidence=record)
        count(case)


def match_digest(case: str, item: UUID, digest: str) -> None:
    """Look a reported file digest (MD5, SHA-1 or SHA-256 in hex) up in the imported lists."""
    _keep_hits(case, item, files.hits_of_digest(digest), digest=digest)


def _keep_hits(case: str, item: UUID, hits: Sequence[ListHit], *, digest: str) -> None:
    Match.objects.bulk_create(
        [
            Match(
                case_id=case,
                item_id=item,
                list_name=storable(hit.list_name, 120),
                entry=storable(hit.entry_id, 200),
                category=storable(hit.category, 200),
                algorithm=hit.kind,
                digest=digest,
                distance=hit.distance,
                transform=storable(hit.transform, 200),
                disputed=hit.disputed,
            )
            for hit in hits
        ],
        ignore_conflicts=True,
    )


def count(case: str) -> None:
    """Bring the case's score, its matches and its count of known media up to date.

    Raises StoreError when the lists cannot be read: the job is tried again.
    """
    # A rule that several captures of one page struck counts once.
    struck = Signal.objects.filter(case_id=case).values("item", "report", "rule")
    weights = struck.annotate(most=Max("weight")).values_list("most", flat=True)
    casework.score(case, sum(weights) if weights else None)
    found = selectors.files_of(case, all_looks=True)
    if found.problem:
        raise StoreError(found.problem)
    hits = {one.file.sha256: one.hits for one in found.seen}
    for file in Media.objects.filter(case_id=case).exclude(sha256=""):
        _keep_hits(case, file.item_id, hits[file.sha256], digest=file.sha256)
    casework.media_seen(case, total=len(found.seen), known=found.known, whole=found.whole)


def recount() -> None:
    """Count again the cases that claim to be all known: lists change, and entries go."""
    for case in cases.all_known():
        count(case)


def learn(case: str) -> int:
    """Bring the hotline's own list in line with what two people decided in this case.

    The files that they found illegal go on it, and no other; those that the case put there and that
    its decision no longer marks come off, unless another case's decision marks them. Partners get
    the list by `lindung lists export`. Returns how many files of the case are on it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # One at a time: whether another case marks a file is asked and acted on in one step.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [OWN_LIST_LOCK])
        if cases.decision_of(case) is None:
            return 0
        decided = cases.confirmed_files(case)
        marked = decided.files if decided else []
        found = {f.sha256: f for f in Media.objects.filter(case_id=case, sha256__in=marked)}
        for file in found.values():
            category = decided.category if decided else ""
            media.confirm(files.hash_lists(), OWN_LIST, files.as_examined(file), category=category)
        listed = _listed(case)
        if new := sorted(found.keys() - listed):
            custody.append("media.listed", case, {"list": OWN_LIST, "files": new})
        dropped = listed - found.keys()
        if wrong := sorted(dropped - cases.illegal(dropped, but=case).keys()):
            media.withdraw(files.hash_lists(), OWN_LIST, wrong)
            custody.append("media.withdrawn", case, {"list": OWN_LIST, "files": wrong})
    if wrong:
        recount()
    return len(found)


def _listed(case: str) -> set[str]:
    """The files that this case put on the hotline's own list and did not take off, by the log."""
    listed: set[str] = set()
    for entry in log_of.history(case):
        if entry.kind == "media.listed":
            listed |= set(json.loads(entry.entry)["files"])
        elif entry.kind == "media.withdrawn":
            listed -= set(json.loads(entry.entry)["files"])
    return listed
