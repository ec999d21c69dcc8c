"""What the machine does with a report: open, canonicalise, read, capture, match, order.

Every step may run twice with the same outcome, because a killed worker's job runs again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import math
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
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
from lindung.hotline.retry import named_only
from lindung.media import OWN_LIST, ListHit, StoreError
from lindung.runtime import storable
from lindung.text import NotUnderstood, canonicalise
from lindung.text import Signal as Found

from . import captures, files, selectors
from .models import Match, Media, Signal
from .terms import reader

log = logging.getLogger(__name__)

UNREAD = "machine.unread"
DIGEST = r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}"


def examine(report: UUID) -> None:
    """Turn one report into items of a case, with signals and matches.

    The database defers the captures of its addresses, as jobs of their own. What the database or a
    reader refuses becomes part of the case in words; the rest goes on.
    """
    opened = intake.opened([report])[0]
    named = [_canonical(line, report) for line in opened.content.where]
    if not named:
        named = [_words_item(opened.content.words, report)]
    try:
        sighted = casework.sight(report, named, danger=opened.danger)
    except (DatabaseError, ValueError) as error:
        log.warning(
            "Report %s names something that cannot be stored: %s", report, named_only(error)
        )
        lines = zip(named, opened.content.where or (opened.content.words,), strict=True)
        named = [one if casework.takes(one) else _words_item(line, report) for one, line in lines]
        sighted = casework.sight(report, named, danger=opened.danger)
    first = sighted[0].case
    _read(first, opened.content.words, report=report)
    for number in {found.case for found in sighted}:
        count(number)
    for found in sighted:
        if found.item.kind == "digest":
            match_digest(found.case, found.item.pk, found.item.value)


def _canonical(line: str, report: UUID) -> Named:
    """The item a line names. Lines that name none are words, and words stay sealed."""
    if digest := re.fullmatch(DIGEST, line.strip(), re.IGNORECASE):
        return Named("digest", digest.group().lower(), digest.group().lower())
    try:
        found = canonicalise(line, region=settings.ENV["COUNTRY"])
    except NotUnderstood:
        return _words_item(line, report)
    except Exception as error:  # a reader's own fault: the line is read by people
        log.warning("A line of a report was not understood: %s", named_only(error))
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
    """Store what the rules say of a text. That it could not be read is a signal like another."""
    where = {
        "case_id": case,
        "item_id": evidence.item_id if evidence else None,
        "evidence": evidence,
        "report_id": report,
    }
    try:
        found = [_signal(signal, where) for signal in reader().read([text])[0].signals]
        with transaction.atomic():
            Signal.objects.bulk_create(found, ignore_conflicts=True)
    except Exception as error:
        if _is_lost(error):
            raise
        log.error("Words of case %s were not read: %s", case, named_only(error))
        unread = Signal(
            **where,
            rule=UNREAD,
            version="1",
            title="The machine could not read these words: read them yourself",
            weight=0.0,
            spans=[],
        )
        Signal.objects.bulk_create([unread], ignore_conflicts=True)


def _signal(signal: Found, where: dict[str, Any]) -> Signal:
    spans = [[span.start, span.end, storable(span.label, 200)] for span in signal.spans]
    return Signal(
        **where,
        rule=storable(signal.rule, 80),
        version=storable(str(signal.version), 40),
        title=storable(signal.title, 200),
        weight=signal.weight if math.isfinite(signal.weight) else 0.0,
        spans=spans,
    )


def _is_lost(error: Exception) -> bool:
    """Whether the database is gone, which says nothing of the text."""
    gone = isinstance(error, (OperationalError, InterfaceError))
    return gone and not getattr(error.__cause__, "sqlstate", None)


def capture(case: str, item: UUID, which: Try) -> None:
    """Make one capture of an item and read it, if it is still wanted. Raises Later.

    What it holds is new to whoever decides, so the claim that all is known is made anew.
    """
    if record := captures.capture(case, item, which):
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
        cursor.execute("SELECT hotline_hold('list')")
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
