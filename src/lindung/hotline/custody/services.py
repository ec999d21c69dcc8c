"""Sealing what was captured, and writing the log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from lindung import evidence
from lindung.hotline.config import sealing
from lindung.hotline.config.scratch import scratch
from lindung.runtime import storable

from .checking import check, check_due, check_leaving
from .known_keys import check_evidence_keys, check_keys
from .log import HotlineLog, append, read
from .models import CaptureRequest, CaptureWait, Evidence
from .places import evidence_folder, evidence_keys, identities_here, make_keys
from .vouching import vouch, vouch_due

__all__ = [
    "CaptureRequest",
    "Evidence",
    "TooSoon",
    "Try",
    "append",
    "ask",
    "capture_soon",
    "capturing",
    "check",
    "check_due",
    "check_evidence_keys",
    "check_keys",
    "check_leaving",
    "evidence_keys",
    "identities_here",
    "made",
    "make_keys",
    "may_come_back",
    "read",
    "seal",
    "vouch",
    "vouch_due",
    "wait",
    "waits_due",
    "waits_no_more",
]
TOO_MANY_REQUESTS = 429
LONGEST_WAIT = 15  # minutes between two tries of a capture that waits


class TooSoon(Exception):
    """Somebody asked for a capture of this address a moment ago."""


@dataclass(frozen=True)
class Try:
    """Which capture of an item of a case this is: the hotline's own try of this number, or the
    one that a `CaptureRequest` asked for. Each is made once."""

    attempt: int | None = None
    request: int | None = None


FIRST = Try(attempt=1)


def made(case: str, item: UUID, which: Try) -> Evidence | None:
    """This capture of this item for this case, if there is one."""
    found = Evidence.objects.filter(case_id=case, item_id=item)
    return found.filter(attempt=which.attempt, request=which.request).first()


def ask(case: str, item: UUID, person: UUID) -> None:
    """Ask for a capture now; the database logs it and defers the job. Raises TooSoon."""
    try:
        with transaction.atomic():
            CaptureRequest.objects.create(case_id=case, item_id=item, person_id=person)
    except IntegrityError:
        raise TooSoon from None


@contextmanager
def capturing(url: str) -> Iterator[evidence.Capture]:
    """Capture an address; what was captured lies in plain until the end of the block.

    What the site does never raises: an unreachable address is a capture with its reason. Raises
    `evidence.CannotCapture` where this machine can capture nothing.
    """
    authority = settings.ENV["MEDIA_AUTHORITY"] or None
    policy = evidence.Policy.FULL if authority else evidence.Policy.NO_MEDIA
    with scratch(settings.ENV.home) as folder:
        yield evidence.capture(
            url,
            folder / "capture",
            policy=policy,
            authority=authority,
            allow=settings.ENV["CAPTURE_ALLOW"],
            isolation=evidence.Isolation(settings.ENV["CAPTURE_ISOLATION"]),
        )


def wait(case: str, item: UUID, which: Try, problem: str) -> None:
    """Note that a capture could not be made here, whatever the site. The first time is logged."""
    words = storable(problem, 1000)
    with transaction.atomic():
        row = _waits(case, item, which).select_for_update().first()
        if row is None:
            append("capture.waits", case, {"item": str(item), "problem": words})
            row = CaptureWait(
                case_id=case,
                item_id=item,
                attempt=which.attempt,
                request_id=which.request,
                since=timezone.now(),
                tries=0,
            )
        row.tries += 1
        row.problem = words
        row.again_at = timezone.now() + timedelta(minutes=min(2**row.tries, LONGEST_WAIT))
        row.save()


def waits_due() -> list[CaptureWait]:
    """The waiting captures that were not tried a moment ago, longest first."""
    return list(CaptureWait.objects.filter(again_at__lte=timezone.now()).order_by("since", "pk"))


def capture_soon(waiting: CaptureWait) -> None:
    """Defer the job that makes a waiting capture."""
    job: dict[str, object] = {"case": waiting.case_id, "item": str(waiting.item_id)}
    which = {"attempt": waiting.attempt, "request": waiting.request_id}
    job |= {name: number for name, number in which.items() if number is not None}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT custody_capture_later(0, %s::jsonb, NULL)", [json.dumps(job)])
        soon = timezone.now() + timedelta(minutes=LONGEST_WAIT)
        CaptureWait.objects.filter(pk=waiting.pk).update(again_at=soon)


def waits_no_more(case: str, item: UUID, which: Try) -> None:
    """The capture was made, or nobody wants it any more."""
    _waits(case, item, which).delete()


def _waits(case: str, item: UUID, which: Try) -> QuerySet[CaptureWait]:
    found = CaptureWait.objects.filter(case_id=case, item_id=item)
    return found.filter(attempt=which.attempt, request=which.request)


def seal(
    case: str,
    item: UUID,
    captured: evidence.Capture,
    *,
    unexamined: str,
    which: Try = FIRST,
    next_at: datetime | None = None,
) -> Evidence:
    """Seal a capture: afterwards this server cannot open it. Use it inside a transaction.

    At `next_at` the database has it tried again.

    The log entry, the bundle's proof and the record are one transaction; a bundle file that
    a crash leaves without a record proves nothing and is replaced by the retry.
    """
    keys = evidence_keys()
    record = Evidence(
        case_id=case,
        item_id=item,
        attempt=which.attempt,
        request_id=which.request,
        next_at=next_at,
        captured_at=_when(captured),
        outcome=captured.outcome,
        problem=storable(captured.problem or _refusal(captured), 500),
        policy=captured.policy.value,
        weaker=captured.weaker,
        unexamined=storable(unexamined, 300),
        sealed_text=sealing.seal(captured.text or ""),
        preview=captured.preview or b"",
    )
    if captured.outcome == "unreachable":
        append("evidence.failed", case, {"item": str(item), "problem": record.problem})
    else:
        bundle = evidence_folder() / f"{case}-{uuid4().hex[:8]}.lindung.tar"
        log = HotlineLog(keys, subject=case)
        done = evidence.seal(
            captured, bundle, keys=keys, log=log, operator=settings.ENV["HOTLINE_NAME"]
        )
        record.bundle = bundle.name
        record.manifest_sha256 = done.manifest_sha256
        record.log_index = done.inclusion.index
    if record.unexamined:
        append("media.unexamined", case, {"item": str(item), "problem": record.unexamined})
    record.save(force_insert=True)
    waits_no_more(case, item, which)
    return record


def may_come_back(captured: evidence.Capture) -> bool:
    """Whether trying again may get more: it is not whole, or the site said that it is not well."""
    status = _status(captured)
    return captured.outcome != "complete" or status >= 500 or status == TOO_MANY_REQUESTS


def _when(captured: evidence.Capture) -> datetime:
    """When the capture began: sealing may come minutes later."""
    try:
        return datetime.fromisoformat(str(captured.facts["started"]))
    except (KeyError, ValueError):
        return datetime.now(UTC)


def _refusal(captured: evidence.Capture) -> str:
    """What a page's own status says, so that a removal notice never counts as the page."""
    status = _status(captured)
    return f"The site answered {status}." if status >= 400 else ""


def _status(captured: evidence.Capture) -> int:
    """The HTTP status of the page itself, 0 where there was none."""
    asked = captured.facts.get("requests", [])
    found = next((r.get("status") for r in asked if r.get("url") == captured.final_url), None)
    return found or 0
