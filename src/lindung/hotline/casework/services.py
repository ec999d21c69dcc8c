"""The decisions: sighting, assessing, confirming. The database refuses what is not allowed;
these functions ask in the right order and say why in words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import (
    DataError,
    IntegrityError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from .models import FINISHED, Assessment, Case, Category, Confirmation, Item, Sighting, Status
from .selectors import assessment_of, confirmation_of, reports_of, was_decided

DUE = {True: timedelta(hours=1), False: timedelta(hours=24)}
NOTHING_TO_REFER = (Category.NOT_ILLEGAL, Category.NOT_FOUND)


class Refused(Exception):
    """The step is not allowed now; the text says why."""


@dataclass(frozen=True)
class Named:
    """An item as a report named it, in canonical form; `url` is what can be captured."""

    kind: str
    value: str
    display: str
    url: str = ""


@dataclass(frozen=True)
class Sighted:
    item: Item
    case: str


@transaction.atomic
def sight(report: UUID, named: Sequence[Named], *, danger: bool) -> list[Sighted]:
    """Record that a report names these items; open a case or join the open one.

    Idempotent: a job that runs twice records once. A case takes reports until it is closed or a
    letter about it is in the outbox; then the item gets a new case, so that nobody reported once is
    beyond being reported again, and no report lies unseen in a case that is done.
    """
    kept = {
        # In one order, so that two reports of the same new items never wait for each other.
        c: _item(c)
        for c in sorted(named, key=lambda c: (c.kind, c.value))
    }
    items = [kept[c] for c in named]
    # Two reports of one item wait for each other here, so that they share one case; no decision
    # about a case that may take them falls meanwhile.
    named_here = Item.objects.filter(pk__in=[i.pk for i in items])
    list(named_here.select_for_update(no_key=True).order_by("pk"))
    hold(*Sighting.objects.filter(item__in=items).values_list("case_id", flat=True).distinct())
    shared = ""
    found = []
    for item in items:
        sighting = Sighting.objects.filter(item=item, report_id=report).first()
        case = sighting.case_id if sighting else _open_case_of(item) or shared
        if not case:
            case = _open_case(danger)
        if sighting is None:
            Sighting.objects.create(item=item, report_id=report, case_id=case)
            # What the item holds is not examined yet.
            Case.objects.filter(pk=case, media_whole=True).update(media_whole=False)
            if danger:
                Case.objects.filter(pk=case, danger=False).update(
                    danger=True, due_at=timezone.now() + DUE[True]
                )
        shared = shared or case
        found.append(Sighted(item, case))
    return found


def _item(named: Named) -> Item:
    """The item of this kind and value, made where there is none yet."""
    digest = hashlib.sha256(named.value.encode()).digest()
    if found := Item.objects.filter(kind=named.kind, digest=digest).first():
        return found
    try:
        with transaction.atomic():
            return Item.objects.create(
                kind=named.kind, value=named.value, display=named.display, url=named.url
            )
    except IntegrityError:  # somebody else made it meanwhile
        return Item.objects.get(kind=named.kind, digest=digest)


def takes(named: Named) -> bool:
    """Whether the database takes this item, whatever is in it. Nothing is kept."""
    try:
        with transaction.atomic():
            _item(named)
            transaction.set_rollback(True)
    except (DataError, IntegrityError, ProgrammingError, InternalError, ValueError):
        return False
    except OperationalError as error:
        if not getattr(error.__cause__, "sqlstate", None):
            raise  # the database is gone: that says nothing of the item
        return False
    return True


def hold(*cases: str) -> None:
    """Let nobody else change these cases, or add reports to them, until the transaction ends.

    Rows are held before anything is logged, everywhere, so that two steps never wait for each
    other; not the rows' keys, because the log's own transactions refer to them.
    """
    found = Case.objects.select_for_update(no_key=True).filter(pk__in=cases)
    list(found.order_by("pk"))


def _open_case_of(item: Item) -> str:
    letters = Case.objects.filter(
        pk=OuterRef("pk"), referrals__isnull=False, referrals__cancelled_at=None
    )
    here = Sighting.objects.filter(item=item).values("case")
    taking = Case.objects.filter(~Exists(letters), pk__in=here)
    taking = taking.exclude(status__in=FINISHED)
    return taking.order_by("-opened_at").values_list("pk", flat=True).first() or ""


def _open_case(danger: bool) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT casework_next_number()")
        number: str = cursor.fetchone()[0]
    Case.objects.create(number=number, danger=danger, due_at=timezone.now() + DUE[danger])
    return number


def score(case: str, value: float | None) -> None:
    """Set what orders the queue: the sum of the case's signals, or None when nothing was read."""
    Case.objects.filter(pk=case).update(score=value)


def media_seen(case: str, *, total: int, known: int, whole: bool) -> None:
    """Set how many pictures and videos the case holds, how many of them are known, and whether
    every capture is complete and was examined."""
    Case.objects.filter(pk=case).update(media_total=total, media_known=known, media_whole=whole)


def media_unseen(case: str) -> None:
    """A capture came in whose files nobody has counted: the case is not known to be whole."""
    Case.objects.filter(pk=case, media_whole=True).update(media_whole=False)


def judge_danger(case: str, *, danger: bool) -> None:
    """Somebody looked: a child is in danger now, or is not. The database logs it."""
    Case.objects.filter(pk=case).exclude(danger=danger).update(danger=danger)


def begin(case: str) -> None:
    """An analyst has opened a new case: from now on it is being examined."""
    Case.objects.filter(pk=case, status=Status.NEW).update(status=Status.OPEN)


@transaction.atomic
def assess(
    case: str,
    person: UUID,
    category: str,
    reason: str,
    files: Sequence[str] = (),
    *,
    read: str | None = None,
) -> Assessment:
    """Classify a case, and mark the files it is about; it then waits for a second person.

    `files` are SHA-256 digests of the case's media; the database refuses any other. What two people
    decided stands until a manager assesses it anew and a second person agrees. `read` is the id of
    the newest assessment that the person saw, or "": another one is not replaced unread.
    """
    hold(case)
    newest = assessment_of(case)
    if read is not None and read != (str(newest.pk) if newest else ""):
        raise Refused(_("There is a new assessment since you opened this page. Read it first."))
    assessment = Assessment(
        case_id=case, person_id=person, category=category, reason=reason, files=sorted(set(files))
    )
    if was_decided(case) and not assessment.person.is_manager:
        raise Refused(_("Two people decided this case. Only a manager can decide it anew."))
    assessment.save(force_insert=True)
    _move(case, (Status.NEW, Status.OPEN, Status.CONFIRMED, *FINISHED), Status.ASSESSED)
    return assessment


@transaction.atomic
def confirm(
    case: str,
    person: UUID,
    *,
    agrees: bool,
    note: str,
    read: UUID | None = None,
    reports: int | None = None,
) -> Confirmation:
    """Answer the assessment as a second person. Disagreement sends the case back.

    `read` is the assessment that the person saw, and `reports` how many reports of the case:
    neither another assessment nor a report that came meanwhile is decided about unread.
    """
    hold(case)
    refuse_unread(case, reports)
    assessment = current_assessment(case)
    if assessment is None:
        raise Refused(_("There is no assessment to confirm."))
    if read not in (None, assessment.pk):
        raise Refused(_("There is a new assessment since you opened this page. Read it first."))
    if assessment.person_id == person:
        raise Refused(_("You assessed this case. Another person must confirm it."))
    answer = Confirmation.objects.create(
        assessment=assessment, person_id=person, agrees=agrees, note=note
    )
    if not agrees:
        _move(case, (Status.ASSESSED,), Status.OPEN)
    elif assessment.category in NOTHING_TO_REFER:
        # A keyword: the page says it in the reader's words.
        _move(case, (Status.ASSESSED,), Status.CLOSED, explanation=assessment.category)
    else:
        _move(case, (Status.ASSESSED,), Status.CONFIRMED)
    return answer


def refuse_unread(case: str, reports: int | None) -> None:
    """Raise Refused when the case has more reports than the person saw. Hold the case first."""
    if reports is not None and reports != len(reports_of(case)):
        raise Refused(_("A new report came since you opened this page. Read it first."))


def acknowledged(case: str, confirmation: UUID) -> None:
    """An authority has acknowledged this decision: if it still stands, the case is passed on."""
    decision = confirmation_of(case)
    if decision and decision.pk == confirmation:
        Case.objects.filter(pk=case, status=Status.CONFIRMED).update(status=Status.REFERRED)


def current_assessment(case: str) -> Assessment | None:
    """The newest assessment that nobody has answered."""
    newest = assessment_of(case)
    if newest is None or Confirmation.objects.filter(assessment=newest).exists():
        return None
    return newest


def _move(case: str, allowed: tuple[Status, ...], to: Status, explanation: str = "") -> None:
    moved = Case.objects.filter(pk=case, status__in=allowed).update(
        status=to, **({"explanation": explanation} if explanation else {})
    )
    if moved != 1:
        raise Refused(_("Somebody else has changed this case. Look at it again."))
