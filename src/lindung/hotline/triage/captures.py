"""Captures of a case's addresses: each made once, and again while the page was not got.

Posts go quickly, and a site may be down for a minute only. Each try is evidence of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from lindung import evidence
from lindung.hotline.casework import selectors as cases
from lindung.hotline.casework import services as casework
from lindung.hotline.config import trial
from lindung.hotline.custody import selectors as kept
from lindung.hotline.custody import services as custody
from lindung.hotline.custody.services import FIRST, Try
from lindung.runtime import storable

from . import files
from .budget import SHORT, Later, spending
from .models import Media

LOCKS = 4823705  # the first half of every advisory lock of a capture


def capture(case: str, item: UUID, which: Try) -> custody.Evidence | None:
    """Capture an item's address, hash its media so that nobody needs to look, seal it: once.

    None when nobody wants it any more: the hotline's own further tries end when the page was got,
    what a person asked for is made anyway, and everything ends with the case. None too where this
    machine cannot capture now: then it waits, and `waiting` has it made later. Raises Later.
    """
    if found := custody.made(case, item, which):
        return found
    asked = which.request is not None
    if cases.is_finished(case) or (not asked and which != FIRST and kept.kept(case, item)):
        custody.waits_no_more(case, item, which)
        return None
    url = cases.url_of(item)
    with _alone(item), nullcontext() if asked else spending(item, url):
        if found := custody.made(case, item, which):
            return found
        try:
            record = _sealed(case, item, url, which)
        except evidence.CannotCapture as problem:
            custody.wait(case, item, which, str(problem))
            return None
        if record.bundle:
            custody.check(record, "sealing")
        return record


def _sealed(case: str, item: UUID, url: str, which: Try) -> custody.Evidence:
    """What was hashed and the sealed record are one transaction.

    That the media could not be examined stands in the record; it never keeps the capture from being
    sealed.
    """
    with custody.capturing(url) as captured:
        seen, problem = files.look(captured)
        with transaction.atomic():
            casework.media_unseen(case)
            return custody.seal(
                case,
                item,
                captured,
                unexamined=_keep(case, item, seen) or problem,
                which=which,
                next_at=_next(captured, which),
            )


def waiting() -> int:
    """Have the waiting captures made if this machine can capture again; returns how many."""
    due = custody.waits_due()
    known = trial.answer(settings.ENV)
    if known is not None and known.works and not due:
        return 0
    if not trial.run(settings.ENV).works:
        return 0
    for one in due:
        custody.capture_soon(one)
    return len(due)


def _next(captured: evidence.Capture, which: Try) -> datetime | None:
    """When the hotline tries again by itself."""
    waits = settings.ENV["CAPTURE_AGAIN"]
    if which.attempt is None or which.attempt > len(waits) or not custody.may_come_back(captured):
        return None
    return timezone.now() + waits[which.attempt - 1]  # type: ignore[no-any-return]


def _keep(case: str, item: UUID, seen: list[Media]) -> str:
    """Store the files of a capture; what an earlier one held already is there. Says what failed."""
    unread = set(
        Media.objects.filter(case_id=case, item_id=item, sha256="").values_list("where", "error")
    )
    try:
        with transaction.atomic():
            for file in seen:
                file.case_id, file.item_id = case, item
            new = [f for f in seen if f.sha256 or (f.where, f.error) not in unread]
            Media.objects.bulk_create(new, ignore_conflicts=True)
    except (DatabaseError, ValueError) as error:
        return storable(str(error), 300)
    return ""


@contextmanager
def _alone(item: UUID) -> Iterator[None]:
    """One capture of an item at a time, or Later. The lock dies with the worker's connection."""
    keys: list[int | str] = [LOCKS, str(item)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", keys)
        if not cursor.fetchone()[0]:
            raise Later(timezone.now() + SHORT)  # another job captures it now
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", keys)
